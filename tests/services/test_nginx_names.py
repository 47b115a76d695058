"""The nginx configuration with the NODES of docker-compose.yml, in a newer nginx. It finds nodes that were created again."""

import http.client
import time
from pathlib import Path

import pytest
import yaml
from name_server import NameServer
from services import ResolverNginx
from services.ports import Port
from upstream import Upstream

WAIT_S = 30
CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def port():
    """The port of all nodes. Each node has its own address."""
    held = Port()
    yield held.number
    held.release()


@pytest.fixture
def nodes(port):
    """The NODES of docker-compose.yml with another port."""
    services = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]
    return services["front"]["environment"]["NODES"].replace(":3000", f":{port}")


@pytest.fixture
def node_at(port):
    return lambda address: Upstream(address=(address, port))


@pytest.fixture
def names():
    with NameServer({"api-1": "127.0.1.1", "api-2": "127.0.1.2"}) as names:
        yield names


@pytest.fixture
def front(tmp_path, names, nodes):
    with ResolverNginx(tmp_path / "nginx", nodes, names.address) as front:
        yield front


def status(front, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=WAIT_S)
    connection.request(method, "/apps", b"name=x" if method == "POST" else None)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def wait_until_found(front, *nodes):
    """nginx resolves names in the background, also at its start."""
    deadline = time.monotonic() + WAIT_S
    while not all(node.requests for node in nodes):
        assert time.monotonic() < deadline, "a node is not found"
        status(front)
        time.sleep(0.05)


def test_nodes_that_were_created_again_with_other_addresses_are_found(front, names, node_at):
    with node_at("127.0.1.1") as first, node_at("127.0.1.2") as second:
        wait_until_found(front, first, second)
    names.addresses = {"api-1": "127.0.1.3", "api-2": "127.0.1.4"}
    with node_at("127.0.1.3") as third, node_at("127.0.1.4") as fourth:
        wait_until_found(front, third, fourth)
        assert [status(front, "POST") for _ in range(6)] == [200] * 6


def test_front_starts_before_the_nodes_have_names(tmp_path, names, nodes, node_at):
    names.addresses = {}
    with ResolverNginx(tmp_path / "nginx", nodes, names.address) as front:
        assert status(front) == 502
        with node_at("127.0.1.1") as node:
            names.addresses = {"api-1": "127.0.1.1"}
            wait_until_found(front, node)
