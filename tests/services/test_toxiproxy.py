"""Gates in front of Redis, each fault seen from a client's side."""

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
def gate(tmp_path, redis):
    with Toxiproxy(tmp_path / "toxiproxy") as proxy:
        yield proxy.gate("redis", redis.port)


def connect(port, timeout=ANSWER_WAIT_S):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout)


def ask(connection, command=b"PING"):
    connection.sendall(command + b"\r\n")
    return connection.recv(1000)


def test_an_open_gate_changes_nothing(gate):
    with connect(gate.port) as connection:
        assert ask(connection) == b"+PONG\r\n"


def test_a_shut_gate_ends_connections_and_refuses_new_ones_until_it_is_opened(gate):
    with connect(gate.port) as connection:
        assert ask(connection) == b"+PONG\r\n"
        gate.shut()
        assert connection.recv(1000) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(gate.port)
    gate.open()
    with connect(gate.port) as connection:
        assert ask(connection) == b"+PONG\r\n"


def test_a_slow_gate_delays_every_answer(gate):
    with connect(gate.port) as connection:
        gate.slow_down(400)
        begun = time.monotonic()
        assert ask(connection) == b"+PONG\r\n"
        assert time.monotonic() - begun >= 0.4
        gate.open()
        assert ask(connection) == b"+PONG\r\n"


def test_a_reply_is_lost_though_the_command_was_carried_out(gate, redis):
    with connect(gate.port) as connection:
        assert ask(connection, b"SET done no") == b"+OK\r\n"
        gate.drop_replies()
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            ask(connection, b"SET done yes")
        assert redis.client().get("done") == b"yes"
        gate.open()
        connection.settimeout(ANSWER_WAIT_S)
        assert connection.recv(1000) == b"", "a lost reply came late"


def test_a_command_is_lost_before_it_arrives(gate, redis):
    with connect(gate.port) as connection:
        assert ask(connection) == b"+PONG\r\n"
        gate.drop_requests()
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            ask(connection, b"SET done yes")
        assert redis.client().get("done") is None


def test_a_gate_leads_to_a_server_that_was_started_again(gate, redis):
    redis.kill()
    with connect(gate.port) as connection:
        assert connection.recv(1000) == b""
    redis.restart()
    with connect(gate.port) as connection:
        assert ask(connection) == b"+PONG\r\n"
