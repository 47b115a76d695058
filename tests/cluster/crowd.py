"""Clients of a cluster that create, edit and delete through any of its nodes, whatever happens to it, and judge what is left.

A creation with a key is repeated until it is answered 201. What is answered `outcome_unknown` without one is in doubt, and stays so.
"""

import http.client
import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from client import Client
from told import Keyed, Told

WORDS = ["plain", "Übung", "語", "🎈", "наблюдение", "x" * 700, "\n"]
PATIENCE_S = 120  # only ever used up by a cluster that does not come back
PAUSE_S = 0.05
NOTHING_DONE = {"overloaded", "unavailable", "shutting_down", "too_many_connections"}


class Told503(Exception):
    """Whether it was done is unknown."""


class Through:
    """A client that goes to one node after the other. `ask` gives up on nothing but what is in doubt."""

    def __init__(self, ports):
        self.clients = itertools.cycle([Client(port, timeout=30) for port in ports])
        self.tally = {}

    def ask(self, method, path, parameters=None, headers=None):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self.once(method, path, parameters, headers)
            if answer is None or answer.status in (502, 504):
                raise Told503(f"{method} {path}: {answer}")
            if answer.status != 503:
                return answer
            if answer.json["code"] not in NOTHING_DONE:
                raise Told503(f"{method} {path}: {answer}")
            assert time.monotonic() < deadline, f"refused for {PATIENCE_S} s: {answer}"
            time.sleep(PAUSE_S)

    def ask_until_told(self, method, path, parameters=None, headers=None):
        """For what may be done twice, or only is once whatever happens."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.ask(method, path, parameters, headers)
            except Told503 as doubt:
                self.tally["in doubt"] = self.tally.get("in doubt", 0) + 1
                assert time.monotonic() < deadline, f"in doubt for {PATIENCE_S} s: {doubt}"
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
    def __init__(self, told, ports, name, rng, chats):
        self.told, self.name, self.rng, self.chats = told, name, rng, chats
        self.through = Through(ports)
        self.own = []

    def run(self, stop):
        deeds = [self.create] * 6 + [self.create_with_key] * 6 + [self.edit] * 3 + [self.delete]
        for turn in itertools.count():
            if stop.is_set():
                return
            self.rng.choice(deeds)(f"{self.name}.{turn}")

    def new_message(self, name):
        path = self.told.chat_path(self.rng.choice(self.chats))
        content = " ".join([name, *self.rng.choices(WORDS, k=self.rng.randint(0, 3))])
        self.told.sending_message(path, name)
        return path, content

    def create(self, name):
        path, content = self.new_message(name)
        try:
            answer = self.through.ask("POST", path + "/messages", {"content": content})
        except Told503:
            return
        created = answer.expect(201).json
        assert created["content"] == content
        self.told.message_created(path, created["number"], content)
        self.own.append((path, created["number"], name))

    def create_with_key(self, name):
        path, content = self.new_message(name)
        request = Keyed(path + "/messages", name, {"content": content})
        self.told.sending_keyed(request)
        answer = self.through.ask_until_told("POST", request.path, request.parameters, {"Idempotency-Key": name}).expect(201)
        assert answer.json["content"] == content
        request.number = answer.json["number"]
        self.told.message_created(path, request.number, content)

    def change(self, turn, method):
        if not self.own:
            return
        place = self.rng.randrange(len(self.own))
        path, number, name = self.own[place]
        now = self.through.ask_until_told("GET", f"{path}/messages/{number}").expect(200)
        content = None if method == "DELETE" else f"{name} edited in {turn}"
        self.told.editing(path, number, content)
        try:
            answer = self.through.ask(method, f"{path}/messages/{number}", content and {"content": content},
                                      {"If-Match": now.headers["ETag"]})
        except Told503:
            self.own.pop(place)  # from here on it is in doubt, and left alone
            return
        if method == "DELETE":
            answer.expect(204)
            self.own.pop(place)
            self.told.deleted(path, number)
        else:
            self.told.edited(path, number, content, answer.expect(200).json["version"])

    def edit(self, turn):
        self.change(turn, "PUT")

    def delete(self, turn):
        self.change(turn, "DELETE")


class Crowd:
    """32 writers, or so, on a few chats."""

    def __init__(self, cluster, rng, chats=4, writers=32, ports=None):
        self.cluster, self.rng, self.writers = cluster, rng, writers
        self.ports = ports or [node.port for node in cluster.nodes]
        self.through = Through(self.ports)
        token = self.through.ask_until_told("POST", "/apps", {"name": "crowd"}, {"Idempotency-Key": "app"}).expect(201).json["token"]
        self.told = Told("/apps/" + token)
        for number in range(1, chats + 1):
            self.told.sending_chat()
            answer = self.through.ask_until_told("POST", self.told.app + "/chats", None, {"Idempotency-Key": f"chat {number}"})
            self.told.chat_created(answer.expect(201).json["number"])
        self.chats = sorted(self.told.chats)
        self.rounds = 0

    def __len__(self):
        return len(self.told.messages)

    @contextmanager
    def writing(self):
        """Writes while the body runs; any writer's failure is the test's."""
        self.rounds += 1
        stop = threading.Event()
        writers = [Writer(self.told, self.ports, f"{self.rounds}.{i}", random.Random(self.rng.random()), self.chats)
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
        """Until so many more were acknowledged."""
        enough, deadline = len(self) + messages, time.monotonic() + PATIENCE_S
        while len(self) < enough:
            assert time.monotonic() < deadline, f"only {len(self)} messages, waiting for {enough}"
            time.sleep(0.01)

    def judge(self):
        """Through every node: what was told is there once with its content, numbers have no gap; and nothing is left in the queue."""
        self.wait_until_nothing_waits()
        for request in self.rng.sample(self.told.keyed, min(len(self.told.keyed), 200)):
            self.retry(request)
        for port in self.ports:
            with Client(port) as client:
                listed = client.get(self.told.app + "/chats").expect(200).json
                self.told.judge_chats(listed, client.get(self.told.app).expect(200).json)
                for chat in listed:
                    self.judge_chat(client, self.told.chat_path(chat["number"]), chat)
        print(self.cluster.run("check"))

    def judge_chat(self, client, path, chat):
        messages = client.get(path + "/messages").expect(200).json
        assert chat["messages_count"] == len(messages), path
        self.told.judge_messages(path, messages)

    def retry(self, request):
        """A key that was answered is answered alike, whatever happened in between."""
        answer = self.through.ask_until_told("POST", request.path, request.parameters, {"Idempotency-Key": request.key}).expect(201)
        assert answer.headers["Idempotent-Replayed"] == "true", (request, answer)
        assert answer.json["number"] == request.number, (request, answer)

    def wait_until_nothing_waits(self):
        deadline = time.monotonic() + PATIENCE_S
        while waiting := entries_in(self.cluster.engines.redis.client()):
            assert time.monotonic() < deadline, f"{waiting} entries still wait"
            time.sleep(0.05)


def entries_in(redis):
    return sum(redis.xlen(key) for key in redis.scan_iter("confab:*:stream", count=1000))
