"""Limits of streams: how many there are, in all and for each app, how long they last, and their pings."""

import socket
import time
from contextlib import ExitStack

import pytest
from client import Client, assert_problem
from feed import EventSource, EventStream, Refused, counts_of_id, events_path, tail_of
from load import wait_for

LONG_POLL = "?offset=now&live=long-poll"
SSE = "?offset=now&live=sse"


def open_stream(server, chat, query=""):
    return EventStream(server.port, events_path(chat) + query)


def refusal(server, path):
    with pytest.raises(Refused) as refused:
        EventStream(server.port, path)
    return refused.value.answer


def assert_refused(answer, status, code):
    assert_problem(answer, status, code)
    assert int(answer.headers["Retry-After"]) > 0, answer


def wait_until_accepted(server, chat):
    with opened_when_free(server, chat):
        pass


def opened_when_free(server, chat):
    """A stream, once the server takes one more. It counts a stream until it notices that it ended."""
    opened = []

    def is_accepted():
        try:
            opened.append(EventSource(server.port, events_path(chat)))
            return True
        except Refused as refused:
            assert refused.answer.status in (429, 503), refused.answer
            return False

    wait_for(is_accepted, "a stream is accepted")
    return opened[0]


def chats_on(server, count=1):
    """Chats of apps of their own."""
    with Client(server.port) as client:
        return [client.new_chat() for _ in range(count)]


def test_streams_over_the_limit_are_refused_until_one_ends(start):
    server = start("--streams-max", 2)
    first, second = chats_on(server, 2)
    with open_stream(server, first) as one, open_stream(server, second, SSE):
        for path in (events_path(first), events_path(second) + SSE, second.path.rsplit("/chats/", 1)[0] + "/events"):
            assert_refused(refusal(server, path), 503, "too_many_streams")
        with Client(server.port) as client:
            assert_refused(client.get(events_path(second) + LONG_POLL), 503, "too_many_streams")
            assert client.get(events_path(first)).expect(200).json == [], "pages are no streams"
            client.request("HEAD", events_path(first)).expect(200)
            first.with_client(client).create_message("goes on")
            assert [one.next().type for _ in range(2)] == ["ready", "message.created"]
        one.response.socket.close()
        wait_until_accepted(server, second)


def test_refused_request_keeps_its_connection(start):
    server = start("--streams-max", 1)
    chat, = chats_on(server)
    with open_stream(server, chat), Client(server.port) as client:
        for _ in range(3):
            assert_refused(client.get(events_path(chat) + LONG_POLL), 503, "too_many_streams")
            client.get(chat.path).expect(200)


def test_streams_of_an_app_over_its_limit_are_refused_and_other_apps_are_not(start):
    server = start("--streams-per-app-max", 1)
    first, second = chats_on(server, 2)
    app = first.path.rsplit("/chats/", 1)[0]
    with open_stream(server, first):
        for path in (events_path(first), events_path(first) + SSE, app + "/events", app + "/events?chats=1"):
            assert_refused(refusal(server, path), 429, "too_many_streams_of_app")
        with open_stream(server, second):
            assert_refused(refusal(server, events_path(second)), 429, "too_many_streams_of_app")
    for chat in (first, second):
        wait_until_accepted(server, chat)


def test_waiting_long_poll_counts_and_its_end_releases_it(start):
    server = start("--streams-max", 1)
    chat, = chats_on(server)
    with Client(server.port) as waiting, Client(server.port) as client:
        offset = tail_of(chat.with_client(client))[1]
        waiting.begin("GET", f"{events_path(chat)}?offset={offset}&live=long-poll")

        def is_counted():
            try:
                open_stream(server, chat).response.socket.close()
                return False
            except Refused as refused:
                return refused.answer.status == 503

        # This may take the only stream before the long poll does. Then the long poll was refused.
        wait_for(is_counted, "the long poll is counted")
        chat.with_client(client).create_message("ends it")
        answer = waiting.finish()
        assert answer.status in (200, 503), answer
        wait_until_accepted(server, chat)


def test_stream_that_is_refused_for_its_position_is_not_counted(start):
    server = start("--streams-max", 1, "--streams-per-app-max", 1)
    chat, = chats_on(server)
    for _ in range(5):
        assert refusal(server, events_path(chat) + "?last_event_id=x").status == 400
        assert refusal(server, events_path(chat) + "?offset=x&live=sse").status == 400
        assert refusal(server, events_path(chat) + "?offset=AAAAAAAA-0000000000-0000000000&live=sse").status == 410
        assert refusal(server, chat.path.rsplit("/", 1)[0] + "/99/events").status == 404
    with open_stream(server, chat) as stream:
        assert stream.next().type == "ready"


def test_every_way_to_end_releases_the_stream(start):
    server = start("--streams-max", 20)
    chat, = chats_on(server)
    for turn in range(10):
        with ExitStack() as stack:
            streams = [stack.enter_context(opened_when_free(server, chat)) for _ in range(10)]
            for number, stream in enumerate(streams):
                if number % 2 == turn % 2:  # these end with a reset
                    stream.response.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wait_for(lambda: can_open(server, chat, 20), "all streams are released")


def can_open(server, chat, count):
    with ExitStack() as stack:
        try:
            for _ in range(count):
                stack.enter_context(open_stream(server, chat))
        except Refused as refused:
            assert refused.answer.status == 503
            return False
    return True


@pytest.mark.parametrize("query", ["", "?offset=now&live=sse"])
def test_idle_stream_gets_pings_that_are_no_events(start, query):
    server = start("--stream-ping-s", 1)
    chat, = chats_on(server)
    with open_stream(server, chat, query) as stream, Client(server.port) as client:
        first = stream.next()
        while len(stream.parser.comments) < 3:
            assert stream.read_chunk(), "the stream ended"
        assert stream.waiting == [] and set(stream.parser.comments) == {"ping"}
        assert stream.parser.last_id == first.id
        chat.with_client(client).create_message("after the pings")
        assert stream.next().type in ("message.created", "data")


def test_stream_ends_properly_after_its_lifetime_and_the_client_misses_nothing(start):
    server = start("--stream-lifetime-s", 1)
    chat, = chats_on(server)
    position, numbers, rounds = None, [], 0
    with Client(server.port) as client:
        chat = chat.with_client(client)
        while not numbers or len(numbers) < chat.count():
            with EventSource(server.port, events_path(chat), position) as stream:
                position = stream.first.id
                if rounds < 3:
                    chat.create_message("while it is open")
                while (event := stream.next()) is not None:
                    numbers.append(event.json["object"]["number"])
                    position = event.id
                assert stream.ended
            if rounds < 3:
                chat.create_message("between two streams")
            rounds += 1
    assert rounds >= 4 and numbers == list(range(1, 7)) and counts_of_id(position)[1] == {1: (6, 0)}


def test_lifetime_ends_a_stream_of_an_app_and_a_durable_one(start):
    server = start("--stream-lifetime-s", 1)
    chat, = chats_on(server)
    for path in (chat.path.rsplit("/chats/", 1)[0] + "/events?chats=1", events_path(chat) + SSE):
        with EventStream(server.port, path) as stream:
            while stream.next() is not None:
                pass
            assert stream.ended


def test_streams_are_no_idle_connections(start):
    """Neither the limit of idle connections nor that of requests ends a stream."""
    server = start("--idle-timeout-s", 1, "--request-timeout-s", 1, "--write-timeout-s", 1)
    chat, = chats_on(server)
    with EventSource(server.port, events_path(chat)) as stream:
        time.sleep(3.5)
        with Client(server.port) as client:
            chat.with_client(client).create_message("still there")
        assert stream.next().json["object"]["content"] == "still there"


def test_stream_takes_one_of_the_connections(start):
    server = start("--connections-max", 3)
    with Client(server.port) as client:
        chat = client.new_chat()
        with open_stream(server, chat) as one, open_stream(server, chat) as two:
            assert [one.next().type, two.next().type] == ["ready", "ready"]
            with pytest.raises((ConnectionError, Refused)):
                open_stream(server, chat)
            client.get(chat.path).expect(200)
