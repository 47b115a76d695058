"""The memory of a server, from /proc, and the size of its WAL."""

import re
import threading

MIB = 2**20
GROWTH_MAX = 64 * MIB
LOG_MAX = 64 * MIB


def memory(server, name):
    """The sum over all processes of the server."""
    return sum(memory_of(pid, name) for pid in server.pids)


def memory_of(pid, name):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"^{name}:\s+(\d+) kB$", status.read(), re.M)[1]) * 1024


def idle_memory(server):
    """The memory in use now. Resets VmHWM, so that it is the peak from now on."""
    for pid in server.pids:
        with open(f"/proc/{pid}/clear_refs", "w") as refs:
            refs.write("5")
    return memory(server, "VmRSS")


class Watch:
    """Asserts that the server's memory and its WAL stay within their limits. A thread polls the WAL's size, because the
    WAL shrinks from time to time."""

    def __init__(self, server):
        self.server, self.idle, self.log = server, idle_memory(server), 0
        self.over = threading.Event()
        self.looking = threading.Thread(target=self.look)

    def __enter__(self):
        self.looking.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.looking.join()

    def look(self):
        path = self.server.data / "confab.db-wal"
        while not self.over.wait(0.005):
            self.log = max(self.log, path.stat().st_size)

    def assert_bounded(self):
        grown = memory(self.server, "VmHWM") - self.idle
        print(f"{grown / MIB:.1f} MiB above idle, a WAL of {self.log / MIB:.1f} MiB")
        assert grown <= GROWTH_MAX and self.log <= LOG_MAX
