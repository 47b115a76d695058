"""Expired keys are removed faster than new ones are added. Valid keys stay."""

import time

from client import Chat, Client
from keys import add_expired_keys, count_keys
from libraries import MovedClock
from server import run

EXPIRED = 50_000
BATCHES = 100
HOUR_S = 3600


def test_expired_keys_are_all_gone_after_some_batches_and_the_others_stay(confab, start):
    server = start()
    with Client(server.port) as client:
        path = client.new_chat().path
        Chat(client, path).post_message("kept", key="still known").expect(201)
    server.stop()
    add_expired_keys(server.data, EXPIRED)
    assert count_keys(server.data) == EXPIRED + 1
    server = start()
    with Client(server.port) as client:
        chat = Chat(client, path)
        for number in range(2, 2 + BATCHES):
            assert chat.create_message(f"message {number}") == number
        assert chat.post_message("kept", key="still known").expect(201).headers["Idempotent-Replayed"] == "true"
    server.stop()
    assert count_keys(server.data) == 1
    assert run(confab, "check", "--data", server.data).returncode == 0


class Moved:
    """A server that restarts repeatedly, each time with another clock."""

    def __init__(self, start, tmp_path, data="data"):
        self.start, self.data, self.clock = start, data, MovedClock(tmp_path)
        self.server = self.path = None

    def at(self, hours, kill=False):
        """Restarts with the clock moved by so many hours. Returns the chat."""
        if self.server:
            (self.server.kill if kill else self.server.stop)()
        self.clock.move(hours * HOUR_S)
        self.server = self.start(data=self.data, environment=self.clock.environment)
        client = Client(self.server.port)
        self.path = self.path or client.new_chat().path
        return Chat(client, self.path)


def test_key_used_while_the_clock_was_behind_is_kept_for_its_life(confab, start, tmp_path):
    """Also when the key is replayed from the journal after a kill."""
    for kill in (False, True):
        moved = Moved(start, tmp_path, data=f"data-{kill}")
        moved.at(0).create_message("by the correct clock")
        moved.at(-10, kill).post_message("once", key="k").expect(201)
        again = moved.at(20, kill).post_message("once", key="k").expect(201)
        assert again.headers["Idempotent-Replayed"] == "true" and again.json["number"] == 2
        assert moved.at(25, kill).post_message("once", key="k").expect(201).json["number"] == 3
        moved.server.stop()
        assert run(confab, "check", "--data", moved.server.data).returncode == 0


def test_key_used_while_the_clock_was_in_1970_is_kept_for_its_life(confab, start, tmp_path):
    """As on a machine whose clock begins there and is set some time later."""
    moved = Moved(start, tmp_path)
    moved.at(0).create_message("by the right clock")
    in_1970 = -int(time.time()) // HOUR_S + 1
    moved.at(in_1970).post_message("once", key="k").expect(201)
    moved.at(in_1970).post_message("twice", key="l").expect(201)
    for key, number in (("k", 2), ("l", 3)):
        again = moved.at(20).post_message({"k": "once", "l": "twice"}[key], key=key).expect(201)
        assert again.headers["Idempotent-Replayed"] == "true" and again.json["number"] == number
    assert moved.at(25).post_message("once", key="k").expect(201).json["number"] == 4
    moved.server.stop()
    assert run(confab, "check", "--data", moved.server.data).returncode == 0


def test_clock_that_was_far_ahead_lengthens_a_keys_life_by_two_days_at_most(start, tmp_path):
    moved = Moved(start, tmp_path)
    moved.at(10 * 365 * 24).create_message("by a wrong clock")
    moved.at(0).post_message("once", key="k").expect(201)
    assert moved.at(71).post_message("once", key="k").expect(201).headers["Idempotent-Replayed"] == "true"
    assert moved.at(73).post_message("once", key="k").expect(201).json["number"] == 3


def test_clock_that_was_ahead_is_forgotten_after_two_days(start, tmp_path):
    moved = Moved(start, tmp_path)
    moved.at(10 * 365 * 24).create_message("by a wrong clock")
    moved.at(0).create_message("by the correct clock again")
    moved.at(49).post_message("once", key="k").expect(201)
    assert moved.at(72).post_message("once", key="k").expect(201).headers["Idempotent-Replayed"] == "true"
    assert moved.at(74).post_message("once", key="k").expect(201).json["number"] == 4
