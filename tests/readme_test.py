"""Runs each command of the README's tour against a real server and compares its output with the shown one."""

import pathlib
import re
import subprocess
import sys
import tempfile

TOKEN = re.compile(r"\b[1-9A-HJ-NP-Za-km-z]{24}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def tour(readme):
    """Pairs of a command and its output."""
    block = re.search(r"```console\n(.*?)```", readme, re.DOTALL)[1]
    return [step.rstrip("\n").split("\n", 1) for step in block.split("$ ")[1:]]


def start(confab, folder):
    """Listens on the default address with another port. The tour must work with each address that curl takes for localhost."""
    server = subprocess.Popen([confab, "serve", "--listen", "localhost:0", "--data", folder], stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("listening on http://"):
            return server, "localhost:" + line.strip().rsplit(":", 1)[1]
    raise SystemExit("the server did not start")


def mismatches(steps, address):
    token = None
    for step, shown in steps:
        command = TOKEN.sub(token, step) if token else step
        run = command.replace("localhost:3000", address)
        printed = subprocess.run(run, shell=True, stdout=subprocess.PIPE, text=True, check=True).stdout
        token = token or TOKEN.search(printed)[0]
        if TIME.sub("TIME", TOKEN.sub("TOKEN", printed)) != TIME.sub("TIME", TOKEN.sub("TOKEN", shown)):
            yield f"{command}\n  shows   {shown}\n  printed {printed}"


def main(confab, readme):
    steps = tour(pathlib.Path(readme).read_text())
    with tempfile.TemporaryDirectory() as folder:
        server, address = start(confab, folder)
        try:
            found = list(mismatches(steps, address))
        finally:
            server.terminate()
            server.wait()
    print("\n".join(found) or f"{len(steps)} steps as shown")
    return 1 if found or len(steps) != 5 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
