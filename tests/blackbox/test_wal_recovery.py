"""After a failed sync or a kill, the WAL may be readable but not durable. A restart recovers it before it answers."""

import re
import shutil

import pytest
from client import REFUSED, Chat, Client, assert_problem
from load import run_concurrently
from server import run

PAGE = 4096
NAMES = [f"message {n}" for n in range(1, 11)]


def log_of(server):
    return server.data / "confab.db-wal"


def only_database(server, name):
    """A data folder with a copy of the database as it is now, without its WAL."""
    folder = server.data.with_name(name)
    folder.mkdir()
    shutil.copyfile(server.data / "confab.db", folder / "confab.db")
    return name


def all_answers(server, path, names):
    """The messages of the chat, and for each key its content and whether it was replayed."""
    with Client(server.port) as client:
        chat = Chat(client, path)
        listed = chat.messages()
        created = [chat.post_message(name, key=name).expect(201) for name in names]
        return listed, [(one.json["content"], "Idempotent-Replayed" in one.headers) for one in created]


def assert_recovered(start, server, path, names):
    """Asserts that all answers of the server come from the database, not the WAL. REQUIRES: it has not answered yet."""
    assert log_of(server).stat().st_size == 0
    copy = start(data=only_database(server, "database only"))
    answers = all_answers(server, path, names)
    assert all_answers(copy, path, names) == answers
    copy.kill()
    return answers


@pytest.fixture
def doubted(start, fault_library, tmp_path):
    """A killed server, with ten acknowledged messages and an eleventh whose sync failed. Also the pages of the WAL that the
    failed sync may not have written to disk."""
    fault = tmp_path / "fail"
    server = start(environment={"LD_PRELOAD": str(fault_library("failing_sync")), "FAULT_SYNC": str(fault)})
    with Client(server.port) as client:
        chat = client.new_chat()
        for name in NAMES:
            chat.post_message(name, key=name).expect(201)
        synced = log_of(server).stat().st_size
        fault.touch()
        assert_problem(chat.post_message("doubtful", key="doubtful"), 503, "outcome_unknown")
    server.kill()
    log = log_of(server).read_bytes()
    return server, chat.path, {at: log[at:at + PAGE] for at in range(-(-synced // PAGE) * PAGE, len(log), PAGE)}


def cut_power(server, unsynced):
    """Simulates a power cut: zeroes the pages of the WAL that were not written again since their sync failed."""
    with open(log_of(server), "r+b") as log:
        for at, page in unsynced.items():
            log.seek(at)
            if log.read(len(page)) == page:
                log.seek(at)
                log.write(bytes(len(page)))
    (server.data / "confab.db-shm").unlink()


def test_restart_after_a_failed_sync_answers_only_what_is_in_the_database(start, doubted):
    _, path, _ = doubted
    server = start()
    listed, replayed = assert_recovered(start, server, path, [*NAMES, "doubtful"])
    assert [message["content"] for message in listed[:10]] == NAMES and len(listed) in (10, 11)
    assert replayed == [*((name, True) for name in NAMES), ("doubtful", len(listed) == 11)]
    server.stop()


def test_power_cut_after_that_restart_loses_nothing_acknowledged(confab, start, doubted):
    _, path, unsynced = doubted
    assert unsynced
    server = start()
    with Client(server.port) as client:
        chat = Chat(client, path)
        chat.post_message("doubtful", key="doubtful").expect(201)
        for n in range(1, 4):
            chat.create_message(f"later {n}")
        acknowledged = chat.contents()
    server.kill()
    cut_power(server, unsynced)
    server = start()
    with Client(server.port) as client:
        assert Chat(client, path).contents() == acknowledged == [*NAMES, "doubtful", "later 1", "later 2", "later 3"]
        assert "Idempotent-Replayed" in Chat(client, path).post_message("doubtful", key="doubtful").expect(201).headers
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0


def test_power_cut_right_after_that_restart_loses_nothing_answered(start, doubted):
    _, path, unsynced = doubted
    server = start()
    answers = all_answers(server, path, [])
    server.kill()
    cut_power(server, unsynced)
    assert all_answers(start(), path, []) == answers


def write_until_killed(server, path):
    """Sixteen clients write until the server is killed. Returns the acknowledged names and all sent names."""
    acknowledged, sent = [], []

    def write(index, client):
        for turn in range(100_000):
            name = f"{index}.{turn}"
            sent.append(name)
            if index == 0 and turn == 50:
                server.kill()
            try:
                Chat(client, path).post_message(name, key=name).expect(201)
            except REFUSED:
                return
            acknowledged.append(name)

    run_concurrently(server.port, 16, write)
    return acknowledged, sent


def test_restart_after_a_kill_under_load_answers_only_what_is_in_the_database(start):
    server = start()
    with Client(server.port) as client:
        path = client.new_chat().path
    acknowledged, sent = write_until_killed(server, path)
    assert log_of(server).stat().st_size > 0
    server = start()
    listed, replayed = assert_recovered(start, server, path, sent)
    kept = {message["content"] for message in listed}
    assert set(acknowledged) <= kept and len(kept) == len(listed)
    assert {name for name, known in replayed if known} == kept
    server.stop()


def test_power_cut_that_loses_the_whole_wal_loses_nothing_acknowledged(confab, start):
    """The journal has the writes that the database's WAL had not synced."""
    server = start()
    with Client(server.port) as client:
        path = client.new_chat().path
    acknowledged, sent = write_until_killed(server, path)
    log_of(server).unlink()
    (server.data / "confab.db-shm").unlink()
    server = start()
    assert re.search(r"batches replayed from the journal: \d+", server.log())
    listed, replayed = assert_recovered(start, server, path, sent)
    kept = {message["content"] for message in listed}
    assert set(acknowledged) <= kept and len(kept) == len(listed)
    assert {name for name, known in replayed if known} == kept
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0


def test_journal_that_ends_in_half_a_record_is_read_up_to_it(confab, start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        for name in NAMES:
            chat.create_message(name)
    server.kill()
    log_of(server).unlink()
    (server.data / "confab.db-shm").unlink()
    batches = server.data / "confab-journal.0"
    written = batches.read_bytes().rstrip(b"\0")
    batches.write_bytes(written[:-3])
    server = start()
    with Client(server.port) as client:
        assert Chat(client, chat.path).contents() == NAMES[:-1]
        assert Chat(client, chat.path).create_message("goes on") == len(NAMES)
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0
