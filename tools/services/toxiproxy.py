"""Toxiproxy and its proxies. Each proxy is in front of a server and can be disabled, delayed or made to drop data."""

import http.client
import json

from .ports import Port
from .server_cache import server_folder
from .service import Service

RELEASE = "toxiproxy-2.5.0"


class Toxiproxy(Service):
    name = "toxiproxy"

    def __init__(self, folder, **more):
        super().__init__(folder, **more)
        self.proxies = []

    def command(self):
        return [server_folder(RELEASE) / "toxiproxy-server", "-host", "127.0.0.1", "-port", self.port, *self.options]

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise AssertionError(f"toxiproxy: {method} {path} {body} answered {answer.status}: {text.decode()}")
        return answer.status, text

    def answers(self):
        return self.request("GET", "/version")[0] == 200

    def proxy(self, name, upstream_port):
        """A new proxy to the server on the port, which may start later."""
        proxy = Proxy(self, name, upstream_port)
        self.proxies.append(proxy)
        return proxy

    def close(self):
        super().close()
        for proxy in self.proxies:
            proxy.reserved_port.release()


class Proxy:
    """A proxy to a server, at first without faults. Faults also apply to open connections."""

    def __init__(self, toxiproxy, name, upstream_port):
        self.toxiproxy, self.name = toxiproxy, name
        self.reserved_port = Port()
        self.port = self.reserved_port.number
        toxiproxy.request("POST", "/proxies", {"name": name, "listen": f"127.0.0.1:{self.port}", "upstream": f"127.0.0.1:{upstream_port}"})

    def disable(self):
        """Closes every connection and refuses new ones."""
        self.toxiproxy.request("POST", f"/proxies/{self.name}", {"enabled": False})

    def open(self):
        """Removes all faults."""
        for toxic in json.loads(self.toxiproxy.request("GET", f"/proxies/{self.name}/toxics")[1]):
            self.remove(toxic["name"])
        self.toxiproxy.request("POST", f"/proxies/{self.name}", {"enabled": True})

    def add_latency(self, milliseconds):
        """Delays every answer."""
        self.add("slow", "latency", "downstream", latency=milliseconds)

    def drop_replies(self):
        """Drops the server's data while connections stay open. Those connections end once the proxy is opened again."""
        self.add("no_replies", "timeout", "downstream", timeout=0)

    def drop_requests(self):
        self.add("no_requests", "timeout", "upstream", timeout=0)

    def add(self, name, kind, stream, toxicity=1.0, **attributes):
        """Adds a toxic of Toxiproxy. `stream` is downstream (to the client) or upstream (to the server)."""
        self.toxiproxy.request("POST", f"/proxies/{self.name}/toxics",
                           {"name": name, "type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes})

    def remove(self, name):
        self.toxiproxy.request("DELETE", f"/proxies/{self.name}/toxics/{name}")
