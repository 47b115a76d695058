"""Fixtures of all suites that run in pytest."""

import random
import signal

import pytest


def bounded_test(seconds_of):
    """A fixture that fails a test that hangs. Sockets have their own timeouts; this is for everything else. `seconds_of` returns
    the limit for a test's request."""
    @pytest.fixture(autouse=True)
    def bounded(request):
        def give_up(*_):
            raise TimeoutError("the test took too long")

        previous = signal.signal(signal.SIGALRM, give_up)
        signal.alarm(seconds_of(request))
        yield
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)

    return bounded


@pytest.fixture(scope="session")
def confab(pytestconfig):
    """The binary under test."""
    path = pytestconfig.invocation_params.dir / pytestconfig.getoption("--confab")
    assert path.is_file(), f"no binary at {path}"
    return path


@pytest.fixture
def seed(pytestconfig):
    chosen = pytestconfig.getoption("--seed")
    chosen = random.SystemRandom().randrange(2**32) if chosen is None else chosen
    print(f"repeat with --seed {chosen}")
    return chosen


@pytest.fixture
def rng(seed):
    return random.Random(seed)


def add_options(parser):
    parser.addoption("--confab", required=True, help="the confab binary under test")
    parser.addoption("--seed", type=int, help="repeat a random test with the seed that it printed")
