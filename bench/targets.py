"""The table of performance targets, and whether a result reaches them."""
from collections.abc import Callable
from dataclasses import dataclass

from content import ABSENT_QUERIES
from searches import BESIDE

LARGE_GROWTH = 20_000_000


@dataclass(frozen=True)
class Target:
    """`measured`: reads the figure from a result. Any error of the lookup means that it was not measured."""
    row: str
    sense: str
    limit: float
    unit: str
    measured: Callable


def first(rows):
    """The first row. KeyError if there is none."""
    for row in rows:
        return row
    raise KeyError("no such row")


def ratio(workload, connections):
    return lambda result: throughput(result, workload, connections)["ratio"]


def throughput(result, workload, connections):
    return first(row for row in result["throughput"]["rows"]
                if row["work"].startswith(workload) and row["connections"] == connections)


def one_chat(connections):
    def measured(result):
        one, many = (throughput(result, workload, connections)["median"]["confab"]["rate"]
                     for workload in ("create, in one chat", "create, over 50 chats"))
        return one / many
    return measured


def search_p99_ms(messages, lengths):
    def measured(result):
        found = {row["query"]: row["p99_us"] / 1000 for row in result["searches"]["rows"]
                 if row["messages"] == messages and row["beside"] == BESIDE}
        return max(found[query] for query in ABSENT_QUERIES if len(query) in lengths)
    return measured


def growth(workload):
    def measured(result):
        part = result["growth"]
        return first(row["ratio"] for row in part["rows"]
                    if row["work"].startswith(workload) and part["messages"] == LARGE_GROWTH)
    return measured


def start_ms(result):
    return result["growth"]["start"]["median_ms"] if result["growth"]["messages"] == LARGE_GROWTH else None


def listing_mib(result):
    listed = result["memory"]["list"]
    return listed["more_mib"] if listed["messages"] == 1_000_000 else None


def cluster_row(result, connections):
    return first(row for row in result["cluster"]["creates"] if row["connections"] == connections)


def cluster_cost_falls(result):
    costs = [sum(row["cpu_us"].values()) for row in result["cluster"]["creates"]]
    return costs[-1] / costs[0]


ANY_LENGTH = range(1, 300)
TARGETS = (
    *(Target(f"create over 50 chats, {connections} connections", "≥", limit, "× nginx",
             ratio("create, over 50 chats", connections)) for connections, limit in ((64, 0.50), (256, 0.70))),
    *(Target(f"create in one chat, {connections} connections", "≥", 0.90, "× over 50 chats", one_chat(connections))
      for connections in (64, 256)),
    *(Target(f"read one message, {connections} connections", "≥", 0.80, "× nginx", ratio("read one", connections))
      for connections in (64, 256)),
    *(Target(f"list the last 50, {connections} connections", "≥", 0.40, "× nginx", ratio("list the last 50", connections))
      for connections in (64, 256)),
    Target("create at half of the highest rate, p99", "≤", 4, "× p99 of a sync", lambda result: result["latency"]["ratio_p99"]),
    Target("search a chat of 10,000, p99", "≤", 5, "ms", search_p99_ms(10_000, ANY_LENGTH)),
    Target("search a chat of 1,000,000 from 3 characters, p99", "≤", 50, "ms", search_p99_ms(1_000_000, range(3, 300))),
    Target("search a chat of 1,000,000 for 1–2 characters, p99", "≤", 200, "ms", search_p99_ms(1_000_000, (1, 2))),
    Target("indexing costs creation", "≤", 0.15, "of its rate", lambda result: result["indexing"]["cost"]),
    *(Target(f"{workload} in 20,000,000 messages", "≥", 0.75, "× in 100,000", growth(workload))
      for workload in ("create", "read", "list", "search")),
    Target("memory when idle", "≤", 20, "MiB", lambda result: result["memory"]["idle"]["rss_mib"]),
    Target("memory at the highest rate, 1,000 connections", "≤", 150, "MiB", lambda result: result["memory"]["busy"]["peak_mib"]),
    Target("memory while listing 1,000,000 messages", "≤", 64, "MiB more", listing_mib),
    Target("start to first answer, 20,000,000 messages", "≤", 100, "ms", start_ms),
    Target("processor use when idle", "≤", 0.01, "of one", lambda result: result["memory"]["idle"]["cpu_share"]),
    Target("cluster: creates, 256 connections", "≥", 20_000, "/s", lambda result: cluster_row(result, 256)["rate"]),
    Target("cluster: create, 256 connections, p99", "≤", 100, "ms", lambda result: cluster_row(result, 256)["p99_us"] / 1000),
    Target("cluster: read one message", "≥", 0.40, "× alone", lambda result: result["cluster"]["read"]["ratio"]),
    Target("cluster: cost of a create, most by fewest connections", "≤", 1, "×", cluster_cost_falls),
)


def evaluate_targets(result):
    """A row for each target. A target that was not measured is neither reached nor missed."""
    return [evaluate(target, result) for target in TARGETS]


def evaluate(target, result):
    try:
        figure = target.measured(result)
    except (KeyError, TypeError, ValueError):
        figure = None
    reached = None if figure is None else figure >= target.limit if target.sense == "≥" else figure <= target.limit
    return {"row": target.row, "sense": target.sense, "limit": target.limit, "unit": target.unit, "measured": figure,
            "reached": reached}
