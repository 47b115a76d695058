"""The feed of one chat as server-sent events, alone: what is sent, and where a client continues."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from client import Chat, Client, assert_problem
from feed import (
    EVENT_STREAM,
    CatchUp,
    DurableSse,
    EventSource,
    EventStream,
    LongPoll,
    Refused,
    Reset,
    counts_of_id,
    counts_of_offset,
    events_path,
    number_of,
    tail_of,
)
from feed_state import (
    Follower,
    Positions,
    assert_followers_have,
    check_every_position,
    check_history,
    followers_running,
    random_history,
)
from objects import MESSAGE, assert_object, assert_tombstone
from server import Server
from wire import Wire, request_bytes

OTHER_GENERATION = "AAAAAAAA"
UNKNOWN_APP = "/apps/" + "A" * 24


def open_feed(chat, position=None, **more):
    return EventSource(chat.client.port, events_path(chat), position, **more)


def refusal(port, path, headers=None):
    """The error that answers the request for a stream."""
    with pytest.raises(Refused) as refused:
        EventStream(port, path, headers)
    return refused.value.answer


def assert_nothing_before(chat, stream):
    """The next event is of the message that is created now."""
    number = chat.create_message("marker")
    event = stream.next()
    assert event.type == "message.created" and event.json["object"]["number"] == number, event


@pytest.mark.wire
def test_proxies_are_told_not_to_buffer(chat):
    """nginx obeys this header, and removes it."""
    path = events_path(chat)
    for form in (path, f"{path}?offset=now&live=sse", chat.path.rsplit("/chats/", 1)[0] + "/events"):
        with EventStream(chat.client.port, form) as stream:
            assert stream.headers.get_all("X-Accel-Buffering") == ["no"]


def test_ready_comes_first_and_the_header_is_of_a_stream(chat):
    with open_feed(chat) as stream:
        assert stream.first.type == "ready" and stream.first.id == tail_of(chat)[0]
        assert stream.headers.get_all("Content-Type") == ["text/event-stream"]
        assert stream.headers.get_all("Cache-Control") == ["no-store"]
        assert stream.headers.get_all("X-Content-Type-Options") == ["nosniff"]
        assert "Content-Encoding" not in stream.headers and "Content-Length" not in stream.headers
        assert len(stream.parser.retries) == 1 and 1000 <= stream.parser.retries[0] <= 4000


def test_creations_edits_and_deletions_arrive_in_order_with_their_ids(chat):
    with open_feed(chat) as stream:
        generation, number = counts_of_id(stream.first.id)[0], number_of(chat)
        first = chat.post_message("first", sender="jürgen", metadata={"k": [1]}).expect(201).json
        second = chat.post_message("second\nline\r\n語🎈\u2028").expect(201).json
        edited = chat.edit(1, "edited").expect(200).json
        chat.delete(2).expect(204)
        third = chat.post_message("third").expect(201).json
        events = stream.take(5)
    assert [event.type for event in events] == ["message.created", "message.created", "message.updated", "message.deleted", "message.created"]
    assert [event.id for event in events] == [f"{generation}:{number}:{counts}" for counts in ("1.0", "2.0", "2.1", "2.2", "3.2")]
    for event in events:
        assert event.json.keys() == {"type", "chat", "object"} and (event.json["type"], event.json["chat"]) == (event.type, number)
        assert "\n" not in event.text
    objects = [event.json["object"] for event in events]
    assert [objects[0], objects[1], objects[2], objects[4]] == [first, second, edited, third]
    assert_object(objects[0], MESSAGE, metadata={"k": [1]}, sender="jürgen")
    assert_tombstone(objects[3], second)


def test_stream_without_a_position_begins_now(chat):
    chat.create_message("before")
    chat.edit(1, "edited before").expect(200)
    with open_feed(chat) as stream:
        assert_nothing_before(chat, stream)


def test_refused_and_repeated_writes_send_nothing(chat):
    chat.create_message("x")
    chat.post_message("once", key="k").expect(201)
    chat.create_message("deleted")
    chat.delete(3).expect(204)
    with open_feed(chat) as stream:
        chat.post_message(" ").expect(422)
        chat.post_message("once", key="k").expect(201)
        chat.post_message("other", key="k").expect(422)
        chat.edit(1, "y", if_match='"9"').expect(412)
        chat.edit(3, "y").expect(410)
        chat.delete(3).expect(204)
        chat.edit(99, "y").expect(404)
        assert_nothing_before(chat, stream)


def test_other_chats_and_apps_send_nothing(client, app):
    chat, others = client.new_chat(app), [client.new_chat(app), client.new_chat()]
    with open_feed(chat) as stream:
        for other in others:
            other.create_message("elsewhere")
        client.new_chat(app)
        assert_nothing_before(chat, stream)


@pytest.fixture
def written(chat):
    """A chat with a history of 3 creations and 2 changes."""
    for content in ("a", "b", "c"):
        chat.create_message(content)
    chat.edit(1, "a, edited").expect(200)
    chat.delete(2).expect(204)
    return chat


def position_at(chat, messages, changes):
    return f"{counts_of_id(tail_of(chat)[0])[0]}:{number_of(chat)}:{messages}.{changes}"


def types_from(stream, count):
    return [(event.type, event.json["object"]["number"]) for event in stream.take(count)]


def test_client_continues_after_its_id_by_header_or_parameter(written):
    position = position_at(written, 2, 0)
    for more in ({"position": position}, {"parameters": {"last_event_id": position}}):
        with open_feed(written, **more) as stream:
            assert (stream.first.type, stream.first.id) == ("ready", position)
            events = stream.take(3)
            assert [(event.type, event.json["object"]["number"]) for event in events] == [
                ("message.created", 3), ("message.updated", 1), ("message.deleted", 2)]
            assert events[-1].id == tail_of(written)[0]


def test_client_at_the_end_gets_what_happens_next(written):
    with open_feed(written, tail_of(written)[0]) as stream:
        assert (stream.first.type, stream.first.id) == ("ready", tail_of(written)[0])
        assert_nothing_before(written, stream)


def test_header_wins_over_the_parameter_unless_it_is_empty(written):
    old, new = position_at(written, 1, 0), position_at(written, 3, 1)
    with open_feed(written, new, parameters={"last_event_id": old}) as stream:
        assert stream.first.id == new and types_from(stream, 1) == [("message.deleted", 2)]
    with open_feed(written, "", parameters={"last_event_id": new}) as stream:
        assert stream.first.id == new and types_from(stream, 1) == [("message.deleted", 2)]
    with open_feed(written, "", parameters={"last_event_id": ""}) as stream:
        assert_nothing_before(written, stream)


def test_events_that_are_read_later_have_the_object_as_it_is(written):
    with open_feed(written, position_at(written, 0, 0)) as stream:
        events = [event.json for event in stream.take(5)]
    listed = written.messages()
    assert sorted(event["type"] for event in events) == ["message.created"] * 3 + ["message.deleted", "message.updated"]
    assert all(event["object"] == listed[event["object"]["number"] - 1] for event in events)
    assert "a" not in [event["object"]["content"] for event in events]


def test_id_of_version_0_1_0_counts_as_of_this_generation(written):
    with open_feed(written, f"{number_of(written)}:3.1") as stream:
        assert stream.first.type == "ready" and counts_of_id(stream.first.id) == counts_of_id(position_at(written, 3, 1))
        assert types_from(stream, 1) == [("message.deleted", 2)]


@pytest.mark.parametrize("position", ["OTHER:3.2", "GEN:4.2", "GEN:3.3", "GEN:4294967295.0", "0.1.0:4.2"])
def test_position_that_the_ledger_does_not_know_is_reset_and_goes_on_from_now(written, position):
    generation, number = counts_of_id(tail_of(written)[0])[0], number_of(written)
    name, counts = position.split(":")
    position = {"OTHER": f"{OTHER_GENERATION}:{number}", "GEN": f"{generation}:{number}", "0.1.0": f"{number}"}[name] + ":" + counts
    with open_feed(written, position) as stream:
        assert (stream.first.type, stream.first.id) == ("reset", tail_of(written)[0])
        assert_nothing_before(written, stream)


MALFORMED = ["x", ":", "1", "1:", "1:2", "1:2.", "1:.2", "1:-1.0", "1:1.0x", "1:1.0 2", "1:1,0", "a:1.0", "1:18446744073709551616.0",
             "GEN:1", "GEN:1:", "GEN:1:2", "GEN:1:1.0.0", "GEN:x:1.0", "GE:1:1.0", "G N:1:1.0", "GENX:1:1.0", "GEN::1.0", "GEN:1:1.0:1"]


def test_malformed_id_is_refused(chat):
    for position in MALFORMED:
        answer = refusal(chat.client.port, events_path(chat), {"Last-Event-ID": position.replace("GEN", "aB3dE6gH")})
        assert answer.status == 400, position
        assert_problem(answer, 400, "malformed")


def test_malformed_id_in_the_parameter_is_refused(chat):
    assert_problem(refusal(chat.client.port, events_path(chat) + "?last_event_id=x"), 400, "malformed")
    with open_feed(chat, tail_of(chat)[0], parameters={"last_event_id": "x"}):
        pass  # the header wins


def test_id_of_another_chat_is_refused(client, app):
    chat, other = client.new_chat(app), client.new_chat(app)
    other.create_message("x")
    assert_problem(refusal(client.port, events_path(chat), {"Last-Event-ID": tail_of(other)[0]}), 400, "malformed")


def test_feed_of_what_does_not_exist_is_not_found(client, app):
    for path in (f"{app}/chats/1/events", f"{app}/chats/0/events", f"{app}/chats/x/events", UNKNOWN_APP + "/chats/1/events"):
        assert_problem(refusal(client.port, path), 404, "not_found")
        assert_problem(client.get(path), 404, "not_found")
        assert_problem(client.get(path + "?offset=-1&live=sse"), 404, "not_found")
        assert client.request("HEAD", path).expect(404).raw == b""


@pytest.mark.parametrize("accept", ["text/event-stream", "text/html, text/event-stream;q=0.9", "TEXT/Event-Stream", "a/b,text/event-stream"])
def test_accept_that_names_event_streams_gets_one(chat, accept):
    with EventStream(chat.client.port, events_path(chat), {"Accept": accept}) as stream:
        assert stream.next().type == "ready"


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/*", "text/html"])
def test_any_other_accept_gets_the_stream_from_its_beginning(written, accept):
    headers = {} if accept is None else {"Accept": accept}
    answer = written.client.get(events_path(written), headers).expect(200)
    assert answer.headers.get_content_type() == "application/json" and len(answer.json) == 5


def test_offset_and_live_choose_the_durable_stream_whatever_is_accepted(written):
    path = events_path(written)
    for query in ("?offset=-1", "?offset=now"):
        answer = written.client.get(path + query, EVENT_STREAM).expect(200)
        assert answer.headers.get_content_type() == "application/json"
    assert_problem(written.client.get(path + "?live=long-poll", EVENT_STREAM), 400, "malformed")


def test_head_never_waits_and_has_no_body(written):
    for headers in ({}, EVENT_STREAM):
        answer = written.client.request("HEAD", events_path(written), headers=headers).expect(200)
        assert answer.raw == b"" and answer.headers.get_all("Cache-Control") == ["no-store"]
        assert answer.headers.get_content_type() == "application/json"
        assert answer.headers["Stream-Next-Offset"] == tail_of(written)[1]


def allowed(answer):
    return {method.strip() for method in answer.headers["Allow"].split(",")}


def test_methods_that_do_not_apply_are_refused(chat, app):
    for path in (events_path(chat), app + "/events"):
        assert allowed(chat.client.request("OPTIONS", path).expect(204)) == {"GET", "HEAD", "OPTIONS"}
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            answer = chat.client.request(method, path, b"[]", {"Content-Type": "application/json"})
            assert_problem(answer, 405, "method_not_allowed")
            assert allowed(answer) == {"GET", "HEAD", "OPTIONS"}


def test_streams_are_never_compressed(chat):
    for number in range(40):
        chat.create_message(f"{number} " + "x" * 3000)
    gzip = {"Accept-Encoding": "gzip"}
    begun = position_at(chat, 0, 0)
    with EventStream(chat.client.port, events_path(chat), {**gzip, "Last-Event-ID": begun}) as stream:
        assert "Content-Encoding" not in stream.headers
        assert [event.type for event in stream.take(41)] == ["ready"] + ["message.created"] * 40
    with EventStream(chat.client.port, events_path(chat) + "?offset=-1&live=sse", gzip) as stream:
        assert "Content-Encoding" not in stream.headers and stream.next().type == "data"


def test_followers_of_one_chat_get_the_same_bytes(chat):
    streams = [open_feed(chat) for _ in range(5)]
    for number in range(20):
        chat.create_message(f"message {number}")
    texts = [[(event.id, event.type, event.text) for event in stream.take(20)] for stream in streams]
    assert all(text == texts[0] for text in texts)
    for stream in streams:
        stream.response.socket.close()


def test_follower_that_is_behind_gets_to_what_happens_meanwhile(chat):
    """Three thousand events wait in the ledger while others are written."""
    begun = position_at(chat, 0, 0)
    with ThreadPoolExecutor(8) as pool:
        clients = [Client(chat.client.port) for _ in range(8)]
        writing = pool.map(lambda client: [chat.with_client(client).create_message("x") for _ in range(400)], clients)
        with open_feed(chat, begun) as stream:
            numbers = [event.json["object"]["number"] for event in stream.take(3200)]
        list(writing)
    for client in clients:
        client.close()
    assert numbers == list(range(1, 3201))


def test_list_and_page_and_head_have_both_positions(client, written):
    generation, number = counts_of_id(tail_of(written)[0])[0], number_of(written)
    for query in ("", "?limit=1", "?limit=2&order=desc", "?after=99"):
        for method in ("GET", "HEAD"):
            headers = client.request(method, written.messages_path + query).expect(200).headers
            assert headers.get_all("Last-Event-ID") == [f"{generation}:{number}:3.2"]
            assert headers.get_all("Stream-Next-Offset") == [f"{generation}-0000000003-0000000002"]


def write_some(chat, port, stop, rng):
    with Client(port) as client:
        mine, own, written = chat.with_client(client), [], 0
        while not stop.is_set():
            own.append(mine.create_message(f"message {written}"))
            mine.edit(rng.choice(own), f"edit {written}").expect(200)
            if written % 5 == 0:
                mine.delete(own.pop(rng.randrange(len(own)))).expect(204)
            written += 1
        return written


FORMS = [EventSource, CatchUp, LongPoll, DurableSse]


def test_loaded_and_then_followed_beside_writers_has_no_gap(port, chat, rng):
    """Followers of every form begin at different times. Each loads the list, then follows from its position."""
    stop = threading.Event()
    followers = [Follower(FORMS[i % len(FORMS)], lambda: port, chat) for i in range(16)]
    with followers_running([]) as running, ThreadPoolExecutor(4) as pool:
        try:
            writing = [pool.submit(write_some, chat, port, stop, rng) for _ in range(4)]
            for follower in followers:
                before = chat.count()
                while chat.count() < before + 10:
                    for one in writing:
                        assert not one.done(), one.result()
                running.append(follower)
                follower.start()
        finally:
            stop.set()
        assert sum(one.result() for one in writing) >= 100
        assert_followers_have(followers, chat.client, chat.path.rsplit("/chats/", 1)[0], [number_of(chat)])


def test_every_position_of_a_random_history_leads_to_the_state_of_the_ledger(port, chat, rng):
    print(check_history(lambda: port, chat, rng, 120), "positions")


def test_every_position_leads_to_the_state_of_the_ledger_after_a_restart(start, rng):
    """After a stop, and after a crash that leaves the events in the journal."""
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        positions = Positions(chat)
        random_history(rng, chat, 40, lambda _: positions.add_list())
        before = tail_of(chat)
    for end in (Server.stop, Server.kill):
        end(server)
        server = start()
        port = server.port
        with Client(port) as client:
            assert tail_of(chat.with_client(client)) == before, "the generation stays"
            check_every_position(lambda port=port: port, chat.with_client(client), positions)


def renew_generation(start, chat, server, older):
    """Restores the older database beside the newer journal, and lets the server discard the batches in between."""
    for suffix in ("-wal", "-shm"):
        (server.data / f"confab.db{suffix}").unlink(missing_ok=True)
    (server.data / "confab.db").write_bytes(older)
    server = start("--journal-gap=ignore")
    assert re.search(r"discarded: batches \d+ to \d+", server.log()), server.log()
    return server


def write_run(start, chat, count):
    """A server that has written this many more messages."""
    server = start()
    client = Client(server.port)
    chat = chat.with_client(client) if chat else client.new_chat()
    for _ in range(count):
        chat.create_message(f"message {chat.count() + 1}")
    return server, chat


def test_restored_ledger_resets_followers_of_the_lost_history(start):
    """Backup at 100, follower at 150, restored, 60 written: at 150 again, the follower would miss 101 to 150."""
    server, chat = write_run(start, None, 100)
    server.stop()
    older = (server.data / "confab.db").read_bytes()
    server, chat = write_run(start, chat, 25)
    server.stop()
    server, chat = write_run(start, chat, 25)
    with open_feed(chat, position_at(chat, 100, 0)) as stream:
        event_id = stream.take(50)[-1].id
    _, offset = tail_of(chat)
    assert counts_of_id(event_id)[1] == {1: (150, 0)} and counts_of_offset(offset)[1] == (150, 0)
    server.kill()
    server = renew_generation(start, chat, server, older)
    with Client(server.port) as client:
        chat = Chat(client, chat.path)
        assert chat.count() == 100
        for number in range(60):
            chat.create_message(f"after the restore {number}")
        with open_feed(chat, event_id) as stream:
            assert (stream.first.type, stream.first.id) == ("reset", tail_of(chat)[0])
            assert counts_of_id(stream.first.id)[0] != counts_of_id(event_id)[0]
            assert_nothing_before(chat, stream)
        for form in (CatchUp, LongPoll, DurableSse):
            with pytest.raises(Reset), form(server.port, events_path(chat), offset) as session:
                next(session.batches())
        present = tail_of(chat)
    server.stop()
    with Client(start().port) as client:
        assert tail_of(chat.with_client(client)) == present, "the new generation stays"


def test_stream_in_answer_to_a_pipelined_request_comes_after_the_answers_before_it(chat):
    with Wire(chat.client.port) as wire:
        wire.send(request_bytes("GET", chat.path) + request_bytes("GET", events_path(chat), headers=["Accept: text/event-stream"]))
        assert wire.read_answer().expect(200).json["number"] == number_of(chat)
        status, headers = wire.read_status()
        assert status == 200 and headers.get_content_type() == "text/event-stream"
        text = b""
        for piece in wire.read_chunks():
            text += piece
            if b"event: ready" in text:
                break
