"""The Postman collection works. newman sends all of it to a real server twice, first on an empty folder, and its tests pass.
Its requests cover each route of the program, also HEAD and OPTIONS, and its saved answers are those of the server.

    postman_test.py CONFAB NEWMAN ROOT                      the test
    postman_test.py CONFAB NEWMAN ROOT --write-examples     saves the server's answers in the collection
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

RUN_SECONDS_MAX = 100  # a bound against hanging, never a measure of speed
END_SECONDS_MAX = 15

ROUTE = re.compile(r'\{verb::(\w+),\s+"([^"]+)",\s+\w+,\s+"[^"]+"\}')
TIMES_AND_NAMES = [  # values that differ between runs
    (re.compile(r"\b[1-9A-HJ-NP-Za-km-z]{24}\b"), "TOKEN"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "TIME"),
    (re.compile(r'"request_id":"[0-9a-f]{16}"'), "REQUEST_ID"),
    (re.compile(r"\b[0-9A-Za-z]{8}(?=:\d+:\d+\.\d+\b|-\d{10}-\d{10}\b)"), "GENERATION"),
]
HEADERS_THAT_DIFFER = ("date", "request-id", "server-timing", "stream-cursor")
ENDLESS = {("GET", "/apps/{token}/events")}  # a run of the collection would never end; test_feed_app.py has its tests


def routes_of(source):
    """The pairs of method and path of the program. GET implies HEAD; every path has OPTIONS."""
    table = {(verb.rstrip("_").upper(), path) for verb, path in ROUTE.findall(source)}
    if not table or len(table) != source.count("{verb::"):
        raise SystemExit("this test cannot parse the table of routes")
    return table | {("HEAD", path) for method, path in table if method == "GET"} | {("OPTIONS", path) for _, path in table}


def requests_of(folder):
    for item in folder["item"]:
        yield from requests_of(item) if "item" in item else [item]


def route_of(request):
    path = request["url"]["raw"].removeprefix("{{baseUrl}}").split("?")[0]
    return request["method"], path.replace("{{", "{").replace("}}", "}")


def start(confab, folder):
    server = subprocess.Popen([confab, "serve", "--listen", "127.0.0.1:0", "--data", folder], stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("listening on http://"):
            return server, line.strip().removeprefix("listening on ")
    raise SystemExit("the server did not start")


def stop(server):
    server.terminate()
    try:
        return server.wait(END_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        return "nothing, and had to be killed"


def run_newman(newman, collection, address, report):
    """The exit status and newman's report of a run of the complete collection."""
    command = [newman, "run", collection, "--env-var", f"baseUrl={address}", "--color", "off", "--reporters", "cli,json",
               "--reporter-cli-no-banner", "--reporter-cli-no-success-assertions", "--reporter-json-export", report]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=RUN_SECONDS_MAX)
    if ran.returncode != 0:
        print(ran.stdout)
    if not report.exists():
        raise SystemExit(f"newman ended with {ran.returncode} and no report:\n{ran.stdout}")
    return ran.returncode, json.loads(report.read_text())["run"]


def example_of(item, execution):
    """The answer in the form in which Postman saves it beside its request."""
    answer = execution["response"]
    body = bytes(answer.get("stream", {}).get("data", [])).decode()
    return {
        "name": f"{answer['code']} {answer['status']}",
        "originalRequest": item["request"],
        "status": answer["status"],
        "code": answer["code"],
        "_postman_previewlanguage": "json" if body else "text",
        "header": [{"key": h["key"], "value": h["value"]} for h in answer["header"]],
        "cookie": [],
        "body": body,
    }


def timeless(example):
    header = [h for h in example["header"] if h["key"].lower() not in HEADERS_THAT_DIFFER]
    text = json.dumps({**example, "header": header}, ensure_ascii=False, indent=1).replace('\\"', '"')
    for pattern, name in TIMES_AND_NAMES:
        text = pattern.sub(name, text)
    return text


def run_findings(returncode, run, items):
    if returncode != 0:
        yield f"newman ended with {returncode}"
    if run["stats"]["assertions"]["total"] == 0:
        yield "newman ran no test at all"
    if len(run["executions"]) != len(items):
        yield f"newman sent {len(run['executions'])} of {len(items)} requests"
    for execution in run["executions"]:
        if not execution.get("assertions"):
            yield f"'{execution['item']['name']}' has no test"


def executed(run, items):
    """Pairs of a request and its execution. `run_findings` reports if newman sent fewer requests."""
    return zip(items, run["executions"], strict=False)


def coverage_findings(run, items, routes):
    covered = {route_of(item["request"]) for item, e in executed(run, items) if e.get("response", {}).get("code", 500) < 300}
    for method, path in sorted(routes - covered - ENDLESS):
        yield f"no request of the collection succeeds with {method} {path}"


def example_findings(run, items):
    for item, execution in executed(run, items):
        if "response" not in execution:
            continue
        saved = [timeless(example) for example in item["response"]]
        had = timeless(example_of(item, execution))
        if saved != [had]:
            yield f"'{item['name']}' has saved\n{saved[0] if saved else 'nothing'}\nbut was answered\n{had}\n(--write-examples saves it)"


def findings(newman, path, address, folder, routes):
    items = list(requests_of(json.loads(path.read_text())))
    on_empty_folder = run_newman(newman, path, address, folder / "first.json")
    once_more = run_newman(newman, path, address, folder / "second.json")
    yield from run_findings(*on_empty_folder, items)
    yield from coverage_findings(on_empty_folder[1], items, routes)
    yield from example_findings(on_empty_folder[1], items)
    yield from run_findings(*once_more, items)


def write_examples(newman, path, address, folder):
    collection = json.loads(path.read_text())
    items = list(requests_of(collection))
    returncode, run = run_newman(newman, path, address, folder / "report.json")
    yield from run_findings(returncode, run, items)
    for item, execution in executed(run, items):
        if "response" in execution:
            item["response"] = [example_of(item, execution)]
    path.write_text(json.dumps(collection, ensure_ascii=False, indent="\t") + "\n")  # as Postman exports it


def main(confab, newman, root, writes):
    path = root / "docs" / "confab.postman_collection.json"
    routes = routes_of((root / "src" / "api" / "routes.cpp").read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server, address = start(confab, folder / "data")
        try:
            work = write_examples(newman, path, address, folder) if writes else findings(newman, path, address, folder, routes)
            found = list(work)
        finally:
            ended_with = stop(server)
    if ended_with != 0:
        found.append(f"the server ended with {ended_with}")
    print("\n".join(found) or "the collection matches the server")
    return 1 if found else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("confab")
    parser.add_argument("newman")
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--write-examples", action="store_true")
    given = parser.parse_args()
    sys.exit(main(given.confab, given.newman, given.root, given.write_examples))
