"""Elasticsearch is killed during bulk requests and restarted on its data. No stored message is missing."""

import pathlib
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

from services import Elasticsearch, MariaDb

MESSAGES = 60_000
KILLED_AT = (8_000, 24_000, 40_000)  # messages stored; the kill follows some milliseconds later, in the next bulk request


def kill_soon(engine, milliseconds):
    threading.Event().wait(milliseconds / 1000)
    engine.kill()
    engine.restart()


def main(program):
    with tempfile.TemporaryDirectory(prefix="confab-killed-") as folder, \
            Elasticsearch(pathlib.Path(folder) / "elasticsearch") as engine, MariaDb(pathlib.Path(folder) / "mariadb") as mariadb:
        environment = {"CONFAB_TEST_ELASTICSEARCH": engine.url, "CONFAB_TEST_MYSQL": mariadb.url}
        killers, refusals = [], 0
        with subprocess.Popen([program, str(MESSAGES)], env=environment, stdout=subprocess.PIPE, text=True) as load:
            for line in load.stdout:
                print(line, end="", flush=True)
                refusals += line == "not now\n"
                reached = int(line.split()[1]) if line.startswith("reached") else 0
                if reached in KILLED_AT:
                    killers.append(threading.Thread(target=kill_soon, args=(engine, 50 + 100 * len(killers))))
                    killers[-1].start()
        for killer in killers:
            killer.join()
    assert load.returncode == 0, "the index differs from the stored messages"
    assert len(killers) == len(KILLED_AT) and refusals >= 1, "no kill hit a bulk request"


if __name__ == "__main__":
    main(sys.argv[1])
