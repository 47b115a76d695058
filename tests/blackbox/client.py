"""A keep-alive HTTP client that never retries and returns every answer as it is."""

import http.client
import json as json_module
from contextlib import contextmanager
from urllib.parse import urlencode

TIMEOUT_S = 120  # a bound against hanging, never a measure of speed
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# The connection was refused, or it ended before the first byte of an answer.
REFUSED = (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected)


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw

    @property
    def json(self):
        return json_module.loads(self.raw.decode("utf-8"))

    def expect(self, status):
        assert self.status == status, f"expected {status}, got {self}"
        return self

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.raw[:500]!r}"


def assert_private_headers(answer):
    """Every answer has these headers once: caches are private and revalidate, and browsers do not sniff the type."""
    assert answer.headers.get_all("Cache-Control") == ["private, no-cache"], answer
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"], answer


def assert_problem(answer, status, code, field=None, field_code=None):
    """Asserts that the answer is a problem document with this code and, for a parameter, this entry in `errors`."""
    answer.expect(status)
    assert answer.headers.get_content_type() == "application/problem+json", answer
    problem = answer.json
    assert {"type", "title", "status", "detail", "code", "request_id"} <= problem.keys(), answer
    assert (problem["status"], problem["code"]) == (status, code), answer
    assert problem["request_id"] == answer.headers["Request-Id"], answer
    if field is None:
        return
    entries = [entry for entry in problem["errors"] if entry["field"] == field]
    assert entries and all({"field", "code", "detail"} <= entry.keys() for entry in entries), answer
    assert field_code in [entry["code"] for entry in entries], answer


def as_json(parameters, headers=None):
    """The body and the headers of a request with these parameters."""
    if parameters is None:
        return None, headers
    return json_module.dumps(parameters, ensure_ascii=False).encode("utf-8"), {**JSON, **(headers or {})}


class Client:
    def __init__(self, port, timeout=TIMEOUT_S):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def request(self, method, path, body=None, headers=None):
        self.begin(method, path, body, headers)
        return self.finish()

    def begin(self, method, path, body=None, headers=None):
        """Sends a request. finish() waits for its answer."""
        with self._closed_on_failure():
            self.connection.request(method, path, body=body, headers=headers or {})

    def finish(self):
        with self._closed_on_failure():
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    @contextmanager
    def _closed_on_failure(self):
        try:
            yield
        except BaseException:
            self.connection.close()  # a half-used connection would answer the next request with this one's answer
            raise

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, parameters=None, headers=None):
        return self._send("POST", path, parameters, headers)

    def put(self, path, parameters=None, headers=None):
        return self._send("PUT", path, parameters, headers)

    def delete(self, path, headers=None):
        return self.request("DELETE", path, headers=headers)

    def _send(self, method, path, parameters, headers):
        return self.request(method, path, *as_json(parameters, headers))

    def new_app(self, name="app"):
        return "/apps/" + self.post("/apps", {"name": name}).expect(201).json["token"]

    def new_chat(self, app=None):
        app = app or self.new_app()
        return Chat(self, f"{app}/chats/{self.post(app + '/chats').expect(201).json['number']}")


def if_match_header(tags):
    return {"If-Match": tags} if tags is not None else None


class Chat:
    """One chat seen through one client."""

    def __init__(self, client, path):
        self.client, self.path, self.messages_path = client, path, path + "/messages"

    def with_client(self, client):
        return Chat(client, self.path)

    def post_message(self, content, key=None, **more):
        headers = {"Idempotency-Key": key} if key is not None else None
        return self.client.post(self.messages_path, {"content": content, **more}, headers)

    def create_message(self, content, **more):
        return self.post_message(content, **more).expect(201).json["number"]

    def edit(self, number, content, if_match=None, **more):
        path = f"{self.messages_path}/{number}"
        return self.client.put(path, {"content": content, **more}, if_match_header(if_match))

    def delete(self, number, if_match=None):
        return self.client.delete(f"{self.messages_path}/{number}", if_match_header(if_match))

    def read(self, number, if_none_match=None):
        headers = {"If-None-Match": if_none_match} if if_none_match is not None else None
        return self.client.get(f"{self.messages_path}/{number}", headers)

    def versions(self, number):
        return self.client.get(f"{self.messages_path}/{number}/versions")

    def content(self, number):
        return self.read(number).expect(200).json["content"]

    def messages(self):
        return self.client.get(self.messages_path).expect(200).json

    def contents(self):
        """All contents of the chat as a list. Asserts that its numbers are exactly 1..n."""
        messages = self.messages()
        assert [message["number"] for message in messages] == list(range(1, len(messages) + 1)), self.path
        return [message["content"] for message in messages]

    def page(self, **parameters):
        return self.client.get(f"{self.messages_path}?{urlencode(parameters)}").expect(200)

    def count(self):
        return self.client.get(self.path).expect(200).json["messages_count"]

    def search(self, query):
        return self.client.post(self.messages_path + "/search", {"query": query})

    def find(self, query):
        return [message["number"] for message in self.search(query).expect(200).json]
