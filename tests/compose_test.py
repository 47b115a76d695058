"""docker-compose.yml, as docker-compose reads it: the cluster's shape, closed to the outside, and engines that keep what was acknowledged."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ENGINES = {"CONFAB_MYSQL", "CONFAB_REDIS", "CONFAB_ELASTICSEARCH"}
NAMES = "CONFAB_ALLOWED_HOSTS"


def composed(checkout, **more):
    """With every default filled in, whatever the shell it runs in sets but for these."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CONFAB_", "COMPOSE_"))} | more
    done = subprocess.run(["docker-compose", "--file", checkout / "docker-compose.yml", "config"], env=environment, check=True,
                          stdout=subprocess.PIPE)
    return yaml.safe_load(done.stdout)


def options_of_image(checkout):
    """What the Dockerfile sets for every command."""
    pairs = re.search(r"^ENV (.*)$", (checkout / "Dockerfile").read_text(), re.M).group(1).split()
    return dict(pair.split("=", 1) for pair in pairs)


def findings(checkout, confab):
    project = composed(checkout)
    services = project["services"]

    roles = {name: service["command"][0] for name, service in services.items() if service["image"] == "confab"}
    if sorted(roles.values()) != ["migrate", "serve", "serve", "worker", "worker"]:
        yield f"not two nodes, two workers and one migration: {roles}"
    for name, role in roles.items():
        told = services[name]["environment"]
        if set(told) != ENGINES | ({NAMES} if role == "serve" else set()):
            yield f"{name} is not told exactly where the engines are, and a node which names are its own"
        if told.get(NAMES):
            yield f"{name} answers to {told[NAMES]} without being told to"
        environment = {**options_of_image(checkout), **services[name]["environment"]}
        for words in (["config"], [*services[name]["command"], "--help"]):
            asked = subprocess.run([confab, *words], env=environment, capture_output=True, text=True)
            if asked.returncode != 0:
                yield f"{name} starts with what confab does not know: {asked.stderr.strip()}"
        if (role == "serve") != ("--auth=open" in services[name]["command"]):
            yield f"{name}: --auth=open belongs to the nodes, and there in so many words"

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
            yield f"{name}: its health check does not tell how old its file is: {seen}"

    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    if list(published) != ["front"] or not all(port.startswith("127.0.0.1:") for port in published["front"]):
        yield f"published beyond the front port on loopback: {published}"

    for name in ("mysql", "redis", "elasticsearch"):
        kept = [volume.split(":")[0] for volume in services[name].get("volumes", [])]
        if kept != [name] or name not in project["volumes"]:
            yield f"the data of {name} have no volume of their own"
    for name, service in services.items():
        # That of the nodes is in the image.
        if roles.get(name) not in ("serve", "migrate") and "test" not in service.get("healthcheck", {}):
            yield f"{name} has no health check"
        if service.get("privileged") or service.get("user") in ("root", "0"):
            yield f"{name} has more rights than it needs"
        if service["image"] != "confab" and not re.fullmatch(r"[a-z]+:\d+(\.\d+)*", service["image"]):
            yield f"the release of {name} is not said: {service['image']}"

    if not {"--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1"} <= set(services["mysql"]["command"]):
        yield "mysql does not flush at every commit"
    if "--appendonly yes --appendfsync everysec --maxmemory-policy noeviction" not in " ".join(services["redis"]["command"]):
        yield "redis forgets or evicts"

    template = (checkout / "deploy" / "nginx.conf.template").read_text()
    if set(re.findall(r"\$\{(\w+)\}", template)) != set(services["front"]["environment"]):
        yield "nginx is given other variables than its template has"
    nodes = re.findall(r"server ([\w-]+):3000 ", services["front"]["environment"]["NODES"])
    if set(nodes) != {name for name, role in roles.items() if role == "serve"}:
        yield f"nginx stands in front of {nodes}"


def main(checkout, confab):
    found = list(findings(Path(checkout), confab))
    print("\n".join(found) or "the compose file is in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
