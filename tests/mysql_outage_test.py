"""A pool of connections to a MySQL server that is killed, restarted and paused. Calls during the outage fail in time. Calls
after it succeed immediately on new connections. mysql_outage_test.py mariadb|mysql PROBE"""

import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

from services import MariaDb, MySql

KINDS = {"mariadb": MariaDb, "mysql": MySql}
CALLERS = 40  # five for each connection
# The timeouts of a connection attempt and of a statement are 0.5 s. A caller waits for a connection for a second at most.
ANSWERED_WITHIN_MS = 20_000


class Probe:
    def __init__(self, program, url):
        self.process = subprocess.Popen([program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self):
        """How many callers succeeded. Each caller either succeeds or gets an error."""
        self.process.stdin.write(f"{CALLERS}\n")
        self.process.stdin.flush()
        answered, took_ms = map(int, self.process.stdout.readline().split())
        assert took_ms < ANSWERED_WITHIN_MS, took_ms
        return answered

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def wait_until_stopped(process):
    """Waits for every thread, because a signal stops the threads of a process one after the other."""
    while not all(task.read_text().rpartition(")")[2].split()[0] == "T" for task in pathlib.Path(f"/proc/{process}/task").glob("*/stat")):
        time.sleep(0.005)


class Outage(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="confab-outage-")
        self.addCleanup(self.folder.cleanup)
        self.server = self.enterContext(self.kind(pathlib.Path(self.folder.name) / "server"))
        self.probe = Probe(self.program, self.server.url)
        self.addCleanup(self.probe.close)
        self.assertEqual(self.probe.ask(), CALLERS)

    def test_killed_and_restarted(self):
        for _ in range(2):
            self.server.kill()
            self.assertEqual(self.probe.ask(), 0)
            self.server.restart()
            self.assertEqual(self.probe.ask(), CALLERS)

    def test_restarted_while_nobody_asked(self):
        self.server.restart()
        self.assertEqual(self.probe.ask(), CALLERS)

    def test_paused(self):
        self.server.pause()
        wait_until_stopped(self.server.process.pid)
        self.assertEqual(self.probe.ask(), 0)
        self.server.resume()
        self.assertEqual(self.probe.ask(), CALLERS)


if __name__ == "__main__":
    Outage.kind, Outage.program = KINDS[sys.argv[1]], sys.argv[2]
    unittest.main(argv=sys.argv[:1])
