"""Ledgers with many messages. `fill` makes them without HTTP. Large ones are cached, because making them takes long, and
copied before every use, so that each use begins with the same state."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess

from failure import Failure
from servers import clean_environment

CACHE_FROM_MESSAGES = 2_000_000  # messages
BYTES_PER_MESSAGE_MAX = 250  # in ledger and index, with a margin
DESCRIPTION = "fill.json"


@contextlib.contextmanager
def prepared_ledger(lab, **apps):
    """A folder for a server whose ledger and index have these apps (number of chats, messages per chat), and the apps' tokens."""
    total = sum(chats * messages for chats, messages in apps.values())
    with lab.folder() as folder:
        require_disk_space(folder, total)
        tokens = fill(lab, folder, apps) if total < CACHE_FROM_MESSAGES else copy(cached_ledger(lab, apps, total), folder)
        confab(lab, "reindex", folder)
        # The kernel's pending writes would delay the measured syncs.
        os.sync()
        lab.note(f"a ledger of {total:,} messages is ready")
        yield folder, tokens


def require_disk_space(folder, total):
    free = shutil.disk_usage(folder).free
    if free < (needed := 2 * total * BYTES_PER_MESSAGE_MAX):
        raise Failure(f"{folder} has {free >> 20:,} MiB left, {total:,} messages need {needed >> 20:,} MiB")


def fill(lab, folder, apps):
    command = [lab.tool("fill"), f"--data={folder}", *(f"--app={name}={chats}x{messages}"
                                                       for name, (chats, messages) in apps.items())]
    description = run_command(command)
    (pathlib.Path(folder) / DESCRIPTION).write_text(description)
    return json.loads(description)["apps"]


def cached_ledger(lab, apps, total):
    """The folder of the cached ledger. Makes it if missing, and removes those of other schema versions."""
    name = "-".join(f"{chats}x{messages}" for chats, messages in apps.values())
    folder = lab.cache / f"{name}-schema-{run_command([lab.tool('fill'), '--schema'])}"
    if (folder / DESCRIPTION).exists():
        return folder
    for old in lab.cache.glob(f"{name}-schema-*"):
        shutil.rmtree(old)
    lab.note(f"making a ledger of {total:,} messages in {folder} …")
    folder.mkdir(parents=True)
    require_disk_space(folder, total)
    fill(lab, folder, apps)
    return folder


def copy(source, folder):
    run_command(["cp", "--archive", "--reflink=auto", f"{source}/.", folder])
    return json.loads((folder / DESCRIPTION).read_text())["apps"]


def confab(lab, command, folder):
    return run_command([lab.binary, command, "--data", folder])


def run_command(command):
    done = subprocess.run([str(part) for part in command], env=clean_environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{command[0]} ended with status {done.returncode}: {(done.stdout + done.stderr).strip()[-300:]}")
    return done.stdout.strip()
