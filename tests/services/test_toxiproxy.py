"""Proxies in front of Redis: the effect of each fault on a client."""

import socket
import time

import pytest
from services import Redis, Toxiproxy

ANSWER_WAIT_S = 30


@pytest.fixture
def redis(tmp_path):
    with Redis(tmp_path / "redis") as redis:
        yield redis


@pytest.fixture
def proxy(tmp_path, redis):
    with Toxiproxy(tmp_path / "toxiproxy") as toxiproxy:
        yield toxiproxy.proxy("redis", redis.port)


def connect(port, timeout=ANSWER_WAIT_S):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def ask(connection, command=b"PING"):
    connection.sendall(command + b"\r\n")
    return connection.recv(1000)


def test_an_enabled_proxy_changes_nothing(proxy):
    with connect(proxy.port) as connection:
        assert ask(connection) == b"+PONG\r\n"


def test_a_disabled_proxy_ends_connections_and_refuses_new_ones_until_it_is_reset(proxy):
    with connect(proxy.port) as connection:
        assert ask(connection) == b"+PONG\r\n"
        proxy.disable()
        assert connection.recv(1000) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(proxy.port)
    proxy.open()
    with connect(proxy.port) as connection:
        assert ask(connection) == b"+PONG\r\n"


def test_latency_delays_every_answer(proxy):
    with connect(proxy.port) as connection:
        proxy.add_latency(400)
        begun = time.monotonic()
        assert ask(connection) == b"+PONG\r\n"
        assert time.monotonic() - begun >= 0.4
        proxy.open()
        assert ask(connection) == b"+PONG\r\n"


def test_a_reply_is_lost_though_the_command_was_carried_out(proxy, redis):
    with connect(proxy.port) as connection:
        assert ask(connection, b"SET done no") == b"+OK\r\n"
        proxy.drop_replies()
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            ask(connection, b"SET done yes")
        assert redis.client().get("done") == b"yes"
        proxy.open()
        connection.settimeout(ANSWER_WAIT_S)
        assert connection.recv(1000) == b"", "a dropped reply arrived later"


def test_a_command_is_lost_before_it_arrives(proxy, redis):
    with connect(proxy.port) as connection:
        assert ask(connection) == b"+PONG\r\n"
        proxy.drop_requests()
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            ask(connection, b"SET done yes")
        assert redis.client().get("done") is None


def test_a_proxy_reaches_a_restarted_server(proxy, redis):
    redis.kill()
    with connect(proxy.port) as connection:
        assert connection.recv(1000) == b""
    redis.restart()
    with connect(proxy.port) as connection:
        assert ask(connection) == b"+PONG\r\n"
