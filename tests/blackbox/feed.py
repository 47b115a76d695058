"""Clients of the live feed in both forms.

A session is one visit to the feed: EventSource, CatchUp, LongPoll or DurableSse. Its batches() yields pairs of a position and the
events before it. It raises Reset if the server does not know the position, and ConnectionError if the connection ends inside a
response. Each checks that an event moves the position by one.
"""

import http.client
import io
import json
import re
import socket
from contextlib import suppress
from urllib.parse import urlencode

from client import TIMEOUT_S, Answer, Client
from wire import request_bytes

EVENT_STREAM = {"Accept": "text/event-stream"}
BEGINNING = "-1"
EVENTS_PER_PAGE_MAX = 1000


class InterruptedResponse(ConnectionError):
    """The connection ended before the response was complete."""


class Refused(Exception):
    """The server answered with an error instead of a stream."""

    def __init__(self, answer):
        super().__init__(answer)
        self.answer = answer


class Reset(Exception):
    """The server does not know the position. `position` is the present one, if the server sent it."""

    def __init__(self, position=None):
        super().__init__(position)
        self.position = position


class Response:
    """The response to one GET. Its body is read as it arrives."""

    def __init__(self, port, path, headers=None, timeout=TIMEOUT_S, receive_buffer=None):
        self.buffer = bytearray()
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(("127.0.0.1", port))
            if self.socket.getsockname()[1] == port:
                raise ConnectionRefusedError("a port without a server is connected to itself")
            self.socket.sendall(request_bytes("GET", path, headers=[f"{name}: {value}" for name, value in (headers or {}).items()]))
            line, _, rest = self._take_line(b"\r\n\r\n").partition(b"\r\n")
        except BaseException:
            self.socket.close()
            raise
        self.status = int(line.split(b" ", 2)[1])
        self.headers = http.client.parse_headers(io.BytesIO(rest + b"\r\n\r\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def interrupt(self):
        """Ends the connection. A thread that waits for it gets a ConnectionError."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def chunk(self):
        """The next chunk of the body, or b"" at its proper end."""
        assert self.headers["Transfer-Encoding"] == "chunked", self
        chunk = self._take(int(self._take_line(b"\r\n"), 16))
        assert self._take_line(b"\r\n") == b""
        return chunk

    def answer(self):
        return Answer(self.status, self.headers, self._take(int(self.headers["Content-Length"])))

    def _take(self, length):
        while len(self.buffer) < length:
            self._receive()
        taken = bytes(self.buffer[:length])
        del self.buffer[:length]
        return taken

    def _take_line(self, end):
        while (at := self.buffer.find(end)) < 0:
            self._receive()
        line = self._take(at)
        del self.buffer[:len(end)]
        return line

    def _receive(self):
        received = self.socket.recv(2**16)
        if not received:
            raise InterruptedResponse
        self.buffer += received


class Event:
    def __init__(self, kind, text, position):
        self.type, self.text, self.id = kind, text, position

    @property
    def json(self):
        return json.loads(self.text)

    def __repr__(self):
        return f"{self.type} {self.id} {self.text[:300]}"


class EventParser:
    """Parses a stream of server-sent events as the HTML standard says, from pieces of any length."""

    LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r(?!$))")

    def __init__(self):
        self.rest, self.last_id, self.retries, self.comments = b"", None, [], []
        self._clear()

    def _clear(self):
        self.type, self.data = "message", []

    def parse(self, piece):
        """The events that this piece completes."""
        text, end, events = self.rest + piece, 0, []
        while found := self.LINE.match(text, end):
            end = found.end()
            if (event := self._line(found[1].decode())) is not None:
                events.append(event)
        self.rest = text[end:]
        return events

    def _line(self, line):
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name:
            self.comments.append(value)
        elif name == "event":
            self.type = value
        elif name == "data":
            self.data.append(value)
        elif name == "id":
            self.last_id = value
        elif name == "retry":
            self.retries.append(int(value))
        else:
            raise AssertionError(f"an unknown field: {line}")
        return None

    def _dispatch(self):
        event = Event(self.type, "\n".join(self.data), self.last_id) if self.data else None
        self._clear()
        return event


class EventStream:
    """An open stream of server-sent events."""

    def __init__(self, port, path, headers=None, **more):
        self.response = Response(port, path, {**EVENT_STREAM, **(headers or {})}, **more)
        self.headers = self.response.headers
        if self.response.status != 200:
            with self.response:
                raise Refused(self.response.answer())
        assert self.headers.get_content_type() == "text/event-stream", self.headers
        self.parser, self.waiting, self.ended = EventParser(), [], False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.socket.close()

    def interrupt(self):
        self.response.interrupt()

    def next(self):
        """The next event, or None at the proper end of the stream."""
        while not self.waiting:
            if not self.read_chunk():
                return None
        return self.waiting.pop(0)

    def read_chunk(self):
        chunk = self.response.chunk()
        self.waiting += self.parser.parse(chunk)
        self.ended = not chunk
        return not self.ended

    def take(self, count):
        return [self.next() for _ in range(count)]


class EventSource(EventStream):
    """A visit to a feed as an EventSource makes it, without the first event, `ready` or `reset`. That event is `first`."""

    def __init__(self, port, path, position=None, parameters=None, **more):
        headers = {"Last-Event-ID": position} if position is not None else {}
        super().__init__(port, path + ("?" + urlencode(parameters) if parameters else ""), headers, **more)
        self.first = self.next()
        assert self.first is not None and self.first.type in ("ready", "reset"), self.first
        assert self.first.json == {"type": self.first.type} and self.first.id, self.first

    def batches(self):
        if self.first.type == "reset":
            raise Reset(self.first.id)
        before = self.first.id
        yield before, []
        while (event := self.next()) is not None:
            assert event.type == event.json["type"], event
            assert_next(before, event)
            yield event.id, [event.json]
            before = event.id


class DurableSse(EventStream):
    def __init__(self, port, path, position=BEGINNING, **more):
        try:
            super().__init__(port, f"{path}?{urlencode({'offset': position, 'live': 'sse'})}", **more)
        except Refused as refused:
            raise_reset(refused.answer)
            raise
        self.begun = position

    def batches(self):
        before, pending = self.begun, []
        while (event := self.next()) is not None:
            if event.type == "data":
                pending += event.json
                continue
            assert event.type == "control", event
            offset = event.json["streamNextOffset"]
            assert_distance(before, offset, pending)
            yield offset, pending
            before, pending = offset, []
        assert not pending, "the stream ended between data and control"


class CatchUp:
    """Reads pages up to the tail."""

    def __init__(self, port, path, position=BEGINNING):
        self.client, self.path, self.begun = Client(port), path, position

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def interrupt(self):
        if self.client.connection.sock:
            with suppress(OSError):
                self.client.connection.sock.shutdown(socket.SHUT_RDWR)

    def page(self, **parameters):
        answer = self.client.get(f"{self.path}?{urlencode(parameters)}")
        raise_reset(answer)
        if answer.status not in (200, 204):
            raise Refused(answer)
        return answer

    def batches(self, **parameters):
        up_to_date, offset = False, self.begun
        while not up_to_date:
            answer = self.page(offset=offset, **parameters)
            events = assert_page(answer, offset)
            offset, up_to_date = answer.headers["Stream-Next-Offset"], "Stream-Up-To-Date" in answer.headers
            yield offset, events
        self.begun = offset


class LongPoll(CatchUp):
    """Catches up, then waits for more. Never ends by itself."""

    def batches(self):
        yield from super().batches()
        while True:
            yield from super().batches(live="long-poll")


def raise_reset(answer):
    if answer.status == 410:
        assert answer.json["code"] == "other_generation", answer
        raise Reset


def assert_page(answer, begun):
    """The events of a page. Asserts the headers that each page has."""
    offset = answer.headers["Stream-Next-Offset"]
    events = answer.json if answer.status == 200 else []
    assert answer.headers.get("Stream-Up-To-Date") in (None, "true"), answer
    assert len(events) <= EVENTS_PER_PAGE_MAX
    assert_distance(begun, offset, events)
    return events


def counts_of_id(text):
    """The generation of an event id, and (messages, changes) of each chat in it. 0 stands for the number of chats of an app."""
    generation, rest = re.fullmatch(r"([0-9A-Za-z]{8}):(\d+:.+)", text).groups()
    counts = {}
    for part in rest.split(","):
        chat, numbers = part.split(":")
        assert int(chat) not in counts, text
        counts[int(chat)] = int(numbers) if chat == "0" else tuple(map(int, re.fullmatch(r"(\d+)\.(\d+)", numbers).groups()))
    return generation, counts


def position_of_list(answer):
    """(chat, messages, changes) of the position of a list. Asserts that both forms of it say the same."""
    generation, counts = counts_of_id(answer.headers["Last-Event-ID"])
    (chat, (messages, changes)), = counts.items()
    assert answer.headers.get_all("Stream-Next-Offset") == [f"{generation}-{messages:010}-{changes:010}"], answer
    return chat, messages, changes


def counts_of_offset(text):
    """The generation of an offset, and (messages, changes)."""
    generation, messages, changes = re.fullmatch(r"([0-9A-Za-z]{8})-(\d{10})-(\d{10})", text).groups()
    return generation, (int(messages), int(changes))


def assert_next(before, event):
    """Asserts that the event moved its position by one."""
    (generation, counts), (same, after) = counts_of_id(before), counts_of_id(event.id)
    kind, chat = event.json["type"], event.json["chat"]
    if kind == "chat.created":
        counts[0] += 1
        assert counts[0] == chat, (before, event)
    else:
        messages, changes = counts[chat]
        counts[chat] = (messages + 1, changes) if kind == "message.created" else (messages, changes + 1)
        assert kind != "message.created" or messages + 1 == event.json["object"]["number"], (before, event)
    assert (same, after) == (generation, counts), (before, event)


def assert_distance(before, after, events):
    """Asserts that there are as many creations and changes as the offset moved."""
    if before == "now":
        assert events == []
        return
    begun = (0, 0) if before == BEGINNING else counts_of_offset(before)[1]
    messages, changes = (b - a for a, b in zip(begun, counts_of_offset(after)[1], strict=True))
    created = sum(event["type"] == "message.created" for event in events)
    assert (messages, changes) == (created, len(events) - created), (before, after, events[:3])


def number_of(chat):
    return int(chat.path.rsplit("/", 1)[1])


def events_path(chat):
    return chat.path + "/events"


def tail_of(chat):
    """The id and the offset of the chat's present position."""
    headers = chat.page(limit=1).headers
    return headers["Last-Event-ID"], headers["Stream-Next-Offset"]
