"""A deleted text stays out of the index, also when an old bulk request arrives after Elasticsearch has forgotten the deletion."""

import time

import pytest
from load import fill, wait_for

DELETES_KEPT_S = 60  # the default of index.gc_deletes
INDEX_SOON = ["--index-after-messages=50", "--index-pause-ms=10"]


@pytest.fixture
def cluster(start_cluster):
    return start_cluster(nodes=1, workers=1, worker_options=INDEX_SOON)


def bulk_of(engine, index, text):
    """The bulk request that indexed the documents with this text, each at its current version."""
    engine.request("POST", f"/{index}/_refresh")
    query = {"query": {"match_phrase": {"text": text}}, "version": True}
    status, answer = engine.request("POST", f"/{index}/_search", query)
    assert status == 200, answer
    return [line for hit in answer["hits"]["hits"]
            for line in ({"index": {"_id": hit["_id"], "routing": hit["_routing"], "version": hit["_version"],
                                    "version_type": "external"}}, hit["_source"])]


def replay(engine, index, bulk):
    status, answer = engine.request("POST", f"/{index}/_bulk?refresh=true", bulk)
    assert status == 200, answer
    return [item["index"]["status"] for item in answer["items"]]


def delete_for_good(engine, index, bulk):
    """Unlike Confab's deletion, leaves no documents behind. Only Elasticsearch's tombstones remain."""
    lines = [{"delete": {**line["index"], "version": line["index"]["version"] + 1}} for line in bulk[::2]]
    status, answer = engine.request("POST", f"/{index}/_bulk?refresh=true", lines)
    assert status == 200 and not answer["errors"], answer


def make_alike(engine, index, like):
    """Creates another index with the same mappings and analysis."""
    (ours,) = engine.request("GET", f"/{like}")[1].values()
    status, answer = engine.request("PUT", f"/{index}", {
        "mappings": ours["mappings"], "settings": {"analysis": ours["settings"]["index"]["analysis"]}})
    assert status == 200, answer


def changes_in_index(cluster):
    return int(cluster.engines.sql.query("select coalesce(sum(changes), 0) from index_progress")[0][0])


def test_bulk_replayed_after_the_engine_forgot_the_deletion_brings_nothing_back(cluster, client):
    engine, index = cluster.engines.elasticsearch, cluster.search_alias()
    chat = client.new_chat()
    held = fill(chat, ["a common text"] * 60 + ["a secret text"])
    secret = held.index("a secret text") + 1
    fill(chat, ["a common text"] * 100)
    wait_for(lambda: bulk_of(engine, index, "secret"), "the secret is in the index")
    old = bulk_of(engine, index, "secret")

    chat.delete(secret).expect(204)
    wait_for(lambda: changes_in_index(cluster) == 1, "the deletion is in the index")
    assert bulk_of(engine, index, "secret") == []
    assert replay(engine, index, old) == [409]

    # A deletion by Elasticsearch itself shows when its tombstones have expired.
    make_alike(engine, "others", index)
    assert replay(engine, "others", old) == [201]
    delete_for_good(engine, "others", old)
    assert replay(engine, "others", old) == [409]

    time.sleep(DELETES_KEPT_S + 10)
    engine.request("POST", "/_refresh")
    assert replay(engine, "others", old) == [201]
    assert replay(engine, index, old) == [409]
    assert bulk_of(engine, index, "secret") == []
    assert chat.find("secret") == []
    assert chat.find("common") == [n for n in range(161, 0, -1) if n != secret]
    engine.request("DELETE", "/others")
    cluster.run("check")
