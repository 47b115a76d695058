"""How much memory a server takes, from /proc, and how long its write-ahead log is."""

import re

MIB = 2**20
GROWTH_MAX = 64 * MIB
LOG_MAX = 64 * MIB


def memory(server, name):
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(re.search(rf"^{name}:\s+(\d+) kB$", status.read(), re.M)[1]) * 1024


def idle_memory(server):
    """What it holds now; from here on VmHWM is the peak of what comes."""
    with open(f"/proc/{server.process.pid}/clear_refs", "w") as refs:
        refs.write("5")
    return memory(server, "VmRSS")


def log_size(server):
    """SQLite does not shorten this file while it is open: its size is the most it ever was."""
    return (server.data / "confab.db-wal").stat().st_size


def assert_bounded(server, idle):
    grown, log = memory(server, "VmHWM") - idle, log_size(server)
    print(f"{grown / MIB:.1f} MiB above idle, a log of {log / MIB:.1f} MiB")
    assert grown <= GROWTH_MAX and log <= LOG_MAX
