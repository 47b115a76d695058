"""The latency of searches of a short and a long chat, when the server is idle and while messages are created."""
import contextlib
import time

from client import Connection, call, request_bytes
from content import ABSENT_QUERIES, messages
from data_loader import DataLoader
from failure import Failure
from latency import finished, open_loop
from ledgers import prepared_ledger

CREATES_PER_S = 5_000
BESIDE = f"beside {CREATES_PER_S:,} creates/s"
RAMP_S = 1.5  # before the first search; the creating tool does not count its first second
CHATS = 50  # other chats for the creations, so that the short chat stays short
UNIQUE_QUERIES = ("j", "jkz")
UNIQUE_MESSAGE = "the only one that says jkz in a room of all these messages here."
# Limits the number of slow searches, so that the benchmark stays short.
SEARCH_TIME_MAX_S = 10


def measure(lab):
    short, long = lab.settings.small_chat, lab.settings.large_chat
    with prepared_ledger(lab, short=(1, short), long=(1, long)) as (folder, apps), lab.server(data=folder) as confab:
        others = DataLoader(confab.port, lab.note).app("beside searches", CHATS)
        for app in (apps["short"], apps["long"]):
            call(confab.port, "POST", messages(app, 1), {"content": UNIQUE_MESSAGE}, expect=201)
        rows, rates = [], []
        for name, count, created_in in (("short", short, (others, CHATS)), ("long", long, (apps["long"], 1))):
            searches = Searches(lab, confab.port, apps[name], count)
            rows += searches.rows("at rest")
            with creating(lab, confab.port, *created_in) as created:
                rows += searches.rows(BESIDE)
            rates.append({"messages": count, **created})
            lab.row(f"creates beside searches of {count:,} messages", require_rate, created)
        return {"rows": rows, "creates": rates}


@contextlib.contextmanager
def creating(lab, port, app, chats_count):
    """Creates at a constant rate. The yielded dictionary has the reached rate at the end."""
    process = open_loop(lab, port, app, chats_count, CREATES_PER_S, seconds=0)
    reached = {}
    try:
        time.sleep(RAMP_S)
        yield reached
    finally:
        process.terminate()
        found = finished(process)
    reached.update(answered_per_s=found["answered_per_s"], latency_us=found["latency_us"])
    lab.note(f"beside the searches {found['answered_per_s']:,.0f} messages/s were created")


def require_rate(created):
    if created["answered_per_s"] < CREATES_PER_S * 0.98:
        raise Failure(f"only {created['answered_per_s']:,.0f} messages/s were created, fewer than the searches must compete with")


class Searches:
    def __init__(self, lab, port, app, count):
        self.lab, self.port, self.path, self.count = lab, port, f"{messages(app, 1)}/search", count

    def rows(self, beside):
        queries = [*((query, 0) for query in ABSENT_QUERIES), *((query, 1) for query in UNIQUE_QUERIES)]
        return self.lab.rows((f"search {self.count:,} for {query!r} {beside}",
                              lambda query=query, hits=hits: self.row(query, hits, beside)) for query, hits in queries)

    def row(self, query, hits, beside):
        request = request_bytes("POST", self.path, {"query": query})
        with Connection(self.port) as connection:
            body = connection.ask(request).body
        if body.count(b'"number"') != hits:
            raise Failure(f"a search for {query!r} found {body[:100]!r}, not {hits} messages")
        found = latencies(self.port, request, self.lab.settings.searches, body)
        self.lab.note(f"{self.count:,} messages, {beside}, {query!r}: p50 {found['p50_us']:,.0f} µs, "
                      f"p99 {found['p99_us']:,.0f} µs")
        return {"messages": self.count, "query": query, "hits": hits, "beside": beside, **found}


def latencies(port, request, requests, body):
    """Sends the requests one after the other on one connection, like a single client. Every reply must have this body."""
    times_us = []
    deadline = time.monotonic() + SEARCH_TIME_MAX_S
    with Connection(port) as connection:
        while len(times_us) < requests and time.monotonic() < deadline:
            started = time.perf_counter_ns()
            reply = connection.ask(request)
            times_us.append((time.perf_counter_ns() - started) / 1000)
            if reply.status != 200 or reply.body != body:
                raise Failure(f"a search was answered {reply.status} with {reply.body[:100]!r}")
    times_us.sort()
    return {"requests": len(times_us), "p50_us": times_us[len(times_us) // 2],
            "p99_us": times_us[len(times_us) * 99 // 100], "max_us": times_us[-1]}
