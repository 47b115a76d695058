"""Clients that create, edit and delete through all nodes of a cluster while it fails, and then verify its data.

A creation with a key is retried until it gets 201. A write without a key that gets `outcome_unknown` stays doubtful.
"""

import http.client
import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from client import Client
from expected_state import ExpectedState, Keyed

WORDS = ["plain", "Übung", "語", "🎈", "наблюдение", "x" * 700, "\n"]
RETRY_TIMEOUT_S = 120  # only a cluster that does not recover uses it up
PAUSE_S = 0.05
NOTHING_DONE = {"overloaded", "unavailable", "shutting_down", "too_many_connections"}


class OutcomeUnknown(Exception):
    """Whether the write was done is unknown."""


class RoundRobinClient:
    """A client that uses the nodes in turn. `ask` retries until the outcome is known or doubtful."""

    def __init__(self, ports):
        self.clients = itertools.cycle([Client(port, timeout=30) for port in ports])
        self.tally = {}

    def ask(self, method, path, parameters=None, headers=None):
        deadline = time.monotonic() + RETRY_TIMEOUT_S
        while True:
            answer = self.once(method, path, parameters, headers)
            if answer is None or answer.status in (502, 504):
                raise OutcomeUnknown(f"{method} {path}: {answer}")
            if answer.status != 503:
                return answer
            if answer.json["code"] not in NOTHING_DONE:
                raise OutcomeUnknown(f"{method} {path}: {answer}")
            assert time.monotonic() < deadline, f"refused for {RETRY_TIMEOUT_S} s: {answer}"
            time.sleep(PAUSE_S)

    def request_until_answered(self, method, path, parameters=None, headers=None):
        """Retries doubtful requests too. REQUIRES: the request is idempotent."""
        deadline = time.monotonic() + RETRY_TIMEOUT_S
        while True:
            try:
                return self.ask(method, path, parameters, headers)
            except OutcomeUnknown as doubt:
                self.tally["in doubt"] = self.tally.get("in doubt", 0) + 1
                assert time.monotonic() < deadline, f"in doubt for {RETRY_TIMEOUT_S} s: {doubt}"
                time.sleep(PAUSE_S)

    def once(self, method, path, parameters, headers):
        client = next(self.clients)
        try:
            return client._send(method, path, parameters, headers)
        except (ConnectionRefusedError, ConnectionResetError) as error:
            if isinstance(error, ConnectionRefusedError):
                time.sleep(PAUSE_S)
                return self.once(method, path, parameters, headers)
            return None
        except (OSError, http.client.HTTPException):
            return None


class Writer:
    def __init__(self, expected, ports, name, rng, chats):
        self.expected, self.name, self.rng, self.chats = expected, name, rng, chats
        self.client = RoundRobinClient(ports)
        self.own = []

    def run(self, stop):
        actions = [self.create] * 6 + [self.create_with_key] * 6 + [self.edit] * 3 + [self.delete]
        for turn in itertools.count():
            if stop.is_set():
                return
            self.rng.choice(actions)(f"{self.name}.{turn}")

    def new_message(self, name):
        path = self.expected.chat_path(self.rng.choice(self.chats))
        content = " ".join([name, *self.rng.choices(WORDS, k=self.rng.randint(0, 3))])
        self.expected.sending_message(path, name)
        return path, content

    def create(self, name):
        path, content = self.new_message(name)
        try:
            answer = self.client.ask("POST", path + "/messages", {"content": content})
        except OutcomeUnknown:
            return
        created = answer.expect(201).json
        assert created["content"] == content
        self.expected.message_created(path, created["number"], content)
        self.own.append((path, created["number"], name))

    def create_with_key(self, name):
        path, content = self.new_message(name)
        request = Keyed(path + "/messages", name, {"content": content})
        self.expected.sending_keyed(request)
        answer = self.client.request_until_answered("POST", request.path, request.parameters, {"Idempotency-Key": name}).expect(201)
        assert answer.json["content"] == content
        request.number = answer.json["number"]
        self.expected.message_created(path, request.number, content)

    def change(self, turn, method):
        if not self.own:
            return
        index = self.rng.randrange(len(self.own))
        path, number, name = self.own[index]
        now = self.client.request_until_answered("GET", f"{path}/messages/{number}").expect(200)
        content = None if method == "DELETE" else f"{name} edited in {turn}"
        self.expected.editing(path, number, content)
        try:
            answer = self.client.ask(method, f"{path}/messages/{number}", content and {"content": content},
                                      {"If-Match": now.headers["ETag"]})
        except OutcomeUnknown:
            self.own.pop(index)  # doubtful from now on; not changed again
            return
        if method == "DELETE":
            answer.expect(204)
            self.own.pop(index)
            self.expected.deleted(path, number)
        else:
            self.expected.edited(path, number, content, answer.expect(200).json["version"])

    def edit(self, turn):
        self.change(turn, "PUT")

    def delete(self, turn):
        self.change(turn, "DELETE")


class LoadClients:
    """Concurrent writers, 32 by default, on a few chats."""

    def __init__(self, cluster, rng, chats=4, writers=32, ports=None):
        self.cluster, self.rng, self.writers = cluster, rng, writers
        self.ports = ports or [node.port for node in cluster.nodes]
        self.client = RoundRobinClient(self.ports)
        token = self.client.request_until_answered("POST", "/apps", {"name": "crowd"}, {"Idempotency-Key": "app"}).expect(201).json["token"]
        self.expected = ExpectedState("/apps/" + token)
        for number in range(1, chats + 1):
            self.expected.sending_chat()
            answer = self.client.request_until_answered("POST", self.expected.app + "/chats", None, {"Idempotency-Key": f"chat {number}"})
            self.expected.chat_created(answer.expect(201).json["number"])
        self.chats = sorted(self.expected.chats)
        self.rounds = 0

    def __len__(self):
        return len(self.expected.messages)

    @contextmanager
    def writing(self):
        """Writes while the body runs. Raises the failure of any writer."""
        self.rounds += 1
        stop = threading.Event()
        writers = [Writer(self.expected, self.ports, f"{self.rounds}.{i}", random.Random(self.rng.random()), self.chats)
                   for i in range(self.writers)]
        with ThreadPoolExecutor(self.writers) as pool:
            running = [pool.submit(writer.run, stop) for writer in writers]
            try:
                yield
            finally:
                stop.set()
            for one in running:
                one.result()

    def wait_for_more(self, messages):
        """Waits until so many more messages are acknowledged."""
        enough, deadline = len(self) + messages, time.monotonic() + RETRY_TIMEOUT_S
        while len(self) < enough:
            assert time.monotonic() < deadline, f"only {len(self)} messages, waiting for {enough}"
            time.sleep(0.01)

    def verify(self):
        """Through every node, each acknowledged message is stored once with its content, and the numbers have no gap. The queue
        is empty."""
        self.wait_until_queue_is_empty()
        for request in self.rng.sample(self.expected.keyed, min(len(self.expected.keyed), 200)):
            self.retry(request)
        for port in self.ports:
            with Client(port) as client:
                listed = client.get(self.expected.app + "/chats").expect(200).json
                self.expected.verify_chats(listed, client.get(self.expected.app).expect(200).json)
                for chat in listed:
                    self.verify_chat(client, self.expected.chat_path(chat["number"]), chat)
        print(self.cluster.run("check"))

    def verify_chat(self, client, path, chat):
        messages = client.get(path + "/messages").expect(200).json
        assert chat["messages_count"] == len(messages), path
        self.expected.verify_messages(path, messages)

    def retry(self, request):
        """A retry with an answered key gets the same answer."""
        answer = self.client.request_until_answered("POST", request.path, request.parameters, {"Idempotency-Key": request.key}).expect(201)
        assert answer.headers["Idempotent-Replayed"] == "true", (request, answer)
        assert answer.json["number"] == request.number, (request, answer)

    def wait_until_queue_is_empty(self):
        deadline = time.monotonic() + RETRY_TIMEOUT_S
        while waiting := entries_in(self.cluster.engines.redis.client()):
            assert time.monotonic() < deadline, f"{waiting} entries are still in the queue"
            time.sleep(0.05)


def entries_in(redis):
    return sum(redis.xlen(key) for key in redis.scan_iter("confab:*:stream", count=1000))
