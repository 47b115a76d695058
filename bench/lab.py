"""The common parts of the benchmark: settings, folders, a new server, and rows that fail independently."""
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
    """Turns a signal into an exit that runs every cleanup. A second signal must not interrupt it. Signals that were ignored
    at the start, as under nohup, stay ignored."""
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
    """The settings of the quick run, which must end within five minutes. `run --set NAME=VALUE` changes any of them."""
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
    disk_wait_s: int = 5  # maximum wait before each part for a disk that has become slow
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
    tools: pathlib.Path  # the folder of the benchmark's programs
    data: pathlib.Path   # on a disk; each server gets a folder in it
    cache: pathlib.Path  # for ledgers that take minutes to make
    scratch: pathlib.Path

    def __post_init__(self):
        self.failed, self.servers = [], 0

    def row(self, name, measure, *arguments):
        """Returns the result of `measure`, or None if it fails. A failure is recorded and does not end the other rows."""
        try:
            return measure(*arguments)
        except Exception as failure:  # a bug in one part of the benchmark must not end the others
            reason = str(failure) if isinstance(failure, Failure) else repr(failure)
            self.failed.append({"row": name, "reason": reason})
            self.note(f"FAILED: {name}: {reason}")
            return None

    def rows(self, named):
        """`named`: pairs of a name and its measurement. Returns the results that did not fail."""
        found = [self.row(name, measure) for name, measure in named]
        return [row for row in found if row is not None]

    def note(self, text):
        note(text)

    @contextlib.contextmanager
    def server(self, *options, data=None, environment=None):
        """A server on a new folder or on `data`. It is stopped cleanly, and its data is checked."""
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
    """Makes a folder and removes it afterwards. Errors: Failure, if the folder exists, so no other data is removed."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise Failure(f"{path} is there already: another benchmark runs, or one was killed; remove it") from None
    try:
        yield path
    finally:
        shutil.rmtree(path)
