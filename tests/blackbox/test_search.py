"""Search finds the messages of one chat whose folded text contains the folded query: all of them, newest first."""

import random
import sys
import unicodedata

import pytest
from client import Client, assert_problem
from fold import IGNORABLE, Scan, fold, is_blank
from load import distribute, fill, run_concurrently
from objects import MESSAGE, assert_object


def test_hits_are_whole_messages_newest_first(chat):
    for content in ("a needle", "hay", "Needles", "NEEDLE", "nee dle"):
        chat.create_message(content, sender="me", metadata={"k": 1})
    found = chat.search("needle").expect(200).json
    assert found == [chat.read(number).json for number in (4, 3, 1)]
    assert_object(found[0], MESSAGE)


def test_same_word_in_another_chat_and_another_tenant_is_never_returned(client):
    apps = [client.new_app() for _ in range(3)]
    chats = [client.new_chat(app) for app in apps for _ in range(3)]
    for turn in range(4):
        for position, chat in enumerate(chats):
            chat.create_message(f"shared word in chat {position} turn {turn}")
    for position, chat in enumerate(chats):
        found = chat.search("shared word").expect(200).json
        assert [message["content"] for message in found] == [f"shared word in chat {position} turn {turn}"
                                                             for turn in (3, 2, 1, 0)]
        assert chat.find(f"chat {(position + 1) % len(chats)} ") == []


OPERATORS = [
    *"%_*?\"\\'`^~!@#$&()[]{}<>|/+-=:;,.",
    "%%", "\\%", "\\_", "\\\\", "**", "a*", "\"a\"", "a AND b", "a OR b", "NOT a", "NEAR(a b)", "a NEAR/2 b", "{x}:a",
    "content:a", "^a", "-a", "+a", "a~1", "[a-z]", ".*", "a.c", "(a|b)", "$^", "'; --", "' OR '1'='1", "\\x41",
    "\\u0041", "%61", "&amp;", "a  b", "\ta", "a\n", " a", "a ", "<b>", "{\"query\":1}", "?1", ":a", "/*a*/", "a||b"]


def test_operators_are_literal(chat):
    contents = fill(chat, [text for operator in OPERATORS for text in (f"x{operator}y", f"x{operator}")] +
                    ["plain", "abc", "a b", "A", "ab", "x y", "xay"])
    scan = Scan(contents)
    for operator in OPERATORS:
        found = chat.find(operator)
        assert found == scan.find(operator), operator
        assert found, operator


FOUND = [
    ("ss", "Straße"), ("STRASSE", "Straße"), ("ß", "STRASSE"), ("ẞ", "gross"), ("ß", "GROẞ"),
    ("i", "İstanbul"), ("İ", "i\u0307"), ("i\u0307stanbul", "İSTANBUL"), ("ı", "ISTANBUL ı"),
    ("fi", "ﬁnal"), ("ﬁn", "FINAL"), ("ffl", "Waﬄe"), ("ﬄ", "waffles"), ("st", "ﬅ ﬆ"),
    ("abc", "ＡＢＣ"), ("ａｂｃ", "ABC"), ("ガ", "ｶﾞ"), ("123", "①②③"), ("1⁄2", "½"), ("kg", "㎏"), ("株式会社", "㍿"),
    ("é", "Cafe\u0301"), ("e\u0301", "CAFÉ"), ("Å", "\u212b"), ("q\u0307\u0323", "Q\u0323\u0307"),
    ("한", "\u1112\u1161\u11ab국"), ("\u1112\u1161\u11ab", "한국"), ("국", "한국어"),
    ("ΟΔΟΣ", "οδος"), ("οδοσ", "ΟΔΟΣ"), ("ς", "Σ σ"), ("ᾳ", "ΑΙ"), ("ΐ", "\u03b9\u0308\u0301"), ("µ", "μ"),
    ("世", "世界"), ("界", "世界"), ("豈", "\uf900"), ("ф", "ФИЛЬМ"), ("Ё", "ё"), ("ա", "ԱԲ"), ("եւ", "և"), ("ა", "Ა"),
    ("👩", "👩‍👩‍👧"), ("👍🏽", "x👍🏽y"), ("🇪", "🇪🇬"), ("🎈", "a🎈b"), ("\U00010428", "\U00010400"),
    ("ꭰ", "Ꭰ"), ("K", "\u212a"), ("ſ", "S"), ("…", "wait..."), ("...", "wait…"), ("\u00a0b", "a b"),
    ("ǆ", "Ǆ"), ("LJ", "ǈ"),
    ("❤\ufe0f", "❤"), ("❤", "❤\ufe0f"), ("☎\ufe0f", "☎\ufe0e"), ("1\ufe0f\u20e3", "1\u20e3"), ("👩👧", "👩‍👧"), ("👩‍👧", "👩👧"),
    ("葛\U000e0100", "葛"), ("\u202d+49 30 1234\u202c", "+49 30 1234"), ("+49 30 1234", "\u2066+49 30\u200e 1234\u2069"),
    ("ab", "a\u200bb"), ("a\u200bb", "ab"), ("ab", "a\u200db"), ("softhyphen", "soft\u00adhyphen"), ("word", "\ufeffwo\ufeffrd"),
    ("é", "e\u034f\u0301"), ("e\u00ad\u0301", "é"), ("q\u0307\u0323", "q\u0323\u200d\u0307"), ("ab", "a\u3164b"),
    ("αι", "α\u0345"), ("ά\u0345", "α\u0345\u0301"),
]
NOT_FOUND = [
    ("e", "é"), ("e", "e\u0301"), ("cafe", "café"), ("istanbul", "İstanbul"), ("i", "ı"), ("I", "ı"), ("ı", "I"),
    ("하", "한"), ("\u1161", "한"), ("カ", "ガ"), ("ab", "a\u2800b"), ("e", "e\u200d\u0301"),
    ("s", "ʂ"), ("o", "ø"), ("и", "й"), ("ae", "æ"), ("d", "đ"), ("α", "a"), ("о", "o"), ("ﷲ", "x"), ("a b", "a  b"),
    ("🇬🇪", "🇪🇬"),
]


@pytest.mark.parametrize("query, content", FOUND, ids=ascii)
def test_folded_text_is_found(chat, query, content):
    assert fold(query) in fold(content)
    chat.create_message("0\u4e00" + content + "\u4e000")
    assert chat.find(query) == [1]


@pytest.mark.parametrize("query, content", NOT_FOUND, ids=ascii)
def test_text_that_only_looks_alike_is_not_found(chat, query, content):
    assert fold(query) not in fold(content)
    chat.create_message(content)
    assert chat.find(query) == []


def test_query_of_invisible_characters_is_blank(chat, rng):
    chat.create_message("something")
    ignorable = [chr(point) for point in IGNORABLE]
    for query in ("\ufe0f", "\u200b", "\u00ad\u2060", " \u200b ", "\ufeff", "".join(rng.sample(ignorable, 50))):
        for answer in (chat.search(query), chat.client.post(f"{chat.messages_path}/search", {"query": query, "limit": 3})):
            assert_problem(answer, 422, "invalid_parameters", "query", "blank")


def test_message_of_invisible_characters_is_found_by_nothing_else(chat):
    assert chat.create_message("\u200b\ufe0f") == 1
    assert chat.create_message("a") == 2
    assert chat.find("a") == [2]
    assert chat.content(1) == "\u200b\ufe0f"


HIGHLIGHTED = [
    ("a\u200db", "A", ["*a\u200d", "b"]), ("❤\ufe0f!", "❤", ["*❤\ufe0f", "!"]), ("\ufeffab", "a", ["\ufeff", "*a", "b"]),
    ("x so\u00adft", "soft", ["x ", "*so\u00adft"]), ("e\u034f\u0301", "é", ["*e\u034f\u0301"]),
    ("☎ \u202d+49\u202c.", "+49", ["☎ \u202d", "*+49\u202c", "."]),
]


@pytest.mark.parametrize("content, query, fragments", HIGHLIGHTED, ids=ascii)
def test_invisible_characters_belong_to_the_character_before_them(chat, content, query, fragments):
    chat.create_message(content)
    found = chat.client.post(f"{chat.messages_path}/search", {"query": query, "highlight": True}).expect(200).json
    assert found[0]["fragments"] == [{"text": text[1:], "match": True} if text.startswith("*") else {"text": text}
                                     for text in fragments]


def test_one_character_finds_everything_that_has_it(chat):
    contents = fill(chat, [chr(0x3041 + i % 80) + " " + chr(0x61 + i % 26) for i in range(1500)])
    scan = Scan(contents)
    for query in "aзzあん一 ":
        if query.strip():
            assert chat.find(query) == scan.find(query)
    assert len(chat.find("a")) == len(range(0, 1500, 26))


def test_every_hit_of_3000_is_returned(chat):
    contents = fill(chat, [f"hit {i} {'x' * 300}" for i in range(3000)])
    found = chat.search("HIT").expect(200).json
    assert [message["number"] for message in found] == list(range(3000, 0, -1))
    assert [message["content"] for message in reversed(found)] == contents


def test_edited_message_is_found_by_its_new_text_only(chat):
    for content in ("first", "second", "third"):
        chat.create_message(content)
    chat.edit(2, "Changed").expect(200)
    assert chat.find("second") == []
    assert chat.find("changed") == [2]


def test_search_while_written_finds_every_acknowledged_hit(port, client, chat):
    def write(index, client):
        mine = chat.with_client(client)
        for _ in range(40):
            number = mine.create_message(f"hit {index}")
            found = mine.find("hit")
            assert number in found and found == sorted(found, reverse=True)
            assert all(message["content"] == f"hit {index}" for message in mine.search(f"hit {index}").json)

    run_concurrently(port, 8, write)
    assert chat.find("HIT") == list(range(320, 0, -1))
    with Client(port) as other:
        assert chat.with_client(other).find("hit") == list(range(320, 0, -1))


def folding_characters():
    """Every character whose folded form is not itself."""
    return [chr(point) for point in range(sys.maxunicode + 1)
            if not 0xD800 <= point < 0xE000 and fold(chr(point)) != chr(point)]


def test_every_character_that_folds_is_found(port, chat, rng):
    folding = folding_characters()
    contents = fill(chat, ["\u4e00".join(folding[at:at + 6]) for at in range(0, len(folding), 6)])
    scan = Scan(contents)

    def check(client, character):
        for query in (character, fold(character), character.upper(), character.lower()):
            if not is_blank(query):
                assert chat.with_client(client).find(query) == scan.find(query), ascii(query)

    distribute(port, 4, rng.sample(folding, 400), check)


def random_text(rng, alphabet, length):
    return "".join(rng.choice(alphabet) for _ in range(length))


def test_random_text_is_found_exactly_where_a_scan_finds_it(port, chat, rng):
    points = (*range(0x300, 0x316), 0x345, 0x323, 0x327, 0x3099, 0x309A, 0x5B0, 0x94D, 0x200D, 0xAD, 0xFE0F)
    marks = [chr(point) for point in points]
    letters = list("aAeEiIoOsSkKßẞİıſKÅåéÉﬁﬀΣσςᾳΐ한하국ガカがｶﾞﾟ①½世豈👩🎈 ") + [chr(c) for c in range(0x1100, 0x1113)] + \
        [chr(c) for c in range(0x1161, 0x1170)] + [chr(c) for c in range(0x11A8, 0x11B0)]
    alphabet = letters + marks
    contents = fill(chat, ["x" + random_text(rng, alphabet, rng.randint(1, 40)) for _ in range(1500)])
    scan = Scan(contents)

    def check(client, query):
        assert chat.with_client(client).find(query) == scan.find(query), ascii(query)

    queries = [random_text(rng, alphabet, rng.randint(1, 3)) for _ in range(400)]
    distribute(port, 4, [query for query in queries if not is_blank(query)], check)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_normal_form_of_the_query_does_not_matter(chat, form):
    for content in ("Ünïcödé ﬁre", "Ångström", "한국어 텍스트", "Việt Nam"):
        number = chat.create_message(content)
        for length in (1, 4, 7):
            query = content[:length]
            assert number in chat.find(unicodedata.normalize(form, query)), query


def test_longest_query_in_longest_message(chat):
    content = "".join(random.Random(7).choice("abcdefg語🎈") for _ in range(16000))
    chat.create_message(content)
    for at in (0, 8000, len(content) - 256):
        assert chat.find(content[at:at + 256]) == [1]
        assert chat.find(content[at:at + 255] + "z") == []
