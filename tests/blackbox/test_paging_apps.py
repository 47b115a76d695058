"""Pages of the list of apps: by token, in order of creation."""

import pytest
from client import Client, assert_problem
from objects import APP, assert_object
from pages import follow, joined, links, page_of, split_around

COUNT = 47
ORDERS = ["asc", "desc"]
ANCHORS = ["after", "before", "around"]


@pytest.fixture(scope="module")
def apps(shared_server):
    """All apps of this server in order of creation. No test of this file creates another."""
    with Client(shared_server.port) as client:
        return [client.post("/apps", {"name": f"app {i}"}).expect(201).json for i in range(COUNT)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 2, 5, 46, 47, 48, 1000])
def test_page_at_every_app_is_a_slice_of_the_whole(client, apps, limit, order):
    for number, app in enumerate(apps, 1):
        for anchor in ANCHORS:
            answer = client.get(f"/apps?{anchor}={app['token']}&limit={limit}&order={order}").expect(200)
            expected = page_of(apps, limit, order, **{anchor: number})
            assert answer.json == expected, (anchor, number)
            if expected:
                before, after = split_around(apps, expected, order)
                assert ("prev" in links(answer), "next" in links(answer)) == (bool(before), bool(after))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 7, 47, 1000])
def test_next_to_the_end_and_prev_back_give_every_app(client, apps, limit, order):
    expected = apps if order == "asc" else apps[::-1]
    forth = list(follow(client, f"/apps?limit={limit}&order={order}"))
    assert len(forth) == -(-COUNT // limit)
    assert joined(forth) == expected
    last = links(forth[-1]).get("prev")
    back = [*reversed(list(follow(client, last, "prev")))] if last else []
    assert joined(back) + forth[-1].json == expected


def test_page_without_a_token_is_the_first_or_the_last(client, apps):
    assert client.get("/apps?limit=3").expect(200).json == apps[:3]
    assert client.get("/apps?limit=3&order=desc").expect(200).json == apps[:-4:-1]
    assert client.get("/apps?order=desc").expect(200).json == apps[::-1]
    assert_object(apps[0], APP)
    whole = client.get("/apps").expect(200)
    assert whole.json == apps and links(whole) == {}


def test_renamed_app_stays_in_its_place(client, apps):
    renamed = client.put(f"/apps/{apps[9]['token']}", {"name": "renamed"}).expect(200).json
    apps[9] = renamed
    assert client.get(f"/apps?around={renamed['token']}&limit=3").expect(200).json == apps[8:11]


@pytest.mark.parametrize("anchor", ANCHORS)
def test_token_of_no_app_is_refused(client, apps, anchor):
    token = apps[3]["token"]
    for wrong in ("A" * 24, token.swapcase(), token[:-1], token + "x", "", "1", "0", "%00", "x" * 5000, token + "%20"):
        assert_problem(client.get(f"/apps?{anchor}={wrong}&limit=2"), 422, "invalid_parameters", anchor, "invalid")


@pytest.mark.parametrize("field, value", [("limit", "0"), ("limit", "1001"), ("limit", "x"), ("limit", ""),
                                          ("limit", "-1"), ("order", "up"), ("order", "")])
def test_wrong_paging_parameter_is_named(client, apps, field, value):
    assert_problem(client.get(f"/apps?{field}={value}"), 422, "invalid_parameters", field, "invalid")


def test_two_tokens_are_refused(client, apps):
    answer = client.get(f"/apps?after={apps[1]['token']}&before={apps[5]['token']}")
    assert_problem(answer, 422, "invalid_parameters")
    assert {entry["field"] for entry in answer.json["errors"]} & {"after", "before"}


def test_head_of_a_page_has_its_headers_and_no_body(client, apps):
    path = f"/apps?limit=3&around={apps[20]['token']}"
    head, get = client.request("HEAD", path).expect(200), client.get(path)
    assert head.raw == b"" and head.headers["Link"] == get.headers["Link"]
