"""The live feed in a cluster: followers of any node get what any worker commits, whatever fails."""

import itertools
import threading
import time

import pytest
from client import Client, assert_problem
from feed import DurableSse, EventSource, LongPoll, events_path, number_of, tail_of
from feed_state import Follower, assert_followers_have, check_history, followers_running
from load import wait_for

FORMS = (EventSource, LongPoll, DurableSse)
OUTAGE_S = 10


class Writers:
    """Create, edit and delete messages of a chat until the end. A write whose outcome is not known is left at that."""

    def __init__(self, port, chat, count=4):
        self.over, self.done = threading.Event(), 0
        self.threads = [threading.Thread(target=self.write, args=(port, chat, number), daemon=True) for number in range(count)]

    def write(self, port, chat, number):
        for turn in itertools.count():
            if self.over.is_set():
                return
            try:
                with Client(port()) as client:
                    mine = chat.with_client(client)
                    created = mine.create_message(f"{number}: {turn}")
                    if turn % 3 == 0:
                        mine.edit(created, f"{number}: {turn} edited")
                    if turn % 7 == 0:
                        mine.delete(created)
                self.done += 1
            except (AssertionError, OSError):
                time.sleep(0.1)
            time.sleep(0.02)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def wait_for_more(self, count):
        enough = self.done + count
        wait_for(lambda: self.done >= enough, f"{count} more writes")


def followers_of(chat, ports):
    return [Follower(form, port, chat) for port in ports for form in FORMS]


def port_of(node):
    return lambda: node.port


def assert_all_have(followers, client, chat):
    app = chat.path.rsplit("/chats/", 1)[0]
    assert_followers_have(followers, client, app, [number_of(chat)])


def test_every_position_of_a_history_leads_to_its_end_on_any_node(cluster, client, rng):
    nodes = itertools.cycle(cluster.nodes)
    check_history(lambda: next(nodes).port, client.new_chat(), rng, steps=12)


def test_an_event_reaches_the_followers_of_every_node_within_a_moment(cluster, client):
    chat = client.new_chat()
    streams = [EventSource(node.port, events_path(chat), tail_of(chat)[0]) for node in cluster.nodes]
    for turn in range(5):
        chat.create_message(f"message {turn}")
        for stream in streams:
            assert stream.next().json["object"]["content"] == f"message {turn}"
    for stream in streams:
        stream.__exit__()


@pytest.fixture
def with_proxies(start_cluster):
    return start_cluster(proxies=True)


def test_followers_lose_nothing_while_their_node_gets_no_hints(with_proxies):
    cut, other = with_proxies.nodes
    with Client(other.port) as client:
        chat = client.new_chat()
        with followers_running(followers_of(chat, [port_of(cut), port_of(other)])) as followers:
            with Writers(port_of(other), chat) as writers:
                writers.wait_for_more(10)
                cut.proxies.redis.disable()
                begun = time.monotonic()
                writers.wait_for_more(20)
                time.sleep(max(0, OUTAGE_S - (time.monotonic() - begun)))
                cut.proxies.redis.open()
                writers.wait_for_more(10)
            assert_all_have(followers, client, chat)


def kill_a_node(cluster):
    cluster.nodes[1].kill()
    cluster.nodes[1].start()


def kill_a_worker(cluster):
    cluster.workers[0].kill()
    cluster.workers[0].start()


def empty_redis(cluster):
    cluster.engines.redis.client().flushall()


def restart_mysql(cluster):
    cluster.engines.sql.kill()
    time.sleep(2)
    cluster.engines.sql.start()


def stop_a_node(cluster):
    cluster.nodes[1].stop()
    cluster.nodes[1].start()


@pytest.mark.parametrize("fail", [kill_a_node, stop_a_node, kill_a_worker, empty_redis, restart_mysql], ids=lambda f: f.__name__)
def test_followers_lose_nothing_when_a_part_fails(cluster, fail):
    steady, failing = cluster.nodes
    with Client(steady.port) as client:
        chat = client.new_chat()
        with followers_running(followers_of(chat, [port_of(steady), port_of(failing)])) as followers:
            with Writers(port_of(steady), chat) as writers:
                writers.wait_for_more(10)
                fail(cluster)
                writers.wait_for_more(20)
            assert_all_have(followers, client, chat)


def test_accepted_loss_of_commits_resets_followers(cluster, client):
    chat = client.new_chat()
    chat.create_message("before")
    position, offset = tail_of(chat)
    for worker in cluster.workers:
        worker.stop()
    with EventSource(cluster.nodes[0].port, events_path(chat), position) as stream:
        cluster.run("migrate", "--accept-lost-commits")
        assert stream.next() is None, "the stream ends, as its positions are not valid any more"
    with EventSource(cluster.nodes[0].port, events_path(chat), position) as stream:
        assert stream.first.type == "reset"
    assert_problem(client.get(f"{events_path(chat)}?offset={offset}"), 410, "other_generation")
