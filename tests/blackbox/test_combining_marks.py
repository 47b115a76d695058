"""Texts of combining marks only, the worst case of canonical ordering: they are stored and found, and delay no other request."""

import pytest
from client import Client
from wire import Wire, request_bytes

EVIL = "\u0315" * 16000 + "\u0323" * 16000  # canonical ordering swaps the halves
MESSAGES = 16
SEARCHES = 8
SEARCHES_AT_THE_END = 600  # together more work than the drain deadline allows
PROMISED_S = 10
OTHERS_WAIT_S = 30  # many times what they need


@pytest.fixture
def filled(start):
    """A server, its chat of such messages, and a small chat."""
    server = start()
    with Client(server.port) as client:
        evil, small = client.new_chat(), client.new_chat()
        for number in range(1, MESSAGES + 1):
            assert evil.create_message(EVIL) == number
        small.create_message("hello")
        yield server, evil, small


def begin_searches(chat, count=SEARCHES, query="query=a"):
    wires = [Wire(chat.client.port) for _ in range(count)]
    for wire in wires:
        wire.send(request_bytes("POST", f"{chat.messages_path}/search?{query}"))
    for _ in range(8):
        with Client(chat.client.port) as client:
            client.get(chat.path).expect(200)  # the server has read the requests that were sent before
    return wires


def test_marks_without_end_are_kept_and_found(filled):
    _, evil, _ = filled
    assert evil.contents() == [EVIL] * MESSAGES
    everyone = list(range(MESSAGES, 0, -1))
    for query in ("\u0315", "\u0323", "\u0323\u0315", "\u0323" * 100 + "\u0315" * 100):
        assert evil.find(query) == everyone, ascii(query[:2])
    for query in ("a", "\u0315\u0316", "x\u0323"):
        assert evil.find(query) == [], ascii(query)


def test_searches_of_them_let_others_search_and_read(filled):
    server, evil, small = filled
    wires = begin_searches(evil)
    with Client(server.port, timeout=OTHERS_WAIT_S) as client:
        small = small.with_client(client)
        for _ in range(10):
            assert small.find("HELLO") == [1] and small.contents() == ["hello"] and small.count() == 1
        assert small.create_message("written meanwhile") == 2
    for wire in wires:
        assert wire.read_answer().expect(200).json == []
        wire.close()


def test_hits_in_them_are_marked_and_let_others_search_and_read(start):
    """A letter with its marks is one character."""
    content = "a" + "\u0315" * 32000
    server = start()
    with Client(server.port, timeout=OTHERS_WAIT_S) as client:
        evil, small = client.new_chat(), client.new_chat()
        for number in range(1, MESSAGES + 1):
            assert evil.create_message(content) == number
        small.create_message("hello")
        wires = begin_searches(evil, query="query=a&highlight=true")
        for _ in range(10):
            assert small.find("HELLO") == [1] and small.contents() == ["hello"] and small.count() == 1
        for wire in wires:
            found = wire.read_answer().expect(200).json
            assert [hit["fragments"] for hit in found] == [[{"text": content, "match": True}]] * MESSAGES
            wire.close()
    server.stop()


@pytest.mark.parametrize("gone", [True, False])
def test_searches_of_them_do_not_hold_up_the_end(filled, gone):
    """Whether or not the clients still wait for their answers."""
    server, evil, _ = filled
    wires = begin_searches(evil, SEARCHES_AT_THE_END)
    for wire in wires:
        if gone:
            wire.close()
    server.terminate()
    assert server.wait(PROMISED_S) == 0
    for wire in wires:
        wire.close()
