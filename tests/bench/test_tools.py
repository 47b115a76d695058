"""The benchmark's programs, each with a real server or ledger."""

import json
import signal
import subprocess
import time

from client import call
from content import messages
from data_loader import DataLoader

RATE = 200
STALL_S = 0.5


def open_loop(tools, port, app, chats, *more):
    command = [tools / "open_loop", f"--port={port}", f"--path=/apps/{app}/chats", f"--chats={chats}", f"--rate={RATE}",
               "--connections=4", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def staged(server, chats):
    data_loader = DataLoader(server.port, print)
    return data_loader, data_loader.app("open loop", chats)


def test_an_open_loop_sends_what_is_due_and_times_all_of_it(start, tools):
    server = start()
    data_loader, app = staged(server, 3)
    process = open_loop(tools, server.port, app, 3, "--seconds=1", "--warm-up-s=0.5")
    output, error_output = process.communicate()
    assert process.returncode == 0, error_output
    found = json.loads(output)
    assert found["answered"] == RATE and found["other_answers"] == found["unanswered"] == 0
    assert 0 < found["latency_us"]["p50"] <= found["latency_us"]["p99"] <= found["latency_us"]["max"]
    assert found["curve"][0][0] == 0
    assert data_loader.messages_in(app) == RATE + RATE / 2


def test_an_open_loop_that_is_stopped_accounts_for_what_it_sent(start, tools):
    server = start()
    data_loader, app = staged(server, 1)
    process = open_loop(tools, server.port, app, 1, "--seconds=0", "--warm-up-s=0")
    while data_loader.messages_in(app) < RATE / 4:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    output, error_output = process.communicate()
    assert process.returncode == 0, error_output
    assert json.loads(output)["answered"] == data_loader.messages_in(app)


def test_an_open_loop_that_is_refused_fails_and_says_how(start, tools):
    server = start()
    _, app = staged(server, 1)
    process = open_loop(tools, server.port, app, 2, "--seconds=0.5", "--warm-up-s=0")
    output, error_output = process.communicate()
    assert process.returncode == 1
    assert json.loads(output)["other_answers"] > 0 and "404 Not Found" in error_output


def test_an_open_loop_whose_server_stops_answering_counts_the_wait(start, tools):
    server = start()
    data_loader, app = staged(server, 1)
    process = open_loop(tools, server.port, app, 1, "--seconds=0", "--warm-up-s=0")
    while data_loader.messages_in(app) < RATE / 10:
        time.sleep(0.01)
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(STALL_S)
    server.process.send_signal(signal.SIGCONT)
    stalled_at = data_loader.messages_in(app)
    while data_loader.messages_in(app) < stalled_at + RATE * STALL_S:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    output, error_output = process.communicate()
    assert process.returncode == 0, error_output
    found = json.loads(output)
    # The requests that were due during the stall were sent. Most waited for one of four busy connections; their latencies
    # include the wait.
    assert found["answered"] == data_loader.messages_in(app) and found["waited_for_a_connection"] > 0
    assert found["latency_us"]["max"] > STALL_S * 0.8e6 and found["latency_us"]["p99"] > STALL_S * 0.2e6


def test_a_filled_ledger_keeps_all_promises_and_is_served(confab, start, tools, tmp_path):
    command = [tools / "fill", f"--data={tmp_path / 'data'}", "--app=one=1x2500", "--app=many=60x300"]
    apps = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["apps"]
    subprocess.run([confab, "reindex", "--data", tmp_path / "data"], check=True)
    checked = subprocess.run([confab, "check", "--data", tmp_path / "data"], check=True, capture_output=True, text=True)
    assert "2 apps, 61 chats, 20500 messages, 0 changes, 2500 messages in the search index" in checked.stdout
    server = start()
    data_loader = DataLoader(server.port, print)
    assert data_loader.messages_in(apps["one"]) == 2500 and data_loader.messages_in(apps["many"]) == 60 * 300
    message = call(server.port, "GET", messages(apps["many"], 60) + "/300")
    assert len(message["content"]) == 64
    call(server.port, "POST", messages(apps["many"], 60), {"content": "goes on"}, expect=201)
    assert data_loader.messages_in(apps["many"]) == 60 * 300 + 1
