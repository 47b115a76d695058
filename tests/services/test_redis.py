import time

import pytest
import redis.exceptions
from libraries import MovedClock
from services import Redis


@pytest.fixture
def server(tmp_path):
    with Redis(tmp_path / "redis") as server:
        yield server


def test_it_keeps_its_promises_to_the_cluster(server):
    settings = server.client().config_get("*")
    assert settings["maxmemory-policy"] == "noeviction"
    assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "everysec")


def test_a_stream_survives_sigkill(server):
    for number in range(100):
        server.client().xadd("{p1}stream", {"number": number})
    server.kill()
    server.restart()
    entries = server.client().xrange("{p1}stream")
    assert [int(entry[b"number"]) for _, entry in entries] == list(range(100))


def test_a_stream_never_goes_back_in_time_by_itself(server):
    """Redis refuses an id below the last one only while the stream exists. A stream that was lost starts again."""
    client = server.client()
    client.xadd("stream", {"a": 1}, id="5-1")
    with pytest.raises(redis.exceptions.ResponseError, match="equal or smaller"):
        client.xadd("stream", {"a": 1}, id="4-1")
    client.flushall()
    assert client.xadd("stream", {"a": 1}, id="4-1") == b"4-1"


def test_a_subscriber_receives_messages_until_it_is_disconnected(server):
    with server.client(socket_timeout=10) as client:
        channel = client.pubsub()
        channel.subscribe("answers")
        assert channel.get_message(timeout=10)["type"] == "subscribe"
        server.client().publish("answers", "hello")
        assert channel.get_message(timeout=10)["data"] == b"hello"
        assert server.client().client_kill_filter(_type="pubsub") == 1
        with pytest.raises(redis.exceptions.ConnectionError):
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                channel.parse_response(block=True)


def test_its_clock_can_be_moved_while_it_runs(tmp_path):
    clock = MovedClock(tmp_path)
    with Redis(tmp_path / "redis", environment=clock.environment) as server:
        client = server.client()
        assert abs(client.time()[0] - time.time()) < 5
        clock.move(-100)
        assert abs(client.time()[0] - (time.time() - 100)) < 5
        identifier = client.xadd("stream", {"a": 1})
        assert abs(int(identifier.split(b"-")[0]) / 1000 - (time.time() - 100)) < 5
        clock.move(+100)
        assert abs(client.time()[0] - (time.time() + 100)) < 5
        clock.move(0)
        server.restart()
        assert abs(client.time()[0] - time.time()) < 5
