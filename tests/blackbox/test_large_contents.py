"""Answers with many messages of the maximum size: they are complete, and the server never holds all of one in memory."""

import pytest
from client import Client
from load import fill
from memory import Watch
from server import Server
from wire import Wire, post_json, request_bytes

COUNT = 1200
EDITS = 400
CONTENT = "needle " + "x" * 65500
HELD = 100


@pytest.fixture(scope="module")
def loaded(confab, tmp_path_factory):
    """A data folder, and the request for each kind of answer. The chat has COUNT messages of 64 KiB; the versions are of a
    message with EDITS edits of that size."""
    server = Server(confab, tmp_path_factory.mktemp("large") / "data").wait_until_listening()
    try:
        with Client(server.port) as client:
            app = client.new_app()
            chat, edited = client.new_chat(app), client.new_chat(app)
            fill(chat, [f"{i:5} {CONTENT}" for i in range(COUNT)])
            edited.create_message(CONTENT)
            for version in range(EDITS):
                edited.edit(1, f"{version} {CONTENT}").expect(200)
        server.stop()
    finally:
        server.kill()
    return server.data, {
        "whole list": request_bytes("GET", chat.messages_path),
        "page": request_bytes("GET", chat.messages_path + "?limit=1000&order=desc"),
        "whole search": post_json(chat.messages_path + "/search", b'{"query":"needle"}'),
        "page of search": post_json(chat.messages_path + "/search?limit=1000", b'{"query":"needle"}'),
        "versions": request_bytes("GET", edited.messages_path + "/1/versions")}


@pytest.fixture
def server(confab, loaded):
    # The tests bound memory, not time. So many concurrent searches may exceed the default limit on a busy machine.
    server = Server(confab, loaded[0], ("--search-time-max-ms", 120_000)).wait_until_listening()
    yield server
    server.kill()


EXPECTED = {"whole list": COUNT, "page": 1000, "whole search": COUNT, "page of search": 1000, "versions": EDITS + 1}


@pytest.mark.parametrize("kind", EXPECTED)
def test_large_answer_is_complete_and_never_buffered_completely(server, loaded, kind):
    with Watch(server) as watch, Wire(server.port) as wire:
        answer = wire.send(loaded[1][kind]).read_answer().expect(200)
    assert len(answer.json) == EXPECTED[kind] and answer.raw.count(CONTENT.encode()) == EXPECTED[kind]
    watch.assert_bounded()


@pytest.mark.parametrize("kind", EXPECTED)
def test_slow_readers_of_large_answers_use_little_memory(server, loaded, kind):
    with Watch(server) as watch, Client(server.port) as client:
        held = [Wire(server.port, receive_buffer=4096).send(loaded[1][kind]) for _ in range(HELD)]
        for wire in held:
            assert wire.read_status()[0] == 200
            assert wire.file.read(20000)
        chat = client.new_chat()
        for number in range(1, 51):
            assert chat.create_message("served meanwhile") == number and len(chat.messages()) == number
        for wire in held:
            wire.close()
    watch.assert_bounded()
