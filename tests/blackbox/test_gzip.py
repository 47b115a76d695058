"""gzip: large enough answers are compressed on request and decompress to the same bytes. All others stay as they are."""

import gzip

import pytest
from client import Client, assert_problem
from load import fill
from wire import Wire, request_bytes

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def long_chat(shared_server):
    with Client(shared_server.port) as client:
        chat = client.new_chat()
        fill(chat, [f"message {i}: äöü 語🎈 {'lorem ipsum ' * (i % 50)}" for i in range(3000)])
        yield chat


def unpacked(answer):
    assert answer.headers["Content-Encoding"] == "gzip" and answer.headers["Vary"] == "Accept-Encoding", answer
    return gzip.decompress(answer.raw)


def assert_plain(answer):
    assert "Content-Encoding" not in answer.headers and answer.raw[:1] in (b"{", b"["), answer


def test_lists_and_hits_are_compressed_and_the_same_unpacked(client, long_chat):
    long_chat.edit(1, "z" * 2000)
    messages, search = long_chat.messages_path, long_chat.messages_path + "/search"
    for method, path in (("GET", messages), ("GET", messages + "?limit=20"), ("GET", messages + "/1/versions"),
                         ("POST", search + "?query=e"), ("POST", search + "?query=lorem&limit=30&highlight=true")):
        plain = client.request(method, path).expect(200)
        assert_plain(plain)
        packed = client.request(method, path, headers=GZIP).expect(200)
        assert unpacked(packed) == plain.raw, path
        assert len(packed.raw) < len(plain.raw) / 2, path
        assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
        for header in ("Link", "Last-Event-ID", "Stream-Next-Offset"):
            assert packed.headers[header] == plain.headers[header]
    client.get(long_chat.path, GZIP).expect(200)  # the connection is still in step


def test_short_answers_errors_and_what_has_a_tag_stay_as_they_are(client, chat):
    chat.create_message("x" * 60000)
    chat.create_message("short")
    assert_plain(client.get(chat.messages_path + "/1", GZIP).expect(200))
    assert_plain(client.get(chat.messages_path + "?limit=1&after=1", GZIP).expect(200))
    assert_plain(chat.client.post(chat.messages_path, {"content": "y" * 5000}, GZIP).expect(201))
    assert_problem(client.get("/nowhere", GZIP), 404, "not_found")


@pytest.mark.parametrize("accepted", ["GZIP", "x-gzip", "br, gzip", "deflate;q=1.0,gzip ; q=0.5", "*", "br;q=1, *;q=0.1",
                                      "identity;q=0.5, gzip;q=0.5", "gzip;q=0.001"])
def test_gzip_is_sent_to_those_who_take_it(client, long_chat, accepted):
    path = long_chat.messages_path + "?limit=40"
    assert unpacked(client.get(path, {"Accept-Encoding": accepted})) == client.get(path).raw


@pytest.mark.parametrize("accepted", [None, "", "identity", "br", "deflate", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzipped",
                                      "*, gzip;q=0", "identity, gzip;q=0.9", "gzip;q=x", "gzip;q=2", "gzip;level=1", ",,;"])
def test_gzip_is_not_sent_to_others(client, long_chat, accepted):
    headers = {"Accept-Encoding": accepted} if accepted is not None else {"Accept-Encoding": "identity"}
    answer = client.get(long_chat.messages_path + "?limit=40", headers).expect(200)
    assert_plain(answer)
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.wire
@pytest.mark.parametrize("path", ["", "?limit=40"])
def test_head_has_the_headers_of_get(port, long_chat, path):
    with Wire(port) as wire:
        head = [f"{name}: {value}" for name, value in GZIP.items()]
        answer = wire.send(request_bytes("HEAD", long_chat.messages_path + path, headers=head)).read_answer(False)
        get = wire.send(request_bytes("GET", long_chat.messages_path + path, headers=head)).read_answer()
    for header in ("Content-Encoding", "Vary", "Content-Length", "Transfer-Encoding"):
        assert answer.headers[header] == get.headers[header], header


def test_http_1_0_client_gets_it_to_the_end_of_the_connection(port, client, long_chat):
    with Wire(port) as wire:
        request = request_bytes("GET", long_chat.messages_path, headers=["Accept-Encoding: gzip"], version="1.0")
        assert unpacked(wire.send(request).read_answer().expect(200)) == client.get(long_chat.messages_path).raw


def failing_from(call, start, fault_library):
    """A server whose zlib fails from that call on, and a chat whose list takes several calls."""
    server = start(environment={"LD_PRELOAD": str(fault_library("failing_deflate")), "FAULT_DEFLATE": str(call)})
    with Client(server.port) as client:
        chat = client.new_chat()
        fill(chat, [f"message {i} {'lorem ipsum ' * 40}" for i in range(400)])
        return server, chat.messages_path


def test_short_body_that_cannot_be_compressed_is_an_internal_error(start, fault_library):
    server, path = failing_from(1, start, fault_library)
    with Client(server.port) as client:
        assert_problem(client.get(path + "?limit=10", GZIP), 500, "internal")
        assert len(client.get(path).expect(200).json) == 400
    assert "zlib failed to compress" in server.log()
    server.stop()


@pytest.mark.wire
@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("call", [1, 4])
def test_long_body_that_cannot_be_compressed_is_aborted(start, fault_library, call, version):
    server, path = failing_from(call, start, fault_library)
    with Wire(server.port) as wire:
        wire.send(request_bytes("GET", path, headers=["Accept-Encoding: gzip"], version=version))
        with pytest.raises(ConnectionResetError):
            wire.read_answer()
    with Client(server.port) as client:
        assert len(client.get(path).expect(200).json) == 400
    assert "zlib failed to compress" in server.log()
    server.stop()
