"""A real server as a child process: started until it answers, stopped, killed, paused and started again on its port and its data."""

import http.client
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .server_cache import copy
from .ports import Port

READY_WAIT_S = 120  # only ever used up by a server that will never answer
STOP_WAIT_S = 60

# A child is told of the death of the thread that made it, not of the process: so one thread, which lives as long as we do, makes them all.
SPAWNER = ThreadPoolExecutor(max_workers=1)


class ServiceFailure(Exception):
    pass


def clean_environment(extra=None):
    """Ours without any CONFAB_ variable: an option of the developer's shell must not reach what is under test."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("CONFAB_")}, **(extra or {})}


def http_status(port, method, path):
    """Nothing when what answers is not HTTP. Raises OSError when nobody does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    except http.client.HTTPException:
        return None
    finally:
        connection.close()


class Startable:
    """As a context manager it is started on entry, and closed at the end or when that fails."""

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


class Service(Startable):
    """What a server is made of: `command`, `answers`; `prepare` lays out its data before its first start, `configure` is for every start.

    As a context manager it is started on entry and killed at the end, paused or not: what it wrote is the test's own. Its folder holds `data`
    and `log`; on a folder that was used before it goes on with the data there.
    """

    name = "service"
    # What the kernel sends it when we die without a word.
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
        """Whether it does what it is for. May raise OSError while it does not."""
        raise NotImplementedError

    def prepare(self):
        self.data.mkdir()

    def configure(self):
        pass

    def start(self):
        self.spawn()
        return self.wait_until_ready()

    def spawn(self):
        """The first half of `start`: several servers get ready at the same time."""
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
        """All that it has printed since it was last started."""
        with open(self.log_path, "rb") as log:
            log.seek(self.log_begin)
            return log.read().decode(errors="replace")

    def log(self):
        return self.output()[-4000:]

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def stop(self):
        """Ends it in its own good order; its exit status."""
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
        """On the same port and data, after `stop` or `kill`; one that runs is stopped first."""
        if self.runs():
            self.stop()
        return self.start()

    def save_data(self, name):
        """Keeps a copy of the data as they are now. Of a server that runs, it is what a power cut would leave at best."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        copy(self.data, self.folder / name)

    def restore_data(self, name):
        """Puts the copy in the place of the data. REQUIRES: it does not run."""
        assert not self.runs(), f"{self.name} runs"
        shutil.rmtree(self.data)
        copy(self.folder / name, self.data)

    def close(self):
        self.kill()
        self.reserved_port.release()
