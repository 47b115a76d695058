"""Fixtures for tests of a whole cluster. Clients, models and the like come from tests/blackbox."""

import random
import signal

import pytest
from client import Client
from services import Cluster, Engines, MariaDb, MySql

TEST_SECONDS_MAX = 900


def pytest_addoption(parser):
    parser.addoption("--confab", required=True, help="the confab binary under test")
    parser.addoption("--sql", choices=["mysql", "mariadb"], default="mysql", help="the server behind the ledger")
    parser.addoption("--seed", type=int, help="repeats a random test with the seed it printed")


@pytest.fixture(scope="session")
def confab(pytestconfig):
    path = pytestconfig.invocation_params.dir / pytestconfig.getoption("--confab")
    assert path.is_file(), f"no binary at {path}"
    return path


@pytest.fixture(autouse=True)
def bounded():
    """A hanging test fails by itself."""
    def give_up(*_):
        raise TimeoutError("the test took too long")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_SECONDS_MAX)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture
def rng(pytestconfig):
    chosen = pytestconfig.getoption("--seed")
    chosen = random.SystemRandom().randrange(2**32) if chosen is None else chosen
    print(f"repeat with --seed {chosen}")
    return random.Random(chosen)


@pytest.fixture(scope="session")
def shared_engines(pytestconfig, tmp_path_factory):
    sql = {"mysql": MySql, "mariadb": MariaDb}[pytestconfig.getoption("--sql")]
    with Engines(tmp_path_factory.mktemp("engines"), sql) as engines:
        yield engines


@pytest.fixture
def engines(shared_engines):
    """Empty, and running, whatever the last test did to them."""
    shared_engines.empty()
    return shared_engines


@pytest.fixture
def start_cluster(confab, engines, tmp_path):
    """Starts a cluster as asked (see services.Cluster); what still runs at the end is killed."""
    started = []

    def start(**wanted):
        cluster = Cluster(confab, tmp_path / f"cluster-{len(started) + 1}", engines, **wanted)
        started.append(cluster)
        return cluster.start()

    yield start
    for cluster in started:
        cluster.close()


@pytest.fixture
def cluster(start_cluster):
    return start_cluster()


@pytest.fixture
def client(cluster):
    """Through nginx, to both nodes in turn."""
    with Client(cluster.front.port) as client:
        yield client
