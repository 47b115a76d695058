import os
import shutil
from pathlib import Path

from .server_cache import server_folder
from .service import Service, http_status

TEMPLATE = (Path(__file__).resolve().parent.parent.parent / "deploy" / "nginx.conf.template").read_text()

MAIN = """\
daemon off;
{user}
worker_processes 2;
pid {folder}/pid;
error_log stderr;
{modules}
events {{ worker_connections 4096; }}
"""

HTTP = """\
http {{
    access_log off;
    client_body_temp_path {folder}/data/body;
    proxy_temp_path {folder}/data/proxy;
    fastcgi_temp_path {folder}/data/fastcgi;
    uwsgi_temp_path {folder}/data/uwsgi;
    scgi_temp_path {folder}/data/scgi;
    include {folder}/nodes.conf;
}}
"""

STREAM = """\
stream {{
    include {folder}/nodes.conf;
}}
"""

# A half-closed connection stays open in the other direction, as on a direct connection.
CONNECTIONS = """\
upstream nodes {
    ${NODES}
}

server {
    listen ${LISTEN};
    proxy_connect_timeout 2s;
    proxy_half_close on;
    proxy_pass nodes;
}
"""


class Nginx(Service):
    """nginx in front of the nodes on the given ports, which may start later. Configured as in docker-compose.yml."""

    name = "nginx"
    modules, context, template = "", HTTP, TEMPLATE
    death_signal = "TERM"  # it takes its workers with it

    def __init__(self, folder, node_ports, **more):
        super().__init__(folder, **more)
        self.node_ports = node_ports

    def nodes(self):
        """The upstream servers of the configuration."""
        # A node that did not answer is tried again soon, because here it is only restarting.
        return " ".join(f"server 127.0.0.1:{port} fail_timeout=1s;" for port in self.node_ports)

    def configure(self):
        text = self.template.replace("${NODES}", self.nodes()).replace("${LISTEN}", f"127.0.0.1:{self.port}")
        (self.folder / "nodes.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        main = MAIN.format(folder=self.folder, user=user, modules=self.modules)
        (self.folder / "nginx.conf").write_text(main + self.context.format(folder=self.folder))

    def program(self):
        # Debian installs it in sbin, which is not on every user's path.
        return shutil.which("nginx") or "/usr/sbin/nginx"

    def command(self):
        return [self.program(), "-p", self.folder, "-e", "stderr", "-c", self.folder / "nginx.conf", *self.options]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answers(self):
        return http_status(self.port, "TRACE", "/") == 405  # nginx itself refuses it, without a node


class ResolverNginx(Nginx):
    """The newest nginx, of Debian's unstable suite, in front of nodes that it resolves by name, as in docker-compose.yml. `nodes` is
    the value of NODES there, and `resolver` the address of a DNS server instead of Docker's."""

    def __init__(self, folder, nodes, resolver, **more):
        super().__init__(folder, [], **more)
        self.named_nodes, self.resolver = nodes, resolver

    def nodes(self):
        return self.named_nodes.replace("127.0.0.11", self.resolver)

    def program(self):
        return server_folder("nginx-unstable") / "nginx"


class StreamNginx(Nginx):
    """Forwards TCP connections to the nodes without HTTP, so clients get the nodes' bytes unchanged."""

    modules, context, template = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;", STREAM, CONNECTIONS

    def answers(self):
        return http_status(self.port, "OPTIONS", "/apps") is not None
