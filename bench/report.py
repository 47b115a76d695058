"""The result as people read it (Markdown) and as programs do (JSON)."""
import json
import os


def markdown(result):
    tables = [about(result), throughput_table(result["throughput"]), search_table(result["search"])]
    if result["search_large"]:
        tables.append(large_table(result["search_large"]))
    return "\n\n".join(tables)


def about(result):
    machine, settings = result["machine"], result["settings"]
    return (f"{result['binary']}, {result['date']}, {machine['cpu']}, "
            f"{len(machine['cores_used'])} of {machine['cores']} cores, {machine['memory_mib']:,} MiB, "
            f"Linux {machine['kernel']}, data on {machine['data_filesystem']}. "
            f"Medians of {settings['runs']} runs of {settings['seconds']} s, nginx and confab in turns, "
            f"wrk with {settings['wrk_threads']} threads.")


def throughput_table(rows):
    head = ("work", "connections", "confab /s", "p50 ms", "p99 ms", "nginx /s", "p50 ms", "p99 ms", "ratio")
    return table(head, [[row["work"], str(row["connections"]), *rate_cells(row["median"]["confab"]),
                         *rate_cells(row["median"]["nginx"]), f"{row['ratio']:.2f}"] for row in rows])


def rate_cells(figures):
    return [f"{figures['rate']:,.0f}", milliseconds(figures["p50_us"]), milliseconds(figures["p99_us"])]


def search_table(rows):
    head = ("search in messages", "characters", "confab p50 ms", "p99 ms", "searches", "nginx p50 ms", "p99 ms",
            "requests")
    return table(head, [[f"{row['messages']:,}", str(len(row["query"])), *latency_cells(row["confab"]),
                         *latency_cells(row["nginx"])] for row in rows])


def large_table(rows):
    head = ("search in messages", "found", "characters", "beside", "p50 ms", "p99 ms", "searches")
    return table(head, [[f"{row['messages']:,}", "once" if row["hits"] else "nowhere", str(len(row["query"])),
                         row["beside"], *latency_cells(row["confab"])] for row in rows])


def latency_cells(figures):
    return [milliseconds(figures["p50_us"]), milliseconds(figures["p99_us"]), f"{figures['requests']:,}"]


def table(head, rows):
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def milliseconds(us):
    return f"{us / 1000:,.2f}"


def write_json(result, path):
    """Whole or not at all: a broken run leaves the last good result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    os.replace(unfinished, path)
