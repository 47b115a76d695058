"""The result for people (Markdown, charts) and for programs (JSON)."""
import json
import os

from plots import plots


def files(result):
    """The files of a result: names with their text."""
    return {"result.json": json.dumps(result, indent=1, ensure_ascii=False) + "\n", "report.md": markdown(result) + "\n",
            **plots(result)}


def markdown(result):
    tables = ["# What was measured", about(result), *parts(result), disk_table(result["disk"]), failures(result), targets_table(result["targets"])]
    return "\n\n".join(text for text in tables if text)


def parts(result):
    for part, table_of in TABLES.items():
        if result.get(part):
            yield table_of(result[part])
            yield "\n".join(f"![{name.removesuffix('.svg')}]({name})" for name in plots({part: result[part]}))


def about(result):
    machine, settings = result["machine"], result["settings"]
    kind = "`make bench-full`" if settings["full"] else "`make bench`, the quick one"
    return (f"By {kind}: {result['binary']}, {result['date']}, {machine['cpu']}, "
            f"{len(machine['cores_used'])} of {machine['cores']} cores, {machine['memory_mib']:,} MiB, "
            f"Linux {machine['kernel']}, data on {machine['data_filesystem']}. "
            f"Medians of {settings['runs']} runs of {settings['seconds']} s, in turns, "
            f"wrk with {settings['wrk_threads']} threads. µs: of the server's processor time for one request.")


def targets_table(targets):
    return "## Targets\n\n" + table(("row", "target", "measured", "reached"), [
        [each["row"], f"{each['sense']} {figure(each['limit'])} {each['unit']}",
         "–" if each["measured"] is None else figure(each["measured"]), REACHED[each["reached"]]] for each in targets])


REACHED = {True: "yes", False: "**no**", None: "not measured"}


def figure(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def disk_table(disk):
    return "## The disk before each part\n\n" + table(("64 KiB appended and synced, before", "p50 ms", "p99 ms"), [
        [part, milliseconds(found["p50_us"]), milliseconds(found["p99_us"])] for part, found in disk.items()])


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
    names["client"] = "of a create's: the client late itself"
    return "## Latency, open loop\n\n" + table(head, [
        [name, *(milliseconds(part["median_us"][kind][figure]) for figure in ("p50", "p99", "p99_9"))]
        for kind, name in names.items()]) + f"\n\np99 of create is {part['ratio_p99']:.2f} × that of the sync."


def indexing_tables(part):
    head = ("search index", "create /s", "p50 ms", "p99 ms", "µs", "µs with the rest", "rest s")
    return "## What indexing costs creation\n\n" + table(head, [
        [name, *rate_cells(figures), f"{figures['cpu_us_with_the_rest']:.1f}", f"{figures['caught_up_s']:.1f}"]
        for name, figures in part["median"].items()]) + (
        f"\n\nIt costs {100 * part['cost']:.1f} % of the rate at {part['connections']} connections. The rest: what is indexed after the last answer.")


def search_tables(part):
    head = ("search in messages", "found", "characters", "beside", "p50 ms", "p99 ms", "searches")
    return "## Searches\n\n" + table(head, [
        [f"{row['messages']:,}", "once" if row["hits"] else "nowhere", str(len(row["query"])), row["beside"],
         milliseconds(row["p50_us"]), milliseconds(row["p99_us"]), f"{row['requests']:,}"] for row in part["rows"]])


def memory_tables(part):
    rows = []
    if idle := part["idle"]:
        rows += [["idle", f"{idle['rss_mib']:.1f} MiB"], ["idle, of a processor", f"{100 * idle['cpu_share']:.2f} %"]]
    if busy := part["busy"]:
        rows.append([f"{busy['connections']:,} connections, {busy['rate']:,.0f} creates/s", f"{busy['peak_mib']:.1f} MiB"])
    if listed := part["list"]:
        rows.append([f"while listing {listed['messages']:,} messages ({listed['seconds']:.1f} s)",
                     f"{listed['more_mib']:.1f} MiB more"])
    return "## Memory\n\n" + table(("when", "measured"), rows)


def growth_tables(part):
    head = ("work", f"/s in {part['small']:,}", "p50 ms", "p99 ms", f"/s in {part['messages']:,}", "p50 ms", "p99 ms", "ratio")
    rows = [[row["work"], *(cell for size in ("small", "large") for cell in rate_cells({"cpu_us": 0, **row["median"][size]})[:3]),
             f"{row['ratio']:.2f}"] for row in part["rows"]]
    sections = ["## Growth\n\n" + table(head, rows)]
    if start := part["start"]:
        sections.append(f"Start to first answer in the large one: {start['median_ms']:.0f} ms.")
    if listed := part["list"]:
        sections.append(f"Listing {listed['messages']:,} of its messages took {listed['seconds']:.1f} s and {listed['more_mib']:.1f} MiB more.")
    return "\n\n".join(sections)


def micro_tables(part):
    return "## Steps of a request by themselves\n\n" + table(("step", "ns"), [[each["step"], f"{each['ns']:,.0f}"] for each in part])


def cluster_tables(part):
    names = part["creates"][0]["cpu_us"]
    head = ("connections", "creates /s", "p50 ms", "p99 ms", *(f"{name} µs" for name in names), "all µs")
    tables = "## Cluster\n\n" + f"{part['about']}\n\n" + table(head, [
        [str(row["connections"]), f"{row['rate']:,.0f}", milliseconds(row["p50_us"]), milliseconds(row["p99_us"]),
         *(f"{cost:.0f}" for cost in row["cpu_us"].values()), f"{sum(row['cpu_us'].values()):.0f}"] for row in part["creates"]])
    read = part["read"]
    return tables + (f"\n\nReading one message at {read['connections']} connections: {read['cluster']['rate']:,.0f}/s through a node, "
                     f"{read['alone']['rate']:,.0f}/s from a server alone, {read['ratio']:.2f} ×.")


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
    "indexing": indexing_tables,
    "searches": search_tables,
    "memory": memory_tables,
    "growth": growth_tables,
    "micro": micro_tables,
    "cluster": cluster_tables,
}


def write(result, folder):
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files(result)
    for old in folder.glob("*.svg"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        replace(folder / name, text)


def replace(path, text):
    """Replaces the file atomically, so that an interrupted run keeps the last good result."""
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text)
    os.replace(unfinished, path)
