"""Runs wrk and checks its counts."""
import json
import pathlib
import subprocess
from dataclasses import dataclass

from failure import Failure
from servers import end_with_parent, tool

THREADS = 2
TIMEOUT_S = 10
# Equal replies differ only by the digits of their numbers. An empty reply or an error is far outside.
REPLY_SIZE_TOLERANCE = 0.05


@dataclass(frozen=True)
class Tally:
    """One run: `requests` were completely answered, none of them with an error."""
    requests: int
    rate: float
    p50_us: int
    p99_us: int
    reply_bytes: float


def run(port, script, args, connections, seconds, reply):
    """Sends requests for `seconds` on keep-alive connections. Fails on any error, and if the replies differ in size from
    `reply`."""
    command = [tool("wrk"), f"-t{min(THREADS, connections)}", f"-c{connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_S}s",
               "-s", script, f"http://127.0.0.1:{port}", "--", *map(str, args)]
    # wrk looks for the shared tally.lua in its working directory.
    done = subprocess.run(command, cwd=pathlib.Path(__file__).parent, capture_output=True, text=True,
                          preexec_fn=end_with_parent)
    lines = [line for line in done.stdout.splitlines() if line.startswith("TALLY ")]
    if done.returncode != 0 or len(lines) != 1:
        raise Failure(f"wrk ended with status {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}")
    counted = json.loads(lines[0].removeprefix("TALLY "))
    refuse_errors(counted)
    tally = Tally(counted["requests"], counted["requests"] * 1e6 / counted["duration_us"], counted["p50_us"],
                  counted["p99_us"], counted["bytes"] / counted["requests"])
    if abs(tally.reply_bytes / reply.wire_bytes - 1) > REPLY_SIZE_TOLERANCE:
        raise Failure(f"replies of {tally.reply_bytes:.0f} bytes on average where {reply.wire_bytes} were expected")
    return tally


def refuse_errors(counted):
    errors = {kind: count for kind, count in counted["errors"].items() if count}
    if errors:
        found = ", ".join(f"{count} {kind}" for kind, count in errors.items())
        raise Failure(f"wrk saw errors: {found} (of {counted['requests']} requests)")
    if not counted["requests"]:
        raise Failure("wrk got no reply at all")
