"""What followers of the live feed know, and the check that each position leads to the state of the ledger."""

import http.client
import threading
import time
from collections import defaultdict

import model
from client import TIMEOUT_S, Client
from feed import (
    BEGINNING,
    CatchUp,
    DurableSse,
    EventSource,
    LongPoll,
    Refused,
    Reset,
    counts_of_id,
    counts_of_offset,
    events_path,
    number_of,
    tail_of,
)
from load import wait_for
from objects import CHAT, MESSAGE, TOMBSTONE, assert_object

MESSAGE_EVENTS = ("message.created", "message.updated", "message.deleted")
RETRY_PAUSE_S = 0.05


class State:
    """What a client knows of chats: {chat: {number: message}}. Asserts that versions never go back.

    A list may be newer than the events that follow it. So the highest version is kept, and only versions of events are compared.
    """

    def __init__(self, known=None):
        self.messages = defaultdict(dict, {chat: dict(messages) for chat, messages in (known or {}).items()})
        self.created = []  # chats
        self.sent = {}  # (chat, number) -> the object of the last event
        self.seen = {}  # (chat, number, version) -> object, of all events

    def load(self, chat, listed):
        for message in listed:
            self._keep(chat, message)

    def apply(self, event):
        assert event.keys() == {"type", "chat", "object"}, event
        chat, found = event["chat"], event["object"]
        if event["type"] == "chat.created":
            assert_object(found, CHAT, number=chat)
            assert not self.created or chat == self.created[-1] + 1, (event, self.created[-1])
            self.created.append(chat)
            return
        assert_message_event(event)
        number, version = found["number"], found["version"]
        before = self.sent.get((chat, number))
        assert before is None or before["version"] <= version, f"the version goes back: {event} after {before}"
        assert self.seen.setdefault((chat, number, version), found) == found, f"two objects of one version: {event}"
        known = len(self.messages[chat])
        assert number <= known + (event["type"] == "message.created"), f"{event} comes after message {known}"
        self.sent[chat, number] = found
        self._keep(chat, found)

    def _keep(self, chat, message):
        known = self.messages[chat].get(message["number"])
        if known is None or known["version"] <= message["version"]:
            self.messages[chat][message["number"]] = message

    def of(self, chat):
        return [message for _, message in sorted(self.messages[chat].items())]


def assert_message_event(event):
    kind, found = event["type"], event["object"]
    assert kind in MESSAGE_EVENTS, event
    assert_object(found, TOMBSTONE if found["content"] is None else MESSAGE)
    assert kind != "message.deleted" or found["content"] is None, event
    assert found["version"] >= (1 if kind == "message.created" else 2), event


class Follower(threading.Thread):
    """A client of one form that comes back after each end. Loads first, then follows. `port` is a function, so that the server
    can move."""

    def __init__(self, form, port, chat):
        super().__init__(daemon=True)
        self.form, self.port, self.chat = form, port, chat
        self.state, self.position, self.session = State(), None, None
        self.over, self.failure = threading.Event(), None
        self.ends, self.interruptions, self.resets = 0, 0, 0

    def run(self):
        while not self.over.is_set():
            try:
                self.follow()
                self.ends += 1
            except Reset:
                self.position = None
                self.resets += 1
            except (ConnectionError, http.client.HTTPException):
                self.interruptions += 1
                time.sleep(RETRY_PAUSE_S)
            except Refused as refused:
                if refused.answer.status != 503:
                    self.failure = refused
                    return
                time.sleep(RETRY_PAUSE_S)
            except BaseException as failure:
                self.failure = failure
                return

    def follow(self):
        if self.position is None:
            self.load()
        with self.open() as self.session:
            for position, events in self.session.batches():
                for event in events:
                    self.state.apply(event)
                self.position = position
                if self.over.is_set():
                    return

    def load(self):
        with Client(self.port()) as client:
            answer = client.get(self.chat.messages_path)
        if answer.status != 200:
            raise Refused(answer)
        self.state.load(number_of(self.chat), answer.json)
        self.position = answer.headers["Last-Event-ID" if self.form is EventSource else "Stream-Next-Offset"]

    def open(self):
        return self.form(self.port(), events_path(self.chat), self.position)

    def counts(self):
        """{chat: (messages, changes)} of the position."""
        if self.position is None:
            return {}
        if self.form is EventSource:
            return counts_of_id(self.position)[1]
        return {number_of(self.chat): counts_of_offset(self.position)[1]}

    def has(self, counts):
        """Whether the follower is at these counts of its chats."""
        own = self.counts()
        return bool(own) and all(counts[chat] == own[chat] for chat in own if chat)

    def check(self):
        if self.failure is not None:
            raise AssertionError(f"a follower by {self.form.__name__} failed at {self.position}") from self.failure

    def stop(self):
        self.over.set()
        if self.session is not None:
            self.session.interrupt()


class AppFollower(Follower):
    """Follows chats of an app on the app's feed. It follows first, then loads, as the app's feed has no list."""

    def __init__(self, port, app, chats):
        super().__init__(EventSource, port, None)
        self.app, self.chats = app, chats

    def load(self):
        pass

    def open(self):
        chats = ",".join(map(str, self.chats))
        session = EventSource(self.port(), self.app + "/events", self.position, {"chats": chats})
        if self.position is None:
            with Client(self.port()) as client:
                for chat in self.chats:
                    self.state.load(chat, client.get(f"{self.app}/chats/{chat}/messages").expect(200).json)
        return session


class followers_running:
    """Runs followers while the body runs. Raises the failure of any of them."""

    def __init__(self, followers):
        self.followers = followers

    def __enter__(self):
        for follower in self.followers:
            follower.start()
        return self.followers

    def __exit__(self, kind, *_):
        for follower in self.followers:
            follower.stop()
        for follower in self.followers:
            follower.join(TIMEOUT_S)
        if kind is None:
            for follower in self.followers:
                assert not follower.is_alive(), "a follower does not end"
                follower.check()


def ledger_of(client, app, chats):
    """({chat: messages}, {chat: (messages, changes)}) as lists tell it. REQUIRES: nobody writes."""
    messages, counts = {}, {}
    for chat in chats:
        answer = client.get(f"{app}/chats/{chat}/messages").expect(200)
        messages[chat] = answer.json
        counts[chat] = counts_of_id(answer.headers["Last-Event-ID"])[1][chat]
    return messages, counts


def assert_followers_have(followers, client, app, chats):
    """Every follower gets to the state of the ledger, and saw nothing else before. REQUIRES: nobody writes."""
    messages, counts = ledger_of(client, app, chats)

    def all_there():
        for follower in followers:
            follower.check()
        return all(follower.has(counts) for follower in followers)

    wait_for(all_there, "every follower is at the end")
    for follower in followers:
        for chat in follower.counts():
            if chat:
                assert follower.state.of(chat) == messages[chat], (follower.form, chat)
    for chat in chats:
        assert_seen_is_kept(client, f"{app}/chats/{chat}", messages[chat], seen_of(followers, chat))


def seen_of(followers, chat):
    """All versions of messages that any follower saw. Asserts that all saw the same."""
    seen = {}
    for follower in followers:
        for (of, number, version), found in list(follower.state.seen.items()):
            if of == chat:
                assert seen.setdefault((number, version), found) == found, f"two objects of one version: {found}"
    return seen


def assert_seen_is_kept(client, path, listed, seen):
    """The ledger has every version that a follower saw, as it saw it. A deletion removes the texts of older versions."""
    histories = {}
    for (number, version), found in seen.items():
        assert number <= len(listed), f"a follower saw a message that {path} lacks: {found}"
        kept = listed[number - 1]
        assert version <= kept["version"], f"a follower saw {found}, and the ledger has {kept}"
        if version == kept["version"]:
            assert found == kept
        elif kept["content"] is not None:
            if number not in histories:
                histories[number] = client.get(f"{path}/messages/{number}/versions").expect(200).json
            assert histories[number][version - 1]["content"] == found["content"], (found, histories[number])


class Positions:
    """Every position that a client was given for a chat, with the messages that it knew there."""

    def __init__(self, chat):
        self.chat = chat
        self.ids, self.offsets = {}, {}

    def add_list(self):
        """Both positions of a list, with its messages."""
        answer = self.chat.client.get(self.chat.messages_path).expect(200)
        known = {message["number"]: message for message in answer.json}
        self.ids.setdefault(answer.headers["Last-Event-ID"], known)
        self.offsets.setdefault(answer.headers["Stream-Next-Offset"], known)

    def add_session(self, session, state, end):
        """The positions of a session on the way to `end`."""
        issued = self.ids if isinstance(session, EventSource) else self.offsets
        for position in events_until(session, state, end):
            issued.setdefault(position, dict(state.messages[number_of(self.chat)]))


def events_until(session, state, end):
    """Applies events until the session is at the position `end`. Yields each position."""
    for position, events in session.batches():
        for event in events:
            state.apply(event)
        yield position
        if position == end:
            return
    raise AssertionError(f"the stream ended before {end}")


def random_history(rng, chat, steps, after_each=lambda step: None, expected=None):
    """Creates, edits and deletes messages. Calls after_each(step). Returns the model of the chat; `expected` is the model before."""
    expected = expected or model.Chat()
    for step in range(steps):
        alive = [message.number for message in expected.messages if not message.deleted]
        action = rng.choices(["create", "edit", "delete"], [5, 4, 2])[0]
        content = f"step {step} " + rng.choice(["plain", "two\nlines\r\n", "data: 語🎈", "\u2028", "id: 1:1.1\n\n", "x" * 3000])
        if action == "create" or not alive:
            expected.create({"content": content}, None)
            chat.create_message(content)
        elif action == "edit":
            number = rng.choice(alive)
            expected.edit(number, {"content": content}, None)
            chat.edit(number, content).expect(200)
        else:
            number = rng.choice(alive)
            expected.delete(number, None)
            chat.delete(number).expect(204)
        after_each(step)
    return expected


def assert_list_is(chat, expected):
    """The list of the chat is that of the model."""
    for found, message in zip(chat.messages(), expected.messages, strict=True):
        message.assert_is(found)


def check_every_position(port, chat, positions):
    """A client of any form that comes back with any of the positions gets to the state of the ledger. `port` is a function: a
    cluster may answer with another node each time. REQUIRES: nobody writes."""
    end_id, end_offset = tail_of(chat)
    listed = chat.messages()
    for position, known in positions.ids.items():
        assert_resumed(EventSource, port(), chat, position, known, end_id, listed)
    for position, known in positions.offsets.items():
        for form in (CatchUp, LongPoll, DurableSse):
            assert_resumed(form, port(), chat, position, known, end_offset, listed)


def assert_resumed(form, port, chat, position, known, end, listed):
    state = State({number_of(chat): known})
    with form(port, events_path(chat), position) as session:
        reached = list(events_until(session, state, end))
    assert form is not EventSource or reached[0] == position, "the first event has the position that the client gave"
    assert state.of(number_of(chat)) == listed, f"{form.__name__} from {position}"


def check_history(port, chat, rng, steps):
    """A random history, followed from its start by every form, ends in the state of the ledger from every position. Returns the
    number of positions."""
    positions, path, number = Positions(chat), events_path(chat), number_of(chat)
    with EventSource(port(), path, tail_of(chat)[0]) as events, DurableSse(port(), path) as sse, CatchUp(port(), path) as pages:
        paged = State({number: {}})

        def after_each(step):
            positions.add_list()
            if step % 3 == 0:
                for offset, new in pages.batches():
                    for event in new:
                        paged.apply(event)
                    positions.offsets.setdefault(offset, dict(paged.messages[number]))

        expected = random_history(rng, chat, steps, after_each)
        end_id, end_offset = tail_of(chat)
        positions.add_session(events, State({number: {}}), end_id)
        positions.add_session(sse, State({number: {}}), end_offset)
    positions.offsets[BEGINNING] = {}
    assert_list_is(chat, expected)
    # A follower that was behind also got positions between creations and changes that no list had.
    assert min(len(positions.ids), len(positions.offsets)) >= steps + 1, "every write has a position of its own in both forms"
    check_every_position(port, chat, positions)
    return len(positions.ids) + len(positions.offsets)
