"""Followers while the server is killed, stopped, or fails to sync. Each gets to the state of the ledger, and sees only what was kept."""

import itertools
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from client import Client
from expected_state import ExpectedState
from feed import CatchUp, DurableSse, EventSource, EventStream, LongPoll, events_path, number_of, tail_of
from feed_state import AppFollower, Follower, assert_followers_have, followers_running, seen_of
from load import run_concurrently, wait_for
from server import Server, run
from test_crash import CHATS_AT_FIRST, write_until_killed
from test_slow_disk import BlockedDisk
from verification import verify

FOLLOWERS = 50
ROUNDS_PER_CRASH_ROUND = 4  # of the crash test; these rounds are longer
NOTHING_COMES_S = 1
ENDS_WITHIN_S = 30  # a server that stops ends its streams at once


class Moving:
    """A server that is started again, each time on another port."""

    def __init__(self, start):
        self.start, self.server = start, start()

    def port(self):
        if self.server.process.poll() is not None:
            raise ConnectionRefusedError("another program may have the port by now")
        return self.server.port

    def restart(self, end):
        end(self.server)
        self.server = self.start()


def followers_of(moving, app, chats, count):
    """Followers of every form: of one of the chats, or of all of them on the app's feed."""
    forms = [EventSource, LongPoll, AppFollower, DurableSse, EventSource, CatchUp]
    numbers = [number_of(chat) for chat in chats]
    return [AppFollower(moving.port, app, numbers) if (form := forms[i % len(forms)]) is AppFollower
            else Follower(form, moving.port, chats[i % len(chats)]) for i in range(count)]


def new_chats(expected, client, count):
    chats = []
    for _ in range(count):
        expected.sending_chat()
        chats.append(client.new_chat(expected.app))
        expected.chat_created(number_of(chats[-1]))
    return chats


@pytest.mark.heavy
def test_followers_of_a_server_that_is_killed_have_the_state_of_the_ledger(confab, start, pytestconfig, rng):
    moving = Moving(start)
    with Client(moving.port()) as client:
        expected = ExpectedState(client.new_app())
        chats = new_chats(expected, client, CHATS_AT_FIRST)
    followers = followers_of(moving, expected.app, chats, FOLLOWERS)
    rounds = max(3, pytestconfig.getoption("--crash-rounds") // ROUNDS_PER_CRASH_ROUND)
    with followers_running(followers):
        for round_number in range(rounds):
            write_until_killed(moving.server, expected, round_number, rng)
            moving.restart(lambda server: None)
            with Client(moving.port()) as client:
                verify(client, expected)
                assert_followers_have(followers, client, expected.app, [number_of(chat) for chat in chats])
    for follower in followers:
        assert follower.resets == 0, "a crash does not change the generation"
        assert follower.interruptions >= 1
    moving.server.stop()
    assert run(confab, "check", "--data", moving.server.data).returncode == 0
    print(f"{rounds} rounds, {len(expected.messages)} messages, {sum(len(follower.state.seen) for follower in followers)} objects seen")


class Outcomes:
    """The answers that writers got. `doubtful` has the contents of creations and edits, and the numbers of deletions, without a known outcome."""

    def __init__(self):
        self.acknowledged, self.doubtful = 0, set()

    def add(self, answer, status, doubtful):
        if answer.status == status:
            self.acknowledged += 1
            return True
        if answer.expect(503).json["code"] == "outcome_unknown":
            self.doubtful.add(doubtful)
        return False


def write_until_refused(chat, name, rng, outcomes):
    """Creates, edits and deletes own messages until the server takes no more writes."""
    own = []
    for turn in itertools.count():
        content = f"{name}.{turn}"
        answer = chat.post_message(content)
        if not outcomes.add(answer, 201, content):
            return
        own.append(answer.json["number"])
        number = rng.choice(own)
        if not outcomes.add(chat.edit(number, content + " edited"), 200, content + " edited"):
            return
        if turn % 4 == 0:
            number = own.pop(rng.randrange(len(own)))
            if not outcomes.add(chat.delete(number), 204, (number_of(chat), number)):
                return


def shown_of(followers, chats):
    """What followers saw, in the form of Outcomes.doubtful."""
    found = [(number_of(chat), message) for chat in chats for message in seen_of(followers, number_of(chat)).values()]
    return {message["content"] or (chat, message["number"]) for chat, message in found}


@pytest.mark.heavy
def test_no_follower_sees_a_write_whose_sync_failed(confab, start, fault_library, tmp_path, rng):
    fault = tmp_path / "fail"
    moving = Moving(lambda: start(environment={"LD_PRELOAD": str(fault_library("failing_sync")), "FAULT_SYNC": str(fault)}))
    with Client(moving.port()) as client:
        app = client.new_app()
        chats = [client.new_chat(app) for _ in range(4)]
    numbers = [number_of(chat) for chat in chats]
    followers = followers_of(moving, app, chats, 20)
    doubtful = 0
    with followers_running(followers):
        for round_number in range(4):
            outcomes = Outcomes()

            def write(index, client, round_number=round_number, outcomes=outcomes):
                if index == 16:
                    wait_for(lambda: outcomes.acknowledged >= 200, "some writes are acknowledged")
                    fault.touch()
                else:
                    write_until_refused(chats[index % 4].with_client(client), f"{round_number}.{index}", rng, outcomes)

            run_concurrently(moving.port(), 17, write)
            assert outcomes.doubtful, "no write was in the batch whose sync failed"
            doubtful += len(outcomes.doubtful)
            # New followers read from the ledger, and the old ones may come back. Neither may get what was not kept.
            late = followers_of(moving, app, chats, 6)
            with followers_running(late), Client(moving.port()) as client:
                wait_for(lambda late=late: all(one.position for one in late), "the late followers have begun")
                assert_followers_have([*followers, *late], client, app, numbers)
                shown = shown_of([*followers, *late], chats)
                assert not shown & outcomes.doubtful, f"a follower saw what was not kept: {shown & outcomes.doubtful}"
            fault.unlink()
            moving.restart(Server.kill if round_number % 2 else Server.stop)
            with Client(moving.port()) as client:
                assert_followers_have(followers, client, app, numbers)
    moving.server.stop()
    assert run(confab, "check", "--data", moving.server.data).returncode == 0
    print(f"{doubtful} writes with an unknown outcome")


def assert_nothing_comes(stream):
    """Nothing is there yet. A server that sends too early may pass, one that is right never fails."""
    stream.response.socket.settimeout(NOTHING_COMES_S)
    with pytest.raises(socket.timeout):
        stream.next()
    stream.response.socket.settimeout(120)


def test_event_leaves_only_when_its_batch_is_on_disk(start, fault_library, tmp_path):
    disk = BlockedDisk(tmp_path / "hold")
    server = start(environment={"LD_PRELOAD": str(fault_library("held_sync")), "FAULT_HOLD": str(disk.file)})
    with Client(server.port) as client, ThreadPoolExecutor(1) as pool:
        chat = client.new_chat()
        chat.create_message("before")
        with EventSource(server.port, events_path(chat)) as stream:
            begun = tail_of(chat)[1]
            try:
                disk.block()
                pending = pool.submit(chat.create_message, "in between")
                disk.wait_until_asked()
                assert_nothing_comes(stream)
                with Client(server.port) as other:
                    assert tail_of(chat.with_client(other))[1] == begun
                    assert other.get(f"{events_path(chat)}?offset={begun}").expect(200).json == []
                    with EventSource(server.port, events_path(chat)) as late:
                        assert late.first.id == stream.first.id
                assert not pending.done()
            finally:
                disk.unblock()
            assert pending.result() == 2
            assert stream.next().json["object"]["content"] == "in between"


def test_stopped_server_ends_every_stream_properly_and_nothing_is_lost(start):
    moving = Moving(start)
    with Client(moving.port()) as client:
        app = client.new_app()
        chats = [client.new_chat(app) for _ in range(3)]
    followers = followers_of(moving, app, chats, 18)
    with followers_running(followers):
        for turn in range(3):
            with Client(moving.port()) as client:
                for chat in chats:
                    for number in range(10):
                        chat.with_client(client).edit(chat.with_client(client).create_message(f"{turn}.{number}"), "edited").expect(200)
                wait_for(lambda: all(follower.position for follower in followers), "every follower has begun")
                began = time.monotonic()
            moving.restart(Server.stop)
            print(f"stopped and started in {time.monotonic() - began:.1f} s")
            assert "requests were aborted" not in moving.server.log()
        with Client(moving.port()) as client:
            assert_followers_have(followers, client, app, [number_of(chat) for chat in chats])
    assert all(follower.resets == 0 for follower in followers)


def test_streams_of_a_server_that_stops_end_within_a_moment_and_say_when_to_come_back(start):
    server = start()
    with Client(server.port) as client, ExitStack() as stack:
        chat = client.new_chat()
        app = chat.path.rsplit("/chats/", 1)[0]
        paths = [events_path(chat)] * 5 + [app + "/events?chats=1"] * 5 + [events_path(chat) + "?offset=now&live=sse"] * 5
        streams = [stack.enter_context(EventStream(server.port, path)) for path in paths]
        for stream in streams:
            assert stream.next().type in ("ready", "control")
        offset = tail_of(chat)[1]
        polls = [stack.enter_context(Client(server.port)) for _ in range(5)]
        for poll in polls:
            poll.begin("GET", f"{events_path(chat)}?offset={offset}&live=long-poll")
        number = chat.create_message("the last one")
        for stream in streams:
            assert stream.next().type in ("message.created", "data")
        for poll in polls:
            assert [event["object"]["number"] for event in poll.finish().expect(200).json] == [number]
            poll.begin("GET", f"{events_path(chat)}?offset={tail_of(chat)[1]}&live=long-poll")
        time.sleep(0.5)  # so that the long polls wait, most of the time
        server.terminate()
        for stream, path in zip(streams, paths, strict=True):
            while stream.next() is not None:
                pass
            if "sse" not in path:
                assert len(stream.parser.retries) == 2, "one at the start, one at the end"
        for poll in polls:
            answer = poll.finish()
            assert answer.status in (204, 503), answer  # 503: it arrived after the signal
        assert server.wait(ENDS_WITHIN_S) == 0
    assert "requests were aborted" not in server.log()


def test_followers_that_read_nothing_do_not_delay_a_stop(start):
    server = start("--drain-timeout-s", 2)
    with Client(server.port) as client, ExitStack() as stack:
        chat = client.new_chat()
        for _ in range(5):
            stack.enter_context(EventSource(server.port, events_path(chat), receive_buffer=4096))
        for _ in range(200):
            chat.create_message("x" * 60000)
        server.terminate()
        assert server.wait(ENDS_WITHIN_S) == 0
    with Client(start().port) as client:
        assert chat.with_client(client).count() == 200
