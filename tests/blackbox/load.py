"""Many concurrent clients."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from client import Client

DEADLINE_S = 240


def run_concurrently(port, count, job):
    """Runs job(index, client) in `count` threads that start together. Returns the results in order of index."""
    start = threading.Barrier(count)

    def one(index):
        with Client(port) as client:
            start.wait()
            return job(index, client)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def distribute(port, count, items, job):
    """Runs job(client, item) for every item in `count` threads. Returns the results in order of items."""
    items = list(items)
    results = [None] * len(items)

    def one(index, client):
        for position in range(index, len(items), count):
            results[position] = job(client, items[position])

    run_concurrently(port, count, one)
    return results


def fill(chat, contents, clients=16):
    """Posts the contents from many clients. Returns the expected contents of the chat in order of number."""
    def post(client, content):
        return chat.with_client(client).create_message(content), content

    return [content for _, content in sorted(distribute(chat.client.port, clients, contents, post))]


def wait_for(condition, what):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.005)


class Waves:
    """Many connections. In a wave, each sends the request of one operation (operations.py); then all answers are read."""

    def __init__(self, port, count):
        self.clients = [Client(port) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()

    def run(self, operations):
        for client, operation in self.begin(operations):
            try:
                answer = client.finish()
            except http.client.IncompleteRead:
                answer = None
            with suppress(StopIteration):
                operation.send(answer)

    def begin(self, operations):
        """Sends the requests of the operations, at most one per connection. Skips operations without a request."""
        under_way = []
        for client in self.clients:
            for operation in operations:
                if (request := next(operation, None)) is not None:
                    client.begin(*request)
                    under_way.append((client, operation))
                    break
        return under_way
