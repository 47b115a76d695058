"""The feed of an app: new chats, and the messages of the chats that the client asks for."""

import pytest
from client import Client, assert_problem
from feed import EVENT_STREAM, EventSource, EventStream, Refused, counts_of_id, events_path, number_of, tail_of
from feed_state import AppFollower, State, assert_followers_have, followers_running, random_history
from objects import CHAT, assert_object
from server import Server

CHATS_MAX = 64


@pytest.fixture
def chats(client, app):
    return [client.new_chat(app) for _ in range(3)]


def open_feed(client, app, chats=None, position=None, **parameters):
    if chats is not None:
        parameters["chats"] = ",".join(map(str, chats))
    return EventSource(client.port, app + "/events", position, parameters)


def refusal(client, path, headers=None):
    with pytest.raises(Refused) as refused:
        EventStream(client.port, path, headers)
    return refused.value.answer


def summary(event):
    return event.type, event.json["chat"], event.json["object"]["number"]


def assert_nothing_before(client, app, stream):
    """The next event is of the chat that is created now."""
    number = number_of(client.new_chat(app))
    event = stream.next()
    assert summary(event) == ("chat.created", number, number), event


def generation_of(chat):
    return counts_of_id(tail_of(chat)[0])[0]


def test_feed_without_chats_reports_new_chats_only(client, app, chats):
    with open_feed(client, app) as stream:
        assert stream.first.type == "ready" and counts_of_id(stream.first.id) == (generation_of(chats[0]), {0: 3})
        chats[0].create_message("not asked for")
        created = client.post(app + "/chats").expect(201).json
        event = stream.next()
        assert event.json == {"type": "chat.created", "chat": 4, "object": created}
        assert_object(event.json["object"], CHAT, number=4, messages_count=0)
        assert counts_of_id(event.id)[1] == {0: 4}
        client.put(app, {"name": "renamed"}).expect(200)
        client.new_chat()
        assert_nothing_before(client, app, stream)


def test_feed_is_an_event_stream_whatever_is_accepted(client, app):
    for accept in ("text/event-stream", "application/json", "*/*"):
        with EventStream(client.port, app + "/events", {"Accept": accept}) as stream:
            assert stream.next().type == "ready"
            assert stream.headers.get_all("Cache-Control") == ["no-store"]


def test_chats_that_are_asked_for_send_their_events_beside_new_chats(client, app, chats):
    with open_feed(client, app, [1, 3]) as stream:
        assert counts_of_id(stream.first.id)[1] == {0: 3, 1: (0, 0), 3: (0, 0)}
        chats[0].create_message("a")
        chats[1].create_message("not asked for")
        chats[2].create_message("b")
        chats[0].edit(1, "edited").expect(200)
        client.new_chat(app)
        chats[2].delete(1).expect(204)
        events = stream.take(5)
    assert [summary(event) for event in events] == [
        ("message.created", 1, 1), ("message.created", 3, 1), ("message.updated", 1, 1), ("chat.created", 4, 4), ("message.deleted", 3, 1)]
    assert counts_of_id(events[-1].id)[1] == {0: 4, 1: (1, 1), 3: (1, 1)}


def test_client_continues_where_it_was_by_header_or_parameter(client, app, chats):
    with open_feed(client, app, [1, 2]) as stream:
        begun = stream.first.id
        chats[0].create_message("a")
        middle = stream.next().id
        chats[1].create_message("b")
        client.new_chat(app)
        chats[0].edit(1, "c").expect(200)
        end = stream.take(3)[-1].id
    later = {("message.created", 2, 1), ("chat.created", 4, 4), ("message.updated", 1, 1)}
    for position, missed in ((begun, {("message.created", 1, 1)} | later), (middle, later), (end, set())):
        for more in ({"position": position}, {"last_event_id": position}, {"position": position, "last_event_id": "malformed"}):
            with open_feed(client, app, [1, 2], **more) as stream:
                assert (stream.first.type, counts_of_id(stream.first.id)) == ("ready", counts_of_id(position))
                events = stream.take(len(missed))
                assert {summary(event) for event in events} == missed
                assert not events or counts_of_id(events[-1].id) == counts_of_id(end)


def test_chat_that_the_id_does_not_name_begins_now(client, app, chats):
    with open_feed(client, app, [1]) as stream:
        begun = stream.first.id
    chats[0].create_message("missed")
    chats[1].create_message("before it began")
    with open_feed(client, app, [1, 2], begun) as stream:
        assert counts_of_id(stream.first.id)[1] == {0: 3, 1: (0, 0), 2: (1, 0)}
        assert summary(stream.next()) == ("message.created", 1, 1)
        chats[1].create_message("after")
        assert summary(stream.next()) == ("message.created", 2, 2)


def test_chat_of_the_id_that_is_not_asked_for_is_ignored(client, app, chats):
    with open_feed(client, app, [1, 2]) as stream:
        begun = stream.first.id
    chats[0].create_message("ignored")
    chats[1].create_message("missed")
    with open_feed(client, app, [2], begun) as stream:
        assert counts_of_id(stream.first.id)[1] == {0: 3, 2: (0, 0)}
        assert summary(stream.next()) == ("message.created", 2, 1)
        assert_nothing_before(client, app, stream)
    with open_feed(client, app, None, begun) as stream:
        assert counts_of_id(stream.first.id)[1] == {0: 3}
        assert summary(stream.next()) == ("chat.created", 4, 4), "it was created by assert_nothing_before()"
        assert_nothing_before(client, app, stream)


def test_id_of_a_chats_feed_continues_that_chat(client, app, chats):
    position = tail_of(chats[1])[0]
    chats[1].create_message("missed")
    client.new_chat(app)
    for given in (position, position.split(":", 1)[1]):  # also as version 0.1.0 wrote it
        with open_feed(client, app, [1, 2], given) as stream:
            assert stream.first.type == "ready"
            assert counts_of_id(stream.first.id)[1] == {0: 4, 1: (0, 0), 2: (0, 0)}, "the app's part begins now"
            assert summary(stream.next()) == ("message.created", 2, 1)


def position_of(chats, counts, generation=None):
    return f"{generation or generation_of(chats[0])}:0:{counts}"


@pytest.mark.parametrize("counts", ["4", "4,1:0.0", "3,1:1.0", "3,1:0.1", "0,1:0.0,2:0.5"])
def test_counter_above_the_ledgers_is_reset(client, app, chats, counts):
    with open_feed(client, app, [1, 2], position_of(chats, counts)) as stream:
        assert stream.first.type == "reset"
        assert counts_of_id(stream.first.id) == (generation_of(chats[0]), {0: 3, 1: (0, 0), 2: (0, 0)})
        assert_nothing_before(client, app, stream)


def test_other_generation_is_reset(client, app, chats):
    with open_feed(client, app, [1], position_of(chats, "0,1:0.0", "AAAAAAAA")) as stream:
        assert stream.first.type == "reset" and counts_of_id(stream.first.id)[1] == {0: 3, 1: (0, 0)}
        chats[0].create_message("goes on")
        assert summary(stream.next()) == ("message.created", 1, 1)


MALFORMED = ["x", ":", "GEN:0", "GEN:0:", "GEN:0:x", "GEN:0:1,", "GEN:0:1,1", "GEN:0:1,1:0", "GEN:0:1,1:0.0,", "GEN:0:1,x:0.0",
             "GE:0:1", "GEN:0:1.0,1:0.0", "GEN:0:1;1:0.0", "GEN:0:-1", "GEN:0:1,1:0.0.0"]


def test_malformed_id_is_refused(client, app, chats):
    for position in MALFORMED:
        given = position.replace("GEN", "aB3dE6gH")
        for query in ("", "?chats=1"):
            assert_problem(refusal(client, app + "/events" + query, {"Last-Event-ID": given}), 400, "malformed")
        assert_problem(refusal(client, f"{app}/events?last_event_id={given}"), 400, "malformed")


def test_chats_that_are_no_numbers_are_refused(client, app, chats):
    for asked in ("", ",", "1,", ",1", "1,,2", "x", "1,x", "-1", "1.0", "1%202", "1;2"):
        answer = client.get(f"{app}/events?chats={asked}", EVENT_STREAM)
        assert answer.status == 400, asked
        assert_problem(answer, 400, "malformed")


def test_unknown_chat_is_not_found_and_named(client, app, chats):
    for asked, missing in (("4", "4"), ("1,77,2", "77"), ("3,2,1,4294967295", "4294967295")):
        answer = refusal(client, f"{app}/events?chats={asked}")
        assert_problem(answer, 404, "not_found")
        assert missing in answer.json["detail"], answer
    client.new_chat()
    assert_problem(refusal(client, "/apps/" + "A" * 24 + "/events"), 404, "not_found")


def test_64_chats_are_followed_and_one_more_is_refused(client, app):
    chats = [client.new_chat(app) for _ in range(CHATS_MAX + 1)]
    numbers = [number_of(chat) for chat in chats]
    with open_feed(client, app, numbers[:CHATS_MAX]) as stream:
        assert counts_of_id(stream.first.id)[1] == {0: 65, **dict.fromkeys(numbers[:CHATS_MAX], (0, 0))}
        for chat in chats:
            chat.create_message("x")
        events = stream.take(CHATS_MAX)
        assert [event.json["chat"] for event in events] == numbers[:CHATS_MAX]
        end = events[-1].id
    with open_feed(client, app, numbers[:CHATS_MAX], end) as stream:
        assert counts_of_id(stream.first.id) == counts_of_id(end), "the longest id is accepted, too"
        assert_nothing_before(client, app, stream)
    assert_problem(refusal(client, f"{app}/events?chats={','.join(map(str, numbers))}"), 400, "malformed")


def test_chat_that_is_named_twice_counts_once(client, app, chats):
    asked = [1, 2] * 40
    with open_feed(client, app, asked) as stream:
        assert counts_of_id(stream.first.id)[1] == {0: 3, 1: (0, 0), 2: (0, 0)}
        chats[0].create_message("x")
        assert summary(stream.next()) == ("message.created", 1, 1)
        assert_nothing_before(client, app, stream)


def test_offset_and_live_do_not_apply(client, app):
    for query in ("offset=-1", "offset=now", "live=sse", "live=long-poll&offset=-1", "chats=1&offset=-1"):
        assert_problem(client.get(f"{app}/events?{query}", EVENT_STREAM), 400, "malformed")


def test_head_never_waits(client, app, chats):
    for query in ("", "?chats=1,2"):
        answer = client.request("HEAD", app + "/events" + query, headers=EVENT_STREAM).expect(200)
        assert answer.raw == b"" and answer.headers.get_all("Cache-Control") == ["no-store"]
    assert client.request("HEAD", app + "/events?chats=99").expect(404).raw == b""


def counts_of(app_chats_count, chats):
    """The counts of the present position of a feed of these chats."""
    return {0: app_chats_count, **{number_of(chat): counts_of_id(tail_of(chat)[0])[1][number_of(chat)] for chat in chats}}


def take_until(stream, counts, state):
    """Applies events until these counts. Yields each position."""
    for position, events in stream.batches():
        for event in events:
            state.apply(event)
        yield position
        if counts_of_id(position)[1] == counts:
            return


def test_every_id_of_a_random_history_leads_to_the_state_of_the_ledger(client, app, chats, rng):
    numbers, histories = [number_of(chat) for chat in chats], dict.fromkeys(chats)
    issued, state = {}, State()
    with open_feed(client, app, numbers) as stream:
        for chat in rng.choices(chats, k=12):
            histories[chat] = random_history(rng, chat, 6, expected=histories[chat])
            client.new_chat(app)
        end = counts_of(15, chats)
        for position in take_until(stream, end, state):
            issued[position] = {chat: dict(known) for chat, known in state.messages.items()}
    listed = {number: chat.messages() for number, chat in zip(numbers, chats, strict=True)}
    assert state.created == list(range(4, 16)) and len(issued) == 12 * 7 + 1
    for position, known in issued.items():
        again = State(known)
        with open_feed(client, app, numbers, position) as stream:
            assert counts_of_id(stream.first.id) == counts_of_id(position)
            list(take_until(stream, end, again))
        assert {number: again.of(number) for number in numbers} == listed, position
        assert again.created == list(range(counts_of_id(position)[1][0] + 1, 16))


def test_followers_of_many_chats_continue_after_restarts(start, rng):
    servers = [start()]
    with Client(servers[0].port) as client:
        app = client.new_app()
        chats = [client.new_chat(app) for _ in range(5)]
    numbers, histories = [number_of(chat) for chat in chats], dict.fromkeys(chats)

    def port():
        if servers[-1].process.poll() is not None:
            raise ConnectionRefusedError("another program may have the port by now")
        return servers[-1].port

    followers = [AppFollower(port, app, rng.sample(numbers, rng.randint(1, 5))) for _ in range(8)]
    with followers_running(followers):
        for end in (Server.stop, Server.kill, Server.stop):
            with Client(servers[-1].port) as client:
                for chat in chats:
                    histories[chat] = random_history(rng, chat.with_client(client), 10, expected=histories[chat])
                    client.new_chat(app)
            end(servers[-1])
            servers.append(start())
        with Client(servers[-1].port) as client:
            assert_followers_have(followers, client, app, numbers)
    assert all(follower.resets == 0 for follower in followers)


def test_feeds_of_a_chat_and_of_its_app_report_the_same_events(client, app, chats):
    with open_feed(client, app, [2]) as of_app, EventSource(client.port, events_path(chats[1])) as of_chat:
        chats[1].create_message("a")
        chats[1].edit(1, "b").expect(200)
        assert [event.json for event in of_app.take(2)] == [event.json for event in of_chat.take(2)]
