"""Slow readers of a long list. A steady one gets the complete list, also after SIGTERM. One that stops reading is disconnected."""

import json
import time

import pytest
from client import REFUSED, Client
from load import fill, wait_for
from wire import Wire, request_bytes

ENDS_WITHIN_S = 30  # half of the server's deadline
DEADLINE_S = 60
CONTENTS = [f"message {n} " + "x" * 60000 for n in range(300)]  # more than the buffers between server and client hold


def big_chat(server):
    """A chat with a long list, and its contents."""
    with Client(server.port) as client:
        chat = client.new_chat()
        return chat, fill(chat, CONTENTS)


def begin_list(server, chat):
    """A client with a small receive buffer that has read only the header."""
    wire = Wire(server.port, receive_buffer=8192)
    status, headers = wire.send(request_bytes("GET", chat.messages_path)).read_status()
    assert status == 200 and headers.get("Connection", "").lower() != "close"
    return wire


def assert_is_whole(pieces, contents):
    assert [message["content"] for message in json.loads(b"".join(pieces))] == contents


def test_list_read_slowly_across_sigterm_is_whole_and_then_the_server_ends(start):
    server = start("--drain-timeout-s", DEADLINE_S)
    chat, contents = big_chat(server)
    with begin_list(server, chat) as wire:
        pieces = wire.read_chunks()
        first = next(pieces)
        server.terminate()
        wait_for(lambda: "stopping" in server.log(), "the server begins to stop")
        assert server.process.poll() is None
        assert_is_whole([first, *pieces], contents)
        assert server.wait(ENDS_WITHIN_S) == 0
        assert wire.is_closed_by_server()
    assert "requests were aborted" not in server.log()


def test_request_sent_behind_that_list_takes_nothing_from_it(start):
    server = start("--drain-timeout-s", DEADLINE_S)
    chat, contents = big_chat(server)
    with begin_list(server, chat) as wire:
        wire.send(request_bytes("DELETE", f"{chat.messages_path}/1"))
        server.terminate()
        wait_for(lambda: "stopping" in server.log(), "the server begins to stop")
        assert_is_whole(wire.read_chunks(), contents)
        answered = not wire.is_closed_by_server()
        assert server.wait(ENDS_WITHIN_S) == 0
    with Client(start().port) as client:
        assert answered == (chat.with_client(client).messages()[0]["content"] is None)


def test_bytes_sent_behind_a_last_request_take_nothing_from_its_answer(start):
    server = start()
    chat, contents = big_chat(server)
    with Wire(server.port, receive_buffer=8192) as wire:
        wire.send(request_bytes("GET", chat.messages_path, headers=["Connection: close"]) + b"x" * 50000)
        assert_is_whole([wire.read_answer().expect(200).raw], contents)
        assert wire.is_closed_by_server()


def test_unread_list_is_aborted_at_the_drain_deadline(start):
    server = start("--drain-timeout-s", 1)
    chat, _ = big_chat(server)
    with begin_list(server, chat):
        server.terminate()
        assert server.wait(ENDS_WITHIN_S) == 0
    assert "requests were aborted" in server.log()


def read_steadily(wire, every_s, most):
    """Reads the raw bytes of a chunked answer, a piece at a time."""
    text = b""
    while not text.endswith(b"\r\n0\r\n\r\n"):
        time.sleep(every_s)
        piece = wire.socket.recv(most)
        assert piece, f"cut off after {len(text)} bytes"
        text += piece
    return text


def test_steady_slow_reader_outlives_the_write_timeout(start):
    """One megabyte a second: the list takes many times the timeout, but never a tenth of it without progress."""
    server = start("--write-timeout-s", 1)
    with Client(server.port) as client:
        chat = client.new_chat()
        fill(chat, CONTENTS[:140])
    with Wire(server.port, receive_buffer=65536) as wire:
        text = read_steadily(wire.send(request_bytes("GET", chat.messages_path)), 0.05, 50_000)
    assert text.startswith(b"HTTP/1.1 200 ") and text.count(b'"content":"message ') == 140


def is_served(server):
    try:
        with Client(server.port) as client:
            return client.get("/apps").status == 200
    except (*REFUSED, ConnectionError):
        return False


def test_stalled_reader_is_disconnected_and_frees_its_connection(start):
    server = start()
    chat, _ = big_chat(server)
    server.stop()
    server = start("--write-timeout-s", 1, "--connections-max", 1)
    with begin_list(server, chat) as stuck:
        wait_for(lambda: is_served(server), "another connection is accepted")
        with pytest.raises((AssertionError, ValueError, ConnectionError)):
            b"".join(stuck.read_chunks())
    server.stop()
