"""Followers that read nothing while 100,000 messages are written: memory stays bounded, and they catch up. Takes a minute, as long as
a durable stream of server-sent events lasts."""

import json
import socket
from contextlib import ExitStack

import pytest
from client import Client
from feed import DurableSse, EventSource, events_path, number_of, tail_of
from feed_state import State
from memory import Watch
from test_feed_slow import AppFeed, at_counts
from wire import post_json

MESSAGES = 100_000
WRITERS = 200
PIPELINED = 20
SMALL_BUFFER = 4096
IDLE_FOLLOWERS = 20  # of each form. If each kept the events that wait for it, they would need hundreds of megabytes.


def write(port, chat, count):
    """Creates messages over many connections with pipelined requests. REQUIRES: count is divisible by WRITERS * PIPELINED."""
    request = post_json(chat.messages_path, json.dumps({"content": "a message of a hundred bytes " + "x" * 70}).encode())
    with ExitStack() as stack:
        writers = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=120)) for _ in range(WRITERS)]
        for _ in range(count // (WRITERS * PIPELINED)):
            for writer in writers:
                writer.sendall(request * PIPELINED)
            for writer in writers:
                read_created(writer)


def read_created(writer):
    text = b""
    while text.count(b"HTTP/1.1 201 ") < PIPELINED or not text.endswith(b"}"):
        received = writer.recv(2**16)
        assert received and b"HTTP/1.1 5" not in received, received
        text += received


def read_to(counts, session, chat, state):
    """Reads until these counts, or to the proper end of the stream. Returns the last position."""
    position = None
    for position, events in session.batches():
        for event in events:
            state.apply(event)
        if at_counts(session, position, counts, chat):
            break
    return position


@pytest.mark.heavy
def test_followers_that_read_nothing_cost_bounded_memory_and_catch_up(start):
    server = start("--write-timeout-s", 3600)
    with Client(server.port) as client, ExitStack() as stack:
        chat, other = client.new_chat(), client.new_chat()
        write(server.port, other, MESSAGES)  # what writing and listing as much needs without followers
        assert len(other.messages()) == MESSAGES
        offset = tail_of(chat)[1]
        forms = [(EventSource, {}), (AppFeed, {}), (DurableSse, {"position": offset})]
        sessions = [stack.enter_context(form(server.port, events_path(chat), **more, receive_buffer=SMALL_BUFFER))
                    for form, more in forms for _ in range(IDLE_FOLLOWERS)]
        with Watch(server) as watch:
            write(server.port, chat, MESSAGES)
            assert chat.count() == MESSAGES
            listed = chat.messages()
        watch.assert_bounded()
        for session in (sessions[0], sessions[IDLE_FOLLOWERS]):
            state = State()
            read_to((MESSAGES, 0), session, chat, state)
            assert state.of(number_of(chat)) == listed
        chat.create_message("and it goes on live")
        assert sessions[0].next().json["object"]["number"] == MESSAGES + 1
        durable, state = sessions[-1], State()
        position = read_to(None, durable, chat, state)
        assert durable.ended, "it ends after a minute, in a proper way"
        with DurableSse(server.port, events_path(chat), position) as session:
            read_to((MESSAGES + 1, 0), session, chat, state)
        assert state.of(number_of(chat)) == chat.messages()
