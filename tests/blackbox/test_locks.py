"""Another program holds the database's write lock: writes are refused meanwhile and work again afterwards."""

import sqlite3
from contextlib import closing, contextmanager

import pytest
from client import Client, assert_problem
from keys import add_expired_keys, count_keys
from server import run

UNKNOWN_APP = "/apps/" + "a" * 24


@contextmanager
def locked(server):
    """Holds the write lock of the database."""
    with closing(sqlite3.connect(server.data / "confab.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def assert_refused_for_now(*answers):
    for answer in answers:
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("times", [1, 3])
def test_writes_are_refused_under_a_lock_and_work_after_it(confab, start, times):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        for turn in range(times):
            number = chat.create_message(f"before {turn}")
            with locked(server):
                assert_refused_for_now(chat.post_message("refused", key=f"{turn}"), chat.edit(number, "refused"),
                                       chat.delete(number), client.post("/apps", {"name": "refused"}))
                assert chat.content(number) == f"before {turn}" and chat.find(f"before {turn}") == [number]
            assert chat.post_message(f"after {turn}", key=f"{turn}").expect(201).json["number"] == number + 1
        assert chat.contents() == [f"{when} {turn}" for turn in range(times) for when in ("before", "after")]
        assert len(client.get("/apps").expect(200).json) == 1
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0


def test_first_write_of_all_under_a_lock_is_refused_and_works_after_it(start):
    server = start()
    with Client(server.port) as client:
        with locked(server):
            assert_refused_for_now(*(client.post("/apps", {"name": "refused"}) for _ in range(2)))
        assert client.new_chat().create_message("works") == 1
    server.stop()


def test_lock_while_expired_keys_are_removed_closes_nothing(start):
    """Expired keys are removed after the first batch. Here that batch writes nothing itself."""
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        chat.post_message("first", key="k").expect(201)
    server.stop()
    add_expired_keys(server.data, 10)
    server = start()
    with Client(server.port) as client:
        with locked(server):
            assert_problem(client.post(UNKNOWN_APP + "/chats"), 404, "not_found")
            assert_refused_for_now(client.post("/apps", {"name": "once that is done"}))
        assert "maintenance of the ledger failed" in server.log()
        assert [chat.with_client(client).create_message("works") for _ in range(3)] == [2, 3, 4]
    server.stop()
    assert count_keys(server.data) == 1


def test_change_that_another_program_leaves_unfinished_is_gone_with_it(start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        for turn in range(3):
            with closing(sqlite3.connect(server.data / "confab.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("UPDATE chats SET messages_count = 77")
                assert_refused_for_now(chat.post_message("refused"))
            assert chat.create_message(f"message {turn}") == turn + 1
        assert chat.count() == 3 and chat.contents() == [f"message {turn}" for turn in range(3)]
    server.stop()
