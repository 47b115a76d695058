"""Keys that have expired go away, faster than new ones come, and those that still count stay."""

from client import Chat, Client
from keys import add_expired_keys, count_keys
from server import run

EXPIRED = 50_000
BATCHES = 100


def test_expired_keys_are_all_gone_after_some_batches_and_the_others_stay(confab, start):
    server = start()
    with Client(server.port) as client:
        path = client.new_chat().path
        Chat(client, path).say("kept", key="still known").expect(201)
    server.stop()
    add_expired_keys(server.data, EXPIRED)
    assert count_keys(server.data) == EXPIRED + 1
    server = start()
    with Client(server.port) as client:
        chat = Chat(client, path)
        for number in range(2, 2 + BATCHES):
            assert chat.tell(f"message {number}") == number
        assert chat.say("kept", key="still known").expect(201).headers["Idempotent-Replayed"] == "true"
    server.stop()
    assert count_keys(server.data) == 1
    assert run(confab, "check", "--data", server.data).returncode == 0
