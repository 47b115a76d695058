"""The journal. A start refuses files that do not match before it writes any of them. It replays older formats. It logs
that the journal is off."""

import re
import shutil
import sqlite3
import tarfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from client import Chat, Client
from libraries import MovedClock
from server import limit_file_size, run

FIXTURE_MADE_AT = datetime(2026, 11, 28, 2, 52, 3, tzinfo=UTC)
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NAMES = [f"message {n}" for n in range(1, 11)]


def remove_wal(data):
    for suffix in ("-wal", "-shm"):
        (data / f"confab.db{suffix}").unlink(missing_ok=True)


def contents_of(data):
    """The files' contents, without those that a reader creates: SQLite's shared memory, and an empty WAL."""
    files = {path.name: path.read_bytes() for path in sorted(data.iterdir()) if not path.name.endswith(("-shm", ".lock"))}
    return {name: content for name, content in files.items() if content}


def refusal(confab, data, *options):
    """The line of a refused start. Asserts that the files are unchanged."""
    before = contents_of(data)
    result = run(confab, "serve", "--listen", "127.0.0.1:0", "--data", data, *options, timeout=60)
    assert result.returncode == 1 and result.stderr.count("\n") == 1, result
    assert contents_of(data) == before
    return result.stderr


@pytest.fixture
def killed(start):
    """The folder of a killed server whose messages are only in the journal, and their chat."""
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        for name in NAMES:
            chat.create_message(name)
    server.kill()
    remove_wal(server.data)
    return server.data, chat.path


def assert_serves(confab, start, path, contents, *options):
    server = start(*options)
    with Client(server.port) as client:
        chat = Chat(client, path)
        assert chat.contents() == contents
        assert chat.create_message("goes on") == len(contents) + 1
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0
    return server


def test_folder_of_version_0_1_0_is_replayed_before_anything_is_answered(confab, start, tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with tarfile.open(FIXTURES / "killed-0.1.0.tar.xz") as archive:
        archive.extractall(data)
    with closing(sqlite3.connect(data / "confab.db")) as db:
        assert db.execute("select count(*) from messages").fetchone() == (0,)
        assert db.execute("select value from meta where key = 'schema_version'").fetchone() == (2,)
    clock = MovedClock(tmp_path)
    clock.move(int(FIXTURE_MADE_AT.timestamp() - time.time()))  # its keys are valid for a day
    server = start(environment=clock.environment)
    assert not list(data.glob("confab-batches.*"))
    with Client(server.port) as client:
        app = client.get("/apps").expect(200).json[0]["token"]
        chat = Chat(client, f"/apps/{app}/chats/1")
        messages = chat.messages()
        assert [m["number"] for m in messages] == list(range(1, 41))
        assert messages[2]["content"] == "edited twice" and messages[2]["version"] == 3
        assert messages[4]["content"] is None
        for n in (1, 40):
            assert messages[n - 1]["content"] == f"message {n} é 😀"
            again = chat.post_message(f"message {n} é 😀", key=f"key {n}").expect(201)
            assert again.json["number"] == n and again.headers["Idempotent-Replayed"] == "true"
        assert chat.create_message("new") == 41
    server.kill()
    remove_wal(data)
    server = start()
    with Client(server.port) as client:
        assert Chat(client, f"/apps/{app}/chats/1").content(41) == "new"
    server.stop()
    assert run(confab, "check", "--data", data).returncode == 0


def test_damaged_batch_of_version_0_1_0_with_whole_ones_behind_it_is_refused(confab, start, tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with tarfile.open(FIXTURES / "killed-0.1.0.tar.xz") as archive:
        archive.extractall(data)
    log = next(path for path in data.glob("confab-batches.*") if b"message 5 " in path.read_bytes())
    written = bytearray(log.read_bytes())
    written[written.index(b"message 5 ")] ^= 1
    log.write_bytes(written)
    line = refusal(confab, data)
    missing, last = map(int, re.search(r"lacks batch (\d+), the next after the database, but has batches up to (\d+)", line).groups())
    server = start("--journal-gap=ignore")
    assert f"discarded: batches {missing} to {last}" in server.log(), server.log()
    with Client(server.port) as client:
        app = client.get("/apps").expect(200).json[0]["token"]
        assert [m["number"] for m in Chat(client, f"/apps/{app}/chats/1").messages()] == [1, 2, 3, 4]


def test_older_database_beside_a_newer_journal_is_refused(confab, start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        chat.create_message("old")
    server.stop()
    older = (server.data / "confab.db").read_bytes()
    server = start()
    with Client(server.port) as client:
        chat = chat.with_client(client)
        chat.create_message("between")
    server.stop()
    server = start()
    with Client(server.port) as client:
        chat.with_client(client).create_message("newer")
    server.kill()
    remove_wal(server.data)
    (server.data / "confab.db").write_bytes(older)
    line = refusal(confab, server.data)
    assert re.search(r"lacks batch(es)? \d", line), line
    assert "--journal-gap=ignore" in line
    checked = run(confab, "check", "--data", server.data)
    assert checked.returncode == 1 and "the journal lacks batch" in checked.stdout, checked
    server = assert_serves(confab, start, chat.path, ["old"], "--journal-gap=ignore")
    assert re.search(r"discarded: batches \d+ to \d+", server.log()), server.log()


@pytest.mark.parametrize("damaged", [0, 4])
def test_damaged_record_with_whole_ones_behind_it_is_refused(confab, start, killed, damaged):
    data, path = killed
    segment = data / "confab-journal.0"
    written = bytearray(segment.read_bytes())
    at = written.index(NAMES[damaged].encode())
    written[at] ^= 1
    segment.write_bytes(written)
    line = refusal(confab, data)
    missing = damaged + 3  # the app and the chat come first
    assert f"lacks batch {missing}, the next" in line and f"up to {len(NAMES) + 2}" in line, line
    server = assert_serves(confab, start, path, NAMES[:damaged], "--journal-gap=ignore")
    assert f"discarded: batches {missing} to {len(NAMES) + 2}" in server.log()


def test_damaged_last_record_is_what_a_crash_leaves(confab, start, killed):
    data, path = killed
    segment = data / "confab-journal.0"
    written = bytearray(segment.read_bytes())
    written[written.rindex(NAMES[-1].encode())] ^= 1
    segment.write_bytes(written)
    assert_serves(confab, start, path, NAMES[:-1])


def test_journal_of_another_ledger_is_refused(confab, start, killed):
    data, _ = killed
    other = start(data="other")
    with Client(other.port) as client:
        chat = client.new_chat()
        chat.create_message("of the other")
    other.stop()
    shutil.copyfile(other.data / "confab.db", data / "confab.db")
    line = refusal(confab, data)
    assert re.search(r"the journal belongs to ledger [0-9a-f]{32}, the database belongs to ledger [0-9a-f]{32}", line), line
    server = assert_serves(confab, start, chat.path, ["of the other"], "--journal-gap=ignore")
    assert "discarded: all batches of that journal" in server.log()


def test_journal_without_its_database_is_refused(confab, killed):
    data, _ = killed
    (data / "confab.db").unlink()
    assert "whose database is missing" in refusal(confab, data)
    assert not (data / "confab.db").exists()


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_wal_without_its_database_is_refused_and_kept(confab, start, what):
    """The journal is off, so only the WAL has the writes."""
    server = start(preexec=limit_file_size(50_000_000))
    with Client(server.port) as client:
        chat = client.new_chat()
        chat.create_message("in the WAL")
    server.kill()
    database = server.data / "confab.db"
    whole = database.read_bytes()
    database.unlink()
    if what == "empty":
        database.touch()
    for options in ([], ["--journal-gap=ignore"]):
        assert "confab.db is missing or empty, and its WAL is there" in refusal(confab, server.data, *options)
    checked = run(confab, "check", "--data", server.data)
    assert checked.returncode != 0 and "its WAL is there" in checked.stderr, checked
    database.write_bytes(whole)
    assert_serves(confab, start, chat.path, ["in the WAL"])


def written_in(start, chat, *contents):
    """A server that has committed these contents. Creates the chat if there is none."""
    server = start()
    client = Client(server.port)
    chat = chat.with_client(client) if chat else client.new_chat()
    for content in contents:
        chat.create_message(content)
        assert chat.contents()[-1] == content  # a read commits
    return server, chat


def killed_after_three_runs(start):
    """A killed server with "old", "between" and "newer", and a copy of its database after the first run."""
    server, chat = written_in(start, None, "old")
    server.stop()
    older = (server.data / "confab.db").read_bytes()
    server, chat = written_in(start, chat, "between")
    server.stop()
    server, chat = written_in(start, chat, "newer")
    server.kill()
    return server, chat, older


def checkpoint(data, kind):
    """Checkpoints from another process. Idle readers of the server keep their snapshot for a second."""
    with closing(sqlite3.connect(data / "confab.db", timeout=10)) as db:
        for _ in range(100):
            busy, pages, moved = db.execute(f"pragma wal_checkpoint({kind})").fetchone()
            if not busy and pages == moved:
                return
            time.sleep(0.1)
    pytest.fail(f"{moved} of {pages} pages are in the database, busy: {busy}")


def test_older_database_beside_a_newer_wal_is_refused(confab, start):
    """SQLite applies the WAL to any database file. The batches between the two would be lost silently."""
    server, chat, older = killed_after_three_runs(start)
    database = server.data / "confab.db"
    whole = database.read_bytes()
    database.write_bytes(older)
    line = refusal(confab, server.data)
    assert re.search(r"confab.db is older than its WAL: it ends with batch (\d+), the WAL lacks batch", line), line
    assert "--journal-gap=ignore" in line
    checked = run(confab, "check", "--data", server.data)
    assert checked.returncode == 1 and "confab.db is older than its WAL" in checked.stdout, checked
    database.write_bytes(whole)
    assert_serves(confab, start, chat.path, ["old", "between", "newer"])


@pytest.mark.parametrize("later", [["restarts the WAL"], ["restarts the WAL", "newer"]])
def test_copy_of_the_database_from_before_its_wal_restarted_is_refused(confab, start, later):
    """The copy and the WAL are of one run, but the copy lacks the pages that a checkpoint wrote in between."""
    server, chat = written_in(start, None, "old")
    database = server.data / "confab.db"
    older = database.read_bytes()
    checkpoint(server.data, "restart")
    for content in later:
        chat.create_message(content)
        assert chat.contents()[-1] == content
    server.kill()
    whole = database.read_bytes()
    database.write_bytes(older)
    assert "confab.db is older than its WAL" in refusal(confab, server.data)
    database.write_bytes(whole)
    assert_serves(confab, start, chat.path, ["old", *later])


def test_older_wal_beside_a_newer_database_is_refused(confab, start):
    server, chat = written_in(start, None, "old")
    wal = server.data / "confab.db-wal"
    older = wal.read_bytes()
    chat.create_message("newer")
    assert chat.contents() == ["old", "newer"]
    checkpoint(server.data, "passive")
    server.kill()
    whole = wal.read_bytes()
    remove_wal(server.data)
    wal.write_bytes(older)
    assert "the WAL of confab.db is older than it: it ends with batch 3, confab.db with 4" in refusal(confab, server.data)
    wal.write_bytes(whole)
    assert_serves(confab, start, chat.path, ["old", "newer"])


def test_wal_of_another_ledger_is_refused(confab, start):
    server, chat = written_in(start, None, "old")
    server.stop()
    other = start(data="other")
    with Client(other.port) as client:
        stranger = client.new_chat()
        assert stranger.create_message("of the other") == 1
        stranger.contents()
    other.kill()
    wal = server.data / "confab.db-wal"
    shutil.copyfile(other.data / "confab.db-wal", wal)
    assert re.search(r"confab.db belongs to ledger [0-9a-f]{32}, its WAL belongs to ledger [0-9a-f]{32}",
                     refusal(confab, server.data))
    remove_wal(server.data)
    assert_serves(confab, start, chat.path, ["old"])


def test_old_database_starts_if_asked_once_the_newer_wal_is_away(confab, start):
    server, chat, older = killed_after_three_runs(start)
    database = server.data / "confab.db"
    database.write_bytes(older)
    assert "confab.db is older than its WAL" in refusal(confab, server.data, "--journal-gap=ignore")
    remove_wal(server.data)
    server = assert_serves(confab, start, chat.path, ["old"], "--journal-gap=ignore")
    assert "discarded: batches 4 to 5" in server.log(), server.log()


def test_batch_log_of_version_0_1_0_without_its_database_is_refused(confab, tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with tarfile.open(FIXTURES / "killed-0.1.0.tar.xz") as archive:
        archive.extractall(data)
    (data / "confab.db").unlink()
    assert "the batch log of version 0.1.0 is there" in refusal(confab, data)


def test_unknown_choice_for_a_gap_is_refused(confab, tmp_path):
    result = run(confab, "serve", "--data", tmp_path / "data", "--journal-gap=maybe")
    assert result.returncode == 2 and "journal-gap" in result.stderr


def test_disabled_journal_is_reported_once_and_by_check(confab, start):
    server = start(preexec=limit_file_size(50_000_000))
    with Client(server.port) as client:
        chat = client.new_chat()
        for name in NAMES:
            chat.create_message(name)
        assert chat.contents() == NAMES
        checked = run(confab, "check", "--data", server.data)
        assert checked.returncode == 0 and "the journal is off" in checked.stdout and "ulimit -f" in checked.stdout
    assert server.log().count("the journal is off") == 1
    server.stop()
    server = assert_serves(confab, start, chat.path, NAMES)
    assert "the journal is off" not in run(confab, "check", "--data", server.data).stdout
