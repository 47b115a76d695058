"""Clusters that share Redis and Elasticsearch are isolated. A cluster of version 0.1.0 keeps the entries of its queue."""

import json
import lzma
import random
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from client import Chat, Client
from load import fill, wait_for
from load_clients import LoadClients, entries_in
from services import Cluster
from services.sql_server import ADMIN, DATABASE, USER

INDEX_SOON = ["--index-after-messages=50", "--index-pause-ms=10"]
QUEUE_OF_OLD = Path(__file__).resolve().parent.parent / "fixtures" / "queue-0.1.0.json.xz"
NEIGHBOUR = "neighbour"


class Neighbour:
    """The same engines for another cluster, with its own MySQL database and with this Redis database."""

    def __init__(self, engines, redis_database):
        self.engines, self.redis_database = engines, redis_database
        self.all, self.elasticsearch = engines.all, engines.elasticsearch
        self.sql = SimpleNamespace(query=self.query)
        self.redis = SimpleNamespace(client=lambda: engines.redis.client(db=redis_database))

    def urls(self, proxies=None):
        urls = self.engines.urls(proxies)
        urls["mysql"] = urls["mysql"].removesuffix(DATABASE) + NEIGHBOUR
        urls["redis"] += f"/{self.redis_database}"
        return urls

    def query(self, statement):
        with self.engines.sql.connect(database=NEIGHBOUR) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


@pytest.fixture
def neighbour(engines):
    def make(redis_database=0):
        return Neighbour(engines, redis_database)

    remove = f"drop database if exists {NEIGHBOUR}"
    for statement in (remove, f"create database {NEIGHBOUR} character set utf8mb4 collate utf8mb4_bin",
                      f"grant all on {NEIGHBOUR}.* to {USER}@'%'"):
        engines.sql.query(statement, user=ADMIN)
    yield make
    engines.sql.query(remove, user=ADMIN)


@contextmanager
def small_cluster(confab, folder, engines):
    with Cluster(confab, folder, engines, nodes=1, workers=1, worker_options=INDEX_SOON) as cluster:
        yield cluster


def wait_until_indexed(cluster, messages):
    wait_for(lambda: cluster.engines.sql.query("select coalesce(sum(messages), 0) from index_progress")[0][0] >= messages,
             f"{messages} messages in the index")


def apps_of(cluster):
    with Client(cluster.front.port) as client:
        return {app["token"] for app in client.get("/apps").expect(200).json}


@pytest.mark.parametrize("redis_database", [0, 1])
def test_two_clusters_on_one_redis_each_have_their_own_data(confab, engines, neighbour, tmp_path, rng, redis_database):
    """All databases of a Redis server share their channels."""
    with small_cluster(confab, tmp_path / "first", engines) as first, \
         small_cluster(confab, tmp_path / "second", neighbour(redis_database)) as second:
        assert first.identity() != second.identity()
        made = []
        for cluster in (first, second):
            with Client(cluster.front.port) as client:
                made.append({client.new_app(f"app {n}").removeprefix("/apps/") for n in range(12)})
        assert (apps_of(first), apps_of(second)) == tuple(made)
        load_client_groups = [LoadClients(cluster, random.Random(rng.random()), chats=2, writers=8) for cluster in (first, second)]
        with load_client_groups[0].writing(), load_client_groups[1].writing():
            for load_clients in load_client_groups:
                load_clients.wait_for_more(200)
        for load_clients in load_client_groups:
            load_clients.verify()


def test_two_clusters_on_one_elasticsearch_each_search_their_own_texts(confab, engines, neighbour, tmp_path):
    """The chats of both clusters have the same numbers and ids."""
    with small_cluster(confab, tmp_path / "first", engines) as first, \
         small_cluster(confab, tmp_path / "second", neighbour()) as second:
        for cluster, text in ((first, "a first text"), (second, "another text")):
            with Client(cluster.front.port) as client:
                fill(client.new_chat(), [text] * 120)
            wait_until_indexed(cluster, 100)
        for cluster in (first, second):
            cluster.run("check")
        assert "120 messages of 1 chat " in second.run("reindex", "--index-after-messages=50")
        for cluster, text in ((first, "first"), (second, "another")):
            with Client(cluster.front.port) as client:
                (app,) = apps_of(cluster)
                assert Chat(client, f"/apps/{app}/chats/1").find(text) == list(range(120, 0, -1))
            cluster.run("check")


def load_old(engines):
    """Loads the state of MySQL and Redis after the workers of a cluster of version 0.1.0 stopped (fixtures/README.md)."""
    def value(v):
        return bytes.fromhex(v["hex"]) if isinstance(v, dict) else v

    old = json.loads(lzma.decompress(QUEUE_OF_OLD.read_bytes()))
    with engines.sql.connect() as connection, connection.cursor() as cursor:
        for name, table in old["tables"].items():
            cursor.execute(table["create"])
            insert = f"insert into {name} values({','.join(['%s'] * len(table['columns']))})"
            for row in table["rows"]:
                cursor.execute(insert, [value(v) for v in row])
    redis = engines.redis.client()
    for key, kept in old["redis"].items():
        if isinstance(kept, str):
            redis.set(key, bytes.fromhex(kept))
            continue
        for entry, fields in kept or [["1-1", {"c": ""}]]:
            redis.xadd(key, {name: bytes.fromhex(field) for name, field in fields.items()}, id=entry)
        if not kept:
            redis.xtrim(key, maxlen=0, approximate=False)
    return old["app"]


@pytest.fixture
def old_app(engines):
    return load_old(engines)


def test_queue_of_version_0_1_0_is_processed_after_migrate(start_cluster, engines, old_app):
    """40 messages that got 202, an edit and a deletion. Their answers go to the channels that the entries name."""
    redis = engines.redis.client()
    answers = redis.pubsub()
    answers.psubscribe("confab:answers:*")
    assert entries_in(redis) == 42
    cluster = start_cluster(nodes=1, workers=1)
    wait_for(lambda: entries_in(redis) == 0, "the queue is empty")
    with Client(cluster.front.port) as client:
        contents = {n: Chat(client, f"{old_app}/chats/{n}").contents() for n in range(1, 5)}
        waited = {n: [f"waiting {i} é 😀" for i in range(1, 41) if i % 4 + 1 == n] for n in contents}
        acknowledged = ["told 1", "told 2", "edited while nobody worked", "told 4", None]
        assert contents == {**waited, 1: acknowledged + waited[1]}
        for i in range(1, 41):
            again = client.post(f"{old_app}/chats/{i % 4 + 1}/messages", {"content": f"waiting {i} é 😀", "sender": "s"},
                                {"Idempotency-Key": f"key {i}"}).expect(201)
            assert again.headers["Idempotent-Replayed"] == "true", again
    wait_for(lambda: (answers.get_message() or {}).get("type") == "pmessage", "an answer arrives on a channel of version 0.1.0")
    answers.close()
    assert not [key for key in redis.scan_iter("confab:{*", count=1000) if not key.endswith(b":bytes")]
    cluster.run("check")


def test_queue_of_version_0_1_0_is_left_alone_while_a_worker_holds_a_lease(confab, engines, tmp_path, old_app):
    redis = engines.redis.client()
    before = sorted(redis.scan_iter(count=1000))
    cluster = Cluster(confab, tmp_path, engines)
    lease(engines.sql, "interval 1 hour")
    refused = cluster.refusal("migrate")
    assert "hold leases (1 of them" in refused and "stop every worker" in refused
    assert sorted(redis.scan_iter(count=1000)) == before
    lease(engines.sql, "interval -1 second")
    assert "42 commands wait" in cluster.run("migrate")
    assert entries_in(redis) == 42


def lease(sql, left):
    """The lease of a worker that does not run."""
    sql.query(f"update partitions set owner = 'w', lease_until = utc_timestamp(6) + {left} where p = 5")


def copy_database(engines):
    """Simulates a backup that is restored beside its source."""
    with engines.sql.connect(user=ADMIN) as connection, connection.cursor() as cursor:
        cursor.execute("show tables")
        for (table,) in cursor.fetchall():
            cursor.execute(f"create table {NEIGHBOUR}.{table} like {DATABASE}.{table}")
            cursor.execute(f"insert into {NEIGHBOUR}.{table} select * from {DATABASE}.{table}")


def test_copy_of_a_database_becomes_a_cluster_of_its_own(confab, engines, neighbour, tmp_path):
    with small_cluster(confab, tmp_path / "first", engines) as first, Client(first.front.port) as client:
        chat = client.new_chat()
        fill(chat, ["a text of before"] * 120)
        wait_until_indexed(first, 100)
        copy_database(engines)
        copy = Cluster(confab, tmp_path / "to-be", neighbour())
        assert copy.identity() == first.identity()
        lease(copy.engines.sql, "interval 1 hour")
        assert "hold leases" in copy.refusal("migrate", "--new-identity")
        assert copy.identity() == first.identity()
        for table in ("partitions set lease_until", "workers set seen_until"):
            copy.engines.sql.query(f"update {table} = '1970-01-01'")
        copy.run("migrate", "--new-identity")
        assert copy.identity() != first.identity()
        with small_cluster(confab, tmp_path / "second", copy.engines) as second, Client(second.front.port) as there:
            theirs = chat.with_client(there)
            assert (chat.create_message("told here"), theirs.create_message("told there")) == (121, 121)
            assert (chat.find("told"), theirs.find("told")) == ([121], [121])
            assert (chat.contents()[-1], theirs.contents()[-1]) == ("told here", "told there")
            second.run("reindex", "--index-after-messages=50")
            for cluster in (first, second):
                cluster.run("check")
