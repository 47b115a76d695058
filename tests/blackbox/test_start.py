"""The output of a start, and every start that must fail: it prints one clear line and leaves the data unchanged."""

import os
import random
import re
import socket
import sqlite3
import subprocess

import pytest
from client import Chat, Client
from libraries import MovedClock
from load import fill, wait_for
from server import clean_environment, limit_file_size, run, running_serve


def refused_start(confab, data, *options, listen="127.0.0.1:0", preexec=None, environment=None,
                  timeout=120):
    """Asserts that a start fails, not by a signal, with exactly one line. Returns the line."""
    result = run(confab, "serve", "--listen", listen, "--data", data, *options, environment=environment,
                 timeout=timeout, preexec_fn=preexec)
    assert result.returncode > 0, result
    assert result.stderr.startswith("confab: ") and result.stderr.count("\n") == 1, result
    return result.stderr


def state_of(data):
    """The files and their modes. Neither a refused start nor a running server changes them."""
    return {path.name: oct(path.stat().st_mode) for path in (data, *data.iterdir())}


@pytest.fixture
def filled(start):
    """The data folder of a stopped server, and the path of its chat of 2,000 messages."""
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        fill(chat, [f"message {i} {'x' * 500}" for i in range(2000)])
    server.stop()
    return server.data, chat.path


def test_start_prints_where_it_listens_its_data_and_a_line_to_try(start):
    server = start()
    lines = server.stdout_path.read_text().splitlines()
    assert f"listening on http://127.0.0.1:{server.port}" in lines
    assert f"data in {server.data}" in lines
    command = next(line for line in lines if line.startswith("try: curl ")).removeprefix("try: ")
    tried = subprocess.run(command, shell=True, capture_output=True, env=clean_environment(), timeout=60)
    assert tried.returncode == 0 and b"{" in tried.stdout + tried.stderr, tried
    assert (server.data / "confab.db").is_file()


def test_relative_data_folder_is_created_and_printed_in_full(confab, tmp_path):
    with running_serve(confab, "--listen", "127.0.0.1:0", "--data", "new/folder", cwd=tmp_path) as (_, printed):
        assert f"\ndata in {tmp_path}/new/folder\n" in printed


@pytest.mark.parametrize("threads", [1, 4])
def test_any_number_of_threads_serves(start, threads):
    server = start("--threads", threads)
    with Client(server.port) as client:
        chat = client.new_chat()
        contents = fill(chat, [f"message {i}" for i in range(400)], clients=32)
        assert chat.contents() == contents
    server.stop()


def test_taken_port_is_refused(confab, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in refused_start(confab, tmp_path / "data", listen=f"127.0.0.1:{port}")


def test_port_of_another_confab_is_refused(confab, start, tmp_path):
    server = start()
    refused_start(confab, tmp_path / "other", listen=f"127.0.0.1:{server.port}")
    for _ in range(20):
        with Client(server.port) as client:
            client.get("/apps").expect(200)


def test_killed_server_can_start_again_on_its_port_at_once(start):
    server = start()
    with Client(server.port) as client:
        client.get("/apps").expect(200)
        server.kill()
    again = start(listen=f"127.0.0.1:{server.port}")
    assert again.port == server.port
    with Client(again.port) as client:
        client.get("/apps").expect(200)


def test_folder_that_cannot_be_is_refused(confab, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    for data in (tmp_path / "file", tmp_path / "file" / "below", "/proc/confab-data"):
        refused_start(confab, data)


def test_empty_name_of_the_data_folder_is_refused(confab):
    assert refused_start(confab, "") == "confab: the data folder has an empty name\n"


def test_server_started_without_standard_streams_has_none_of_its_files_in_their_place(confab, tmp_path):
    without_streams = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
    command = [*without_streams, confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data"]
    with subprocess.Popen(command, env=clean_environment()) as process:
        try:
            wait_for((tmp_path / "data" / "confab.db-shm").exists, "the ledger is open")
            assert {os.readlink(f"/proc/{process.pid}/fd/{stream}") for stream in range(3)} == {"/dev/null"}
        finally:
            process.terminate()
    assert process.returncode == 0
    assert run(confab, "check", "--data", tmp_path / "data").returncode == 0


def test_full_disk_at_the_first_start_is_refused(confab, tmp_path):
    refused_start(confab, tmp_path / "data", preexec=limit_file_size(0))


@pytest.mark.parametrize("buffering", ["L", "0", "65536"])
def test_start_that_cannot_say_where_it_listens_is_refused_and_harms_no_data(confab, filled, start, buffering):
    data, path = filled
    command = ["stdbuf", f"-o{buffering}", confab, "serve", "--listen", "127.0.0.1:0", "--data", data]
    with open("/dev/full", "wb") as full:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True,
                                env=clean_environment(), timeout=120)
    assert result.returncode > 0, result
    assert result.stderr.startswith("confab: ") and result.stderr.count("\n") == 1, result
    assert run(confab, "check", "--data", data).returncode == 0
    with Client(start().port) as client:
        assert len(Chat(client, path).contents()) == 2000


def test_report_that_cannot_be_written_is_no_success(confab, filled):
    for arguments in (("check", "--data", filled[0]), ("config",), ("--help",)):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([confab, *arguments], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                                    text=True, env=clean_environment(), timeout=120)
        assert result.returncode == 1, (arguments, result)
        assert result.stderr.startswith("confab: ") and result.stderr.count("\n") == 1, result


def test_second_server_on_the_data_is_refused_and_the_first_lives(confab, start):
    server = start()
    with Client(server.port) as client:
        chat = client.new_chat()
        refused_start(confab, server.data)
        assert chat.create_message("still here") == 1
        os.symlink(server.data, server.data.with_name("alias"))
        refused_start(confab, server.data.with_name("alias"))
        assert chat.create_message("and here") == 2
    server.kill()
    with Client(start().port) as client:
        assert chat.with_client(client).contents() == ["still here", "and here"]


def test_second_server_is_refused_after_the_lock_file_is_removed(confab, start):
    server = start()
    (server.data / "confab.lock").unlink()
    before = state_of(server.data)
    refused = f"confab: data folder {server.data}: another confab (process {server.process.pid}) is using it\n"
    assert refused_start(confab, server.data) == refused
    assert state_of(server.data) == before
    (server.data / "confab.lock").write_text("1")
    assert refused_start(confab, server.data) == refused
    with Client(server.port) as client:
        assert client.new_chat().create_message("still here") == 1
    server.stop()
    start()


def test_server_goes_on_with_its_lock_file_where_the_folder_cannot_be_locked(confab, start, fault_library):
    environment = {"LD_PRELOAD": str(fault_library("failing_flock")), "FAULT_FLOCK": "folder"}
    server = start(environment=environment)
    warned = [line for line in server.log().splitlines() if " warning " in line]
    assert len(warned) == 1 and f"data folder {server.data} cannot be locked" in warned[0], server.log()
    (server.data / "confab.lock").chmod(0o640)
    before = state_of(server.data)
    error = refused_start(confab, server.data, environment=environment)
    assert f"another confab (process {server.process.pid}) is using it" in error
    assert state_of(server.data) == before
    with Client(server.port) as client:
        assert client.new_chat().create_message("still here") == 1


@pytest.mark.parametrize("content, named", [("4711", " (process 4711)"), ("", ""), ("no\nnumber", ""), (None, "")])
def test_server_of_another_system_is_named_where_it_is_known(confab, tmp_path, fault_library, content, named):
    data = tmp_path / "data"
    data.mkdir()
    if content is not None:
        (data / "confab.lock").write_text(content)
    before = state_of(data)
    environment = {"LD_PRELOAD": str(fault_library("failing_flock")), "FAULT_FLOCK": "elsewhere"}
    error = refused_start(confab, data, environment=environment)
    assert error == f"confab: data folder {data}: another confab{named} is using it\n"
    assert state_of(data) == before


def test_folder_without_any_lock_is_refused_with_one_line(confab, tmp_path, fault_library):
    environment = {"LD_PRELOAD": str(fault_library("failing_flock")), "FAULT_FLOCK": "all"}
    error = refused_start(confab, tmp_path / "data", environment=environment)
    assert "confab.lock cannot be locked: No locks available" in error


def test_lock_file_that_cannot_be_locked_is_refused(confab, tmp_path, fault_library):
    environment = {"LD_PRELOAD": str(fault_library("failing_flock")), "FAULT_FLOCK": "file"}
    error = refused_start(confab, tmp_path / "data", environment=environment)
    assert "confab.lock cannot be locked: No locks available" in error


@pytest.mark.parametrize("call", range(1, 10))
def test_start_without_threads_is_refused(confab, tmp_path, fault_library, call):
    environment = {"LD_PRELOAD": str(fault_library("failing_threads")), "FAULT_THREADS": str(call)}
    error = refused_start(confab, tmp_path / "data", "--threads", 2, environment=environment, timeout=20)
    assert "Resource temporarily unavailable" in error


def test_newer_schema_is_refused_and_left_alone(confab, filled):
    data, _ = filled
    with sqlite3.connect(data / "confab.db") as database:
        assert database.execute("UPDATE meta SET value = 9999 WHERE key = 'schema_version'").rowcount == 1
    database.close()
    before = (data / "confab.db").read_bytes()
    assert re.search("9999|newer", refused_start(confab, data))
    assert (data / "confab.db").read_bytes() == before


@pytest.mark.parametrize("start_at, size", [(0, 100), (0, 4096), (16, 2), (100, 8)])
def test_overwritten_header_is_refused_and_left_alone(confab, filled, start_at, size):
    data, _ = filled
    with open(data / "confab.db", "r+b") as file:
        file.seek(start_at)
        file.write(random.Random(size).randbytes(size))
    before = (data / "confab.db").read_bytes()
    refused_start(confab, data)
    assert (data / "confab.db").read_bytes() == before


@pytest.mark.parametrize("part", [0.9, 0.5, 0.1])
def test_truncated_file_is_refused_and_left_alone(confab, filled, part):
    data, _ = filled
    whole = (data / "confab.db").stat().st_size
    os.truncate(data / "confab.db", int(whole * part))
    before = (data / "confab.db").read_bytes()
    refused_start(confab, data)
    assert (data / "confab.db").read_bytes() == before


def test_foreign_database_is_refused_and_left_alone(confab, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    with sqlite3.connect(data / "confab.db") as database:
        database.execute("CREATE TABLE apps(some_other_programs TEXT)")
    database.close()
    before = (data / "confab.db").read_bytes()
    refused_start(confab, data)
    assert (data / "confab.db").read_bytes() == before


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_bind_to_all_addresses_requires_auth_open(confab, tmp_path, listen):
    assert "--auth=open" in refused_start(confab, tmp_path / "data", listen=listen)


def test_bind_to_the_world_with_open_auth_serves(confab, tmp_path):
    with running_serve(confab, "--listen", "0.0.0.0:0", "--auth=open", "--data", tmp_path / "data") as (_, printed):
        port = int(re.search(r"^listening on http://\S+:(\d+)$", printed, re.M).group(1))
        with Client(port) as client:
            client.get("/apps").expect(200)


def test_every_start_after_a_start_killed_early_works(confab, tmp_path, rng, start):
    command = [confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data"]
    for _ in range(15):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=clean_environment())
        try:
            process.wait(rng.uniform(0, 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
        process.wait(60)
    server = start()
    with Client(server.port) as client:
        assert Chat(client, client.new_chat().path).create_message("works") == 1
    assert run(confab, "check", "--data", server.data).returncode == 0


def test_log_of_a_clock_before_1970_has_its_times(start, tmp_path):
    clock = MovedClock(tmp_path)
    clock.move(-60 * 365 * 24 * 3600)
    server = start(environment=clock.environment)
    server.stop()
    lines = server.log().splitlines()
    assert lines and all(re.match(r"19\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) ", line) for line in lines), lines
