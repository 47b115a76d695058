"""The nginx configuration of docker-compose.yml and `make cluster`: what it passes on, and what it sends twice."""

import http.client
import threading

import pytest
from services import Nginx
from upstream import Upstream

WAIT_S = 30


@pytest.fixture
def nodes():
    with Upstream() as first, Upstream() as second:
        yield first, second


@pytest.fixture
def front(tmp_path, nodes):
    with Nginx(tmp_path / "nginx", [node.port for node in nodes]) as front:
        yield front


def ask(front, method, path="/apps", body=None, headers=None):
    return answer_to(front, method, path, body, headers)[0]


def answer_to(front, method, path="/apps", body=None, headers=None):
    """Status and headers."""
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=WAIT_S)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers
    finally:
        connection.close()


def test_both_nodes_get_their_share(front, nodes):
    assert [ask(front, "GET") for _ in range(20)] == [200] * 20
    assert all(len(node.requests) >= 5 for node in nodes)


def test_a_node_learns_who_asks_from_which_page_and_for_which_host(front, nodes):
    asked = {"Host": "chat.test:81", "X-Forwarded-For": "203.0.113.7", "Origin": "http://chat.test:81", "Sec-Fetch-Site": "cross-site"}
    assert ask(front, "GET", "/apps?limit=1", headers=asked) == 200
    (_, head), = nodes[0].requests + nodes[1].requests
    assert head[0] == "GET /apps?limit=1 HTTP/1.1"
    assert {"Host: chat.test:81", "X-Forwarded-For: 203.0.113.7, 127.0.0.1", "Origin: http://chat.test:81", "Sec-Fetch-Site: cross-site"} <= set(head)
    assert not any(line.startswith("Connection:") for line in head)


def test_connections_to_the_nodes_are_used_again(front, nodes):
    client = http.client.HTTPConnection("127.0.0.1", front.port, timeout=WAIT_S)
    for _ in range(10):
        client.request("GET", "/apps")
        assert client.getresponse().read() == b"ok"
    client.close()
    for node in nodes:
        assert len(node.requests) == 5 and len({connection for connection, _ in node.requests}) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH"])
def test_a_write_that_reached_a_node_is_never_sent_to_another(front, nodes, method):
    for node in nodes:
        node.answer = None  # reads the request and dies
    assert ask(front, method, "/apps/t/chats/1/messages/1", b"content=x") == 502
    assert len(nodes[0].requests + nodes[1].requests) == 1


def test_a_read_goes_to_the_next_node_when_one_dies(front, nodes):
    nodes[0].answer = None
    assert [ask(front, "GET") for _ in range(4)] == [200] * 4
    assert nodes[0].requests and nodes[1].requests


def test_a_creation_goes_to_the_other_node_when_one_is_not_there(tmp_path, nodes):
    nodes[0].server.shutdown()
    nodes[0].server.server_close()
    with Nginx(tmp_path / "nginx", [node.port for node in nodes]) as front:
        assert [ask(front, "POST", body=b"name=x") for _ in range(6)] == [200] * 6
    assert len(nodes[1].requests) == 6


def test_each_event_of_a_feed_comes_at_once(front, nodes):
    heard = threading.Event()

    def dribble(out):
        out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nevent: ready\n\n")
        out.flush()
        assert heard.wait(WAIT_S)
        out.write(b"event: message.created\n\n")

    for node in nodes:
        node.answer = dribble
    client = http.client.HTTPConnection("127.0.0.1", front.port, timeout=WAIT_S)
    client.request("GET", "/apps/t/chats/1/events")
    answer = client.getresponse()
    assert answer.readline() + answer.readline() == b"event: ready\n\n"
    heard.set()
    assert answer.read() == b"event: message.created\n\n"
    client.close()


def said_of_caching(front, method, path="/apps", body=None):
    status, headers = answer_to(front, method, path, body)
    return status, headers.get_all("Cache-Control"), headers.get_all("X-Content-Type-Options")


def test_answers_of_nginx_say_what_those_of_a_node_say(front, nodes):
    for_nobody_else = (["private, no-cache"], ["nosniff"])
    assert said_of_caching(front, "TRACE") == (405, *for_nobody_else)
    assert said_of_caching(front, "POST", body=b"x" * (1024 * 1024 + 1)) == (413, *for_nobody_else)
    for node in nodes:
        node.answer = None
    for method in ("GET", "PUT", "DELETE"):
        assert said_of_caching(front, method, "/apps/t/chats/1/messages/1") == (502, *for_nobody_else)
    assert said_of_caching(front, "GET", "/apps/t/events") == (502, *for_nobody_else)


@pytest.mark.parametrize("path", ["/apps", "/apps/t/events"])
def test_what_a_node_says_is_not_said_twice(front, nodes, path):
    for node in nodes:
        node.answer = (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nCache-Control: of the node\r\n"
                       b"X-Content-Type-Options: too\r\n\r\n")
    for method in ("GET", "PUT"):
        assert said_of_caching(front, method, path) == (404, ["of the node"], ["too"])


def test_a_body_above_a_mebibyte_is_refused_at_the_door(front, nodes):
    assert ask(front, "POST", body=b"x" * (1024 * 1024 + 1)) == 413
    assert ask(front, "POST", body=b"x" * (1024 * 1024)) == 200
    assert len(nodes[0].requests + nodes[1].requests) == 1
