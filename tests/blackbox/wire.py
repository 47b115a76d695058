"""A plain TCP connection. It sends bytes exactly as given and reads one answer at a time."""

import http.client
import socket
from contextlib import suppress

from client import TIMEOUT_S, Answer


def request_bytes(method, path, body=b"", headers=(), version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def post_json(path, body, *headers):
    return request_bytes("POST", path, body, ("Content-Type: application/json", *headers))


class Wire:
    def __init__(self, port, timeout=TIMEOUT_S, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def send_ignoring_reset(self, data):
        """For requests that the server may refuse before their end. Its answer must still arrive."""
        with suppress(ConnectionError):
            self.send(data)
        return self

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def read_status(self):
        """Status and headers of the next answer. EOFError if the connection ends before its first byte."""
        line = self.file.readline()
        if not line:
            raise EOFError
        version, status = line.split(b" ", 2)[:2]
        assert version in (b"HTTP/1.1", b"HTTP/1.0"), line
        return int(status), http.client.parse_headers(self.file)

    def read_body(self, headers):
        if "chunked" in headers.get("Transfer-Encoding", "").lower():
            return b"".join(self.read_chunks())
        if "Content-Length" in headers:
            length = int(headers["Content-Length"])
            body = self.file.read(length)
            assert len(body) == length, "the connection ended inside a body"
            return body
        return self.file.read()

    def read_answer(self, with_body=True):
        status, headers = self.read_status()
        has_body = with_body and status >= 200 and status not in (204, 304)
        return Answer(status, headers, self.read_body(headers) if has_body else b"")

    def read_chunks(self):
        """Yields the chunks of a body that is too large for memory."""
        while size := int(self.file.readline().split(b";")[0], 16):
            chunk = self.file.read(size)
            assert len(chunk) == size, "the connection ended inside a chunk"
            assert self.file.readline() == b"\r\n"
            yield chunk
        while self.file.readline() not in (b"\r\n", b""):
            pass

    def is_closed_by_server(self):
        """Waits until the server ends the connection. False if it sends something instead."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True
