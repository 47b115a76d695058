"""SIGTERM and the other stop signals: every request in flight is answered, no acknowledged write is lost, the exit status is 0."""

import itertools
import json
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from client import REFUSED, Chat, Client, assert_problem
from load import fill, wait_for
from server import STOP_WAIT_S, ignore, running_serve
from wire import Wire, request_bytes

PROMISED_S = 10


def post_until_refused(port, path, name, keep_alive, acknowledged):
    """Posts until the server is gone. Adds the acknowledged contents to `acknowledged`. Fails on an incomplete answer."""
    client = Client(port)
    for turn in itertools.count():
        content = f"{name}.{turn}"
        if not keep_alive:
            client.close()
        try:
            answer = Chat(client, path).post_message(content)
        except REFUSED:
            client.close()
            return
        if answer.status == 201:
            acknowledged.append(content)
        else:
            assert_problem(answer, 503, "writes_closed")


@pytest.mark.parametrize("keep_alive", [True, False])
def test_sigterm_under_load_keeps_exactly_the_acknowledged_writes(start, keep_alive):
    """Several rounds, because a race shows only at certain moments."""
    server = start()
    with Client(server.port) as client:
        acknowledged = {client.new_chat().path: [] for _ in range(4)}
    for round_number in range(8):
        stop_under_load(server, acknowledged, round_number, keep_alive)
        server = start()
        with Client(server.port) as client:
            for path, contents in acknowledged.items():
                unanswered = set(Chat(client, path).contents()) - set(contents)
                assert unanswered == set(), f"stored in round {round_number} but never acknowledged"
                assert sorted(Chat(client, path).contents()) == sorted(contents)


def stop_under_load(server, acknowledged, round_number, keep_alive):
    before = sum(map(len, acknowledged.values()))
    with ThreadPoolExecutor(32) as pool:
        writers = [pool.submit(post_until_refused, server.port, path, f"{round_number}.{i}", keep_alive, acknowledged[path])
                   for i, path in enumerate([*acknowledged] * 8)]
        wait_for(lambda: sum(map(len, acknowledged.values())) > before + 200, "the load runs")
        server.terminate()
        assert server.wait() == 0, server.log()
        for writer in writers:
            writer.result()


def half_a_post(wire, path, body):
    """Announces a body and waits for 100 Continue. From then on the request is in flight."""
    head = ["Content-Type: application/json", "Expect: 100-continue", f"Content-Length: {len(body)}"]
    assert wire.send(request_bytes("POST", path, headers=head)).read_status()[0] == 100


STOP = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU]


@pytest.mark.parametrize("stop_signal", STOP)
def test_request_half_sent_at_the_signal_is_finished(start, stop_signal):
    server = start()
    body = json.dumps({"content": "sent in two halves"}).encode()
    with Client(server.port) as client:
        path = client.new_chat().path
    with Wire(server.port) as wire:
        half_a_post(wire, f"{path}/messages", body)
        wire.send(body[:10])
        server.terminate(stop_signal)
        wait_for(lambda: is_refused(server.port), "new connections are refused")
        wire.send(body[10:]).read_answer().expect(201)
        assert wire.is_closed_by_server()
    assert server.wait() == 0
    with Client(start().port) as client:
        assert Chat(client, path).contents() == ["sent in two halves"]


@pytest.mark.parametrize("ignored", STOP[1:])
def test_signal_that_was_ignored_at_the_start_stays_ignored(start, ignored):
    """As SIGHUP under nohup. The kernel discards the signal immediately, so the next request shows that the server still runs."""
    server = start(preexec=ignore(ignored))
    path = None
    with Client(server.port) as client:
        for _ in range(3):
            server.terminate(ignored)
            path = path or client.new_chat().path
            client.get(path).expect(200)
    assert "stopping" not in server.log()
    server.stop()


def test_sigterm_stops_even_if_it_was_ignored_at_the_start(start):
    start(preexec=ignore(signal.SIGTERM)).stop()


@pytest.mark.parametrize("first", STOP)
def test_second_signal_does_not_interrupt_the_drain(start, first):
    """systemd may send SIGHUP directly after SIGTERM. A terminal that closes may send it after SIGINT."""
    server = start()
    with Client(server.port) as client:
        path = client.new_chat().path
    with Wire(server.port) as wire:
        body = b'{"content":"sent"}'
        half_a_post(wire, f"{path}/messages", body)
        server.terminate(first)
        wait_for(lambda: is_refused(server.port), "new connections are refused")
        for second in STOP:
            server.terminate(second)
        wire.send(body).read_answer().expect(201)
    assert server.wait() == 0, server.log()


def is_refused(port):
    try:
        with Client(port) as client:
            client.get("/apps")
        return False
    except REFUSED:
        return True


def test_list_half_read_at_sigterm_is_finished(start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        contents = fill(chat, [f"message {i} " + "x" * 4000 for i in range(3000)])
    with Wire(server.port, receive_buffer=65536) as wire:
        status, headers = wire.send(request_bytes("GET", chat.messages_path)).read_status()
        assert status == 200
        server.terminate()
        listed = json.loads(wire.read_body(headers))
    assert [message["content"] for message in listed] == contents
    assert server.wait() == 0


def test_silent_connections_do_not_hold_up_the_end(start):
    server = start()
    idle = [Wire(server.port) for _ in range(20)]
    for wire in idle[:10]:
        wire.send(request_bytes("GET", "/apps")).read_answer().expect(200)
    for wire in idle[:5]:
        wire.send(b"\r\n")  # some clients send it after a body; it begins no request
    server.terminate()
    assert server.wait(PROMISED_S) == 0
    assert all(wire.is_closed_by_server() for wire in idle)
    assert "requests were aborted" not in server.log()
    for wire in idle:
        wire.close()


def test_requests_that_never_end_do_not_hold_up_the_end(start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        contents = fill(chat, [f"message {i} " + "x" * 8000 for i in range(1500)])
    with Wire(server.port) as body, Wire(server.port) as header, Wire(server.port, receive_buffer=4096) as unread:
        half_a_post(body, chat.messages_path, b'{"content":"never"}')
        header.send(b"GET /apps HTTP/1.1\r\n")
        assert unread.send(request_bytes("GET", chat.messages_path)).read_status()[0] == 200
        server.terminate()
        assert server.wait(PROMISED_S) == 0
    with Client(start().port) as client:
        assert chat.with_client(client).contents() == contents


def test_drain_timeout_bounds_the_wait_for_a_request_that_never_ends(start):
    server = start("--drain-timeout-s", 1)
    with Client(server.port) as client:
        path = client.new_chat().path
    with Wire(server.port) as wire:
        half_a_post(wire, f"{path}/messages", b'{"content":"never"}')
        server.terminate()
        assert server.wait() == 0


def test_sigterm_right_after_the_start_ends_well(confab, tmp_path):
    for _ in range(20):
        with running_serve(confab, "--listen", "127.0.0.1:0", "--data", tmp_path / "data") as (process, _):
            process.terminate()
            assert process.wait(STOP_WAIT_S) == 0


def test_every_restart_shows_the_same(start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        contents = fill(chat, [f"message {i}" for i in range(300)])
        before = client.get("/apps").raw, chat.messages()
    for _ in range(3):
        server.stop()
        server = start()
        with Client(server.port) as client:
            assert (client.get("/apps").raw, chat.with_client(client).messages()) == before
    with Client(server.port) as client:
        assert chat.with_client(client).contents() == contents
        assert chat.with_client(client).create_message("next") == 301
