"""Clients of the feed that read slowly or not at all, vanish, half-close or send more; and thousands of streams at once."""

import resource
import select
import socket
import time
from contextlib import ExitStack, contextmanager

import pytest
from client import Client
from feed import DurableSse, EventSource, EventStream, Refused, counts_of_id, counts_of_offset, events_path, number_of, tail_of
from feed_state import Follower, State, assert_followers_have, followers_running
from load import fill, wait_for
from memory import MIB, memory
from wire import request_bytes

STREAMS = 5000
FILES_NEEDED = STREAMS + 500
SMALL_BUFFER = 4096
# 20 MB: more than the buffers of server, kernel and client hold.
CONTENTS = [f"message {n} " + "x" * 10_000 for n in range(2000)]
ARRIVAL_S = 300  # only a server that loses a message uses it up


class AppFeed(EventSource):
    """The feed of the app with this one chat."""

    def __init__(self, port, path, **more):
        app, chat = path.removesuffix("/events").split("/chats/")
        super().__init__(port, f"{app}/events", parameters={"chats": chat}, **more)


def slow_clients(port, chat):
    """A client of every form that streams. Each has read only the beginning."""
    return [form(port, events_path(chat), **more, receive_buffer=SMALL_BUFFER)
            for form, more in ((EventSource, {}), (AppFeed, {}), (DurableSse, {"position": tail_of(chat)[1]}))]


def at_counts(session, position, counts, chat):
    if isinstance(session, DurableSse):
        return counts_of_offset(position)[1] == counts
    return counts_of_id(position)[1][number_of(chat)] == counts


def read_to_the_end(session, chat, pause_s=0):
    """The state of a client that reads until it is at the present position of the chat."""
    state, (_, counts) = State(), counts_of_offset(tail_of(chat)[1])
    for position, events in session.batches():
        for event in events:
            state.apply(event)
        if at_counts(session, position, counts, chat):
            return state.of(number_of(chat))
        time.sleep(pause_s)
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("buffer", [4096, 262144])
def test_clients_that_did_not_read_get_everything_once_they_do(start, buffer):
    server = start("--write-timeout-s", 600, "--stream-buffer-bytes-max", buffer)
    with Client(server.port) as client, ExitStack() as stack:
        chat = client.new_chat()
        sessions = [stack.enter_context(session) for session in slow_clients(server.port, chat)]
        quick = Follower(EventSource, lambda: server.port, chat)
        with followers_running([quick]):
            fill(chat, CONTENTS)
            for number in range(1, 200):
                chat.edit(number, f"edited {number}").expect(200)
            chat.delete(7).expect(204)
            # Others are not held up by those that do not read.
            assert_followers_have([quick], client, chat.path.rsplit("/chats/", 1)[0], [number_of(chat)])
        listed = chat.messages()
        for session in sessions:
            assert read_to_the_end(session, chat) == listed
            chat.create_message("and it goes on live")
            listed = chat.messages()


def test_client_that_reads_steadily_is_not_closed_by_the_write_timeout(start):
    """About a megabyte a second: it takes several times the timeout, but never a tenth of it without progress."""
    server = start("--write-timeout-s", 2)
    with Client(server.port) as client:
        chat = client.new_chat()
        position = tail_of(chat)[0]
        fill(chat, [f"message {n} " + "x" * 60_000 for n in range(130)])
        with EventSource(server.port, events_path(chat), position, receive_buffer=SMALL_BUFFER) as session:
            assert read_to_the_end(session, chat, pause_s=0.05) == chat.messages()


def opened_when_free(server, chat, position=None):
    """A stream, once the server takes one more. It counts a stream until it notices that it ended."""
    opened = []

    def is_accepted():
        try:
            opened.append(EventSource(server.port, events_path(chat), position))
            return True
        except Refused as refused:
            assert refused.answer.status == 503, refused.answer
            return False

    wait_for(is_accepted, "a stream is accepted")
    return opened[0]


def assert_released(server, chat):
    with opened_when_free(server, chat):
        pass


def test_client_that_reads_nothing_is_closed_by_the_write_timeout_and_its_stream_released(start):
    server = start("--write-timeout-s", 1, "--streams-max", 1)
    with Client(server.port) as client:
        chat = client.new_chat()
        with EventSource(server.port, events_path(chat), receive_buffer=SMALL_BUFFER) as session:
            position = session.first.id
            fill(chat, CONTENTS)
            assert_released(server, chat)
            numbers = []
            with pytest.raises(ConnectionError):
                while (event := session.next()) is not None:
                    numbers.append(event.json["object"]["number"])
                    position = event.id
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) < len(CONTENTS)
        state = State({number_of(chat): {message["number"]: message for message in chat.messages()[:len(numbers)]}})
        with opened_when_free(server, chat, position) as session:
            for at, events in session.batches():
                for event in events:
                    state.apply(event)
                if at == tail_of(chat)[0]:
                    break
        assert state.of(number_of(chat)) == chat.messages(), "it came back and missed nothing"


def reset_on_close(session):
    session.response.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def test_clients_that_vanish_disturb_nobody_and_release_their_streams(start):
    server = start("--streams-max", 100)
    with Client(server.port) as client:
        chat = client.new_chat()
        follower = Follower(EventSource, lambda: server.port, chat)
        with followers_running([follower]):
            wait_for(lambda: follower.position, "the follower has begun")
            for turn in range(6):
                with ExitStack() as stack:
                    sessions = [stack.enter_context(opened_when_free(server, chat)) for _ in range(60)]
                    for session in sessions[::2]:
                        reset_on_close(session)
                    chat.create_message(f"turn {turn} " + "x" * 50_000)
            assert_followers_have([follower], client, chat.path.rsplit("/chats/", 1)[0], [number_of(chat)])


def test_half_closed_client_gets_its_events_or_the_end_and_is_released(start):
    """A client that only ended its own side may be there still, or be gone. Both are right; a stream that hangs is not."""
    server = start("--streams-max", 1)
    with Client(server.port) as client:
        chat = client.new_chat()
        with EventSource(server.port, events_path(chat)) as session:
            session.response.socket.shutdown(socket.SHUT_WR)
            chat.create_message("after the half-close")
            try:
                event = session.next()
                assert event is None or event.json["object"]["content"] == "after the half-close"
            except ConnectionError:
                pass
        assert_released(server, chat)


def test_client_that_sends_more_disturbs_nobody(start):
    server = start("--streams-max", 2, "--stream-ping-s", 1)
    with Client(server.port) as client:
        chat = client.new_chat()
        with EventSource(server.port, events_path(chat)) as other:
            with EventSource(server.port, events_path(chat)) as session:
                try:
                    for _ in range(50):
                        session.response.socket.sendall(b"GET / HTTP/1.1\r\n\r\n" * 1000)
                except (ConnectionError, TimeoutError):
                    pass
                chat.create_message("x")
            assert other.next().json["object"]["content"] == "x"
            assert_released(server, chat)


@contextmanager
def many_files():
    """The limit of open files of this process, and of the servers that it starts, is high enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= FILES_NEEDED, f"a process may open {hard} files"
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES_NEEDED), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_raw(port, request):
    raw = socket.create_connection(("127.0.0.1", port), timeout=120)
    raw.sendall(request)
    return raw


def read_until(sockets, mark):
    """Reads until each socket has received this text. Its lines are never cut by a chunk's end."""
    poll, texts = select.poll(), {one.fileno(): b"" for one in sockets}
    by_file = {one.fileno(): one for one in sockets}
    for file in texts:
        poll.register(file, select.POLLIN)
    deadline = time.monotonic() + ARRIVAL_S
    while texts:
        assert time.monotonic() < deadline, f"{len(texts)} streams have not received {mark}"
        for file, _ in poll.poll(1000):
            received = by_file[file].recv(65536)
            assert received, f"the stream ended after {texts[file]}"
            texts[file] += received
            if mark in texts[file]:
                poll.unregister(file)
                del texts[file]


def test_message_reaches_5000_streams_at_once(start):
    with many_files(), ExitStack() as stack:
        server = start("--connections-max", STREAMS + 100)
        client = stack.enter_context(Client(server.port))
        chat, before = client.new_chat(), memory(server, "VmRSS")
        request = request_bytes("GET", events_path(chat), headers=["Accept: text/event-stream"])
        sockets = [stack.enter_context(open_raw(server.port, request)) for _ in range(STREAMS)]
        read_until(sockets, b"event: ready\n")
        print(f"{(memory(server, 'VmRSS') - before) / MIB:.0f} MiB for {STREAMS} streams")
        with pytest.raises(Refused) as refused:
            EventStream(server.port, events_path(chat))
        assert refused.value.answer.status == 503
        for turn in range(3):
            begun = time.monotonic()
            chat.create_message(f"to all of them {turn}")
            read_until(sockets, f'"content":"to all of them {turn}"'.encode())
            print(f"in {time.monotonic() - begun:.2f} s")
        client.get(chat.path).expect(200)
