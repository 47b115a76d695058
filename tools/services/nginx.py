import http.client
import os
import shutil
from pathlib import Path

from .service import Service

TEMPLATE = Path(__file__).resolve().parent.parent.parent / "deploy" / "nginx.conf.template"

MAIN = """\
daemon off;
{user}
worker_processes 2;
pid {folder}/pid;
error_log stderr;
events {{ worker_connections 4096; }}
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


class Nginx(Service):
    """In front of the nodes that listen, now or later, on the given ports; configured as in docker-compose.yml."""

    name = "nginx"
    death_signal = "TERM"  # it takes its workers with it

    def __init__(self, folder, node_ports, **more):
        super().__init__(folder, **more)
        self.node_ports = node_ports

    def configure(self):
        # A node that did not answer is asked again soon: on one machine it is being restarted.
        nodes = " ".join(f"server 127.0.0.1:{port} fail_timeout=1s;" for port in self.node_ports)
        text = TEMPLATE.read_text().replace("${NODES}", nodes).replace("${LISTEN}", f"127.0.0.1:{self.port}")
        (self.folder / "nodes.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder, user=user))

    def command(self):
        # Debian keeps it in sbin, which is not on everybody's path.
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        return [program, "-p", self.folder, "-e", "stderr", "-c", self.folder / "nginx.conf", *self.options]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("TRACE", "/")  # nginx itself refuses it: no node is asked
            return connection.getresponse().status == 405
        except http.client.HTTPException:
            return False
        finally:
            connection.close()
