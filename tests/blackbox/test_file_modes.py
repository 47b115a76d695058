"""Only the server's user can read the server's files, for every umask, mode of the folder and earlier run."""

import os
import stat

import pytest
from client import Client
from index_file import INDEX_IMMEDIATELY, files_in, wait_until_reached
from load import fill
from server import run

FILES = {"confab.db", "confab.db-wal", "confab.db-shm", "confab.lock", "confab-journal.0", "confab-journal.1",
         "confab-search.db", "confab-search.db-wal", "confab-search.db-shm"}


def modes_in(data):
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in data.iterdir()}


def fill_all_files(server, chats=1):
    """Writes until every file of the server exists, the search index included."""
    with Client(server.port) as client:
        fill(client.new_chat(), [f"message {i}" for i in range(50)])
    wait_until_reached(server.data, 50 * chats)


def assert_private(data):
    assert modes_in(data) == dict.fromkeys(FILES, "0o600")


@pytest.mark.parametrize("umask", [0, 0o022])
def test_files_of_a_new_folder_are_private(start, umask):
    server = start(*INDEX_IMMEDIATELY, preexec=lambda: os.umask(umask))
    fill_all_files(server)
    assert_private(server.data)
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    server.stop()
    assert set(modes_in(server.data).values()) == {"0o600"}


@pytest.mark.parametrize("umask", [0, 0o022, 0o277])
def test_files_of_a_folder_that_others_may_list_are_private(start, tmp_path, umask):
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o755)
    server = start(*INDEX_IMMEDIATELY, preexec=lambda: os.umask(umask))
    fill_all_files(server)
    assert_private(server.data)
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o755


@pytest.mark.parametrize("ends", ["kill", "stop"])
def test_files_of_an_earlier_run_become_private(start, confab, ends):
    server = start(*INDEX_IMMEDIATELY)
    fill_all_files(server)
    getattr(server, ends)()
    for path in server.data.iterdir():
        path.chmod(0o644)
    again = start(*INDEX_IMMEDIATELY, preexec=lambda: os.umask(0))
    assert set(modes_in(server.data).values()) == {"0o600"}
    fill_all_files(again, chats=2)
    assert_private(server.data)
    again.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0


def test_search_index_that_is_built_again_is_private(start):
    server = start(*INDEX_IMMEDIATELY)
    fill_all_files(server)
    server.stop()
    for path in files_in(server.data):
        path.unlink()
    again = start(*INDEX_IMMEDIATELY, preexec=lambda: os.umask(0))
    fill_all_files(again, chats=2)
    assert_private(server.data)
