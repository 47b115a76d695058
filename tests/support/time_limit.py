"""The time limit of a test."""

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
