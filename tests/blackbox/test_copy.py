"""A copy of the data folder, made in one of the ways of docs/data.md, has every write that was acknowledged before it."""

import os
import shutil
import signal
from contextlib import contextmanager

import pytest
from client import Chat, Client
from server import run


@contextmanager
def stopped(server):
    server.stop()
    yield


@contextmanager
def killed(server):
    server.kill()
    yield


@contextmanager
def frozen(server):
    """Stops the process, so that a copy has the state of all files at one moment, like an atomic file system snapshot."""
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


@pytest.mark.parametrize("halted", [stopped, killed, frozen])
def test_copy_holds_everything_acknowledged_before_it(confab, start, tmp_path, halted):
    server = start()
    with Client(server.port) as client:
        app = client.new_app()
        chat = client.new_chat()
        for number in range(200):
            client.put(app, {"name": f"name {number}"}).expect(200)
            chat.create_message(f"message {number}")
    with halted(server):
        shutil.copytree(server.data, tmp_path / "copy")
    copy = start(data="copy")
    with Client(copy.port) as client:
        assert client.get(app).json["name"] == "name 199"
        assert Chat(client, chat.path).contents() == [f"message {number}" for number in range(200)]
    copy.stop()
    assert run(confab, "check", "--data", tmp_path / "copy").returncode == 0
