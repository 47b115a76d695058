"""Options and fixtures of the suites that run the binary. They load this as a plugin."""

import random

import pytest


def pytest_addoption(parser):
    parser.addoption("--confab", required=True, help="the confab binary under test")
    parser.addoption("--seed", type=int, help="repeat a random test with the seed that it printed")


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
