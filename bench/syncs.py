"""Syncs of a disk: those of a server counted, and how long one takes that stands for a commit."""
import os
import pathlib
import time

from failure import Failure

APPEND_S = 2
PROBE_S, PROBE_BYTES = 0.3, 64 * 1024
SLOW_RATIO = 2
CONTENT_BYTE = b"x"


class SyncCounter:
    """Counts the syncs of the ledger's log, of a server started with `environment`."""

    def __init__(self, lab):
        self.path = lab.new_path("syncs")
        self.path.write_bytes(bytes(16))
        self.environment = {"LD_PRELOAD": str(lab.tool("count_syncs.so").resolve()), "BENCH_SYNCS": str(self.path)}

    def count(self):
        """How many there were so far, and how many bytes they wrote."""
        data = self.path.read_bytes()
        return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")

    def since(self, before):
        return tuple(now - then for now, then in zip(self.count(), before))


def wait_for_disk(folder, before, wait_s):
    """How long a sync takes at the moment. Rented disks slow down by a multiple once a burst is used up, and figures of such a time are
    not to be compared with others: so this waits for a while until the disk is about as fast as it was `before`."""
    best = min((found["p50_us"] for found in before), default=None)
    deadline = time.monotonic() + wait_s
    while True:
        now = sync_latency_now(folder)
        if best is None or now["p50_us"] <= SLOW_RATIO * best or time.monotonic() >= deadline:
            return now
        time.sleep(1)


def sync_latency_now(folder):
    found = percentiles(append_latencies(folder, PROBE_BYTES, PROBE_S))
    return {"p50_us": found["p50"], "p99_us": found["p99"]}


def append_latencies(folder, size, seconds=APPEND_S):
    """Appends `size` bytes and waits for fdatasync, over and over: in µs, sorted."""
    path = pathlib.Path(folder) / "appended"
    data, times_us = CONTENT_BYTE * size, []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.write(file, data) != size:
                raise Failure(f"{path} took only a part of {size} bytes")
            started = time.perf_counter_ns()
            os.fdatasync(file)
            times_us.append((time.perf_counter_ns() - started) / 1000)
    finally:
        os.close(file)
        path.unlink()
    return sorted(times_us)


def percentiles(times):
    return {"count": len(times), "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100],
            "p99_9": times[len(times) * 999 // 1000], "max": times[-1]}
