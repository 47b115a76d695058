"""A request that arrives too slowly gets 408 and has no effect, whichever part of it is missing."""

import json
import select

import pytest
from client import Client, assert_private_headers, assert_problem
from wire import Wire, post_json, request_bytes

pytestmark = pytest.mark.wire

APP = json.dumps({"name": "never whole"}).encode()
CHUNKED_POST = request_bytes("POST", "/apps", headers=["Content-Type: application/json", "Transfer-Encoding: chunked"])
CHUNK = b"%x\r\n%b\r\n" % (len(APP), APP)
UNFINISHED = {
    "first byte": b"G",
    "first line": b"GET /apps HT",
    "header": b"GET /apps HTTP/1.1\r\nHost: local",
    "end of the header": request_bytes("GET", "/apps")[:-1],
    "whole body": post_json("/apps", APP)[:-len(APP)],
    "last byte of the body": post_json("/apps", APP)[:-1],
    "body of HTTP/1.0": request_bytes("POST", "/apps", APP, ["Content-Type: application/json"], version="1.0")[:-1],
    "chunk": CHUNKED_POST + CHUNK[:-5],
    "last chunk": CHUNKED_POST + CHUNK,
    "end of the trailer": CHUNKED_POST + CHUNK + b"0\r\nX: y\r\n",
    "request behind an empty line": b"\r\nGET /apps HT",
}


@pytest.fixture
def impatient(start):
    return start("--request-timeout-s", 1)


@pytest.fixture
def wire(impatient):
    with Wire(impatient.port) as wire:
        yield wire


def assert_late(wire, with_body=True):
    answer = wire.read_answer(with_body)
    assert_private_headers(answer)
    assert answer.headers["Connection"] == "close"
    if with_body:
        assert_problem(answer, 408, "request_timeout")
        assert "--request-timeout-s" in answer.json["detail"]
    assert answer.status == 408
    assert wire.is_closed_by_server()


def test_whatever_is_missing_it_is_answered_408(impatient):
    wires = {missing: Wire(impatient.port).send(sent) for missing, sent in UNFINISHED.items()}
    for missing, wire in wires.items():
        with wire:
            print(f"missing: {missing}")
            assert_late(wire)
    with Client(impatient.port) as client:
        assert client.get("/apps").expect(200).json == []


def test_every_byte_gives_no_new_time(wire):
    wire.send(b"GET /apps HTTP/1.1\r\nHost: localhost\r\nX: ")
    while not select.select([wire.socket], [], [], 0.05)[0]:
        wire.send_ignoring_reset(b"x")
    assert_late(wire)


def test_bytes_without_end_give_no_new_time(wire):
    wire.send(CHUNKED_POST)
    while not select.select([wire.socket], [], [], 0)[0]:
        wire.send_ignoring_reset((b"1;" + b"x" * 7000 + b"\r\na\r\n") * 8)
    assert_late(wire)


def test_body_that_was_asked_for_and_does_not_come(wire):
    head = ["Content-Type: application/json", "Expect: 100-continue", f"Content-Length: {len(APP)}"]
    assert wire.send(request_bytes("POST", "/apps", headers=head)).read_status()[0] == 100
    assert_late(wire)


def test_answer_to_head_has_no_body(wire):
    wire.send(request_bytes("HEAD", "/apps", headers=["Content-Length: 5"]))
    assert_late(wire, with_body=False)


def test_half_a_request_behind_others(wire):
    wire.send(request_bytes("GET", "/apps") * 3 + b"GET /apps HT")
    for _ in range(3):
        wire.read_answer().expect(200)
    assert_late(wire)


def test_half_a_request_behind_answers_that_were_taken_slowly(impatient):
    with Client(impatient.port) as client:
        chat = client.new_chat()
        path = f"{chat.messages_path}/{chat.create_message('x' * 60000)}"
    asked = 200  # more than the buffers of both sides hold
    with Wire(impatient.port, receive_buffer=4096) as wire:
        wire.send(request_bytes("GET", path) * asked + b"GET /apps HT")
        for _ in range(asked):
            wire.read_answer().expect(200)
        assert_late(wire)


def test_request_in_time_after_a_late_one_of_another_connection(impatient, wire):
    wire.send(b"GET")
    with Client(impatient.port) as client:
        assert_late(wire)
        client.post("/apps", {"name": "in time"}).expect(201)
