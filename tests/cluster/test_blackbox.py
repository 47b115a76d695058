"""The black-box suite of a server alone, unchanged, against a cluster: behind nginx, and at one of its nodes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).resolve().parent.parent / "blackbox"
TESTS_AT_LEAST = 700  # so that a suite which finds nothing to do is not taken for a good one
SUITE_SECONDS_MAX = 800


@pytest.mark.parametrize("door", ["front", "node"])
def test_what_holds_alone_holds_in_a_cluster(cluster, confab, door):
    port = cluster.front.port if door == "front" else cluster.nodes[0].port
    # The list of all apps is known only while nobody else has made any.
    listing = "test_paging_apps.py"
    passed = run_suite(confab, port, SUITE / listing) + run_suite(confab, port, SUITE, "--ignore", SUITE / listing)
    assert passed >= TESTS_AT_LEAST


def run_suite(confab, port, *what):
    done = subprocess.run([sys.executable, "-B", "-m", "pytest", *what, "--confab", confab, "--front", str(port), "--quiet"],
                          capture_output=True, text=True, timeout=SUITE_SECONDS_MAX)
    assert done.returncode == 0, done.stdout[-20000:]
    return int(re.search(r"(\d+) passed", done.stdout)[1])
