"""All nodes are equal: a write acknowledged by one is immediately visible through every other."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from client import Chat, Client, assert_problem
from load_clients import LoadClients
from services.sql_server import ADMIN


@pytest.fixture
def pair(cluster):
    with Client(cluster.nodes[0].port) as one, Client(cluster.nodes[1].port) as other:
        yield one, other


def test_what_one_node_wrote_every_other_reads_pages_finds_retries_and_checks(pair):
    one, other = pair
    chat = one.new_chat()
    there = chat.with_client(other)
    for number in range(1, 31):
        assert chat.create_message(f"message {number}") == number
        assert there.content(number) == f"message {number}"
    assert [m["number"] for m in there.page(limit=5, order="desc").json] == [30, 29, 28, 27, 26]
    assert there.find("MESSAGE 1") == [*range(19, 9, -1), 1]
    key = {"Idempotency-Key": "k"}
    first = one.post(chat.messages_path, {"content": "once"}, key).expect(201)
    again = other.post(chat.messages_path, {"content": "once"}, key).expect(201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert_problem(other.post(chat.messages_path, {"content": "else"}, key), 422, "key_reused")
    assert chat.edit(31, "edited").expect(200).json["version"] == 2
    assert_problem(there.edit(31, "late", if_match='"1"'), 412, "version_mismatch")
    assert there.edit(31, "in time", if_match='"2"').expect(200).json["version"] == 3
    assert chat.find("in time") == [31] and chat.find("edited") == []
    there.delete(31).expect(204)
    assert_problem(chat.read(31), 410, "deleted")
    assert chat.find("in time") == []
    assert chat.page().headers["Last-Event-ID"] == there.page().headers["Last-Event-ID"]


@pytest.fixture
def small_redis(cluster):
    redis = cluster.engines.redis.client()
    redis.config_set("maxmemory", 100_000_000)
    yield
    redis.config_set("maxmemory", 0)


def test_redis_that_is_full_before_the_queue_is_warned_of_with_both_figures(cluster, small_redis):
    def said_with(number, queue_bytes_max):
        node = cluster.new(type(cluster.nodes[0]), number, [f"--queue-bytes-max={queue_bytes_max}"])
        with node:
            return node.output()

    warning = ("has a maxmemory of 100000000 bytes, less than the 128000000 bytes that the queue may hold "
               "(queue-bytes-max 2000000, partitions 64): raise maxmemory")
    assert warning in said_with(8, 2_000_000)
    assert "maxmemory" not in said_with(9, 1_500_000)


def at_once(pair, path, parameters, key):
    """Sends the same creation through both nodes concurrently."""
    start = threading.Barrier(2)

    def post(client):
        start.wait()
        return client.post(path, parameters, {"Idempotency-Key": key}).expect(201)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(post, pair))


def collections(client):
    chat = client.new_chat()
    app = chat.path.rsplit("/chats/", 1)[0]
    return [("/apps", {"name": "one"}), (app + "/chats", None), (chat.messages_path, {"content": "one"})]


def test_one_key_through_two_nodes_at_once_makes_one(pair):
    for path, parameters in collections(pair[0]):
        for turn in range(30):
            answers = at_once(pair, path, parameters, f"key {turn}")
            assert answers[0].headers["Location"] == answers[1].headers["Location"]
            assert sorted(a.headers.get("Idempotent-Replayed", "") for a in answers) == ["", "true"]


def test_one_key_makes_one_when_redis_forgets_in_between(cluster, pair):
    redis = cluster.engines.redis.client()
    for path, parameters in collections(pair[0]):
        for turn in range(10):
            first = pair[turn % 2].post(path, parameters, {"Idempotency-Key": f"key {turn}"}).expect(201)
            redis.flushall()
            again = pair[1 - turn % 2].post(path, parameters, {"Idempotency-Key": f"key {turn}"}).expect(201)
            assert again.headers["Location"] == first.headers["Location"]
            assert again.headers["Idempotent-Replayed"] == "true"


def test_one_key_whose_first_answer_was_202_gives_the_201(cluster, pair):
    for path, parameters in collections(pair[0]):
        for turn in range(10):
            headers = {"Idempotency-Key": f"key {turn}", "Prefer": "respond-async"}
            for worker in cluster.workers:
                worker.pause()  # else the node may answer 201
            accepted = pair[turn % 2].post(path, parameters, headers).expect(202)
            for worker in cluster.workers:
                worker.resume()
            assert accepted.raw == b"" and accepted.headers["Preference-Applied"] == "respond-async"
            assert "Location" not in accepted.headers
            made = pair[1 - turn % 2].post(path, parameters, {"Idempotency-Key": f"key {turn}"}).expect(201)
            again = pair[turn % 2].post(path, parameters, {"Idempotency-Key": f"key {turn}"}).expect(201)
            assert made.headers["Location"] == again.headers["Location"]
            assert again.headers["Idempotent-Replayed"] == "true"


def test_prefer_that_leaves_time_gets_the_201(pair):
    chat = pair[0].new_chat()
    headers = {"Idempotency-Key": "k", "Prefer": "respond-async, wait=30"}
    assert pair[0].post(chat.messages_path, {"content": "x"}, headers).expect(201).json["number"] == 1
    without_key = {"Prefer": "respond-async"}
    assert pair[0].post(chat.messages_path, {"content": "x"}, without_key).expect(201).json["number"] == 2


def test_same_keys_in_two_partitions_never_deadlock(cluster):
    """Two chats of two partitions get the same 5,000 keys concurrently. No batch is rolled back."""
    with Client(cluster.nodes[0].port) as client:
        app = client.new_app()
        chats = [client.new_chat(app).path for _ in range(2)]
    before = innodb_deadlocks(cluster)

    def post(index):
        path = chats[index % 2] + "/messages"
        with Client(cluster.nodes[index // 2 % 2].port) as client:
            for turn in range(index // 2, 5000, 8):
                client.post(path, {"content": "same"}, {"Idempotency-Key": f"key {turn}"}).expect(201)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(post, range(16)))
    assert innodb_deadlocks(cluster) == before
    with Client(cluster.nodes[1].port) as client:
        assert [Chat(client, path).count() for path in chats] == [5000, 5000]


def innodb_deadlocks(cluster):
    (count,), = cluster.engines.sql.query("select count from information_schema.innodb_metrics where name = 'lock_deadlocks'", user=ADMIN)
    return count


def test_node_killed_under_load_takes_nothing_with_it(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        for node in cluster.nodes:
            load_clients.wait_for_more(300)
            node.kill()
            load_clients.wait_for_more(100)
            node.restart()
    load_clients.verify()


def test_three_nodes_on_one_chat_number_it_without_gap(start_cluster):
    cluster = start_cluster(nodes=3)
    with Client(cluster.nodes[0].port) as client:
        path = client.new_chat().path
    acknowledged = [[] for _ in range(96)]

    def write(index):
        with Client(cluster.nodes[index % 3].port) as client:
            chat = Chat(client, path)
            for turn in range(30):
                content = f"{index}.{turn}"
                acknowledged[index].append((chat.create_message(content), content))

    with ThreadPoolExecutor(96) as pool:
        list(pool.map(write, range(96)))
    expected = [content for _, content in sorted(itertools.chain(*acknowledged))]
    for node in cluster.nodes:
        with Client(node.port) as client:
            assert Chat(client, path).contents() == expected
    print(cluster.run("check"))
