"""A minimal version of the usual way to number messages. A web process takes a number from Redis (INCR), queues a job
there (LPUSH) and answers 201. A worker takes the job (BRPOP) and inserts the row. incr_and_job.py starts it:

    usual_way.py web    REDIS_PORT DATABASE DIE_AT    dies at its DIE_AT-th message, between INCR and LPUSH
    usual_way.py worker REDIS_PORT DATABASE DIE_AT    dies at its DIE_AT-th job, between taking and inserting it

DIE_AT 0 means never. A process dies by SIGKILL, as if another process had sent it at that moment.
"""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SCHEMA = "create table messages(chat integer, number integer, content text, primary key (chat, number))"
CHAT = 1
STOP = "stop"
WAIT_S = 5
BRPOP_WAIT_S = 1
RECONNECT_AFTER_S = 0.02


class Redis:
    """A connection for one command at a time. Errors: OSError if Redis is unreachable, RuntimeError if it refuses."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")

    def command(self, *words):
        words = [str(word).encode() for word in words]
        parts = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        self.socket.sendall(b"*%d\r\n%s" % (len(words), parts))
        return self.reply()

    def reply(self):
        line = self.replies.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis is gone")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if rest == b"-1" and kind != b":":
            return None
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return int(rest) if kind == b":" else self.text(int(rest))

    def text(self, size):
        text = self.replies.read(size + 2)
        if len(text) < size + 2:
            raise ConnectionError("Redis is gone")
        return text[:-2]


class CrashPoint:
    def __init__(self, die_at):
        self.lock = threading.Lock()
        self.left = die_at

    def hit(self):
        with self.lock:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Web(BaseHTTPRequestHandler):
    """A client's connection, with its own connections to Redis and the database."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.redis = None
        self.db = sqlite3.connect(self.server.database, timeout=WAIT_S)

    def finish(self):
        self.db.close()
        super().finish()

    def do_POST(self):
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["content"]
        try:
            self.redis = self.redis or Redis(self.server.redis_port)
            number = self.redis.command("INCR", f"chat:{CHAT}:messages")
            self.server.crash_point.hit()
            self.redis.command("LPUSH", "jobs", json.dumps([number, content]))
        except OSError:
            self.redis = None
            self.answer(503, {})
        else:
            self.answer(201, {"number": number, "content": content})

    def do_GET(self):
        number = int(self.path.rsplit("/", 1)[1])
        found = self.db.execute("select content from messages where chat = ? and number = ?", (CHAT, number)).fetchone()
        self.answer(200, {"number": number, "content": found[0]}) if found else self.answer(404, {})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self.wfile.write(head.encode() + text)


class WebServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, redis_port, database, crash_point):
        super().__init__(("127.0.0.1", 0), Web)
        self.redis_port, self.database, self.crash_point = redis_port, database, crash_point

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(redis_port, database, crash_point):
    with WebServer(redis_port, database, crash_point) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


def work(redis_port, database, crash_point):
    """Inserts as fast as possible until the job STOP: one commit per job, without waiting for the disk."""
    db = sqlite3.connect(database, isolation_level=None, timeout=WAIT_S)
    db.execute("pragma synchronous = off")
    redis = None
    while True:
        try:
            redis = redis or Redis(redis_port)
            taken = redis.command("BRPOP", "jobs", BRPOP_WAIT_S)
        except OSError:
            redis = None
            time.sleep(RECONNECT_AFTER_S)
            continue
        job = json.loads(taken[1]) if taken else None
        if job == STOP:
            return
        if job:
            crash_point.hit()
            insert(db, *job)


def insert(db, number, content):
    # If the number is taken, no retry of the job can insert the row.
    with contextlib.suppress(sqlite3.IntegrityError):
        db.execute("insert into messages values(?, ?, ?)", (CHAT, number, content))


def main(role, redis_port, database, die_at):
    {"web": serve, "worker": work}[role](int(redis_port), database, CrashPoint(int(die_at)))


if __name__ == "__main__":
    main(*sys.argv[1:])
