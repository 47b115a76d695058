"""Every size at its limit and one beyond it, and invalid UTF-8."""

import json

import pytest
from client import FORM, JSON, assert_problem
from fold import fold
from wire import Wire, post_json, request_bytes

WHITE_SPACE = ["\t", "\n", "\v", "\f", "\r", " ", "\x85", "\xa0", "\u1680", "\u2000", "\u2005", "\u200a", "\u2028",
               "\u2029", "\u202f", "\u205f", "\u3000"]
NOT_WHITE_SPACE = ["\u200b", "\u2060", "\ufeff", "\u180e", "\x1c", "\x1f", "\u0301", "\u2800", "\x7f"]
BODY_BYTES_MAX = 512 * 1024
INVALID_UTF8 = [b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"a\x80"]


@pytest.mark.parametrize("character", ["a", "é", "語", "😀"])
def test_name_of_255_characters_and_one_more(client, app, character):
    assert client.post("/apps", {"name": character * 255}).expect(201).json["name"] == character * 255
    assert client.put(app, {"name": character * 255}).expect(200).json["name"] == character * 255
    for answer in (client.post("/apps", {"name": character * 256}), client.put(app, {"name": character * 256})):
        assert_problem(answer, 422, "invalid_parameters", "name", "too_long")
    assert client.get(app).json["name"] == character * 255


@pytest.mark.parametrize("character", ["a", "é", "語", "😀"])
def test_sender_of_128_characters_and_one_more(chat, character):
    assert chat.post_message("x", sender=character * 128).expect(201).json["sender"] == character * 128
    assert_problem(chat.post_message("x", sender=character * 129), 422, "invalid_parameters", "sender", "too_long")
    assert chat.count() == 1


@pytest.mark.parametrize("character", ["a", "é", "語", "😀"])
def test_query_of_256_characters_and_one_more(chat, character):
    chat.create_message(character * 300)
    assert chat.find(character * 256) == [1]
    assert_problem(chat.search(character * 257), 422, "invalid_parameters", "query", "too_long")


@pytest.mark.parametrize("character", ["a", "é", "語", "😀"])
def test_content_of_64_kib_and_one_byte_more(chat, character):
    room = 65536 - 1
    content = character * (room // len(character.encode()))
    content += "." * (65536 - len(content.encode()))
    assert chat.post_message(content).expect(201).json["content"] == content
    assert_problem(chat.post_message(content + "."), 422, "invalid_parameters", "content", "too_long")
    assert_problem(chat.edit(1, content + "."), 422, "invalid_parameters", "content", "too_long")
    assert chat.contents() == [content]
    assert chat.edit(1, content).expect(200).json["content"] == content


def test_content_of_one_byte(chat):
    assert chat.create_message("x") == 1
    assert chat.content(1) == "x"


def test_metadata_of_4_kib_and_one_byte_more(chat):
    at_limit = {"k": "v" * (4096 - len('{"k":""}'))}
    assert chat.post_message("x", metadata=at_limit).expect(201).json["metadata"] == at_limit
    beyond = {"k": at_limit["k"] + "v"}
    assert_problem(chat.post_message("x", metadata=beyond), 422, "invalid_parameters", "metadata", "too_long")
    assert chat.count() == 1


def test_metadata_comes_back_as_it_was_sent(chat):
    metadata = {"": "", "ü": ["😀", -1, 0.25, 1e300, 2**53, -(2**63), 2**63 - 1, True, False, None], "o": {"o": {}}}
    assert chat.post_message("x", metadata=metadata).expect(201).json["metadata"] == metadata
    assert chat.read(1).json["metadata"] == metadata


@pytest.mark.parametrize("blank", ["", *WHITE_SPACE, "".join(WHITE_SPACE)], ids=ascii)
def test_blank_is_refused(client, app, chat, blank):
    chat.create_message("kept")
    for answer, field in ((client.post("/apps", {"name": blank}), "name"), (client.put(app, {"name": blank}), "name"),
                          (chat.post_message(blank), "content"), (chat.edit(1, blank), "content"),
                          (chat.search(blank), "query")):
        assert_problem(answer, 422, "invalid_parameters", field, "blank")
    assert chat.contents() == ["kept"]


@pytest.mark.parametrize("blank", ["", " ", "".join(WHITE_SPACE)], ids=ascii)
def test_sender_may_be_blank(chat, blank):
    assert chat.post_message("x", sender=blank).expect(201).json["sender"] == blank
    assert chat.read(1).json["sender"] == blank


@pytest.mark.parametrize("text", NOT_WHITE_SPACE, ids=ascii)
def test_only_white_space_is_blank(client, chat, text):
    assert client.post("/apps", {"name": text}).expect(201).json["name"] == text
    assert chat.content(chat.create_message(text)) == text
    if fold(text) == "":
        assert_problem(chat.search(text), 422, "invalid_parameters", "query", "blank")
    else:
        assert chat.find(text) == [1]


def test_null_is_no_text(client, app, chat):
    for answer, field in ((client.post("/apps", {"name": None}), "name"), (chat.post_message(None), "content"),
                          (client.put(app, {"name": None}), "name"), (chat.search(None), "query")):
        answer.expect(422)
        assert answer.json["errors"][0]["field"] == field
        assert answer.json["errors"][0]["code"] in ("required", "wrong_type")
    assert chat.contents() == []


def test_nul_character_is_refused(client, chat):
    for answer, field in ((client.post("/apps", {"name": "a\0b"}), "name"), (chat.post_message("a\0b"), "content"),
                          (chat.post_message("\0"), "content"), (chat.post_message("x", sender="a\0"), "sender"),
                          (chat.search("a\0b"), "query"),
                          (client.post(chat.messages_path + "?content=a%00b"), "content")):
        assert_problem(answer, 422, "invalid_parameters", field, "invalid")
    form = client.request("POST", chat.messages_path, "content=a%00", FORM)
    assert_problem(form, 422, "invalid_parameters", "content", "invalid")
    assert chat.contents() == []


@pytest.mark.parametrize("bad", INVALID_UTF8, ids=repr)
def test_invalid_utf8_is_malformed(client, chat, bad):
    escaped = "".join(f"%{byte:02x}" for byte in bad)
    multipart = b'--B\r\nContent-Disposition: form-data; name="content"\r\n\r\n' + bad + b"\r\n--B--\r\n"
    for body, content_type in ((b'{"content":"a' + bad + b'"}', "application/json"),
                               (f"content=a{escaped}".encode(), "application/x-www-form-urlencoded"),
                               (multipart, "multipart/form-data; boundary=B")):
        answer = client.request("POST", chat.messages_path, body, {"Content-Type": content_type})
        assert_problem(answer, 400, "malformed")
    assert_problem(client.post(f"{chat.messages_path}?content=a{escaped}"), 400, "malformed")
    assert_problem(client.post(f'{chat.messages_path}?content=a&metadata={{"a":"{escaped}"}}'), 400, "malformed")
    assert_problem(client.post(f"{chat.messages_path}/search?query={escaped}"), 400, "malformed")
    assert chat.contents() == []


@pytest.mark.parametrize("escape", [rb"\ud800", rb"\udc00", rb"\ude00\ud83d", rb"\ud83dx", rb"\ud83d\u0041",
                                    rb"\ud83d\ud83d"])
def test_lone_surrogate_is_malformed(client, chat, escape):
    for body in (b'{"content":"a' + escape + b'"}', b'{"content":"x","metadata":{"k":"' + escape + b'"}}'):
        assert_problem(client.request("POST", chat.messages_path, body, JSON), 400, "malformed")
    assert chat.contents() == []


def nested(depth):
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


def test_deep_json_is_malformed_and_less_deep_is_not(client, chat):
    for deep in (nested(40), nested(20000), b"[" * 100000, b'{"x":' * 50000):
        body = b'{"content":"x","metadata":' + deep + b"}"
        assert_problem(client.request("POST", chat.messages_path, body, JSON), 400, "malformed")
    fine = b'{"content":"x","metadata":' + nested(30) + b"}"
    created = client.request("POST", chat.messages_path, fine, JSON).expect(201).json
    assert created["metadata"] == json.loads(nested(30))
    assert chat.count() == 1


def body_of(size):
    start, end = b'{"content":"x","ignored":"', b'"}'
    return start + b"y" * (size - len(start) - len(end)) + end


def test_body_of_512_kib_and_one_byte_more(client, port, chat):
    client.request("POST", chat.messages_path, body_of(BODY_BYTES_MAX), JSON).expect(201)
    with Wire(port) as wire:
        refused = wire.send_ignoring_reset(post_json(chat.messages_path, body_of(BODY_BYTES_MAX + 1))).read_answer()
        assert_problem(refused, 413, "too_large")
    assert chat.contents() == ["x"]


@pytest.mark.wire
def test_endless_chunked_body_is_too_large(port, chat):
    chunked = ["Transfer-Encoding: chunked", "Content-Type: application/json"]
    head = request_bytes("POST", chat.messages_path, headers=chunked)
    chunk = b"10000\r\n" + b"y" * 0x10000 + b"\r\n"
    with Wire(port) as wire:
        assert_problem(wire.send_ignoring_reset(head + 9 * chunk).read_answer(), 413, "too_large")
    assert chat.contents() == []


@pytest.mark.wire
def test_announced_large_body_is_refused_before_it_is_sent(port, chat):
    head = request_bytes("POST", chat.messages_path, headers=["Content-Type: application/json", "Expect: 100-continue",
                                                              "Content-Length: 99999999999"])
    with Wire(port) as wire:
        assert_problem(wire.send(head).read_answer(), 413, "too_large")
    assert chat.contents() == []


@pytest.mark.wire
def test_header_beyond_16_kib_is_431(port, client):
    with Wire(port) as wire:
        wire.send(request_bytes("GET", "/apps", headers=["X-Long: " + "x" * 12000])).read_answer().expect(200)
        wire.send(request_bytes("GET", "/apps", headers=["X-Long: " + "x" * 17000])).read_answer().expect(431)
    with Wire(port) as wire:
        wire.send(request_bytes("GET", "/apps", headers=[f"X-{i}: y" for i in range(4000)])).read_answer().expect(431)
    client.get("/apps").expect(200)
