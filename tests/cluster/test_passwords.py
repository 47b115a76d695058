"""Passwords in files are used as they are, also with characters that are reserved in URLs."""

import itertools
import re
import subprocess
from contextlib import ExitStack

import pytest
from client import Client
from services import Node, Worker
from services.service import clean_environment
from services.sql_server import ADMIN, DATABASE

PASSWORD = "p@ss/w#rd:%1"
USER = "strange"


@pytest.fixture
def engines_with_passwords(engines):
    sql, redis = engines.sql, engines.redis
    sql.query(f"create user {USER}@'%' identified by '{PASSWORD}'", user=ADMIN)
    sql.query(f"grant all on {DATABASE}.* to {USER}@'%'", user=ADMIN)
    redis.client().config_set("requirepass", PASSWORD)
    yield engines
    redis.client(password=PASSWORD).config_set("requirepass", "")
    sql.query(f"drop user {USER}@'%'", user=ADMIN)


@pytest.fixture
def urls(engines_with_passwords):
    sql, redis, elastic = (engines_with_passwords.sql, engines_with_passwords.redis, engines_with_passwords.elasticsearch)
    return {"mysql": f"mysql://{USER}@127.0.0.1:{sql.port}/{DATABASE}", "redis": redis.url, "elasticsearch": elastic.url}


@pytest.fixture
def files(tmp_path):
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return {f"{engine}-password-file": tmp_path / "password" for engine in ("mysql", "redis")}


def run(confab, command, urls, options):
    """Passes the options through the environment, as docker-compose.yml does."""
    names = {f"CONFAB_{name.upper().replace('-', '_')}": str(value) for name, value in {**urls, **options}.items()}
    return subprocess.run([confab, command], env=clean_environment(names), text=True, capture_output=True, timeout=60)


def test_a_cluster_logs_in_with_passwords_from_files(confab, tmp_path, urls, files):
    assert run(confab, "migrate", urls, files).returncode == 0
    flags = [f"--{name}={value}" for name, value in files.items()]
    with ExitStack() as running:
        running.enter_context(Worker(confab, tmp_path / "worker", urls, options=flags))
        node = running.enter_context(Node(confab, tmp_path / "node", urls, options=flags))
        with Client(node.port) as client:
            assert client.new_chat().create_message("hello") == 1
        for command in ("status", "jobs", "check", "config"):
            done = run(confab, command, urls, files)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            assert PASSWORD not in done.stdout + done.stderr
    assert PASSWORD not in node.output()


@pytest.mark.parametrize("engine, words", [("mysql", "Access denied for user"), ("redis", "WRONGPASS")])
def test_a_wrong_password_is_refused_with_the_error_of_the_engine(confab, tmp_path, urls, files, engine, words):
    (tmp_path / "other").write_text("p%40ss%2Fw%23rd:%251")  # as a URL would have it
    done = run(confab, "status", urls, {**files, f"{engine}-password-file": tmp_path / "other"})
    assert done.returncode == 1
    assert re.search(f"^problem: {engine}: .*{words}", done.stdout, re.M)


@pytest.mark.parametrize("command, engine", [*itertools.product(["serve", "worker", "status", "jobs"], ["mysql", "redis"]),
                                             ("migrate", "mysql"), ("check", "mysql"), ("reindex", "mysql")])
def test_a_password_file_without_a_password_ends_the_start(confab, urls, files, command, engine):
    option = f"{engine}-password-file"
    done = run(confab, command, urls, {**files, option: "/nowhere/secret"})
    assert (done.returncode, done.stderr) == (2, f"confab: --{option} names a file that cannot be read: No such file or directory\n")
