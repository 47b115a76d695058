"""The charts of a result, with their file names."""
from plot import Axis, chart


def plots(result):
    """File names with their SVG, for the measured parts."""
    return {f"{name}.svg": make(result[part]) for name, (part, make) in CHARTS.items() if drawable(result.get(part))}


def drawable(part):
    return bool(part) and bool(part.get("rows", part.get("turns", part.get("creates"))))


def connections_axis(rows):
    ticks = tuple((row["connections"], f"{row['connections']:,}") for row in rows)
    return Axis("connections", logarithmic=True, ticks=ticks)


def throughput(part):
    return chart("Creates by connections", connections_axis(part["rows"]), Axis("requests /s"), {
        name: [(row["connections"], row["median"][name]["rate"]) for row in part["rows"]] for name in ("nginx", "confab")})


def cost(part):
    return chart("Processor time of the server for one create", connections_axis(part["rows"]), Axis("µs"), {
        name: [(row["connections"], row["median"][name]["cpu_us"]) for row in part["rows"]] for name in ("nginx", "confab")})


def batches(part):
    points = sorted((row["median"]["confab"]["creates_of_a_sync"], row["median"]["confab"]["rate"]) for row in part["rows"])
    return chart("Rate by size of batch", Axis("creates that share a sync", logarithmic=True), Axis("creates /s"),
                 {"confab": points})


def latency(part):
    turns = sorted(part["turns"], key=lambda turn: turn["create"]["latency_us"]["p99"])
    middle = turns[len(turns) // 2]
    syncs = middle["sync"]["latency_us"]
    # Percentiles by the rarity of higher values: 99 and 99.9 are as far apart as 0 and 90.
    rarity = Axis("percentile", logarithmic=True, ticks=((1, "0"), (10, "90"), (100, "99"), (1000, "99.9"), (10000, "99.99")))
    return chart(f"Latency of a create at {part['rate']:,}/s, open loop", rarity, Axis("ms", logarithmic=True), {
        "create": [(100 / (100 - percentile), us / 1000) for percentile, us in middle["create"]["curve"]],
        "fdatasync": [(2, syncs["p50"] / 1000), (100, syncs["p99"] / 1000), (1000, syncs["p99_9"] / 1000)]})


def growth(part):
    sizes = (part["small"], part["messages"])
    axis = Axis("messages in the ledger", logarithmic=True, ticks=tuple((size, f"{size:,}") for size in sizes))
    return chart("Rate by size of the ledger", axis, Axis(f"× of the rate in {sizes[0]:,}"), {
        row["work"]: list(zip(sizes, (1, row["ratio"]), strict=True)) for row in part["rows"]})


def cluster(part):
    rows = part["creates"]
    return chart("Cluster: processor time for one create", connections_axis(rows), Axis("µs", logarithmic=True), {
        name: [(row["connections"], max(row["cpu_us"][name], 0.1)) for row in rows] for name in rows[0]["cpu_us"]})


CHARTS = {
    "throughput": ("curve", throughput),
    "cost": ("curve", cost),
    "batches": ("curve", batches),
    "latency": ("latency", latency),
    "growth": ("growth", growth),
    "cluster": ("cluster", cluster),
}
