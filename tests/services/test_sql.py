"""MariaDB and MySQL start, keep committed rows, and have the features that the ledger needs."""

import os
import signal
import threading

import pymysql
import pytest
from services import MariaDb, MySql

EMOJI = "Grüße 👋🏽 из Zürich, 你好"


@pytest.fixture(scope="module", params=[MariaDb, MySql], ids=["mariadb", "mysql"])
def server(request, tmp_path_factory):
    with request.param(tmp_path_factory.mktemp(request.param.name) / "server") as server:
        yield server


@pytest.fixture
def table(server):
    server.query("drop table if exists things")
    server.query("create table things (id bigint unsigned primary key, token varchar(32) character set ascii collate ascii_bin, "
                 "content mediumtext not null) engine = InnoDB default character set utf8mb4 collate utf8mb4_bin")
    return server


def test_commits_are_on_disk(server):
    assert server.query("select @@innodb_flush_log_at_trx_commit, @@sync_binlog, @@log_bin") == ((1, 1, 0),)


def test_it_is_a_server_of_the_kind_it_says(server):
    version = server.query("select version()")[0][0]
    assert ("MariaDB" in version) == isinstance(server, MariaDb), version
    assert server.url == f"mysql://confab:secret@127.0.0.1:{server.port}/confab"


def test_rows_survive_sigkill(table):
    with table.connect(autocommit=False) as connection, connection.cursor() as cursor:
        cursor.executemany("insert into things values (%s, %s, %s)", [(n, f"t{n}", EMOJI) for n in range(1, 301)])
        connection.commit()
        cursor.execute("insert into things values (1000, 'never', 'committed')")
        table.kill()
    table.restart()
    assert table.query("select count(*), max(id) from things where content = %s", EMOJI) == ((300, 300),)
    assert table.query("select id from things where id = 1000") == ()


def test_rows_survive_an_orderly_restart(table):
    table.query("insert into things values (1, 'one', 'kept')")
    assert table.stop() == 0
    table.restart()
    assert table.query("select content from things") == (("kept",),)


def test_locked_rows_can_be_skipped(table):
    table.query("insert into things values (1, 'a', 'x'), (2, 'b', 'x'), (3, 'c', 'x')")
    with table.connect(autocommit=False) as holder, holder.cursor() as holding:
        holding.execute("set transaction isolation level read committed")
        holding.execute("select id from things where id = 2 for update")
        with table.connect(autocommit=False) as other, other.cursor() as cursor:
            cursor.execute("set transaction isolation level read committed")
            cursor.execute("select id from things order by id for update skip locked")
            assert cursor.fetchall() == ((1,), (3,))
            with pytest.raises(pymysql.MySQLError):
                cursor.execute("select id from things where id = 2 for update nowait")


def test_any_text_comes_back_as_it_went_in(table):
    table.query("insert into things values (1, 'a', %s)", EMOJI)
    assert table.query("select content, char_length(content) from things") == ((EMOJI, len(EMOJI)),)


def test_texts_are_equal_only_to_themselves_but_for_blanks_at_their_end(table):
    table.query("insert into things values (1, 'Token', 'Straße'), (2, 'token', 'STRASSE'), (3, 'x', 'strasse ')")
    assert table.query("select id from things where token = 'token'") == ((2,),)
    assert table.query("select id from things where content = 'Straße'") == ((1,),)
    assert table.query("select id from things where content = 'strasse'") == ((3,),)
    assert table.query("select length(content) from things where id = 3") == ((8,),)


def test_a_text_longer_than_64_kib_is_kept_whole(table):
    text = "👋" * 64 * 1024
    table.query("insert into things values (1, 'a', %s)", text)
    assert table.query("select length(content) from things") == ((4 * 64 * 1024,),)
    assert table.query("select content from things")[0][0] == text


def test_a_text_too_long_for_its_column_is_refused(table):
    with pytest.raises(pymysql.err.DataError):
        table.query("insert into things values (1, %s, 'x')", "t" * 33)


def test_the_clock_that_leases_are_read_by_has_microseconds(server):
    first, second = server.query("select now(6), now(6) + interval 10 second")[0]
    assert (second - first).total_seconds() == 10


def test_a_paused_server_holds_its_clients_up_and_goes_on(table):
    answers = []
    table.pause()
    asking = threading.Thread(target=lambda: answers.append(table.query("select 7")))
    asking.start()
    asking.join(0.3)
    assert asking.is_alive() and answers == []
    table.resume()
    asking.join(60)
    assert answers == [((7,),)]


def test_a_server_that_was_killed_has_no_child_left(server):
    process = server.process.pid
    server.kill()
    with pytest.raises(ProcessLookupError):
        os.killpg(process, signal.SIGCONT)
    server.restart()
