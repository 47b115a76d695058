"""A server as a child process: started until it answers, stopped, killed, paused, and restarted on its port and data."""

import http.client
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .ports import Port
from .server_cache import copy

READY_WAIT_S = 120  # only a server that never answers uses it up
STOP_WAIT_S = 60

# PR_SET_PDEATHSIG acts when the thread that made the child ends. So one thread, which lives as long as this process, makes all children.
SPAWNER = ThreadPoolExecutor(max_workers=1)


class ServiceFailure(Exception):
    pass


def clean_environment(extra=None):
    """This environment without CONFAB_ variables. An option in the developer's shell must not reach the program under test."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("CONFAB_")}, **(extra or {})}


def http_status(port, method, path):
    """The status. None if the answer is not HTTP. Errors: OSError, if nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except http.client.HTTPException:
        return None
    finally:
        connection.close()


class Startable:
    """As a context manager, starts on entry, and closes at the end or if the start fails."""

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


class Service(Startable):
    """The base of all servers. A server defines `command` and `answers`. `prepare` creates its data before its first start, and
    `configure` runs before every start.

    As a context manager, it starts on entry and is killed at the end, even while paused. Its folder has `data` and `log`. On a used
    folder it continues with the data there.
    """

    name = "service"
    # The kernel sends it if this process dies.
    death_signal = "KILL"
    stop_signal = signal.SIGTERM

    def __init__(self, folder, options=(), environment=None):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data, self.log_path = self.folder / "data", self.folder / "log"
        self.options = [str(option) for option in options]
        self.environment = environment
        self.reserved_port = Port()
        self.port = self.reserved_port.number
        self.process = None

    def command(self):
        raise NotImplementedError

    def answers(self):
        """Whether the server is ready. May raise OSError while it is not."""
        raise NotImplementedError

    def prepare(self):
        self.data.mkdir()

    def configure(self):
        pass

    def start(self):
        self.spawn()
        return self.wait_until_ready()

    def spawn(self):
        """The first half of `start`, so that several servers can start concurrently."""
        assert not self.runs(), f"{self.name} runs already"
        if not self.data.exists():
            self.prepare()
        self.configure()
        self.log_begin = self.log_path.stat().st_size if self.log_path.exists() else 0
        command = ["setpriv", "--pdeathsig", self.death_signal, *self.privileges(), "--", *map(str, self.command())]
        with open(self.log_path, "ab") as log:
            self.process = SPAWNER.submit(
                subprocess.Popen, command, cwd=self.folder, env=clean_environment(self.environment), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True).result()
        return self

    def privileges(self):
        """Options of setpriv for a server that refuses to run as root."""
        return []

    def wait_until_ready(self):
        deadline = time.monotonic() + READY_WAIT_S
        while True:
            if self.process.poll() is not None:
                raise ServiceFailure(f"{self.name} ended with status {self.process.returncode}: {self.log()}")
            try:
                if self.answers():
                    return self
            except OSError:
                pass
            if time.monotonic() > deadline:
                log = self.log()
                self.kill()
                raise ServiceFailure(f"{self.name} did not answer within {READY_WAIT_S} s: {log}")
            time.sleep(0.02)

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def output(self):
        """The output since the last start."""
        with open(self.log_path, "rb") as log:
            log.seek(self.log_begin)
            return log.read().decode(errors="replace")

    def log(self):
        return self.output()[-4000:]

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def stop(self):
        """Ends the server cleanly. Returns its exit status."""
        if self.runs():
            self.process.send_signal(self.stop_signal)
        try:
            return self.process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            log = self.log()
            self.kill()
            raise ServiceFailure(f"{self.name} did not stop within {STOP_WAIT_S} s: {log}") from None

    def kill(self):
        if self.runs():
            self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(STOP_WAIT_S)

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def restart(self):
        """Starts the server again on the same port and data. Stops it first if it runs."""
        if self.runs():
            self.stop()
        return self.start()

    def save_data(self, name):
        """Keeps a copy of the current data. The copy of a running server is the best state that a power cut could leave."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        copy(self.data, self.folder / name)

    def restore_data(self, name):
        """Replaces the data by the copy. REQUIRES: the server does not run."""
        assert not self.runs(), f"{self.name} runs"
        shutil.rmtree(self.data)
        copy(self.folder / name, self.data)

    def close(self):
        self.kill()
        self.reserved_port.release()
