"""A page is a slice of the complete list. Its links lead to the adjacent slices."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from client import JSON, Client, assert_problem
from load import fill, run_concurrently
from pages import follow, joined, links, page_of, split_around
from wire import Wire, request_bytes

COUNT = 503
LIMITS = [1, 2, 7, 50, 333, 1000]
ORDERS = ["asc", "desc"]
ANCHORS = ["after", "before", "around"]
HUGE = [COUNT + 1, COUNT + 2, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63 - 1, 2**63, 2**64, 2**64 + 1,
        99999999999999999999, int("9" * 300)]


@pytest.fixture(scope="module")
def neighbours(shared_server):
    """Three adjacent chats. The first and the last have messages of their own."""
    with Client(shared_server.port) as client:
        app = client.new_app()
        chats = [client.new_chat(app) for _ in range(3)]
        for chat in chats:
            fill(chat, [f"{chat.path} message {i}" for i in range(COUNT)])
        yield chats


@pytest.fixture(scope="module")
def lists(shared_server, neighbours):
    """The paths of a list of messages and of a list of chats, each of COUNT objects, with other lists beside them."""
    def create(index, client):
        for _ in range(index, COUNT, 8):
            client.post(app + "/chats").expect(201)

    with Client(shared_server.port) as client:
        before, app, after = (client.new_app() for _ in range(3))
        run_concurrently(shared_server.port, 8, create)
        for other in (before, after):
            client.new_chat(other)
    return {"messages": neighbours[1].messages_path, "chats": app + "/chats"}


@pytest.fixture(params=["messages", "chats"])
def path(request, lists):
    return lists[request.param]


@pytest.fixture
def whole(client, path):
    answer = client.get(path).expect(200)
    assert links(answer) == {}
    assert [item["number"] for item in answer.json] == list(range(1, COUNT + 1))
    return answer.json


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", LIMITS)
def test_page_around_every_tenth_number_is_a_slice_of_the_whole(client, path, whole, limit, order):
    for anchor in ANCHORS:
        for number in [*range(0, COUNT + 20, 10), 1, COUNT, COUNT + 1]:
            found = client.get(f"{path}?{anchor}={number}&limit={limit}&order={order}").expect(200).json
            assert found == page_of(whole, limit, order, **{anchor: number}), (anchor, number)
            assert anchor != "around" or len(found) == min(limit, COUNT)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", LIMITS)
def test_next_to_the_end_and_prev_back_give_the_whole_list(client, path, whole, limit, order):
    expected = whole if order == "asc" else whole[::-1]
    start = "after=0" if order == "asc" else f"before={COUNT + 1}"
    forth = list(follow(client, f"{path}?{start}&limit={limit}&order={order}"))
    assert joined(forth) == expected
    assert len(forth) == -(-COUNT // limit)
    last = links(forth[-1]).get("prev")
    back = [*reversed(list(follow(client, last, "prev")))] if last else []
    assert joined(back) + forth[-1].json == expected
    assert links((back or forth)[0]).keys() <= {"next"}


@pytest.mark.parametrize("order", ORDERS)
def test_each_page_links_to_exactly_what_is_beside_it(client, path, whole, order):
    for limit, number in ((1, 1), (1, 250), (1, COUNT), (10, 0), (10, 5), (10, 250), (10, COUNT), (700, 9), (1000, 9)):
        for anchor in ANCHORS:
            answer = client.get(f"{path}?{anchor}={number}&limit={limit}&order={order}").expect(200)
            if answer.json:
                assert_linked_to_its_neighbours(client, answer, whole, limit, order)


def assert_linked_to_its_neighbours(client, answer, whole, limit, order):
    before, after = split_around(whole, answer.json, order)
    found = links(answer)
    assert ("prev" in found, "next" in found) == (bool(before), bool(after)), answer.headers["Link"]
    if before:
        assert client.get(found["prev"]).expect(200).json == before[-limit:]
    if after:
        assert client.get(found["next"]).expect(200).json == after[:limit]


@pytest.mark.parametrize("anchor", ANCHORS)
def test_link_of_an_empty_page_leads_to_something(client, path, whole, anchor):
    for number in (0, 1, COUNT, COUNT + 1, 99999999999999999999):
        for order in ORDERS:
            answer = client.get(f"{path}?{anchor}={number}&limit=3&order={order}").expect(200)
            if not answer.json:
                for link in links(answer).values():
                    assert client.get(link).expect(200).json == page_of(whole, 3, order, **inward(anchor)), link


def inward(anchor):
    """The anchor that leads back into the list from the end that `anchor` passed."""
    return {"before": COUNT + 1} if anchor == "after" else {"after": 0}


@pytest.mark.parametrize("order", ORDERS)
def test_link_is_a_path_that_keeps_limit_and_order(client, path, order):
    for link in links(client.get(f"{path}?limit=2&order={order}&around=9")).values():
        parts = urlsplit(link)
        query = parse_qs(parts.query, strict_parsing=True)
        assert (parts.scheme, parts.netloc, parts.path) == ("", "", path)
        assert query["limit"] == ["2"] and query.get("order", ["asc"]) == [order]
        assert len(query.keys() & set(ANCHORS)) == 1


def test_paging_parameters_left_out_have_their_defaults(client, path, whole):
    for query, expected, relations in (("limit=3", whole[:3], {"next"}), ("limit=3&order=asc", whole[:3], {"next"}),
                                       ("limit=3&order=desc", whole[:-4:-1], {"next"}), ("limit=1000", whole, set()),
                                       ("order=asc", whole[:50], {"next"}), ("order=desc", whole[:-51:-1], {"next"}),
                                       ("after=100", whole[100:150], {"next", "prev"}),
                                       ("before=100", whole[49:99], {"next", "prev"}),
                                       ("around=100", whole[75:125], {"next", "prev"})):
        answer = client.get(f"{path}?{query}").expect(200)
        assert answer.json == expected and links(answer).keys() == relations, query


@pytest.mark.parametrize("number", HUGE)
def test_number_however_large_stays_inside_its_list(client, path, whole, number):
    for anchor in ANCHORS:
        for order in ORDERS:
            found = client.get(f"{path}?{anchor}={number}&limit=5&order={order}").expect(200).json
            assert found == page_of(whole, 5, order, **{anchor: number}), anchor


def test_neighbours_messages_are_never_listed(client, neighbours):
    for chat in neighbours:
        whole = chat.with_client(client).messages()
        assert all(message["content"].startswith(chat.path + " ") for message in whole) and len(whole) == COUNT
        for number in (0, COUNT, *HUGE):
            for anchor in ANCHORS:
                assert chat.with_client(client).page(**{anchor: number}, limit=1000).json == \
                    page_of(whole, 1000, **{anchor: number}), (chat.path, anchor, number)


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_nothing_are_empty_and_link_nowhere(client, app, chat, order):
    for path in (chat.messages_path, client.new_app() + "/chats"):
        for anchor in ("", *(f"&{anchor}={number}" for anchor in ANCHORS for number in (0, 1, 2**32 + 1, 2**70))):
            answer = client.get(f"{path}?limit=3&order={order}{anchor}").expect(200)
            assert answer.json == [] and links(answer) == {}, anchor


WRONG = [("limit", value) for value in ("0", "1001", "x", "", "-1", "1.0", "+1", "1e2", "%201", "0x10", "1,2",
                                        "4294967297", "18446744073709551617", "99999999999999999999", "%D9%A1")]
WRONG += [("order", value) for value in ("", "up", "ASC", "asc,desc", "1", "newest")]
WRONG += [(anchor, value) for anchor in ANCHORS for value in ("", "x", "-1", "1x", "1.0", "+1", "%201", "0x10", "1%00")]


@pytest.mark.parametrize("field, value", WRONG)
def test_wrong_paging_parameter_is_named(client, path, field, value):
    more = "" if field == "limit" else "&limit=2"
    for query in (f"{field}={value}{more}", f"other=1&{field}={value}"):
        assert_problem(client.get(f"{path}?{query}"), 422, "invalid_parameters", field, "invalid")


@pytest.mark.parametrize("pair", [("after", "before"), ("before", "around"), ("around", "after")])
def test_two_anchors_are_refused(client, path, pair):
    answer = client.get(f"{path}?{pair[0]}=1&limit=2&{pair[1]}=3")
    assert_problem(answer, 422, "invalid_parameters")
    assert answer.json["errors"]
    assert all(entry["field"] in pair and entry["code"] == "invalid" for entry in answer.json["errors"]), answer


def test_other_parameters_leave_the_list_whole(client, path, whole):
    for query in ("other=1", "Limit=1", "page=2", "limits=1", "x", "query=limit"):
        answer = client.get(f"{path}?{query}").expect(200)
        assert answer.json == whole and links(answer) == {}, query


def test_paging_parameters_in_a_body_are_not_read(client, path, whole):
    answer = client.request("GET", path, json.dumps({"limit": 1, "order": "desc", "after": 5}), JSON).expect(200)
    assert answer.json == whole and links(answer) == {}


def test_link_is_right_however_the_page_was_asked_for(port, client, lists):
    path = lists["messages"]
    expected = links(client.get(path + "?limit=5&after=20"))
    for spelling in ("/?limit=5&after=20", "?%6cimit=%35&after=2%30", "?after=20&x=1&&limit=5"):
        found = links(client.get(path + spelling).expect(200))
        for rel, link in expected.items():
            assert client.get(found[rel]).expect(200).json == client.get(link).json, spelling
    with Wire(port) as wire:
        whole_url = request_bytes("GET", f"http://localhost{path}?limit=5&after=20")
        assert links(wire.send(whole_url).read_answer().expect(200)) == expected


def test_wrong_paging_of_what_does_not_exist_is_not_found(client, app):
    for path in (f"{app}/chats/99/messages", "/apps/" + "A" * 24 + "/chats"):
        assert_problem(client.get(path + "?limit=5"), 404, "not_found")


def test_head_of_a_page_has_its_headers_and_no_body(client, path):
    for query in ("limit=7", "limit=7&after=9&order=desc", "before=1", "after=9999"):
        head, get = client.request("HEAD", f"{path}?{query}").expect(200), client.get(f"{path}?{query}")
        assert head.raw == b""
        for name in ("Link", "Last-Event-ID", "Stream-Next-Offset", "Content-Type"):
            assert head.headers.get_all(name) == get.headers.get_all(name), (query, name)
        if "Content-Length" in head.headers:
            assert int(head.headers["Content-Length"]) == len(get.raw)
    assert_problem(client.get(path + "?limit=0"), 422, "invalid_parameters", "limit", "invalid")
    assert client.request("HEAD", path + "?limit=0").expect(422).raw == b""


def test_page_of_1000_messages_of_64_kib_arrives_whole(chat):
    contents = fill(chat, [f"{i:4} " + "語🎈é." [i % 4] * ((65536 - 5) // len("語🎈é."[i % 4].encode()))
                           for i in range(1001)])
    for page, expected in ((chat.page(limit=1000), contents[:1000]),
                           (chat.page(limit=1000, order="desc"), contents[:0:-1]),
                           (chat.page(limit=1000, after=1), contents[1:])):
        assert [message["content"] for message in page.json] == expected


def test_pages_followed_while_written_hold_every_number_once(port, chat):
    """Ascending pages include concurrent writes. Descending pages have only the messages from before their start."""
    fill(chat, [f"message {i}" for i in range(100)])

    def run(index, client):
        mine = chat.with_client(client)
        if index < 3:
            return [mine.create_message(f"writer {index} turn {turn}") for turn in range(200)]
        seen = []
        for _ in range(10):
            before = mine.count()
            order = ("asc", "desc")[index % 2]
            pages = follow(client, f"{chat.messages_path}?limit=9&order={order}")
            seen.append((order, before, [message["number"] for message in joined(pages)]))
        return seen

    for order, before, numbers in [one for ones in run_concurrently(port, 5, run)[3:] for one in ones]:
        assert len(numbers) >= before
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert numbers == sorted(numbers, reverse=order == "desc")
