#!/usr/bin/python3
"""TLC over WritePath.tla: the protocol keeps its promises, and every rule is needed.

    check.py JAR [--deep] [--only WORDS] [--trace]

Checks the protocol in several small worlds, then leaves out one rule at a time and expects TLC to name the promise that this breaks. Prints
the number of states and the time of each. Exits with 1 if the protocol is found wrong, if a broken variant passes or breaks another
promise, or if an action of the specification was never taken. --deep: the protocol in larger worlds, for minutes. --only: what has WORDS in its
name. --trace: TLC's steps to each violation.
"""

import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
AT_ONCE = 2             # runs of TLC, each with one thread: then the same violation is found every time
JAVA = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # runs of seconds: a thorough compiler would not pay
HEAP_MB = 1024          # of each
ONE_RUN_S = 300
DEEP_RUN_S = 3600
PROMISES = ["NumbersGapless", "JobOnce", "KeyOnce", "AnswerStands", "RefusalStands"]


@dataclass
class World:
    """Who sends what, and how much goes wrong. Jobs are named by letters."""
    name: str
    creations: str = ""
    retries: str = ""
    reusers: str = ""
    edits: str = ""
    conditional: str = ""
    faults: int = 2
    saves: int = 1
    without: str = ""       # the rule left out
    breaks: str = ""        # the promise that this breaks
    fair: bool = False      # checks that the stream is worked off, instead of what holds at every step; and counts actions, which is dear

    def config(self):
        def one_of(names):
            return "{" + ", ".join(names) + "}"
        names = ["w1", "w2", "Nobody", *sorted({*self.creations, *self.edits})]
        promises = PROMISES + ([] if self.without else ["MemoryTrue"])
        return f"""
            SPECIFICATION {"FairSpec" if self.fair else "Spec"}
            CONSTANTS
              {" ".join(f"{name} = {name}" for name in names)}
              Workers = {{w1, w2}}
              Creations = {one_of(self.creations)}
              Retries = {one_of(self.retries)}
              Reusers = {one_of(self.reusers)}
              Edits = {one_of(self.edits)}
              Conditional = {one_of(self.conditional)}
              BatchMax = 2
              FaultsMax = {self.faults}
              SavesMax = {self.saves}
              Without = {{{f'"{self.without}"' if self.without else ""}}}
            INVARIANTS {" ".join(promises)}
            {"PROPERTY WorkedOff" if self.fair else "PROPERTY NothingLost SYMMETRY Alike"}
            """


PROTOCOL = [
    World("three creations", creations="abc"),
    World("two creations, three faults", creations="ab", faults=3),
    World("a retry, and the key with another content", creations="abc", retries="ab", reusers="c", faults=1),
    World("a retry, three faults", creations="ab", retries="ab", faults=3),
    World("two edits, one with a condition", edits="ab", conditional="b"),
    World("a creation and an edit, three faults", creations="a", edits="b", faults=3),
    World("all is worked off", creations="a", edits="b", faults=1, fair=True),
]
DEEP = [
    World("four faults, two older files", creations="ab", faults=4, saves=2),
    World("three creations, three faults", creations="abc", faults=3),
    World("two retries and a creation", creations="abc", retries="ab"),
    World("a creation and two edits", creations="a", edits="bc", conditional="c"),
    World("all is worked off, two faults", creations="a", edits="b", fair=True),
]
BROKEN = [
    World("no lease check", creations="abc", faults=1, without="lease check", breaks="NumbersGapless"),
    World("no job check at or below the position", creations="ab", without="job check", breaks="JobOnce"),
    World("the number taken from the queue", creations="ab", without="numbers of the ledger", breaks="NumbersGapless"),
    World("no memory of past epochs", creations="ab", without="past epochs", breaks="JobOnce"),
    World("a creation refused by the position", creations="abc", faults=1, without="doubt about creations", breaks="RefusalStands"),
    World("entries deleted over a later connection", creations="abc", faults=1, without="one connection", breaks="NothingLost"),
    World("memory kept after an error", creations="abc", faults=1, without="forgetting after errors", breaks="NumbersGapless"),
    World("memory kept at a takeover", creations="abc", without="forgetting at takeover", breaks="NumbersGapless"),
]


@dataclass
class Outcome:
    world: World
    text: str
    seconds: float

    @property
    def states(self):
        counts = re.findall(r"(\d[\d,]*) distinct states found", self.text)
        return int(counts[-1].replace(",", "")) if counts else 0

    @property
    def violated(self):
        if re.search(r"^Error: Temporal properties were violated", self.text, re.MULTILINE):
            return "WorkedOff"
        found = re.search(r"^Error: (?:Invariant|Action property) (\w+) is violated", self.text, re.MULTILINE)
        return found[1] if found else ""

    @property
    def trace(self):
        return self.text[self.text.index("Error: "):]

    @property
    def never_taken(self):
        return re.findall(r"^<(\w+) line .*>: 0:0$", self.text, re.MULTILINE)

    @property
    def holds(self):
        return "Model checking completed. No error has been found." in self.text

    @property
    def as_it_should(self):
        return self.violated == self.world.breaks if self.world.breaks else self.holds and not self.never_taken

    def __str__(self):
        found = "holds" if self.holds else "TLC failed"
        if self.violated:
            found = f"{self.violated} is violated after {len(re.findall('^State ', self.text, re.MULTILINE)) - 1} steps"
        if self.never_taken:
            found += f", but these actions are never taken: {' '.join(self.never_taken)}"
        elif not self.as_it_should:
            found += f", but should {'violate ' + self.world.breaks if self.world.breaks else 'hold'}"
        return f"{self.world.name}: {found} ({self.states:,} states, {self.seconds:.1f} s)"


def check(jar, world, limit_s):
    with tempfile.TemporaryDirectory(prefix="confab-tlc-") as folder:
        config = pathlib.Path(folder) / "world.cfg"
        config.write_text(world.config())
        begun = time.monotonic()
        done = subprocess.run(
            ["java", *JAVA, f"-Xmx{HEAP_MB}m", f"-Djava.io.tmpdir={folder}", "-cp", jar, "tlc2.TLC", "-workers", "1",
             "-deadlock", *(["-coverage", "60"] if world.fair else []), "-metadir", f"{folder}/states", "-config", config, "WritePath.tla"],
            cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s)
        return Outcome(world, done.stdout, time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jar", type=pathlib.Path)
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--only", metavar="WORDS", default="")
    parser.add_argument("--trace", action="store_true")
    asked = parser.parse_args()

    worlds = [w for w in (DEEP if asked.deep else PROTOCOL + BROKEN) if asked.only in w.name]
    wrong = not worlds
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as runs:
        for outcome in runs.map(lambda w: check(asked.jar.resolve(), w, DEEP_RUN_S if asked.deep else ONE_RUN_S), worlds):
            print(outcome, flush=True)
            if not outcome.as_it_should:
                print(outcome.text)
            elif asked.trace and outcome.violated:
                print(outcome.trace)
            wrong |= not outcome.as_it_should
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
