"""A deleted message keeps its position and its number. Nothing of its text remains."""

import json
import sqlite3
import threading
from contextlib import closing
from functools import partial

import pytest
from client import JSON, Chat, Client, assert_problem
from load import fill, run_concurrently
from objects import assert_created, assert_tombstone
from pages import follow, joined
from server import Server, run
from wire import Wire, post_json, request_bytes


def assert_gone(chat, number):
    for answer in (chat.read(number), chat.edit(number, "again"), chat.versions(number),
                   chat.read(number, if_none_match="*"), chat.edit(number, "again", if_match="*"),
                   chat.edit(number, "again", if_match='"1"')):
        assert_problem(answer, 410, "deleted")


def test_deleted_message_is_gone_but_keeps_its_place(chat):
    for i in range(1, 6):
        chat.create_message(f"message {i}", sender="me", metadata={"i": i})
    chat.edit(3, "edited").expect(200)
    before = chat.messages()
    answer = chat.delete(3).expect(204)
    assert answer.raw == b"" and "Content-Length" not in answer.headers and "Content-Type" not in answer.headers
    after = chat.messages()
    assert after[:2] + after[3:] == before[:2] + before[3:]
    assert_tombstone(after[2], before[2])
    assert_gone(chat, 3)
    assert chat.messages() == after
    assert all("deleted_at" not in message for message in before)


def test_tombstones_are_on_pages_and_counted(chat):
    for i in range(1, 31):
        chat.create_message(f"message {i}")
    for number in (1, 2, 15, 29, 30):
        chat.delete(number).expect(204)
    whole = chat.messages()
    assert [message["number"] for message in whole if message["content"] is None] == [1, 2, 15, 29, 30]
    assert joined(follow(chat.client, f"{chat.messages_path}?limit=4")) == whole
    assert joined(follow(chat.client, f"{chat.messages_path}?limit=4&order=desc")) == whole[::-1]
    assert chat.page(around=15, limit=3).json == whole[13:16]
    assert chat.count() == 30


def test_number_of_a_deleted_message_is_never_given_again(client, chat):
    for number in range(1, 11):
        assert chat.create_message("short-lived") == number
        chat.delete(number).expect(204)
    assert chat.count() == 10 and chat.create_message("next") == 11
    assert client.get(chat.path.rsplit("/chats/")[0]).json["chats_count"] == 1
    assert [message["content"] for message in chat.messages()] == [None] * 10 + ["next"]


@pytest.mark.parametrize("tags", [None, "*", '"1"', '"2"', '"3"', '"77"', 'W/"1"'])
def test_deleting_again_changes_nothing(chat, tags):
    chat.create_message("text")
    chat.delete(1).expect(204)
    before = chat.messages()
    for _ in range(3):
        assert chat.delete(1, if_match=tags).expect(204).raw == b""
    assert chat.messages() == before
    assert chat.page(limit=1).headers["Last-Event-ID"].endswith(":1.1")


def test_deleting_what_does_not_exist_is_not_found(client, app, chat):
    chat.create_message("kept")
    for number in ("0", "2", "-1", "01", "x", "4294967297", "18446744073709551617", "99999999999999999999"):
        assert_problem(client.delete(f"{chat.messages_path}/{number}"), 404, "not_found")
    assert_problem(client.delete(f"{app}/chats/9/messages/1"), 404, "not_found")
    assert_problem(client.delete("/apps/" + "A" * 24 + "/chats/1/messages/1"), 404, "not_found")
    assert chat.contents() == ["kept"]


def test_message_of_the_same_number_elsewhere_stays(client, app):
    chats = [client.new_chat(app) for _ in range(3)]
    for chat in chats:
        for number in (1, 2, 3):
            chat.create_message(f"message {number}")
    chats[1].delete(2).expect(204)
    contents = [[message["content"] for message in chat.messages()] for chat in chats]
    assert contents == [["message 1", "message 2", "message 3"], ["message 1", None, "message 3"],
                        ["message 1", "message 2", "message 3"]]


def test_delete_does_not_shift_the_next_answer(port, chat):
    for number in range(1, 21):
        chat.create_message(f"message {number}")
    paths = [f"{chat.messages_path}/{number}" for number in range(1, 21)]
    with Wire(port) as wire:
        wire.send(b"".join(request_bytes("DELETE", path) + request_bytes("GET", path) for path in paths))
        for _ in paths:
            assert wire.read_answer().expect(204).raw == b""
            assert_problem(wire.read_answer(), 410, "deleted")


def test_key_of_a_deleted_message_replays_its_tombstone(chat):
    first = chat.post_message("once", key="k", sender="me", metadata={"a": 1}).expect(201)
    edited = chat.edit(1, "edited").expect(200).json
    chat.delete(1).expect(204)
    for _ in range(2):
        again = chat.post_message("once", key="k", sender="me", metadata={"a": 1})
        assert_created(again, first.headers["Location"])
        assert again.headers["Idempotent-Replayed"] == "true"
        assert_tombstone(again.json, edited)
        assert again.json == chat.messages()[0]
    assert_problem(chat.post_message("other", key="k"), 422, "key_reused")
    assert chat.count() == 1


def test_allowed_on_a_message_is_get_put_and_delete(client, chat):
    chat.create_message("text")
    everything = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
    path = f"{chat.messages_path}/1"
    for answer in (client.request("OPTIONS", path).expect(204), client.post(path, {"content": "x"}),
                   client.request("PATCH", path)):
        assert {method.strip() for method in answer.headers["Allow"].split(",")} == everything
    chat.delete(1).expect(204)
    client.request("OPTIONS", path).expect(204)
    assert_problem(client.post(path, {"content": "x"}), 405, "method_not_allowed")


SECRET = "confidential"


def cells_with(data, text):
    """Every cell of every table that contains the text."""
    found = []
    with closing(sqlite3.connect(f"file:{data}/confab.db?mode=ro", uri=True)) as database:
        for table, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            rows = database.execute(f'SELECT * FROM "{table}"')
            found += [(table, row) for row in rows.fetchall()
                      for cell in row if text.encode() in (cell if isinstance(cell, bytes) else str(cell).encode())]
    return found


def test_text_of_a_deleted_message_is_in_no_row(confab, start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        for i in range(1, 41):
            chat.post_message(f"{SECRET} message {i}", key=f"k{i}", sender="me", metadata={"hidden": SECRET}).expect(201)
            for edit in range(i % 4):
                chat.edit(i, f"{SECRET} edit {edit}", metadata={"hidden": SECRET, "edit": edit}).expect(200)
        chat.create_message("kept")
        chat.edit(41, "kept as edited").expect(200)
        for i in range(1, 41):
            chat.delete(i).expect(204)
        versions = chat.versions(41).json
    server.stop()
    assert cells_with(server.data, "kept") and not cells_with(server.data, SECRET)
    with closing(sqlite3.connect(server.data / "confab.db")) as database:
        kept, = database.execute("SELECT count(content_before) FROM changes").fetchone()
        left, = database.execute("SELECT count(*) FROM messages WHERE content IS NOT NULL").fetchone()
        bare, = database.execute("SELECT count(*) FROM messages WHERE content IS NULL AND metadata IS NULL "
                                 "AND deleted_at IS NOT NULL").fetchone()
    assert (kept, left, bare) == (1, 1, 40)
    assert run(confab, "check", "--data", server.data).returncode == 0
    with Client(start().port) as client:
        assert Chat(client, chat.path).versions(41).json == versions


def test_tombstones_survive_restarts(start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        for i in range(20):
            chat.create_message(f"message {i}")
        for number in range(1, 21, 2):
            chat.delete(number).expect(204)
        before = chat.messages()
    for end in (Server.stop, Server.kill):
        end(server)
        server = start()
        with Client(server.port) as client:
            again = Chat(client, chat.path)
            assert again.messages() == before and again.find("message") == list(range(20, 0, -2))
            assert_gone(again, 1)
            again.delete(1).expect(204)
            assert again.messages() == before


def fight(chat, number, deleted, index, client):
    """Edits a message beside others; every fourth client deletes it once. Returns the acknowledged versions."""
    mine, acknowledged = chat.with_client(client), []
    for turn in range(12):
        was_deleted = deleted.is_set()
        if index % 4 == 0 and turn == 6:
            mine.delete(number).expect(204)
            deleted.set()
            continue
        answer = mine.edit(number, f"{index}.{turn}")
        if was_deleted or answer.status == 410:
            assert_problem(answer, 410, "deleted")
        else:
            acknowledged.append(answer.expect(200).json["version"])
    return acknowledged


def test_no_edit_is_done_after_an_acknowledged_deletion(port, chat):
    for number in range(1, 21):
        first = chat.post_message("fought over").expect(201).json
        deleted = threading.Event()
        acknowledged = run_concurrently(port, 8, partial(fight, chat, number, deleted))
        versions = sorted(version for versions in acknowledged for version in versions)
        assert versions == list(range(2, len(versions) + 2))
        tombstone = chat.messages()[number - 1]
        assert tombstone["content"] is None and tombstone["version"] == len(versions) + 2
        assert tombstone["created_at"] == first["created_at"]
        assert_gone(chat, number)


def test_list_while_deleted_shows_each_message_whole_or_as_its_tombstone(port, chat):
    befores = [chat.post_message(f"message {i}", metadata={"i": i}).expect(201).json for i in range(600)]

    def run(index, client):
        mine = chat.with_client(client)
        if index < 2:
            for number in range(1 + index, 601, 2):
                mine.delete(number).expect(204)
        else:
            for _ in range(15):
                for found, before in zip(mine.messages(), befores, strict=True):
                    if found != before:
                        assert_tombstone(found, before)

    run_concurrently(port, 4, run)
    assert all(message["content"] is None for message in chat.messages())


def test_versions_while_deleted_are_whole_or_gone(port, chat):
    for number in range(1, 41):
        chat.create_message("text 1")
        for version in range(2, 12):
            chat.edit(number, f"text {version}").expect(200)

    def run(index, client):
        mine = chat.with_client(client)
        for number in range(1, 41):
            if index == 0:
                mine.delete(number).expect(204)
            else:
                for answer in [mine.versions(number) for _ in range(3)]:
                    if answer.status == 200:
                        assert [entry["content"] for entry in answer.json] == [f"text {v}" for v in range(1, 12)]
                    else:
                        assert_problem(answer, 410, "deleted")

    run_concurrently(port, 6, run)


def test_paused_search_never_shows_messages_deleted_meanwhile(port, chat):
    contents = fill(chat, [f"hit {i} " + "x" * 4000 for i in range(2500)])
    with Wire(port, receive_buffer=4096) as wire:
        status, headers = wire.send(post_json(chat.messages_path + "/search", b'{"query":"hit"}')).read_status()
        assert status == 200
        for number in range(1, 101):
            chat.delete(number).expect(204)
        hits = json.loads(wire.read_body(headers))
    numbers = [hit["number"] for hit in hits]
    assert numbers[:2400] == list(range(2500, 100, -1)) and numbers == sorted(set(numbers), reverse=True)
    assert all(hit["content"] == contents[hit["number"] - 1] for hit in hits)
    assert chat.find("hit") == list(range(2500, 100, -1))


def test_of_32_conditional_deletions_and_edits_one_is_done(port, chat):
    def rush(index, client):
        mine = chat.with_client(client)
        return mine.delete(number, if_match='"1"') if index % 2 else mine.edit(number, f"{index}", if_match='"1"')

    for number in range(1, 11):
        chat.create_message("text")
        answers = run_concurrently(port, 32, rush)
        edits, deletions = [answer.status for answer in answers[::2]], [answer.status for answer in answers[1::2]]
        if edits.count(200):
            assert edits.count(200) == 1 and edits.count(412) == 15 and deletions.count(412) == 16
        else:
            assert deletions.count(204) >= 1 and set(deletions) <= {204} and set(edits) <= {410}
        assert chat.messages()[number - 1]["version"] == 2


def test_body_of_a_deletion_is_ignored(client, chat):
    chat.create_message("text")
    client.request("DELETE", f"{chat.messages_path}/1", b'{"content":"x"}', JSON).expect(204)
    assert_gone(chat, 1)
