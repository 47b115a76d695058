"""`Last-Event-ID` and `Stream-Next-Offset` of a list: the chat's two counts when the list began."""

import threading

from client import Chat, Client
from feed import number_of, position_of_list
from load import run_concurrently
from server import Server


def cursor(answer, chat):
    """(messages_count, changes_count) of the cursor. Asserts that it is of this chat."""
    number, messages, changes = position_of_list(answer)
    assert number == number_of(chat), answer
    return messages, changes


def listing(chat):
    return chat.client.get(chat.messages_path).expect(200)


def changes_in(messages):
    return sum(message["version"] - 1 for message in messages)


def test_every_write_moves_the_cursor_by_one(chat):
    assert cursor(listing(chat), chat) == (0, 0)
    steps = [(lambda: chat.post_message("a"), (1, 0)), (lambda: chat.post_message("b"), (2, 0)), (lambda: chat.edit(1, "c"), (2, 1)),
             (lambda: chat.edit(1, "c"), (2, 2)), (lambda: chat.delete(2), (2, 3)), (lambda: chat.delete(2), (2, 3)),
             (lambda: chat.edit(2, "x"), (2, 3)), (lambda: chat.edit(1, "x", if_match='"9"'), (2, 3)),
             (lambda: chat.post_message("d", key="k"), (3, 3)), (lambda: chat.post_message("d", key="k"), (3, 3)),
             (lambda: chat.post_message(" "), (3, 3)), (lambda: chat.edit(9, "x"), (3, 3)), (lambda: chat.delete(3), (3, 4))]
    for step, expected in steps:
        step()
        assert cursor(listing(chat), chat) == expected


def test_whole_and_paged_lists_and_head_have_the_same_cursor(client, chat):
    for i in range(30):
        chat.create_message(f"message {i}")
    chat.edit(3, "x").expect(200)
    for query in ("", "?limit=3", "?limit=3&order=desc", "?before=1", "?after=99", "?around=7"):
        for method in ("GET", "HEAD"):
            answer = client.request(method, chat.messages_path + query).expect(200)
            assert cursor(answer, chat) == (30, 1), (method, query)


def test_chats_of_one_app_have_cursors_of_their_own(client, app):
    chats = [client.new_chat(app) for _ in range(12)]
    for messages, chat in enumerate(chats):
        for _ in range(messages):
            chat.edit(chat.create_message("x"), "y").expect(200)
    assert [cursor(listing(chat), chat) for chat in chats] == [(i, i) for i in range(12)]


def test_cursor_survives_restarts(start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        for _ in range(10):
            chat.edit(chat.create_message("x"), "y").expect(200)
        chat.delete(4).expect(204)
    for end in (Server.stop, Server.kill):
        end(server)
        server = start()
        with Client(server.port) as client:
            assert cursor(listing(Chat(client, chat.path)), chat) == (10, 11)


def write(chat, index, client, acknowledged, lock):
    """Creates, edits and deletes its own messages. Counts each acknowledged write before the next one."""
    mine = chat.with_client(client)
    for turn in range(120):
        number = mine.create_message(f"{index}.{turn}")
        for _ in range(turn % 3):
            mine.edit(number, f"{index}.{turn} edited").expect(200)
        if turn % 4 == 0:
            mine.delete(number).expect(204)
        with lock:
            acknowledged["messages"] += 1
            acknowledged["changes"] += turn % 3 + (turn % 4 == 0)


def test_list_while_written_misses_nothing_its_cursor_counts(port, chat):
    acknowledged, lock, done = {"messages": 0, "changes": 0}, threading.Lock(), threading.Event()

    def read(mine, query):
        with lock:
            before = dict(acknowledged)
        answer = mine.client.get(mine.messages_path + query).expect(200)
        messages, changes = cursor(answer, chat)
        assert messages >= before["messages"] and changes >= before["changes"]
        assert [message["number"] for message in answer.json] == list(range(1, len(answer.json) + 1))
        assert len(answer.json) >= messages and changes_in(answer.json) >= changes
        return messages, changes

    def run(index, client):
        if index < 4:
            write(chat, index, client, acknowledged, lock)
            done.set()
            return
        seen = (0, 0)
        while not done.is_set():
            for query in ("", "?limit=1000&before=4294967297"):
                now = read(chat.with_client(client), query)
                assert now >= seen and now[1] >= seen[1]
                seen = now

    run_concurrently(port, 6, run)
    final = listing(chat)
    assert cursor(final, chat) == (480, acknowledged["changes"]) == (len(final.json), changes_in(final.json))
