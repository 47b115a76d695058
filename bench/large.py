"""The full variant: searches of one chat of a million messages, at rest and while messages are created in it."""
import contextlib
import itertools
import multiprocessing
import random
import selectors
import socket
import sqlite3
import time

from client import Connection, create_messages, request_bytes
from failure import Failure
from work import CONTENT_BYTES, WORDS, latencies, messages

COUNT = 1_000_000
LOADED_AT_ONCE = 100_000
# Of 1, 2, 3 and 10 characters. No word of the chat has a q; one message, in the middle, has a j.
NOWHERE = ("q", "hq", "thq", "the waterq")
ONCE = ("j", "jk", "jkz", "jkz in a r")
THE_ONE = "the only one that says jkz in a room of all these messages here."
CREATES_PER_S = 5_000
WRITERS = 256
TICK_S = 0.01
CREATED = b"HTTP/1.1 201"
INDEX_BEHIND_MAX = 2_000  # as many messages as wait by default before the index takes them in
INDEX_TIMEOUT_S = 600


class LargeChat:
    def __init__(self, stage, data, note):
        self.port, self.note, self.data = stage.port, note, data
        self.path = messages(stage.app("a million messages", 1), 1)
        self.random = random.Random(1_000_000)
        self.load()

    def load(self):
        middle = COUNT // 2
        seconds = 0
        for first in range(0, COUNT, LOADED_AT_ONCE):
            contents = [THE_ONE if number == middle else self.content()
                        for number in range(first, first + LOADED_AT_ONCE)]
            seconds += create_messages(self.port, zip(itertools.repeat(self.path), contents))
        self.note(f"loaded {COUNT:,} messages into one chat in {seconds:.1f} s")
        started = time.monotonic()
        while (reached := self.reached()) < COUNT - INDEX_BEHIND_MAX:
            if time.monotonic() - started > INDEX_TIMEOUT_S:
                raise Failure(f"after {INDEX_TIMEOUT_S} s the index holds {reached:,} messages of {COUNT:,}")
            time.sleep(0.1)
        self.note(f"{time.monotonic() - started:.1f} s later the index has them")

    def content(self):
        text = " ".join(self.random.choices(WORDS, k=CONTENT_BYTES // 2))
        return text[:CONTENT_BYTES - 1] + "."

    def reached(self):
        """How many messages of the chat the index has taken in: it is the longest."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/confab-search.db?mode=ro", uri=True)) as index:
            return index.execute("select coalesce(max(messages), 0) from chats").fetchone()[0]

    def searches(self, requests):
        """At rest first, then while messages are created in this very chat."""
        yield from self.measured(requests, "at rest")
        with creating(self.port, self.path) as created:
            yield from self.measured(requests, f"beside {CREATES_PER_S:,} creates/s")
            rate = created()
        self.note(f"beside the searches {rate:,.0f} messages/s were created")
        if rate < CREATES_PER_S * 0.9:
            self.note("that is less than was meant: the figures beside creates are better than they should be")

    def measured(self, requests, beside):
        for query, hits in [*((query, 0) for query in NOWHERE), *((query, 1) for query in ONCE)]:
            request = request_bytes("POST", f"{self.path}/search", {"query": query})
            with Connection(self.port) as connection:
                body = connection.ask(request).body
            if body.count(b'"number"') != hits:
                raise Failure(f"a search for {query!r} found {body[:100]!r}, not {hits} messages")
            found = latencies(self.port, request, requests, body)
            self.note(f"{beside}, {query!r}: p50 {found['p50_us']:,.0f} µs, p99 {found['p99_us']:,.0f} µs")
            yield {"messages": COUNT, "query": query, "hits": hits, "beside": beside, "confab": found}


@contextlib.contextmanager
def creating(port, path):
    """Creates messages at a steady rate in a process of its own; yields what tells the rate that was answered."""
    answered, asked_to_end = multiprocessing.Value("q", 0), multiprocessing.Event()
    process = multiprocessing.Process(target=create_steadily, args=(port, path, answered, asked_to_end), daemon=True)
    process.start()
    started = time.monotonic()
    try:
        yield lambda: answered.value / (time.monotonic() - started)
    finally:
        asked_to_end.set()
        process.join()
    if process.exitcode:
        raise Failure(f"the process that creates messages ended with {process.exitcode}")


def create_steadily(port, path, answered, asked_to_end):
    """An open loop: what is due is sent, however long answers take. A connection answers one request after the other,
    hence many."""
    request = request_bytes("POST", path, {"content": "the same sixty-four bytes, over and over, in the searched chat.."})
    with contextlib.ExitStack() as open_connections, selectors.DefaultSelector() as selector:
        writers = []
        for _ in range(WRITERS):
            connection = open_connections.enter_context(socket.create_connection(("127.0.0.1", port)))
            writers.append(Writer(connection, request, answered))
            selector.register(connection, selectors.EVENT_READ, writers[-1])
        started, sent = time.monotonic(), 0
        while not asked_to_end.is_set():
            due = int((time.monotonic() - started) * CREATES_PER_S)
            for number in range(sent, due):
                writers[number % WRITERS].send()
            sent = due
            for key, _ in selector.select(TICK_S):
                key.data.receive()


class Writer:
    def __init__(self, connection, request, answered):
        self.connection, self.request, self.answered, self.seam = connection, request, answered, b""

    def send(self):
        self.connection.sendall(self.request)

    def receive(self):
        text = self.seam + self.connection.recv(262144)
        self.answered.value += text.count(CREATED)
        self.seam = text[-(len(CREATED) - 1):]
