"""Writers that create, edit and delete in a few chats, also while the server restarts."""

import http.client
import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from client import Client

COUNT = 4
RETRY_S = 60  # only a server that does not come back uses it up
PAUSE_S = 0.02
TEXTS = ["plain", "Übung", "語", "🎈", "two\nlines", "data: no field", "x" * 3000]


class Writers:
    def __init__(self, port, chats, rng):
        self.port, self.chats, self.rng = port, chats, rng
        self.writes = itertools.count(1)
        self.written = 0

    @contextmanager
    def writing(self):
        """Writes while the body runs. Raises the failure of any writer."""
        stop = threading.Event()
        with ThreadPoolExecutor(COUNT) as pool:
            running = [pool.submit(self.write, stop, name, random.Random(self.rng.random())) for name in range(COUNT)]
            try:
                yield
            finally:
                stop.set()
            for one in running:
                one.result()

    def write(self, stop, name, rng):
        own = []
        with Client(self.port, timeout=10) as client:
            for turn in itertools.count():
                if stop.is_set():
                    return
                self.write_one(client, rng, own, f"{name}.{turn}")
                self.written = next(self.writes)
                time.sleep(PAUSE_S)  # the followers are under test, not the speed

    def write_one(self, client, rng, own, name):
        content = f"{name} {rng.choice(TEXTS)}"
        if not own or rng.random() < 0.6:
            chat = rng.choice(self.chats)
            answer = self.ask(client, "POST", chat.messages_path, {"content": content}, {"Idempotency-Key": name}).expect(201)
            own.append(f"{chat.messages_path}/{answer.json['number']}")
        elif rng.random() < 0.7:
            # An edit that is repeated because its answer was lost adds one more version.
            self.ask(client, "PUT", rng.choice(own), {"content": content}).expect(200)
        else:
            answer = self.ask(client, "DELETE", own.pop(rng.randrange(len(own))))
            assert answer.status in (204, 410), answer  # the first attempt may have deleted it

    def ask(self, client, method, path, parameters=None, headers=None):
        """Repeats the request until it is answered."""
        deadline = time.monotonic() + RETRY_S
        while True:
            try:
                answer = client._send(method, path, parameters, headers)
                if answer.status < 500:
                    return answer
            except (OSError, http.client.HTTPException) as error:
                answer = error
            assert time.monotonic() < deadline, f"{method} {path} was not answered for {RETRY_S} s: {answer}"
            time.sleep(PAUSE_S)

    def wait_for_more(self, count):
        """Waits until so many more writes are acknowledged."""
        enough, deadline = self.written + count, time.monotonic() + RETRY_S
        while self.written < enough:
            assert time.monotonic() < deadline, f"only {self.written} writes, waiting for {enough}"
            time.sleep(0.01)
