"""`confab reindex` beside a cluster under load: interrupted, killed, slow or started twice, and its orphaned indexes."""

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest
from load import fill, wait_for
from services.service import clean_environment

CHATS, MESSAGES = 5, 120
INDEX_SOON = ["--index-after-messages=50", "--index-pause-ms=10"]
OTHER_LEDGER = "fedcba9876543210"


@pytest.fixture
def cluster(start_cluster):
    return start_cluster(proxies=True, worker_options=INDEX_SOON)


@pytest.fixture
def proxy(cluster):
    """The proxy through which a reindex reaches Elasticsearch."""
    return cluster.toxiproxy.proxy("reindex", cluster.engines.elasticsearch.port)


@pytest.fixture
def chats(cluster, client):
    """Indexed chats, each with one message that contains a secret."""
    made = [client.new_chat() for _ in range(CHATS)]
    for chat in made:
        chat.secret = chat.create_message("a secret text")
        fill(chat, ["a common text"] * (MESSAGES - 1))
    wait_for(lambda: indexed(cluster) >= CHATS * 100, "all chats are in the index")
    return made


def indexed(cluster):
    return int(cluster.engines.sql.query("select coalesce(sum(messages), 0) from index_progress")[0][0])


class Reindex:
    """A running reindex. It reaches Elasticsearch through the proxy, and MySQL through `mysql_proxy` if given."""

    def __init__(self, cluster, proxy, mysql_proxy=None):
        urls = {**cluster.engines.urls(), "elasticsearch": f"http://127.0.0.1:{proxy.port}"}
        if mysql_proxy:
            urls["mysql"] = cluster.engines.sql.url_at(mysql_proxy.port)
        self.log = (cluster.folder / f"reindex-{time.monotonic_ns()}").open("w+")
        self.process = subprocess.Popen(
            [str(cluster.confab), "reindex", "--index-after-messages=50"], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=subprocess.STDOUT, env=clean_environment({f"CONFAB_{role.upper()}": url for role, url in urls.items()}))

    def output(self):
        self.log.flush()
        return os.pread(self.log.fileno(), 1 << 20, 0).decode()

    def ends(self, status):
        assert self.process.wait(timeout=300) == status, self.output()
        return self.output()


@contextmanager
def reindexing(cluster, *proxies):
    run = Reindex(cluster, *proxies)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        run.log.close()


def state(cluster):
    """The name of the new index and its number of chats. None and 0 if no reindex is under way."""
    rows = cluster.engines.sql.query("select search_index from reindex_state")
    if not rows:
        return None, 0
    ids = cluster.engines.sql.query("select count(*) from index_progress group by search_index")
    return text(rows[0][0]), min(int(row[0]) for row in ids) if len(ids) > 1 else 0


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def wait_until_half_built(cluster):
    wait_for(lambda: 2 <= state(cluster)[1] < CHATS, "the new index is incomplete")
    return state(cluster)[0]


def secrets_in(cluster, index):
    engine = cluster.engines.elasticsearch
    engine.request("POST", f"/{index}/_refresh")
    status, answer = engine.request("POST", f"/{index}/_search", {"query": {"match_phrase": {"text": "secret"}}})
    assert status == 200, answer
    return len(answer["hits"]["hits"])


def is_there(cluster, index):
    return cluster.engines.elasticsearch.request("GET", f"/{index}")[0] == 200


def let_lease_run_out(cluster, *columns):
    cluster.engines.sql.query("update reindex_state set " + ", ".join(f"{column} = utc_timestamp(6)" for column in columns))


def killed_halfway(cluster, proxy):
    """Kills a reindex halfway. Returns the name of its index."""
    proxy.add_latency(700)
    with reindexing(cluster, proxy) as run:
        index = wait_until_half_built(cluster)
        run.process.kill()
        run.process.wait()
    proxy.open()
    return index


def test_killed_one_keeps_nothing_that_is_deleted_later_and_is_resumed(cluster, chats, proxy):
    index = killed_halfway(cluster, proxy)
    assert secrets_in(cluster, index) >= 2
    for chat in chats:
        chat.delete(chat.secret).expect(204)
    wait_for(lambda: secrets_in(cluster, index) == 0, "the deletions are in the incomplete index")
    cluster.engines.sql.query("update reindex_state set lease_until = utc_timestamp(6) + interval 1 hour")
    with reindexing(cluster, proxy) as second:
        assert "another reindex has been running since " in second.ends(1)
    assert f"note: a reindex builds the index {index} since " in cluster.run("check")
    let_lease_run_out(cluster, "lease_until")
    assert f"{index} is incomplete" in cluster.run("check", status=1)
    with reindexing(cluster, proxy) as second:
        output = second.ends(0)
    assert "resuming the reindex of " in output and index in output
    assert f"messages of {CHATS} chats in the search index" in output
    assert "all numbers gapless" in cluster.run("check")
    assert state(cluster) == (None, 0)
    for chat in chats:
        assert chat.find("secret") == []
        assert len(chat.find("common")) == MESSAGES - 1


def test_interrupted_one_says_so_and_is_resumed_at_once(cluster, chats, proxy):
    proxy.add_latency(700)
    with reindexing(cluster, proxy) as run:
        index = wait_until_half_built(cluster)
        run.process.send_signal(signal.SIGTERM)
        assert "interrupted: `confab reindex` resumes it" in run.ends(1)
    proxy.open()
    with reindexing(cluster, proxy) as run:
        output = run.ends(0)
    assert "resuming the reindex of " in output and index in output
    assert "all numbers gapless" in cluster.run("check")


def test_answers_slower_than_two_seconds_and_an_engine_that_is_away_only_delay_it(cluster, chats, proxy):
    proxy.add_latency(2500)
    with reindexing(cluster, proxy) as run:
        wait_for(lambda: state(cluster)[1] >= 1, "a chat is in the new index")
        proxy.disable()
        wait_for(lambda: "trying again in" in run.output() or run.process.poll() is not None, "it has noticed")
        proxy.open()
        output = run.ends(0)
    failures = [line for line in output.splitlines() if "trying again in" in line]
    assert failures and all(line.startswith(f"Elasticsearch at http://127.0.0.1:{proxy.port}: ") for line in failures), output
    assert f"messages of {CHATS} chats in the search index" in output
    assert "all numbers gapless" in cluster.run("check")


def test_mysql_that_is_away_only_delays_it(cluster, chats, proxy):
    mysql_proxy = cluster.toxiproxy.proxy("reindex-mysql", cluster.engines.sql.port)
    proxy.add_latency(700)
    with reindexing(cluster, proxy, mysql_proxy) as run:
        wait_until_half_built(cluster)
        mysql_proxy.disable()
        proxy.open()
        wait_for(lambda: "trying again in" in run.output() or run.process.poll() is not None, "it has noticed")
        mysql_proxy.open()
        output = run.ends(0)
    failures = [line for line in output.splitlines() if "trying again in" in line]
    assert failures and all(line.startswith("MySQL, ") for line in failures), output
    assert "(0)" not in output
    assert re.search(r"^\S+Z error MySQL, ", output, re.M), "the log has it, too, at the default level"
    assert f"messages of {CHATS} chats in the search index" in output
    assert "all numbers gapless" in cluster.run("check")


def test_one_without_its_engine_names_it(cluster, proxy):
    proxy.disable()
    with reindexing(cluster, proxy) as run:
        assert f"confab: Elasticsearch at http://127.0.0.1:{proxy.port}: " in run.ends(1)


def test_orphan_is_removed_after_its_lease_and_nothing_else_is(cluster, chats, proxy):
    orphan = killed_halfway(cluster, proxy)
    engine = cluster.engines.elasticsearch
    (described,) = engine.request("GET", f"/{orphan}")[1].values()
    definition = {"mappings": described["mappings"], "settings": {"analysis": described["settings"]["index"]["analysis"]}}
    prefix = orphan[:-16]
    definition["mappings"]["_meta"]["ledger"] = OTHER_LEDGER
    assert engine.request("PUT", f"/{prefix}0123456789abcde0", definition)[0] == 200
    del definition["mappings"]["_meta"]
    assert engine.request("PUT", f"/{prefix}0123456789abcde1", definition)[0] == 200
    let_lease_run_out(cluster, "lease_until", "kept_until")
    wait_for(lambda: not is_there(cluster, orphan), "the orphan is removed")
    wait_for(lambda: len(cluster.engines.sql.query("select distinct search_index from index_progress")) == 1, "so are its rows")
    for other in ("0", "1"):
        assert is_there(cluster, f"{prefix}0123456789abcde{other}")
    assert chats[0].find("secret") == [chats[0].secret]
    assert "all numbers gapless" in cluster.run("check")


def test_deletion_reaches_an_index_that_was_blocked_for_a_full_disk(cluster, chats):
    engine = cluster.engines.elasticsearch
    (searched,) = [name for name, each in engine.request("GET", "/confab-*")[1].items() if len(each["aliases"]) > 1]
    block(engine, searched, True)
    for chat in chats:
        chat.delete(chat.secret).expect(204)
    wait_for(lambda: any("indexing failed and will be retried: Elasticsearch at http://" in worker.output() for worker in cluster.workers),
             "a worker logs the reason")
    assert secrets_in(cluster, searched) == CHATS
    block(engine, searched, None)
    wait_for(lambda: secrets_in(cluster, searched) == 0, "the deletions are in the index")
    assert "all numbers gapless" in cluster.run("check")


def block(engine, index, value):
    status, answer = engine.request("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": value})
    assert status == 200, answer
