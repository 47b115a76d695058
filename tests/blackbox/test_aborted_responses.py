"""A list that fails within its first megabyte is refused. One that fails later is aborted by a reset, without its last
chunk or the end of its gzip stream. So no client takes a part for the complete list."""

import shutil
import sqlite3
import zlib
from contextlib import closing

import pytest
from client import REFUSED, Client, assert_problem
from load import fill, wait_for
from server import Server
from wire import Wire, request_bytes

NO_INDEX = ("--index-after-messages", 1_000_000)  # the index would read the damaged page
MESSAGES = VERSIONS = 1200  # of 3 KB: each fills a page of the database, together more than three megabytes
APPS, CHATS = 6000, 12000
TEXT = "x" * 2900
EARLY, LATE = 0.1, 0.9  # fractions of the list: before and after the first megabyte


def insert(data, sql, rows):
    with closing(sqlite3.connect(data / "confab.db")) as database, database:
        database.executemany(sql, rows)


@pytest.fixture(scope="module")
def loaded(confab, tmp_path_factory):
    """The data folder of a stopped server, and the requests for its long lists with the table that each reads."""
    server = Server(confab, tmp_path_factory.mktemp("loaded") / "data", NO_INDEX).wait_until_listening()
    try:
        with Client(server.port) as client:
            chat, edited = client.new_chat(), client.new_chat()
            app = edited.path.rsplit("/chats/")[0]
            fill(chat, [f"message {TEXT}"] * MESSAGES)
            edited.create_message(TEXT)
            for _ in range(VERSIONS - 1):
                edited.edit(1, TEXT).expect(200)
        server.stop()
    finally:
        server.kill()
    insert(server.data, "INSERT INTO chats(app_id, number, created_at, updated_at) VALUES (2, ?, 1, 1)",
           ((number,) for number in range(2, CHATS + 1)))
    insert(server.data, "UPDATE apps SET chats_count = ? WHERE id = 2", [(CHATS,)])
    insert(server.data, "INSERT INTO apps(token, name, created_at, updated_at) VALUES (?, ?, 1, 1)",
           ((f"{i:024}", "n" * 255) for i in range(APPS)))
    search = f"{chat.messages_path}/search?query=message"
    return server.data, {"apps": ("GET", "/apps", "apps"),
                         "chats": ("GET", app + "/chats", "chats"),
                         "messages": ("GET", chat.messages_path, "messages"),
                         "hits": ("POST", search, "messages"),
                         "hits, highlighted": ("POST", search + "&highlight=true", "messages"),
                         "versions": ("GET", f"{edited.messages_path}/1/versions", "changes")}


def wipe_a_page(data, table, part):
    """Overwrites the page that is at this fraction of the table."""
    with closing(sqlite3.connect(data / "confab.db")) as database:
        (size,), = database.execute("PRAGMA page_size").fetchall()
        leaves = database.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path", (table,)).fetchall()
    page, = leaves[int(len(leaves) * part)]
    with open(data / "confab.db", "r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


LISTS = pytest.mark.parametrize("name", ["apps", "chats", "messages", "hits", "hits, highlighted", "versions"])


@pytest.fixture
def failing(loaded, name, tmp_path, start):
    """Starts a server where the named list fails at a fraction of it. Returns the server and the request."""
    def failing_at(part):
        data, lists = loaded
        method, path, table = lists[name]
        shutil.copytree(data, tmp_path / "data")
        wipe_a_page(tmp_path / "data", table, 1 - part if method == "POST" else part)
        return start(*NO_INDEX), method, path

    return failing_at


@LISTS
def test_early_failure_is_refused(failing, name):
    server, method, path = failing(EARLY)
    with Client(server.port) as client:
        for headers in ({}, {"Accept-Encoding": "gzip"}):
            assert_problem(client.request(method, path, headers=headers), 503, "unavailable")


def read_until_reset(wire):
    text = b""
    with pytest.raises(ConnectionResetError):
        while piece := wire.socket.recv(65536):
            text += piece
    return text


@LISTS
def test_late_failure_is_a_reset(failing, name):
    server, method, path = failing(LATE)
    for version in ("1.1", "1.0"):
        for headers in ([], ["Accept-Encoding: gzip"]):
            with Wire(server.port) as wire:
                text = read_until_reset(wire.send(request_bytes(method, path, headers=headers, version=version)))
            head, _, body = text.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ") and b"Content-Length" not in head
            if version == "1.1":
                assert not body.endswith(b"0\r\n\r\n")
            elif headers:
                inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
                inflater.decompress(body)
                assert not inflater.eof
            else:
                assert not body.endswith(b"]")
    assert ": the response is aborted: " in server.log()
    with Client(server.port) as client:
        client.get("/apps?limit=1").expect(200)


@pytest.fixture
def long_list(start):
    """Starts a server with a list that is longer than all buffers between server and client."""
    def started(*options):
        server = start(*options)
        with Client(server.port) as client:
            chat = client.new_chat()
            fill(chat, ["x" * 60000] * 300)
        return server, chat

    return started


def begin_list(server, chat, version):
    wire = Wire(server.port, receive_buffer=8192)
    assert wire.send(request_bytes("GET", chat.messages_path, version=version)).read_status()[0] == 200
    return wire


def assert_reset(wire):
    with pytest.raises(ConnectionResetError):
        while wire.file.read(65536):
            pass


VERSIONS_OF_HTTP = pytest.mark.parametrize("version", ["1.1", "1.0"])


@VERSIONS_OF_HTTP
def test_list_of_a_killed_server_is_reset(long_list, version):
    server, chat = long_list()
    with begin_list(server, chat, version) as wire:
        server.kill()
        assert_reset(wire)


@VERSIONS_OF_HTTP
def test_list_at_the_drain_deadline_is_reset(long_list, version):
    server, chat = long_list("--drain-timeout-s", 1)
    with begin_list(server, chat, version) as wire:
        server.stop()
        assert_reset(wire)


def is_served(server):
    try:
        with Client(server.port) as client:
            return client.get("/apps?limit=1").status == 200
    except (*REFUSED, ConnectionError):
        return False


@VERSIONS_OF_HTTP
def test_list_that_nobody_reads_is_reset(long_list, start, version):
    server, chat = long_list()
    server.stop()
    server = start("--write-timeout-s", 1, "--connections-max", 1)
    with begin_list(server, chat, version) as wire:
        wait_for(lambda: is_served(server), "another connection is accepted")
        assert_reset(wire)
