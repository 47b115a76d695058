"""A cluster starts, answers through nginx and through every node, and stops cleanly."""

import http.client
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from client import Client

PROGRAM = Path(__file__).resolve().parent.parent.parent / "tools" / "cluster"
STOP_WAIT_S = 60


def test_every_node_shows_what_was_written_through_any(cluster, client):
    app = client.new_app("shared")
    for node in cluster.nodes:
        with Client(node.port) as direct:
            assert direct.get(app).expect(200).json["name"] == "shared"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_cluster_stops_in_good_order(cluster, client, number):
    client.new_app()
    for each in cluster.nodes + cluster.workers:
        each.stop_signal = number
    statuses = cluster.stop()
    assert statuses == dict.fromkeys(statuses, 0) and len(statuses) == 5


def test_a_node_takes_the_options_of_the_front(start_cluster):
    options = ["--listen", "127.0.0.2:0", "--base-path", "/chat"]
    node = start_cluster(nodes=1, workers=1, node_options=options).nodes[0]
    first, second = re.findall(r"^listening on http://(\S+):(\d+)$", node.output(), re.M)
    assert first[0] == "127.0.0.2" and second == ("127.0.0.1", str(node.port))
    for address, port in (first, second):
        connection = http.client.HTTPConnection(address, int(port), timeout=STOP_WAIT_S)
        connection.request("GET", "/apps")
        assert connection.getresponse().status == 200
        connection.close()
    with Client(node.port) as client:
        assert client.post("/apps", {"name": "app"}).expect(201).headers["Location"].startswith("/chat/apps/")


def test_a_cluster_behind_proxies_answers(start_cluster):
    cluster = start_cluster(nodes=1, workers=1, proxies=True)
    with Client(cluster.front.port) as client:
        client.new_app()
        cluster.nodes[0].proxies.mysql.disable()
        assert client.get("/apps").status == 503
        cluster.nodes[0].proxies.mysql.open()
        client.get("/apps").expect(200)


def test_what_a_cluster_has_kept_another_finds(start_cluster):
    first = start_cluster()
    with Client(first.front.port) as client:
        app = client.new_app("kept")
    first.close()
    with Client(start_cluster().front.port) as client:
        assert client.get(app).expect(200).json["name"] == "kept"


def started_program(confab, data):
    program = subprocess.Popen([sys.executable, "-B", PROGRAM, "--confab", confab, "--data", data, "--sql", "mariadb"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    printed = ""
    while not (front := re.search(r"^listening on http://127\.0\.0\.1:(\d+)$", printed, re.M)):
        line = program.stdout.readline()
        assert line, f"ended after {printed!r}"
        printed += line
    return program, int(front.group(1))


def stop(program, number):
    """Stops the program. Returns the ids of the processes that it had started."""
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
    running = [pid for task in children.parent.parent.iterdir() for pid in (task / "children").read_text().split()]
    program.send_signal(number)
    assert program.wait(STOP_WAIT_S) == 0
    return running


def test_make_cluster_stops_on_a_signal_and_keeps_its_data(confab, tmp_path):
    program, port = started_program(confab, tmp_path / "data")
    try:
        with Client(port) as client:
            app = client.new_app("kept")
        running = stop(program, signal.SIGINT)
        assert len(running) == 8 and not any(Path(f"/proc/{pid}").exists() for pid in running)
        for number in (signal.SIGTERM, signal.SIGHUP):
            program, port = started_program(confab, tmp_path / "data")
            with Client(port) as client:
                assert client.get(app).expect(200).json["name"] == "kept"
            stop(program, number)
    finally:
        program.kill()
        program.wait()
