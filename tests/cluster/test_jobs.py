"""`confab jobs`: the length of the queue, and the dead letters."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from client import Client, assert_problem
from load import wait_for
from load_clients import entries_in

TOO_LONG = "much longer than that"


@pytest.fixture
def chat(cluster):
    with Client(cluster.nodes[0].port) as client:
        yield client.new_chat()


def jobs(cluster, *words, status=0):
    return cluster.run("jobs", *words, status=status)


@contextmanager
def paused(cluster):
    """Workers do nothing meanwhile."""
    for worker in cluster.workers:
        worker.pause()
    try:
        yield
    finally:
        for worker in cluster.workers:
            worker.resume()


def refuse_long_texts(cluster):
    cluster.engines.sql.query("alter table messages modify content varchar(10)")


def accept_long_texts(cluster):
    cluster.engines.sql.query("alter table messages modify content mediumtext")


def stream_of(redis):
    """The stream of a partition that was used."""
    return next(redis.scan_iter("confab:*:epoch", count=1000)).replace(b":epoch", b":stream")


def waiting_entries(cluster):
    redis = cluster.engines.redis.client()
    return [(stream, *entry) for stream in redis.scan_iter("confab:*:stream", count=1000) for entry in redis.xrange(stream)]


def deliver_again(cluster, entries):
    """Puts the streams back to a state with these entries, as an older append-only file does."""
    redis = cluster.engines.redis.client()
    for stream in {stream for stream, _, _ in entries}:
        redis.delete(stream)
    for stream, entry, fields in entries:
        redis.xadd(stream, fields, id=entry)


def wait_until_processed(cluster):
    wait_for(lambda: entries_in(cluster.engines.redis.client()) == 0, "the entries are processed")


def refused_dead_letter(cluster, chat):
    """The id of a dead letter. The database refused the message while its column was too short."""
    refuse_long_texts(cluster)
    try:
        before, refused, after = chat.post_message("short"), chat.post_message(TOO_LONG), chat.post_message("short too")
        assert_problem(refused, 500, "rejected")
        assert (before.expect(201).json["number"], after.expect(201).json["number"]) == (1, 2)
    finally:
        accept_long_texts(cluster)
    shown = jobs(cluster, status=1)
    assert "1 dead letter\n" in shown
    _, _, token, _, number = chat.path.split("/")
    found = re.search(rf"^  (\d+)  partition (\d+), entry ([\d-]+), sent \d+\.\d s ago: create_message, app {token}, chat {number}; "
                      r"stored at .*Z: (the database refused its data: Data too long .* \(1406\))$", shown, re.M)
    dead_letter, partition, entry, reason = found.groups()
    assert logged_dead_letters(cluster) == [
        f"dead letter in partition {partition}, entry {entry}: create_message, app {token}, chat {number}: {reason} "
        "(`confab jobs` lists them)"]
    return dead_letter


def logged_dead_letters(cluster):
    """The dead letters that workers logged as errors."""
    return [found[1] for worker in cluster.workers for found in re.finditer(r"^.*\berror\b.* (dead letter .*)$", worker.output(), re.M)]


def test_waiting_commands_are_shown_by_partition(cluster, chat):
    for worker in cluster.workers:
        worker.pause()
    for number in range(7):
        chat.client.post(chat.messages_path, {"content": "x"}, {"Idempotency-Key": str(number), "Prefer": "respond-async"}).expect(202)
    shown = jobs(cluster)
    assert shown.startswith("7 commands wait in 64 partitions; ")
    assert re.search(r"^ +\d+ +7 +\d+\.\d s ", shown, re.M), shown
    for worker in cluster.workers:
        worker.resume()
    deadline = time.monotonic() + 60
    while not jobs(cluster).startswith("0 commands wait in 64 partitions; 0 partitions have no owner"):
        assert time.monotonic() < deadline, jobs(cluster)
        time.sleep(0.2)
    assert chat.count() == 7


def test_what_the_database_refused_is_kept_and_can_be_replayed(cluster, chat):
    dead_letter = refused_dead_letter(cluster, chat)
    assert f"dead letter {dead_letter} was sent again" in jobs(cluster, "replay", dead_letter)
    deadline = time.monotonic() + 60
    while chat.count() < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert chat.contents() == ["short", "short too", TOO_LONG]
    assert "0 dead letters" in jobs(cluster)
    assert entries_in(cluster.engines.redis.client()) == 0


def test_what_the_database_refused_can_be_dropped(cluster, chat):
    dead_letter = refused_dead_letter(cluster, chat)
    assert f"dead letter {dead_letter} is dropped" in jobs(cluster, "drop", dead_letter)
    assert "0 dead letters" in jobs(cluster)
    jobs(cluster, "drop", dead_letter, status=1)
    jobs(cluster, "replay", dead_letter, status=1)
    assert chat.contents() == ["short", "short too"]


def refused_entry(cluster, chat, send):
    """The id of the dead letter of this request, and its entry."""
    with Client(cluster.nodes[0].port) as other, ThreadPoolExecutor(1) as background:
        with paused(cluster):
            answer = background.submit(send, chat.with_client(other))
            wait_for(lambda: waiting_entries(cluster), "the command is sent")
            entries = waiting_entries(cluster)
            refuse_long_texts(cluster)
        assert_problem(answer.result(), 500, "rejected")
    accept_long_texts(cluster)
    dead_letter, = re.findall(r"^  (\d+)  partition", jobs(cluster, status=1), re.M)
    return dead_letter, entries


@pytest.mark.parametrize(("send", "contents"), [
    (lambda chat: chat.post_message(TOO_LONG), ["short", TOO_LONG]),
    (lambda chat: chat.edit(1, TOO_LONG), [TOO_LONG])], ids=["message", "edit"])
def test_dead_letter_is_executed_once_however_often_it_is_sent_and_delivered(cluster, chat, send, contents):
    chat.create_message("short")
    dead_letter, first = refused_entry(cluster, chat, send)
    with paused(cluster):
        for _ in range(2):
            assert f"dead letter {dead_letter} was sent again" in jobs(cluster, "replay", dead_letter)
        assert "1 dead letter\n" in jobs(cluster, status=1)
        replays = waiting_entries(cluster)
    wait_until_processed(cluster)
    assert (len(first), len(replays)) == (1, 2)
    for delivered in (replays[1:], first + replays, first):
        with paused(cluster):
            deliver_again(cluster, delivered)
        wait_until_processed(cluster)
        assert chat.contents() == contents
        assert "0 dead letters" in jobs(cluster)
    assert "there is no dead letter" in cluster.refusal("jobs", "replay", dead_letter)
    cluster.run("check")


def test_dropped_dead_letter_stays_dropped_when_redis_delivers_it_again(cluster, chat):
    dead_letter, first = refused_entry(cluster, chat, lambda chat: chat.post_message(TOO_LONG))
    with paused(cluster):
        jobs(cluster, "replay", dead_letter)
        jobs(cluster, "drop", dead_letter)
        deliver_again(cluster, first + waiting_entries(cluster))
    wait_until_processed(cluster)
    assert chat.contents() == []


def test_dead_letter_that_cannot_be_read_is_not_sent_again(cluster, chat):
    chat.create_message("so that there is a stream")
    redis = cluster.engines.redis.client()
    redis.xadd(stream_of(redis), {"c": "no command"})
    wait_until_processed(cluster)
    dead_letter, = re.findall(r"^  (\d+)  partition", jobs(cluster, status=1), re.M)
    assert "cannot read" in cluster.refusal("jobs", "replay", dead_letter)
    assert "1 dead letter\n" in jobs(cluster, status=1)


def test_flood_of_what_cannot_be_read_is_logged_up_to_a_limit_and_listed_whole(cluster, chat):
    chat.create_message("so that there is a stream")
    redis = cluster.engines.redis.client()
    stream = stream_of(redis)
    for number in range(50):
        redis.xadd(stream, {"c": f"no command {number}"})
    wait_for(lambda: entries_in(redis) == 0, "the entries are processed")
    shown = jobs(cluster, status=1)
    assert "50 dead letters" in shown
    assert len(re.findall(r"^  \d+  partition \d+, entry [\d-]+, sent .* ago: unreadable; stored at .*Z: it cannot be read$", shown, re.M)) == 50
    # One worker logs them, because they are of one partition.
    assert len(logged_dead_letters(cluster)) == 20


def test_dead_letter_that_is_unknown_is_named_without_redis(cluster):
    assert "there is no dead letter 999" in cluster.refusal("jobs", "replay", 999, "--redis", "redis://127.0.0.1:1")


@pytest.mark.parametrize("words", [["replay"], ["drop", "x"], ["erase", "1"], ["drop", "1", "2"]])
def test_unknown_arguments_are_refused(cluster, words):
    jobs(cluster, *words, status=2)


