"""The samples of perf as stacks, and the step that each belongs to."""
import collections
import re
import subprocess

from failure import Failure

# A sample belongs to the first step that matches one of its functions, from the innermost outwards.
STEPS = (
    ("sending answers, the kernel's TCP included", r"^(__send|__libc_send|__x64_sys_sendto)"),
    ("receiving requests", r"^(__libc_recv|recv|__x64_sys_recvfrom)"),
    ("syncing the logs", r"^(fdatasync|fsync|__x64_sys_fdatasync)"),
    ("checkpointing the WAL", r"^(sqlite3WalCheckpoint|sqlite3_wal_checkpoint|confab::.*checkpoint|sqlite3Checkpoint)"),
    ("following with the search index", r"index_follower|confab::search::"),
    ("writing the logs: checksums, copies, the files", r"^(sqlite3WalFrames|walWrite|pagerWalFrames|.*pwrite)|journal::|batch_codec"),
    ("SQLite: statements", r"^sqlite3|libsqlite3"),
    ("waiting for events, waking threads", r"epoll_wait|epoll_ctl|futex|pthread_cond|schedule_idle|eventfd"),
    ("reading the header (Beast)", r"request_parser|beast::http|basic_parser"),
    ("reading parameters, JSON", r"confab::api::fields|confab::http::parameters|boost::json"),
    ("writing answers: JSON, headers", r"append_response|json_of|append_message|confab::api::append|confab::api::created|append_json|gzip"),
    ("cached messages", r"message_cache"),
    ("ledger: rows to messages and back", r"confab::ledger"),
    ("deciding", r"confab::core::decide|confab::core::state|batch_writer"),
    ("queue, there and back", r"confab::queue"),
    ("route and handler", r"confab::api::"),
    ("sessions and event loops (Asio)", r"confab::http::|boost::asio"),
)
OTHER = "elsewhere"
BOTTOM = re.compile(r"^(clone3?|start_thread|\[unknown\]|0x[0-9a-f]+)$")


def read(samples, pid):
    """The count of each stack, a tuple of functions, outermost first."""
    script = subprocess.run(["perf", "script", f"--input={samples}", "--fields=comm,tid,ip,sym,dso", "--no-inline"], capture_output=True,
                            text=True, errors="replace")
    if script.returncode != 0:
        raise Failure(f"perf script: {script.stderr.strip()[-200:]}")
    found = collections.Counter()
    for sample in script.stdout.split("\n\n"):
        frames = [named(line) for line in sample.splitlines()[1:] if line.strip()]
        stack = tuple(name for name in reversed(frames) if not BOTTOM.match(name))
        if stack:
            found[stack] += 1
    if not found:
        raise Failure("perf took no sample")
    return found


def named(line):
    """`address function (library)` without the address, template arguments and parameters."""
    match = re.match(r"\s*[0-9a-f]+ (.*) \((\S+)\)$", line)
    function, library = match.groups() if match else (line.strip(), "")
    if function == "[unknown]":
        return re.sub(r"\.so.*", "", library.rsplit("/", 1)[-1]) or function
    return shortened(function)


def shortened(function):
    function = function.replace("(anonymous namespace)::", "").replace("[abi:cxx11]", "").replace("std::__cxx11::", "std::")
    while (shorter := re.sub(r"<[^<>]*>", "", function)) != function:
        function = shorter
    return re.sub(r"\(.*", "", function).removeprefix("void ").strip()[:100]


def step_of(stack):
    for function in reversed(stack):
        for step, pattern in STEPS:
            if re.search(pattern, function):
                return step
    return OTHER


def table(found, spent_us, about, graph):
    steps = collections.Counter()
    for stack, count in found.items():
        steps[step_of(stack)] += count
    total = sum(steps.values())
    rows = [f"| {step} | {count / total:.1%} | {spent_us * count / total:.2f} |" for step, count in steps.most_common()]
    return "\n".join([about, "", f"![flame graph]({graph})", "", "| what was done | share | µs |", "|---|--:|--:|", *rows,
                      f"| all | 100% | {spent_us:.2f} |", ""])
