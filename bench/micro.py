"""The cost of single steps of a request, measured by `micro` with Google Benchmark."""
import json

from ledgers import run_command

NS = {"ns": 1, "us": 1e3, "ms": 1e6}


def measure(lab):
    output = run_command([lab.tool("micro"), "--benchmark_format=json", f"--benchmark_min_time={lab.settings.micro_seconds}",
                   f"--benchmark_repetitions={lab.settings.runs}", "--benchmark_report_aggregates_only=true"])
    # The library prints text before the JSON.
    found = json.loads(output[output.index("{"):])["benchmarks"]
    return [{"step": each["run_name"].split("/process_time")[0], "ns": ns_of(each)}
            for each in found if each.get("aggregate_name", "median") == "median"]


def ns_of(each):
    """The CPU time in ns. If a step processes several requests, of one request."""
    return each["cpu_time"] * NS[each["time_unit"]] / each.get("requests", 1)
