from types import SimpleNamespace

import libraries
import pytest
from client import Client
from server import Server
from time_limit import bounded_test

pytest_plugins = ["confab_fixtures"]


def pytest_addoption(parser):
    parser.addoption("--front", type=int, metavar="PORT",
                     help="run only the tests that need no server of their own, against the server on this port")
    parser.addoption("--front-pid", type=int, action="append", metavar="PID", help="a process behind that port, for memory tests")
    parser.addoption("--crash-rounds", type=int, default=20, help="how often the crash test kills the server")
    parser.addoption("--fault-rounds", type=int, default=6, help="how many I/O calls the random test makes fail")


def pytest_collection_modifyitems(config, items):
    """Against a front, deselects the tests that start, stop or configure a server of their own."""
    if config.getoption("--front") is None:
        return
    kept = [item for item in items if "shared_server" in item.fixturenames and "start" not in item.fixturenames]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def seconds_max(request):
    return 3600 if request.node.get_closest_marker("heavy") else 600


bounded = bounded_test(seconds_max)


def server_starter(confab, folder):
    started = []

    def start(*options, data="data", **more):
        server = Server(confab, folder / data, options, **more)
        started.append(server)
        return server.wait_until_listening()

    try:
        yield start
    finally:
        for server in started:
            server.kill()


@pytest.fixture
def start(confab, tmp_path):
    """Starts servers with their data under tmp_path. Kills those that still run at the end."""
    yield from server_starter(confab, tmp_path)


@pytest.fixture(scope="module")
def shared_server(confab, pytestconfig, tmp_path_factory):
    """One server for all tests of a file that only send requests. Each test creates its own app. SIGTERM must end it with 0."""
    if (front := pytestconfig.getoption("--front")) is not None:
        yield SimpleNamespace(port=front, pids=pytestconfig.getoption("--front-pid"))
        return
    starter = server_starter(confab, tmp_path_factory.mktemp("shared"))
    server = next(starter)()
    yield server
    if server.process.poll() is None:
        server.stop()
    starter.close()
    assert server.process.returncode == 0, server.log()


@pytest.fixture
def port(shared_server):
    return shared_server.port


@pytest.fixture
def client(port):
    with Client(port) as client:
        yield client


@pytest.fixture
def app(client):
    return client.new_app()


@pytest.fixture
def chat(client, app):
    return client.new_chat(app)


@pytest.fixture(scope="session")
def fault_library(tmp_path_factory):
    """Builds a library of tests/faults for LD_PRELOAD."""
    folder = tmp_path_factory.mktemp("faults")
    return lambda name: libraries.build(name, folder)
