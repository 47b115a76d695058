"""SIGKILL under load at random moments, repeatedly on the same data."""

import http.client
import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from client import Client
from expected_state import ExpectedState, Keyed
from load import wait_for
from server import run
from verification import retry, send, verify

WRITERS = 16
CHATS_AT_FIRST = 4
OLD_KEYS_PER_ROUND = 50
WORDS = ["plain", "Übung", "語", "🎈", "наблюдение", "x" * 700, "\n"]


class Writer:
    """A client that creates chats and messages, with and without a key, and edits and deletes its own messages, until the
    server is killed."""

    def __init__(self, expected, port, name, rng):
        self.expected, self.name, self.rng = expected, name, rng
        self.client = Client(port)
        self.own = []
        self.chats = sorted(expected.chats)[:CHATS_AT_FIRST]

    def run(self):
        actions = [self.create_message] * 6 + [self.create_message_with_key] * 5 + [self.edit] * 3
        actions += [self.delete, self.create_chat, self.create_chat_with_key]
        try:
            for turn in itertools.count():
                self.rng.choice(actions)(f"{self.name}.{turn}")
        except (ConnectionError, http.client.HTTPException):
            self.client.close()  # the server was killed, so the outcome of the request is unknown

    def new_message(self, name):
        path = self.expected.chat_path(self.rng.choice(self.chats))
        content = " ".join([name, *self.rng.choices(WORDS, k=self.rng.randint(0, 4))])
        self.expected.sending_message(path, name)
        return path, content

    def create_message(self, name):
        path, content = self.new_message(name)
        created = self.client.post(path + "/messages", {"content": content}).expect(201).json
        self.expected.message_created(path, created["number"], content)
        self.own.append((path, created["number"], name))

    def create_message_with_key(self, name):
        path, content = self.new_message(name)
        request = Keyed(path + "/messages", name, {"content": content})
        self.expected.sending_keyed(request)
        request.number = send(self.client, request).json["number"]
        self.expected.message_created(path, request.number, content)

    def edit(self, turn):
        if not self.own:
            return
        path, number, name = self.rng.choice(self.own)
        content = f"{name} edited in {turn}"
        self.expected.editing(path, number, content)
        edited = self.client.put(f"{path}/messages/{number}", {"content": content}).expect(200).json
        self.expected.edited(path, number, content, edited["version"])

    def delete(self, _):
        if not self.own:
            return
        path, number, _ = self.own.pop(self.rng.randrange(len(self.own)))
        self.expected.editing(path, number, None)
        self.client.delete(f"{path}/messages/{number}").expect(204)
        self.expected.deleted(path, number)

    def create_chat(self, _):
        self.expected.sending_chat()
        self.expected.chat_created(self.client.post(self.expected.app + "/chats").expect(201).json["number"])

    def create_chat_with_key(self, name):
        request = Keyed(self.expected.app + "/chats", name, {})
        self.expected.sending_chat()
        self.expected.sending_keyed(request)
        request.number = send(self.client, request).json["number"]
        self.expected.chat_created(request.number)


def write_until_killed(server, expected, round_number, rng):
    """Starts the writers and kills the server after a random number of acknowledged creations."""
    enough = len(expected) + rng.randint(0, 400)
    writers = [Writer(expected, server.port, f"{round_number}.{i}", random.Random(rng.random())) for i in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(writer.run) for writer in writers]
        try:
            wait_for(lambda: len(expected) >= enough or any(one.done() for one in running), "enough is written")
            given_up = [one for one in running if one.done()]
            assert server.process.poll() is None, f"the server ended by itself: {server.log()}"
        finally:
            server.kill()
    for one in running:
        one.result()
    assert not given_up, "the server dropped a connection before it was killed"


@pytest.mark.heavy
def test_killed_under_load_keeps_every_acknowledged_message(confab, start, pytestconfig, rng):
    server = start()
    with Client(server.port) as client:
        expected = ExpectedState(client.new_app())
        for _ in range(CHATS_AT_FIRST):
            expected.sending_chat()
            expected.chat_created(client.post(expected.app + "/chats").expect(201).json["number"])
    for round_number in range(pytestconfig.getoption("--crash-rounds")):
        old = rng.sample(expected.keyed, min(len(expected.keyed), OLD_KEYS_PER_ROUND))
        before = len(expected.keyed)
        write_until_killed(server, expected, round_number, rng)
        server = start()
        with Client(server.port) as client:
            verify(client, expected)
            for request in [*expected.keyed[before:], *old, *expected.keyed[before:]]:
                retry(client, expected, request)
            verify(client, expected)
        assert run(confab, "check", "--data", server.data).returncode == 0
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0
    print(f"{len(expected.messages)} messages, {len(expected.chats)} chats, {len(expected.keyed)} keys")


@pytest.mark.heavy
def test_killed_right_after_each_answer_keeps_it(start):
    """One client. The server is killed on each answer, so an acknowledged write must already be on disk."""
    path = None
    for number in range(1, 21):
        server = start()
        with Client(server.port) as client:
            if path is None:
                path = client.new_chat().path
            created = client.post(path + "/messages", {"content": f"message {number}"})
            server.kill()
        assert created.expect(201).json["number"] == number
    with Client(start().port) as client:
        listed = client.get(path + "/messages").expect(200).json
    assert [message["content"] for message in listed] == [f"message {number}" for number in range(1, 21)]
