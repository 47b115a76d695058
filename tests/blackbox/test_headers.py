"""Every answer has Cache-Control and X-Content-Type-Options, once each."""

import pytest
from client import JSON, Client, assert_private_headers
from load import fill
from wire import Wire, post_json, request_bytes


def test_every_status_of_the_api(client, chat):
    number = chat.create_message("text")
    path = f"{chat.messages_path}/{number}"
    asked = [
        (200, client.get("/apps?limit=1")),
        (200, client.get(path)),
        (200, client.request("HEAD", path)),
        (200, client.get(path + "/versions")),
        (200, client.put(path, {"content": "other"})),
        (200, chat.search("other")),
        (201, chat.post_message("next")),
        (204, client.request("OPTIONS", path)),
        (204, client.delete(path)),
        (304, chat.read(chat.create_message("third"), '"1"')),
        (400, client.request("POST", "/apps", b"{", JSON)),
        (404, client.get("/nowhere")),
        (404, client.request("HEAD", "/nowhere")),
        (405, client.delete("/apps")),
        (410, client.get(path)),
        (412, chat.edit(number + 1, "late", '"77"')),
        (413, client.post("/apps", {"name": "x" * 600_000})),
        (415, client.request("POST", "/apps", b"x", {"Content-Type": "text/plain"})),
        (422, client.post("/apps", {})),
    ]
    for status, answer in asked:
        assert_private_headers(answer.expect(status))


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_streamed_lists(client, chat, coding):
    fill(chat, [f"message {number} {'x' * 200}" for number in range(1200)])
    for answer in (client.get(chat.messages_path, {"Accept-Encoding": coding}),
                   client.request("HEAD", chat.messages_path, headers={"Accept-Encoding": coding}),
                   client.request("POST", chat.messages_path + "/search?query=message", headers={"Accept-Encoding": coding})):
        assert "Content-Length" not in answer.expect(200).headers
        assert_private_headers(answer)


@pytest.mark.wire
def test_http_1_0(port, chat):
    fill(chat, [f"message {number} {'x' * 200}" for number in range(1200)])
    for path in (chat.path, chat.messages_path, "/nowhere"):
        with Wire(port) as wire:
            assert_private_headers(wire.send(request_bytes("GET", path, version="1.0")).read_answer())


REFUSED = {
    400: b"GET /apps NOTHTTP/1.1\r\n\r\n",
    413: post_json("/apps", b"", "Content-Length: 100000000"),
    431: request_bytes("GET", "/apps", headers=["X: " + "x" * 20000]),
}


@pytest.mark.wire
@pytest.mark.parametrize("status", REFUSED)
def test_requests_that_are_refused_unread(port, status):
    with Wire(port) as wire:
        assert_private_headers(wire.send_ignoring_reset(REFUSED[status]).read_answer().expect(status))


@pytest.mark.wire
@pytest.mark.parametrize("wrong", [b"HEAD /apps HTTP/1.1\r\n\r\n", request_bytes("HEAD", "/apps", headers=["X: " + "x" * 20000])])
def test_head_that_is_refused_unread_has_no_body(port, wrong):
    with Wire(port) as wire:
        assert_private_headers(wire.send_ignoring_reset(wrong).read_answer(with_body=False))
        assert wire.is_closed_by_server()


def test_connection_that_is_turned_away(start):
    server = start("--connections-max", 1)
    with Client(server.port) as client:
        client.get("/apps").expect(200)
        with Wire(server.port) as beyond:
            assert_private_headers(beyond.read_answer().expect(503))
