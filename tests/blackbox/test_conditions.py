"""Conditional requests (RFC 9110, 13): a table of all headers in all forms, and the expected answer of each method."""

from itertools import pairwise

import pytest
from client import assert_problem
from load import run_concurrently
from wire import Wire, post_json, request_bytes

PAST, FUTURE = "Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"
OK, NOT_MODIFIED, DONE, FAILED, MALFORMED = 200, 304, "done", 412, 400

# Headers; the answers to a read and a write of a message at version 2; those of a resource with neither tag nor date.
FORMS = [
    ([], OK, DONE, OK, DONE),
    # 13.1.1: strong comparison.
    (['If-Match: "2"'], OK, DONE, FAILED, FAILED),
    (['If-Match: "1"'], FAILED, FAILED, FAILED, FAILED),
    (['If-Match: W/"2"'], FAILED, FAILED, FAILED, FAILED),
    (['If-Match: W/"1", "2"'], OK, DONE, FAILED, FAILED),
    (['If-Match: "1", "2"'], OK, DONE, FAILED, FAILED),
    (['If-Match: , "1",,\t"2" ,'], OK, DONE, FAILED, FAILED),
    (['If-Match: "1"', 'if-match: "2"'], OK, DONE, FAILED, FAILED),
    (['If-Match: "02"'], FAILED, FAILED, FAILED, FAILED),
    (['If-Match: "*"'], FAILED, FAILED, FAILED, FAILED),
    (['If-Match: "\xe9", ""'], FAILED, FAILED, FAILED, FAILED),
    (["If-Match: "], FAILED, FAILED, FAILED, FAILED),
    (["If-Match: ,"], FAILED, FAILED, FAILED, FAILED),
    (["If-Match: *"], OK, DONE, OK, DONE),
    # 13.1.2: weak comparison.
    (['If-None-Match: "2"'], NOT_MODIFIED, FAILED, OK, DONE),
    (['If-None-Match: W/"2"'], NOT_MODIFIED, FAILED, OK, DONE),
    (['If-None-Match: "1", W/"2"'], NOT_MODIFIED, FAILED, OK, DONE),
    (['If-None-Match: "1"', 'If-None-Match: "2"'], NOT_MODIFIED, FAILED, OK, DONE),
    (['If-None-Match: "1"'], OK, DONE, OK, DONE),
    (['If-None-Match: "22", "x"'], OK, DONE, OK, DONE),
    (["If-None-Match: "], OK, DONE, OK, DONE),
    (["If-None-Match: *"], NOT_MODIFIED, FAILED, NOT_MODIFIED, FAILED),
    # 13.1.3: reads only. Also the two obsolete date formats, and invalid dates.
    ([f"If-Modified-Since: {FUTURE}"], NOT_MODIFIED, DONE, OK, DONE),
    ([f"If-Modified-Since: {PAST}"], OK, DONE, OK, DONE),
    (["If-Modified-Since: Fri Dec 31 23:59:59 9999"], NOT_MODIFIED, DONE, OK, DONE),
    (["If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"], OK, DONE, OK, DONE),
    (["If-Modified-Since: tomorrow"], OK, DONE, OK, DONE),
    (["If-Modified-Since: Fri, 31 Feb 9999 23:59:59 GMT"], OK, DONE, OK, DONE),
    ([f"If-Modified-Since: {FUTURE}", f"If-Modified-Since: {FUTURE}"], OK, DONE, OK, DONE),
    # 13.1.4
    ([f"If-Unmodified-Since: {FUTURE}"], OK, DONE, OK, DONE),
    ([f"If-Unmodified-Since: {PAST}"], FAILED, FAILED, OK, DONE),
    (["If-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT"], FAILED, FAILED, OK, DONE),
    (["If-Unmodified-Since: Sun Nov  6 08:49:37 1994"], FAILED, FAILED, OK, DONE),
    (["If-Unmodified-Since: 0"], OK, DONE, OK, DONE),
    ([f"If-Unmodified-Since: {PAST}", f"If-Unmodified-Since: {PAST}"], OK, DONE, OK, DONE),
    # 13.1.5: ranges are not served, so this is ignored.
    (['If-Range: "1"', "Range: bytes=0-0"], OK, DONE, OK, DONE),
    (['If-Range: "2"', "Range: bytes=0-0"], OK, DONE, OK, DONE),
    ([f"If-Range: {FUTURE}"], OK, DONE, OK, DONE),
    # 13.2.2: the precedence of conditions.
    (['If-Match: "2"', 'If-None-Match: "2"'], NOT_MODIFIED, FAILED, FAILED, FAILED),
    (['If-Match: "1"', 'If-None-Match: "2"'], FAILED, FAILED, FAILED, FAILED),
    (['If-Match: "2"', 'If-None-Match: "1"'], OK, DONE, FAILED, FAILED),
    (["If-Match: *", "If-None-Match: *"], NOT_MODIFIED, FAILED, NOT_MODIFIED, FAILED),
    (['If-Match: "2"', f"If-Unmodified-Since: {PAST}"], OK, DONE, FAILED, FAILED),
    (["If-Match: *", f"If-Unmodified-Since: {PAST}"], OK, DONE, OK, DONE),
    (['If-Match: "1"', f"If-Unmodified-Since: {FUTURE}"], FAILED, FAILED, FAILED, FAILED),
    (['If-None-Match: "1"', f"If-Modified-Since: {FUTURE}"], OK, DONE, OK, DONE),
    (['If-None-Match: "2"', f"If-Modified-Since: {PAST}"], NOT_MODIFIED, FAILED, OK, DONE),
    (["If-None-Match: ", f"If-Modified-Since: {FUTURE}"], OK, DONE, OK, DONE),
    (['If-None-Match: "1"', f"If-Unmodified-Since: {PAST}"], FAILED, FAILED, OK, DONE),
    (['If-None-Match: "2"', f"If-Unmodified-Since: {PAST}"], FAILED, FAILED, OK, DONE),
    ([f"If-Modified-Since: {FUTURE}", f"If-Unmodified-Since: {PAST}"], FAILED, FAILED, OK, DONE),
    ([f"If-Modified-Since: {FUTURE}", f"If-Unmodified-Since: {FUTURE}"], NOT_MODIFIED, DONE, OK, DONE),
    # Unknown headers with similar names.
    (['If: "1"', 'If-: "1"', 'If-Matches: "1"', "If-None: *"], OK, DONE, OK, DONE),
]
BAD_LISTS = ["2", '"2', '2"', 'W/2', 'w/"2"', 'W/ "2"', '"2" "3"', '"2"; "3"', '"2", 3', "'2'", '"a b"', '*, "2"', '"2", *',
             "* *", "*, *", ", *", "*,", "W/*", "abc"]
FORMS += [([f"{name}: {bad}"], MALFORMED, MALFORMED, MALFORMED, MALFORMED)
          for name in ("If-Match", "If-None-Match") for bad in BAD_LISTS]
FORMS += [(["If-Match: *", 'If-Match: "2"'], MALFORMED, MALFORMED, MALFORMED, MALFORMED)]


class Resources:
    """An app with one chat, and messages at version 2."""

    def __init__(self, wire, client, chat):
        self.wire, self.client, self.chat = wire, client, chat
        self.app = chat.path.rsplit("/chats", 1)[0]

    def ask(self, method, path, headers, parameters=None):
        if parameters is None:
            request = request_bytes(method, path, headers=headers)
        else:
            request = post_json(path, parameters, *headers).replace(b"POST", method.encode(), 1)
        return self.wire.send(request).read_answer(with_body=method != "HEAD")

    def message(self):
        path = f"{self.chat.messages_path}/{self.chat.create_message('text')}"
        self.client.put(path, {"content": "text 2"}).expect(200)
        return path

    def deleted(self):
        path = self.message()
        self.client.delete(path).expect(204)
        return path

    def lists(self):
        """The resources that can be read and have no tag."""
        return ["/apps?limit=1", self.app, f"{self.app}/chats", self.chat.path, self.chat.messages_path + "?limit=1",
                self.message() + "/versions"]


def assert_answer(answer, expected, tag=None):
    answer.expect(expected)
    if expected in (OK, NOT_MODIFIED):
        assert answer.headers["ETag"] == tag, answer
        assert expected != NOT_MODIFIED or answer.raw == b"", answer
    elif answer.raw:
        assert_problem(answer, expected, "version_mismatch" if expected == FAILED else "malformed")


def check_reads(resources, headers, message, untagged):
    path = resources.message()
    for method in ("GET", "HEAD"):
        assert_answer(resources.ask(method, path, headers), message, '"2"')
        for each in resources.lists():
            assert_answer(resources.ask(method, each, headers), untagged)


def check_writes_of_a_message(resources, headers, expected):
    for method, body, done in (("PUT", b'{"content":"text 3"}', 200), ("DELETE", None, 204)):
        path = resources.message()
        before = resources.client.get(path).expect(200).json
        answer = resources.ask(method, path, headers, body)
        if expected == DONE:
            answer.expect(done)
            after = resources.client.get(path)
            assert after.status == 410 if method == "DELETE" else after.json["version"] == 3, after
        else:
            assert_answer(answer, expected)
            assert resources.client.get(path).expect(200).json == before


def check_writes_without_tag(resources, headers, expected):
    """Tries each write. The function beside it reads the state that the write changes."""
    def chats():
        return resources.client.get(resources.app).json["chats_count"]

    def name():
        return resources.client.get(resources.app).json["name"]

    def apps():
        return resources.client.get("/apps?limit=1&order=desc").raw

    renamed = f'{{"name":"{resources.chat.count()} after {resources.message()}"}}'.encode()
    for method, path, body, done, state in (
            ("POST", "/apps", b'{"name":"new"}', 201, apps), ("PUT", resources.app, renamed, 200, name),
            ("POST", f"{resources.app}/chats", b"{}", 201, chats),
            ("POST", resources.chat.messages_path, b'{"content":"new"}', 201, resources.chat.count)):
        before = state()
        answer = resources.ask(method, path, headers, body)
        if expected == DONE:
            answer.expect(done)
        else:
            assert_answer(answer, expected)
        assert (state() != before) == (expected == DONE), (method, path)


def check_what_ignores_them(resources, headers, is_malformed):
    """Conditions are ignored where the answer would be an error without them (13.2.1), and by methods that select no
    representation."""
    message, gone = resources.message(), resources.deleted()
    new = b'{"content":"new"}'
    for path in [*resources.lists(), message, f"{resources.chat.messages_path}/search"]:
        resources.ask("OPTIONS", path.split("?")[0], headers).expect(204)
    resources.ask("POST", f"{resources.chat.messages_path}/search", headers, b'{"query":"text 2"}').expect(200)
    for method, path in (("GET", gone), ("HEAD", gone), ("PATCH", message), ("DELETE", resources.chat.messages_path),
                         ("GET", f"{resources.app}/chats/99"), ("HEAD", f"{resources.chat.messages_path}/999999"), ("GET", "/nowhere")):
        assert resources.ask(method, path, headers).status == resources.ask(method, path, []).status
    if is_malformed:
        return  # a write may refuse a malformed condition first
    for method, path, body in (("PUT", gone, new), ("DELETE", gone, None), ("PUT", f"{resources.chat.messages_path}/999999", new),
                               ("DELETE", f"{resources.chat.messages_path}/999999", None), ("POST", f"{resources.app}/chats/99/messages", new),
                               ("PUT", "/apps/" + "A" * 24, b'{"name":"x"}'), ("POST", "/apps/" + "A" * 24 + "/chats", b"{}")):
        assert resources.ask(method, path, headers, body).status == resources.ask(method, path, [], body).status, (method, path)


@pytest.mark.wire
@pytest.mark.parametrize("form", FORMS, ids=lambda form: "; ".join(form[0]) or "none")
def test_request_is_answered_as_its_conditions_demand(port, client, chat, form):
    headers, read, write, untagged_read, untagged_write = form
    with Wire(port) as wire:
        resources = Resources(wire, client, chat)
        check_reads(resources, headers, read, untagged_read)
        check_writes_of_a_message(resources, headers, write)
        check_writes_without_tag(resources, headers, untagged_write)
        check_what_ignores_them(resources, headers, write == MALFORMED)


def test_condition_is_looked_at_before_the_content(client, chat):
    """RFC 9110, 13.2.1. The change itself evaluates If-Match; a request with invalid content never reaches it."""
    chat.create_message("text")
    path = f"{chat.messages_path}/1"
    for headers, status in (({"If-None-Match": "*"}, 412), ({"If-Unmodified-Since": PAST}, 412), ({"If-None-Match": '"2"'}, 422)):
        assert client.put(path, {"content": ""}, headers).status == status, headers
    assert chat.content(1) == "text"


def test_edit_that_excludes_a_version_never_follows_it(port, chat):
    """Concurrent edits without conditions come between the check of the condition and the change."""
    chat.create_message("text")

    def edit(index, client):
        path = f"{chat.messages_path}/1"
        for _ in range(40):
            if index < 3:
                client.put(path, {"content": "any"}).expect(200)
            else:
                excluded = ", ".join(f'"{version}"' for version in range(index, 400, 5))
                answer = client.put(path, {"content": f"not {excluded},"}, {"If-None-Match": excluded})
                assert answer.status in (200, 412), answer

    run_concurrently(port, 8, edit)
    versions = chat.versions(1).expect(200).json
    followed = [(before["version"], after["content"]) for before, after in pairwise(versions)]
    assert [pair for pair in followed if f'"{pair[0]}",' in pair[1]] == []
    assert sum(content != "any" for _, content in followed) > 0


def test_edits_that_exclude_another_version_are_all_done(port, chat):
    chat.create_message("text")
    run_concurrently(port, 8, lambda i, client: [chat.with_client(client).client.put(
        f"{chat.messages_path}/1", {"content": f"{i}.{turn}"}, {"If-None-Match": '"1000000"'}).expect(200) for turn in range(10)])
    assert chat.read(1).json["version"] == 81
    assert len({version["content"] for version in chat.versions(1).json}) == 81


def test_304_for_a_list_has_the_vary_header(client, chat):
    for _ in range(20):
        chat.create_message("x" * 200)
    plain = client.get(chat.messages_path).expect(200)
    again = client.get(chat.messages_path, {"If-None-Match": "*"}).expect(304)
    assert again.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert client.get(chat.path, {"If-None-Match": "*"}).expect(304).headers["Vary"] is None
