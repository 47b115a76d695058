"""Overload: the server refuses what it cannot queue and keeps what it acknowledged."""

from client import Client, assert_problem
from load import run_concurrently


def test_64_clients_on_a_queue_of_two_get_201_or_503_and_nothing_else(start):
    server = start("--queue-commands-max", 2, "--batch-commands-max", 1)
    with Client(server.port) as client:
        chat = client.new_chat()

    def write(index, client):
        return [(f"{index}.{turn}", chat.with_client(client).post_message(f"{index}.{turn}")) for turn in range(20)]

    answers = [one for ones in run_concurrently(server.port, 64, write) for one in ones]
    acknowledged = {answer.json["number"]: content for content, answer in answers if answer.status == 201}
    refused = [answer for _, answer in answers if answer.status != 201]
    for answer in refused:
        assert_problem(answer, 503, "overloaded")
        assert int(answer.headers["Retry-After"]) > 0
    with Client(server.port) as client:
        assert chat.with_client(client).contents() == [acknowledged[number] for number in range(1, len(acknowledged) + 1)]
        assert len(acknowledged) + len(refused) == 64 * 20
        assert chat.with_client(client).create_message("works again") == len(acknowledged) + 1
        for content, answer in answers[::40]:
            if answer.status == 201:
                assert chat.with_client(client).content(answer.json["number"]) == content
    server.stop()


def test_refused_key_can_be_tried_again_until_it_is_taken(start):
    server = start("--queue-commands-max", 2, "--batch-commands-max", 1)
    with Client(server.port) as client:
        chat = client.new_chat()

    def insist(index, client):
        for _ in range(10000):
            answer = chat.with_client(client).post_message(f"message {index % 16}", key=f"key {index % 16}")
            if answer.status == 201:
                return answer.json["number"]
            assert_problem(answer, 503, "overloaded")
        raise AssertionError("never accepted")

    numbers = run_concurrently(server.port, 64, insist)
    with Client(server.port) as client:
        contents = chat.with_client(client).contents()
    assert sorted(contents) == sorted(f"message {i}" for i in range(16))
    assert all(contents[number - 1] == f"message {index % 16}" for index, number in enumerate(numbers))
