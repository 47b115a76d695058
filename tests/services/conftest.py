import signal

import pytest

TEST_SECONDS_MAX = 300


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
