"""The routes of the API: paths, methods, objects, Location, and 404 for all else."""

import re
import time

import pytest
from client import assert_problem
from objects import APP, CHAT, MESSAGE, assert_created, assert_object, parse_time

NO_NUMBERS = ["0", "-1", "01", "+1", "1x", "x", "1.0", "1e0", "%20", "2147483648", "4294967296", "4294967297",
              "18446744073709551616", "18446744073709551617", "99999999999999999999"]


def test_created_app_is_at_its_location(client):
    created = client.post("/apps", {"name": "Rådhuset 🏛"})
    token = created.json["token"]
    assert re.fullmatch(r"[A-Za-z0-9]{24}", token)
    assert_created(created, f"/apps/{token}")
    assert_object(created.json, APP, name="Rådhuset 🏛", chats_count=0)
    assert client.get(f"/apps/{token}").expect(200).json == created.json


def test_created_chats_are_numbered_and_counted(client, app):
    for number in (1, 2, 3):
        created = client.post(f"{app}/chats")
        assert_created(created, f"{app}/chats/{number}")
        assert_object(created.json, CHAT, number=number, messages_count=0)
        assert client.get(f"{app}/chats/{number}").expect(200).json == created.json
        assert client.get(app).json["chats_count"] == number
    listed = client.get(f"{app}/chats").expect(200).json
    assert [chat["number"] for chat in listed] == [1, 2, 3]
    assert_object(listed[0], CHAT)


def test_created_messages_are_numbered_and_counted(chat):
    for number in (1, 2, 3):
        created = chat.post_message(f"message {number}", sender="Ayşe", metadata={"mood": "☀", "tags": [1, None, True, 0.5]})
        assert_created(created, f"{chat.messages_path}/{number}")
        assert_object(created.json, MESSAGE, number=number, content=f"message {number}", sender="Ayşe", version=1,
                      metadata={"mood": "☀", "tags": [1, None, True, 0.5]})
        assert chat.read(number).expect(200).json == created.json
        assert chat.count() == number
    assert chat.messages() == [chat.read(number).json for number in (1, 2, 3)]


def test_message_without_sender_and_metadata_has_them_null(chat):
    assert_object(chat.post_message("alone").expect(201).json, MESSAGE, sender=None, metadata=None)


def test_apps_are_listed_in_order_of_creation(client):
    created = [client.post("/apps", {"name": f"app {i}"}).expect(201).json for i in range(5)]
    ours = {app["token"] for app in created}
    assert [app for app in client.get("/apps").expect(200).json if app["token"] in ours] == created


def test_empty_lists_are_empty_arrays(client, chat):
    assert client.get(f"{client.new_app()}/chats").expect(200).json == []
    assert chat.messages() == []
    assert chat.find("anything") == []


def test_times_are_now_in_utc(client):
    before = time.time()
    created = client.post("/apps", {"name": "clock"}).expect(201).json
    assert before - 0.001 <= parse_time(created["created_at"]) <= time.time()
    assert created["created_at"] == created["updated_at"]


def test_renamed_app_keeps_everything_but_its_name(client, app):
    client.new_chat(app)
    before = client.get(app).json
    time.sleep(0.005)  # times have milliseconds
    after = client.put(app, {"name": "new name"}).expect(200).json
    assert after["updated_at"] > before["updated_at"]
    assert after == {**before, "name": "new name", "updated_at": after["updated_at"]}
    assert client.get(app).json == after


def test_edited_message_keeps_everything_but_its_content(chat):
    before = chat.post_message("draft", sender="me", metadata={"a": 1}).expect(201).json
    for version in (2, 3):
        time.sleep(0.005)
        after = chat.edit(1, f"text {version}").expect(200).json
        assert after["updated_at"] > before["updated_at"]
        assert after == {**before, "content": f"text {version}", "version": version, "updated_at": after["updated_at"]}
        assert chat.read(1).json == after
        before = after
    assert chat.messages() == [before]


def test_edit_with_metadata_replaces_it(chat):
    chat.create_message("text", metadata={"a": 1})
    assert chat.edit(1, "text", metadata={"b": 2}).expect(200).json["metadata"] == {"b": 2}
    assert chat.read(1).json["metadata"] == {"b": 2}


def test_sent_tokens_numbers_and_counts_have_no_effect(client, app, chat):
    created = client.post("/apps", {"name": "n", "token": "x" * 24, "chats_count": 7}).expect(201).json
    assert created["token"] != "x" * 24 and created["chats_count"] == 0
    assert client.post(f"{app}/chats", {"number": 9, "messages_count": 9}).expect(201).json["number"] == 2
    message = chat.post_message("text", number=9, version=9, created_at="2001-01-01T00:00:00.000Z").expect(201).json
    assert (message["number"], message["version"]) == (1, 1)
    assert message["created_at"] > "2020"


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_path_number_that_is_none_is_not_found(client, app, chat, number):
    chat.create_message("one")
    for path in (f"{app}/chats/{number}", f"{app}/chats/{number}/messages", f"{app}/chats/{number}/messages/1",
                 f"{chat.messages_path}/{number}"):
        assert_problem(client.get(path), 404, "not_found")
    assert_problem(client.post(f"{app}/chats/{number}/messages", {"content": "x"}), 404, "not_found")
    assert_problem(client.put(f"{chat.messages_path}/{number}", {"content": "x"}), 404, "not_found")
    assert_problem(client.delete(f"{chat.messages_path}/{number}"), 404, "not_found")
    assert chat.contents() == ["one"]


def test_nothing_is_found_under_what_does_not_exist(client, app, chat):
    nobody = "/apps/" + "A" * 24
    for path in (nobody, nobody + "/chats", nobody + "/chats/1", f"{app}/chats/2", f"{app}/chats/2/messages",
                 f"{chat.messages_path}/1", "/apps/short", "/apps/" + "A" * 500, "/nowhere", "/apps//chats",
                 f"{app}/chats/1/messages/1/more", f"{app}/%2e%2e"):
        assert_problem(client.get(path), 404, "not_found")
    for path in (nobody + "/chats", nobody + "/chats/1/messages", f"{app}/chats/2/messages"):
        assert_problem(client.post(path, {"content": "x"}), 404, "not_found")
    for path in (nobody + "/chats/1/messages/search", f"{app}/chats/2/messages/search"):
        assert_problem(client.post(path, {"query": "x"}), 404, "not_found")
    for path in (nobody, f"{chat.messages_path}/1"):
        assert_problem(client.put(path, {"name": "x", "content": "x"}), 404, "not_found")


def test_token_in_another_case_is_not_found(client, app):
    swapped = "/apps/" + app.removeprefix("/apps/").swapcase()
    for path in (swapped, swapped + "/chats"):
        assert_problem(client.get(path), 404, "not_found")
    assert_problem(client.put(swapped, {"name": "x"}), 404, "not_found")
    assert_problem(client.post(swapped + "/chats"), 404, "not_found")
    client.get(app).expect(200)


def test_trailing_slash_leads_to_the_same_thing(client, app, chat):
    chat.create_message("one")
    for path in ("/apps", app, f"{app}/chats", chat.path, chat.messages_path, f"{chat.messages_path}/1"):
        assert client.get(path + "/").expect(200).json == client.get(path).json
    assert client.post(chat.messages_path + "/", {"content": "two"}).expect(201).json["number"] == 2
    assert client.post(chat.messages_path + "/search/", {"query": "two"}).expect(200).json[0]["number"] == 2


def test_head_is_get_without_the_body(client, app, chat):
    chat.create_message("one")
    for path in ("/apps", app, f"{app}/chats", chat.path, chat.messages_path, f"{chat.messages_path}/1",
                 f"{app}/chats/9"):
        head, get = client.request("HEAD", path), client.get(path)
        assert (head.status, head.raw) == (get.status, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        if "Content-Length" in head.headers:
            assert int(head.headers["Content-Length"]) == len(get.raw)


def allowed(answer):
    return {method.strip() for method in answer.headers["Allow"].split(",")}


def test_options_lists_the_allowed_methods(client, chat, app):
    for path, methods in (("/apps", {"GET", "POST"}), (app, {"GET", "PUT"}), (f"{app}/chats", {"GET", "POST"}),
                          (chat.path, {"GET"}), (chat.messages_path, {"GET", "POST"}),
                          (f"{chat.messages_path}/1", {"GET", "PUT", "DELETE"}),
                          (f"{chat.messages_path}/1/versions", {"GET"}), (f"{chat.messages_path}/search", {"POST"})):
        answer = client.request("OPTIONS", path).expect(204)
        assert methods | {"OPTIONS"} <= allowed(answer), (path, answer)
        assert ("HEAD" in allowed(answer)) == ("GET" in methods), (path, answer)
        assert answer.raw == b""


@pytest.mark.wire
def test_options_of_the_whole_server_lists_every_method(client):
    answer = client.request("OPTIONS", "*").expect(204)
    assert allowed(answer) == {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}
    assert_problem(client.request("GET", "*"), 404, "not_found")


def test_method_that_is_not_allowed_is_405_with_allow(client, chat, app):
    for method, path in (("DELETE", "/apps"), ("PUT", "/apps"), ("POST", app), ("PATCH", app), ("PUT", f"{app}/chats"),
                         ("PUT", chat.path), ("POST", chat.path), ("PUT", chat.messages_path),
                         ("POST", f"{chat.messages_path}/1"), ("GET", f"{chat.messages_path}/search"),
                         ("DELETE", app), ("DELETE", f"{app}/chats"), ("DELETE", chat.path),
                         ("DELETE", chat.messages_path), ("DELETE", f"{chat.messages_path}/search")):
        answer = client.request(method, path)
        assert_problem(answer, 405, "method_not_allowed")
        assert allowed(answer) and method not in allowed(answer), answer


def test_every_answer_says_how_long_it_took(client, app, chat):
    for answer in (client.get("/apps"), chat.post_message("text"), chat.read(1), chat.read(2), chat.search("text"), chat.delete(1),
                   client.request("HEAD", app), client.request("OPTIONS", app), client.request("PATCH", app)):
        assert re.fullmatch(r"total;dur=\d+\.\d{3}", answer.headers["Server-Timing"]), answer


def test_request_id_is_echoed_or_made(client):
    assert client.get("/apps", {"Request-Id": "trace-42.a_b"}).headers["Request-Id"] == "trace-42.a_b"
    assert_problem(client.get("/nowhere", {"Request-Id": "trace-43"}), 404, "not_found")
    made = [client.get("/apps").headers["Request-Id"] for _ in range(3)]
    assert all(made) and len(set(made)) == 3
    for insane in ("x" * 2000, "two words<script>", "caf\xe9", ""):
        echoed = client.get("/apps", {"Request-Id": insane}).headers["Request-Id"]
        assert echoed and echoed != insane
