"""Runs a command with real servers of its own: with_services.py redis mariadb -- COMMAND. The command finds them by the URLs
in CONFAB_TEST_REDIS, CONFAB_TEST_MYSQL (MariaDB, MySQL or Galera) and CONFAB_TEST_ELASTICSEARCH."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

from services import Elasticsearch, Galera, MariaDb, MySql, Redis

KINDS = {"redis": (Redis, "CONFAB_TEST_REDIS"), "mariadb": (MariaDb, "CONFAB_TEST_MYSQL"), "mysql": (MySql, "CONFAB_TEST_MYSQL"),
         "galera": (Galera, "CONFAB_TEST_MYSQL"),
         "elasticsearch": (Elasticsearch, "CONFAB_TEST_ELASTICSEARCH")}


def main(arguments):
    split = arguments.index("--")
    names, command = arguments[:split], arguments[split + 1:]
    with tempfile.TemporaryDirectory(prefix="confab-services-") as folder, contextlib.ExitStack() as running:
        environment = dict(os.environ)
        for name in names:
            make, variable = KINDS[name]
            server = running.enter_context(make(pathlib.Path(folder) / name))
            environment[variable] = server.url
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
