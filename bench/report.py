"""The result as people read it (Markdown) and as programs do (JSON)."""
import json
import os


def markdown(result):
    tables = [about(result), *(table_of(result[part]) for part, table_of in TABLES.items() if result.get(part)),
              failures(result)]
    return "\n\n".join(part for part in tables if part)


def about(result):
    machine, settings = result["machine"], result["settings"]
    return (f"{result['binary']}, {result['date']}, {machine['cpu']}, "
            f"{len(machine['cores_used'])} of {machine['cores']} cores, {machine['memory_mib']:,} MiB, "
            f"Linux {machine['kernel']}, data on {machine['data_filesystem']}. "
            f"Medians of {settings['runs']} runs of {settings['seconds']} s, in turns, "
            f"wrk with {settings['wrk_threads']} threads. µs: of the server's processor time for one request.")


def failures(result):
    if not result["failed"]:
        return ""
    return "## Failed\n\n" + table(("row", "reason"), [[each["row"], each["reason"]] for each in result["failed"]])


def throughput_tables(part):
    head = ("work", "connections", "confab /s", "p50 ms", "p99 ms", "µs", "nginx /s", "p50 ms", "p99 ms", "µs", "ratio")
    return "## Throughput beside nginx\n\n" + table(head, [
        [row["work"], str(row["connections"]), *rate_cells(row["median"]["confab"]), *rate_cells(row["median"]["nginx"]),
         f"{row['ratio']:.2f}"] for row in part["rows"]])


def curve_tables(part):
    head = ("connections", "create /s", "p50 ms", "p99 ms", "µs", "creates of a sync", "KiB of a sync", "nginx /s", "ratio")
    return "## Creation by connections\n\n" + table(head, [
        [str(row["connections"]), *rate_cells(row["median"]["confab"]),
         f"{row['median']['confab']['creates_of_a_sync']:,.1f}", f"{row['median']['confab']['bytes_of_a_sync'] / 1024:,.1f}",
         f"{row['median']['nginx']['rate']:,.0f}", f"{row['ratio']:.2f}"] for row in part["rows"]])


def latency_tables(part):
    head = ("at a constant rate", "p50 ms", "p99 ms", "p99.9 ms")
    size = part["turns"][0]["sync"]["bytes"]
    names = {"create": f"create, {part['rate']:,}/s", "sync": f"fdatasync of {size:,} bytes appended"}
    names["sent_late"] = "of a create's: before it was sent"
    return "## Latency, open loop\n\n" + table(head, [
        [name, *(milliseconds(part["median_us"][kind][figure]) for figure in ("p50", "p99", "p99_9"))]
        for kind, name in names.items()]) + f"\n\np99 of create is {part['ratio_p99']:.2f} × that of the sync."


def rate_cells(figures):
    return [f"{figures['rate']:,.0f}", milliseconds(figures.get("p50_us")), milliseconds(figures.get("p99_us")),
            f"{figures['cpu_us']:.1f}"]


def table(head, rows):
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def milliseconds(us):
    return "–" if us is None else f"{us / 1000:,.2f}"


TABLES = {
    "throughput": throughput_tables,
    "curve": curve_tables,
    "latency": latency_tables,
}


def write(result, folder):
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "result.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    replace(folder / "report.md", markdown(result) + "\n")


def replace(path, text):
    """Whole or not at all: a broken run leaves the last good result."""
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text)
    os.replace(unfinished, path)
