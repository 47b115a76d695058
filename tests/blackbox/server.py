"""Starts, stops and kills the confab binary."""

import os
import re
import resource
import signal
import subprocess
import time
from contextlib import contextmanager

START_WAIT_S = 120  # only a server that never starts uses it up
STOP_WAIT_S = 60


def clean_environment(extra=None):
    """This environment without CONFAB_ variables. An option in the developer's shell must not reach the server under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONFAB_")}
    return {**kept, **(extra or {})}


def run(binary, *arguments, environment=None, timeout=120, **more):
    """Runs a confab command to its end. The timeout kills a server that starts although it should refuse."""
    return subprocess.run([str(binary), *map(str, arguments)], env=clean_environment(environment), text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout, **more)


def limit_file_size(size):
    """For preexec: simulates a full disk. A write beyond `size` fails in every file of the process."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@contextmanager
def running_serve(binary, *arguments, cwd=None, environment=None):
    """Runs `confab serve` and yields its output. For tests that need more control than a Server gives."""
    command = [str(binary), "serve", *map(str, arguments)]
    with subprocess.Popen(command, cwd=cwd, env=clean_environment(environment), stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            printed = ""
            while "\ntry: curl " not in printed:
                line = process.stdout.readline()
                assert line, f"ended after {printed!r}"
                printed += line
            yield process, printed
        finally:
            process.kill()


def ignore(*numbers):
    """For preexec: the program starts with these signals ignored, as with SIGHUP under nohup."""
    def do():
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    return do


class StartFailed(AssertionError):
    """The server ended before it listened."""


class Server:
    """`confab serve` on a free port that the kernel chooses. Its output goes to two files beside the data folder."""

    def __init__(self, binary, data, options=(), environment=None, preexec=None, listen="127.0.0.1:0"):
        self.data = data
        self.stdout_path = data.with_name(data.name + ".stdout")
        self.stderr_path = data.with_name(data.name + ".stderr")
        command = [str(binary), "serve", "--listen", listen, "--data", str(data), *map(str, options)]
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "ab") as log:
            # `preexec` sets a limit, the umask or a signal's action. These calls wait for no other thread.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                            env=clean_environment(environment), preexec_fn=preexec)  # noqa: PLW1509

    def wait_until_listening(self):
        deadline = time.monotonic() + START_WAIT_S
        while "\ntry: curl " not in (printed := self.stdout_path.read_text()) or not printed.endswith("\n"):
            if self.process.poll() is not None:
                raise StartFailed(self.process.returncode, self.log())
            assert time.monotonic() < deadline, f"did not print the address it listens on: {printed!r} {self.log()}"
            time.sleep(0.01)
        self.port = int(re.search(r"^listening on http://127\.0\.0\.1:(\d+)$", printed, re.M).group(1))
        return self

    @property
    def pids(self):
        return [self.process.pid]

    def log(self):
        return self.stderr_path.read_text(errors="replace")[-4000:]

    def terminate(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, timeout=STOP_WAIT_S):
        return self.process.wait(timeout)

    def stop(self):
        self.terminate()
        code = self.wait()
        assert code == 0, f"SIGTERM ended with {code}: {self.log()}"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(STOP_WAIT_S)
