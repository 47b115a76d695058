"""The disk fails or is full. No acknowledged write is lost, and no write is acknowledged before it is durable."""

import re

import pytest
from client import Chat, Client, assert_problem
from load import run_concurrently
from server import limit_file_size, run


def assert_retry_after(answer, code):
    assert_problem(answer, 503, code)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture
def start_failing(start, fault_library, tmp_path):
    """A server, and a path: the server's syncs fail while a file is there."""
    fault = tmp_path / "fail"
    server = start(environment={"LD_PRELOAD": str(fault_library("failing_sync")), "FAULT_SYNC": str(fault)})
    return server, fault


def assert_sound_after_restart(confab, start, path, acknowledged, doubtful):
    """After a restart every acknowledged message is stored, each doubtful one at most once, and the server works."""
    server = start()
    with Client(server.port) as client:
        chat = Chat(client, path)
        contents = chat.contents()
        assert contents[:len(acknowledged)] == acknowledged
        assert len(set(contents)) == len(contents) and set(contents[len(acknowledged):]) <= set(doubtful)
        assert chat.create_message("works again") == len(contents) + 1
        assert run(confab, "check", "--data", server.data).returncode == 0
    server.stop()


def test_failed_sync_is_outcome_unknown_then_refuses_writes_and_serves_reads(confab, start, start_failing):
    server, fault = start_failing
    with Client(server.port) as client:
        app = client.new_app()
        chat = client.new_chat(app)
        acknowledged = [f"kept {chat.create_message(f'kept {n}')}" for n in range(1, 11)]
        fault.touch()
        assert_retry_after(chat.post_message("doubtful"), "outcome_unknown")
        fault.unlink()  # syncs succeed again, but the pages of the failed one may be lost
        for answer in (chat.post_message("refused"), chat.edit(1, "refused"), client.post(app + "/chats"),
                       client.post("/apps", {"name": "refused"}), client.put(app, {"name": "refused"})):
            assert_retry_after(answer, "writes_closed")
        assert chat.contents()[:10] == acknowledged and chat.content(1) == "kept 1" and chat.find("kept 7") == [7]
        assert client.get(app).expect(200).json["chats_count"] == 1
    server.stop()
    assert (server.data / "confab.db-wal").exists(), "after a failed sync only the next start may checkpoint the WAL"
    assert_sound_after_restart(confab, start, chat.path, acknowledged, {"doubtful"})


def test_failed_sync_under_load_keeps_every_acknowledged_write(confab, start, start_failing):
    server, fault = start_failing
    with Client(server.port) as client:
        path = client.new_chat().path

    def write(index, client):
        answers = []
        for turn in range(30):
            if (index, turn) == (0, 10):
                fault.touch()
            answers.append((f"{index}.{turn}", Chat(client, path).post_message(f"{index}.{turn}")))
        return answers

    answers = [one for ones in run_concurrently(server.port, 16, write) for one in ones]
    acknowledged = {answer.json["number"]: content for content, answer in answers if answer.status == 201}
    refused = [(content, answer.expect(503).json["code"]) for content, answer in answers if answer.status != 201]
    doubtful = {content for content, code in refused if code == "outcome_unknown"}
    assert doubtful and {code for _, code in refused} <= {"outcome_unknown", "writes_closed"}
    server.kill()
    assert sorted(acknowledged) == list(range(1, len(acknowledged) + 1))
    assert_sound_after_restart(confab, start, path, [acknowledged[n] for n in range(1, len(acknowledged) + 1)], doubtful)


def test_retry_after_a_failed_sync_and_a_restart_creates_one(start, start_failing):
    server, fault = start_failing
    with Client(server.port) as client:
        path = client.new_chat().path
        fault.touch()
        assert_retry_after(Chat(client, path).post_message("once", key="k"), "outcome_unknown")
        assert_retry_after(Chat(client, path).post_message("once", key="k"), "writes_closed")
    server.kill()
    with Client(start().port) as client:
        for _ in range(3):
            assert Chat(client, path).post_message("once", key="k").expect(201).json["number"] == 1
        assert Chat(client, path).contents() == ["once"]


def test_failed_sync_leaves_an_edit_and_a_deletion_done_or_not(confab, start, start_failing):
    server, fault = start_failing
    with Client(server.port) as client:
        chat = client.new_chat()
        for number in (1, 2, 3):
            chat.create_message(f"message {number}")
        chat.delete(3).expect(204)
        fault.touch()
        assert_retry_after(chat.delete(2), "outcome_unknown")
        for answer in (chat.edit(1, "refused"), chat.delete(1)):
            assert_retry_after(answer, "writes_closed")
        assert chat.content(1) == "message 1"
    server.kill()
    server = start()
    with Client(server.port) as client:
        messages = Chat(client, chat.path).messages()
        assert messages[0]["content"] == "message 1" and messages[2]["content"] is None
        assert (messages[1]["content"], messages[1]["version"]) in (("message 2", 1), (None, 2))
        Chat(client, chat.path).delete(2).expect(204)
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0


@pytest.mark.parametrize("size", [600_000, 3_000_000, 9_000_000])
def test_full_disk_loses_nothing_acknowledged(confab, start, size):
    server = start(preexec=limit_file_size(size))
    contents = [f"message {n} {'x' * 8000}" for n in range(1, 3000)]
    acknowledged = []
    with Client(server.port) as client:
        chat = client.new_chat()
        for content in contents:
            answer = chat.post_message(content)
            if answer.status != 201:
                break
            acknowledged.append(content)
        assert_problem(answer, 503, answer.json["code"])
        assert re.fullmatch(r"\d+", answer.headers["Retry-After"])
        assert chat.contents()[:len(acknowledged)] == acknowledged
    server.terminate()
    server.wait()
    assert len(acknowledged) > 10
    assert_sound_after_restart(confab, start, chat.path, acknowledged, {content})
