"""A chat of a million messages is listed: memory and WAL stay bounded, and other clients are served meanwhile."""

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from client import Chat, Client
from feed import counts_of_id
from load import distribute
from memory import Watch
from server import Server
from wire import Wire, request_bytes

MESSAGES = 1_000_000
MADE_MEANWHILE = [f"made meanwhile {i} " + "x" * 60000 for i in range(3000)]  # three times the WAL's limit


def load_million(data, chat):
    """Inserts rows as the server writes them. REQUIRES: the server is stopped."""
    with closing(sqlite3.connect(data / "confab.db")) as database, database:
        assert not (data / "confab.db-wal").exists()
        number = int(chat.path.rsplit("/", 1)[1])
        (chat_id, at), = database.execute("SELECT id, created_at FROM chats WHERE number = ?", (number,)).fetchall()
        rows = ((chat_id << 32 | n, f"message {n} of a million 🎈", at + n, at + n) for n in range(1, MESSAGES + 1))
        database.executemany("INSERT INTO messages(id, content, created_at, updated_at) VALUES (?, ?, ?, ?)", rows)
        database.execute("UPDATE chats SET messages_count = ? WHERE id = ?", (MESSAGES, chat_id))


@pytest.fixture(scope="module")
def million(confab, tmp_path_factory):
    """A data folder to copy, and the paths of its chats: one of a million messages, and the chats before and after it in the same app."""
    server = Server(confab, tmp_path_factory.mktemp("million") / "data").wait_until_listening()
    with Client(server.port) as client:
        app = client.new_app()
        before, chat, after = (client.new_chat(app) for _ in range(3))
    server.stop()
    load_million(server.data, chat)
    return server.data, [small.path for small in (chat, before, after)]


@pytest.fixture
def million_chat(start, million, tmp_path):
    """A running server, its chat of a million messages, and the chats before and after it in the same app."""
    data, paths = million
    shutil.copytree(data, tmp_path / "data")
    server = start("--write-timeout-s", 600)
    with Client(server.port) as client:
        yield server, *(Chat(client, path) for path in paths)
    server.stop()


def objects(pieces):
    """Yields the objects of a JSON array."""
    decoder, text, rest = json.JSONDecoder(), "", b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b"}") + 1
        text, rest = text + rest[:cut].decode(), rest[cut:]
        at = 0
        while (start := text.find("{", at)) >= 0:
            try:
                found, end = decoder.raw_decode(text, start)
            except json.JSONDecodeError:
                break
            assert text[at:start].strip() in ("[", ","), text[at:at + 100]
            yield found
            at = end
        text = text[at:]
    assert text + rest.decode() == "]"


def assert_is_the_million(listed):
    for found, number in zip(listed, range(1, MESSAGES + 1), strict=True):
        assert found["number"] == number and found["content"] == f"message {number} of a million 🎈"


@pytest.mark.heavy
def test_million_messages_are_listed_in_bounded_memory(million_chat):
    server, chat, _, _ = million_chat
    with Watch(server) as watch:
        for _ in range(2):
            with Wire(server.port) as wire:
                status, headers = wire.send(request_bytes("GET", chat.messages_path)).read_status()
                assert status == 200 and counts_of_id(headers["Last-Event-ID"])[1] == {2: (MESSAGES, 0)}
                assert_is_the_million(objects(wire.read_chunks()))
    watch.assert_bounded()


def create_meanwhile(chat, other):
    """Four clients fill another chat and write into the listed one."""
    def create(client, content):
        other.with_client(client).create_message(content)
        chat.with_client(client).create_message("beyond the end of the list")

    distribute(chat.client.port, 4, MADE_MEANWHILE, create)


@pytest.mark.heavy
def test_slowly_read_list_blocks_nobody_and_has_the_snapshot_of_its_start(million_chat):
    server, chat, other, third = million_chat
    with Watch(server) as watch, Wire(server.port, receive_buffer=4096) as held, ThreadPoolExecutor(1) as pool:
        assert held.send(request_bytes("GET", chat.messages_path)).read_status()[0] == 200
        listed = objects(held.read_chunks())
        assert [next(listed)["number"] for _ in range(5)] == [1, 2, 3, 4, 5]
        create_meanwhile(chat, other)
        for number in range(1, 101):
            assert third.create_message(f"served {number}") == number
            assert third.find(f"served {number}") == [number] and len(third.messages()) == number
        assert chat.count() == MESSAGES + len(MADE_MEANWHILE)
        creating = pool.submit(create_meanwhile, chat, third)
        assert [found["number"] for found in listed] == list(range(6, MESSAGES + 1))
        creating.result()
    watch.assert_bounded()


@pytest.mark.heavy
def test_pages_and_edges_of_a_million_are_found(million_chat):
    _, chat, _, _ = million_chat
    for number in (1, 2, 499_999, 500_000, MESSAGES - 1, MESSAGES):
        assert [found["number"] for found in chat.page(after=number - 1, limit=1).json] == [number]
        assert [found["number"] for found in chat.page(before=number + 1, limit=1).json] == [number]
        assert chat.content(number) == f"message {number} of a million 🎈"
    for number in (2**32, 2**32 + 1, 2**64):
        assert chat.page(after=number).json == []
        assert [found["number"] for found in chat.page(before=number, limit=2).json] == [MESSAGES - 1, MESSAGES]
