"""A node, a worker and `confab migrate` refuse a Redis server that they cannot use with an error at their start, and accept all others.
There is no MySQL, so a command that accepts Redis fails at MySQL and names it."""

import subprocess
import time

import pytest
from libraries import build
from redis_servers import OtherAddress, add_user
from services import Redis
from services.nginx import Nginx
from services.service import clean_environment

COMMANDS = ["serve", "worker", "migrate"]
NO_MYSQL = "mysql://confab@127.0.0.1:1/confab"
# A node waits so long for a server that may still start. A permanent error is reported immediately; the margin is for a busy
# machine.
RETRY_TIMEOUT_S = 10


class Sentinel(Redis):
    def command(self):
        return ["redis-server", self.data / "sentinel.conf", "--sentinel", "--port", self.port, "--bind", "127.0.0.1"]

    def configure(self):
        (self.data / "sentinel.conf").write_text("sentinel monitor confab 127.0.0.1 1 1\n")


@pytest.fixture
def start_redis(tmp_path):
    started = []

    def start(*options, kind=Redis, port=None):
        server = kind(tmp_path / f"redis-{len(started) + 1}", options=options)
        server.port = port or server.port
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.close()


@pytest.fixture
def server(start_redis):
    return start_redis()


class Start:
    """A command that starts, a node by default, and its output until it ends."""

    def __init__(self, confab, url, *options, environment=None, command="serve"):
        listen = ["--listen", "127.0.0.1:0", "--auth=open"] if command == "serve" else []
        command = [str(confab), command, "--mysql", NO_MYSQL, "--redis", url, *listen, *options]
        self.begun = time.monotonic()
        self.process = subprocess.Popen(command, env=clean_environment(environment), text=True, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def refused(self, at_once=True):
        output, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 1, output
        assert "confab: redis://" in output, output
        if at_once:
            assert time.monotonic() - self.begun < RETRY_TIMEOUT_S, output
        return output

    def taken(self):
        output, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 1, output
        assert "confab: redis://" not in output and "127.0.0.1:1/" in output, output
        return output


@pytest.fixture
def start(confab):
    processes = []

    def begin(url, *options, **more):
        processes.append(Start(confab, url, *options, **more))
        return processes[-1]

    yield begin
    for each in processes:
        each.process.kill()
        each.process.communicate()


def test_usable_one_is_taken(server, start):
    start(server.url).taken()


def test_wrong_password(server, start):
    add_user(server)
    output = start(server.url.replace("redis://", "redis://somebody:wrong@")).refused()
    assert output.count("WRONGPASS") == 1, output
    assert "wrong@" not in output


def test_missing_password_is_no_policy(server, start):
    server.client().config_set("requirepass", "right")
    output = start(server.url).refused()
    assert "NOAUTH" in output and "maxmemory-policy" not in output


def test_wrong_database(server, start):
    assert "ERR DB index is out of range" in start(f"{server.url}/99").refused()
    assert "ERR" in start(f"{server.url}/first").refused()


def test_nobody_there(start):
    starts = {"connection refused": start("redis://127.0.0.1:1"), "host not found": start("redis://no-such-host.invalid")}
    for reason, each in starts.items():
        assert reason in each.refused(at_once=False)


def test_server_that_comes_later_is_waited_for(tmp_path, start):
    with Redis(tmp_path / "redis") as server:
        server.stop()
        begun = start(server.url)
        server.restart()
        begun.taken()


def test_password_files_are_read_once(tmp_path, start):
    """A password file is not read again for an engine that is connected later."""
    file = tmp_path / "password"
    file.write_text("right")
    with Redis(tmp_path / "redis") as server:
        server.stop()
        begun = start(server.url, f"--mysql-password-file={file}")
        assert any("connection refused" in line for line in begun.process.stdout), "it waits for Redis"
        file.unlink()
        server.restart()
        begun.taken()


def test_something_else_listens(tmp_path, start):
    with Nginx(tmp_path / "front", [1]) as front:
        assert "it is not a Redis server" in start(f"redis://127.0.0.1:{front.port}").refused()


def test_no_room_for_one_more_client(server, start):
    with server.client(single_connection_client=True) as only:
        only.config_set("maxclients", 1)
        output = start(server.url).refused(at_once=False)
    assert "max number of clients reached" in output
    assert len(output) < 2000, output


def test_every_address_of_a_name_is_tried(server, start, tmp_path):
    environment = {"LD_PRELOAD": str(build("two_addresses", tmp_path))}
    start(f"redis://two-addresses:{server.port}", environment=environment).taken()


def test_reason_of_every_address_is_said(start, tmp_path):
    environment = {"LD_PRELOAD": str(build("two_addresses", tmp_path))}
    output = start("redis://two-addresses:1", environment=environment).refused(at_once=False)
    assert "::1: " in output and "127.0.0.1: connection refused" in output


def test_primary_is_found_behind_its_replica(server, start_redis, start, two_servers):
    start_redis("--replicaof", f"127.0.0.1 {server.port}", kind=OtherAddress, port=server.port)
    start(f"redis://two-servers:{server.port}", environment=two_servers).taken()


def test_server_that_takes_the_login_is_found_behind_one_that_does_not(server, start_redis, start, two_servers):
    start_redis(kind=OtherAddress, port=server.port).client().config_set("requirepass", "of another")
    start(f"redis://two-servers:{server.port}", environment=two_servers).taken()


def test_reason_of_every_server_is_said(server, start_redis, start, two_servers):
    start_redis("--replicaof", f"127.0.0.1 {server.port}", kind=OtherAddress, port=server.port)
    server.client().config_set("requirepass", "right")
    output = start(f"redis://two-servers:{server.port}", environment=two_servers).refused()
    assert "127.0.0.2: it is a replica of" in output and "127.0.0.1: NOAUTH" in output


@pytest.mark.parametrize("policy, is_taken", [("noeviction", True), ("allkeys-lru", False)])
def test_policy_comes_from_info_where_config_is_renamed_away(start_redis, start, policy, is_taken):
    server = start_redis("--rename-command", "CONFIG", "", "--maxmemory-policy", policy)
    begun = start(server.url)
    if is_taken:
        assert "unchecked" not in begun.taken()
    else:
        assert "allkeys-lru" in begun.refused()


def test_policy_comes_from_config_where_info_is_forbidden(server, start):
    url = add_user(server, "-info")
    assert "allows no INFO" in start(url).taken()
    server.client().config_set("maxmemory-policy", "allkeys-lru")
    assert "allkeys-lru" in start(url).refused()


def test_policy_that_is_not_shown_has_to_be_taken_unchecked(server, start):
    url = add_user(server, "-info", "-config", "-role")
    output = start(url).refused()
    assert "--redis-policy-unchecked" in output and "NOPERM" not in output
    assert "used unchecked" in start(url, "--redis-policy-unchecked").taken()


def test_unchecked_takes_no_policy_that_is_shown_and_wrong(server, start):
    server.client().config_set("maxmemory-policy", "allkeys-lru")
    assert "noeviction" in start(server.url, "--redis-policy-unchecked").refused()


@pytest.mark.parametrize("command", COMMANDS)
def test_evicting_policy(server, start, command):
    server.client().config_set("maxmemory-policy", "allkeys-lru")
    assert "allkeys-lru" in start(server.url, command=command).refused()


@pytest.mark.parametrize("command", COMMANDS)
def test_cluster_mode(start_redis, start, command):
    assert "cluster mode" in start(start_redis("--cluster-enabled", "yes").url, command=command).refused()


@pytest.mark.parametrize("command", COMMANDS)
def test_replica(server, start_redis, start, command):
    replica = start_redis("--replicaof", f"127.0.0.1 {server.port}")
    output = start(replica.url, command=command).refused()
    assert f"a replica of 127.0.0.1:{server.port}" in output and "accepts no writes: use the primary" in output


def test_replica_found_without_info_or_role(server, start_redis, start):
    """INFO or ROLE shows that it is a replica, and it is refused. If neither command is allowed, it is accepted."""
    replica = start_redis("--replicaof", f"127.0.0.1 {server.port}")
    assert "a replica of" in start(add_user(replica, "-info")).refused()
    assert "a replica of" in start(add_user(replica, "-role")).refused()


@pytest.mark.parametrize("command", COMMANDS)
def test_sentinel(start_redis, start, command):
    assert "Sentinel" in start(start_redis(kind=Sentinel).url, command=command).refused()
