"""What tests load into a program in place of a part of its world: the libraries built from this folder."""

import subprocess
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
    """A clock for `environment` of one server: as many seconds ahead of the machine's as it was last told, or behind."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.path.write_text(f"{0:<+16d}")
        self.environment = {"LD_PRELOAD": str(build("moved_clock", folder)), "FAULT_CLOCK": str(self.path)}

    def move(self, seconds):
        with open(self.path, "r+") as file:
            file.write(f"{seconds:<+16d}")
