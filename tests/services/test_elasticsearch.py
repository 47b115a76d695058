"""Elasticsearch starts, keeps acknowledged documents, and has the features that the index needs."""

import pytest
from services import Elasticsearch

# As Confab's index: grams of each length with their positions, also at the ends of a text.
INDEX = {
    "settings": {
        "index": {"number_of_shards": 1, "number_of_replicas": 0, "max_ngram_diff": 2},
        "analysis": {
            "tokenizer": {"gram1": {"type": "ngram", "min_gram": 1, "max_gram": 1},
                          "gram3": {"type": "ngram", "min_gram": 3, "max_gram": 3},
                          "gram1to3": {"type": "ngram", "min_gram": 1, "max_gram": 3}},
            "analyzer": {name: {"type": "custom", "tokenizer": name} for name in ("gram1", "gram3", "gram1to3")},
        },
    },
    "mappings": {
        "dynamic": False,
        "properties": {
            "number": {"type": "long"},
            "text": {"type": "text", "analyzer": "gram3", "fields": {"one": {"type": "text", "analyzer": "gram1"}}},
        },
    },
}
TEXTS = {1: "die straße ist gesperrt", 2: "eine strasse", 3: "你好世界", 4: "say 👋🏽 to all", 5: "abcabcabd", 6: "a"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Elasticsearch(tmp_path_factory.mktemp("elasticsearch") / "server") as server:
        yield server


@pytest.fixture
def index(server):
    server.request("DELETE", "/things")
    assert server.request("PUT", "/things", INDEX) == (200, {"acknowledged": True, "shards_acknowledged": True, "index": "things"})
    bulk = [line for number, text in TEXTS.items()
            for line in ({"index": {"_id": f"1:{number}", "routing": "1"}}, {"number": number, "text": text})]
    status, answer = server.request("POST", "/things/_bulk?refresh=true", bulk)
    assert status == 200 and not answer["errors"], answer
    return server


def found(server, query, **more):
    status, answer = server.request("POST", "/things/_search?routing=1", {"query": query, "sort": [{"number": "asc"}], **more})
    assert status == 200, answer
    return [hit["_source"]["number"] for hit in answer["hits"]["hits"]]


@pytest.mark.parametrize("text, numbers", [("ße ist ge", [1]), ("stra", [1, 2]), ("好世界", [3]), ("abcabd", [5]), ("bcb", []), ("sei", [])])
def test_a_phrase_of_trigrams_is_a_substring(index, text, numbers):
    assert found(index, {"match_phrase": {"text": text}}) == numbers


@pytest.mark.parametrize("text, numbers", [("a", [1, 2, 4, 5, 6]), ("ß", [1]), ("界", [3]), ("👋🏽", [4]), ("bd", [5]), ("db", [])])
def test_a_phrase_of_single_characters_finds_what_is_shorter_than_a_trigram(index, text, numbers):
    assert found(index, {"match_phrase": {"text.one": text}}) == numbers


def test_grams_of_several_lengths_need_the_index_to_allow_it(server):
    too_far = {"settings": {**INDEX["settings"], "index": {"max_ngram_diff": 1}}}
    status, answer = server.request("PUT", "/refused", too_far)
    assert status == 400 and "max_ngram_diff" in answer["error"]["reason"], answer


def test_an_older_version_never_replaces_a_newer_one(index):
    path = "/things/_doc/1:1?routing=1&version_type=external&version="
    assert index.request("PUT", path + "7", {"number": 1, "text": "new"})[0] == 200
    status, answer = index.request("PUT", path + "6", {"number": 1, "text": "old"})
    assert status == 409 and answer["error"]["type"] == "version_conflict_engine_exception", answer
    bulk = [{"index": {"_id": "1:1", "routing": "1", "version": 5, "version_type": "external"}}, {"number": 1, "text": "older"}]
    status, answer = index.request("POST", "/things/_bulk?refresh=true", bulk)
    assert status == 200 and answer["items"][0]["index"]["status"] == 409, answer
    assert found(index, {"match_phrase": {"text": "new"}}) == [1]


def test_pages_of_hits_go_on_by_search_after(index):
    bulk = [line for number in range(100, 12_100)
            for line in ({"index": {"_id": f"1:{number}", "routing": "1"}}, {"number": number, "text": "page me"})]
    assert not index.request("POST", "/things/_bulk?refresh=true", bulk)[1]["errors"]
    numbers, page = [], found(index, {"match_phrase": {"text": "page me"}}, size=5000)
    while page:
        numbers += page
        page = found(index, {"match_phrase": {"text": "page me"}}, size=5000, search_after=[page[-1]])
    assert numbers == list(range(100, 12_100))


def test_an_alias_moves_in_one_step(index):
    assert index.request("PUT", "/others", INDEX)[0] == 200
    assert index.request("POST", "/_aliases", {"actions": [{"add": {"index": "things", "alias": "current"}}]})[0] == 200
    moved = {"actions": [{"remove": {"index": "things", "alias": "current"}}, {"add": {"index": "others", "alias": "current"}}]}
    assert index.request("POST", "/_aliases", moved)[0] == 200
    assert list(index.request("GET", "/_alias/current")[1]) == ["others"]
    assert index.request("DELETE", "/others")[0] == 200


def test_documents_survive_sigkill(index):
    index.kill()
    index.restart()
    assert found(index, {"match_all": {}}) == list(TEXTS)
