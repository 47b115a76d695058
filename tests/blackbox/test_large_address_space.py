"""A limit of the address space: the start refuses it in one line, or the server works within it."""

import resource

import pytest
from index_file import INDEX_IMMEDIATELY
from load import run_concurrently
from server import run

MIB = 2**20
THREADS = ("--threads", 2, "--read-threads", 2)


def limited_to(mib):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (mib * MIB, mib * MIB))


def serves(port):
    def work(_, client):
        for _ in range(3):
            chat = client.new_chat()
            contents = [f"message {i} needle {'x' * 400}" for i in range(20)]
            for content in contents:
                chat.create_message(content)
            assert chat.contents() == contents
            assert sorted(chat.find("needle")) == list(range(1, 21))

    run_concurrently(port, 8, work)


@pytest.mark.parametrize("mib", [60, 80, 100, 140, 180, 220, 250, 280, 320, 400, 450, 480, 500, 600, 800, 1000, 1200])
def test_limited_server_refuses_to_start_or_serves(start, tmp_path, mib):
    try:
        server = start(*INDEX_IMMEDIATELY, *THREADS, preexec=limited_to(mib))
    except AssertionError:
        log = (tmp_path / "data.stderr").read_text()
        assert log.startswith("confab: ") and log.count("\n") == 1, log
        assert (tmp_path / "data.stdout").read_text() == ""
        assert mib < 600, "a sufficient limit was refused"
        return
    assert mib > 300, "an insufficient limit was accepted"
    serves(server.port)
    server.stop()


def test_refusal_names_the_limit_and_what_helps(confab, tmp_path):
    result = run(confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", *THREADS, preexec_fn=limited_to(200))
    assert result.returncode == 1 and result.stdout == "", result
    assert result.stderr.startswith("confab: the address space is limited to 200 MiB (ulimit -v): at least "), result
    assert "--threads" in result.stderr and not (tmp_path / "data").exists()


def test_more_threads_need_more(confab, tmp_path):
    result = run(confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--threads", 64,
                 preexec_fn=limited_to(1200))
    assert result.returncode == 1 and "limited to 1200 MiB" in result.stderr and result.stderr.count("\n") == 1, result


def test_unlimited_server_serves(start):
    serves(start(*INDEX_IMMEDIATELY, *THREADS).port)
