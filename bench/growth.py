"""The same work in a small and in a large ledger, in turns, and the time of a start on the large one."""
import contextlib
import statistics
import time

import workload
from client import Connection, request_bytes
from content import ABSENT_QUERIES, messages
from data_loader import DataLoader
from failure import Failure
from ledgers import prepared_ledger
from memory import listing
from searches import latencies
from servers import Server, free_ports
from turns import Side
from turns import measure as measure_in_turns

MESSAGES_PER_CHAT = 10_000
SMALL_CHATS = 10
CHATS_CREATED_IN = 10  # spread over all chats; the same number in both ledgers, so that the work is the same
CONNECTIONS = 64
STARTS = 5
START_TIMEOUT_S = 20
SEARCHED_FOR = ABSENT_QUERIES[2]


def measure(lab):
    total = lab.settings.growth_messages
    if not total:
        return None
    long = total // 20
    chats = (total - long) // MESSAGES_PER_CHAT
    with contextlib.ExitStack() as cleanup:
        small, small_apps = cleanup.enter_context(prepared_ledger(lab, many=(SMALL_CHATS, MESSAGES_PER_CHAT)))
        large, large_apps = cleanup.enter_context(prepared_ledger(lab, long=(1, long), many=(chats, MESSAGES_PER_CHAT)))
        found = {"messages": total, "small": SMALL_CHATS * MESSAGES_PER_CHAT}
        path = messages(large_apps["many"], chats) + "/1"
        found["start"] = lab.row(f"start with {total:,} messages", start, lab, large, path)
        confab = {"small": cleanup.enter_context(lab.server(data=small)),
                  "large": cleanup.enter_context(lab.server(data=large))}
        list_path = messages(large_apps["long"], 1)
        found["list"] = lab.row("memory while listing the large", listing, lab, confab["large"], list_path, long)
        ledgers = {"small": (confab["small"], small_apps["many"], SMALL_CHATS),
                  "large": (confab["large"], large_apps["many"], chats)}
        found["rows"] = lab.rows([("growth: search", lambda: search_row(lab, ledgers)),
                                  *((f"growth: {name}", lambda make=make: row(lab, ledgers, make)) for name, make in WORKLOADS)])
        return found


# Creation is last, because it lengthens chats and adds messages that are not indexed.
WORKLOADS = (
    ("read", lambda app, chats: workload.read(app, chats, MESSAGES_PER_CHAT)),
    ("list", workload.list_last),
    ("create", lambda app, chats: workload.create(app, CHATS_CREATED_IN, "create", stride=chats // CHATS_CREATED_IN)),
)


def row(lab, ledgers, make):
    sides = []
    for name, (confab, app, chats) in ledgers.items():
        each = make(app, chats)
        sides.append(Side(name, confab, confab.port, each, each.sample(confab.port), DataLoader(confab.port, lab.note)))
    found = measure_in_turns(sides, CONNECTIONS, lab.settings.runs, lab.settings.seconds, lab.note)
    # The name is the same on both sides. It may contain the number of messages, which differs.
    return {"work": sides[0].workload.name.split(" one of ")[0], **found,
            "ratio": found["median"]["large"]["rate"] / found["median"]["small"]["rate"]}


def search_row(lab, ledgers):
    """Searches a chat of the same length in both ledgers."""
    found = {name: [] for name in ledgers}
    for _ in range(lab.settings.runs):
        for name, (confab, app, chats) in ledgers.items():
            request = request_bytes("POST", f"{messages(app, chats - 1)}/search", {"query": SEARCHED_FOR})
            found[name].append(latencies(confab.port, request, lab.settings.searches, b"[]"))
    medians = {name: {figure: statistics.median(run[figure] for run in runs) for figure in ("p50_us", "p99_us")}
               for name, runs in found.items()}
    for figures in medians.values():
        figures["rate"] = 1e6 / figures["p50_us"]
    return {"work": f"search {MESSAGES_PER_CHAT:,} messages", "runs": found, "median": medians,
            "ratio": medians["large"]["rate"] / medians["small"]["rate"]}


def start(lab, folder, path):
    """The time from the program's start to its first answer, repeated."""
    times_ms = []
    for _ in range(STARTS):
        [port] = free_ports(1)
        started = time.perf_counter()
        command = [lab.binary, "serve", f"--listen=127.0.0.1:{port}", "--data", folder]
        with Server("confab", command, lab.new_path("start", ".log")):
            reply = first_reply(port, request_bytes("GET", path))
            times_ms.append((time.perf_counter() - started) * 1000)
        if reply.status != 200:
            raise Failure(f"the first answer was {reply.status}: {reply.body[:100]!r}")
    lab.note(f"starts to the first answer: {', '.join(f'{ms:.0f}' for ms in times_ms)} ms")
    return {"times_ms": times_ms, "median_ms": statistics.median(times_ms)}


def first_reply(port, request):
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            with Connection(port) as connection:
                return connection.ask(request)
        except ConnectionRefusedError:
            time.sleep(0.0005)
    raise Failure(f"confab did not answer within {START_TIMEOUT_S} s of its start")
