"""`confab check` accepts the data that the server wrote and finds every kind of damage."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from client import Client
from load import run_concurrently
from server import Server, run


def check(confab, data):
    result = run(confab, "check", "--data", data)
    assert result.returncode in (0, 1), result
    return result


@pytest.fixture(scope="module")
def sound(confab, tmp_path_factory):
    """A stopped server's data: two apps with three chats of five messages, some edited, some deleted, with keys."""
    server = Server(confab, tmp_path_factory.mktemp("sound") / "data").wait_until_listening()
    try:
        with Client(server.port) as client:
            for chat in [client.new_chat(app) for app in [client.new_app() for _ in range(2)] for _ in range(3)]:
                for i in range(5):
                    chat.post_message(f"message {i}", key=f"k{i}").expect(201)
                chat.edit(3, "edited").expect(200)
                chat.edit(4, "edited").expect(200)
                chat.delete(4).expect(204)
        server.stop()
    finally:
        server.kill()
    return server.data


def test_check_reports_batches_missing_from_the_database_of_a_killed_server(confab, start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        chat.create_message("only in the journal")
    server.kill()
    for file in ("confab.db-wal", "confab.db-shm"):  # as a power cut may leave it
        (server.data / file).unlink()
    result = check(confab, server.data)
    assert result.returncode == 0 and result.stdout.startswith("0 apps")
    assert "not counted: 3 batches" in result.stdout
    server = start()
    with Client(server.port) as client:
        assert chat.with_client(client).contents() == ["only in the journal"]
    server.stop()
    result = check(confab, server.data)
    assert result.stdout.startswith("1 app, 1 chat, 1 message, 0 changes, 0 messages in the search index: "), result
    assert "not counted" not in result.stdout


@pytest.fixture
def data(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "copy")


def damage(data, *statements):
    with closing(sqlite3.connect(data / "confab.db")) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount > 0, statement


def test_sound_data_has_no_findings(confab, data):
    assert check(confab, data).returncode == 0


LAST = "(SELECT max(id) FROM chats)"
DAMAGES = {
    "first message missing": f"DELETE FROM messages WHERE id = ({LAST} << 32 | 1)",
    "middle message missing": f"DELETE FROM messages WHERE id = ({LAST} << 32 | 3)",
    "last message missing": f"DELETE FROM messages WHERE id = ({LAST} << 32 | 5)",
    "all messages of a chat missing": f"DELETE FROM messages WHERE id >> 32 = {LAST}",
    "messages_count too large": f"UPDATE chats SET messages_count = messages_count + 1 WHERE id = {LAST}",
    "messages_count too small": f"UPDATE chats SET messages_count = messages_count - 1 WHERE id = {LAST}",
    "chats_count too large": "UPDATE apps SET chats_count = chats_count + 1 WHERE id = (SELECT min(id) FROM apps)",
    "chats_count too small": "UPDATE apps SET chats_count = chats_count - 1 WHERE id = (SELECT max(id) FROM apps)",
    "message moved beyond the count": f"UPDATE messages SET id = id + 1 WHERE id = ({LAST} << 32 | 5)",
    "message of a missing chat": f"UPDATE messages SET id = (({LAST} + 7) << 32 | 1) WHERE id = ({LAST} << 32 | 5)",
    "chat missing in the middle": "DELETE FROM chats WHERE number = 2 AND app_id = (SELECT min(id) FROM apps)",
    "chat number moved": f"UPDATE chats SET number = number + 1 WHERE id = {LAST}",
    "changes_count too large": f"UPDATE chats SET changes_count = changes_count + 1 WHERE id = {LAST}",
    "key's hash too long": "UPDATE idempotency SET key_hash = CAST(key_hash || x'00' AS BLOB)",
    "key's fingerprint too short": "UPDATE idempotency SET fingerprint = substr(fingerprint, 1, 31)",
    "text not UTF-8": f"UPDATE messages SET content = CAST(x'6772c320' AS TEXT) WHERE id = ({LAST} << 32 | 3)",
    "change missing": "DELETE FROM changes WHERE id = (SELECT max(id) FROM changes)",
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_found(confab, data, kind):
    damage(data, DAMAGES[kind])
    result = check(confab, data)
    assert result.returncode == 1 and result.stdout.strip(), (kind, result)


UNREADABLE = {
    "token too short": "UPDATE apps SET token = 'short' WHERE id = (SELECT min(id) FROM apps)",
    "token too long": "UPDATE apps SET token = token || 'x' WHERE id = (SELECT max(id) FROM apps)",
    "token with an invalid character": "UPDATE apps SET token = '/' || substr(token, 2)",
    "token empty": "UPDATE apps SET token = '' WHERE id = (SELECT max(id) FROM apps)",
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_damaged_token_is_a_finding_beside_the_others(confab, data, kind):
    damage(data, UNREADABLE[kind])
    alone = check(confab, data)
    assert alone.returncode == 1 and "token" in alone.stdout and alone.stderr == "", alone
    damage(data, DAMAGES["last message missing"])
    both = check(confab, data)
    assert both.returncode == 1 and len(both.stdout.splitlines()) > len(alone.stdout.splitlines()), both


def test_extra_message_beyond_the_count_is_found(confab, data):
    with closing(sqlite3.connect(data / "confab.db")) as database, database:
        names = [column[1] for column in database.execute("PRAGMA table_info(messages)")]
        columns = ", ".join(name for name in names if name != "id")
        added = database.execute(f"INSERT INTO messages(id, {columns}) SELECT id + 1, {columns} FROM messages "
                                 f"WHERE id = ({LAST} << 32 | 5)")
        assert added.rowcount == 1
    result = check(confab, data)
    assert result.returncode == 1 and result.stdout.strip(), result


def test_check_changes_nothing(confab, data):
    before = (data / "confab.db").read_bytes()
    check(confab, data)
    assert (data / "confab.db").read_bytes() == before


def test_check_beside_a_server_under_load_finds_nothing(confab, start):
    server = start()
    with Client(server.port) as client:
        chats = [client.new_chat() for _ in range(4)]

    def write(index, client):
        chat = chats[index % 4].with_client(client)
        for turn in range(100):
            number = chat.create_message(f"{index}.{turn}")
            chat.edit(number, "edited").expect(200)
            if turn % 3 == 0:
                chat.delete(number).expect(204)

    def check_or_write(index, client):
        return [check(confab, server.data).returncode for _ in range(5)] if index == 0 else write(index, client)

    assert run_concurrently(server.port, 9, check_or_write)[0] == [0] * 5
    assert check(confab, server.data).returncode == 0


def test_check_without_data_says_so(confab, tmp_path):
    result = run(confab, "check", "--data", tmp_path / "nowhere")
    assert result.returncode > 0
    assert result.stderr.startswith("confab: ") and result.stderr.count("\n") == 1, result
    assert not (tmp_path / "nowhere").exists()


def test_check_of_an_unreadable_folder_reports_the_reason(confab, tmp_path):
    result = run(confab, "check", "--data", tmp_path / ("x" * 300))
    assert result.returncode > 0
    assert result.stderr.startswith("confab: /") and result.stderr.count("\n") == 1, result


def test_check_of_a_truncated_file_fails(confab, data):
    path = data / "confab.db"
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    assert run(confab, "check", "--data", data).returncode > 0
