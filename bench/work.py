"""The work that is measured. To measure another request: one more Throughput, and a wrk script if none makes it."""
import itertools
import random
import statistics
import time
from dataclasses import asdict, dataclass

import wrk
from client import Connection, call, create_messages, request_bytes, sample_reply
from failure import Failure

CONTENT_BYTES = 64
CHATS = 50
READ_MESSAGES_PER_CHAT = 2000
SEARCH_CHATS = (1_000, 10_000, 100_000)
# Found nowhere: no word below has a q. What stands before it is common, so that a scan cannot give up at the first.
QUERIES = ("q", "thq", "the waterq")
WORDS = """the water and morning with letters under another small house river stone between they went home later when
all of it had been said over tea in a room full of old maps""".split()
CONTENT = "the same sixty-four bytes, over and over, as a message of a chat"
SETTLE_TIMEOUT_S = 20
# So that the whole benchmark stays short where searching is slow: fewer searches then.
SEARCH_TIME_MAX_S = 15


@dataclass(frozen=True)
class Throughput:
    """A request, asked of both servers as often as they can take it. `grows`: the app that gets one message by each."""
    name: str
    script: str
    args: tuple
    reply: str
    grows: str | None = None


class Stage:
    """The apps, chats and messages that are asked for, made over HTTP, and real replies for nginx to match in size."""

    def __init__(self, port, note):
        self.port, self.random, self.loads = port, random.Random(64), []
        self.many, self.one = self.app("over many chats", CHATS), self.app("in one chat", 1)
        self.read, self.search = self.app("to read", CHATS), self.app("to search", len(SEARCH_CHATS))
        self.load(note, self.read, range(1, CHATS + 1), CHATS * READ_MESSAGES_PER_CHAT)
        for chat, count in enumerate(SEARCH_CHATS, 1):
            self.load(note, self.search, [chat], count)
        self.replies = self.sample_replies()

    def app(self, name, chats):
        token = call(self.port, "POST", "/apps", {"name": name}, expect=201)["token"]
        for _ in range(chats):
            call(self.port, "POST", f"/apps/{token}/chats", expect=201)
        return token

    def load(self, note, app, into, count):
        """Creates `count` messages, over the chats `into` in turn."""
        before = self.messages_in(app)
        paths = itertools.cycle([messages(app, chat) for chat in into])
        seconds = create_messages(self.port, ((next(paths), self.content()) for _ in range(count)))
        growth = self.messages_in(app) - before
        if growth != count:
            raise Failure(f"{count} creations were answered 201, but messages_count grew by {growth}")
        self.loads.append({"chats": len(into), "messages": count, "seconds": seconds, "rate": count / seconds})
        note(f"loaded {count:,} messages in {seconds:.1f} s")

    def content(self):
        text = " ".join(self.random.choices(WORDS, k=CONTENT_BYTES // 2))
        return text[:CONTENT_BYTES - 1] + "."

    def sample_replies(self):
        created = sample_reply(self.port, "POST", messages(self.many, 1), {"content": CONTENT})
        read = sample_reply(self.port, "GET", f"{messages(self.read, CHATS)}/{READ_MESSAGES_PER_CHAT // 2}")
        searched = sample_reply(self.port, "POST", f"{messages(self.search, 1)}/search", {"query": QUERIES[0]})
        for reply, status in ((created, 201), (read, 200), (searched, 200)):
            if reply.status != status:
                raise Failure(f"a sample request was answered {reply.status}, not {status}: {reply.body[:200]!r}")
        return {"create": created, "read": read, "search": searched}

    def throughputs(self):
        return (
            Throughput(f"create, over {CHATS} chats", "create.lua", (chats(self.many), CHATS, CONTENT), "create",
                       self.many),
            Throughput("create, in one chat", "create.lua", (chats(self.one), 1, CONTENT), "create", self.one),
            Throughput(f"read one of {CHATS * READ_MESSAGES_PER_CHAT:,}", "read.lua",
                       (chats(self.read), CHATS, READ_MESSAGES_PER_CHAT), "read"),
        )

    def messages_in(self, app):
        return sum(chat["messages_count"] for chat in call(self.port, "GET", chats(app)))

    def settled_messages_in(self, app):
        """The count once it stands still: what was in flight when wrk ended is still being committed."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        count = self.messages_in(app)
        while time.monotonic() < deadline:
            time.sleep(0.1)
            before, count = count, self.messages_in(app)
            if count == before:
                return count
        raise Failure(f"messages still appear {SETTLE_TIMEOUT_S} s after the last request")


def chats(app):
    return f"/apps/{app}/chats"


def messages(app, chat):
    return f"{chats(app)}/{chat}/messages"


class Bench:
    """REQUIRES: nobody else uses the two servers; each idles while the other is measured."""

    def __init__(self, stage, nginx, nginx_replies, note):
        self.stage, self.nginx, self.nginx_replies, self.note = stage, nginx, nginx_replies, note

    def throughput(self, work, connections, runs, seconds):
        """Measures nginx and Confab in turns, so that what disturbs the machine meets both."""
        tallies = {"nginx": [], "confab": []}
        for turn in range(1, runs + 1):
            nginx = wrk.run(self.nginx.ports[work.reply], work.script, work.args, connections, seconds,
                            self.nginx_replies[work.reply])
            confab = self.confab_run(work, connections, seconds)
            tallies["nginx"].append(nginx)
            tallies["confab"].append(confab)
            self.note(f"{work.name}, {connections} connections, run {turn}: nginx {nginx.rate:,.0f}/s, "
                      f"confab {confab.rate:,.0f}/s")
        medians = {server: median(runs_of) for server, runs_of in tallies.items()}
        return {"work": work.name, "connections": connections,
                "runs": {server: [asdict(tally) for tally in runs_of] for server, runs_of in tallies.items()},
                "median": medians, "ratio": medians["confab"]["rate"] / medians["nginx"]["rate"]}

    def confab_run(self, work, connections, seconds):
        before = self.stage.messages_in(work.grows) if work.grows else 0
        tally = wrk.run(self.stage.port, work.script, work.args, connections, seconds, self.stage.replies[work.reply])
        if work.grows:
            reconcile(tally.requests, self.stage.settled_messages_in(work.grows) - before, connections)
        return tally

    def search(self, chat, count, query, requests):
        request = request_bytes("POST", f"{messages(self.stage.search, chat)}/search", {"query": query})
        found = {
            "nginx": latencies(self.nginx.ports["search"], request, requests, self.nginx_replies["search"].body),
            "confab": latencies(self.stage.port, request, requests, b"[]"),
        }
        self.note(f"search {count:,} messages for {len(query)} characters: p50 {found['confab']['p50_us']:,.0f} µs")
        return {"messages": count, "query": query, **found}


def reconcile(answered, growth, connections):
    """Every 201 must be a message. A few more may be: at its end wrk walks away from one request per connection."""
    if not 0 <= growth - answered <= connections:
        raise Failure(f"wrk got {answered} creations answered, but messages_count grew by {growth} "
                      f"(up to {connections} more may have been in flight)")


def median(tallies):
    figures = ("rate", "p50_us", "p99_us")
    return {figure: statistics.median(getattr(tally, figure) for tally in tallies) for figure in figures}


def latencies(port, request, requests, body):
    """Asks one after the other on one connection, as a single client sees it; every reply must have this body."""
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
