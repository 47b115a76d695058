"""Random requests, with restarts, to the server and to a model of it. Their answers never differ."""

from urllib.parse import urlencode

import model
import pytest
from client import Chat, Client, assert_problem
from feed import number_of, position_of_list
from fold import is_blank
from index_file import INDEX_IMMEDIATELY
from objects import assert_created
from pages import links
from server import Server, run

STEPS = 8000
CHATS = 4
ALPHABET = "aAbBßéÉ語🎈ﬁ %_\"\\*'"
REFUSALS = {"not_found": 404, "deleted": 410, "version_mismatch": 412, "key_reused": 422}


class Pair:
    """A chat of the server and its model. Each operation runs on both, and the answers are compared."""

    def __init__(self, chat, rng):
        self.real, self.model, self.rng = chat, model.Chat(), rng

    def any_number(self):
        count = len(self.model.messages)
        anywhere, near_the_end = self.rng.randint(1, count + 1), self.rng.randint(max(1, count - 9), count + 1)
        return self.rng.choice([anywhere, anywhere, near_the_end, near_the_end, 2**32 + 1])

    def any_content(self):
        return "".join(self.rng.choices(ALPHABET, k=self.rng.choice([1, 2, 3, 8, 40, 400])))

    def any_condition(self, number):
        """Often None, else tags of the current version, of others, or both."""
        message = self.model.find(number)
        version = message.version if message else 1
        tags = [f'"{version}"', f'"{version - 1}"', f'"{version + 1}"', f'W/"{version}"', '"other"', '""']
        chosen = ", ".join(self.rng.sample(tags, self.rng.randint(1, 3)))
        return self.rng.choice([None, None, None, "*", f'"{version}"', chosen, chosen])

    def any_parameters(self):
        parameters = {"content": self.any_content()}
        if self.rng.random() < 0.3:
            parameters["metadata"] = {self.any_content(): [self.rng.randint(-9, 9), None, self.any_content()]}
        return parameters

    def create(self):
        parameters = self.any_parameters()
        if self.rng.random() < 0.3:
            parameters["sender"] = "s" + self.any_content()[:8]
        key = f"key {self.rng.randint(1, 10**6)}" if self.rng.random() < 0.3 else None
        self.create_with(parameters, key)

    def create_again(self):
        """A key that was used before, with the same or with another payload."""
        if self.model.keys:
            key = self.rng.choice(list(self.model.keys))
            self.create_with(self.rng.choice([self.model.keys[key][0], {"content": "other payload"}]), key)

    def create_with(self, parameters, key):
        expected, message = self.model.create(parameters, key)
        answer = self.real.post_message(**parameters, key=key)
        if expected == "blank":
            assert_problem(answer, 422, "invalid_parameters", "content", "blank")
        elif not self.is_refused(answer, expected):
            assert_created(answer, f"{self.real.messages_path}/{message.number}")
            assert ("Idempotent-Replayed" in answer.headers) == (expected == "replay")
            message.assert_is(answer.json)

    def is_refused(self, answer, expected):
        if expected in REFUSALS:
            assert_problem(answer, REFUSALS[expected], expected)
        return expected in REFUSALS

    def edit(self):
        number, parameters = self.any_number(), self.any_parameters()
        condition = self.any_condition(number)
        if parameters["content"].strip():
            expected, message = self.model.edit(number, parameters, condition)
            answer = self.real.edit(number, **parameters, if_match=condition)
            if not self.is_refused(answer, expected):
                message.assert_is(answer.expect(200).json)
                assert answer.headers["ETag"] == message.tag

    def delete(self):
        number = self.any_number()
        condition = self.any_condition(number)
        expected, _ = self.model.delete(number, condition)
        answer = self.real.delete(number, if_match=condition)
        if not self.is_refused(answer, expected):
            assert answer.expect(204).raw == b""

    def read(self):
        number = self.any_number()
        condition = self.any_condition(number)
        expected, message = self.model.read(number, condition)
        answer = self.real.read(number, if_none_match=condition)
        if self.is_refused(answer, expected):
            return
        assert answer.headers["ETag"] == message.tag
        if expected == "not_modified":
            assert answer.expect(304).raw == b""
        else:
            message.assert_is(answer.expect(200).json)

    def versions(self):
        number = self.any_number()
        expected, message = self.model.read(number, None)
        answer = self.real.versions(number)
        if not self.is_refused(answer, expected):
            message.assert_versions_are(answer.expect(200).json)

    def assert_lists(self, answer, expected):
        assert [found["number"] for found in answer.json] == [message.number for message in expected]
        for found, message in zip(answer.json, expected, strict=True):
            message.assert_is(found)

    def page(self):
        paging = {"limit": self.rng.choice([1, 2, 3, 10, 100, 1000])} if self.rng.random() < 0.8 else {}
        if self.rng.random() < 0.5:
            paging["order"] = self.rng.choice(["asc", "desc"])
        if self.rng.random() < 0.8:
            paging[self.rng.choice(["after", "before", "around"])] = self.rng.choice([0, self.any_number()])
        answer = self.real.page(**paging)
        expected = self.model.page(paging)
        self.assert_lists(answer, expected)
        assert position_of_list(answer) == (number_of(self.real), len(self.model.messages), self.model.changes)
        if paging and expected:
            numbers = {message.number for message in expected}
            sides = min(numbers) > 1, max(numbers) < len(self.model.messages)
            expected_links = sides if paging.get("order", "asc") == "asc" else sides[::-1]
            assert ("prev" in links(answer), "next" in links(answer)) == expected_links

    def list(self):
        self.assert_lists(self.real.page(), self.model.messages)
        assert self.real.count() == len(self.model.messages)

    def search(self):
        query = self.any_query()
        paging = {"limit": self.rng.choice([1, 3, 20])} if self.rng.random() < 0.5 else {}
        if self.rng.random() < 0.3:
            paging["before"] = self.any_number()
        path = f"{self.real.messages_path}/search?{urlencode(paging)}"
        self.assert_lists(self.real.client.post(path, {"query": query}).expect(200), self.model.search(query, **paging))

    def any_query(self):
        """Mostly a substring of a current or former text."""
        texts = [text for message in self.rng.sample(self.model.messages, min(3, len(self.model.messages)))
                 for text in message.history if text] or [self.any_content()]
        text = self.rng.choice(texts)
        start = self.rng.randrange(len(text))
        query = text[start:start + self.rng.randint(1, 12)]
        return "a" if is_blank(query) else query


DEEDS = [Pair.create] * 12 + [Pair.create_again] * 3 + [Pair.edit] * 10 + [Pair.delete] * 3 + [Pair.read] * 6 + \
    [Pair.versions] * 4 + [Pair.page] * 10 + [Pair.search] * 8 + [Pair.list]


NARROW = ("--batch-commands-max", 1, "--read-threads", 1, "--threads", 1)


@pytest.mark.parametrize("options", [(), NARROW, INDEX_IMMEDIATELY], ids=["by_default", "all_narrow", "all_indexed"])
def test_random_requests_and_restarts_never_differ_from_the_model(confab, start, rng, options):
    server = start(*options)
    client = Client(server.port)
    app = client.new_app()
    pairs = [Pair(client.new_chat(app), rng) for _ in range(CHATS)]
    for _ in range(STEPS):
        if rng.random() < 0.004:
            server, client = restarted(server, client, start, options, rng)
            for pair in pairs:
                pair.real = Chat(client, pair.real.path)
        pair = rng.choice(pairs)
        rng.choice(DEEDS)(pair)
    for pair in pairs:
        pair.list()
    client.close()
    server.stop()
    assert run(confab, "check", "--data", server.data).returncode == 0
    print([(len(pair.model.messages), pair.model.changes, len(pair.model.keys)) for pair in pairs])


def restarted(server, client, start, options, rng):
    client.close()
    rng.choice([Server.stop, Server.kill])(server)
    server = start(*options)
    return server, Client(server.port)
