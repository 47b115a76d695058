"""Redis that forgets, dies, goes back in time."""

import time

import pytest
from client import Client, assert_problem
from crowd import Crowd
from libraries import MovedClock


def test_flushed_under_load_skips_and_repeats_nothing(cluster, rng):
    crowd = Crowd(cluster, rng)
    client = cluster.engines.redis.client()
    with crowd.writing():
        for _ in range(10):
            crowd.wait_for_more(100)
            client.flushall()
    crowd.judge()


def test_killed_and_started_again_goes_on(cluster, rng):
    crowd = Crowd(cluster, rng)
    with crowd.writing():
        for _ in range(3):
            crowd.wait_for_more(200)
            cluster.engines.redis.kill()
            time.sleep(0.5)
            cluster.engines.redis.restart()
            crowd.wait_for_more(200)
    crowd.judge()


def test_restored_from_an_older_append_only_file_skips_and_repeats_nothing(cluster, rng):
    crowd = Crowd(cluster, rng)
    server = cluster.engines.redis
    with crowd.writing():
        crowd.wait_for_more(200)
        server.save_data("older")
        crowd.wait_for_more(300)
        server.kill()
        server.restore_data("older")
        server.restart()
        crowd.wait_for_more(300)
        server.client().flushall()
        crowd.wait_for_more(200)
        server.kill()
        server.restore_data("older")  # of an epoch before the one that is now
        server.restart()
        crowd.wait_for_more(300)
    crowd.judge()


@pytest.fixture
def clock(engines, tmp_path):
    """Redis's clock, to be moved."""
    moved = MovedClock(tmp_path)
    engines.redis.environment = moved.environment
    engines.redis.restart()
    yield moved
    engines.redis.environment = None
    engines.redis.restart()


def test_clock_set_back_skips_and_repeats_nothing(clock, start_cluster, rng):
    """New ids then lie at or below the position: those of a stream that forgot are of another epoch, those of one that did not go on from its last."""
    cluster = start_cluster()
    crowd = Crowd(cluster, rng)
    redis = cluster.engines.redis
    with crowd.writing():
        crowd.wait_for_more(200)
        clock.move(-10)
        crowd.wait_for_more(200)
        redis.client().flushall()
        crowd.wait_for_more(200)
        redis.save_data("older")
        crowd.wait_for_more(200)
        redis.kill()
        redis.restore_data("older")
        clock.move(-20)
        redis.restart()
        crowd.wait_for_more(200)
    crowd.judge()


def test_full_refuses_with_nothing_done(start_cluster, rng):
    cluster = start_cluster(node_options=["--queue-commands-max", 5])
    crowd = Crowd(cluster, rng, chats=1, writers=16)
    for worker in cluster.workers:
        worker.pause()
    with Client(cluster.nodes[0].port) as client:
        path = crowd.told.chat_path(1) + "/messages"
        answers = [client.post(path, {"content": f"late {n}"}, {"Idempotency-Key": f"late {n}", "Prefer": "respond-async"})
                   for n in range(8)]
        assert [answer.status for answer in answers] == [202] * 5 + [503] * 3
        assert_problem(answers[-1], 503, "overloaded")
        assert int(answers[-1].headers["Retry-After"]) >= 1
        for worker in cluster.workers:
            worker.resume()
        crowd.wait_until_nothing_waits()
        listed = client.get(path).expect(200).json
        assert sorted(message["content"] for message in listed) == [f"late {n}" for n in range(5)]


def test_undecodable_entry_between_good_ones_is_one_dead_letter(cluster, rng):
    crowd = Crowd(cluster, rng, chats=1, writers=4)
    with crowd.writing():
        crowd.wait_for_more(50)
        stream = next(key for key in cluster.engines.redis.client().scan_iter("confab:*:stream", count=1000)
                      if b"stream" in key)
        cluster.engines.redis.client().xadd(stream, {"c": "no command"})
        crowd.wait_for_more(50)
    crowd.judge()
    (count,), = cluster.engines.sql.query("select count(*) from dead_letters")
    assert count == 1


def test_policy_that_throws_away_is_refused_at_start(cluster, engines):
    engines.redis.client().config_set("maxmemory-policy", "allkeys-lru")
    try:
        node = cluster.new(type(cluster.nodes[0]), 9)
        node.spawn()
        assert node.process.wait(60) == 1
        assert "noeviction" in node.log()
    finally:
        engines.redis.client().config_set("maxmemory-policy", "noeviction")
