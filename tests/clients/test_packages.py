"""Programs with the packages that users install follow a chat over a restart of the server, while others write to it."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest
from follower import HERE, Program, State, listed, number_of
from load import fill

NODE = shutil.which("node")
EVENT_SOURCES = ["eventsource", "eventsource-2"]
MODES = ["catch-up", "long-poll", "sse"]


@pytest.fixture
def javascript(packages):
    return {"NODE_PATH": str(packages / "node_modules")}


@pytest.fixture
def python(packages):
    return {"PYTHONPATH": str(packages / "python"), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def programs(origin, chat, javascript, python):
    """All programs by name, each of which has connected."""
    url = origin.url + chat.path
    chat.create_message("there before the programs")
    commands = {package: ([NODE, "event_source.js", package, url], javascript) for package in EVENT_SOURCES}
    for mode in MODES:
        commands[f"JavaScript {mode}"] = ([NODE, "durable_stream.js", url, mode], javascript)
        commands[f"Python {mode}"] = ([sys.executable, "durable_stream.py", url, mode], python)
    with ExitStack() as stack:
        started = {name: stack.enter_context(Program(name, command, chat, environment))
                   for name, (command, environment) in commands.items()}
        for program in started.values():
            program.wait_until_connected()
        yield started


def test_every_client_has_the_state_of_the_ledger_after_a_restart(node, end, writers, chat, programs):
    writers = writers([chat])
    with writers.writing():
        writers.wait_for_more(150)
        node.fail(end)
        writers.wait_for_more(150)
    messages = listed(node.port, chat)
    for program in programs.values():
        program.wait_until_equal(messages)
    for package in EVENT_SOURCES:
        assert programs[package].connected >= 2
    if end == "stop":
        # A server that stops ends every response completely. So these come back by themselves, and lose no response.
        assert {name: program.ended for name, program in programs.items() if name != "Python sse"} == {
            name: [] for name in programs if name != "Python sse"}
        # This one never comes back after a stream that ended.
        assert set(programs["Python sse"].ended) == {""}


MANY = 2500  # three pages


@pytest.fixture
def long_chat(chat):
    fill(chat, [f"message {turn}" for turn in range(MANY)])
    chat.edit(7, "edited").expect(200)
    chat.delete(MANY).expect(204)
    return chat


def read_all(command, chat_url, environment):
    done = subprocess.run([*command, chat_url], cwd=HERE, env={**os.environ, **environment}, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=120, check=True)
    return json.loads(done.stdout)


def test_all_pages_of_a_long_chat_are_read(origin, long_chat, javascript, python):
    messages = long_chat.messages()
    for command, environment in [([NODE, "read_all.js"], javascript), ([sys.executable, "read_all.py"], python)]:
        result = read_all(command, origin.url + long_chat.path, environment)
        state = State()
        state.load(number_of(long_chat), [])
        for event in result["events"]:
            state.apply(event)
        assert state.messages(number_of(long_chat)) == messages
        assert len(result["events"]) >= MANY
        assert result["offset"] == result["tail"], "after the last page, the client is at the end in the answer to HEAD"
        assert result["status_of_another_generation"] == 410
