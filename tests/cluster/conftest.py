"""Fixtures for tests of a cluster. Clients and models come from tests/blackbox."""

import pytest
from client import Client
from libraries import build
from services import Cluster, Engines, MariaDb, MySql
from time_limit import bounded_test

pytest_plugins = ["confab_fixtures"]

bounded = bounded_test(lambda _: 900)


def pytest_addoption(parser):
    parser.addoption("--sql", choices=["mysql", "mariadb"], default="mysql", help="the server behind the ledger")


@pytest.fixture(scope="session")
def shared_engines(pytestconfig, tmp_path_factory):
    sql = {"mysql": MySql, "mariadb": MariaDb}[pytestconfig.getoption("--sql")]
    with Engines(tmp_path_factory.mktemp("engines"), sql) as engines:
        yield engines


@pytest.fixture
def engines(shared_engines):
    """The engines, running and empty, after whatever the previous test did."""
    shared_engines.empty()
    return shared_engines


@pytest.fixture
def start_cluster(confab, engines, tmp_path):
    """Starts a cluster with these options (see services.Cluster). Kills the processes that still run at the end."""
    started = []

    def start(**wanted):
        cluster = Cluster(confab, tmp_path / f"cluster-{len(started) + 1}", engines, **wanted)
        started.append(cluster)
        return cluster.start()

    yield start
    for cluster in started:
        cluster.close()


@pytest.fixture
def two_servers(tmp_path):
    """An environment in which the name two-servers has the addresses 127.0.0.2 and 127.0.0.1."""
    return {"LD_PRELOAD": str(build("two_addresses", tmp_path))}


@pytest.fixture
def cluster(start_cluster):
    return start_cluster()


@pytest.fixture
def client(cluster):
    """A client that reaches both nodes in turn through nginx."""
    with Client(cluster.front.port) as client:
        yield client
