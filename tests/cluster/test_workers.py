"""Workers stop, die and restart while 32 clients write."""

import time

import pytest
from client import Client
from load import wait_for
from load_clients import LoadClients


@pytest.fixture
def cluster(start_cluster):
    """Each process reaches each engine through its own proxy."""
    return start_cluster(proxies=True)


def test_worker_paused_before_its_commit_lets_another_take_over_and_applies_nothing_twice(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        for worker in cluster.workers * 2:
            load_clients.wait_for_more(300)
            worker.pause()
            load_clients.wait_for_more(300)
            worker.resume()
    load_clients.verify()


def test_worker_killed_under_load_and_started_again_loses_and_repeats_nothing(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        for worker in cluster.workers * 3:
            load_clients.wait_for_more(300)
            worker.kill()
            load_clients.wait_for_more(300)
            worker.restart()
    load_clients.verify()


def test_workers_that_come_and_go_share_the_partitions(start_cluster, rng):
    cluster = start_cluster(workers=1)
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        load_clients.wait_for_more(200)
        for _ in range(2):
            cluster.add_worker()
        deadline = time.monotonic() + 60
        while owners := shares(cluster):
            if len(owners) == 3 and max(owners.values()) - min(owners.values()) <= 2 and sum(owners.values()) == 64:
                break
            assert time.monotonic() < deadline, owners
            time.sleep(0.2)
        load_clients.wait_for_more(200)
        assert cluster.workers[0].stop() == 0
        load_clients.wait_for_more(500)
        assert len(shares(cluster)) == 2
    load_clients.verify()


def shares(cluster):
    """How many partitions each worker owns."""
    rows = cluster.engines.sql.query("select hex(owner), count(*) from partitions where owner is not null group by owner")
    return dict(rows)


def test_worker_stopped_by_a_signal_leaves_nothing_half_done(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        for worker in cluster.workers * 2:
            load_clients.wait_for_more(200)
            assert worker.stop() == 0
            worker.restart()
    load_clients.verify()


def test_all_workers_gone_refuses_nothing_that_was_accepted_once_they_are_back(start_cluster, rng):
    cluster = start_cluster(node_options=["--answer-timeout-ms=2000"])
    load_clients = LoadClients(cluster, rng, writers=8)
    with load_clients.writing():
        load_clients.wait_for_more(50)
        for worker in cluster.workers:
            worker.kill()
        time.sleep(8)  # longer than the timeout: clients get outcome_unknown
        for worker in cluster.workers:
            worker.restart()
        load_clients.wait_for_more(100)
    load_clients.verify()


def test_killed_between_commit_and_deletion_answers_an_edit_with_its_result(start_cluster, rng):
    """Redis does not get the deletion, because the connection is cut while batches are committed. An edit with If-Match is done
    once."""
    cluster = start_cluster(workers=1, proxies=True)
    load_clients = LoadClients(cluster, rng, writers=8)
    with load_clients.writing():
        for _ in range(5):
            load_clients.wait_for_more(100)
            cluster.workers[0].proxies.redis.drop_requests()
            time.sleep(0.3)
            cluster.workers[0].kill()
            cluster.workers[0].proxies.redis.open()
            cluster.workers[0].restart()
    load_clients.verify()


def test_all_answers_lost_every_201_is_the_row_at_its_location(cluster, rng):
    """No published answer reaches a node. Nodes read the ledger instead."""
    load_clients = LoadClients(cluster, rng, chats=1)
    redis = cluster.engines.redis.client()
    with load_clients.writing():
        until = time.monotonic() + 8
        while time.monotonic() < until:
            redis.client_kill_filter(_type="pubsub")
            time.sleep(0.01)
        load_clients.wait_for_more(100)
    load_clients.verify()
    with Client(cluster.nodes[0].port) as client:
        path = load_clients.expected.chat_path(1)
        for number in rng.sample(range(1, len(load_clients)), min(200, len(load_clients) - 1)):
            if (path, number) in load_clients.expected.messages:
                (content, _), = load_clients.expected.messages[path, number]
                answer = client.get(f"{path}/messages/{number}")
                assert answer.status == 410 if content is None else answer.json["content"] == content


def test_worker_touches_its_file_while_it_works_and_not_while_it_cannot(start_cluster, tmp_path):
    alive = tmp_path / "alive"
    cluster = start_cluster(nodes=1, workers=1, proxies=True, worker_options=[f"--alive-file={alive}"])
    worker = cluster.workers[0]

    def is_touched_again():
        before = time.time()
        wait_for(lambda: alive.exists() and alive.stat().st_mtime > before, "the file is touched")

    is_touched_again()
    worker.proxies.mysql.disable()
    wait_for(lambda: alive.stat().st_mtime < time.time() - 5, "the file is not touched for 5 s")
    worker.proxies.mysql.open()
    is_touched_again()
    assert worker.stop() == 0
    assert not alive.exists()
