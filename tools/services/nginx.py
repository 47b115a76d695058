import os
import shutil
from pathlib import Path

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

# What one end closed stays open in the other direction, as on a connection without anything between.
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
    """In front of the nodes that listen, now or later, on the given ports; configured as in docker-compose.yml."""

    name = "nginx"
    modules, front, template = "", HTTP, TEMPLATE
    death_signal = "TERM"  # it takes its workers with it

    def __init__(self, folder, node_ports, **more):
        super().__init__(folder, **more)
        self.node_ports = node_ports

    def configure(self):
        # A node that did not answer is asked again soon: on one machine it is being restarted.
        nodes = " ".join(f"server 127.0.0.1:{port} fail_timeout=1s;" for port in self.node_ports)
        text = self.template.replace("${NODES}", nodes).replace("${LISTEN}", f"127.0.0.1:{self.port}")
        (self.folder / "nodes.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        main = MAIN.format(folder=self.folder, user=user, modules=self.modules)
        (self.folder / "nginx.conf").write_text(main + self.front.format(folder=self.folder))

    def command(self):
        # Debian keeps it in sbin, which is not on everybody's path.
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        return [program, "-p", self.folder, "-e", "stderr", "-c", self.folder / "nginx.conf", *self.options]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answers(self):
        return http_status(self.port, "TRACE", "/") == 405  # nginx itself refuses it: no node is asked


class ConnectionsNginx(Nginx):
    """Passes connections to the nodes as they are, and knows no HTTP: what the nodes say is what their clients hear."""

    modules, front, template = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;", STREAM, CONNECTIONS

    def answers(self):
        return http_status(self.port, "OPTIONS", "/apps") is not None
