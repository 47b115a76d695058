"""The addresses the server listens on: both loopback addresses, several addresses, and a machine without IPv6."""

import http.client
import re
import signal
import socket

import pytest
from client import REFUSED
from server import STOP_WAIT_S, run, running_serve


def has_ipv6():
    with socket.socket(socket.AF_INET6) as tried:
        try:
            tried.bind(("::1", 0))
            return True
        except OSError:
            return False


LOOPBACK = ["127.0.0.1", "[::1]"] if has_ipv6() else ["127.0.0.1"]


def listening(printed):
    """The printed addresses and ports, in their order."""
    found = re.findall(r"^listening on http://(\S+):(\d+)$", printed, re.M)
    return [address for address, _ in found], [int(port) for _, port in found]


def status(address, port, name=None):
    """The status of GET /apps at this address, with `name` as the host if given."""
    connection = http.client.HTTPConnection(address.strip("[]"), port, timeout=60)
    try:
        connection.request("GET", "/apps", headers={"Host": f"{name or address}:{port}"})
        return connection.getresponse().status
    finally:
        connection.close()


def refusal(confab, tmp_path, *listen, environment=None):
    result = run(confab, "serve", *(word for each in listen for word in ("--listen", each)), "--data", tmp_path / "data",
                 environment=environment)
    assert result.returncode > 0 and result.stderr.count("confab: ") == 1, result
    return result.stderr.splitlines()[-1]


@pytest.fixture
def serving(confab, tmp_path):
    """Starts a server. Yields its output and its process."""
    def start(*listen, options=(), environment=None):
        words = [word for each in listen for word in ("--listen", each)]
        return running_serve(confab, *words, *options, "--data", tmp_path / "data", environment=environment)

    return start


@pytest.fixture
def ipv6(fault_library):
    """The environment that simulates a machine without IPv6 in this way."""
    return lambda how: {"LD_PRELOAD": str(fault_library("no_ipv6")), "FAULT_IPV6": how}


def test_default_is_both_loopback_addresses(confab):
    assert "listen = localhost:3000  (default)\n" in run(confab, "config").stdout


def test_localhost_is_both_loopback_addresses_with_one_port(serving):
    with serving("localhost:0") as (_, printed):
        addresses, ports = listening(printed)
        assert addresses == LOOPBACK and len(set(ports)) == 1, printed
        for address in LOOPBACK:
            assert status(address, ports[0]) == status(address, ports[0], "localhost") == 200


@pytest.mark.parametrize("how", ["unsupported", "unavailable"])
def test_machine_without_ipv6_leaves_it_out(confab, serving, tmp_path, ipv6, how):
    with serving("localhost:0", environment=ipv6(how)) as (_, printed):
        addresses, ports = listening(printed)
        assert addresses == ["127.0.0.1"] and status("127.0.0.1", ports[0]) == 200
    assert "cannot listen on [::1]:" in refusal(confab, tmp_path, "127.0.0.1:0", "[::1]:0", environment=ipv6(how))


def test_port_that_is_taken_on_one_of_the_two_is_refused(confab, tmp_path):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))[:len(LOOPBACK)]:
        with socket.socket(family) as taken:
            taken.bind((address, 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert f"{address.replace('::1', '[::1]')}:{port}: Address already in use" in refusal(confab, tmp_path, f"localhost:{port}")


def test_free_port_is_one_that_is_free_on_all(confab, serving, tmp_path, ipv6):
    with serving("localhost:0", environment=ipv6("taken-once")) as (_, printed):
        addresses, ports = listening(printed)
        assert addresses == LOOPBACK and len(set(ports)) == 1, printed
    assert "free on every address" in refusal(confab, tmp_path, "localhost:0", environment=ipv6("taken"))


@pytest.mark.parametrize("listen, options, environment", [
    (["127.0.0.1:0", "127.0.0.2:0", "127.0.0.3:0"], [], {}), (["127.0.0.1:0,127.0.0.2:0", "127.0.0.3:0"], [], {}),
    ([], [], {"CONFAB_LISTEN": "127.0.0.1:0, 127.0.0.2:0, 127.0.0.3:0"}), ([], ["--config", "confab.conf"], {})])
def test_several_addresses_by_every_way(serving, tmp_path, listen, options, environment):
    config = tmp_path / "confab.conf"
    config.write_text("listen = 127.0.0.1:0,127.0.0.2:0,127.0.0.3:0\n")
    with serving(*listen, options=[config if word == config.name else word for word in options],
                 environment=environment) as (_, printed):
        addresses, ports = listening(printed)
        assert addresses == ["127.0.0.1", "127.0.0.2", "127.0.0.3"] and len(set(ports)) == 1, printed
        assert [status(address, ports[0]) for address in addresses] == [200] * 3
        with pytest.raises(REFUSED):
            status("127.0.0.4", ports[0])


def test_wildcard_addresses_of_both_families_share_a_port(serving):
    world = ["0.0.0.0", "[::]"][:len(LOOPBACK)]
    with serving(*(f"{address}:0" for address in world), options=["--auth=open"]) as (_, printed):
        addresses, ports = listening(printed)
        assert addresses == world and len(set(ports)) == 1, printed
        assert [status(address, ports[0]) for address in LOOPBACK] == [200] * len(LOOPBACK)


@pytest.mark.parametrize("listen, why", [
    (["127.0.0.1:0", "0.0.0.0:0"], "--auth=open"), (["127.0.0.1:3000", "127.0.0.1:3000"], "twice"),
    (["localhost:3000", "127.0.0.1:3000"], "twice"), (["127.0.0.1:0", ""], "ADDRESS:PORT"), (["127.0.0.1:0,"], "ADDRESS:PORT"),
    (["127.0.0.1:0,nonsense"], "'nonsense'"), (["192.0.2.1:0", "127.0.0.1:0"], "192.0.2.1")])
def test_one_bad_address_among_several_is_refused(confab, tmp_path, listen, why):
    assert why in refusal(confab, tmp_path, *listen)


def test_drain_closes_every_address(serving):
    with serving("127.0.0.1:0", "127.0.0.2:0") as (process, printed):
        addresses, ports = listening(printed)
        with socket.create_connection((addresses[1], ports[0]), timeout=60) as half:
            half.sendall(b"POST /apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nExpect: 100-continue\r\n"
                         b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
            assert half.recv(1000).startswith(b"HTTP/1.1 100 ")
            process.send_signal(signal.SIGTERM)
            for address in addresses:
                with pytest.raises(REFUSED):
                    while True:
                        status(address, ports[0])
            half.sendall(b"name=a")
            assert half.recv(10000).startswith(b"HTTP/1.1 201 ")
        assert process.wait(STOP_WAIT_S) == 0
