"""Numbers are exactly 1..n, counts are exact, and every client sees an acknowledged write immediately."""

import json
import threading
from collections import Counter

from client import JSON, Client, assert_problem
from load import fill, run_concurrently
from wire import Wire, post_json, request_bytes


def make_chats(client, apps=4, chats=4):
    return [client.new_chat(app) for app in [client.new_app() for _ in range(apps)] for _ in range(chats)]


def test_64_writers_leave_no_gap_and_no_double(port, client):
    all_chats = make_chats(client)

    def write(index, client):
        acknowledged = []
        for turn in range(25):
            chat = all_chats[(index * 7 + turn) % len(all_chats)].with_client(client)
            content = f"writer {index} turn {turn}"
            acknowledged.append((chat.path, chat.create_message(content), content))
        return acknowledged

    acknowledged = [one for ones in run_concurrently(port, 64, write) for one in ones]
    for chat in all_chats:
        mine = {number: content for path, number, content in acknowledged if path == chat.path}
        assert chat.contents() == [mine[number] for number in range(1, len(mine) + 1)]
        assert chat.count() == len(mine)
    assert sum(chat.count() for chat in all_chats) == len(acknowledged) == 64 * 25
    for path, number, content in acknowledged[::16]:
        assert client.get(f"{path}/messages/{number}").expect(200).json["content"] == content


def test_64_creators_of_apps_and_chats_leave_no_gap(port, client):
    shared = client.new_app()

    def create(_, client):
        own = client.new_app()
        return own, [(app, client.post(app + "/chats").expect(201).json["number"]) for app in (shared, own, shared)]

    created = run_concurrently(port, 64, create)
    tokens = [own for own, _ in created]
    numbers = sorted(number for _, chats in created for app, number in chats if app == shared)
    assert numbers == list(range(1, 129))
    assert [chat["number"] for chat in client.get(shared + "/chats").json] == numbers
    assert client.get(shared).json["chats_count"] == 128
    listed = Counter("/apps/" + app["token"] for app in client.get("/apps").json)
    assert len(set(tokens)) == 64 and all(listed[token] == 1 for token in tokens)
    assert [client.get(token).json["chats_count"] for token in tokens] == [1] * 64


def test_concurrent_edits_end_at_one_of_them_with_every_version_counted(port, chat):
    chat.create_message("draft")

    def edit(index, client):
        return [chat.with_client(client).edit(1, f"{index}.{turn}").expect(200).json for turn in range(10)]

    answers = [answer for answers in run_concurrently(port, 16, edit) for answer in answers]
    assert sorted(answer["version"] for answer in answers) == list(range(2, 162))
    assert chat.read(1).json == max(answers, key=lambda answer: answer["version"])


def test_whole_list_of_3000_messages_is_in_order(chat):
    contents = fill(chat, [f"message {i} {'é' * (i % 97)}" for i in range(3000)])
    assert chat.contents() == contents
    assert chat.count() == 3000


def test_whole_list_of_1500_chats_is_in_order(port, client, app):
    run_concurrently(port, 15, lambda _, client: [client.post(app + "/chats").expect(201) for _ in range(100)])
    assert [chat["number"] for chat in client.get(app + "/chats").json] == list(range(1, 1501))
    assert client.get(app).json["chats_count"] == 1500


def test_list_while_written_ends_at_a_prefix(port, chat):
    acknowledged = []
    done = threading.Event()

    def write():
        with Client(port) as writer:
            for number in range(1, 1501):
                assert chat.with_client(writer).create_message(f"message {number}") == number
                acknowledged.append(number)
            done.set()

    writing = threading.Thread(target=write)
    writing.start()
    try:
        while not done.is_set() and writing.is_alive():
            before = len(acknowledged)
            contents = chat.contents()
            assert len(contents) >= before
            assert contents == [f"message {n}" for n in range(1, len(contents) + 1)]
    finally:
        writing.join()
    assert done.is_set()
    assert len(chat.contents()) == 1500


def test_slowly_read_list_ends_where_the_chat_ended_at_its_start(port, chat):
    contents = fill(chat, [f"message {i} " + "x" * 4000 for i in range(2500)])
    with Wire(port, receive_buffer=4096) as wire:
        status, headers = wire.send(request_bytes("GET", chat.messages_path)).read_status()
        assert status == 200
        more = fill(chat, [f"later {i}" for i in range(50)])
        chat.edit(2500, "edited meanwhile").expect(200)
        listed = json.loads(wire.read_body(headers))
    assert [message["number"] for message in listed] == list(range(1, 2501))
    assert [message["content"] for message in listed[:-1]] == contents[:-1]
    assert listed[-1]["content"] in (contents[-1], "edited meanwhile")
    assert chat.contents() == [*contents[:-1], "edited meanwhile", *more]


def test_reader_gone_in_the_middle_of_a_list_leaves_the_server_usable(port, chat):
    contents = fill(chat, [f"message {i} " + "x" * 4000 for i in range(2500)])
    for _ in range(20):
        with Wire(port, receive_buffer=4096) as wire:
            assert wire.send(request_bytes("GET", chat.messages_path)).read_status()[0] == 200
    assert chat.contents() == contents


def test_write_is_seen_by_another_connection_at_once(port, client, app, chat):
    with Client(port) as other:
        seen = chat.with_client(other)
        for number in range(1, 101):
            created = chat.post_message(f"word{number}x").expect(201).json
            assert seen.read(number).expect(200).json == created
            assert seen.messages()[-1] == created
            assert seen.search(f"WORD{number}X").expect(200).json == [created]
            assert seen.count() == number
            edited = chat.edit(number, f"edit{number}x").expect(200).json
            assert seen.search(f"edit{number}x").json == [edited] and seen.find(f"word{number}x") == []
            assert client.post(app + "/chats").expect(201).json == other.get(f"{app}/chats/{number + 1}").json


def too_large(port, path):
    with Wire(port) as wire:
        return wire.send_ignoring_reset(post_json(path, json.dumps({"content": "x" * 600000}).encode())).read_answer()


def test_refused_creations_use_no_number(client, app, chat):
    chat.create_message("one", key="used")
    refusals = [
        (lambda: chat.post_message(""), 422), (lambda: chat.post_message(5), 422), (lambda: chat.post_message("x" * 65537), 422),
        (lambda: chat.post_message("two", key="used"), 422), (lambda: chat.post_message("two", metadata=[]), 422),
        (lambda: client.post(f"{app}/chats/99/messages", {"content": "x"}), 404),
        (lambda: too_large(client.port, chat.messages_path), 413),
        (lambda: too_large(client.port, app + "/chats"), 413),
        (lambda: client.request("POST", chat.messages_path, b"{", JSON), 400),
        (lambda: client.request("POST", app + "/chats", b"{", JSON), 400),
        (lambda: client.request("POST", chat.messages_path, b"x", {"Content-Type": "text/plain"}), 415),
    ]
    for number in range(2, 5):
        for refused, status in refusals:
            refused().expect(status)
        assert chat.create_message(f"message {number}") == number
        assert client.post(app + "/chats").expect(201).json["number"] == number
        client.get(f"{app}/chats/{number + 1}").expect(404)
    assert chat.count() == 4 and client.get(app).json["chats_count"] == 4


def test_refused_edits_change_nothing(chat):
    before = chat.post_message("kept").expect(201).json
    assert_problem(chat.edit(1, " "), 422, "invalid_parameters", "content", "blank")
    assert_problem(chat.edit(1, "x" * 65537), 422, "invalid_parameters", "content", "too_long")
    assert_problem(chat.edit(2, "x"), 404, "not_found")
    assert chat.messages() == [before]
