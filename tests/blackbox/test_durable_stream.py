"""The feed of a chat as a durable stream: pages, long polls, server-sent events, and what caches may do."""

import itertools
import threading
import time
from datetime import UTC, datetime

import pytest
from client import Client, assert_problem
from feed import (
    BEGINNING,
    EVENTS_PER_PAGE_MAX,
    CatchUp,
    DurableSse,
    EventStream,
    LongPoll,
    Refused,
    assert_page,
    counts_of_offset,
    events_path,
    number_of,
    tail_of,
)
from feed_state import State
from load import fill, run_concurrently

CURSOR_EPOCH = datetime(2024, 10, 9, tzinfo=UTC).timestamp()
CURSOR_INTERVAL_S = 20
LONG_POLL_S = 20
PAGE_CACHE = ["private, no-cache"]
UNCACHED = ["no-store"]


@pytest.fixture
def written(chat):
    """A chat with a history of 3 creations and 2 changes."""
    for content in ("first text", "second text", "third text"):
        chat.create_message(content)
    chat.edit(1, "edited text").expect(200)
    chat.delete(2).expect(204)
    return chat


def get(chat, query, headers=None):
    return chat.client.get(f"{events_path(chat)}?{query}", headers)


def page(chat, query, headers=None):
    return get(chat, query, headers).expect(200)


def offset_at(chat, messages, changes):
    return f"{counts_of_offset(tail_of(chat)[1])[0]}-{messages:010}-{changes:010}"


def next_offset(answer):
    return answer.headers["Stream-Next-Offset"]


def whole(chat, begun=BEGINNING):
    """All events after this offset, by catch-up."""
    with CatchUp(chat.client.port, events_path(chat), begun) as session:
        return [event for _, events in session.batches() for event in events]


def test_page_from_the_beginning_has_all_events_and_the_headers(written):
    answer = page(written, "offset=-1")
    assert answer.headers.get_all("Content-Type") == ["application/json"]
    assert answer.headers.get_all("Cache-Control") == PAGE_CACHE
    assert answer.headers.get_all("Stream-Up-To-Date") == ["true"]
    assert answer.headers.get_all("Stream-Next-Offset") == [tail_of(written)[1]] == [offset_at(written, 3, 2)]
    assert answer.headers["Stream-Cursor"].isdigit() and answer.headers["ETag"].startswith('"')
    listed, types = written.messages(), [event["type"] for event in answer.json]
    assert sorted(types) == ["message.created"] * 3 + ["message.deleted", "message.updated"]
    for event in answer.json:
        assert event == {"type": event["type"], "chat": number_of(written), "object": listed[event["object"]["number"] - 1]}


def test_request_without_a_query_reads_from_the_beginning(written):
    plain, asked = written.client.get(events_path(written)).expect(200), page(written, "offset=-1")
    assert (plain.raw, plain.headers["ETag"], next_offset(plain)) == (asked.raw, asked.headers["ETag"], next_offset(asked))


def test_empty_chat_is_an_empty_page_and_up_to_date(chat):
    answer = page(chat, "offset=-1")
    assert answer.json == [] and next_offset(answer) == offset_at(chat, 0, 0) and answer.headers["Stream-Up-To-Date"] == "true"
    again = page(chat, f"offset={next_offset(answer)}")
    assert again.json == [] and next_offset(again) == next_offset(answer)


def test_each_page_continues_where_the_last_one_ended(written):
    middle = page(written, f"offset={offset_at(written, 2, 0)}")
    assert [event["type"] for event in middle.json] == ["message.created", "message.updated", "message.deleted"]
    end = page(written, f"offset={next_offset(middle)}")
    assert end.json == [] and next_offset(end) == next_offset(middle)
    written.create_message("fourth")
    assert [event["object"]["content"] for event in page(written, f"offset={next_offset(end)}").json] == ["fourth"]


def test_long_chat_comes_in_pages_and_only_the_last_is_up_to_date(chat):
    fill(chat, [f"message {n}" for n in range(2 * EVENTS_PER_PAGE_MAX + 50)])
    for number in range(1, 60):
        chat.edit(number, "edited").expect(200)
    offset, pages = BEGINNING, []
    while not pages or "Stream-Up-To-Date" not in pages[-1].headers:
        pages.append(page(chat, f"offset={offset}"))
        assert assert_page(pages[-1], offset), "a page before the tail has events"
        offset = next_offset(pages[-1])
    assert len(pages) >= 3 and sum(len(one.json) for one in pages) == 2 * EVENTS_PER_PAGE_MAX + 109
    state = State()
    for event in [event for one in pages for event in one.json]:
        state.apply(event)
    assert state.of(number_of(chat)) == chat.messages()


def test_large_messages_come_in_pages_of_bounded_size(chat):
    contents = fill(chat, [f"{n} " + "x" * 60000 for n in range(100)])
    with CatchUp(chat.client.port, events_path(chat)) as session:
        pages = [events for _, events in session.batches()]
    assert [event["object"]["content"] for events in pages for event in events] == contents
    assert len(pages) >= 10 and max(map(len, pages)) <= 20, "a page is about 128 KiB"


def test_offset_now_is_empty_and_is_not_stored(written):
    answer = page(written, "offset=now")
    assert answer.json == [] and answer.headers.get_all("Cache-Control") == UNCACHED and "ETag" not in answer.headers
    assert next_offset(answer) == tail_of(written)[1] and answer.headers["Stream-Up-To-Date"] == "true"
    written.create_message("next")
    assert [event["object"]["content"] for event in page(written, f"offset={next_offset(answer)}").json] == ["next"]


def test_head_tells_the_tail_and_never_waits(written):
    for query in ("", "?offset=-1", "?offset=now", f"?offset={tail_of(written)[1]}", f"?offset={tail_of(written)[1]}&live=long-poll",
                  "?offset=-1&live=sse"):
        answer = written.client.request("HEAD", events_path(written) + query).expect(200)
        assert answer.raw == b"" and answer.headers.get_all("Cache-Control") == UNCACHED
        assert answer.headers.get_content_type() == "application/json" and next_offset(answer) == tail_of(written)[1]


def test_known_page_is_not_modified_until_the_chat_changes(written):
    for query in ("offset=-1", f"offset={offset_at(written, 1, 0)}", f"offset={offset_at(written, 3, 2)}"):
        answer = page(written, query)
        tag = answer.headers["ETag"]
        for condition in (tag, f'"other", {tag}', "W/" + tag):
            again = get(written, query, {"If-None-Match": condition}).expect(304)
            assert again.raw == b"" and again.headers["ETag"] == tag
            assert next_offset(again) in (None, next_offset(answer))  # a cache has it from the page
            assert again.headers.get_all("Cache-Control") == PAGE_CACHE
        assert page(written, query, {"If-None-Match": '"other"'}).raw == answer.raw
    written.create_message("fourth")
    assert len(page(written, "offset=-1", {"If-None-Match": tag}).json) == 6


def test_pages_of_different_ranges_and_chats_have_different_tags(client, app):
    chats = [client.new_chat(app) for _ in range(2)]
    for chat in chats:
        for content in ("a", "b", "c"):
            chat.create_message(content)
    tags = [page(chats[0], f"offset={begun}").headers["ETag"] for begun in (offset_at(chats[0], n, 0) for n in range(4))]
    assert len(set(tags)) == 4
    chats[0].create_message("d")
    assert page(chats[0], "offset=-1").headers["ETag"] not in tags


@pytest.mark.parametrize("ways", ["delete", "edit"])
def test_text_that_is_gone_is_not_confirmed_as_not_modified(chat, ways):
    """A full page does not move, but its objects are as they are now."""
    fill(chat, [f"secret {n}" for n in range(EVENTS_PER_PAGE_MAX + 10)])
    answer = page(chat, "offset=-1")
    assert "Stream-Up-To-Date" not in answer.headers and b'"secret 0"' in answer.raw
    number = next(message["number"] for message in chat.messages() if message["content"] == "secret 0")
    assert get(chat, "offset=-1", {"If-None-Match": answer.headers["ETag"]}).status == 304
    if ways == "delete":
        chat.delete(number).expect(204)
    else:
        chat.edit(number, "harmless").expect(200)
    again = page(chat, "offset=-1", {"If-None-Match": answer.headers["ETag"]})
    assert again.headers["ETag"] != answer.headers["ETag"] and b'"secret 0"' not in again.raw
    for event in again.json:
        assert event["object"]["content"] != "secret 0"


MALFORMED = ["", "x", "-2", "0", "1", "NOW", "GEN", "GEN-", "GEN-1-2", "GEN-0000000001", "GEN-0000000001-", "GEN-0000000001-00000000000",
             "GEN-000000000x-0000000000", "GEN-0000000001_0000000000", "GE-0000000001-0000000000", "GEN-0000000001-0000000000-0",
             "GEN-9999999999-0000000000", "GEN:1:1.0", "-1,now"]


def test_malformed_offset_is_refused(written):
    for offset in [text.replace("GEN", "aB3dE6gH") for text in MALFORMED]:
        for more in ("", "&live=long-poll", "&live=sse"):
            answer = get(written, f"offset={offset}{more}")
            assert answer.status == 400, (offset, more, answer)
            assert_problem(answer, 400, "malformed")


def test_offset_that_the_ledger_does_not_know_is_gone(written):
    for offset in ("AAAAAAAA-0000000001-0000000000", offset_at(written, 4, 0), offset_at(written, 3, 3), offset_at(written, 4294967295, 0)):
        for more in ("", "&live=long-poll", "&live=sse"):
            assert_problem(get(written, f"offset={offset}{more}"), 410, "other_generation")


def test_offset_together_with_a_last_event_id_is_refused(written):
    position = tail_of(written)[0]
    for query in ("offset=-1", "offset=now", f"offset={tail_of(written)[1]}&live=sse"):
        assert_problem(get(written, query, {"Last-Event-ID": position}), 400, "malformed")
        assert_problem(get(written, f"{query}&last_event_id={position}"), 400, "malformed")


def test_live_without_an_offset_or_with_another_value_is_refused(written):
    for query in ("live=long-poll", "live=sse", "offset=-1&live=", "offset=-1&live=x", "offset=-1&live=true", "offset=now&live=SSE"):
        assert_problem(get(written, query), 400, "malformed")


def test_offsets_sort_as_text_in_the_order_of_the_stream(chat):
    offsets = [tail_of(chat)[1]]
    for number in range(1, 13):
        chat.create_message("x")
        offsets.append(tail_of(chat)[1])
        chat.edit(number, "y").expect(200)
        offsets.append(tail_of(chat)[1])
    assert offsets == sorted(offsets) and len(set(offsets)) == len(offsets)


def cursor_now():
    return int((time.time() - CURSOR_EPOCH) // CURSOR_INTERVAL_S)


def test_cursor_is_the_interval_and_never_goes_back(written):
    before = cursor_now()
    found = int(page(written, "offset=-1").headers["Stream-Cursor"])
    assert before <= found <= cursor_now()
    assert int(page(written, "offset=-1&cursor=5").headers["Stream-Cursor"]) >= before
    ahead = cursor_now() + 1000
    for query in ("offset=-1", f"offset={offset_at(written, 2, 0)}&live=long-poll", "offset=now"):
        assert int(page(written, f"{query}&cursor={ahead}").headers["Stream-Cursor"]) >= ahead


def test_long_poll_returns_what_is_there(written):
    for begun, count in ((BEGINNING, 5), (offset_at(written, 3, 0), 2)):
        answer = page(written, f"offset={begun}&live=long-poll")
        assert len(answer.json) == count and next_offset(answer) == tail_of(written)[1]
        assert answer.headers["Stream-Up-To-Date"] == "true" and answer.headers["Stream-Cursor"].isdigit()


def test_long_poll_waits_for_the_next_write(port, written):
    with Client(port) as waiting:
        waiting.begin("GET", f"{events_path(written)}?offset={tail_of(written)[1]}&live=long-poll")
        time.sleep(0.5)  # so that it waits already, most of the time
        number = written.create_message("awaited")
        answer = waiting.finish().expect(200)
    assert [event["object"]["number"] for event in answer.json] == [number]
    assert next_offset(answer) == tail_of(written)[1] and answer.headers["Stream-Up-To-Date"] == "true"


def test_long_poll_of_nothing_ends_with_204_and_the_same_offset(port, written):
    """Two at once, from a token and from now: the only test that waits for the end of a long poll."""
    tail = tail_of(written)[1]
    begun, waiting = time.monotonic(), []
    for offset in (tail, "now"):
        waiting.append(Client(port))
        waiting[-1].begin("GET", f"{events_path(written)}?offset={offset}&live=long-poll")
    for client in waiting:
        with client:
            answer = client.finish().expect(204)
            assert answer.raw == b"" and next_offset(answer) == tail and answer.headers["Stream-Up-To-Date"] == "true"
            assert answer.headers.get_all("Cache-Control") == UNCACHED and answer.headers["Stream-Cursor"].isdigit()
            assert client.get(written.path).expect(200), "the connection is still in step"
    assert time.monotonic() - begun > LONG_POLL_S * 0.9


def test_long_polls_in_turn_miss_nothing_beside_writers(port, chat):
    stop = threading.Event()

    def run(index, client):
        if index < 2:
            for turn in range(150):
                number = chat.with_client(client).create_message(f"{index}.{turn}")
                chat.with_client(client).edit(number, f"{index}.{turn} edited").expect(200)
            if index == 0:
                stop.set()
            return
        state = State()
        with LongPoll(port, events_path(chat)) as session:
            for _, events in session.batches():
                for event in events:
                    state.apply(event)
                known = state.of(number_of(chat))
                if len(known) == 300 and all(message["version"] == 2 for message in known):
                    break

    run_concurrently(port, 6, run)
    assert stop.is_set()


def control(event):
    assert event.type == "control", event
    found = event.json
    assert found.keys() <= {"streamNextOffset", "streamCursor", "upToDate"} and found.get("upToDate", True) is True, event
    assert int(found["streamCursor"]) > 0
    return found


def test_sse_sends_data_then_control(written):
    with EventStream(written.client.port, f"{events_path(written)}?offset=-1&live=sse") as stream:
        assert stream.headers.get_all("Cache-Control") == UNCACHED
        events, last = [], {}
        while "upToDate" not in last:
            data = stream.next()
            assert data.type == "data"
            events += data.json
            last = control(stream.next())
        assert last["streamNextOffset"] == tail_of(written)[1] and events == whole(written)
        number = written.create_message("next")
        data, last = stream.next(), control(stream.next())
        assert [(event["type"], event["object"]["number"]) for event in data.json] == [("message.created", number)]
        assert last["streamNextOffset"] == tail_of(written)[1] and last["upToDate"] is True


def test_sse_from_the_tail_begins_with_the_state_of_the_stream(written):
    for begun in ("now", tail_of(written)[1]):
        with EventStream(written.client.port, f"{events_path(written)}?offset={begun}&live=sse") as stream:
            first = control(stream.next())
            assert first["streamNextOffset"] == tail_of(written)[1] and first["upToDate"] is True


def test_sse_tells_that_it_is_up_to_date_only_when_it_is(chat):
    fill(chat, [f"message {n}" for n in range(2500)])
    with EventStream(chat.client.port, f"{events_path(chat)}?offset=-1&live=sse") as stream:
        received = 0
        while received < 2500:
            received += len(stream.next().json)
            assert ("upToDate" in control(stream.next())) == (received == 2500)


def test_every_form_gets_the_same_events(written):
    expected = whole(written)
    for form in (LongPoll, DurableSse):
        with form(written.client.port, events_path(written)) as session:
            events = []
            for position, new in session.batches():
                events += new
                if position == tail_of(written)[1]:
                    break
        assert events == expected, form


def test_sse_is_refused_like_a_page(written):
    for query, status in (("offset=x&live=sse", 400), ("offset=AAAAAAAA-0000000000-0000000000&live=sse", 410)):
        with pytest.raises(Refused) as refused:
            EventStream(written.client.port, f"{events_path(written)}?{query}")
        assert refused.value.answer.status == status


def test_pages_beside_writers_have_no_gap(port, chat):
    """Readers with pages of any length while others write: each event once, and the last state is the ledger's."""
    done = threading.Event()

    def run(index, client):
        mine = chat.with_client(client)
        if index < 3:
            for turn in itertools.count():
                mine.edit(mine.create_message(f"{index}.{turn}"), "edited").expect(200)
                if turn == 200:
                    done.set()
                    return None
        state, offset = State(), BEGINNING
        while True:
            over = done.is_set()
            with CatchUp(port, events_path(chat), offset) as session:
                for position, events in session.batches():
                    offset = position
                    for event in events:
                        state.apply(event)
            if over and len(state.of(number_of(chat))) == 603 and counts_of_offset(offset)[1] == (603, 603):
                return state.of(number_of(chat))

    results = run_concurrently(port, 6, run)
    assert all(result == chat.messages() for result in results[3:])
