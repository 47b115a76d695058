"""The shortest run of the benchmark. The test checks that every part is measured, not the figures."""

import json
import subprocess

TINY = ("runs=1", "seconds=1", "connections=4", "curve_connections=4,8", "latency_seconds=1", "searches=3", "small_chat=2000",
        "large_chat=5000", "memory_list=3000", "growth_messages=60000",
        "micro_seconds=0.001")
PARTS = ("throughput", "curve", "latency", "indexing", "searches", "memory", "growth", "micro")


def run(bench, confab, tools, folder, *parts, settings=TINY):
    command = [bench / "run", "--confab", confab, "--tools", tools, "--data", folder / "data", "--cache", folder / "cache",
               "--out", folder / "out", "--only", *parts, "--set", *settings]
    done = subprocess.run(command, capture_output=True, text=True)
    return done, json.loads((folder / "out" / "result.json").read_text())


def test_a_run_measures_every_part_and_leaves_nothing_behind(bench, confab, tools, tmp_path):
    done, result = run(bench, confab, tools, tmp_path, *PARTS)
    assert done.returncode == 0 and result["failed"] == [], done.stderr
    workloads = {row["work"] for row in result["throughput"]["rows"]}
    assert {"create, over 50 chats", "create, in one chat", "list the last 50", "create, over 50 chats, 8 at once"} <= workloads
    assert all(row["runs"]["confab"][0]["requests"] > 0 for row in result["throughput"]["rows"])
    # At most one creation per connection shares a sync.
    assert all(0 < row["median"]["confab"]["creates_of_a_sync"] <= row["connections"] for row in result["curve"]["rows"])
    assert result["latency"]["rate"] > 0 and result["memory"]["idle"]["rss_mib"] > 0
    assert {row["work"] for row in result["growth"]["rows"]} == {"create", "read", "list the last 50", "search 10,000 messages"}
    assert {each["row"] for each in result["targets"] if each["reached"] is not None} >= {"memory when idle", "indexing costs creation"}
    assert {"parse_a_request", "decide_a_creation"} <= {row["step"] for row in result["micro"] if row["ns"] > 0}
    assert not (tmp_path / "data").exists()
    assert "all numbers gapless" in done.stderr
    assert (tmp_path / "out" / "throughput.svg").read_text().startswith("<svg")


def test_a_part_that_fails_is_reported_and_does_not_end_the_others(bench, confab, tools, tmp_path):
    done, result = run(bench, confab, tmp_path / "no-tools", tmp_path, "latency", "memory", settings=("seconds=1",))
    assert done.returncode == 1
    failed = {each["row"]: each["reason"] for each in result["failed"]}
    assert failed.keys() == {"latency", "memory while listing"} and all("is not built" in reason for reason in failed.values())
    assert result["latency"] is None and result["memory"]["list"] is None
    assert result["memory"]["idle"]["rss_mib"] > 0 and result["memory"]["busy"]["peak_mib"] > 0
    assert "| latency |" in (tmp_path / "out" / "report.md").read_text()
