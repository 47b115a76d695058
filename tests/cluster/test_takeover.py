"""A killed worker delays its clients but leaves no outcome unknown, if nodes wait longer than its lease and a takeover."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

from client import Client
from load import wait_for

WARNING = r"answer-timeout-ms is (\d+), but a worker has lease-ms (\d+)"


def test_worker_killed_under_load_leaves_no_write_in_doubt(start_cluster):
    """The lease is short, so that the test passes on a slow machine. A unit test checks the order of the defaults."""
    cluster = start_cluster(worker_options=["--lease-ms=2000"])
    with Client(cluster.nodes[0].port) as client:
        app = client.new_app()
        chats = [client.new_chat(app).messages_path for _ in range(16)]
    stop, enough = threading.Event(), threading.Semaphore(0)

    def write(path):
        """Sends no keys, so an unknown outcome would fail the test."""
        with Client(cluster.nodes[hash(path) % 2].port) as writer:
            while not stop.is_set():
                writer.post(path, {"content": "x"}).expect(201)
                enough.release()

    def wait_for_writes(count):
        for _ in range(count):
            assert enough.acquire(timeout=60)

    with ThreadPoolExecutor(len(chats)) as pool:
        running = [pool.submit(write, path) for path in chats]
        try:
            wait_for_writes(200)
            cluster.workers[0].kill()
            wait_for(lambda: owners(cluster) == 1, "the other worker has all partitions")
            wait_for_writes(200)
        finally:
            stop.set()
        for one in running:
            one.result()


def owners(cluster):
    """How many workers own partitions. None if a partition has no owner."""
    rows = cluster.engines.sql.query("select if(lease_until > utc_timestamp(6), hex(owner), null) owner from partitions group by 1")
    return len(rows) if (None,) not in rows else None


def test_node_that_waits_too_short_says_so_at_its_start(start_cluster):
    cluster = start_cluster(nodes=1, workers=1, node_options=["--answer-timeout-ms=5000"])
    node = cluster.nodes[0]
    wait_for(lambda: re.findall(WARNING, node.output()) == [("5000", "6000")], "the node warns")
    assert "Set --answer-timeout-ms to 9000 or more" in node.output()


def test_node_notices_a_worker_whose_lease_is_too_long_once(start_cluster):
    cluster = start_cluster(nodes=1, workers=1)
    node = cluster.nodes[0]
    cluster.add_worker("--lease-ms=20000")
    wait_for(lambda: re.findall(WARNING, node.output()) == [("10000", "20000")], "the node warns")


def test_client_with_an_unknown_outcome_is_asked_to_retry_with_its_key(start_cluster):
    cluster = start_cluster(nodes=1, workers=1, node_options=["--answer-timeout-ms=500"])
    with Client(cluster.nodes[0].port) as client:
        chat = client.new_chat()
        cluster.workers[0].pause()
        answer = chat.post_message("once", key="k").expect(503)
        assert answer.json["code"] == "outcome_unknown"
        assert "same Idempotency-Key" in answer.json["detail"] and "restart" not in answer.json["detail"]
        cluster.workers[0].resume()
        wait_for(lambda: chat.post_message("once", key="k").status == 201, "it is done")
        assert chat.count() == 1
