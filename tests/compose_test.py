"""docker-compose.yml, as docker-compose reads it: its services, only the front port published, and durable engines."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tools"))
from services import Redis  # noqa: E402

PASSWORDS = {"mysql-password": "CONFAB_MYSQL_PASSWORD_FILE", "redis-password": "CONFAB_REDIS_PASSWORD_FILE"}
ENGINES = {"CONFAB_MYSQL", "CONFAB_REDIS", "CONFAB_ELASTICSEARCH", *PASSWORDS.values()}
NAMES = "CONFAB_ALLOWED_HOSTS"
MIB = 2**20
SPECIAL_PASSWORD = "p@ss/w#rd:%1"


def composed(checkout, **more):
    """The parsed file with its defaults. Of the shell's CONFAB_ and COMPOSE_ variables only these are set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CONFAB_", "COMPOSE_"))} | more
    done = subprocess.run(["docker-compose", "--file", checkout / "docker-compose.yml", "config"], env=environment, check=True,
                          stdout=subprocess.PIPE)
    return yaml.safe_load(done.stdout)


def options_of_image(checkout):
    """The environment variables that the Dockerfile sets."""
    pairs = re.search(r"^ENV (.*)$", (checkout / "Dockerfile").read_text(), re.M).group(1).split()
    return dict(pair.split("=", 1) for pair in pairs)


def secrets_of(service):
    return {secret["source"] for secret in service.get("secrets", [])}


def findings_of_images(services):
    of_confab = {name: service for name, service in services.items() if service["image"] == "confab"}
    builders = [name for name, service in services.items() if "build" in service]
    if len(builders) != 1 or builders[0] not in of_confab:
        yield f"exactly one service must build confab's image, but these do: {builders}"
    for name, service in of_confab.items():
        if name in builders:
            continue
        if service.get("pull_policy") != "never":
            yield f"{name} may pull an image named confab from a registry"
        if not set(builders) <= set(service["depends_on"]):
            yield f"{name} does not wait for the image"


def findings_of_passwords(checkout, project, roles):
    services = project["services"]
    for name in roles:
        if secrets_of(services[name]) != set(PASSWORDS):
            yield f"{name} lacks the secrets of the passwords"
        for secret, variable in PASSWORDS.items():
            if services[name]["environment"].get(variable) != f"/run/secrets/{secret}":
                yield f"{name} lacks the path of the {secret}"
    if services["mysql"]["environment"].get("MYSQL_PASSWORD_FILE") != "/run/secrets/mysql-password":
        yield "mysql lacks the path of its password"
    for secret, variable in PASSWORDS.items():
        file = Path(project["secrets"][secret]["file"])
        if not (file.is_file() and file.stat().st_mode & 0o044 == 0o044):
            yield f"{file} is not readable for the users of the containers"
        named = composed(checkout, **{variable: "/elsewhere"})["secrets"][secret]["file"]
        if named != "/elsewhere":
            yield f"{variable} does not set the file of {secret}"


class RedisOfComposeFile(Redis):
    """Debian's server, started by the command of the compose file, with a password that needs quoting in most contexts."""

    def __init__(self, folder, shell, command):
        super().__init__(folder)
        self.script = self.here(command)
        self.probe_script = self.here(shell)

    def here(self, command):
        return command.replace("/run/secrets/redis-password", str(self.folder / "password")).replace("$$", "$")

    def command(self):
        (self.folder / "password").write_text(SPECIAL_PASSWORD + "\n")
        entrypoint = self.folder / "docker-entrypoint.sh"
        entrypoint.write_text(f'#!/bin/sh\nexec "$@" --port {self.port} --bind 127.0.0.1 --dir {shlex.quote(str(self.data))}\n')
        entrypoint.chmod(0o755)
        return ["env", f"PATH={self.folder}:{os.environ['PATH']}", "sh", "-c", self.script]

    def client(self, **more):
        return super().client(password=SPECIAL_PASSWORD, **more)

    def is_healthy(self):
        asked = self.probe_script.replace("redis-cli", f"redis-cli -p {self.port}")
        return subprocess.run(["sh", "-c", asked], stderr=subprocess.DEVNULL).returncode == 0


def findings_of_redis(service, confab):
    if service["command"][:2] != ["sh", "-c"]:
        yield f"redis has an unexpected command: {service['command']}"
        return
    with tempfile.TemporaryDirectory() as folder, RedisOfComposeFile(folder, service["healthcheck"]["test"][1], service["command"][2]) as server:
        settings = server.client().config_get("*")
        if not server.is_healthy():
            yield "the health check of redis fails"
        if server.client().acl_whoami() != "default":
            yield "redis does not accept the password"
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
    if wanted.items() - settings.items():
        yield f"redis may lose or evict data: {wanted.items() - settings.items()}"
    queue_max = 64 * cluster_default(confab, "queue-bytes-max")
    memory = int(settings["maxmemory"])
    if not queue_max + queue_max // 4 <= memory <= 4 * queue_max:
        yield f"redis has {memory // MIB} MiB for a queue of up to {queue_max // MIB} MiB"


def cluster_default(confab, option):
    asked = subprocess.run([confab, "config"], env={"CONFAB_REDIS": "redis://redis"}, stdout=subprocess.PIPE, text=True, check=True)
    return int(re.search(rf"^{option} = (\d+)", asked.stdout, re.M)[1])


def findings(checkout, confab):
    project = composed(checkout)
    services = project["services"]
    yield from findings_of_images(services)

    roles = {name: service["command"][0] for name, service in services.items() if service["image"] == "confab"}
    if sorted(roles.values()) != ["migrate", "serve", "serve", "worker", "worker"]:
        yield f"expected two nodes, two workers and one migration: {roles}"
    for name, role in roles.items():
        given = services[name]["environment"]
        if set(given) != ENGINES | ({NAMES} if role == "serve" else set()):
            yield f"{name} must get exactly the URLs of the engines, and a node also {NAMES}"
        if given.get(NAMES):
            yield f"{name} allows the host {given[NAMES]} by default"
        environment = {**options_of_image(checkout), **services[name]["environment"]}
        for words in (["config"], [*services[name]["command"], "--help"]):
            asked = subprocess.run([confab, *words], env=environment, capture_output=True, text=True)
            if asked.returncode != 0:
                yield f"{name} has options that confab refuses: {asked.stderr.strip()}"
        if (role == "serve") != ("--auth=open" in services[name]["command"]):
            yield f"{name}: the nodes, and only they, must have --auth=open"

    yield from findings_of_passwords(checkout, project, roles)
    yield from findings_of_redis(services["redis"], confab)

    named = composed(checkout, **{NAMES: "chat.example"})["services"]
    if not all(named[name]["environment"].get(NAMES) == "chat.example" for name, role in roles.items() if role == "serve"):
        yield f"{NAMES} does not reach the nodes"

    for name in (name for name, role in roles.items() if role == "worker"):
        file = services[name]["command"][-1].removeprefix("--alive-file=")
        test = services[name]["healthcheck"]["test"][1]
        with tempfile.TemporaryDirectory() as folder:
            here = Path(folder) / "alive"
            ask = ["sh", "-c", test.replace(file, str(here))]
            seen = [subprocess.run(ask, stderr=subprocess.DEVNULL).returncode]
            for age_s in (0, 60):
                here.touch()
                os.utime(here, (time.time() - age_s,) * 2)
                seen.append(subprocess.run(ask).returncode)
        if file not in test or [code == 0 for code in seen] != [False, True, False]:
            yield f"{name}: its health check ignores the age of its file: {seen}"

    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    if list(published) != ["front"] or not all(port.startswith("127.0.0.1:") for port in published["front"]):
        yield f"ports other than the front port on loopback are published: {published}"

    for name in ("mysql", "redis", "elasticsearch"):
        kept = [volume.split(":")[0] for volume in services[name].get("volumes", [])]
        if kept != [name] or name not in project["volumes"]:
            yield f"the data of {name} has no volume of its own"
    for name, service in services.items():
        # The health check of the nodes is in the image.
        if roles.get(name) not in ("serve", "migrate") and "test" not in service.get("healthcheck", {}):
            yield f"{name} has no health check"
        if service.get("privileged") or service.get("user") in ("root", "0"):
            yield f"{name} has more rights than it needs"
        if service["image"] != "confab" and not re.fullmatch(r"[a-z]+:\d+(\.\d+)*", service["image"]):
            yield f"the image of {name} has no version: {service['image']}"

    if not {"--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1"} <= set(services["mysql"]["command"]):
        yield "mysql does not flush its logs at every commit"

    template = (checkout / "deploy" / "nginx.conf.template").read_text()
    if set(re.findall(r"\$\{(\w+)\}", template)) != set(services["front"]["environment"]):
        yield "the variables of nginx differ from those of its template"
    nodes = re.findall(r"server ([\w-]+):3000 resolve ", services["front"]["environment"]["NODES"])
    if set(nodes) != {name for name, role in roles.items() if role == "serve"}:
        yield f"nginx has other upstream servers than the nodes: {nodes}"


def main(checkout, confab):
    found = list(findings(Path(checkout), confab))
    print("\n".join(found) or "the compose file is in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
