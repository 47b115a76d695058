"""How much memory a server takes, from /proc, and how long its write-ahead log is."""

import re
import threading

MIB = 2**20
GROWTH_MAX = 64 * MIB
LOG_MAX = 64 * MIB


def memory(server, name):
    """Of all processes of the server together."""
    return sum(memory_of(pid, name) for pid in server.pids)


def memory_of(pid, name):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"^{name}:\s+(\d+) kB$", status.read(), re.M)[1]) * 1024


def idle_memory(server):
    """What it holds now; from here on VmHWM is the peak of what comes."""
    for pid in server.pids:
        with open(f"/proc/{pid}/clear_refs", "w") as refs:
            refs.write("5")
    return memory(server, "VmRSS")


class Watch:
    """From its start it knows the most that the server's memory grew and its log was long; the log is shortened now and
    then, so it is looked at all the time."""

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
        print(f"{grown / MIB:.1f} MiB above idle, a log of {self.log / MIB:.1f} MiB")
        assert grown <= GROWTH_MAX and self.log <= LOG_MAX
