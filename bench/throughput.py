"""Creates, reads and lists at the highest rate, compared with nginx, which answers the same requests with as many bytes."""
import workload
from data_loader import DataLoader
from servers import matching_nginx
from turns import beside_nginx

CHATS = 50
MESSAGES_PER_CHAT = 2000
PIPELINE = 8


def measure(lab):
    with lab.server() as confab:
        data_loader = DataLoader(confab.port, lab.note)
        many, one, old = data_loader.app("over many chats", CHATS), data_loader.app("in one chat", 1), data_loader.app("to read", CHATS)
        load = data_loader.load(old, range(1, CHATS + 1), CHATS * MESSAGES_PER_CHAT)
        workload.require_last(confab.port, old, CHATS, MESSAGES_PER_CHAT)
        workloads = (workload.create(many, CHATS), workload.create(one, 1, "create, in one chat"),
                 workload.read(old, CHATS, MESSAGES_PER_CHAT), workload.list_last(old, CHATS))
        pipelined = workload.create(many, CHATS, f"create, over {CHATS} chats, {PIPELINE} at once", PIPELINE)
        with matching_nginx((*workloads, pipelined), confab, lab) as nginx:
            rows = lab.rows([*(row(lab, confab, nginx, data_loader, each, connections)
                               for each in workloads for connections in lab.settings.connections),
                             row(lab, confab, nginx, data_loader, pipelined, lab.settings.connections[0])])
            return {"rows": rows, "load": load, "reply_bytes": nginx.sizes}


def row(lab, confab, nginx, data_loader, each, connections):
    runs = (lab.settings.runs, lab.settings.seconds)
    return (f"{each.name}, {connections} connections",
            lambda: beside_nginx(each, confab, nginx, data_loader, connections, runs, lab.note))
