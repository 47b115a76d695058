"""Pages of a search are slices of the complete search. An acknowledged write is searched immediately."""

from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from client import FORM, Client, assert_problem
from fold import Scan
from load import fill, run_concurrently
from pages import LIMIT_DEFAULT, follow, joined, links

COUNT = 700
WORDS = ["needle", "hay", "Ärger", "語学", "a&b=c", "100%", "x+y z", '"q"', "<b>", "#/?", "🎈"]


@pytest.fixture(scope="module")
def chat(shared_server):
    """A chat whose messages contain one to three of the words, in rotation."""
    with Client(shared_server.port) as client:
        chat = client.new_chat()
        beside = client.new_chat(chat.path.rsplit("/chats/")[0])
        fill(chat, [" ".join(WORDS[(i * step) % len(WORDS)] for step in range(1, 2 + i % 3)) for i in range(COUNT)])
        fill(beside, WORDS)
        yield chat


@pytest.fixture
def fresh(client):
    return client.new_chat()


def search_page(chat, query, **paging):
    path = f"{chat.messages_path}/search?{urlencode(paging)}"
    return chat.client.post(path, {"query": query})


def hits_before(hits, limit=LIMIT_DEFAULT, before=None):
    return [hit for hit in hits if before is None or hit["number"] < before][:limit]


@pytest.mark.parametrize("query", [*WORDS, "e", "A", "ÄRG", "b=C", "% ", "z \"", "nowhere"])
def test_search_followed_to_the_end_is_the_whole_answer(client, chat, query):
    hits = chat.with_client(client).search(query).expect(200).json
    assert [hit["number"] for hit in hits] == Scan(chat.contents()).find(query)
    for limit in (1, 3, 50, 1000):
        if limit == 1 and len(hits) > 200:
            continue
        pages = list(follow(client, f"{chat.messages_path}/search?query={quote(query)}&limit={limit}", method="POST"))
        assert joined(pages) == hits, limit
        assert all(len(page.json) == limit for page in pages[:-1]) and len(pages[-1].json) <= limit


def test_search_before_a_number_finds_the_newest_below_it(client, chat):
    hits = chat.search("hay").expect(200).json
    for before in [0, 1, 2, *range(10, COUNT + 20, 30), 2**32, 2**32 + 1, 2**64, 10**30]:
        for paging in ({"limit": 7}, {"limit": 1}, {}):
            found = search_page(chat, "hay", before=before, **paging).expect(200)
            assert found.json == hits_before(hits, before=before, **paging), (before, paging)


def test_limit_of_a_search_is_50_once_it_is_paged(chat):
    hits = chat.search("e").expect(200).json
    assert len(hits) > LIMIT_DEFAULT
    assert search_page(chat, "e", before=COUNT + 1).expect(200).json == hits[:LIMIT_DEFAULT]


def test_whole_search_links_nowhere_and_a_page_to_its_next_only(chat):
    assert links(chat.search("needle").expect(200)) == {}
    assert links(search_page(chat, "needle", limit=2).expect(200)).keys() == {"next"}
    assert links(search_page(chat, "needle", limit=2, before=300).expect(200)).keys() == {"next"}
    assert links(search_page(chat, "needle", limit=1000).expect(200)) == {}
    assert links(search_page(chat, "nowhere", limit=2).expect(200)) == {}


@pytest.mark.parametrize("query", WORDS)
def test_link_of_a_search_is_a_path_with_its_query_escaped(client, chat, query):
    by_body = search_page(chat, query, limit=2).expect(200)
    by_name = client.post(f"{chat.messages_path}/search?search={quote(query)}&limit=2").expect(200)
    hits = chat.search(query).expect(200).json
    for answer in (by_body, by_name):
        link = links(answer)["next"]
        parts = urlsplit(link)
        asked = parse_qs(parts.query, strict_parsing=True)
        assert link.isascii() and parts.path == f"{chat.messages_path}/search"
        assert asked["limit"] == ["2"] and "before" in asked
        assert client.post(link).expect(200).json == hits[2:4]


@pytest.mark.parametrize("field, value", [("limit", "0"), ("limit", "1001"), ("limit", "x"), ("limit", ""),
                                          ("limit", "-1"), ("before", "x"), ("before", "-1"), ("before", "")])
def test_wrong_paging_parameter_is_named(chat, field, value):
    assert_problem(search_page(chat, "needle", **{field: value}), 422, "invalid_parameters", field, "invalid")


@pytest.mark.parametrize("field", ["after", "around"])
def test_anchor_that_no_search_knows_is_named(chat, field):
    assert_problem(search_page(chat, "needle", **{field: 5}), 422, "invalid_parameters", field, "invalid")


def test_paging_parameters_come_from_the_body_too_and_it_wins(client, chat):
    hits = chat.search("needle").expect(200).json
    path = f"{chat.messages_path}/search"
    before = hits[3]["number"]
    for answer in (client.post(path, {"query": "needle", "limit": 2, "before": before}),
                   client.post(path, {"query": "needle", "limit": "2", "before": str(before), "order": "desc"}),
                   client.post(path + "?limit=9&before=1", {"query": "needle", "limit": 2, "before": before}),
                   client.post(path + f"?before={before}", {"query": "needle", "limit": 2, "before": None}),
                   client.request("POST", path, f"query=needle&limit=2&before={before}", FORM)):
        assert answer.expect(200).json == hits[4:6], answer
        assert client.post(links(answer)["next"]).expect(200).json == hits[6:8]


@pytest.mark.parametrize("field, value", [("limit", 0), ("limit", 1001), ("limit", -1), ("limit", 1.0), ("limit", 10**30),
                                          ("before", -1), ("before", 1.5), ("order", "asc"), ("order", "up"), ("order", 1)])
def test_wrong_paging_parameter_in_a_body_is_named(client, chat, field, value):
    answer = client.post(f"{chat.messages_path}/search", {"query": "needle", field: value})
    assert_problem(answer, 422, "invalid_parameters", field, "invalid")


@pytest.mark.parametrize("value", [True, [], {}, [5]])
@pytest.mark.parametrize("field", ["limit", "before", "order"])
def test_paging_parameter_of_a_wrong_type_in_a_body_is_named(client, chat, field, value):
    answer = client.post(f"{chat.messages_path}/search", {"query": "needle", field: value})
    assert_problem(answer, 422, "invalid_parameters", field, "wrong_type")


def test_longest_query_is_followed_to_the_end(client, fresh):
    query = "語🎈" * 128
    for i in range(7):
        fresh.create_message(f"{i} {query}")
    first = search_page(fresh, query, limit=2).expect(200)
    rest = joined(follow(client, links(first)["next"], method="POST"))
    assert [hit["number"] for hit in first.json + rest] == list(range(7, 0, -1))


def test_blank_query_stays_refused_when_paged(chat):
    assert_problem(search_page(chat, " ", limit=3), 422, "invalid_parameters", "query", "blank")


def test_deleted_message_is_never_found(fresh):
    for i in range(20):
        fresh.create_message(f"word {i}")
    fresh.edit(7, "word changed").expect(200)
    for number in (1, 7, 12, 20):
        fresh.delete(number).expect(204)
    left = [number for number in range(20, 0, -1) if number not in (1, 7, 12, 20)]
    assert fresh.find("word") == left
    assert [hit["number"] for hit in joined(follow(fresh.client, f"{fresh.messages_path}/search?query=word&limit=3",
                                                   method="POST"))] == left
    assert fresh.find("changed") == [] and fresh.find("word 6") == []
    assert all("deleted_at" not in hit for hit in fresh.search("word").json)


def test_edit_and_delete_are_searched_at_once_by_everyone(port, fresh):
    with Client(port) as other:
        seen = fresh.with_client(other)
        for turn in range(1, 61):
            number = fresh.create_message(f"first{turn}x")
            edited = fresh.edit(number, f"second{turn}x").expect(200).json
            assert seen.find(f"first{turn}x") == []
            assert seen.search(f"SECOND{turn}X").expect(200).json == [edited]
            fresh.delete(number).expect(204)
            assert seen.find(f"second{turn}x") == []
            assert search_page(seen, "second", limit=5).expect(200).json == []


def test_search_while_edited_and_deleted_finds_every_acknowledged_state(port, fresh):
    """Each client edits its own messages repeatedly. Its last acknowledged text is found; its older ones are not."""
    def run(index, client):
        mine = fresh.with_client(client)
        number = mine.create_message(f"<{index} state 0>")
        for turn in range(1, 40):
            mine.edit(number, f"<{index} state {turn}>").expect(200)
            assert mine.find(f"<{index} state {turn}>") == [number]
            assert mine.find(f"<{index} state {turn - 1}>") == []
            if turn % 10 == 0:
                mine.delete(number).expect(204)
                assert mine.find(f"<{index} ") == []
                number = mine.create_message(f"<{index} state {turn}>")

    run_concurrently(port, 8, run)
    assert len(fresh.find("state 39>")) == 8 and len(fresh.find("state")) == 8
