"""One I/O call fails under load. Every acknowledged write stays, and no refused write appears.

The seed of the random test selects the call: its kind, its file, how many such calls succeed before, and the error.
"""

import errno
from collections import Counter

import pytest
from libraries import Fault
from load import wait_for
from trial import MIXED, SPILLING, Trial

ROUNDS_PER_FOLDER = 6
HITS = 2
ATTEMPTS_MAX = 20

# By the phase in which the fault is armed: kind, file, and roughly how many such calls there are.
CALLS = {
    "load": [
        ("write", "confab.db-wal", 30),
        ("write", "confab.db-wal", 4000),
        ("write", "confab.db", 2000),
        ("write", "confab-journal.?", 40),
        ("write", "confab-search.db*", 100),
        ("sync", "confab-journal.?", 40),
        ("sync", "confab.db-wal", 8),
        ("sync", "confab.db", 4),
        ("read", "confab.db", 2000),
        ("read", "confab.db-wal", 2000),
        ("read", "*", 2000),
    ],
    "stop": [
        ("read", "*", 8),
        ("write", "confab.db*", 30),
        ("sync", "*", 4),
        ("truncate", "confab.db-wal", 1),
    ],
    "start": [
        ("read", "confab-journal.?", 2),
        ("read", "*", 30),
        ("write", "confab-journal.?", 2),
        ("write", "*", 30),
        ("sync", "*", 8),
        ("truncate", "*", 6),
    ],
}
ERRORS = {
    "read": [errno.EIO, errno.EIO, 0],
    "write": [errno.EIO, errno.ENOSPC, errno.EDQUOT, 0],
    "sync": [errno.EIO, errno.ENOSPC, errno.EDQUOT],
    "truncate": [errno.EIO, errno.ENOSPC],
}


def random_fault(rng, phase):
    kind, file, calls = rng.choice(CALLS[phase])
    error = rng.choice(ERRORS[kind])
    percent = rng.choice([0, 1, 50, 99, 100] if error else [0, 1, 50])
    return Fault(kind, file, countdown=round(calls ** rng.random()), error=error, percent=percent)


def run_round(trial, fault, phase, rng):
    """Load, verify, stop, restart, verify. The fault is armed under load, at the stop or at the start. Returns whether the
    server accepted writes after the load."""
    names = rng.choice([SPILLING, MIXED])
    keyed_before = len(trial.expected.keyed)
    if names is SPILLING:
        trial.have_large_messages()
        trial.fill_page_cache()
    if phase == "load":
        trial.load_until_met(names, fault)
    else:
        trial.load(names)
    state = trial.verify_live()
    end_server(trial, fault, phase, rng)
    if phase == "start":
        trial.start_on_failing_disk(fault)
    else:
        trial.start_server()
    trial.verify_after_restart(keyed_before)
    return state


def end_server(trial, fault, phase, rng):
    if phase == "stop":
        trial.disk.arm(fault)
    if phase == "stop" or (phase == "load" and rng.random() < 0.5):
        trial.server.stop()
    else:
        trial.kill_server()
    trial.disk.disarm()


@pytest.mark.heavy
def test_one_failing_call_loses_nothing_acknowledged(confab, start, pytestconfig, tmp_path, rng):
    trial, failed = None, Counter()
    try:
        for number in range(pytestconfig.getoption("--fault-rounds")):
            if number % ROUNDS_PER_FOLDER == 0:
                if trial:
                    trial.remove()
                trial = Trial(confab, start, tmp_path, f"data{number}", rng)
            phase = rng.choices(["load", "stop", "start"], [8, 1, 1])[0]
            fault = random_fault(rng, phase)
            print(f"round {number}, {phase}: {fault}", flush=True)
            before = len(trial.disk.failed())
            state = run_round(trial, fault, phase, rng)
            met = trial.disk.failed()[before:]
            print(f"  met: {met}, then {state}", flush=True)
            failed.update((call, errno.errorcode.get(fault.error, "short count"), phase) for call in met)
    finally:
        for (call, error, phase), count in sorted(failed.items()):
            print(f"{count:4} {call:30} {error:12} {phase}")
    assert failed, "no call failed"


def test_failed_spill_while_a_batch_loads_loses_nothing_acknowledged(confab, start, tmp_path, rng):
    """SQLite rolls back the whole transaction, though the statement only reads. The batch is refused (503)."""
    trial, hits = Trial(confab, start, tmp_path, "data", rng), 0
    for attempt in range(1, ATTEMPTS_MAX + 1):
        trial.have_large_messages()
        trial.fill_page_cache()
        trial.disk.arm(Fault("write", "confab.db-wal"))
        trial.run_each(["edit_large"] * 20)
        hits += "unavailable" in trial.operations.codes  # not if the fault hit a commit
        wait_for(lambda attempt=attempt: len(trial.disk.failed()) == attempt, "a write fails")
        trial.run_each(["create_message"] * 20 + ["edit_small"] * 20)
        assert trial.verify_live() == "serving"
        if hits == HITS:
            break
    assert set(trial.disk.failed()) == {"pwrite64 confab.db-wal"}
    trial.server.kill()
    trial.start_server()
    trial.verify_after_restart()
    print(f"{attempt} attempts")
    assert hits, "no spill failed while a batch loaded its rows"
