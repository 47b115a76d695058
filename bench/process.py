"""The resources of a process, as the kernel reports them."""
import os
import pathlib

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
RESET_PEAK = "5"  # of proc(5), clear_refs


def cpu_s(pid):
    """The CPU time of a process and its children so far."""
    return sum(own_cpu_s(each) for each in (pid, *children(pid)))


def own_cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory_mib(pid, name="VmRSS"):
    """VmRSS: resident now. VmHWM: the peak since the start or since reset_peak()."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) / 1024
    raise OSError(f"/proc/{pid}/status has no {name}")


def reset_peak(pid):
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK)
