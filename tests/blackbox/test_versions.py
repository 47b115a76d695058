"""The versions of messages, and requests that are conditional on a version."""

import time

import pytest
from client import Chat, Client, assert_problem
from load import run_concurrently
from objects import MESSAGE, assert_object
from server import Server
from wire import Wire, request_bytes

MATCHING = ['"1"', '"7", "1"', '"1","2"', '"x" , "1" , "y"', "*"]
STRONG_MISMATCHES = ['"2"', '"0"', '"11"', '"01"', '"-1"', '""', '"abc"', '"2", "3"', '"*"', '"99999999999999999999"']
WEAK = ['W/"1"', '"9", W/"1"']
MALFORMED = ["1", '"1', '1"', 'W/1', 'w/"1"', '"1" "2"', '*, "1"', '"1", *', "* *", "'1'", '"a b"', '"1"x', '"1"; "2"',
             'W/*', 'W/ "1"', '"1", 2', "abc", '""1""']


def etag(answer):
    return answer.headers["ETag"]


def assert_not_modified(answer, tag):
    answer.expect(304)
    assert answer.raw == b"" and etag(answer) == tag, answer


def test_etag_is_the_version(client, chat):
    created = chat.post_message("text", key="k").expect(201)
    assert etag(created) == '"1"' == etag(chat.read(1))
    for version in (2, 3):
        assert etag(chat.edit(1, f"text {version}").expect(200)) == f'"{version}"' == etag(chat.read(1))
    assert etag(client.request("HEAD", f"{chat.messages_path}/1").expect(200)) == '"3"'
    assert etag(chat.post_message("text", key="k").expect(201)) == '"3"'


@pytest.mark.parametrize("tags", MATCHING + WEAK)
def test_known_version_is_not_sent_again(client, chat, tags):
    chat.create_message("text")
    assert_not_modified(chat.read(1, if_none_match=tags), '"1"')
    assert_not_modified(client.request("HEAD", f"{chat.messages_path}/1", headers={"If-None-Match": tags}), '"1"')
    edited = chat.edit(1, "changed").expect(200).json
    if tags == "*" or '"2"' in tags:
        assert_not_modified(chat.read(1, if_none_match=tags), '"2"')
    else:
        assert chat.read(1, if_none_match=tags).expect(200).json == edited


@pytest.mark.parametrize("tags", STRONG_MISMATCHES)
def test_other_version_is_sent(chat, tags):
    created = chat.post_message("text").expect(201).json
    assert chat.read(1, if_none_match=tags).expect(200).json == created


def test_304_does_not_shift_the_next_answer(port, chat):
    chat.create_message("text")
    path = f"{chat.messages_path}/1"
    with Wire(port) as wire:
        for _ in range(3):
            unchanged = wire.send(request_bytes("GET", path, headers=['If-None-Match: "1"'])).read_answer()
            assert_not_modified(unchanged, '"1"')
            assert wire.send(request_bytes("GET", path)).read_answer().expect(200).json["content"] == "text"


@pytest.mark.parametrize("tags", MATCHING)
def test_edit_and_delete_of_the_expected_version_are_done(chat, tags):
    for _ in range(2):
        chat.create_message("text")
    assert chat.edit(1, "edited", if_match=tags).expect(200).json["version"] == 2
    chat.delete(2, if_match=tags).expect(204)
    assert [message["content"] for message in chat.messages()] == ["edited", None]


@pytest.mark.parametrize("tags", STRONG_MISMATCHES + WEAK)
def test_edit_and_delete_of_another_version_change_nothing(chat, tags):
    created = chat.post_message("text", metadata={"a": 1}).expect(201).json
    for _ in range(2):
        assert_problem(chat.edit(1, "edited", if_match=tags, metadata={}), 412, "version_mismatch")
        assert_problem(chat.delete(1, if_match=tags), 412, "version_mismatch")
    assert chat.messages() == [created]
    assert len(chat.versions(1).expect(200).json) == 1
    assert chat.page(limit=1).headers["Last-Event-ID"].endswith(":1.0")


@pytest.mark.parametrize("tags", MALFORMED)
def test_malformed_condition_is_refused_and_changes_nothing(chat, tags):
    created = chat.post_message("text").expect(201).json
    for answer in (chat.edit(1, "edited", if_match=tags), chat.delete(1, if_match=tags),
                   chat.read(1, if_none_match=tags)):
        assert_problem(answer, 400, "malformed")
    assert chat.messages() == [created]


@pytest.mark.wire
def test_condition_in_two_header_lines_is_one_list(port, chat):
    chat.create_message("text")
    path = f"{chat.messages_path}/1"
    with Wire(port) as wire:
        def ask(method, name, *tags):
            return wire.send(request_bytes(method, path, headers=[f"{name}: {tag}" for tag in tags])).read_answer()

        assert_not_modified(ask("GET", "If-None-Match", '"8"', '"1"'), '"1"')
        assert_problem(ask("DELETE", "If-Match", '"8"', '"9"'), 412, "version_mismatch")
        ask("DELETE", "If-Match", '"8"', '"1"').expect(204)


def test_condition_on_what_does_not_exist_is_not_found(chat):
    for tags in ('"1"', "*", '"0"'):
        assert_problem(chat.edit(1, "x", if_match=tags), 404, "not_found")
        assert_problem(chat.delete(1, if_match=tags), 404, "not_found")
        assert_problem(chat.read(1, if_none_match=tags), 404, "not_found")
    assert chat.contents() == []


def test_edits_one_after_the_other_each_on_the_version_it_read(chat):
    tag = etag(chat.post_message("text").expect(201))
    for turn in range(20):
        answer = chat.edit(1, f"text {turn}", if_match=tag).expect(200)
        assert_problem(chat.edit(1, "late", if_match=tag), 412, "version_mismatch")
        tag = etag(answer)
    assert tag == '"21"' and chat.content(1) == "text 19"


def test_of_32_edits_of_one_version_exactly_one_is_done(port, chat):
    for turn in range(1, 11):
        chat.create_message("draft")
        answers = run_concurrently(
            port, 32, lambda i, client, number=turn: chat.with_client(client).edit(number, f"edit {i}", if_match='"1"'))
        winners = [(i, answer) for i, answer in enumerate(answers) if answer.status == 200]
        (index, winner), = winners
        assert winner.json["content"] == f"edit {index}" and winner.json["version"] == 2
        assert chat.read(turn).json == winner.json
        for answer in answers:
            if answer is not winner:
                assert_problem(answer, 412, "version_mismatch")


def test_counting_with_conditional_edits_loses_no_count(port, chat):
    chat.create_message("0")

    def count_up(_, client):
        mine, done = chat.with_client(client), 0
        while done < 5:
            read = mine.read(1).expect(200)
            done += mine.edit(1, str(int(read.json["content"]) + 1), if_match=etag(read)).status == 200

    run_concurrently(port, 8, count_up)
    assert chat.content(1) == "40"
    assert [entry["content"] for entry in chat.versions(1).json] == [str(i) for i in range(41)]


def test_versions_are_all_contents_oldest_first(chat):
    first = chat.post_message("text 1", sender="me", metadata={"a": 1}).expect(201).json
    assert chat.versions(1).expect(200).json == [{"version": 1, "content": "text 1", "created_at": first["created_at"]}]
    made = [first]
    for version in range(2, 6):
        time.sleep(0.003)
        made.append(chat.edit(1, f"text {version}").expect(200).json)
    assert chat.versions(1).expect(200).json == [
        {"version": message["version"], "content": message["content"], "created_at": message["updated_at"]}
        for message in made]
    chat.create_message("other")
    assert len(chat.versions(2).json) == 1


def test_300_edits_are_301_versions_also_after_a_restart(start):
    server = start()
    contents = [f"text {version} " + "ünï語🎈" * (version % 50) for version in range(1, 302)]
    with Client(server.port) as client:
        chat = client.new_chat()
        chat.create_message(contents[0])
        for content in contents[1:]:
            chat.edit(1, content).expect(200)
        before = chat.versions(1).expect(200).json
        last = chat.read(1).json
    assert [(entry["version"], entry["content"]) for entry in before] == list(enumerate(contents, 1))
    times = [entry["created_at"] for entry in before]
    assert times == sorted(times) and times[-1] == last["updated_at"] and times[0] == last["created_at"]
    for end in (Server.stop, Server.kill):
        end(server)
        server = start()
        with Client(server.port) as client:
            assert Chat(client, chat.path).versions(1).expect(200).json == before
            assert etag(Chat(client, chat.path).read(1)) == '"301"'


def test_versions_of_largest_contents_arrive_whole(chat):
    contents = [f"{version:3} " + "語" * 21844 for version in range(1, 201)]
    chat.create_message(contents[0])
    for content in contents[1:]:
        chat.edit(1, content).expect(200)
    assert [entry["content"] for entry in chat.versions(1).expect(200).json] == contents


def test_versions_while_edited_are_never_torn(port, chat):
    chat.create_message("text 1")

    def run(index, client):
        mine = chat.with_client(client)
        if index == 0:
            for version in range(2, 302):
                mine.edit(1, f"text {version}").expect(200)
        else:
            for _ in range(100):
                known = mine.read(1).json["version"]
                found = mine.versions(1).expect(200).json
                assert [(entry["version"], entry["content"]) for entry in found] == \
                    [(version, f"text {version}") for version in range(1, len(found) + 1)]
                assert len(found) >= known

    run_concurrently(port, 4, run)
    assert len(chat.versions(1).json) == 301


def test_versions_of_nothing_are_not_found(client, app, chat):
    chat.create_message("text")
    for number in ("0", "2", "-1", "x", "01", "4294967297", "99999999999999999999"):
        assert_problem(client.get(f"{chat.messages_path}/{number}/versions"), 404, "not_found")
    assert_problem(client.get(f"{app}/chats/9/messages/1/versions"), 404, "not_found")
    assert_problem(client.get("/apps/" + "A" * 24 + "/chats/1/messages/1/versions"), 404, "not_found")


def test_versions_can_only_be_read(client, chat):
    chat.create_message("text")
    path = f"{chat.messages_path}/1/versions"
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert_problem(client.request(method, path), 405, "method_not_allowed")
    head = client.request("HEAD", path).expect(200)
    assert head.raw == b"" and head.headers.get_content_type() == "application/json"
    assert_object(chat.messages()[0], MESSAGE, version=1, content="text")
