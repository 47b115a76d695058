import contextlib
import signal
from pathlib import Path

import pytest
from servers import Confab

TEST_SECONDS_MAX = 600


def pytest_addoption(parser):
    parser.addoption("--confab", required=True, help="the confab binary that is measured")
    parser.addoption("--tools", required=True, help="the folder of the benchmark's programs")


@pytest.fixture(scope="session")
def confab(pytestconfig):
    return pytestconfig.invocation_params.dir / pytestconfig.getoption("--confab")


@pytest.fixture(scope="session")
def tools(pytestconfig):
    return pytestconfig.invocation_params.dir / pytestconfig.getoption("--tools")


@pytest.fixture(scope="session")
def bench():
    return Path(__file__).resolve().parent.parent.parent / "bench"


@pytest.fixture(autouse=True)
def bounded():
    """A test that hangs fails at a timeout."""
    def give_up(*_):
        raise TimeoutError("the test took too long")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_SECONDS_MAX)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture
def start(confab, tmp_path):
    """Starts a server with its data in the folder of this name under tmp_path. Stops it at the end of the test."""
    with contextlib.ExitStack() as running:
        yield lambda data="data", **more: running.enter_context(
            Confab(confab, tmp_path / data, tmp_path / f"{data}.log", **more))
