#!/usr/bin/python3
"""TLC over WritePath.tla: the protocol keeps its promises, and every rule is needed.

    check.py JAR [--deep] [--only WORDS] [--trace]

Checks the protocol in several small models. Then leaves out one rule at a time and expects TLC to report the promise that this
breaks. Prints the number of states and the time of each run. Exits with 1 if the protocol violates a promise, if a broken variant
passes or breaks another promise, or if an action of the specification was never taken. --deep: checks larger models, for minutes.
--only: runs the models with WORDS in their name. --trace: prints TLC's steps to each violation.
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
PARALLEL_RUNS = 2             # runs of TLC, each with one thread, so that the same violation is found every time
JAVA = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]  # the runs take seconds, so optimised compilation would not pay off
HEAP_MB = 1024          # of each
ONE_RUN_S = 300
DEEP_RUN_S = 3600
INVARIANTS = ["NumbersGapless", "JobOnce", "KeyOnce", "AnswerStands", "RefusalStands"]


@dataclass
class ModelConfig:
    """The jobs and the number of faults. Each job is a letter."""
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
    fair: bool = False      # checks that the stream is drained, instead of the action properties; also counts actions, which is slow

    def config(self):
        def set_of(names):
            return "{" + ", ".join(names) + "}"
        names = ["w1", "w2", "Nobody", *sorted({*self.creations, *self.edits})]
        promises = INVARIANTS + ([] if self.without else ["CacheMatchesLedger"])
        return f"""
            SPECIFICATION {"FairSpec" if self.fair else "Spec"}
            CONSTANTS
              {" ".join(f"{name} = {name}" for name in names)}
              Workers = {{w1, w2}}
              Creations = {set_of(self.creations)}
              Retries = {set_of(self.retries)}
              Reusers = {set_of(self.reusers)}
              Edits = {set_of(self.edits)}
              Conditional = {set_of(self.conditional)}
              BatchMax = 2
              FaultsMax = {self.faults}
              SavesMax = {self.saves}
              Without = {{{f'"{self.without}"' if self.without else ""}}}
            INVARIANTS {" ".join(promises)}
            {"PROPERTY StreamDrained" if self.fair else "PROPERTY NothingLost SYMMETRY Symmetric"}
            """


PROTOCOL = [
    ModelConfig("three creations", creations="abc"),
    ModelConfig("two creations, three faults", creations="ab", faults=3),
    ModelConfig("a retry, and the key with another content", creations="abc", retries="ab", reusers="c", faults=1),
    ModelConfig("a retry, three faults", creations="ab", retries="ab", faults=3),
    ModelConfig("two edits, one with a condition", edits="ab", conditional="b"),
    ModelConfig("a creation and an edit, three faults", creations="a", edits="b", faults=3),
    ModelConfig("the stream is drained", creations="a", edits="b", faults=1, fair=True),
]
DEEP = [
    ModelConfig("four faults, two older files", creations="ab", faults=4, saves=2),
    ModelConfig("three creations, three faults", creations="abc", faults=3),
    ModelConfig("two retries and a creation", creations="abc", retries="ab"),
    ModelConfig("a creation and two edits", creations="a", edits="bc", conditional="c"),
    ModelConfig("the stream is drained, two faults", creations="a", edits="b", fair=True),
]
BROKEN = [
    ModelConfig("no lease check", creations="abc", faults=1, without="lease check", breaks="NumbersGapless"),
    ModelConfig("no job check at or below the position", creations="ab", without="job check", breaks="JobOnce"),
    ModelConfig("the number taken from the queue", creations="ab", without="numbers of the ledger", breaks="NumbersGapless"),
    ModelConfig("positions of past epochs dropped", creations="ab", without="past epochs", breaks="JobOnce"),
    ModelConfig("a creation refused because of the position", creations="abc", faults=1, without="doubt about creations", breaks="RefusalStands"),
    ModelConfig("entries deleted over a later connection", creations="abc", faults=1, without="one connection", breaks="NothingLost"),
    ModelConfig("cached state kept after an error", creations="abc", faults=1, without="forgetting after errors", breaks="NumbersGapless"),
    ModelConfig("cached state kept at a takeover", creations="abc", without="forgetting at takeover", breaks="NumbersGapless"),
]


@dataclass
class Outcome:
    model_config: ModelConfig
    text: str
    seconds: float

    @property
    def states(self):
        counts = re.findall(r"(\d[\d,]*) distinct states found", self.text)
        return int(counts[-1].replace(",", "")) if counts else 0

    @property
    def violated(self):
        if re.search(r"^Error: Temporal properties were violated", self.text, re.MULTILINE):
            return "StreamDrained"
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
    def is_as_expected(self):
        return self.violated == self.model_config.breaks if self.model_config.breaks else self.holds and not self.never_taken

    def __str__(self):
        found = "holds" if self.holds else "TLC failed"
        if self.violated:
            found = f"{self.violated} is violated after {len(re.findall('^State ', self.text, re.MULTILINE)) - 1} steps"
        if self.never_taken:
            found += f", but these actions are never taken: {' '.join(self.never_taken)}"
        elif not self.is_as_expected:
            found += f", but should {'violate ' + self.model_config.breaks if self.model_config.breaks else 'hold'}"
        return f"{self.model_config.name}: {found} ({self.states:,} states, {self.seconds:.1f} s)"


def check(jar, model_config, limit_s):
    with tempfile.TemporaryDirectory(prefix="confab-tlc-") as folder:
        config = pathlib.Path(folder) / "world.cfg"
        config.write_text(model_config.config())
        begun = time.monotonic()
        done = subprocess.run(
            ["java", *JAVA, f"-Xmx{HEAP_MB}m", f"-Djava.io.tmpdir={folder}", "-cp", jar, "tlc2.TLC", "-workers", "1",
             "-deadlock", *(["-coverage", "60"] if model_config.fair else []), "-metadir", f"{folder}/states", "-config", config, "WritePath.tla"],
            cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit_s)
        return Outcome(model_config, done.stdout, time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jar", type=pathlib.Path)
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--only", metavar="WORDS", default="")
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()

    configs = [w for w in (DEEP if options.deep else PROTOCOL + BROKEN) if options.only in w.name]
    wrong = not configs
    with concurrent.futures.ThreadPoolExecutor(PARALLEL_RUNS) as runs:
        for outcome in runs.map(lambda w: check(options.jar.resolve(), w, DEEP_RUN_S if options.deep else ONE_RUN_S), configs):
            print(outcome, flush=True)
            if not outcome.is_as_expected:
                print(outcome.text)
            elif options.trace and outcome.violated:
                print(outcome.trace)
            wrong |= not outcome.is_as_expected
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
