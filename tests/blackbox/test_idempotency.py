"""A retry never duplicates: the key is committed together with the object that it created."""

from urllib.parse import urlencode

import pytest
from client import Chat, Client, assert_problem
from keys import set_fingerprint
from load import run_concurrently
from objects import assert_created


def keyed(key):
    return {"Idempotency-Key": key}


def assert_replay(answer, first):
    """Asserts the first answer's status and Location, marked as a replay."""
    assert_created(answer, first.headers["Location"])
    assert answer.headers["Idempotent-Replayed"] == "true"


def test_repeated_creation_of_each_kind_is_created_once(client, app, chat):
    for path, parameters in (("/apps", {"name": "once only"}), (f"{app}/chats", None),
                             (chat.messages_path, {"content": "once", "metadata": {"a": [1]}})):
        before = len(client.get(path).json)
        first = client.post(path, parameters, keyed('"one key for all"')).expect(201)
        assert "Idempotent-Replayed" not in first.headers
        for _ in range(3):
            again = client.post(path, parameters, keyed('"one key for all"'))
            assert_replay(again, first)
            assert again.json == first.json
        assert len(client.get(path).json) == before + 1
    assert client.get(app).json["chats_count"] == 2 and chat.count() == 1


def test_same_key_for_another_payload_is_refused(client, app, chat):
    chat.post_message("first", key="k", sender="me").expect(201)
    for answer in (chat.post_message("second", key="k", sender="me"), chat.post_message("first", key="k"),
                   chat.post_message("first", key="k", sender="me", metadata={"a": 1})):
        assert_problem(answer, 422, "key_reused")
    client.post("/apps", {"name": "first"}, keyed("names" + app[-24:])).expect(201)
    assert_problem(client.post("/apps", {"name": "second"}, keyed("names" + app[-24:])), 422, "key_reused")
    assert chat.contents() == ["first"]
    assert chat.post_message("first", key="k", sender="me").expect(201).json["number"] == 1


def test_quoted_and_bare_key_are_the_same_and_case_counts(chat):
    first = chat.post_message("text", key="abc-1").expect(201)
    assert_replay(chat.post_message("text", key='"abc-1"'), first)
    assert chat.post_message("text", key="ABC-1").expect(201).json["number"] == 2
    assert chat.count() == 2


def test_same_parameters_in_another_form_are_the_same_payload(client, chat):
    first = client.post(chat.messages_path, {"content": "a b", "sender": "me"}, keyed("k")).expect(201)
    assert_replay(client.post(chat.messages_path, {"sender": "me", "content": "a b"}, keyed("k")), first)
    assert_replay(client.post(chat.messages_path + "/", {"sender": "me", "content": "a b"}, keyed("k")), first)
    form = urlencode({"content": "a b", "sender": "me"})
    headers = {**keyed("k"), "Content-Type": "application/x-www-form-urlencoded"}
    assert_replay(client.request("POST", chat.messages_path, form, headers), first)
    assert_replay(client.post(f"{chat.messages_path}?{form}", headers=keyed("k")), first)
    assert chat.count() == 1


def post_raw(client, chat, metadata, key):
    """Sends the metadata byte for byte."""
    body = f'{{"content": "text", "metadata": {metadata}}}'.encode()
    return client.request("POST", chat.messages_path, body, {"Content-Type": "application/json", **keyed(key)})


SENT = '{"b":{"d":1.0,"c":[{"f":"é","e":null}]},"a":1,"a":2}'
ALIKE = ['{"a":1,"a":2,"b":{"c":[{"e":null,"f":"é"}],"d":1.0}}',
         ' { "a" : 1, "b": {"d": 1.0, "c": [ {"f": "\\u00e9", "e": null} ] }, "\\u0061": 2 } ']
UNLIKE = ['{"b":{"d":1.0,"c":[{"f":"é","e":null}]},"a":2,"a":1}', '{"b":{"d":1,"c":[{"f":"é","e":null}]},"a":1,"a":2}',
          '{"b":{"d":1.0,"c":[{"f":"é"}]},"a":1,"a":2}', '{"b":{"d":1.0,"c":[{"f":"é","e":null}]},"a":2}', "{}"]


def test_same_metadata_in_another_order_is_the_same_payload(client, chat):
    first = post_raw(client, chat, SENT, "k").expect(201)
    for metadata in ALIKE:
        again = post_raw(client, chat, metadata, "k")
        assert_replay(again, first)
        assert again.raw == first.raw
    for metadata in UNLIKE:
        assert_problem(post_raw(client, chat, metadata, "k"), 422, "key_reused")
    form = urlencode({"content": "text", "metadata": ALIKE[0]})
    headers = {**keyed("k"), "Content-Type": "application/x-www-form-urlencoded"}
    assert_replay(client.request("POST", chat.messages_path, form, headers), first)
    assert chat.count() == 1


def test_key_of_an_older_version_is_recognised_for_its_life(start):
    """Version 0.1.0 stored a digest of the metadata's bytes as the client sent them."""
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        first = post_raw(client, chat, SENT, "k").expect(201)
    server.stop()
    set_fingerprint(server.data, "message", "text", "0", "", "1", SENT)
    with Client(start().port) as client:
        assert_replay(post_raw(client, chat, SENT, "k"), first)
        assert_problem(post_raw(client, chat, UNLIKE[0], "k"), 422, "key_reused")
        assert chat.with_client(client).count() == 1


def test_same_key_in_two_collections_creates_in_both(client):
    apps = [client.new_app() for _ in range(2)]
    for app in apps:
        assert client.post(app + "/chats", headers=keyed("k")).expect(201).json["number"] == 1
        client.post(app + "/chats").expect(201)
    chats = [Chat(client, f"{app}/chats/{number}") for app in apps for number in (1, 2)]
    for position, chat in enumerate(chats):
        assert chat.post_message(f"text {position}", key="k").expect(201).json["number"] == 1
    assert [chat.contents() for chat in chats] == [[f"text {position}"] for position in range(4)]


def test_replay_shows_the_object_as_it_is_now(client, chat):
    first = chat.post_message("old", key="k").expect(201)
    edited = chat.edit(1, "new").expect(200).json
    again = chat.post_message("old", key="k")
    assert_replay(again, first)
    assert again.json == edited == chat.read(1).json

    app = client.post("/apps", {"name": "before"}, keyed(chat.path)).expect(201)
    renamed = client.put("/apps/" + app.json["token"], {"name": "after"}).expect(200).json
    again = client.post("/apps", {"name": "before"}, keyed(chat.path))
    assert_replay(again, app)
    assert again.json == renamed


def test_refused_request_does_not_use_up_its_key(client, app, chat):
    assert_problem(chat.post_message("", key="k"), 422, "invalid_parameters")
    assert_problem(client.post(f"{app}/chats/2/messages", {"content": "x"}, keyed("k")), 404, "not_found")
    assert chat.post_message("valid", key="k").expect(201).json["number"] == 1
    client.post(f"{app}/chats").expect(201)
    created = client.post(f"{app}/chats/2/messages", {"content": "x"}, keyed("k")).expect(201)
    assert "Idempotent-Replayed" not in created.headers


@pytest.mark.parametrize("key", ["x" * 255, '"' + "y" * 255 + '"', "1", "a/b?c=d;e,f", '"two words"'])
def test_keys_of_any_allowed_shape_work(chat, key):
    first = chat.post_message("text", key=key).expect(201)
    assert_replay(chat.post_message("text", key=key), first)
    assert chat.count() == 1


@pytest.mark.parametrize("key", ["", '""', "x" * 256, '"' + "x" * 256 + '"'])
def test_keys_of_no_allowed_shape_are_refused(chat, key):
    answer = chat.post_message("text", key=key)
    assert answer.status in (400, 422), answer
    assert answer.headers.get_content_type() == "application/problem+json"
    assert chat.contents() == []


def test_long_keys_that_differ_at_their_end_are_two(chat):
    for end in "ab":
        chat.post_message("text", key="x" * 254 + end).expect(201)
    assert chat.count() == 2


def test_key_on_requests_that_create_nothing_is_ignored(client, app, chat):
    chat.create_message("text")
    for content in ("one", "two"):
        client.put(f"{chat.messages_path}/1", {"content": content}, keyed("k")).expect(200)
        assert client.post(f"{chat.messages_path}/search", {"query": content}, keyed("k")).expect(200).json != []
    client.get(app, keyed("k")).expect(200)
    assert chat.contents() == ["two"]


@pytest.mark.parametrize("kind", ["app", "chat", "message"])
def test_32_retries_at_once_create_one(port, client, app, chat, kind):
    path, parameters = {"app": ("/apps", {"name": app}), "chat": (app + "/chats", None),
                        "message": (chat.messages_path, {"content": "once"})}[kind]
    for turn in range(5):
        before = len(client.get(path).json)
        key = keyed(f"{app} {turn}")
        answers = run_concurrently(port, 32, lambda _, client, key=key: client.post(path, parameters, key).expect(201))
        assert len({answer.headers["Location"] for answer in answers}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
        assert len(client.get(path).json) == before + 1


def test_one_key_with_two_payloads_at_once_creates_one(port, chat):
    for turn in range(1, 11):
        def post_message(index, client, turn=turn):
            return chat.with_client(client).post_message(f"payload {index % 2} turn {turn}", key=f"race {turn}")

        answers = run_concurrently(port, 16, post_message)
        winner = chat.content(turn)
        for index, answer in enumerate(answers):
            if winner == f"payload {index % 2} turn {turn}":
                assert answer.expect(201).json["number"] == turn
            else:
                assert_problem(answer, 422, "key_reused")
        assert chat.count() == turn


def test_restart_in_between_remembers_every_key(start):
    server = start()
    with Client(server.port) as client:
        app = client.post("/apps", {"name": "kept"}, keyed("k")).expect(201)
        path = "/apps/" + app.json["token"]
        created = client.post(path + "/chats", headers=keyed("k")).expect(201)
        chat = Chat(client, path + "/chats/1")
        messages = [chat.post_message(f"text {i}", key=f"k{i}").expect(201) for i in range(20)]
    server.stop()
    with Client(start().port) as client:
        assert_replay(client.post("/apps", {"name": "kept"}, keyed("k")), app)
        assert_replay(client.post(path + "/chats", headers=keyed("k")), created)
        for i, message in enumerate(messages):
            again = chat.with_client(client).post_message(f"text {i}", key=f"k{i}")
            assert_replay(again, message)
            assert again.json == message.json
        assert_problem(chat.with_client(client).post_message("other", key="k0"), 422, "key_reused")
        assert chat.with_client(client).contents() == [f"text {i}" for i in range(20)]
        assert [app["name"] for app in client.get("/apps").json] == ["kept"]


def test_request_whose_digest_fails_is_refused_and_can_be_sent_again(start, tmp_path, fault_library):
    fault = tmp_path / "failing"
    server = start(environment={"LD_PRELOAD": str(fault_library("failing_digest")), "FAULT_DIGEST": str(fault)})
    with Client(server.port) as client:
        chat = client.new_chat()
        fault.touch()
        assert_problem(chat.post_message("once", key="k"), 500, "internal")
        fault.unlink()
        assert chat.contents() == []
        chat.post_message("once", key="k").expect(201)
        assert chat.contents() == ["once"]
    server.stop()
