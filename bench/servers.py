"""The two compared servers. Each is started and stopped here as a child process."""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from client import sample_reply
from failure import Failure

START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 20
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def clean_environment():
    """The environment without Confab's options, so that the defaults are measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CONFAB_")}


def end_with_parent():
    # A killed benchmark runs no cleanup, so the kernel ends its children.
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start_child(command, **options):
    """Starts a process that ends with this one. `options` are those of Popen."""
    # The alternative, setpriv, is a program of its own and would add its start to that of the server, which is measured.
    return subprocess.Popen([str(part) for part in command], preexec_fn=end_with_parent, **options)  # noqa: PLW1509


class Server:
    """A child process in its own session. Ctrl-C reaches only the benchmark, which then stops its servers cleanly."""

    def __init__(self, name, command, log, environment=None):
        self.name, self.log, self.stop_requested = name, log, False
        environment = {**clean_environment(), **(environment or {})}
        with open(log, "wb") as output, open(self.error_output(), "wb") as error_output:
            self.process = start_child(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=error_output, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        died = not self.stop_requested and self.process.poll() is not None
        status = self.stop()
        if died:
            raise Failure(f"{self.name} ended by itself, with status {status}: {self.last_error_line()}")

    def stop(self):
        """Ends the process. Returns its exit status."""
        self.stop_requested = True
        self.process.terminate()
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"{self.name} did not stop within {STOP_TIMEOUT_S} s of SIGTERM") from None
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def wait_until(self, ready):
        """Returns the first true value of `ready`."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if found := ready():
                return found
            if self.process.poll() is not None:
                raise Failure(f"{self.name} ended with status {self.process.returncode}: {self.last_error_line()}")
            time.sleep(0.02)
        raise Failure(f"{self.name} was not ready within {START_TIMEOUT_S} s: {self.last_error_line()}")

    def error_output(self):
        return self.log.with_suffix(".stderr")

    def last_error_line(self):
        lines = self.error_output().read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no message"


class Confab(Server):
    def __init__(self, binary, data, log, options=(), environment=None):
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--data", data, *options]
        super().__init__("confab", command, log, environment)
        try:
            self.port = self.wait_until(self.announced_port)
        except BaseException:
            self.stop()
            raise

    def announced_port(self):
        for line in self.log.read_text(errors="replace").splitlines(keepends=True):
            if line.startswith("listening on http://") and line.endswith("\n"):
                return int(line.rstrip("/\n").rpartition(":")[2])
        return None


def check_data(binary, data):
    """Runs `confab check` on a stopped server's data. Returns its output. Errors: Failure, if there are findings."""
    done = subprocess.run([binary, "check", "--data", data], env=clean_environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"confab check ended with status {done.returncode}: {(done.stdout + done.stderr).strip()}")
    return done.stdout.strip()


NGINX_CONFIG = """\
daemon off;
worker_processes 2;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
{pieces}
{servers}
}}
"""

# nginx limits the length of a word in its configuration, so a longer body is composed of pieces.
NGINX_PIECE_BYTES = 2000
NGINX_PIECE = """\
    map $host ${name} {{ default "{text}"; }}"""

NGINX_SERVER = """\
    server {{
        listen 127.0.0.1:{port};
        default_type "{content_type}";
        location / {{ return {status} "{body}"; }}
    }}"""


class Nginx(Server):
    """An nginx with a port for each of the replies. It answers with the reply's status, content type and body length."""

    def __init__(self, replies, folder):
        self.ports = dict(zip(replies, free_ports(len(replies)), strict=True))
        folder = pathlib.Path(folder)
        folder.mkdir()
        config = folder / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(servers="\n".join(
            NGINX_SERVER.format(port=self.ports[name], status=reply.status, content_type=reply.content_type,
                                body=body_of(len(reply.body))) for name, reply in replies.items()),
            pieces=NGINX_PIECE.format(name="piece", text="x" * NGINX_PIECE_BYTES)))
        command = [nginx_binary(), "-p", folder, "-e", "error.log", "-c", config]
        super().__init__("nginx", command, folder / "output.log")
        try:
            for port in self.ports.values():
                self.wait_until(lambda port=port: accepts(port))
        except BaseException:
            self.stop()
            raise


def matching_nginx(workloads, confab, lab):
    """An nginx that answers each of these workloads as this confab does, with as many bytes."""
    wanted = {workload.name: workload.sample(confab.port) for workload in workloads}
    nginx = Nginx(wanted, lab.new_path("nginx"))
    try:
        nginx.replies = {workload.name: sample_reply(nginx.ports[workload.name], "GET", "/") for workload in workloads}
        nginx.sizes = {name: {"body": len(reply.body), "confab": reply.wire_bytes,
                              "nginx": nginx.replies[name].wire_bytes} for name, reply in wanted.items()}
        require_equals(wanted, nginx.replies)
        return nginx
    except BaseException:
        nginx.stop()
        raise


def require_equals(confab_replies, nginx_replies):
    for name, reply in confab_replies.items():
        ours, theirs = ((each.status, each.content_type, len(each.body)) for each in (reply, nginx_replies[name]))
        if ours != theirs:
            raise Failure(f"{name}: nginx answers {theirs} where confab answers {ours}")


def body_of(size):
    pieces, rest = divmod(size, NGINX_PIECE_BYTES)
    return "${piece}" * pieces + "x" * rest if size > 2 * NGINX_PIECE_BYTES else "x" * size


def nginx_binary():
    # Debian installs it in sbin, which is not on every user's path.
    return tool("nginx", os.environ.get("PATH", "") + ":/usr/sbin")


def tool(name, path=None):
    found = shutil.which(name, path=path)
    if not found:
        raise Failure(f"{name} is not installed")
    return found


def free_ports(count):
    """Free ports. All are kept open until the last is found, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False
