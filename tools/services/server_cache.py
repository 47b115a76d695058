"""The cache of servers that tools/fetch-servers downloaded, and of prepared data folders."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "confab"


def server_folder(name):
    """The folder of a server. It is either complete or missing."""
    folder = CACHE / name
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is missing: run tools/setup cluster")
    return folder


@contextmanager
def locked():
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepared(name, recipe, prepare):
    """The data folder that `prepare` fills, cached by `recipe`: a text with everything that determines its content."""
    target = CACHE / f"{name}-data-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    with locked():
        if not target.is_dir():
            unfinished = target.with_name(target.name + ".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            prepare(unfinished)
            unfinished.rename(target)
    return target


def copy(source, target):
    subprocess.run(["cp", "-a", "--reflink=auto", "--sparse=always", source, target], check=True)
