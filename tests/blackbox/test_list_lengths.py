"""Lists of every length are complete, with and without gzip: empty, one row, and around each boundary of a slice.
This file needs a server of its own."""

import gzip

import pytest
from client import Client
from index_file import INDEX_IMMEDIATELY, wait_until_reached
from load import distribute, fill
from pages import follow, joined, links

GZIP = {"Accept-Encoding": "gzip"}
CLIENTS = 16
ROWS = 1001  # slice_rows_max
VERSIONS_ROWS = 64  # versions_max of src/ledger/mysql/reader.cpp
CANDIDATES = 256  # candidates_max
LONG = "x" * 4096
LONG_ROWS = 128 * 1024 // len(LONG)  # slice_bytes_max
CONTENTS = pytest.mark.parametrize("content, slice_rows", [("x", ROWS), (LONG, LONG_ROWS)], ids=["short", "long"])


def lengths(*slices):
    around = [at for rows in slices for at in (rows - 1, rows, rows + 1, 2 * rows + 1)]
    return sorted({0, 1, *around})


def whole(client, path, method="GET"):
    """The rows of a list. Asserts that they are the same with gzip."""
    plain = client.request(method, path).expect(200)
    packed = client.request(method, path, headers=GZIP).expect(200)
    is_packed = packed.headers.get("Content-Encoding") == "gzip"
    assert (gzip.decompress(packed.raw) if is_packed else packed.raw) == plain.raw
    assert links(plain) == links(packed) == {}
    return plain.json


def numbers(rows):
    return [row["number"] for row in rows]


def up_to(length):
    return list(range(1, length + 1))


def test_apps(client, port):
    made = []
    for length in lengths(ROWS):
        made += distribute(port, CLIENTS, range(length - len(made)), lambda client, _: client.new_app().removeprefix("/apps/"))
        apps = whole(client, "/apps")
        assert len(apps) == length and {app["token"] for app in apps} == set(made), length
        assert apps == joined(follow(client, "/apps?limit=1000"))


def test_chats(client, port, app):
    made = 0
    for length in lengths(ROWS):
        distribute(port, CLIENTS, range(length - made), lambda client, _: client.new_chat(app))
        made = length
        assert numbers(whole(client, app + "/chats")) == up_to(length)


@CONTENTS
def test_messages(client, chat, content, slice_rows):
    for length in lengths(slice_rows):
        fill(chat, [content] * (length - chat.count()))
        listed = whole(client, chat.messages_path)
        assert numbers(listed) == up_to(length) and {row["content"] for row in listed} <= {content}


@CONTENTS
def test_hits(client, chat, content, slice_rows):
    for length in lengths(slice_rows):
        fill(chat, [content] * (length - chat.count()))
        for more in ("", "&highlight=true"):
            found = whole(client, f"{chat.messages_path}/search?query=X{more}", "POST")
            assert numbers(found) == up_to(length)[::-1]


@CONTENTS
def test_versions(client, port, chat, content, slice_rows):
    chat.create_message(content)
    made = 1
    for length in lengths(slice_rows, VERSIONS_ROWS):
        distribute(port, CLIENTS, range(length - made), lambda client, _: chat.with_client(client).edit(1, content).expect(200))
        made = max(made, length)
        listed = whole(client, f"{chat.messages_path}/1/versions")
        assert [row["version"] for row in listed] == up_to(made) and {row["content"] for row in listed} == {content}


def test_hits_of_an_index(start):
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        chat = client.new_chat()
        for length in lengths(CANDIDATES):
            fill(chat, ["x"] * (length - chat.count()))
            wait_until_reached(server.data, length)
            assert numbers(whole(client, f"{chat.messages_path}/search?query=X", "POST")) == up_to(length)[::-1]
    server.stop()
