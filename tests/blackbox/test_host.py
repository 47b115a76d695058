"""An invalid host is refused without effect, in Host and in a target in absolute form (RFC 9112, 3.2)."""

import pytest
from client import assert_problem
from wire import Wire

pytestmark = pytest.mark.wire

INVALID = ["a/b", "u@b", "u:p@b", "http://a", "a b", "a?b", "a#b", "a\\b", 'a"b', "<a>", "a%", "a%zz", "münchen", "a\tb",
           "a:b", "a:80:80", "a:80x", "a:-1", "a:65536", "::1", "[::1", "[::1]80", "[127.0.0.1]", "[::12345]", "[fe80::1%25eth0]"]
VALID = ["localhost", "LOCALHOST:3000", "localhost:", "127.0.0.1", "127.0.0.1:81", "[::1]", "[::1]:3000", "[2001:DB8::7]", ""]
IN_A_TARGET = [host for host in INVALID if not set(host) & set("/?# \t\"<>\\") and host.isascii()]  # the others end the target


@pytest.fixture
def wire(port):
    with Wire(port) as wire:
        yield wire


def post_app(target, *hosts, version="1.1"):
    lines = [f"POST {target} HTTP/{version}", *(f"Host: {host}" for host in hosts), "Content-Type: application/json"]
    return "\r\n".join([*lines, "Content-Length: 12", "", '{"name":"x"}']).encode()


def assert_refused(wire, request):
    assert_problem(wire.send_ignoring_reset(request).read_answer(), 400, "malformed")
    assert wire.is_closed_by_server()


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("host", INVALID)
def test_invalid_host_is_malformed(wire, host, version):
    assert_refused(wire, post_app("/apps", host, version=version))


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("hosts", [("localhost", "localhost"), ("localhost", "a/b"), ("", "localhost")])
def test_two_hosts_are_malformed(wire, hosts, version):
    assert_refused(wire, post_app("/apps", *hosts, version=version))


@pytest.mark.parametrize("host", [*IN_A_TARGET, "", ":80", "@localhost"])
def test_whole_url_without_a_valid_host_is_malformed(wire, host):
    assert_refused(wire, post_app(f"http://{host}/apps", "localhost"))


def test_invalid_host_is_malformed_beside_a_whole_url_too(wire):
    assert_refused(wire, post_app("http://localhost/apps", "a/b"))


def test_host_is_refused_before_the_body_is_asked_for(wire):
    head = post_app("/apps", "a/b").partition(b"\r\n\r\n")[0]
    assert_refused(wire, head + b"\r\nExpect: 100-continue\r\n\r\n")


@pytest.mark.parametrize("host", VALID)
def test_valid_host_is_taken(wire, host):
    wire.send(post_app("/apps", host)).read_answer().expect(201)


def test_valid_whole_url_is_taken(wire):
    for authority in ("localhost", "localhost:3000", "127.0.0.1:1", "[::1]:3000"):
        wire.send(post_app(f"http://{authority}/apps", "localhost")).read_answer().expect(201)


def test_http_1_0_needs_no_host(wire):
    wire.send(post_app("/apps", version="1.0")).read_answer().expect(201)
