"""The measured program and the machine. Figures have no meaning without them."""
import os
import pathlib
import platform
import subprocess

from failure import Failure
from servers import nginx_binary, tool

CORES = 2
MEMORY_FILESYSTEMS = {"tmpfs", "ramfs"}


def pin_to_cores():
    """Pins the benchmark and its processes to the same two cores, also on larger machines. Returns the cores."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return cores


def filesystem_of(folder):
    """The type of a folder's file system. Errors: Failure, if it is in memory, where syncs cost nothing."""
    folder = pathlib.Path(folder).resolve()
    mounts = (line.split() for line in pathlib.Path("/proc/self/mounts").read_text().splitlines())
    # The folder is on the deepest mount point. Of several mounts on one point the last counts, hence the position.
    holding = [(len(point), position, kind) for position, (_, point, kind, *_) in enumerate(mounts)
               if folder.is_relative_to(point.replace("\\040", " "))]
    _, _, kind = max(holding)
    if kind in MEMORY_FILESYSTEMS:
        raise Failure(f"{folder} is on {kind}, in memory; --data has to name a folder on a disk")
    return kind


def describe(cores, filesystem):
    return {
        "cpu": field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": os.cpu_count(),
        "cores_used": cores,
        "memory_mib": int((field("/proc/meminfo", "MemTotal") or "0").split()[0]) // 1024,
        "kernel": platform.release(),
        "data_filesystem": filesystem,
        "nginx": first_line([nginx_binary(), "-v"]),
        "wrk": first_line([tool("wrk"), "-v"]),
    }


def commit(root):
    """The commit of the benchmark's tree, with `-dirty` if files differ; empty without git."""
    named = subprocess.run(["git", "describe", "--always", "--abbrev=40", "--match=", "--dirty"], cwd=root,
                           capture_output=True, text=True)
    return named.stdout.strip() if named.returncode == 0 else ""


def field(path, name):
    for line in pathlib.Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def first_line(command):
    result = subprocess.run(command, capture_output=True, text=True)
    lines = (result.stdout + result.stderr).strip().splitlines()
    return lines[0] if lines else ""
