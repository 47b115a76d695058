"""Redis loses its data, dies, is restored to an older state, changes its role, or refuses commands."""

import subprocess
import time

import pytest
from client import Client, assert_problem
from libraries import MovedClock
from load_clients import LoadClients
from redis_servers import OtherAddress, add_user
from services import Node, Redis
from services.service import clean_environment


def test_flushed_under_load_skips_and_repeats_nothing(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    client = cluster.engines.redis.client()
    with load_clients.writing():
        for _ in range(10):
            load_clients.wait_for_more(100)
            client.flushall()
    load_clients.verify()


def test_killed_and_started_again_goes_on(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        for _ in range(3):
            load_clients.wait_for_more(200)
            cluster.engines.redis.kill()
            time.sleep(0.5)
            cluster.engines.redis.restart()
            load_clients.wait_for_more(200)
    load_clients.verify()


def test_restored_from_an_older_append_only_file_skips_and_repeats_nothing(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    server = cluster.engines.redis
    with load_clients.writing():
        load_clients.wait_for_more(200)
        server.save_data("older")
        load_clients.wait_for_more(300)
        server.kill()
        server.restore_data("older")
        server.restart()
        load_clients.wait_for_more(300)
        server.client().flushall()
        load_clients.wait_for_more(200)
        server.kill()
        server.restore_data("older")  # of an earlier epoch
        server.restart()
        load_clients.wait_for_more(300)
    load_clients.verify()


@pytest.fixture
def clock(engines, tmp_path):
    """The clock of Redis. The test can move it."""
    moved = MovedClock(tmp_path)
    engines.redis.environment = moved.environment
    engines.redis.restart()
    yield moved
    engines.redis.environment = None
    engines.redis.restart()


def test_clock_set_back_skips_and_repeats_nothing(clock, start_cluster, rng):
    """New ids may then be at or below the position. A stream that lost its data has a new epoch; any other continues after its
    last id."""
    cluster = start_cluster()
    load_clients = LoadClients(cluster, rng)
    redis = cluster.engines.redis
    with load_clients.writing():
        load_clients.wait_for_more(200)
        clock.move(-10)
        load_clients.wait_for_more(200)
        redis.client().flushall()
        load_clients.wait_for_more(200)
        redis.save_data("older")
        load_clients.wait_for_more(200)
        redis.kill()
        redis.restore_data("older")
        clock.move(-20)
        redis.restart()
        load_clients.wait_for_more(200)
    load_clients.verify()


def test_full_refuses_with_nothing_done(start_cluster, rng):
    cluster = start_cluster(node_options=["--queue-commands-max", 5])
    load_clients = LoadClients(cluster, rng, chats=1, writers=16)
    for worker in cluster.workers:
        worker.pause()
    with Client(cluster.nodes[0].port) as client:
        path = load_clients.expected.chat_path(1) + "/messages"
        answers = [client.post(path, {"content": f"late {n}"}, {"Idempotency-Key": f"late {n}", "Prefer": "respond-async"})
                   for n in range(8)]
        assert [answer.status for answer in answers] == [202] * 5 + [503] * 3
        assert_problem(answers[-1], 503, "overloaded")
        assert int(answers[-1].headers["Retry-After"]) >= 1
        for worker in cluster.workers:
            worker.resume()
        load_clients.wait_until_queue_is_empty()
        listed = client.get(path).expect(200).json
        assert sorted(message["content"] for message in listed) == [f"late {n}" for n in range(5)]


def test_undecodable_entry_between_good_ones_is_one_dead_letter(cluster, rng):
    load_clients = LoadClients(cluster, rng, chats=1, writers=4)
    with load_clients.writing():
        load_clients.wait_for_more(50)
        stream = next(key for key in cluster.engines.redis.client().scan_iter("confab:*:stream", count=1000)
                      if b"stream" in key)
        cluster.engines.redis.client().xadd(stream, {"c": "no command"})
        load_clients.wait_for_more(50)
    load_clients.verify()
    (count,), = cluster.engines.sql.query("select count(*) from dead_letters")
    assert count == 1


def test_refused_write_names_its_cause(cluster, client):
    redis = cluster.engines.redis.client()
    client.new_chat()
    redis.config_set("maxmemory", 1)
    try:
        full = client.post("/apps", {"name": "x"})
    finally:
        redis.config_set("maxmemory", 0)
    assert_problem(full, 503, "unavailable")
    assert full.json["detail"] == "Redis has no memory left; try again later"
    redis.execute_command("ACL", "SETUSER", "default", "-xadd")
    try:
        forbidden = client.post("/apps", {"name": "x"})
    finally:
        redis.execute_command("ACL", "SETUSER", "default", "+@all")
    assert_problem(forbidden, 503, "unavailable")
    assert forbidden.json["detail"] == "Redis does not allow this server to write; try again later"
    client.post("/apps", {"name": "x"}).expect(201)


def test_eviction_policy_is_refused_at_start(cluster, engines):
    engines.redis.client().config_set("maxmemory-policy", "allkeys-lru")
    try:
        node = cluster.new(type(cluster.nodes[0]), 9)
        node.spawn()
        assert node.process.wait(60) == 1
        assert "noeviction" in node.log()
    finally:
        engines.redis.client().config_set("maxmemory-policy", "noeviction")


NOTICED_S = 2  # after a change of role, until writes are refused with the reason
RETRY_TIMEOUT_S = 60  # only a failure uses it up


def until(holds):
    deadline = time.monotonic() + RETRY_TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def primary(tmp_path):
    """Another Redis server, empty."""
    with Redis(tmp_path / "primary") as server:
        yield server


def test_demoted_refuses_writes_with_the_reason_and_takes_them_again(cluster, rng, primary):
    load_clients = LoadClients(cluster, rng)
    redis = cluster.engines.redis.client()
    path = load_clients.expected.chat_path(1) + "/messages"
    try:
        with load_clients.writing():
            for _ in range(2):
                load_clients.wait_for_more(200)
                redis.replicaof("127.0.0.1", primary.port)
                time.sleep(NOTICED_S)
                for node in cluster.nodes:
                    with Client(node.port) as client:
                        answer = client.post(path, {"content": "refused"})
                        assert_problem(answer, 503, "unavailable")
                        assert answer.json["detail"].startswith("Redis is a replica and accepts no writes"), answer
                        assert int(answer.headers["Retry-After"]) >= 1
                        client.get(path + "?limit=1").expect(200)
                redis.replicaof("NO", "ONE")
                load_clients.wait_for_more(200)
    finally:
        redis.replicaof("NO", "ONE")
    load_clients.verify()
    for each in cluster.nodes + cluster.workers:
        assert "is a replica of 127.0.0.1" in each.output()
        assert "Redis accepts writes again" in each.output()


def test_primary_behind_its_replica_is_found_by_a_user_who_may_not_ask_for_the_role(cluster, two_servers, tmp_path):
    """Only a refused write shows that the first address is a replica. The same address must not be the first one again."""
    redis = cluster.engines.redis
    replica = OtherAddress(tmp_path / "replica", options=["--replicaof", f"127.0.0.1 {redis.port}"])
    replica.port = redis.port
    node = cluster.new(Node, 9)
    node.environment = two_servers
    with replica:
        for server in (replica, redis):
            url = add_user(server, "-info", "-role")
        node.engine_urls = {**node.engine_urls, "redis": url.replace("127.0.0.1", "two-servers")}
        with node, Client(node.port) as client:
            until(lambda: client.post("/apps", {"name": "x"}).status == 201)
            assert "READONLY" in node.output()
            for _ in range(20):
                client.post("/apps", {"name": "x"}).expect(201)
        redis.client().execute_command("ACL", "DELUSER", "somebody")


@pytest.mark.parametrize("is_older", [False, True], ids=["flushed", "older"])
def test_cluster_starts_again_after_redis_lost_data(cluster, rng, is_older):
    """The positions in Redis are then gone, or older than those in MySQL. Neither means that MySQL lost commits."""
    load_clients = LoadClients(cluster, rng)
    server = cluster.engines.redis
    with load_clients.writing():
        load_clients.wait_for_more(200)
        if is_older:
            server.save_data("older")
            load_clients.wait_for_more(200)
            server.kill()
            server.restore_data("older")
            server.restart()
        else:
            server.client().flushall()
        load_clients.wait_for_more(200)
    load_clients.wait_until_queue_is_empty()
    statuses = {name: status for name, status in cluster.stop().items() if "front" not in name}
    assert set(statuses.values()) == {0}, statuses
    if is_older:
        server.kill()
        server.restore_data("older")  # while nothing runs, too
        server.restart()
    else:
        server.client().flushall()
    for each in cluster.nodes + cluster.workers:
        each.start()
    cluster.add_worker()
    with load_clients.writing():
        load_clients.wait_for_more(200)
    load_clients.verify()
    assert all(worker.runs() for worker in cluster.workers)


def test_too_many_redis_clients_are_logged_once_with_the_error_of_redis(cluster, rng):
    load_clients = LoadClients(cluster, rng)
    processes = cluster.nodes + cluster.workers
    with cluster.engines.redis.client(single_connection_client=True) as only:
        only.config_set("maxclients", 1)
        try:
            before = only.info("stats")["rejected_connections"]
            logged = {each: len(each.output()) for each in processes}
            for kind in ("normal", "pubsub"):
                only.client_kill_filter(_type=kind, skipme=True)
            until(lambda: only.info("stats")["rejected_connections"] - before >= 100)
            for each in processes:
                output = each.output()[logged[each]:]
                assert "max number of clients reached" in output
                assert len(output) < 3000, output
        finally:
            only.config_set("maxclients", 10000)
    with load_clients.writing():
        load_clients.wait_for_more(100)
    load_clients.verify()


@pytest.fixture
def without_config(engines):
    """Redis without CONFIG, as some providers offer it."""
    engines.redis.options = ["--rename-command", "CONFIG", ""]
    engines.redis.restart()
    yield
    engines.redis.options = []
    engines.redis.restart()


def test_without_config_works(without_config, start_cluster, rng):
    load_clients = LoadClients(start_cluster(), rng)
    with load_clients.writing():
        load_clients.wait_for_more(100)
    load_clients.verify()


def test_missing_subscribe_permission_is_logged_and_requests_are_answered(engines, start_cluster, rng):
    """Without the subscription, the node looks the answers up."""
    redis = engines.redis.client()
    redis.execute_command("ACL", "SETUSER", "default", "-subscribe")
    try:
        cluster = start_cluster()
        load_clients = LoadClients(cluster, rng)
        with load_clients.writing():
            load_clients.wait_for_more(20)
        for node in cluster.nodes:
            assert "no subscription at redis://" in node.output() and "NOPERM" in node.output()
        assert redis.pubsub_channels("confab:*") == []
        redis.execute_command("ACL", "SETUSER", "default", "+subscribe")
        until(lambda: redis.pubsub_channels("confab:*"))
        with load_clients.writing():
            load_clients.wait_for_more(100)
        load_clients.verify()
    finally:
        redis.execute_command("ACL", "SETUSER", "default", "+@all")


def test_missing_set_permission_is_logged_and_writes_go_on(cluster, rng):
    """The worker deletes an entry before it sets the position, so nothing stays in the queue."""
    load_clients = LoadClients(cluster, rng)
    with load_clients.writing():
        load_clients.wait_for_more(50)
    redis = cluster.engines.redis.client()
    redis.execute_command("ACL", "SETUSER", "default", "-set")
    try:
        with load_clients.writing():
            load_clients.wait_for_more(50)
        load_clients.verify()
        assert any("Redis refused the script that deletes processed entries, or part of it: " in worker.output() for worker in cluster.workers)
    finally:
        redis.execute_command("ACL", "SETUSER", "default", "+@all")
    assert all(worker.runs() for worker in cluster.workers)


def jobs_refused(cluster, redis_url):
    urls = {f"CONFAB_{role.upper()}": url for role, url in cluster.engines.urls().items()}
    done = subprocess.run([str(cluster.confab), "jobs"], env=clean_environment({**urls, "CONFAB_REDIS": redis_url}), text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == 1, done
    return done.stderr


def test_jobs_shows_the_error_of_redis(cluster, tmp_path):
    url = cluster.engines.redis.url
    assert "WRONGPASS" in jobs_refused(cluster, url.replace("redis://", "redis://nobody:wrong@"))
    assert "ERR DB index is out of range" in jobs_refused(cluster, f"{url}/99")
    with Redis(tmp_path / "replica", options=["--replicaof", f"127.0.0.1 {cluster.engines.redis.port}"]) as replica:
        assert "is a replica of" in jobs_refused(cluster, replica.url)
    redis = cluster.engines.redis.client()
    redis.execute_command("ACL", "SETUSER", "default", "-xlen")
    try:
        assert "NOPERM" in jobs_refused(cluster, url)
    finally:
        redis.execute_command("ACL", "SETUSER", "default", "+@all")
