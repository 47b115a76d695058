"""Creates, reads and lists as fast as they go, beside nginx, which answers the same requests with a text as long."""
import work
from servers import matching_nginx
from stage import Stage
from turns import beside_nginx

CHATS = 50
MESSAGES_PER_CHAT = 2000
PIPELINE = 8


def measure(lab):
    with lab.server() as confab:
        stage = Stage(confab.port, lab.note)
        many, one, old = stage.app("over many chats", CHATS), stage.app("in one chat", 1), stage.app("to read", CHATS)
        load = stage.load(old, range(1, CHATS + 1), CHATS * MESSAGES_PER_CHAT)
        work.require_last(confab.port, old, CHATS, MESSAGES_PER_CHAT)
        works = (work.create(many, CHATS), work.create(one, 1, "create, in one chat"),
                 work.read(old, CHATS, MESSAGES_PER_CHAT), work.list_last(old, CHATS))
        pipelined = work.create(many, CHATS, f"create, over {CHATS} chats, {PIPELINE} at once", PIPELINE)
        with matching_nginx((*works, pipelined), confab, lab) as nginx:
            rows = lab.rows([*(row(lab, confab, nginx, stage, each, connections)
                               for each in works for connections in lab.settings.connections),
                             row(lab, confab, nginx, stage, pipelined, lab.settings.connections[0])])
            return {"rows": rows, "load": load, "reply_bytes": nginx.sizes}


def row(lab, confab, nginx, stage, each, connections):
    runs = (lab.settings.runs, lab.settings.seconds)
    return (f"{each.name}, {connections} connections",
            lambda: beside_nginx(each, confab, nginx, stage, connections, runs, lab.note))
