"""Fixtures for tests of the live feed with the clients that users have. The HTTP client comes from tests/blackbox."""

import pytest
from alone import Alone
from client import Client
from page_front import PageFront
from time_limit import bounded_test
from writers import Writers

pytest_plugins = ["confab_fixtures"]

bounded = bounded_test(lambda _: 300)


def pytest_addoption(parser):
    parser.addoption("--packages", required=True, help="the folder with node_modules of package-lock.json and python of requirements.txt")


@pytest.fixture(scope="session")
def packages(pytestconfig):
    return pytestconfig.invocation_params.dir / pytestconfig.getoption("--packages")


@pytest.fixture
def node(confab, tmp_path):
    with Alone(confab, tmp_path / "node") as node:
        yield node


@pytest.fixture
def front(node, tmp_path):
    with PageFront(tmp_path / "front", [node.port]) as front:
        yield front


@pytest.fixture(params=["direct", "nginx"])
def origin(request, node):
    """The server that the clients connect to."""
    return node if request.param == "direct" else request.getfixturevalue("front")


@pytest.fixture(params=["stop", "kill"])
def end(request):
    """How the server ends before it is started again: after SIGTERM, or after SIGKILL."""
    return request.param


@pytest.fixture
def client(node):
    with Client(node.port) as client:
        yield client


@pytest.fixture
def chat(client):
    return client.new_chat()


@pytest.fixture
def writers(node, rng):
    return lambda chats: Writers(node.port, chats, rng)
