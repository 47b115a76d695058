"""A page in a real Chromium follows chats with the browser's EventSource. The page and the API have one origin, nginx."""

import json

import pytest
from chromium import Chromium
from client import Client
from follower import State, difference, listed, number_of, wait_until

QUIET_S = 5  # an event that nginx keeps in a buffer would come much later, with the next ping


@pytest.fixture
def browser(tmp_path):
    with Chromium(tmp_path / "chromium") as browser:
        yield browser


@pytest.fixture
def page(browser, front):
    return browser.open(f"{front.url}/follow.html")


class Follower:
    """What the page received. Each look takes what is new."""

    def __init__(self, page):
        self.page, self.state, self.received, self.lists, self.ready = page, State(), 0, 0, 0

    def look(self):
        new = json.loads(self.page.evaluate(f"JSON.stringify({{...seen, received: seen.received.slice({self.received})}})"))
        assert new["failed"] == []
        for one in new["received"]:
            if "list" in one:
                self.state.load(one["chat"], one["list"])
                self.lists += 1
            else:
                self.state.apply(one)
        self.received += len(new["received"])
        self.ready = new["ready"]
        return self

    @property
    def events(self):
        return self.received - self.lists

    def wait_until_ready(self):
        wait_until(lambda: self.look().ready and self.lists, lambda: "ready")

    def wait_until_equal(self, node, chat, seconds=60):
        messages, number = listed(node.port, chat), number_of(chat)
        wait_until(lambda: self.look().state.messages(number) == messages,
                   lambda: difference(self.state.messages(number), messages), seconds)


@pytest.fixture
def follower(page):
    return Follower(page)


def test_an_event_reaches_the_page_at_once(node, chat, page, follower):
    chat.create_message("before the list")
    page.evaluate(f"followChat({chat.path!r})")
    follower.wait_until_ready()
    for number in range(2, 6):
        assert chat.create_message(f"message {number}") == number
        follower.wait_until_equal(node, chat, QUIET_S)
    chat.edit(1, "edited").expect(200)
    follower.wait_until_equal(node, chat, QUIET_S)
    chat.delete(2).expect(204)
    follower.wait_until_equal(node, chat, QUIET_S)
    assert follower.ready == 1


def test_a_page_that_loads_and_then_follows_misses_nothing_in_a_restart(node, end, writers, chat, page, follower):
    writers = writers([chat])
    with writers.writing():
        writers.wait_for_more(50)
        page.evaluate(f"followChat({chat.path!r})")
        follower.wait_until_ready()
        writers.wait_for_more(150)
        node.fail(end)
        writers.wait_for_more(150)
    follower.wait_until_equal(node, chat)
    assert follower.ready >= 2 and follower.events >= 300


def test_a_page_that_follows_an_app_and_then_loads_misses_nothing_in_a_restart(node, end, writers, client, page, follower):
    app = client.new_app()
    chats = [client.new_chat(app) for _ in range(3)]
    writers = writers(chats)
    with writers.writing():
        page.evaluate(f"followApp({app!r}, {[number_of(chat) for chat in chats]})")
        wait_until(lambda: follower.look().lists == 3, lambda: "three lists")
        writers.wait_for_more(150)
        node.fail(end)
        with Client(node.port) as after:
            new = after.new_chat(app)
        writers.wait_for_more(150)
    for chat in chats:
        follower.wait_until_equal(node, chat)
    wait_until(lambda: number_of(new) in follower.look().state.loaded, lambda: "chat.created")
    assert follower.ready >= 2 and follower.events >= 300
