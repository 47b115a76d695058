"""HTTP from Python: calls for the setup, a bulk loader, and a keep-alive connection whose requests are timed."""
import contextlib
import http.client
import json
import re
import selectors
import socket
import time
from dataclasses import dataclass

from failure import Failure

LOAD_CONNECTIONS = 200
REPLY_TIMEOUT_S = 30
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d\d\d)")
STATUS_LINE_BYTES = len("HTTP/1.1 201")


def call(port, method, path, body=None, expect=200):
    """Sends one request on a new connection. Returns the decoded answer. Errors: Failure, if the status is not `expect`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REPLY_TIMEOUT_S)
    content = None if body is None else json.dumps(body)
    try:
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Failure(f"{method} {path}: {error!r}") from None
    finally:
        connection.close()
    if answer.status != expect:
        raise Failure(f"{method} {path} answered {answer.status}, not {expect}: {text[:200]!r}")
    return json.loads(text)


def request_bytes(method, path, body=None, last=False):
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    if last:
        head += "Connection: close\r\n"
    return head.encode() + b"\r\n" + content


@dataclass(frozen=True)
class Reply:
    """A server's answer to a request, so that nginx can be configured to answer with as many bytes."""
    status: int
    content_type: str
    body: bytes
    wire_bytes: int


class Connection:
    """A keep-alive connection on a plain socket. http.client would take longer for a reply than the server."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=REPLY_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, request):
        """Sends a request and returns its complete reply. REQUIRES: the reply has a Content-Length, or its content has no CR."""
        self.socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self.receive()
        headers = self.headers(received[:end])
        status = int(received.split(b" ", 2)[1])
        if headers.get("transfer-encoding") == "chunked":
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += self.receive()
            body = b"".join(received[end + 4:].split(b"\r\n")[1::2])
        else:
            whole = end + 4 + int(headers["content-length"])
            while len(received) < whole:
                received += self.receive()
            body = received[end + 4:]
        return Reply(status, headers.get("content-type", ""), body, len(received))

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise Failure("the server closed a connection in the middle of a reply")
        return data

    @staticmethod
    def headers(head):
        lines = head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def sample_reply(port, method, path, body=None):
    with Connection(port) as connection:
        return connection.ask(request_bytes(method, path, body))


def create_messages(port, messages):
    """Creates every (path, content) as fast as the server can, pipelined on many connections. Returns the seconds it took."""
    messages = list(messages)
    shares = [messages[first::LOAD_CONNECTIONS] for first in range(min(LOAD_CONNECTIONS, len(messages)))]
    started = time.monotonic()
    with selectors.DefaultSelector() as selector:
        try:
            for share in shares:
                pipeline = Pipeline(port, share)
                selector.register(pipeline.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, pipeline)
            run_pipelines(selector)
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()
    return time.monotonic() - started


def run_pipelines(selector):
    while selector.get_map():
        ready = selector.select(REPLY_TIMEOUT_S)
        if not ready:
            raise Failure(f"no reply within {REPLY_TIMEOUT_S} s while loading messages")
        for key, events in ready:
            pipeline = key.data
            if events & selectors.EVENT_WRITE and pipeline.send():
                selector.modify(pipeline.socket, selectors.EVENT_READ, pipeline)
            if events & selectors.EVENT_READ and pipeline.receive():
                selector.unregister(pipeline.socket)
                pipeline.socket.close()


class Pipeline:
    """A connection that pipelines its creations and counts the replies. The last request asks to close."""

    def __init__(self, port, share):
        self.unsent = memoryview(b"".join(
            request_bytes("POST", path, {"content": content}, last=number == len(share))
            for number, (path, content) in enumerate(share, 1)))
        self.missing = len(share)
        self.carry_over = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=REPLY_TIMEOUT_S)
        self.socket.setblocking(False)

    def send(self):
        """True once all requests are sent."""
        with contextlib.suppress(BlockingIOError):
            self.unsent = self.unsent[self.socket.send(self.unsent):]
        return not self.unsent

    def receive(self):
        """True once the server has answered all requests and closed the connection."""
        try:
            data = self.socket.recv(262144)
        except BlockingIOError:
            return False
        text = self.carry_over + data
        statuses = STATUS_LINE.findall(text)
        # A status line may be split between reads. The carried part is one byte too short to be counted twice.
        self.carry_over = text[-(STATUS_LINE_BYTES - 1):]
        refused = [status for status in statuses if status != b"201"]
        if refused:
            raise Failure(f"a creation was answered {refused[0].decode()} while loading messages")
        self.missing -= len(statuses)
        if not data and self.missing:
            raise Failure(f"the server closed a connection with {self.missing} creations unanswered")
        return not data
