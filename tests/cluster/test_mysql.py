"""MySQL dies, is slow, loses replies, is read-only, or is restored to an older state."""

import itertools
import re
import subprocess
import time
from contextlib import contextmanager

import pytest
from client import Client, assert_problem
from libraries import MovedClock
from load import fill, wait_for
from load_clients import LoadClients
from services import MySql, Redis, Worker
from services.sql_server import ADMIN, USER

HOUR_S = 3600


@pytest.fixture
def cluster(start_cluster):
    """Each process reaches each engine through its own proxy."""
    return start_cluster(proxies=True)


def test_killed_and_started_again_keeps_every_number_once(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        for _ in range(2):
            load_clients.wait_for_more(300)
            cluster.engines.sql.kill()
            time.sleep(1)
            cluster.engines.sql.restart()
            load_clients.wait_for_more(300)
    load_clients.verify()


def test_slow_answers_cost_time_and_nothing_else(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        load_clients.wait_for_more(200)
        for worker in cluster.workers:
            worker.proxies.mysql.add_latency(100)
        load_clients.wait_for_more(150)
        for worker in cluster.workers:
            worker.proxies.mysql.open()
        load_clients.wait_for_more(200)
    load_clients.verify()


def test_lost_reply_of_a_commit_lets_another_worker_go_on_in_time(cluster, rng):
    """The connection stays open without a reply. The batch is not committed twice, and other workers take over."""
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        load_clients.wait_for_more(200)
        for worker in cluster.workers:
            worker.proxies.mysql.drop_replies()
            lost = time.monotonic()
            load_clients.wait_for_more(500)  # also of this worker's partitions
            missing = partitions_without_owner_but(cluster, worker)
            while missing():
                assert time.monotonic() - lost < 15, "nobody took the partitions over within 15 s"
                time.sleep(0.1)
            worker.proxies.mysql.open()
        load_clients.wait_for_more(300)
    load_clients.verify()


def partitions_without_owner_but(cluster, lost):
    """Returns a function: whether a partition still has no owner among the other workers."""
    well = len([worker for worker in cluster.workers if worker is not lost])

    def ask():
        (owned,), = cluster.engines.sql.query("select count(distinct owner) from partitions where lease_until > now(6)")
        (free,), = cluster.engines.sql.query("select count(*) from partitions where lease_until is null or lease_until <= now(6)")
        return owned > well or free > 0

    return ask


def test_undecodable_entry_while_the_ledger_is_down_for_long_is_one_dead_letter(cluster, rng):
    load_clients = LoadClients(cluster, rng, chats=1, writers=4)
    with load_clients.writing():
        load_clients.wait_for_more(50)
        for worker in cluster.workers:
            worker.proxies.mysql.disable()
        stream = f"confab:{cluster.identity()}:{{p{partition_in_use(cluster)}}}:stream"
        cluster.engines.redis.client().xadd(stream, {"c": "no command"})
        time.sleep(60)
        for worker in cluster.workers:
            worker.proxies.mysql.open()
        load_clients.wait_for_more(50)
    load_clients.verify()
    (count,), = cluster.engines.sql.query("select count(*) from dead_letters")
    assert count == 1


def partition_in_use(cluster):
    (partition,), = cluster.engines.sql.query("select p from partitions order by position_ms desc limit 1")
    return partition


def test_server_that_does_not_flush_is_refused_at_start(cluster):
    sql = cluster.engines.sql
    sql.query("set global innodb_flush_log_at_trx_commit = 2", user=ADMIN)
    try:
        worker = cluster.new(type(cluster.workers[0]), 9)
        worker.spawn()
        assert worker.process.wait(60) == 1
        assert "innodb_flush_log_at_trx_commit" in worker.log()
    finally:
        sql.query("set global innodb_flush_log_at_trx_commit = 1", user=ADMIN)


def refusal(process):
    """The output of a process that does not start."""
    process.spawn()
    assert process.process.wait(60) == 1, process.log()
    return process.log()


@contextmanager
def set_global(sql, variable, value, back):
    sql.query(f"set global {variable} = {value}", user=ADMIN)
    try:
        yield
    finally:
        sql.query(f"set global {variable} = {back}", user=ADMIN)


def read_only_variables(sql):
    return ["read_only", "super_read_only"] if isinstance(sql, MySql) else ["read_only"]


def test_server_that_is_read_only_is_refused_at_start(cluster):
    sql, number = cluster.engines.sql, itertools.count(9)
    for variable in read_only_variables(sql):
        with set_global(sql, variable, 1, back=0):
            for process in (cluster.nodes[0], cluster.workers[0]):
                output = refusal(cluster.new(type(process), next(number)))
                assert "MySQL at 127.0.0.1:" in output and "it is read-only (read_only = ON)" in output, output
            with pytest.raises(Exception, match="it is read-only"):
                cluster.run("migrate")
            cluster.run("check")  # works on a replica
        sql.query("set global read_only = 0", user=ADMIN)


@contextmanager
def replicating(sql):
    """From a server that is not there."""
    role = "source" if isinstance(sql, MySql) else "master"
    change = "change replication source to" if isinstance(sql, MySql) else "change master to"
    sql.query(f"{change} {role}_host = '127.0.0.1', {role}_port = 1, {role}_user = 'nobody'", user=ADMIN)
    try:
        sql.query("start replica", user=ADMIN)
        yield
    finally:
        sql.query("stop replica", user=ADMIN)
        sql.query("reset replica all", user=ADMIN)


@contextmanager
def may_see_replication(sql):
    privilege = "replication client" if isinstance(sql, MySql) else "replica monitor"
    sql.query(f"grant {privilege} on *.* to {USER}@'%'", user=ADMIN)
    try:
        yield
    finally:
        sql.query(f"revoke {privilege} on *.* from {USER}@'%'", user=ADMIN)


def test_server_that_replicates_from_another_is_warned_of(cluster):
    """Where the user may ask for that."""
    sql, number = cluster.engines.sql, itertools.count(9)

    def said_by_new():
        started = [cluster.new(type(process), next(number)).start() for process in (cluster.nodes[0], cluster.workers[0])]
        output = [each.output() for each in started]
        for each in started:
            each.close()
        return output

    with replicating(sql):
        assert not any("replicates" in output for output in said_by_new())
        with may_see_replication(sql):
            for output in said_by_new():
                assert "MySQL at 127.0.0.1:" in output and "it replicates from 127.0.0.1:1 and is not read-only" in output, output
    with may_see_replication(sql):
        assert not any("replicates" in output for output in said_by_new())


def test_server_that_becomes_read_only_refuses_writes_in_time_and_goes_on_afterwards(cluster, rng):
    sql = cluster.engines.sql
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        for variable in read_only_variables(sql):
            load_clients.wait_for_more(200)
            with set_global(sql, "read_only", 1, back=0), set_global(sql, variable, 1, back=0):
                time.sleep(2)
                for node in cluster.nodes:
                    with Client(node.port) as client:
                        begun = time.monotonic()
                        refused = client.post("/apps", {"name": "refused"})
                        assert_problem(refused, 503, "unavailable")
                        assert "MySQL is read-only" in refused.json["detail"]
                        assert time.monotonic() - begun < 1
                        client.get(load_clients.expected.app).expect(200)
                    assert "MySQL is read-only" in node.output(), node.log()
                kept = len(load_clients)
                time.sleep(2)
                assert len(load_clients) == kept, "a write was acknowledged while MySQL was read-only"
            load_clients.wait_for_more(200)
    load_clients.verify()
    with Client(cluster.nodes[0].port) as client:
        assert [app["name"] for app in client.get("/apps").expect(200).json] == ["crowd"]


def test_server_put_back_to_an_earlier_state_stops_every_worker_that_knows_better(cluster, rng):
    sql = cluster.engines.sql
    # A worker without partitions has committed nothing, so it could not detect the older state.
    wait_for(lambda: shares(cluster) == [32, 32], "each worker owns half of the partitions")
    load_clients = LoadClients(cluster, rng, chats=16)
    with load_clients.writing():
        load_clients.wait_for_more(200)
        sql.pause()
        sql.save_data("older")
        sql.resume()
        load_clients.wait_for_more(500)
    load_clients.wait_until_queue_is_empty()
    sql.kill()
    sql.restore_data("older")
    sql.restart()
    for worker in cluster.workers:
        assert worker.process.wait(60) == 1, worker.log()
        assert "MySQL lacks commits of workers: partition" in worker.log(), worker.log()
    counted = "select sum(messages_count) from chats"
    (before,), = sql.query(counted)
    with Client(cluster.nodes[0].port) as client:
        assert_problem(client.post(load_clients.expected.chat_path(1) + "/messages", {"content": "never"}), 503, "outcome_unknown")
    assert sql.query(counted) == ((before,),)

    # One that starts later, as a supervisor has it, knows it of Redis.
    late = cluster.new(Worker, 9)
    assert "MySQL lacks commits of workers: partition" in refusal(late)
    assert sql.query(counted) == ((before,),)
    wait_for(lambda: shares(cluster) == [], "no worker holds a lease")
    cluster.run("migrate", "--accept-lost-commits")
    cluster.add_worker()
    with Client(cluster.nodes[0].port) as client:
        client.post(load_clients.expected.chat_path(1) + "/messages", {"content": "accepted"}).expect(201)


def text(found):
    return found.decode() if isinstance(found, bytes) else found


def generation_of(cluster):
    (number,), = cluster.engines.sql.query("select value from meta where name = 'generation'")
    return number


def committed_keys(cluster):
    return list(cluster.engines.redis.client().scan_iter("confab:*:committed", count=1000))


def test_lost_commits_are_not_accepted_while_a_worker_holds_a_lease(cluster):
    wait_for(lambda: owners(cluster) == 2, "both workers own partitions")
    with Client(cluster.nodes[0].port) as client:
        client.new_chat()
    wait_for(lambda: committed_keys(cluster), "Redis knows what was committed")
    generation = generation_of(cluster)
    ids = [text(found) for found, in cluster.engines.sql.query("select distinct hex(owner) from partitions where owner is not null")]
    refused = cluster.refusal("migrate", "--accept-lost-commits")
    assert "workers still hold leases (2 of them, for up to " in refused
    assert all(worker in refused for worker in ids), refused
    logged = [re.search(r"the id of this worker is ([0-9A-F]{32})$", worker.output(), re.M)[1] for worker in cluster.workers]
    assert sorted(ids) == sorted(logged)
    assert committed_keys(cluster)
    assert generation_of(cluster) == generation
    for worker in cluster.workers:
        worker.stop()
    cluster.run("migrate")
    assert generation_of(cluster) == generation
    cluster.run("migrate", "--accept-lost-commits")
    assert not committed_keys(cluster)
    assert generation_of(cluster) != generation


def test_worker_that_is_refused_does_not_touch_the_search_index(start_cluster):
    cluster = start_cluster(workers=1)
    with Client(cluster.nodes[0].port) as client:
        fill(client.new_chat(), ["a text"] * 30)
    cluster.workers[0].stop()
    sql = cluster.engines.sql
    sql.query("update partitions set position_ms = 1 where position_ms > 0")
    late = cluster.new(Worker, 9, ["--index-after-messages=10"])
    # It cannot read the positions, so it does not know yet that it is refused.
    with sql.connect(user=ADMIN) as connection, connection.cursor() as cursor:
        cursor.execute("lock tables partitions write")
        late.spawn()
        wait_for(lambda: "working on up to" in late.output(), "it runs")
        time.sleep(2)
        assert indexed(cluster) == 0
        assert late.runs()
        cursor.execute("unlock tables")
        assert late.process.wait(60) == 1, late.log()
    assert "MySQL lacks commits of workers: partition" in late.log(), late.log()
    assert indexed(cluster) == 0


def shares(cluster):
    """How many partitions each worker owns."""
    rows = cluster.engines.sql.query("select count(*) from partitions where lease_until > utc_timestamp(6) group by owner")
    return [count for count, in rows]


def test_check_finds_nothing_with_large_messages_behind_small_ones(start_cluster):
    cluster = start_cluster(worker_options=["--index-after-messages=50", "--index-pause-ms=10"])
    with Client(cluster.nodes[0].port) as client:
        chat = client.new_chat()
        fill(chat, [f"light {n}" for n in range(100)])
        for _ in range(3):
            chat.create_message("x" * 60_000)
        fill(chat, [f"light {n}" for n in range(2_400)])
        whole = chat.messages()
        assert [len(message["content"]) for message in whole[100:103]] == [60_000] * 3 and len(whole) == 2_503
        assert [message["number"] for message in chat.page(limit=1000, order="desc").json] == list(range(2_503, 1_503, -1))
        wait_for(lambda: indexed(cluster) > 2_503 - 50, "the chat is in the index, except for an incomplete block")
        assert chat.find("xxx") == [103, 102, 101]
    assert "2503 messages, 0 changes" in (output := cluster.run("check")) and "all numbers gapless" in output


def indexed(cluster):
    (messages,), = cluster.engines.sql.query("select coalesce(sum(messages), 0) from index_progress")
    return int(messages)


def worker_with_clock(cluster, folder, seconds):
    """Adds a worker whose clock is so many seconds ahead."""
    folder.mkdir()
    clock = MovedClock(folder)
    clock.move(seconds)
    worker = cluster.new(Worker, len(cluster.workers))
    worker.environment = clock.environment
    cluster.workers.append(worker)
    return worker.start()


@pytest.mark.parametrize("hours", [25, -240])
def test_keys_are_judged_alike_by_workers_whose_clocks_differ(start_cluster, tmp_path, hours):
    cluster = start_cluster(workers=1)
    worker_with_clock(cluster, tmp_path / "clock", hours * HOUR_S)
    wait_for(lambda: owners(cluster) == 2, "both workers own partitions")
    with Client(cluster.nodes[0].port) as client:
        chats = [client.new_chat() for _ in range(8)]
        both = [chat.post_message("once", key=f"both {chat.path}").expect(201) for chat in chats]
        cluster.workers[0].stop()
        assert_replayed(chats, both, "both")
        by_moved = [chat.post_message("once", key=f"moved {chat.path}").expect(201) for chat in chats]
        cluster.workers[0].restart()
        wait_for(lambda: owners(cluster) == 2, "both workers own partitions")
        cluster.workers[1].stop()
        assert_replayed(chats, both, "both")
        assert_replayed(chats, by_moved, "moved")
        assert [chat.count() for chat in chats] == [2] * 8
        # Keys expire by the database's clock.
        cluster.engines.sql.query("update idempotency set expires_at = unix_timestamp() * 1000000 - 1")
        assert [chat.post_message("once", key=f"both {chat.path}").expect(201).json["number"] for chat in chats] == [3] * 8


def owners(cluster):
    (count,), = cluster.engines.sql.query("select count(distinct owner) from partitions where lease_until > utc_timestamp(6)")
    return count


def assert_replayed(chats, answers, name):
    for chat, first in zip(chats, answers, strict=True):
        again = chat.post_message("once", key=f"{name} {chat.path}").expect(201)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json["number"] == first.json["number"]


def test_search_index_out_of_reach_at_start_is_warned_of(cluster):
    for process in (cluster.nodes[0], cluster.workers[0]):
        late = cluster.new(type(process), 9)
        late.proxies.elasticsearch.disable()
        late.start()
        wait_for(lambda output=late.output: "Elasticsearch" in output(), "a warning")
        assert "until it answers, searches read whole chats" in late.output(), late.log()
        late.stop()


def test_member_of_a_replication_group_is_refused_at_start(confab, tmp_path):
    group = "0f6f4f2e-9a0e-4d3c-8f64-5f3f3c9d6a10"
    options = ["--plugin-load-add=group_replication.so", f"--group-replication-group-name={group}"]
    with MySql(tmp_path / "member", options=options) as server, Redis(tmp_path / "redis") as redis:
        done = subprocess.run([confab, "migrate", "--mysql", server.url, "--redis", redis.url], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, done
        assert f"it belongs to a replication group (group_replication_group_name = {group})" in done.stderr, done.stderr


def test_jobs_names_the_engine_that_does_not_answer(confab, cluster):
    for mysql, redis, missing in ((cluster.engines.sql.url, "redis://127.0.0.1:1", "redis://127.0.0.1:1"),
                                  ("mysql://confab:secret@127.0.0.1:1/confab", cluster.engines.redis.url, "MySQL at 127.0.0.1:1/confab")):
        done = subprocess.run([confab, "jobs", "--mysql", mysql, "--redis", redis], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, done
        assert done.stderr.splitlines()[-1].startswith(f"confab: {missing}"), done.stderr
