"""What the search index costs creation: a server as it comes beside one whose index has nothing to do."""
import contextlib

import work
from stage import Stage
from turns import Side, measure as measure_in_turns

CHATS = 50
CONNECTIONS = 256
# So many messages of a chat are never created here: nothing is ever taken in.
OFF = ("--index-after-messages=1000000", "--index-pause-ms=3600000")


def measure(lab):
    with contextlib.ExitStack() as cleanup:
        sides = [side(lab, cleanup, "indexed"), side(lab, cleanup, "unindexed", *OFF)]
        found = measure_in_turns(sides, CONNECTIONS, lab.settings.runs, lab.settings.seconds, lab.note)
    rates = {name: figures["rate"] for name, figures in found["median"].items()}
    return {"connections": CONNECTIONS, **found, "cost": 1 - rates["indexed"] / rates["unindexed"]}


def side(lab, cleanup, name, *options):
    confab = cleanup.enter_context(lab.server(*options))
    stage = Stage(confab.port, lab.note)
    each = work.create(stage.app(name, CHATS), CHATS)
    return Side(name, confab, confab.port, each, each.sample(confab.port), stage)
