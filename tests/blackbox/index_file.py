"""The search index as a file beside the ledger, and the options that make it follow immediately or not at all."""

import re
import sqlite3
from contextlib import closing

from load import wait_for
from server import run

INDEX_IMMEDIATELY = ("--index-after-messages", 1, "--index-pause-ms", 1)
INDEX_ON_START_ONLY = ("--index-after-messages", 1, "--index-pause-ms", 3_600_000)  # reads the ledger only at its start


def path_in(data):
    return data / "confab-search.db"


def files_in(data):
    return sorted(data.glob("confab-search.db*"))


def reached(data):
    """The number of indexed messages and changes of all chats; 0, 0 if the index cannot be read."""
    try:
        with closing(sqlite3.connect(f"file:{path_in(data)}?mode=ro", uri=True)) as db:
            return db.execute("SELECT coalesce(sum(messages), 0), coalesce(sum(changes), 0) FROM chats").fetchone()
    except sqlite3.DatabaseError:
        return 0, 0


def wait_until_reached(data, messages, changes=0):
    wait_for(lambda: reached(data) == (messages, changes), f"{messages} messages, {changes} changes are in the index")


def indexed_by_check(confab, data):
    """How many messages of the index `confab check` verified."""
    result = run(confab, "check", "--data", data)
    assert result.returncode == 0, result
    return int(re.search(r"(\d+) messages? in the search index", result.stdout)[1])
