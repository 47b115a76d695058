"""Parameters from JSON, forms and the query string, and the answers to invalid ones."""

from urllib.parse import quote, urlencode

import pytest
from client import FORM, JSON, assert_problem

TEXT = "a+b & c=d % ünï 🎈\r\nsecond line"


def form_request(client, path, body, content_type="application/x-www-form-urlencoded"):
    return client.request("POST", path, body, {"Content-Type": content_type})


def multipart(fields, boundary="--xYz", preamble=b""):
    parts = [b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary.encode(), name, value)
             for name, value in fields]
    return preamble + b"".join(parts) + b"--" + boundary.encode() + b"--\r\n"


def test_json_in_any_spelling_of_its_type(client, chat):
    spellings = ("application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8")
    for i, spelling in enumerate(spellings):
        client.request("POST", chat.messages_path, b' {"content" : "text"}\n', {"Content-Type": spelling}).expect(201)
        assert chat.content(i + 1) == "text"


def test_json_escapes_are_the_characters_they_stand_for(client, chat):
    body = rb'{"content":"\ud83d\ude00\u00e9\n\t\"\\\/\u2028"}'
    client.request("POST", chat.messages_path, body, JSON).expect(201)
    assert chat.content(1) == '😀é\n\t"\\/\u2028'


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded",
                                          "application/x-www-form-urlencoded; charset=utf-8",
                                          "Application/X-WWW-Form-Urlencoded;charset=UTF-8"])
def test_urlencoded_form(client, chat, content_type):
    body = urlencode({"ignored": "1", "content": TEXT, "sender": "me"})
    created = form_request(client, chat.messages_path, body, content_type).expect(201).json
    assert (created["content"], created["sender"]) == (TEXT, "me")


def test_urlencoded_plus_and_percent(client, chat):
    form_request(client, chat.messages_path, "content=a+b%2Bc%20d%25&x&=&").expect(201)
    assert chat.content(1) == "a b+c d%"


def test_multipart_text(client, chat):
    body = multipart([(b"other", b"1"), (b"content", TEXT.encode()), (b"sender", b"me")], preamble=b"preamble\r\n")
    created = form_request(client, chat.messages_path, body, 'multipart/form-data; boundary="--xYz"').expect(201).json
    assert (created["content"], created["sender"]) == (TEXT, "me")


def test_multipart_content_that_looks_like_its_boundary(client, chat):
    content = "--not\r\n----xY\r\n--\r\n\r\nrest\r\n"
    body = multipart([(b"content", content.encode())])
    form_request(client, chat.messages_path, body, "multipart/form-data; boundary=--xYz").expect(201)
    assert chat.content(1) == content


def test_query_string(client, app, chat):
    assert client.post(f"/apps?name={quote(TEXT)}").expect(201).json["name"] == TEXT
    assert client.put(f"{app}?name=new+name").expect(200).json["name"] == "new name"
    assert client.post(f"{chat.messages_path}?content={quote(TEXT)}&sender=me").expect(201).json["content"] == TEXT
    assert client.put(f"{chat.messages_path}/1?content=edited").expect(200).json["content"] == "edited"
    assert client.post(f"{chat.messages_path}/search?query=EDIT").expect(200).json[0]["number"] == 1


def test_every_route_takes_a_form(client):
    app = "/apps/" + form_request(client, "/apps", "name=form").expect(201).json["token"]
    form_request(client, f"{app}/chats", "").expect(201)
    messages = f"{app}/chats/1/messages"
    form_request(client, messages, "content=text").expect(201)
    client.request("PUT", f"{messages}/1", "content=edited", FORM).expect(200)
    client.request("PUT", app, "name=renamed", FORM).expect(200)
    assert form_request(client, f"{messages}/search", "query=edited").expect(200).json[0]["number"] == 1


def test_search_is_another_name_for_query(client, chat):
    chat.create_message("needle")
    path = chat.messages_path + "/search"
    assert len(client.post(path, {"search": "needle"}).expect(200).json) == 1
    assert len(form_request(client, path, "search=needle").expect(200).json) == 1
    assert len(client.post(path + "?search=needle").expect(200).json) == 1


def test_body_wins_over_query_string(client, chat):
    client.post(f"{chat.messages_path}?content=query", {"content": "body"}).expect(201)
    form_request(client, f"{chat.messages_path}?content=query", "content=form").expect(201)
    client.post(f"{chat.messages_path}?content=query", {"other": 1}).expect(201)
    assert chat.contents() == ["body", "form", "query"]


def test_wrong_type_in_body_is_not_rescued_by_query_string(client, chat):
    answer = client.post(f"{chat.messages_path}?content=query", {"content": 5})
    assert_problem(answer, 422, "invalid_parameters", "content", "wrong_type")
    assert chat.contents() == []


def test_unknown_and_repeated_members_are_ignored(client, chat):
    body = b'{"deep":{"er":[1,{"x":null}]},"n":-1.5e3,"content":"text","limit":0}'
    client.request("POST", chat.messages_path, body, JSON).expect(201)
    client.request("POST", chat.messages_path, b'{"content":"a","content":"b"}', JSON).expect(201)
    form_request(client, chat.messages_path + "?zzz=1", "content=a&content=b&y=2").expect(201)
    assert chat.contents()[0] == "text" and set(chat.contents()[1:]) <= {"a", "b"}


@pytest.mark.parametrize("value", [5, 0, True, [], ["text"], {}, {"text": 1}])
def test_wrong_types_are_refused(client, app, chat, value):
    assert_problem(client.post("/apps", {"name": value}), 422, "invalid_parameters", "name", "wrong_type")
    assert_problem(client.put(app, {"name": value}), 422, "invalid_parameters", "name", "wrong_type")
    assert_problem(chat.post_message(value), 422, "invalid_parameters", "content", "wrong_type")
    assert_problem(chat.post_message("x", sender=value), 422, "invalid_parameters", "sender", "wrong_type")
    assert_problem(chat.search(value), 422, "invalid_parameters", "query", "wrong_type")
    assert chat.contents() == []


@pytest.mark.parametrize("value", [5, True, [], [1], "text"])
def test_metadata_that_is_no_object_is_refused(chat, value):
    assert_problem(chat.post_message("x", metadata=value), 422, "invalid_parameters", "metadata", "wrong_type")
    assert chat.contents() == []


def test_missing_parameters_are_required(client, app, chat):
    chat.create_message("one")
    for answer, field in ((client.post("/apps", {}), "name"), (client.post("/apps"), "name"),
                          (client.put(app, {"nam": "x"}), "name"), (client.post(chat.messages_path, {}), "content"),
                          (client.put(f"{chat.messages_path}/1", {"metadata": {}}), "content"),
                          (client.post(f"{chat.messages_path}/search", {}), "query"),
                          (form_request(client, "/apps", "nome=x"), "name")):
        assert_problem(answer, 422, "invalid_parameters", field, "required")
    assert chat.contents() == ["one"]


def test_json_sent_as_a_form_is_refused_with_a_hint(client, app, chat):
    """As `curl -d '{"content":"x"}'` sends it."""
    for path, field in (("/apps", "name"), (chat.messages_path, "content"), (f"{chat.messages_path}/search", "query")):
        for text in ("x", "a=b&c", "100 %"):
            answer = form_request(client, path, f'{{"{field}": "{text}"}}')
            if "%" in text:
                assert_problem(answer, 400, "malformed")
            else:
                assert_problem(answer, 422, "invalid_parameters", field, "required")
            assert "Content-Type: application/json" in answer.json["detail"], answer
        answer = form_request(client, path, "other=x")
        assert_problem(answer, 422, "invalid_parameters", field, "required")
        assert "Content-Type" not in answer.json["detail"], answer
    assert chat.contents() == []


def test_json_with_a_byte_order_mark_is_accepted(client, chat):
    mark = "\ufeff"
    client.request("POST", chat.messages_path, f'{mark}{{"content":"{mark}x"}}'.encode(), JSON).expect(201)
    form = urlencode({"content": "y", "metadata": f'{mark}{{"a": 1}}'})
    assert form_request(client, chat.messages_path, form).expect(201).json["metadata"] == {"a": 1}
    assert chat.contents() == [f"{mark}x", "y"]


MALFORMED = [b"{", b"{} x", b"{}{}", b'{"content":"x",}', b"{'content':'x'}", b'{"content":"x"', b'{"content":NaN}',
             b'{content:"x"}', b'{"content":"a\nb"}', b'/**/{"content":"x"}', b'{"content":"\\x41"}', b'{"content":01}',
             b"content=x", b"[]", b"null", b"5", b'"content"', b'[{"content":"x"}]']


@pytest.mark.parametrize("body", MALFORMED)
def test_body_that_is_no_json_object_is_malformed(client, app, chat, body):
    for path in (chat.messages_path, chat.messages_path + "?content=rescue", "/apps?name=rescue", f"{app}/chats",
                 chat.messages_path + "/search?query=rescue"):
        assert_problem(client.request("POST", path, body, JSON), 400, "malformed")
    assert chat.contents() == []
    assert client.get(app).json["chats_count"] == 1


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=other",
                                          "multipart/form-data; boundary="])
def test_multipart_without_its_boundary_is_malformed(client, chat, content_type):
    body = multipart([(b"content", b"x")])
    assert_problem(form_request(client, chat.messages_path, body, content_type), 400, "malformed")
    assert chat.contents() == []


def test_multipart_cut_off_is_malformed(client, chat):
    body = multipart([(b"content", b"x")])[:-12]
    answer = form_request(client, chat.messages_path, body, "multipart/form-data; boundary=--xYz")
    assert_problem(answer, 400, "malformed")
    assert chat.contents() == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/jsonp", "nonsense",
                                          "image/png"])
def test_other_media_types_are_unsupported(client, chat, content_type):
    answer = form_request(client, chat.messages_path, b'{"content":"x"}', content_type)
    assert_problem(answer, 415, "unsupported_media_type")
    assert chat.contents() == []


def test_chat_is_created_from_nothing(client, app):
    client.post(f"{app}/chats").expect(201)
    client.request("POST", f"{app}/chats", b"", {"Content-Length": "0"}).expect(201)
    client.post(f"{app}/chats", {}).expect(201)
    assert [chat["number"] for chat in client.get(f"{app}/chats").json] == [1, 2, 3]
