"""The framing of requests: endless chunk lines, trailers, transfer encodings, 100 Continue."""

import json
import select

import pytest
from client import assert_problem
from memory import GROWTH_MAX, MIB, idle_memory, memory
from wire import Wire, post_json, request_bytes

pytestmark = pytest.mark.wire

CHUNKED = "Transfer-Encoding: chunked"
AS_JSON = "Content-Type: application/json"
ENDLESS_MAX = 512 * MIB  # the test fails if the server accepts so many bytes


@pytest.fixture
def wire(port):
    with Wire(port) as wire:
        yield wire


def chunked(body, *trailer):
    lines = b"".join(b"%b\r\n" % line.encode() for line in trailer)
    return b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, lines)


def content_json(text):
    return json.dumps({"content": text}).encode()


def send_until_answered(wire, unit):
    sent = 0
    while sent < ENDLESS_MAX and not select.select([wire.socket], [], [], 0)[0]:
        wire.send_ignoring_reset(unit)
        sent += len(unit)


ENDLESS = {
    "extension": (b"1;", b"a" * 65536),
    "extension's value": (b"1;name=\"", b"a\\\"" * 20000),
    "extension of the last chunk": (b"0;", b"a" * 65536),
    "size": (b"", b"0" * 65536),
    "trailer field's value": (b"0\r\nX: ", b"a" * 65536),
    "trailer field's name": (b"0\r\n", b"a" * 65536),
    "trailer": (b"0\r\n", b"Xaa: aaaa\r\n" * 6000),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_chunk_line_or_trailer_without_end_is_refused_in_bounded_memory(shared_server, wire, client, what):
    begin, unit = ENDLESS[what]
    idle = idle_memory(shared_server)
    wire.send(request_bytes("POST", "/apps", headers=[AS_JSON, CHUNKED]) + begin)
    send_until_answered(wire, unit)
    assert_problem(wire.read_answer(), 431, "header_too_large")
    assert wire.is_closed_by_server()
    assert memory(shared_server, "VmHWM") - idle <= GROWTH_MAX
    client.get("/apps").expect(200)


def test_long_extension_of_every_chunk_is_forgotten_as_it_comes(shared_server, wire, chat):
    body = b" " * 20000 + content_json("after much ado")
    idle = idle_memory(shared_server)
    wire.send(request_bytes("POST", chat.messages_path, headers=[AS_JSON, CHUNKED]))
    for byte in body:
        wire.send(b"1;%b\r\n%c\r\n" % (b"x" * 7000, byte))
    wire.send(b"0\r\n\r\n").read_answer().expect(201)
    assert memory(shared_server, "VmHWM") - idle <= GROWTH_MAX
    assert chat.contents() == ["after much ado"]


def answer_to(wire, method, path, body, headers=(), trailer=()):
    return wire.send(request_bytes(method, path, headers=[*headers, CHUNKED]) + chunked(body, *trailer)).read_answer()


def test_content_type_in_the_trailer_is_none(wire, chat):
    body = content_json("typed too late")
    without = answer_to(wire, "POST", chat.messages_path, body)
    late = answer_to(wire, "POST", chat.messages_path, body, trailer=[AS_JSON])
    assert late.status == without.status >= 400 and late.json["code"] == without.json["code"]
    assert chat.contents() == []


def test_content_type_in_the_trailer_replaces_none(wire, chat):
    for late in ("text/plain", "application/x-www-form-urlencoded"):
        answer = answer_to(wire, "POST", chat.messages_path, content_json("json"), [AS_JSON], [f"Content-Type: {late}"])
        answer.expect(201)
    assert chat.contents() == ["json"] * 2


def test_idempotency_key_in_the_trailer_is_none(wire, chat):
    for number in (1, 2):
        answer = answer_to(wire, "POST", chat.messages_path, content_json("twice"), [AS_JSON], ["Idempotency-Key: k"])
        assert answer.expect(201).json["number"] == number and "Idempotent-Replayed" not in answer.headers
    for replayed in (False, True):
        answer = answer_to(wire, "POST", chat.messages_path, content_json("once"), [AS_JSON, "Idempotency-Key: k"])
        assert answer.expect(201).json["number"] == 3 and ("Idempotent-Replayed" in answer.headers) == replayed


def test_if_match_in_the_trailer_is_no_condition(wire, chat):
    chat.create_message("draft")
    path = chat.messages_path + "/1"
    edited = answer_to(wire, "PUT", path, content_json("edited"), [AS_JSON], ['If-Match: "77"'])
    assert edited.expect(200).json["content"] == "edited"
    answer_to(wire, "PUT", path, content_json("not this"), [AS_JSON, 'If-Match: "77"']).expect(412)
    answer_to(wire, "PUT", path, content_json("nor that"), [AS_JSON, 'If-Match: "77"'], ['If-Match: "2"']).expect(412)
    assert chat.contents() == ["edited"]


def test_content_encoding_in_the_trailer_is_none(wire, chat):
    answer = answer_to(wire, "POST", chat.messages_path, content_json("plain"), [AS_JSON], ["Content-Encoding: gzip"])
    answer.expect(201)
    answer = answer_to(wire, "POST", chat.messages_path, content_json("zip"), [AS_JSON, "Content-Encoding: gzip"])
    assert answer.status == 415, answer
    assert chat.contents() == ["plain"]


def test_request_id_in_the_trailer_is_none(wire, chat):
    for number, given in enumerate(((), ("Request-Id: mine",)), 1):
        answer = answer_to(wire, "POST", chat.messages_path, content_json("x"), [AS_JSON, *given], ["Request-Id: late"])
        assert answer.expect(201).json["number"] == number
        assert answer.headers["Request-Id"] != "late" and (not given or answer.headers["Request-Id"] == "mine")


def statuses(wire):
    """The statuses of all answers until the server closes the connection."""
    while True:
        try:
            yield wire.read_answer().status
        except (EOFError, ConnectionError):
            return


@pytest.mark.parametrize("field", ["Content-Length: 500", "Transfer-Encoding: identity", "Transfer-Encoding: chunked",
                                   "Host: other.test", "Connection: close", "Expect: 100-continue"])
def test_framing_in_the_trailer_shifts_no_request(wire, chat, field):
    wire.send(request_bytes("POST", chat.messages_path, headers=[AS_JSON, CHUNKED]))
    wire.send_ignoring_reset(chunked(content_json("first"), field) + post_json(chat.messages_path, content_json("second")))
    wire.send_ignoring_reset(request_bytes("GET", chat.path, headers=["Connection: close"]))
    answered = list(statuses(wire))
    assert answered in ([201, 201, 200], [201], [400]), answered
    assert chat.contents() == ["first", "second"][:answered.count(201)]


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_transfer_encoding_in_http_1_0_is_refused(wire, chat, connection):
    head = [AS_JSON, CHUNKED, f"Connection: {connection}"]
    request = request_bytes("POST", chat.messages_path, headers=head, version="1.0") + chunked(content_json("no"))
    wire.send_ignoring_reset(request + post_json(chat.messages_path, content_json("smuggled")))
    assert_problem(wire.read_answer(), 400, "malformed")
    assert wire.is_closed_by_server()
    assert chat.contents() == []


EXPECTING = [AS_JSON, "Expect: 100-continue"]
BAD_FRAMING = {
    "encoding not understood": ["Host: a", "Transfer-Encoding: foo"],
    "encoding after chunked": ["Host: a", "Transfer-Encoding: chunked, foo"],
    "two encodings": ["Host: a", CHUNKED, CHUNKED],
    "length and encoding": ["Host: a", CHUNKED, "Content-Length: 20"],
    "two lengths": ["Host: a", "Content-Length: 20", "Content-Length: 21"],
    "no length": ["Host: a", "Content-Length: x"],
    "no host": ["Content-Length: 20"],
    "two hosts": ["Host: a", "Host: b", "Content-Length: 20"],
}


@pytest.mark.parametrize("what", BAD_FRAMING)
def test_bad_framing_is_refused_before_a_body_is_asked_for(wire, chat, what):
    lines = [f"POST {chat.messages_path} HTTP/1.1", *EXPECTING, *BAD_FRAMING[what]]
    wire.send("\r\n".join([*lines, "", ""]).encode())
    assert_problem(wire.read_answer(), 400, "malformed")
    assert wire.is_closed_by_server()
    assert chat.contents() == []


def test_body_too_long_is_refused_before_it_is_asked_for(wire, chat):
    head = [*EXPECTING, "Content-Length: 100000000"]
    assert_problem(wire.send(request_bytes("POST", chat.messages_path, headers=head)).read_answer(), 413, "too_large")
    assert wire.is_closed_by_server()
    assert chat.contents() == []
