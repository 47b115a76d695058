"""The evaluation of a result: comparison, verdicts, report."""

import json
import subprocess
from copy import deepcopy

import pytest
import targets


def run(rate):
    return {"requests": 1000, "rate": rate, "p50_us": 900, "p99_us": 4000, "cpu_us": 1e6 / rate}


def row(workload, connections, confab, nginx):
    runs = {"nginx": [run(nginx)] * 3, "confab": [run(confab)] * 3}
    return {"work": workload, "connections": connections, "runs": runs,
            "median": {name: of_server[1] for name, of_server in runs.items()}, "ratio": confab / nginx}


@pytest.fixture
def result():
    """The result of a short run. One part was measured, another failed."""
    made = {
        "commit": "0" * 40, "binary": "confab", "date": "2026-11-24T12:00:00+00:00",
        "machine": {"cpu": "a processor", "cores": 2, "cores_used": [0, 1], "memory_mib": 1000, "kernel": "6.1", "data_filesystem": "ext4"},
        "settings": {"full": False, "runs": 3, "seconds": 2, "wrk_threads": 2},
        "disk": {"throughput": {"p50_us": 300, "p99_us": 900}}, "failed": [{"row": "memory", "reason": "it did not start"}], "memory": None,
        "throughput": {"rows": [row("create, over 50 chats", 64, 60_000, 100_000), row("create, in one chat", 64, 45_000, 100_000)]},
    }
    made["targets"] = targets.evaluate_targets(made)
    return made


def written(result, path):
    path.write_text(json.dumps(result))
    return path


def compared(bench, old, new, *options):
    return subprocess.run([bench / "compare", old, new, *options], check=True, capture_output=True, text=True)


def test_compare_distinguishes_better_worse_and_noise(bench, result, tmp_path):
    moved = deepcopy(result)
    rows = moved["throughput"]["rows"]
    rows[0] = row("create, over 50 chats", 64, 80_000, 100_000)
    rows[1] = row("create, in one chat", 64, 44_000, 100_000)
    old, new = written(result, tmp_path / "old.json"), written(moved, tmp_path / "new.json")
    found = compared(bench, old, new).stdout
    assert "| create, over 50 chats, 64 connections: × nginx | 0.6 | 0.8 | 1.33 | better |" in found
    assert "in one chat" not in found
    assert "| create, in one chat, 64 connections: × nginx | 0.45 | 0.44 | 0.98 | worse |" in compared(bench, old, new, "--noise", "0.01").stdout
    assert "over 50 chats, 64 connections: × nginx | 0.8 | 0.6 | 0.75 | worse |" in compared(bench, new, old).stdout
    assert compared(bench, old, old).stdout == "nothing moved\n"


def test_compare_treats_widely_spread_runs_as_noise(bench, result, tmp_path):
    moved = deepcopy(result)
    moved["throughput"]["rows"][0] = row("create, over 50 chats", 64, 70_000, 100_000)
    moved["throughput"]["rows"][0]["runs"]["confab"] = [run(50_000), run(70_000), run(90_000)]
    old, new = written(result, tmp_path / "old.json"), written(moved, tmp_path / "new.json")
    assert "× nginx" not in compared(bench, old, new).stdout


def test_compare_reports_different_machines_settings_and_disks(bench, result, tmp_path):
    other = deepcopy(result)
    other["machine"]["cpu"], other["settings"]["runs"], other["disk"]["throughput"]["p50_us"] = "another", 5, 4000
    output = compared(bench, written(result, tmp_path / "old.json"), written(other, tmp_path / "new.json")).stderr
    assert "cpu was a processor, now another" in output and "runs was 3, now 5" in output
    assert "before throughput a sync took 0.30 ms, now 4.00 ms" in output


def test_a_target_is_reached_missed_or_not_measured(result):
    verdicts = {each["row"]: each for each in targets.evaluate_targets(result)}
    assert verdicts["create over 50 chats, 64 connections"]["reached"] is True
    assert verdicts["create in one chat, 64 connections"]["reached"] is False
    assert verdicts["create in one chat, 64 connections"]["measured"] == 0.75
    assert verdicts["create over 50 chats, 256 connections"]["reached"] is None
    assert verdicts["memory when idle"]["reached"] is None
    assert len(verdicts) == len(targets.TARGETS)


def test_a_report_shows_failures_and_is_compared_with_its_result(bench, result, tmp_path):
    source, docs = tmp_path / "result", tmp_path / "docs"
    source.mkdir()
    written(result, source / "result.json")
    subprocess.run([bench / "report-to-docs", source, "--docs", docs], check=True)
    text = (docs / "report.md").read_text()
    assert "| memory | it did not start |" in text and "| create, over 50 chats | 64 | 60,000 |" in text
    check = [bench / "report-to-docs", "--check", "--docs", docs]
    subprocess.run(check, check=True)
    (docs / "report.md").write_text(text.replace("60,000", "90,000"))
    assert subprocess.run(check).returncode == 1
    (docs / "report.md").write_text(text)
    (docs / "old.svg").write_text("<svg/>")
    assert subprocess.run(check).returncode == 1
    (docs / "old.svg").unlink()
    subprocess.run(check, check=True)
