"""A result as a flat list of figures that can be compared with another result's."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`spread`: the range of its runs as a fraction of their median; 0 if unknown."""
    value: float
    better: str  # higher, lower
    spread: float = 0


def figures(result):
    """The figures by name. Parts that failed or were not measured have none."""
    found = {}
    for part, take in PARTS.items():
        if result.get(part):
            found.update(take(result[part]))
    return found


def throughput(part):
    for row in part["rows"]:
        name = f"{row['work']}, {row['connections']} connections"
        yield f"{name}: × nginx", Figure(row["ratio"], "higher", ratio_spread(row["runs"], "confab", "nginx"))
        yield f"{name}: µs", cost(row)


def curve(part):
    for row in part["rows"]:
        name = f"create, {row['connections']} connections, by curve"
        yield f"{name}: × nginx", Figure(row["ratio"], "higher", ratio_spread(row["runs"], "confab", "nginx"))
        yield f"{name}: µs", cost(row)


def cost(row):
    return Figure(row["median"]["confab"]["cpu_us"], "lower", spread([run["cpu_us"] for run in row["runs"]["confab"]]))


def latency(part):
    for figure in ("p50", "p99", "p99_9"):
        runs = [turn["create"]["latency_us"][figure] for turn in part["turns"]]
        yield f"create, open loop: {figure} µs", Figure(part["median_us"]["create"][figure], "lower", spread(runs))
    yield "create, open loop: p99 by that of a sync", Figure(part["ratio_p99"], "lower")


def indexing(part):
    yield "indexing: share of the rate kept", Figure(1 - part["cost"], "higher", ratio_spread(part["runs"], "indexed", "unindexed"))


def searches(part):
    for row in part["rows"]:
        name = f"search {row['messages']:,} for {row['query']!r}, {row['beside']}"
        yield f"{name}: p50 µs", Figure(row["p50_us"], "lower")
        yield f"{name}: p99 µs", Figure(row["p99_us"], "lower")


def memory(part):
    for name, figure in (("idle", "rss_mib"), ("busy", "peak_mib"), ("list", "more_mib")):
        if part[name]:
            yield f"memory, {name}: MiB", Figure(part[name][figure], "lower")


def growth(part):
    for row in part["rows"]:
        yield f"{row['work']}, large by small", Figure(row["ratio"], "higher")
    if part["start"]:
        yield "start: ms", Figure(part["start"]["median_ms"], "lower", spread(part["start"]["times_ms"]))


def micro(part):
    for each in part:
        yield f"step {each['step']}: ns", Figure(each["ns"], "lower")


def cluster(part):
    for row in part["creates"]:
        yield f"cluster, {row['connections']} connections: creates/s", Figure(row["rate"], "higher")
        yield f"cluster, {row['connections']} connections: µs", Figure(sum(row["cpu_us"].values()), "lower")
    yield "cluster, read: × alone", Figure(part["read"]["ratio"], "higher")


def ratio_spread(runs, ours, theirs):
    return spread([run["rate"] / other["rate"] for run, other in zip(runs[ours], runs[theirs], strict=True)])


def spread(values):
    middle = sorted(values)[len(values) // 2]
    return (max(values) - min(values)) / middle if middle else 0


PARTS = {"throughput": throughput, "curve": curve, "latency": latency, "indexing": indexing, "searches": searches,
         "memory": memory, "growth": growth, "micro": micro, "cluster": cluster}
