"""A text is returned byte for byte as it was sent."""

import json

import pytest
from client import JSON, Chat, Client

TEXTS = [
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇪🇬 ☠️",
    "e\u0301 and \u00e9 stay different; \u1112\u1161\u11ab and 한 too",
    "ﬁ ﬀ ℌ ① ½ ＡＢＣ ﷺ",
    "السلام عليكم שלום \u202eright to left\u202c",
    "\x01\x02\x1b[31m\x7f\x80\x9f",
    "\ufffe\uffff\ufdd0\U0001fffe\U0010ffff",
    "\ue000\uf8ff\U000f0000 private",
    "\u2028\u2029\ufeff\u200b\u00ad invisible",
    "  leading and trailing  \r\n\t",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "</script><!-- &amp; ]]> ${x} {{y}} %s %00 \\u0041 \\n",
    "'; DROP TABLE messages; --",
    "𐍈𒀀𝔘🂡",
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_odd_text_comes_back_byte_equal(client, chat, text):
    assert chat.post_message(text).expect(201).json["content"] == text
    assert chat.content(1) == text
    assert chat.contents() == [text]
    assert client.put(chat.path.rsplit("/chats")[0], {"name": text[:255]}).expect(200).json["name"] == text[:255]


def test_all_of_unicode_comes_back_byte_equal(client, chat):
    """Every code point except NUL and the surrogates, raw and as escapes."""
    points = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    contents = ["".join(points[at:at + 12000]) for at in range(0, len(points), 12000)]
    for content in contents:
        body = json.dumps({"content": content}).encode()
        client.request("POST", chat.messages_path, body, JSON).expect(201)
        chat.create_message(content)
    assert chat.contents() == [content for content in contents for _ in range(2)]


def test_long_text_survives_a_restart(start):
    text = "語🎈" * (65536 // 7)
    server = start()
    with Client(server.port) as client:
        path = client.new_chat().path
        assert Chat(client, path).create_message(text) == 1
    server.stop()
    with Client(start().port) as client:
        assert Chat(client, path).contents() == [text]
