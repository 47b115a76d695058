"""The memory and CPU time of a server when it is idle, at the highest rate, and while it sends a long list."""
import re
import time

import workload
import wrk
from client import Connection, request_bytes
from content import messages
from data_loader import DataLoader
from failure import Failure
from ledgers import prepared_ledger
from process import cpu_s, memory_mib, reset_peak
from turns import wait_until_idle

CHATS = 50
CONNECTIONS = 1000
IDLE_S = 5
ROW_MARKER = b'"number":'


def measure(lab):
    rows = {}
    with lab.server() as confab:
        rows["idle"] = lab.row("memory and processor when idle", idle, lab, confab)
        rows["busy"] = lab.row("memory at the highest rate", busy, lab, confab)
    rows["list"] = lab.row("memory while listing", listing_of_a_long_chat, lab)
    return rows


def listing_of_a_long_chat(lab):
    count = lab.settings.memory_list
    with prepared_ledger(lab, long=(1, count)) as (folder, apps), lab.server(data=folder) as confab:
        return listing(lab, confab, messages(apps["long"], 1), count)


def idle(lab, confab):
    time.sleep(1)
    before = cpu_s(confab.process.pid)
    time.sleep(IDLE_S)
    spent = cpu_s(confab.process.pid) - before
    found = {"rss_mib": memory_mib(confab.process.pid), "cpu_share": spent / IDLE_S}
    lab.note(f"idle: {found['rss_mib']:.1f} MiB, {100 * found['cpu_share']:.2f} % of a processor")
    return found


def busy(lab, confab):
    data_loader = DataLoader(confab.port, lab.note)
    each = workload.create(data_loader.app("many connections", CHATS), CHATS)
    reset_peak(confab.process.pid)
    tally = wrk.run(confab.port, each.script, each.args, CONNECTIONS, 2 * lab.settings.seconds, each.sample(confab.port))
    found = {"connections": CONNECTIONS, "rate": tally.rate, "peak_mib": memory_mib(confab.process.pid, "VmHWM")}
    lab.note(f"{CONNECTIONS} connections, {tally.rate:,.0f} creates/s: {found['peak_mib']:.1f} MiB at most")
    return found


def listing(lab, confab, path, count):
    """One client reads a complete list. Measures the additional memory."""
    wait_until_idle([confab])
    before = memory_mib(confab.process.pid)
    reset_peak(confab.process.pid)
    started = time.monotonic()
    if (listed := messages_listed(confab.port, path)) != count:
        raise Failure(f"a list of {count:,} messages had {listed:,}")
    seconds = time.monotonic() - started
    found = {"messages": count, "seconds": seconds, "before_mib": before,
             "more_mib": memory_mib(confab.process.pid, "VmHWM") - before}
    lab.note(f"{count:,} messages listed in {seconds:.1f} s: {found['more_mib']:.1f} MiB more")
    return found


def messages_listed(port, path):
    """Counts the messages of a list without keeping it. Errors: Failure, if the reply is incomplete."""
    count, carry_over = 0, b""
    with Connection(port) as connection:
        connection.socket.sendall(request_bytes("GET", path))
        while not re.search(rb"\r\n0\r\n\r\n$", carry_over):
            text = carry_over + connection.receive()
            count += text.count(ROW_MARKER)
            # The carried part is one byte too short to be counted twice.
            carry_over = text[-(len(ROW_MARKER) - 1):]
    return count
