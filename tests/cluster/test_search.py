"""Search over the shared index is exact and immediate while the index is behind, missing or being rebuilt."""

import threading
import time
from contextlib import contextmanager

import pytest
from client import Chat, Client
from load import fill, wait_for

INDEX_SOON = ["--index-after-messages=50", "--index-pause-ms=10"]


@pytest.fixture
def cluster(start_cluster):
    return start_cluster(proxies=True, worker_options=INDEX_SOON)


def wait_until_indexed(cluster, messages):
    def is_so():
        return int(cluster.engines.sql.query("select coalesce(sum(messages), 0) from index_progress")[0][0]) >= messages

    wait_for(is_so, f"{messages} messages in the index")


def filled(client, count):
    chat = client.new_chat()
    fill(chat, ["a common text"] * count)
    return chat


def test_found_immediately_whether_indexed_or_not(cluster, client):
    chat = filled(client, 400)
    wait_until_indexed(cluster, 350)
    for worker in cluster.workers:
        worker.proxies.elasticsearch.disable()  # no further message is indexed
    assert chat.find("common") == list(range(400, 0, -1))
    chat.create_message("a rare text")
    assert chat.find("rare") == [401]
    chat.edit(7, "an edited text").expect(200)
    assert chat.find("edited") == [7]
    chat.delete(8).expect(204)
    assert chat.find("common") == [n for n in range(400, 0, -1) if n not in (7, 8)]
    for worker in cluster.workers:
        worker.proxies.elasticsearch.open()
    chat.edit(9, "an edited text").expect(200)
    cluster.run("check")


def test_engine_down_for_a_while_costs_no_write_and_no_hit(cluster, client):
    chat = filled(client, 400)
    wait_until_indexed(cluster, 350)
    cluster.engines.elasticsearch.kill()
    down = time.monotonic()
    for n in range(401, 481):
        chat.create_message("sent while it was down")
        if n % 20 == 0:
            assert chat.find("common") == list(range(400, 0, -1))
            assert chat.find("while it was down") == list(range(n, 400, -1))
    chat.delete(1).expect(204)
    time.sleep(max(0, 20 - (time.monotonic() - down)))
    cluster.engines.elasticsearch.restart()
    wait_until_indexed(cluster, 450)
    assert chat.find("while it was down") == list(range(480, 400, -1))
    assert chat.find("common") == list(range(400, 1, -1))
    cluster.run("check")


def test_silent_engine_makes_searches_scan(cluster, client):
    chat = filled(client, 400)
    wait_until_indexed(cluster, 350)
    cluster.engines.elasticsearch.pause()
    try:
        for _ in range(10):  # each within the time limit of a search, or it would be refused
            assert chat.find("common") == list(range(400, 0, -1))
    finally:
        cluster.engines.elasticsearch.resume()
    cluster.run("check")


def test_messages_left_unindexed_by_a_dead_worker_are_indexed_by_another(start_cluster):
    """The worker that wrote them cannot reach Elasticsearch and dies. The other one reads the index notes, which were committed
    with the writes."""
    cluster = start_cluster(workers=1, proxies=True, worker_options=INDEX_SOON)
    writer = cluster.workers[0]
    writer.proxies.elasticsearch.disable()
    with Client(cluster.front.port) as client:
        cluster.add_worker()
        wait_for(lambda: owned_by_both(cluster), "both workers own partitions")
        chats = [filled(client, 120) for _ in range(6)]
        chats[0].edit(3, "an edited text").expect(200)
        writer.kill()
        wait_until_indexed(cluster, 6 * 100)  # the rest of each chat, less than 50 messages, may wait
        wait_for(lambda: cluster.engines.sql.query("select count(*) from index_notes") == ((0,),), "all index notes are processed")
        assert chats[0].find("edited") == [3]
    cluster.run("check")


def owned_by_both(cluster):
    return len(cluster.engines.sql.query("select distinct owner from partitions where owner is not null")) == 2


def test_reindex_is_not_noticed_by_who_searches(cluster, client):
    chat = filled(client, 800)
    wait_until_indexed(cluster, 750)
    done = threading.Event()
    looks = []

    def search():
        with Client(cluster.front.port) as own:
            mine = chat.with_client(own)
            while not done.is_set():
                looks.append(mine.find("common") == list(range(800, 0, -1)))

    searching = threading.Thread(target=search)
    searching.start()
    try:
        output = cluster.run("reindex", "--index-after-messages=50")
    finally:
        done.set()
        searching.join()
    assert "800 messages of 1 chat " in output
    assert looks and all(looks)
    chat.create_message("said after it")
    assert chat.find("after") == [801]
    cluster.run("check")


def test_cluster_without_engine_scans_and_can_add_one_later(start_cluster, shared_engines):
    engine = shared_engines.elasticsearch
    with without(shared_engines, engine):
        cluster = start_cluster(nodes=1, workers=1)
        with Client(cluster.front.port) as client:
            chat = filled(client, 300)
            chat.edit(7, "an edited text").expect(200)
            chat.delete(8).expect(204)
            assert chat.find("common") == [n for n in range(300, 0, -1) if n not in (7, 8)]
            assert chat.find("edited") == [7]
            path = chat.path
        assert cluster.engines.sql.query("select count(*) from index_notes") == ((0,),)
        cluster.run("reindex", status=2)
        cluster.run("check")
        cluster.close()
    cluster = start_cluster(nodes=1, workers=1, worker_options=INDEX_SOON)
    wait_until_indexed(cluster, 300)
    with Client(cluster.front.port) as client:
        assert Chat(client, path).find("common") == [n for n in range(300, 0, -1) if n not in (7, 8)]
    cluster.run("check")


@contextmanager
def without(engines, engine):
    """Clusters that start within the block get no URL of the engine."""
    place = engines.all.index(engine)
    engines.all.remove(engine)
    try:
        yield
    finally:
        engines.all.insert(place, engine)
