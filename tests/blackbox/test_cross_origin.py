"""A web page of another site, shown in a user's browser, can neither read from this server (DNS rebinding) nor change its data."""

import re

import pytest
from client import FORM, JSON, Client, assert_private_headers, assert_problem
from server import running_serve
from wire import Wire, post_json, request_bytes

OTHER_NAMES = ["evil.example", "evil.example:3000", "localhost.evil.example", "app.localhost",
               "127.0.0.1.evil.example", "127.1", "2130706433"]
OWN = ["localhost", "localhost:3000", "LOCALHOST", "localhost.", "127.0.0.1", "127.0.0.1:81",
       "192.168.1.7:3000", "[::1]", "[::1]:3000", "[2001:db8::7]"]


def assert_misdirected(answer):
    assert_problem(answer, 421, "misdirected")
    assert "--allowed-hosts" in answer.json["detail"], answer
    assert_private_headers(answer)


def paths(chat):
    return ["/apps", chat.path, chat.messages_path, f"{chat.messages_path}/1", f"{chat.messages_path}/1/versions", "/nowhere"]


@pytest.mark.parametrize("host", OTHER_NAMES)
def test_another_name_reads_nothing(client, chat, host):
    chat.create_message("secret")
    for path in paths(chat):
        answer = client.get(path, {"Host": host})
        assert_misdirected(answer)
        assert b"secret" not in answer.raw and chat.path.encode() not in answer.raw
        assert client.request("HEAD", path, headers={"Host": host}).status == 421
        assert client.request("OPTIONS", path, headers={"Host": host}).status == 421
    assert_misdirected(client.post(chat.messages_path + "/search", {"query": "secret"}, {"Host": host}))
    chat.read(1).expect(200)


@pytest.mark.parametrize("host", OTHER_NAMES)
def test_another_name_changes_nothing(client, chat, host):
    chat.create_message("as it was")
    named = {"Host": host}
    for answer in (client.post(chat.messages_path, {"content": "x"}, named), client.post("/apps", {"name": "x"}, named),
                   client.put(f"{chat.messages_path}/1", {"content": "x"}, named), client.delete(f"{chat.messages_path}/1", named)):
        assert_misdirected(answer)
    assert chat.contents() == ["as it was"]


@pytest.mark.parametrize("host", OWN)
def test_own_name_or_address_is_allowed(client, chat, host):
    named = {"Host": host}
    assert client.post(chat.messages_path, {"content": "x"}, named).expect(201).json["number"] == 1
    client.get(chat.messages_path, named).expect(200)


def elsewhere(port):
    """The headers that browsers send for a page of another site."""
    return [{"Origin": "http://evil.example"}, {"Origin": f"http://evil.example:{port}"}, {"Origin": "null"},
            {"Origin": f"http://localhost:{port}"}, {"Origin": f"http://127.0.0.1:{port + 1}"}, {"Origin": "http://127.0.0.1"},
            {"Origin": "file://"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "cross-site", "Origin": f"http://127.0.0.1:{port}"},
            {"Sec-Fetch-Site": "same-site", "Origin": f"http://127.0.0.1:{port + 1}"}]


def own_pages(port):
    return [{}, {"Origin": f"http://127.0.0.1:{port}"}, {"Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"}]


BODIES = {
    "form": (b"content=x&name=x&query=x", FORM),
    "multipart": (b'--B\r\nContent-Disposition: form-data; name="content"\r\n\r\nx\r\n--B--\r\n',
                  {"Content-Type": "multipart/form-data; boundary=B"}),
    "plain text": (b"content=x", {"Content-Type": "text/plain"}),
    "JSON": (b'{"content":"x","name":"x"}', JSON),
    "nothing": (None, {}),
}


@pytest.mark.parametrize("body", BODIES)
def test_page_of_another_site_changes_nothing(client, port, chat, body):
    chat.create_message("as it was")
    sent, content_type = BODIES[body]
    chats = chat.path.rpartition("/")[0]
    for headers in elsewhere(port):
        for method, path in (("POST", "/apps"), ("POST", chats), ("POST", chat.messages_path), ("POST", f"{chat.messages_path}?content=x"),
                             ("PUT", f"{chat.messages_path}/1"), ("PUT", chats.rpartition("/")[0]), ("DELETE", f"{chat.messages_path}/1")):
            answer = client.request(method, path, sent, {**content_type, **headers})
            assert_problem(answer, 403, "cross_origin")
            assert_private_headers(answer)
    assert chat.contents() == ["as it was"]
    assert client.get(chats).expect(200).json == [client.get(chat.path).json]


def test_own_pages_and_other_programs_change_what_they_want(client, port, chat):
    for number, headers in enumerate(own_pages(port), 1):
        created = client.post(chat.messages_path, {"content": "x"}, headers)
        assert created.expect(201).json["number"] == number
        client.put(f"{chat.messages_path}/{number}", {"content": "y"}, headers).expect(200)
        client.delete(f"{chat.messages_path}/{number}", headers).expect(204)


def test_page_of_another_site_may_ask_for_what_it_cannot_read(client, port, chat):
    """The same-origin policy of browsers hides the answer from the page."""
    for headers in elsewhere(port):
        answer = client.get(chat.path, headers).expect(200)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        client.request("OPTIONS", chat.path, headers=headers).expect(204)


@pytest.mark.wire
def test_whole_url_counts_instead_of_host(port, chat):
    with Wire(port) as wire:
        assert_misdirected(wire.send(request_bytes("GET", f"http://evil.example{chat.path}")).read_answer())
        assert_misdirected(wire.send(post_json(f"http://evil.example:3000{chat.messages_path}", b'{"content":"x"}')).read_answer())
        head = f"GET http://localhost{chat.path} HTTP/1.1\r\nHost: evil.example\r\n\r\n"
        wire.send(head.encode()).read_answer().expect(200)
    assert chat.contents() == []


def test_refusal_names_the_header_that_shows_the_other_site(client, port, chat):
    for headers, named in (({"Origin": "null"}, "Origin has another host or port than Host"),
                           ({"Sec-Fetch-Site": "cross-site"}, "Sec-Fetch-Site is cross-site")):
        answer = client.post(chat.messages_path, {"content": "x"}, headers)
        assert_problem(answer, 403, "cross_origin")
        assert answer.json["detail"].endswith(named)


@pytest.mark.wire
@pytest.mark.parametrize("headers, status", [(["Origin: null"], 403), (["Origin: http://localhost", "Sec-Fetch-Site: cross-site"], 403)])
def test_body_of_an_unwanted_request_is_not_asked_for(port, chat, headers, status):
    expecting = ["Content-Type: application/json", "Content-Length: 15", "Expect: 100-continue"]
    with Wire(port) as wire:
        wire.send(request_bytes("POST", chat.messages_path, headers=[*expecting, *headers])).read_answer().expect(status)
    with Wire(port) as wire:
        assert_misdirected(wire.send(request_bytes("POST", f"http://evil.example{chat.messages_path}", headers=expecting)).read_answer())
    assert chat.contents() == []


@pytest.mark.wire
def test_refusal_leaves_the_connection_usable(port, chat):
    body = b'{"content":"x"}'
    with Wire(port) as wire:
        for _ in range(3):
            wire.send(post_json(chat.messages_path, body, "Origin: null")).read_answer().expect(403)
            wire.send(post_json(f"http://evil.example{chat.messages_path}", body)).read_answer().expect(421)
            wire.send(post_json(chat.messages_path, body)).read_answer().expect(201)
    assert chat.count() == 3


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_allowed_names_are_accepted(start, tmp_path, way):
    config = tmp_path / "confab.conf"
    config.write_text('allowed-hosts = "chat.example,front"\n')
    server = {"flag": lambda: start("--allowed-hosts", "Chat.Example, front"),
              "environment": lambda: start(environment={"CONFAB_ALLOWED_HOSTS": "chat.example,front"}),
              "file": lambda: start("--config", config)}[way]()
    with Client(server.port) as client:
        chat = client.new_chat()
        for host, origin in (("chat.example", "https://chat.example"), ("CHAT.example:443", "https://chat.example"),
                             ("front:80", "http://front"), ("localhost", "http://localhost")):
            client.get(chat.path, {"Host": host}).expect(200)
            client.post(chat.messages_path, {"content": "x"}, {"Host": host, "Origin": origin}).expect(201)
            elsewhere = {"Host": host, "Origin": "https://www.chat.example"}
            assert_problem(client.post(chat.messages_path, {"content": "x"}, elsewhere), 403, "cross_origin")
        for host in ("example", "www.chat.example", "evil.example"):
            assert_misdirected(client.get(chat.path, {"Host": host}))


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1"])
def test_rules_hold_on_every_address(confab, tmp_path, address):
    with running_serve(confab, "--listen", f"{address}:0", "--auth=open", "--data", tmp_path / "data") as (_, printed):
        port = int(re.search(r"listening on http://\S+:(\d+)\b", printed)[1])
        with Client(port) as client:
            chat = client.new_chat()
            assert_misdirected(client.get(chat.path, {"Host": "evil.example"}))
            assert_problem(client.post(chat.messages_path, {"content": "x"}, {"Origin": "null"}), 403, "cross_origin")
