"""The workloads, which both servers get at the highest rate. To add one, write a function that returns a Workload, and a wrk
script if none fits."""
import json
from dataclasses import dataclass

from client import request_bytes, sample_reply
from content import CONTENT, chats, messages
from failure import Failure

LAST = 50  # of a list


@dataclass(frozen=True)
class Workload:
    """`request`: a request like the script's; nginx is configured to match its reply. `grows`: the app that gets a message
    from each request."""
    name: str
    script: str
    args: tuple
    request: tuple
    status: int
    grows: str | None = None
    depth: int = 1  # of the pipeline

    def sample(self, port):
        reply = sample_reply(port, *self.request)
        if reply.status != self.status:
            raise Failure(f"{self.name}: a sample request was answered {reply.status}: {reply.body[:200]!r}")
        return reply


def create(app, count, name=None, depth=1, stride=1):
    return Workload(name or f"create, over {count} chats", "create.lua", (chats(app), count, CONTENT, depth, stride),
                ("POST", messages(app, 1), {"content": CONTENT}), 201, grows=app, depth=depth)


def read(app, chats_count, count):
    """REQUIRES: each of the app's chats has `count` messages."""
    return Workload(f"read one of {chats_count * count:,}", "read.lua", (chats(app), chats_count, count),
                ("GET", f"{messages(app, chats_count)}/{count // 2}"), 200)


def list_last(app, chats_count):
    return Workload(f"list the last {LAST}", "list.lua", (chats(app), chats_count, LAST),
                ("GET", f"{messages(app, chats_count)}?order=desc&limit={LAST}"), 200)


def require_last(port, app, chat, count):
    """Asserts that the request of list_last() returns the last messages."""
    rows = json.loads(sample_reply(port, *list_last(app, chat).request).body)
    if [row["number"] for row in rows] != list(range(count, count - LAST, -1)):
        raise Failure(f"the last {LAST} of {count} messages came as {[row['number'] for row in rows]}")


def post(app, chat, content):
    return request_bytes("POST", messages(app, chat), {"content": content})
