"""Search is exact in every state of the index: behind, missing, damaged, of another ledger, or after a kill."""

import resource
import shutil
import sqlite3
from contextlib import closing

import pytest
from client import Chat, Client, assert_problem
from fold import Scan, fold, is_blank
from index_file import INDEX_IMMEDIATELY, INDEX_ON_START_ONLY, files_in, indexed_by_check, path_in, reached, wait_until_reached
from load import fill, wait_for
from server import run

COUNT = 400
WORDS = ["needle", "hay", "Ärger", "STRASSE", "語学", "100%", "a_b", "x*y", '"q"', "back\\slash", "🎈", "n"]
QUERIES = [*WORDS, "e", "E", "ß", "%", "_", "*", '"', "\\", "語", "学", "ne", "ed", "%%", "__", "zz", "q", "dle hay",
           "needle needle", "found nowhere", " ", "a", "9", "99"]


def texts(rng, count=COUNT):
    return [f"{' '.join(rng.choices(WORDS, k=rng.randint(1, 4)))} {i}" for i in range(count)]


def assert_exact(chat):
    """Every query finds the messages that a scan of the chat finds."""
    messages = chat.messages()
    scan = Scan([message["content"] or "" for message in messages])
    for query in QUERIES:
        if not is_blank(query):
            assert chat.find(query) == scan.find(query), query


@pytest.fixture
def indexed(start, rng):
    """The data folder of a stopped server with one chat that is completely indexed, and the chat's path."""
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        chat = client.new_chat()
        fill(chat, texts(rng))
        wait_until_reached(server.data, COUNT)
        assert_exact(chat)
    server.stop()
    return server.data, chat.path


def test_signs_and_single_characters_are_literal_in_the_index(start, confab, rng):
    server = start(*INDEX_IMMEDIATELY)
    signs = "%_*\"\\'?()[]{}+-~^$.|&/<>=:!#@,;`\t語🎈éﬁ\u0301"
    with Client(server.port) as client:
        chat = client.new_chat()
        contents = fill(chat, [f"a{sign}b" for sign in signs] + ["".join(rng.choices(signs, k=30)) for _ in range(300)])
        wait_until_reached(server.data, len(contents))
        scan = Scan(contents)
        for query in [*signs, *("".join(rng.choices(signs, k=2)) for _ in range(200)), "%%", "*:*", '"a"', "a%b", "a_b"]:
            if not is_blank(query):
                assert chat.find(query) == scan.find(query), ascii(query)
    assert indexed_by_check(confab, server.data) == len(contents)


def test_writes_are_found_immediately_while_the_index_lags(start, indexed, rng):
    data, path = indexed
    server = start(*INDEX_ON_START_ONLY)
    with Client(server.port) as client:
        chat = Chat(client, path)
        for turn in range(60):
            number = rng.randint(1, COUNT)
            if chat.read(number).status == 410:
                continue
            if turn % 3 == 0:
                chat.delete(number).expect(204)
                assert number not in chat.find("e")
            else:
                before = fold(chat.content(number))
                after = f"edited Straße {turn}!"
                chat.edit(number, after).expect(200)
                assert number in chat.find(f"STRASSE {turn}!")
                assert (number in chat.find(before[:200])) == (before[:200] in fold(after))
            last = chat.create_message(f"created {turn}!")
            assert chat.find(f"Created {turn}!") == [last]
            assert chat.search("e").expect(200).json[0]["number"] == last
        assert_exact(chat)
        messages, changes = reached(data)
        assert messages < chat.count() and changes < 55, "the index was not behind, so the test proves nothing"
    server.stop()
    with Client(start(*INDEX_IMMEDIATELY).port) as client:
        assert_exact(Chat(client, path))


def test_pages_of_a_search_are_whole_while_the_index_moves(start, rng):
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client, Client(server.port) as other:
        chat = client.new_chat()
        contents = fill(chat, texts(rng, 300))
        hits = Scan(contents).find("e")
        found, before = [], 2**32 - 1
        while page := other.post(f"{chat.messages_path}/search?limit=7&before={before}",
                                 {"query": "e"}).expect(200).json:
            found += [message["number"] for message in page]
            before = found[-1]
            chat.create_message("one more needle")
        assert found[-len(hits):] == hits and found == sorted(found, reverse=True)


def test_index_that_was_removed_comes_back(start, confab, indexed):
    data, path = indexed
    for file in files_in(data):
        file.unlink()
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        assert_exact(Chat(client, path))
        wait_until_reached(data, COUNT)
        assert_exact(Chat(client, path))
    assert indexed_by_check(confab, data) == COUNT


def test_index_that_is_removed_beneath_a_server_changes_no_answer(start, indexed):
    data, path = indexed
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        chat = Chat(client, path)
        assert_exact(chat)
        for file in files_in(data):
            file.unlink()
        for turn in range(20):
            chat.create_message(f"needle after it was gone {turn}")
        assert_exact(chat)
    server.stop()
    with Client(start(*INDEX_IMMEDIATELY).port) as client:
        assert_exact(Chat(client, path))
        wait_until_reached(data, COUNT + 20)


def no_database(_):
    return b"no database at all " * 5000


def emptied(_):
    return b""


def cut_off(whole):
    return whole[:len(whole) // 2]


def first_page_lost(whole):
    return bytes(100) + whole[100:]


def later_pages_lost(whole):
    """Overwrites all pages but the first four. The pages of the texts are among them."""
    return whole[:4 * 16384] + b"\xa5" * (len(whole) - 4 * 16384)


@pytest.mark.parametrize("damage", [no_database, emptied, cut_off, first_page_lost, later_pages_lost])
def test_damaged_index_is_replaced_and_changes_no_answer(start, confab, indexed, damage):
    data, path = indexed
    file = path_in(data)
    assert files_in(data) == [file], "a stopped server leaves no WAL"
    file.write_bytes(damage(file.read_bytes()))
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        assert_exact(Chat(client, path))
        wait_for(lambda: is_sound(confab, data), "the index is complete again")
        assert_exact(Chat(client, path))
    server.stop()
    assert indexed_by_check(confab, data) == COUNT


def is_sound(confab, data):
    result = run(confab, "check", "--data", data)
    return result.returncode == 0 and f" {COUNT} messages in the search index" in result.stdout


def test_index_of_another_ledger_is_replaced(start, confab, indexed, rng):
    data, path = indexed
    other = start(*INDEX_IMMEDIATELY, data="other")
    with Client(other.port) as client:
        fill(client.new_chat(), texts(rng))
        wait_until_reached(other.data, COUNT)
    other.stop()
    shutil.copy(path_in(other.data), path_in(data))
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        assert_exact(Chat(client, path))
        wait_until_reached(data, COUNT)
        assert_exact(Chat(client, path))
    assert indexed_by_check(confab, data) == COUNT


@pytest.mark.parametrize("notes", ["update meta set value = '1 of Unicode 15.0.0' where key = 'folding'",
                                   "update meta set value = '1' where key = 'format'; delete from meta where key = 'folding'"])
def test_index_folded_by_another_version_is_replaced(start, confab, indexed, notes):
    data, path = indexed
    with closing(sqlite3.connect(path_in(data))) as db:  # a reader that trusts it finds nothing
        db.executescript(f"update signatures set grams = zeroblob(2048); {notes}")
    result = run(confab, "check", "--data", data)
    assert result.returncode == 0 and " 0 messages in the search index" in result.stdout, result
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        assert_exact(Chat(client, path))
        wait_until_reached(data, COUNT)
        assert_exact(Chat(client, path))
    assert indexed_by_check(confab, data) == COUNT


def test_ledger_put_back_to_an_earlier_state_is_searched_as_it_is(start, confab, indexed, tmp_path):
    data, path = indexed
    earlier = shutil.copy(data / "confab.db", tmp_path / "earlier.db")
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        chat = Chat(client, path)
        for _ in range(10):
            chat.create_message("needle that the older ledger does not have")
        chat.edit(1, "needle of an edit that the older ledger does not have").expect(200)
        wait_until_reached(data, COUNT + 10, 1)
    server.stop()
    shutil.copy(earlier, data / "confab.db")
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        chat = Chat(client, path)
        for turn in range(20):
            chat.create_message(f"hay {turn}")
        chat.edit(2, "needle, edited").expect(200)
        assert_exact(chat)
        wait_until_reached(data, COUNT + 20, 1)
        assert_exact(chat)
    assert indexed_by_check(confab, data) == COUNT + 20


def test_killed_while_indexing_goes_on_where_it_was(start, confab, rng):
    server = start(*INDEX_IMMEDIATELY)
    with Client(server.port) as client:
        path = client.new_chat().path
    count = changes = 0
    for _ in range(12):
        with Client(server.port) as client:
            chat = Chat(client, path)
            fill(chat, texts(rng, 150))
            count += 150
            for number in rng.sample(range(1, count + 1), 20):
                if chat.read(number).status == 200:
                    changes += 1
                    if rng.random() < 0.3:
                        chat.delete(number).expect(204)
                    else:
                        chat.edit(number, f"edited needle {changes}").expect(200)
            goal = rng.randint(count - 140, count)
            wait_for(lambda data=server.data, goal=goal: reached(data)[0] >= goal, f"{goal} messages are in the index")
        server.kill()
        indexed_by_check(confab, server.data)
        server = start(*INDEX_IMMEDIATELY)
        with Client(server.port) as client:
            assert_exact(Chat(client, path))
    wait_until_reached(server.data, count, changes)
    assert indexed_by_check(confab, server.data) == count


def test_deleted_text_leaves_the_index_too(start, indexed):
    data, path = indexed
    server = start(*INDEX_IMMEDIATELY)
    secret = "xyzzy-plugh-4711"
    with Client(server.port) as client:
        chat = Chat(client, path)
        number = chat.create_message(f"a secret: {secret}")
        wait_until_reached(data, COUNT + 1)
        assert is_in_files(data, secret)
        chat.delete(number).expect(204)
        wait_until_reached(data, COUNT + 1, 1)
        wait_for(lambda: not is_in_files(data, secret), "the secret is overwritten")


def is_in_files(data, text):
    return any(text.encode() in file.read_bytes() for file in files_in(data))


# confab reindex, and confab check of an index.

def test_reindex_rebuilds_the_index(confab, start, indexed):
    data, path = indexed
    for file in files_in(data):
        file.unlink()
    result = run(confab, "reindex", "--data", data, "--index-after-messages", 1)
    assert (result.returncode, result.stderr) == (0, ""), result
    assert result.stdout == f"{COUNT} messages of 1 chat in the search index; shorter chats are scanned\n"
    assert indexed_by_check(confab, data) == COUNT
    with Client(start(*INDEX_ON_START_ONLY).port) as client:
        assert_exact(Chat(client, path))


def test_reindex_leaves_short_chats_out(confab, indexed):
    data, _ = indexed
    result = run(confab, "reindex", "--data", data, "--index-after-messages", COUNT + 1)
    assert result.stdout.startswith("0 messages of 0 chats "), result
    assert indexed_by_check(confab, data) == 0


def test_reindex_beside_a_server_is_refused(confab, start, indexed):
    data, _ = indexed
    start(*INDEX_IMMEDIATELY)
    result = run(confab, "reindex", "--data", data)
    assert result.returncode == 1 and "another confab" in result.stderr, result


def test_reindex_beyond_a_limit_of_file_sizes_says_so(confab, indexed):
    """SIGXFSZ, whose default action ends the process, must not end it."""
    data, _ = indexed
    for file in files_in(data):
        file.unlink()
    result = run(confab, "reindex", "--data", data, "--index-after-messages", 1,
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    assert result.returncode == 1 and result.stderr.splitlines()[-1].startswith("confab: "), result


DAMAGES = {
    "texts missing": "DELETE FROM blocks",
    "texts of no chat": "UPDATE chats SET id = id + 1000",
    "another text": "UPDATE blocks SET texts = replace(hex(texts), '6E6565646C65', '6E6F6F646C65')",
    "reach too far": "UPDATE chats SET messages = messages + 1",
    "changes too far": "UPDATE chats SET changes = changes + 1",
    "signature wrong": "UPDATE signatures SET grams = zeroblob(2048)",
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_check_finds_what_is_wrong_with_the_index(confab, indexed, kind):
    data, _ = indexed
    with closing(sqlite3.connect(path_in(data))) as db, db:
        if kind == "another text":
            db.create_function("unhexed", 1, bytes.fromhex)
            db.execute("UPDATE blocks SET texts = unhexed(replace(hex(texts), hex('needle'), hex('noodle')))")
        else:
            assert db.execute(DAMAGES[kind]).rowcount > 0
    result = run(confab, "check", "--data", data)
    assert result.returncode == 1 and "the search index" in result.stdout, result
    assert run(confab, "reindex", "--data", data, "--index-after-messages", 1).returncode == 0
    assert indexed_by_check(confab, data) == COUNT


def test_check_of_an_index_that_cannot_be_read_still_checks_the_ledger(confab, indexed):
    data, _ = indexed
    path_in(data).write_bytes(b"no database " * 1000)
    result = run(confab, "check", "--data", data)
    assert result.returncode == 1 and f" {COUNT} messages, " in result.stdout and "confab-search.db" in result.stdout, result


def test_search_that_cannot_end_in_time_is_refused_and_never_cut(start, indexed):
    """Without an index, and with a time limit that every scan exceeds: all hits or none."""
    _, path = indexed
    server = start("--search-time-max-ms", 1, "--index-after-messages", 1_000_000)
    with Client(server.port) as client:
        chat = Chat(client, path)
        fill(chat, ["語" * 20_000] * 300)
        wanted = Scan([message["content"] for message in chat.messages()]).find("found nowhere")
        answer = chat.search("found nowhere")
        assert wanted == []
        assert_problem(answer, 503, "too_slow")
        chat.create_message("found early")
        assert_problem(chat.search("found early"), 503, "too_slow")
