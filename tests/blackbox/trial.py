"""A server on one data folder, through rounds of load in which I/O calls fail."""

import http.client
import itertools
import shutil
import time
from dataclasses import replace

from client import Client
from expected_state import ExpectedState
from libraries import FailingCall
from load import Waves
from operations import Operations
from server import StartFailed, run
from verification import retry, verify

OPTIONS = ("--index-after-messages", "200", "--index-pause-ms", "20")  # so that the index is written to, too
CONNECTIONS = 128
CHATS_AT_FIRST = 3
LARGE_MESSAGES = 100
# Their deletion makes 4,200 pages dirty. SQLite spills when 90% of its page cache is dirty, here 3,600 pages.
LONG_HISTORIES = 28
CONTENTS_OF_HISTORY = 10
LOAD_S_MAX = 1.5  # until the fault occurs
WAVES_AFTER = 5
RECOVERY_S_MAX = 20  # for reads and writes, once the disk works again
OLD_KEYS = 30

# Reads commit the open transaction. Without them it outgrows the page cache, and SQLite spills pages into the WAL.
SPILLING = ["edit_large"] * 16 + ["create_message", "create_with_key", "edit_small", "delete_small"]
WRITES = ["create_message"] * 5 + ["create_with_key"] * 3 + ["repeat_key", "edit_large", "edit_small", "edit_small"]
WRITES += ["delete_small"]
MIXED = WRITES * 4 + ["create_chat", "read_message", "read_page", "search", "read_deleted", "list_chats"] * 2


class Trial:
    def __init__(self, confab, start, folder, name, rng):
        self.confab, self.start, self.rng = confab, start, rng
        self.data = folder / name
        self.disk = FailingCall(folder, self.data)
        self.start_server()
        with Client(self.server.port) as client:
            self.expected = ExpectedState(client.new_app())
        self.operations = Operations(self.expected, rng)
        self.run_each(["create_chat"] * (CHATS_AT_FIRST + 1))
        self.operations.large_path = self.operations.paths.pop()

    def start_server(self):
        self.server = self.start(*OPTIONS, data=self.data.name, environment=self.disk.environment)

    def run_each(self, names, connections=CONNECTIONS):
        with Waves(self.server.port, connections) as waves:
            for at in range(0, len(names), connections):
                waves.run(getattr(self.operations, name)() for name in names[at:at + connections])

    def have_large_messages(self):
        """Restarts, so that the WAL is empty. A checkpoint would commit the transaction that fill_page_cache() leaves open."""
        self.run_each(["create_large"] * (LARGE_MESSAGES - len(self.operations.large)))
        self.run_each(["create_with_history"] * (LONG_HISTORIES - len(self.operations.long_history)))
        for _ in range(CONTENTS_OF_HISTORY):
            self.run_each(["lengthen_history"] * LONG_HISTORIES)
        self.server.stop()
        self.start_server()

    def fill_page_cache(self):
        """Leaves a transaction open that has begun to spill. REQUIRES: have_large_messages() just before."""
        self.run_each(["create_message"] * 10 + ["delete_with_history"] * LONG_HISTORIES)

    def mix(self, names):
        return (getattr(self.operations, self.rng.choice(names))() for _ in itertools.count())

    def load(self, names, is_met=lambda: True):
        """Runs waves of these operations until the fault has occurred, and a few more."""
        deadline = time.monotonic() + LOAD_S_MAX
        operations, left = self.mix(names), WAVES_AFTER
        try:
            with Waves(self.server.port, CONNECTIONS) as waves:
                while left and time.monotonic() < deadline:
                    waves.run(operations)
                    left -= is_met()
        except (ConnectionError, http.client.HTTPException) as dropped:
            raise AssertionError(f"the server dropped a connection: {dropped!r} {self.server.log()}") from dropped

    def load_until_met(self, names, fault):
        """If a slow server does not reach the chosen call in time, the next such call fails."""
        before = len(self.disk.failed())
        for armed in (fault, replace(fault, countdown=1)):
            if len(self.disk.failed()) == before:
                self.disk.arm(armed)
                self.load(names, lambda: len(self.disk.failed()) > before)
        self.disk.disarm()

    def wait_until_usable(self):
        """Waits until reads work and writes work ("serving") or are refused until a restart ("closed"). Returns which."""
        deadline = time.monotonic() + RECOVERY_S_MAX
        with Client(self.server.port) as client, Waves(self.server.port, 1) as waves:
            while True:
                read = client.get(self.expected.app + "/chats")
                self.operations.codes.clear()
                waves.run([self.operations.create_message()])
                if read.status == 200 and self.operations.codes <= {"writes_closed"}:
                    return "closed" if self.operations.codes else "serving"
                assert time.monotonic() < deadline, \
                    f"reads: {read.status}, writes: {self.operations.codes}, {self.server.log()[-1000:]}"
                time.sleep(0.05)

    def verify_live(self):
        state = self.wait_until_usable()
        with Client(self.server.port) as client:
            verify(client, self.expected, is_final=False)
        assert self.server.process.poll() is None, self.server.log()
        return state

    def kill_server(self):
        """Kills the server, in half of the cases with requests in flight."""
        with Waves(self.server.port, CONNECTIONS) as waves:
            if self.rng.random() < 0.5:
                waves.begin(self.mix(WRITES))
            self.server.kill()

    def start_on_failing_disk(self, fault):
        """The start may fail. Then it prints why, and the next start succeeds."""
        self.disk.arm(fault)
        try:
            self.start_server()
        except StartFailed as ended:
            code, log = ended.args
            last_line = log.splitlines()[-1]
            assert code == 1 and last_line.startswith("confab: "), ended
            print(f"  did not start: {last_line}")
            self.disk.disarm()
            self.start_server()
        self.disk.disarm()

    def verify_after_restart(self, keyed_before=0):
        """`keyed_before`: how many creations with a key were verified before."""
        old = self.rng.sample(self.expected.keyed[:keyed_before], min(keyed_before, OLD_KEYS))
        with Client(self.server.port) as client:
            verify(client, self.expected)
            for request in [*self.expected.keyed[keyed_before:], *old]:
                retry(client, self.expected, request)
            verify(client, self.expected)
        checked = run(self.confab, "check", "--data", self.data)
        assert checked.returncode == 0, checked

    def remove(self):
        self.server.kill()
        shutil.rmtree(self.data)
