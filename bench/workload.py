"""Requests that are asked of both servers as often as they can take them. To measure another one: one more function
that makes a Work, and a wrk script if none fits."""
import json
from dataclasses import dataclass

from client import request_bytes, sample_reply
from content import CONTENT, chats, messages
from failure import Failure

LAST = 50  # of a list


@dataclass(frozen=True)
class Workload:
    """`request`: one like the script's, whose reply nginx is made to match. `grows`: the app that gets one message by
    each."""
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
    """That what list_last() asks for is what it is called."""
    rows = json.loads(sample_reply(port, *list_last(app, chat).request).body)
    if [row["number"] for row in rows] != list(range(count, count - LAST, -1)):
        raise Failure(f"the last {LAST} of {count} messages came as {[row['number'] for row in rows]}")


def post(app, chat, content):
    return request_bytes("POST", messages(app, chat), {"content": content})
