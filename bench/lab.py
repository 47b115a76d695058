"""What every part of the benchmark works with: settings, folders, a fresh server, and a row that may fail alone."""
import contextlib
import pathlib
import shutil
import signal
import sys
import time
from dataclasses import asdict, dataclass, fields, replace

from failure import Failure
from servers import Confab, check_data

ROOT = pathlib.Path(__file__).resolve().parent.parent
STARTED = time.monotonic()


def note(text):
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


def stop_on_signals():
    """Turns a signal into an exit that runs every cleanup; a second one must not cut that short. What was ignored at the
    start, as under nohup, stays ignored."""
    received = []

    def leave(number, _):
        received.append(number)
        if len(received) == 1:
            sys.exit(128 + number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if each == signal.SIGTERM or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, leave)


@dataclass(frozen=True)
class Settings:
    """Of the quick run, which has to end within five minutes. `run --set NAME=VALUE` changes any of them."""
    runs: int = 3
    seconds: int = 2
    connections: tuple = (64, 256)
    curve_connections: tuple = (1, 16, 256, 1000)
    curve_runs: int = 1
    latency_seconds: int = 5
    searches: int = 100
    small_chat: int = 10_000
    large_chat: int = 100_000
    memory_list: int = 100_000
    growth_messages: int = 0  # 0: growth is not measured
    micro_seconds: float = 0.05
    disk_wait_s: int = 5  # at most, before each part, for a disk that has become slow
    cluster_connections: tuple = ()  # none: no cluster

    def changed(self, changes):
        """`changes`: texts like `runs=1` or `connections=1,16`. Errors: ValueError."""
        return replace(self, **dict(self.value_of(*change.split("=", 1)) for change in changes))

    def value_of(self, name, text=""):
        if name not in {field.name for field in fields(self)}:
            raise ValueError(f"there is no setting {name!r}")
        kind = type(getattr(self, name))
        value = tuple(int(part) for part in text.split(",") if part) if kind is tuple else kind(text)
        return name, value


QUICK = Settings()
FULL = Settings(runs=5, seconds=3, curve_connections=(1, 4, 16, 64, 256, 1000), curve_runs=5, latency_seconds=10,
                searches=300, large_chat=1_000_000, memory_list=1_000_000, growth_messages=20_000_000,
                micro_seconds=0.5, disk_wait_s=60, cluster_connections=(2, 16, 64, 256))


@dataclass
class Lab:
    settings: Settings
    binary: pathlib.Path
    tools: pathlib.Path  # the folder of the benchmark's own programs
    data: pathlib.Path   # on a disk; each server gets a folder in it
    cache: pathlib.Path  # for what takes minutes to make and is used again
    scratch: pathlib.Path

    def __post_init__(self):
        self.failed, self.servers = [], 0

    def row(self, name, measure, *arguments):
        """What `measure` returns; nothing when it fails, which is noted and does not end the rest."""
        try:
            return measure(*arguments)
        except Exception as failure:  # also a mistake in one part of the benchmark must not cost the others
            reason = str(failure) if isinstance(failure, Failure) else repr(failure)
            self.failed.append({"row": name, "reason": reason})
            self.note(f"FAILED: {name}: {reason}")
            return None

    def rows(self, named):
        """Those that did not fail, of pairs of a name and what measures it."""
        found = [self.row(name, measure) for name, measure in named]
        return [row for row in found if row is not None]

    def note(self, text):
        note(text)

    @contextlib.contextmanager
    def server(self, *options, data=None, environment=None):
        """A server on a folder of its own, or on `data`; ended in order, and what it leaves is checked."""
        with contextlib.ExitStack() as cleanup:
            folder = data or cleanup.enter_context(self.folder())
            with Confab(self.binary, folder, self.new_path("confab", ".log"), options, environment) as confab:
                yield confab
                status = confab.stop()
            if status != 0:
                raise Failure(f"confab ended with status {status}: {confab.last_error_line()}")
            self.note(check_data(self.binary, folder))

    @contextlib.contextmanager
    def folder(self):
        path = self.new_path("data")
        with fresh_folder(self.data / path.name) as made:
            yield made

    def new_path(self, name, suffix=""):
        self.servers += 1
        return self.scratch / f"{name}-{self.servers}{suffix}"

    def tool(self, name):
        path = self.tools / name
        if not path.exists():
            raise Failure(f"{path} is not built; `make bench` builds it")
        return path

    def described(self):
        return asdict(self.settings)


@contextlib.contextmanager
def fresh_folder(path):
    """A folder that was not there before and is not there afterwards; never one with somebody's data in it."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise Failure(f"{path} is there already: another benchmark runs, or one was killed; remove it") from None
    try:
        yield path
    finally:
        shutil.rmtree(path)
