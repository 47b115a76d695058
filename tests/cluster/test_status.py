"""`confab status` of a healthy cluster and of one with problems."""

import contextlib
import json
import re
import subprocess

import pytest
from client import Client
from load import wait_for
from services.service import clean_environment
from services.sql_server import ADMIN


@pytest.fixture
def chat(cluster):
    with Client(cluster.nodes[0].port) as client:
        yield client.new_chat()


def status(cluster, exit_status=0):
    return json.loads(cluster.run("status", "--json", status=exit_status))


def look(cluster):
    """The status, with any exit status."""
    urls = {f"CONFAB_{role.upper()}": url for role, url in cluster.engines.urls().items()}
    asked = subprocess.run([cluster.confab, "status", "--json"], env=clean_environment(urls), text=True, capture_output=True)
    return json.loads(asked.stdout)


def partitions_in(ranges):
    """The numbers in texts like `0-3, 7`."""
    bounds = [one.split("-") for text in ranges for one in text.split(", ")]
    return [number for first, *last in bounds for number in range(int(first), int(last[0] if last else first) + 1)]


def faults(found):
    return {name: engine["fault"] for name, engine in found["engines"].items() if engine["fault"]}


@contextlib.contextmanager
def down(engine):
    engine.kill()
    yield
    engine.restart()


def test_a_healthy_cluster(cluster, chat):
    chat.create_message("once")
    wait_for(lambda: [worker["partitions"] for worker in look(cluster)["workers"]] == [32, 32], "each worker owns 32 partitions")
    found = status(cluster)
    assert found["cluster"] == cluster.identity()
    assert list(found["engines"]) == ["mysql", "redis", "elasticsearch"]
    (sql_version,), = cluster.engines.sql.query("select version()")
    roles = {name: (engine["version"], engine["role"]) for name, engine in found["engines"].items()}
    assert roles == {"mysql": (sql_version, "primary"), "redis": (cluster.engines.redis.client().info()["redis_version"], "primary"),
                     "elasticsearch": (cluster.engines.elasticsearch.request("GET", "/")[1]["version"]["number"], "green")}
    assert all(engine["latency_us"] > 0 and "secret" not in engine["where"] for engine in found["engines"].values())
    assert found["engines"]["redis"]["memory_bytes"] > 0
    assert [worker["lease_ms"] for worker in found["workers"]] == [6000, 6000]
    workers = {worker["id"] for worker in found["workers"]}
    assert [partition["partition"] for partition in found["partitions"]] == list(range(64))
    for partition in found["partitions"]:
        assert partition["owner"] in workers and 0 < partition["lease_left_ms"] <= 6000
        assert (partition["queue_length"], partition["oldest_age_ms"]) == (0, None)
    assert (found["queue_length"], found["dead_letters"], found["problems"]) == (0, 0, [])
    assert found["index"]["name"] and found["index"]["chats_waiting"] == 0

    tables = cluster.run("status")
    assert re.search(rf"^mysql +{re.escape(sql_version)} +primary +[\d.]+ ms  ", tables, re.M), tables
    rows = re.findall(r"^ +0 +- +\d\.\d s  [0-9A-F]{32}  (.+)$", tables, re.M)
    assert len(rows) == 2 and sorted(partitions_in(rows)) == list(range(64)), tables
    assert "0 commands wait, 0 dead letters\n" in tables and "problem" not in tables


def test_what_waits_for_workers_that_are_gone(cluster, chat):
    for worker in cluster.workers:
        worker.kill()
    for number in range(7):
        chat.client.post(chat.messages_path, {"content": "x"}, {"Idempotency-Key": str(number), "Prefer": "respond-async"}).expect(202)
    wait_for(lambda: not look(cluster)["workers"], "the leases have expired")
    found = status(cluster, exit_status=1)
    assert found["problems"] == ["64 partitions have no owner: their writes wait for a worker"]
    assert found["queue_length"] == 7
    (waiting,) = [partition for partition in found["partitions"] if partition["queue_length"]]
    assert waiting["queue_length"] == 7 and waiting["oldest_age_ms"] > 0
    assert (waiting["owner"], waiting["lease_left_ms"]) == (None, None)
    assert "problem: 64 partitions have no owner" in cluster.run("status", status=1)


def test_an_engine_that_is_down_is_reported_and_the_others_are_shown(cluster, chat):
    chat.create_message("once")
    with down(cluster.engines.sql):
        found = status(cluster, exit_status=1)
        assert list(faults(found)) == ["mysql"] and "refused" in faults(found)["mysql"]
        assert (found["partitions"], found["queue_length"], found["dead_letters"]) == ([], None, None)
        assert found["engines"]["redis"]["role"] == "primary" and found["engines"]["elasticsearch"]["role"] == "green"
        assert "problem: mysql: " in cluster.run("status", status=1)
    with down(cluster.engines.redis):
        found = status(cluster, exit_status=1)
        assert list(faults(found)) == ["redis"] and "refused" in faults(found)["redis"]
        assert len(found["partitions"]) == 64 and found["queue_length"] is None and found["dead_letters"] == 0
        assert "problem: redis: " in cluster.run("status", status=1)
    with down(cluster.engines.elasticsearch):
        found = status(cluster, exit_status=1)
        assert list(faults(found)) == ["elasticsearch"] and "refused" in faults(found)["elasticsearch"]
        assert found["engines"]["elasticsearch"]["version"] is None
        assert (found["index"]["name"], found["index"]["chats_waiting"], found["index"]["chats"]) == (None, None, None)
    wait_for(lambda: look(cluster)["problems"] == [], "all is well again")


def test_redis_that_became_a_replica_is_a_problem(cluster):
    redis = cluster.engines.redis.client()
    redis.replicaof("127.0.0.1", 1)
    try:
        found = status(cluster, exit_status=1)
        assert list(faults(found)) == ["redis"] and "replica of 127.0.0.1:1" in faults(found)["redis"]
        assert len(found["partitions"]) == 64 and found["queue_length"] is None
    finally:
        redis.replicaof("NO", "ONE")


def test_mysql_that_is_read_only_is_a_problem(cluster):
    sql = cluster.engines.sql
    sql.query("set global read_only = 1", user=ADMIN)
    try:
        found = look(cluster)
        assert found["engines"]["mysql"]["role"] == "read-only"
        assert faults(found) == {"mysql": "it is read-only: workers cannot write"}
    finally:
        sql.query("set global read_only = 0", user=ADMIN)


@contextlib.contextmanager
def redis_setting(redis, name, value):
    before = redis.config_get(name)[name]
    redis.config_set(name, value)
    try:
        yield
    finally:
        redis.config_set(name, before)


def test_redis_that_evicts_or_is_full_is_a_problem(cluster):
    redis = cluster.engines.redis.client()
    with redis_setting(redis, "maxmemory-policy", "allkeys-lru"):
        found = status(cluster, exit_status=1)
        assert found["problems"] == ["redis: its maxmemory-policy is 'allkeys-lru': set it to noeviction; other policies evict queued commands"]
    with redis_setting(redis, "maxmemory", redis.info()["used_memory"]):
        found = status(cluster, exit_status=1)
        assert len(found["problems"]) == 1 and found["problems"][0].endswith(" MiB: at its maxmemory it refuses writes"), found["problems"]


def test_policy_comes_from_config_where_info_is_forbidden(cluster):
    redis = cluster.engines.redis.client()
    with redis_setting(redis, "maxmemory-policy", "allkeys-lru"):
        redis.execute_command("ACL", "SETUSER", "default", "-info")
        try:
            found = status(cluster, exit_status=1)
        finally:
            redis.execute_command("ACL", "SETUSER", "default", "+@all")
    assert found["problems"] == ["redis: its maxmemory-policy is 'allkeys-lru': set it to noeviction; other policies evict queued commands"]
    shown = found["engines"]["redis"]
    assert (shown["maxmemory_policy"], shown["memory_bytes"], shown["memory_bytes_max"]) == ("allkeys-lru", None, 0)


@contextlib.contextmanager
def sql_setting(sql, name, value):
    (before,), = sql.query(f"select @@global.{name}")
    sql.query(f"set global {name} = {value}", user=ADMIN)
    try:
        yield
    finally:
        sql.query(f"set global {name} = {before}", user=ADMIN)


def test_mysql_that_does_not_flush_is_a_problem(cluster):
    with sql_setting(cluster.engines.sql, "innodb_flush_log_at_trx_commit", 2):
        found = status(cluster, exit_status=1)
        assert "innodb_flush_log_at_trx_commit = 1" in faults(found)["mysql"] and len(found["partitions"]) == 64


def test_partition_that_is_behind_is_a_problem(cluster, chat):
    """The Redis user lacks the right to delete executed entries."""
    chat.create_message("so that there is a stream")
    redis = cluster.engines.redis.client()
    epoch = next(redis.scan_iter("confab:*:epoch", count=1000))
    number = int(re.search(rb"{p(\d+)}", epoch)[1])
    redis.delete(stream := epoch.replace(b":epoch", b":stream"))
    redis.execute_command("ACL", "SETUSER", "default", "-xdel")
    try:
        redis.xadd(stream, {"c": "no command"}, id="1-1")
        wait_for(lambda: any("refused the script that deletes processed entries, or part of it: " in worker.output() for worker in cluster.workers),
                 "a worker logs it")
        problems = status(cluster, exit_status=1)["problems"]
        assert any(problem.startswith(f"partitions are behind, though workers own them: {number}; ") for problem in problems), problems
    finally:
        redis.execute_command("ACL", "SETUSER", "default", "+@all")


def test_index_that_was_deleted_is_a_problem_and_what_it_lacks_is_not_known(cluster, chat):
    chat.create_message("once")
    elasticsearch = cluster.engines.elasticsearch
    name = status(cluster)["index"]["name"]
    elasticsearch.request("DELETE", f"/{name}")
    found = status(cluster, exit_status=1)
    assert "does not exist (`confab migrate` makes one)" in faults(found)["elasticsearch"]
    assert set(found["index"].values()) == {None}


def test_how_far_the_search_index_has_come(start_cluster):
    cluster = start_cluster(worker_options=["--index-after-messages=10"])
    with Client(cluster.nodes[0].port) as client:
        chat = client.new_chat()
        with down(cluster.engines.elasticsearch):
            for number in range(25):
                chat.create_message(f"message {number}")
            found = status(cluster, exit_status=1)["index"]
            assert set(found.values()) == {None}
            assert "search index: not available, progress unknown\n" in cluster.run("status", status=1)
        wait_for(lambda: look(cluster)["index"]["chats_waiting"] == 0, "the index has come after")
        found = look(cluster)["index"]
        assert found["messages_indexed"] >= 20
        assert (found["chats"], found["messages"], found["oldest_waiting_age_ms"]) == (1, 25, None)


def test_dead_letters_are_a_problem(cluster, chat):
    sql = cluster.engines.sql
    sql.query("insert into dead_letters(p, epoch, entry_ms, entry_seq, job, at, why, bytes) values(1, '', 1, 1, '', 1, 'a test', '')")
    found = status(cluster, exit_status=1)
    assert found["dead_letters"] == 1
    assert found["problems"] == ["1 dead letter: see `confab jobs`"]


def test_a_database_that_is_not_migrated_is_reported_with_the_remedy(confab, engines):
    urls = [part for role, url in engines.urls().items() for part in (f"--{role}", url)]
    done = subprocess.run([confab, "status", "--json", *urls], env=clean_environment(), text=True, capture_output=True)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert "run `confab migrate`" in faults(found)["mysql"]
    assert found["engines"]["mysql"]["role"] == "primary"


def test_jobs_of_a_database_that_is_not_migrated_tell_the_remedy(confab, engines):
    done = subprocess.run([confab, "jobs", "--mysql", engines.sql.url, "--redis", engines.redis.url], env=clean_environment(), text=True,
                          capture_output=True)
    assert done.returncode == 1 and "run `confab migrate`" in done.stderr, done.stderr


def test_status_of_a_server_alone_explains_its_use(confab, tmp_path):
    done = subprocess.run([confab, "status"], env=clean_environment(), cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 2
    assert "shows a cluster" in done.stderr and "confab check" in done.stderr
