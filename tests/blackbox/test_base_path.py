"""nginx serves the API below a path: Location and Link lead to existing resources."""

import pytest
from client import Chat, Client
from pages import follow, joined, links
from server import run
from services import Nginx

BELOW = """\
upstream nodes {
    ${NODES}
}

server {
    listen ${LISTEN};
    location /chat/v1/ {
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_pass http://nodes/;
    }
}
"""


class NginxBelowAPath(Nginx):
    template = BELOW


@pytest.fixture(params=["/chat/v1", "/chat/v1/"])
def below(request, start, tmp_path):
    """A client of such an nginx."""
    server = start("--base-path", request.param)
    with NginxBelowAPath(tmp_path / "nginx", [server.port]) as front, Client(front.port) as client:
        yield client


def test_every_location_and_link_is_found_there(below):
    created = below.post("/chat/v1/apps", {"name": "app"}).expect(201)
    app = created.headers["Location"]
    assert app == f"/chat/v1/apps/{created.json['token']}"
    assert below.get(app).expect(200).json == created.json

    created = below.post(f"{app}/chats", headers={"Idempotency-Key": "k"}).expect(201)
    chat = Chat(below, created.headers["Location"])
    assert chat.path == f"{app}/chats/1" and below.get(chat.path).expect(200).json == created.json

    for number in range(1, 8):
        created = chat.post_message(f"hit {number}", key=f"k{number}").expect(201)
        assert created.headers["Location"] == f"{chat.messages_path}/{number}"
        assert below.get(created.headers["Location"]).expect(200).json == created.json
        below.post(f"{app}/chats").expect(201)
        below.post("/chat/v1/apps", {"name": f"app {number}"}).expect(201)
    for replayed in (below.post("/chat/v1/apps", {"name": "r"}, {"Idempotency-Key": "k"}),
                     below.post("/chat/v1/apps", {"name": "r"}, {"Idempotency-Key": "k"}),
                     below.post(f"{app}/chats", headers={"Idempotency-Key": "k"}), chat.post_message("hit 7", key="k7")):
        assert below.get(replayed.expect(201).headers["Location"]).expect(200).json == replayed.json

    for path, count in (("/chat/v1/apps", 9), (f"{app}/chats", 8), (chat.messages_path, 7)):
        whole = below.get(path).expect(200).json
        assert len(whole) == count
        pages = list(follow(below, f"{path}?limit=3"))
        assert joined(pages) == whole and len(pages) == 3
        assert below.get(links(pages[-1])["prev"]).expect(200).json == pages[-2].json
    hits = list(follow(below, f"{chat.messages_path}/search?query=hit&limit=2&highlight=true", method="POST"))
    assert [hit["number"] for hit in joined(hits)] == [7, 6, 5, 4, 3, 2, 1]
    assert all(path.startswith("/chat/v1/apps/") for hit in hits for path in links(hit).values())


@pytest.mark.parametrize("path", ["chat", "//evil.example", "/a b", "/a?b", "/../a", "/ä", "/" + "a" * 255])
def test_base_path_that_is_none_is_refused(confab, tmp_path, path):
    result = run(confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--base-path", path)
    assert result.returncode > 0 and "base-path" in result.stderr and result.stderr.count("\n") == 1, result
    assert not (tmp_path / "data").exists()
