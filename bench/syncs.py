"""Syncs of a disk: counts those of a server, and measures the time of one with the bytes of a commit."""
import os
import pathlib
import time

from failure import Failure

APPEND_S = 2
PROBE_S, PROBE_BYTES = 0.3, 64 * 1024
SLOW_RATIO = 2
CONTENT_BYTE = b"x"


class SyncCounter:
    """Counts the syncs of the journal of a server that is started with `environment`."""

    def __init__(self, lab):
        self.path = lab.new_path("syncs")
        self.path.write_bytes(bytes(16))
        self.environment = {"LD_PRELOAD": str(lab.tool("count_syncs.so").resolve()), "BENCH_SYNCS": str(self.path)}

    def count(self):
        """The number of syncs so far, and the bytes that they wrote."""
        data = self.path.read_bytes()
        return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:], "little")

    def since(self, before):
        return tuple(now - then for now, then in zip(self.count(), before, strict=True))


def wait_for_disk(folder, before, wait_s):
    """The present latency of a sync. Cloud disks become several times slower after a burst, and figures of that time are not
    comparable. So this waits for a while until the disk is about as fast as `before`."""
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
    """Repeatedly appends `size` bytes and calls fdatasync. Returns the sorted times in µs."""
    path = pathlib.Path(folder) / "appended"
    data, times_us = CONTENT_BYTE * size, []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if os.write(file, data) != size:
                raise Failure(f"{path}: fewer than {size} bytes were written")
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
