"""The common behaviour of all services, tested with the fastest of them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from services import Redis, ServiceFailure

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
WAIT_S = 30


def is_gone(process_id):
    """The process has ended, or is a zombie."""
    try:
        return re.search(r"^State:\s+(\w)", Path(f"/proc/{process_id}/status").read_text(), re.M).group(1) in "ZX"
    except FileNotFoundError:
        return True


def wait_until(true, what):
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.01)


def test_a_killed_server_finds_its_port_and_its_data_again(tmp_path):
    with Redis(tmp_path / "redis") as redis:
        redis.client().set("kept", "yes")
        assert redis.stop() == 0
        port = redis.port
        redis.restart()
        assert redis.port == port
        assert redis.client().get("kept") == b"yes"


def test_the_port_of_a_server_that_is_down_refuses_and_is_given_to_nobody_else(tmp_path):
    with Redis(tmp_path / "redis") as redis:
        redis.kill()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", redis.port))
        with pytest.raises(OSError), socket.socket() as other:
            other.bind(("127.0.0.1", redis.port))
        redis.restart()


def test_a_paused_server_is_silent_and_goes_on_when_resumed(tmp_path):
    with Redis(tmp_path / "redis") as redis:
        redis.pause()
        with socket.create_connection(("127.0.0.1", redis.port), timeout=0.3) as connection:
            connection.sendall(b"PING\r\n")
            with pytest.raises(TimeoutError):
                connection.recv(100)
            redis.resume()
            connection.settimeout(WAIT_S)
            assert connection.recv(100) == b"+PONG\r\n"


def test_a_paused_server_can_be_killed(tmp_path):
    with Redis(tmp_path / "redis") as redis:
        redis.pause()
        redis.kill()
        assert redis.process.returncode == -signal.SIGKILL


def test_a_server_that_cannot_start_says_why(tmp_path):
    with pytest.raises(ServiceFailure, match="Bad directive"), Redis(tmp_path / "redis", options=["--nonsense", "1"]):
        pass


def test_saved_data_can_be_put_back(tmp_path):
    with Redis(tmp_path / "redis") as redis:
        redis.client().set("when", "before")
        redis.stop()
        redis.save_data("older")
        redis.restart().client().set("when", "after")
        redis.stop()
        redis.restore_data("older")
        assert redis.restart().client().get("when") == b"before"


def test_nothing_outlives_a_test_run_that_is_killed(tmp_path):
    program = "\n".join([
        "import sys, threading",
        f"sys.path.insert(0, {str(TOOLS)!r})",
        "from services import Redis",
        "redis = Redis(sys.argv[1])",
        # A server lives as long as the process, not as the thread that started it.
        "starter = threading.Thread(target=redis.start)",
        "starter.start()",
        "starter.join()",
        "assert redis.client().ping()",
        "print(redis.process.pid, flush=True)",
        "sys.stdin.read()",
    ])
    runner = subprocess.Popen([sys.executable, "-B", "-c", program, tmp_path / "redis"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        server = int(runner.stdout.readline())
        assert not is_gone(server)
        os.kill(server, signal.SIGSTOP)
    finally:
        runner.kill()
        runner.wait()
    wait_until(lambda: is_gone(server), "ended")
