"""Libraries that tests load into a program to inject faults. They are built from this folder."""

import errno
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

FAULTS = Path(__file__).resolve().parent


def build(name, folder):
    """The library of NAME.c, for LD_PRELOAD."""
    library = folder / f"{name}.so"
    if not library.exists():
        command = ["cc", "-O1", "-Wall", "-shared", "-fPIC", "-o", library, FAULTS / f"{name}.c", "-ldl"]
        subprocess.run(command, check=True)
    return library


class MovedClock:
    """A clock for one server, through its `environment`. It differs from the machine's by the seconds of the last move()."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.path.write_text(f"{0:<+16d}")
        self.environment = {"LD_PRELOAD": str(build("moved_clock", folder)), "FAULT_CLOCK": str(self.path)}

    def move(self, seconds):
        with open(self.path, "r+") as file:
            file.write(f"{seconds:<+16d}")


KINDS = ("read", "write", "sync", "truncate")
PLAN = struct.Struct("iii48s")  # after the countdown


@dataclass(frozen=True)
class Fault:
    """An I/O call that will fail: of this kind, on a file that matches a pattern, after some such calls succeeded."""
    kind: str
    file: str
    countdown: int = 1
    error: int = errno.EIO  # 0: the call does a part of its work and reports a short count
    percent: int = 0  # of the bytes of a read or write that are transferred before it fails


class FailingCall:
    """A disk for one server with its data in `data`, through its `environment`. One call fails after a fault is armed."""

    def __init__(self, folder, data):
        self.plan = folder / f"{data.name}.fault"
        self.log = folder / f"{data.name}.failed-calls"
        self.plan.write_bytes(bytes(4 + PLAN.size))
        self.environment = {"LD_PRELOAD": str(build("failing_call", folder)), "FAULT_FOLDER": str(data),
                            "FAULT_PLAN": str(self.plan), "FAULT_LOG": str(self.log)}

    def arm(self, fault):
        kind = KINDS.index(fault.kind) + 1
        with open(self.plan, "r+b", buffering=0) as plan:
            plan.seek(4)
            plan.write(PLAN.pack(kind, fault.error, fault.percent, fault.file.encode()))
            plan.seek(0)
            plan.write(struct.pack("i", fault.countdown))

    def disarm(self):
        with open(self.plan, "r+b", buffering=0) as plan:
            plan.write(bytes(4))

    def failed(self):
        """The failed calls so far, each with its file."""
        return self.log.read_text().splitlines() if self.log.exists() else []
