"""The black-box suite of a server alone, unchanged, against a cluster: behind nginx that passes connections on, and behind nginx that speaks HTTP."""

import re
import subprocess
import sys
from pathlib import Path

from services import StreamNginx

SUITE = Path(__file__).resolve().parent.parent / "blackbox"
# The list of all apps is known only while nobody else has made any.
PAGES_OF_APPS, LIST_LENGTHS = SUITE / "test_paging_apps.py", SUITE / "test_list_lengths.py"
TESTS_AT_LEAST = 680  # so that a suite which finds nothing to do is not taken for a good one
SUITE_SECONDS_MAX = 800


def test_what_holds_alone_holds_behind_nginx_that_speaks_http(cluster, confab):
    """But for what nginx answers by itself: it speaks HTTP with its clients in its own way."""
    run_whole_suite(confab, cluster.front.port, "-m", "not wire")


def test_what_holds_alone_holds_in_a_cluster_behind_nginx(cluster, confab, tmp_path):
    """The whole of it: every connection reaches one of the nodes as it is."""
    pids = [option for node in cluster.nodes for option in ("--front-pid", node.process.pid)]
    with StreamNginx(tmp_path / "connections", [node.port for node in cluster.nodes]) as front:
        run_whole_suite(confab, front.port, *pids)


def test_every_list_is_whole_at_every_length(cluster, confab):
    assert run_suite(confab, cluster.front.port, LIST_LENGTHS) == 8


def run_whole_suite(confab, port, *options):
    passed = run_suite(confab, port, PAGES_OF_APPS, *options)
    passed += run_suite(confab, port, SUITE, "--ignore", PAGES_OF_APPS, "--ignore", LIST_LENGTHS, *options)
    assert passed >= TESTS_AT_LEAST


def run_suite(confab, port, *what):
    done = subprocess.run([sys.executable, "-B", "-m", "pytest", *map(str, what), "--confab", confab, "--front", str(port), "--quiet"],
                          capture_output=True, text=True, timeout=SUITE_SECONDS_MAX)
    assert done.returncode == 0, done.stdout[-20000:]
    return int(re.search(r"(\d+) passed", done.stdout)[1])
