"""The nginx configuration of docker-compose.yml and `make cluster`: which requests it forwards, and which it retries."""

import http.client
import json
import re
import socket
import threading
from pathlib import Path

import pytest
from services import Nginx
from upstream import Upstream

WAIT_S = 30
CHECKOUT = Path(__file__).resolve().parent.parent.parent
BODY_MAX = 576 * 1024


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

    def send_slowly(out):
        out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nevent: ready\n\n")
        out.flush()
        assert heard.wait(WAIT_S)
        out.write(b"event: message.created\n\n")

    for node in nodes:
        node.answer = send_slowly
    client = http.client.HTTPConnection("127.0.0.1", front.port, timeout=WAIT_S)
    client.request("GET", "/apps/t/chats/1/events")
    answer = client.getresponse()
    assert answer.readline() + answer.readline() == b"event: ready\n\n"
    heard.set()
    assert answer.read() == b"event: message.created\n\n"
    client.close()


def cache_headers(front, method, path="/apps", body=None):
    status, headers = answer_to(front, method, path, body)
    return status, headers.get_all("Cache-Control"), headers.get_all("X-Content-Type-Options")


def test_answers_of_nginx_have_the_headers_of_a_node(front, nodes):
    private_headers = (["private, no-cache"], ["nosniff"])
    assert cache_headers(front, "TRACE") == (405, *private_headers)
    assert cache_headers(front, "POST", body=b"x" * (BODY_MAX + 1)) == (413, *private_headers)
    for node in nodes:
        node.answer = None
    for method in ("GET", "PUT", "DELETE"):
        assert cache_headers(front, method, "/apps/t/chats/1/messages/1") == (502, *private_headers)
    assert cache_headers(front, "GET", "/apps/t/events") == (502, *private_headers)


@pytest.mark.parametrize("path", ["/apps", "/apps/t/events"])
def test_headers_of_a_node_are_not_duplicated(front, nodes, path):
    for node in nodes:
        node.answer = (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nCache-Control: of the node\r\n"
                       b"X-Content-Type-Options: too\r\n\r\n")
    for method in ("GET", "PUT"):
        assert cache_headers(front, method, path) == (404, ["of the node"], ["too"])


def problem_of(front, method, path="/apps", body=None, headers=None):
    """Status and document of an error that nginx itself returns, in the form of a node's."""
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=WAIT_S)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    assert response.headers.get_content_type() == "application/problem+json", (response.status, text)
    problem = json.loads(text)
    assert problem["status"] == response.status
    assert problem["type"] == "urn:confab:problem:" + problem["code"]
    assert problem["title"] == titles()[problem["code"]]
    assert problem["detail"]
    assert response.headers.get_all("Request-Id") == [problem["request_id"]]
    is_worth_a_retry = problem["code"] in ("unavailable", "outcome_unknown")
    assert response.headers.get_all("Retry-After") == (["5"] if is_worth_a_retry else None)
    return response.status, problem["code"]


def titles():
    """The problem titles of the nodes."""
    source = (CHECKOUT / "src" / "http" / "problem.cpp").read_text()
    return dict(re.findall(r'{\d{3}, "(\w+)", "([^"]+)"', source))


def test_a_body_is_limited_a_little_above_the_limit_of_the_nodes(front, nodes):
    options = (CHECKOUT / "src" / "app" / "options.cpp").read_text()
    (limit,) = re.findall(r'"body-bytes-max", type::number, "(\d+)"', options)
    assert 0 < BODY_MAX - int(limit) <= 64 * 1024
    assert problem_of(front, "POST", body=b"x" * (BODY_MAX + 1)) == (413, "too_large")
    assert problem_of(front, "PUT", body=b"x" * (BODY_MAX + 1)) == (413, "too_large")
    assert ask(front, "POST", body=b"x" * BODY_MAX) == 200
    assert len(nodes[0].requests + nodes[1].requests) == 1


READS = [("GET", "/apps"), ("OPTIONS", "/apps"), ("GET", "/apps/t/events"),
         ("POST", "/apps/t/chats/1/messages/search"), ("POST", "/apps/t/chats/1/messages/search?limit=1")]
WRITES = [("POST", "/apps"), ("POST", "/apps/t/chats/1/messages"), ("POST", "/apps?x=/messages/search"),
          ("PUT", "/apps/t"), ("DELETE", "/apps/t/chats/1/messages/1"), ("PATCH", "/apps/t")]


@pytest.mark.parametrize("end", ["node that dies", "no node"])
def test_unanswered_write_is_outcome_unknown(front, nodes, end):
    for node in nodes:
        node.answer = None
        if end == "no node":
            node.server.shutdown()
            node.server.server_close()
    for method, path in READS:
        assert problem_of(front, method, path) == (502, "unavailable")
    for method, path in WRITES:
        assert problem_of(front, method, path, b"content=x") == (502, "outcome_unknown")


class ShortTimeoutNginx(Nginx):
    template = Nginx.template.replace("proxy_read_timeout 60s;", "proxy_read_timeout 100ms;")


@pytest.mark.parametrize("method, code", [("GET", "unavailable"), ("POST", "outcome_unknown"), ("PUT", "outcome_unknown")])
def test_a_silent_node_times_out(tmp_path, nodes, method, code):
    assert ShortTimeoutNginx.template != Nginx.template
    is_over = threading.Event()
    for node in nodes:
        node.answer = lambda _: is_over.wait(WAIT_S)
    with ShortTimeoutNginx(tmp_path / "nginx", [node.port for node in nodes]) as front:
        assert problem_of(front, method) == (504, code)
    is_over.set()


def test_a_failed_read_without_a_body_is_answered_without_one(front, nodes):
    for node in nodes:
        node.answer = None
    status, headers = answer_to(front, "HEAD")
    assert (status, headers.get_content_type()) == (502, "application/problem+json")


@pytest.mark.parametrize("path", ["/apps/t/events?chats=1", "/apps/t/chats/1/events"])
def test_an_event_source_is_told_to_come_back_while_no_node_answers(front, nodes, path):
    for node in nodes:
        node.answer = None
    accepts = {"Accept": "text/event-stream"}
    status, headers = answer_to(front, "GET", path, headers=accepts)
    assert (status, headers.get_content_type(), headers["Cache-Control"]) == (200, "text/event-stream", "no-store")
    durable_stream = path + ("&" if "?" in path else "?") + "offset=-1"
    assert ask(front, "HEAD", path, headers=accepts) == ask(front, "GET", durable_stream, headers=accepts) == 502


def test_the_request_id_of_the_client_stands_in_the_answer_unless_it_would_break_it(front, nodes):
    for node in nodes:
        node.answer = None

    def request_id(sent):
        return answer_to(front, "GET", headers={"Request-Id": sent})[1]["Request-Id"]

    assert request_id("order-17") == "order-17"
    for strange in ('"', "\\", "x" * 129):
        assert re.fullmatch("[0-9a-f]{32}", request_id(strange))
        assert problem_of(front, "GET", headers={"Request-Id": strange}) == (502, "unavailable")


@pytest.mark.parametrize("sent, status, code", [
    (b"GET /apps HTTP/1.1\r\n\r\n", 400, "malformed"),  # without Host
    (b"nonsense\r\n\r\n", 400, "malformed"),
    (b"GET /apps HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: strange\r\n\r\n", 501, "malformed"),
    (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431, "header_too_large"),
    (b"GET /apps HTTP/1.1\r\nHost: x\r\nLong: " + b"x" * 40_000 + b"\r\n\r\n", 431, "header_too_large"),
    (b"GET /.problem HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not_found"),
    (b"TRACE /apps HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method_not_allowed"),
])
def test_what_nginx_refuses_by_itself_is_a_problem_document(front, nodes, sent, status, code):
    with socket.create_connection(("127.0.0.1", front.port), timeout=WAIT_S) as connection:
        connection.sendall(sent)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        problem = json.loads(answer.read())
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers.get_content_type() == "application/problem+json"
    assert ("Allow" in answer.headers) == (status == 405)
    assert not nodes[0].requests + nodes[1].requests


def test_what_a_node_refuses_is_passed_on_as_it_is(front, nodes):
    for node in nodes:
        node.answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 1\r\n\r\nmine"
    for method in ("GET", "POST", "PUT"):
        status, headers = answer_to(front, method)
        assert (status, headers.get_all("Retry-After")) == (503, ["1"])
    assert [len(node.requests) for node in nodes] in ([1, 2], [2, 1])
