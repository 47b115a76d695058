"""A sync hangs until the test releases it. Writes wait, reads do not, and no write is acknowledged early."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from client import REFUSED, Chat, Client, assert_problem
from load import wait_for
from server import run
from wire import Wire, post_json


class BlockedDisk:
    """Syncs wait from block() to unblock()."""

    def __init__(self, file):
        self.file = file
        self.waiting = file.with_name(file.name + ".waiting")

    def block(self):
        self.file.touch()

    def unblock(self):
        self.file.unlink(missing_ok=True)

    def wait_until_asked(self):
        wait_for(self.waiting.exists, "a write asks for a sync")


@pytest.fixture
def disk(tmp_path):
    disk = BlockedDisk(tmp_path / "hold")
    yield disk
    disk.unblock()


@pytest.fixture
def start_blockable(start, fault_library, disk):
    def start_it(*options):
        environment = {"LD_PRELOAD": str(fault_library("held_sync")), "FAULT_HOLD": str(disk.file)}
        return start(*options, environment=environment)
    return start_it


@pytest.fixture
def pool(disk):
    with ThreadPoolExecutor(80) as pool:
        yield pool
        disk.unblock()


def in_background(pool, port, job):
    """Runs job(client) on a connection of its own."""
    def run_it():
        with Client(port) as client:
            return job(client)

    return pool.submit(run_it)


def post_in_background(pool, port, chat, content, key=None):
    return in_background(pool, port, lambda client: chat.with_client(client).post_message(content, key))


def new_chat(port):
    with Client(port) as client:
        return client.new_chat()


def test_unsynced_message_is_neither_acknowledged_nor_visible(start_blockable, disk, pool):
    port = start_blockable().port
    chat = new_chat(port)
    with Client(port) as reader:
        chat = chat.with_client(reader)
        disk.block()
        pending = post_in_background(pool, port, chat, "in between")
        disk.wait_until_asked()
        for _ in range(20):
            assert_problem(chat.read(1), 404, "not_found")
            assert chat.contents() == [] and chat.count() == 0 and chat.find("between") == []
        assert not pending.done()
        disk.unblock()
        assert pending.result().expect(201).json["number"] == 1
        assert chat.contents() == ["in between"]


def test_unsynced_edit_and_deletion_are_neither_acknowledged_nor_visible(start_blockable, disk, pool):
    port = start_blockable().port
    chat = new_chat(port)
    with Client(port) as reader:
        chat = chat.with_client(reader)
        for content in ("first text", "second text"):
            chat.create_message(content)
        before = chat.page(limit=9)
        disk.block()
        edited = in_background(pool, port, lambda client: chat.with_client(client).edit(1, "changed"))
        disk.wait_until_asked()
        deleted = in_background(pool, port, lambda client: chat.with_client(client).delete(2))
        for _ in range(20):
            again = chat.page(limit=9)
            assert (again.raw, again.headers["Last-Event-ID"]) == (before.raw, before.headers["Last-Event-ID"])
            assert chat.find("text") == [2, 1] and chat.find("changed") == []
            assert chat.read(1).headers["ETag"] == '"1"' and len(chat.versions(1).expect(200).json) == 1
            chat.read(2).expect(200)
        assert not edited.done() and not deleted.done()
        disk.unblock()
        assert edited.result().expect(200).json["content"] == "changed"
        deleted.result().expect(204)
        assert [message["content"] for message in chat.messages()] == ["changed", None]
        assert chat.find("text") == [] and chat.find("changed") == [1]


def test_conditional_edits_that_wait_together_are_decided_one_by_one(start_blockable, disk, pool):
    port = start_blockable().port
    chat = new_chat(port)
    with Client(port) as reader:
        chat.with_client(reader).create_message("draft")
    disk.block()
    first = post_in_background(pool, port, chat, "takes the sync")
    disk.wait_until_asked()
    waiting = [in_background(pool, port, lambda client, i=i: chat.with_client(client).edit(1, f"{i}", if_match='"1"'))
               for i in range(20)]
    disk.unblock()
    statuses = sorted(one.result().status for one in waiting)
    assert statuses == [200] + [412] * 19 and first.result().status == 201
    with Client(port) as client:
        assert [entry["version"] for entry in chat.with_client(client).versions(1).json] == [1, 2]


def test_reads_go_on_while_a_sync_hangs(start_blockable, disk, pool):
    port = start_blockable().port
    chat = new_chat(port)
    with Client(port) as reader:
        chat = chat.with_client(reader)
        contents = [f"message {chat.create_message('x')}" for _ in range(3)]
        for number, content in enumerate(contents, 1):
            chat.edit(number, content).expect(200)
        disk.block()
        pending = [post_in_background(pool, port, chat, f"waits {i}") for i in range(40)]
        disk.wait_until_asked()
        for _ in range(20):
            assert chat.contents() == contents and chat.find("message") == [3, 2, 1]
        assert not any(one.done() for one in pending)
        disk.unblock()
        assert sorted(one.result().expect(201).json["number"] for one in pending) == list(range(4, 44))


def test_full_queue_answers_503_and_keeps_exactly_what_it_took(start_blockable, disk, pool):
    port = start_blockable("--queue-commands-max", 2, "--batch-commands-max", 1).port
    chat = new_chat(port)
    disk.block()
    first = post_in_background(pool, port, chat, "first")
    disk.wait_until_asked()
    rest = {f"message {i}": post_in_background(pool, port, chat, f"message {i}") for i in range(64)}
    wait_for(lambda: sum(one.done() for one in rest.values()) >= 62, "all but two are answered while the sync hangs")
    for one in rest.values():
        if one.done():
            assert_problem(one.result(), 503, "overloaded")
            assert int(one.result().headers["Retry-After"]) > 0
    disk.unblock()
    kept = {content for content, one in rest.items() if one.result().status == 201}
    assert 1 <= len(kept) <= 2
    assert first.result().expect(201).json["number"] == 1
    with Client(port) as client:
        contents = chat.with_client(client).contents()
        assert contents[0] == "first" and set(contents[1:]) == kept and len(contents) == 1 + len(kept)
        assert chat.with_client(client).create_message("accepted again") == len(contents) + 1


def test_queue_is_bounded_in_bytes_too(start_blockable, disk, pool):
    port = start_blockable("--queue-bytes-max", 2**20, "--batch-commands-max", 1).port
    chat = new_chat(port)
    disk.block()
    first = post_in_background(pool, port, chat, "first")
    disk.wait_until_asked()
    rest = [post_in_background(pool, port, chat, f"{i}" + "x" * 60000) for i in range(40)]
    wait_for(lambda: sum(one.done() for one in rest) >= 23, "writes beyond the limit are answered while the sync hangs")
    assert {one.result().status for one in rest if one.done()} == {503}
    disk.unblock()
    first.result().expect(201)
    kept = sum(one.result().status == 201 for one in rest)
    assert 1 <= kept <= 2**20 // 60000
    with Client(port) as client:
        assert chat.with_client(client).count() == 1 + kept


def test_retry_while_the_first_still_waits_gets_its_answer(start_blockable, disk, pool):
    port = start_blockable().port
    chat = new_chat(port)
    disk.block()
    first = post_in_background(pool, port, chat, "once", "key")
    disk.wait_until_asked()
    retries = [post_in_background(pool, port, chat, "once", "key") for _ in range(10)]
    other = post_in_background(pool, port, chat, "other payload", "key")
    disk.unblock()
    answers = [first.result(), *(one.result() for one in retries)]
    assert [answer.expect(201).json["number"] for answer in answers] == [1] * 11
    assert ["Idempotent-Replayed" in answer.headers for answer in answers] == [False] + [True] * 10
    assert_problem(other.result(), 422, "key_reused")
    with Client(port) as client:
        assert chat.with_client(client).contents() == ["once"]


def test_client_gone_while_it_waited_leaves_one_message_for_its_retry(start_blockable, disk):
    port = start_blockable().port
    chat = new_chat(port)
    disk.block()
    with Wire(port) as wire:
        wire.send(post_json(chat.messages_path, b'{"content":"once"}', "Idempotency-Key: key"))
        disk.wait_until_asked()
    disk.unblock()
    with Client(port) as client:
        assert chat.with_client(client).post_message("once", "key").expect(201).json["number"] == 1
        assert chat.with_client(client).contents() == ["once"]


def test_killed_before_the_sync_keeps_acknowledged_writes_and_applies_each_retry_once(confab, start_blockable, start, disk, pool):
    server = start_blockable()
    chat = new_chat(server.port)
    with Client(server.port) as client:
        chat.with_client(client).post_message("acknowledged", "acknowledged").expect(201)
    disk.block()
    lost = [post_in_background(pool, server.port, chat, f"lost {i}", f"key {i}") for i in range(20)]
    disk.wait_until_asked()
    server.kill()
    disk.unblock()
    assert all(one.exception() is not None for one in lost)
    with Client(start().port) as client:
        chat = Chat(client, chat.path)
        assert chat.post_message("acknowledged", "acknowledged").expect(201).headers["Idempotent-Replayed"] == "true"
        for i in range(20):
            assert chat.content(chat.post_message(f"lost {i}", f"key {i}").expect(201).json["number"]) == f"lost {i}"
        assert sorted(chat.contents()) == sorted(["acknowledged", *(f"lost {i}" for i in range(20))])
    assert run(confab, "check", "--data", server.data).returncode == 0


def outcome(pending):
    try:
        return pending.result().status
    except REFUSED:
        return "refused"


def test_sigterm_while_a_sync_hangs_answers_those_who_wait(start_blockable, start, disk, pool):
    server = start_blockable()
    chat = new_chat(server.port)
    disk.block()
    pending = [post_in_background(pool, server.port, chat, f"message {i}") for i in range(20)]
    disk.wait_until_asked()
    server.terminate()
    disk.unblock()
    outcomes = [outcome(one) for one in pending]
    assert server.wait() == 0
    assert 201 in outcomes
    assert set(outcomes) <= {201, 503, "refused"}
    with Client(start().port) as client:
        assert len(Chat(client, chat.path).contents()) == outcomes.count(201)
