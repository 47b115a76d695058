"""What a client of the live feed received, and the state that follows from it."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path

from client import Client

HERE = Path(__file__).resolve().parent
CATCH_UP_S = 60  # only a client that never gets an event uses it up
TYPES = {"message.created", "message.updated", "message.deleted", "chat.created"}


class State:
    """The messages of chats by number, each in its highest version. Asserts what the feed promises: no creation is left out, and a
    version of a message is always the same. An event of a version that a crash took back would be followed by another one."""

    def __init__(self):
        self.chats, self.loaded, self.sent = {}, set(), {}

    def load(self, chat, messages):
        """Takes the messages of a list. Of a chat that is followed from its beginning the list is empty."""
        self.loaded.add(chat)
        for message in messages:
            self.keep(chat, message)

    def apply(self, event):
        assert set(event) == {"type", "chat", "object"} and event["type"] in TYPES, event
        chat, message = event["chat"], event["object"]
        if event["type"] == "chat.created":
            assert chat == message["number"], event
            self.load(chat, [])
            return
        version = chat, message["number"], message["version"]
        assert self.sent.setdefault(version, message) == message, f"{event} was {self.sent[version]}"
        if chat in self.loaded:
            highest = max(self.chats.get(chat, {}), default=0)
            assert message["number"] <= highest + (event["type"] == "message.created"), f"{event} comes after message {highest}"
        self.keep(chat, message)

    def keep(self, chat, message):
        known = self.chats.setdefault(chat, {})
        if message["number"] not in known or message["version"] >= known[message["number"]]["version"]:
            known[message["number"]] = message

    def messages(self, chat):
        """The chat's messages as the API lists them."""
        return [message for _, message in sorted(self.chats.get(chat, {}).items())]


def listed(port, chat):
    """The ledger's messages of the chat."""
    with Client(port) as client:
        return chat.with_client(client).messages()


def number_of(chat):
    return int(chat.path.rsplit("/", 1)[1])


def wait_until(condition, what, seconds=CATCH_UP_S):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what()}"
        time.sleep(0.02)


class Program:
    """A program of this folder that follows a chat with a client library. It prints a line of JSON for everything that it gets:

    {"list": [...]}      the messages that it loaded; an empty list if it follows from the beginning
    {"events": [...]}    events
    {"connected": true}  a stream began
    {"ended": TEXT}      the library ended its session; the program begins another one where it was
    {"failed": TEXT}     the library gave up for good
    """

    def __init__(self, name, command, chat, environment):
        self.name, self.chat, self.state = name, number_of(chat), State()
        self.connected, self.ended, self.failed, self.refused = 0, [], [], None
        self.process = subprocess.Popen(command, cwd=HERE, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def read(self):
        try:
            for line in self.process.stdout:
                self.take(json.loads(line))
        except (AssertionError, ValueError) as error:
            self.refused = error

    def take(self, line):
        self.connected += "connected" in line
        self.ended += [line["ended"]] if "ended" in line else []
        self.failed += [line["failed"]] if "failed" in line else []
        if "list" in line:
            self.state.load(self.chat, line["list"])
        for event in line.get("events", []):
            self.state.apply(event)

    def check(self):
        if self.refused:
            raise AssertionError(f"{self.name} got what no feed may send") from self.refused
        assert not self.failed, f"{self.name}: {self.failed}"
        assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}"

    def wait_until_connected(self):
        def connected():
            self.check()
            return self.connected

        wait_until(connected, lambda: f"{self.name} connected")

    def wait_until_equal(self, messages):
        """Waits until the state of the program is that of the ledger."""
        def equal():
            self.check()
            return self.state.messages(self.chat) == messages

        wait_until(equal, lambda: f"{self.name}: {difference(self.state.messages(self.chat), messages)}")


def difference(found, messages):
    first = next((pair for pair in zip(found, messages, strict=False) if pair[0] != pair[1]), None)
    return f"{len(found)} messages equal to the ledger's {len(messages)}; first difference: {first}"
