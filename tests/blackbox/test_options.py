"""Options by flag, environment and file, their defaults, and invalid values."""

import re

import pytest
from client import Client
from server import run

DEFAULTS = {"body-bytes-max": "524288", "header-bytes-max": "16384", "json-depth-max": "32", "listen": "localhost:3000"}
OPTIONS = [*DEFAULTS, "data", "threads", "request-timeout-s", "idle-timeout-s", "connections-max", "queue-commands-max",
           "queue-bytes-max", "batch-commands-max", "drain-timeout-s", "auth"]


def effective(confab, *arguments, environment=None):
    """The output of `confab config`: option -> (value, source)."""
    result = run(confab, "config", *arguments, environment=environment)
    assert result.returncode == 0 and result.stderr == "", result
    found = {}
    for line in result.stdout.splitlines():
        name, value, source = re.match(r"(\S+)\s+=?\s*(\S*)\s+\(?(default|environment|file|flag)\b", line).groups()
        found[name] = (value, source)
    return found


def refusal(confab, *arguments, environment=None):
    """The line with which a command refuses to run."""
    result = run(confab, *arguments, environment=environment)
    assert result.returncode > 0, result
    assert result.stderr.startswith("confab: ") and result.stderr.count("\n") == 1, result
    return result.stderr


def test_defaults_are_effective_and_listed(confab):
    found = effective(confab)
    assert {name: found[name] for name in DEFAULTS} == {name: (value, "default") for name, value in DEFAULTS.items()}
    assert set(OPTIONS) <= found.keys()
    assert {source for _, source in found.values()} == {"default"}


def test_flag_beats_environment_beats_file_beats_default(confab, tmp_path):
    config = tmp_path / "confab.conf"
    config.write_text("# a comment\n\nqueue-commands-max = 5\nbatch-commands-max = 5\nbody-bytes-max = 5000\n")
    environment = {"CONFAB_QUEUE_COMMANDS_MAX": "4", "CONFAB_BATCH_COMMANDS_MAX": "4"}
    found = effective(confab, "--config", config, "--queue-commands-max", "3", environment=environment)
    assert found["queue-commands-max"] == ("3", "flag")
    assert found["batch-commands-max"] == ("4", "environment")
    assert found["body-bytes-max"] == ("5000", "file")
    assert found["json-depth-max"] == ("32", "default")


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_option_reaches_the_server_by_every_way(start, tmp_path, way):
    config = tmp_path / "confab.conf"
    config.write_text("body-bytes-max = 2000\njson-depth-max = 8\n")
    server = {"flag": lambda: start("--body-bytes-max", 2000, "--json-depth-max", 8),
              "environment": lambda: start(environment={"CONFAB_BODY_BYTES_MAX": "2000", "CONFAB_JSON_DEPTH_MAX": "8"}),
              "file": lambda: start("--config", config)}[way]()
    with Client(server.port) as client:
        client.post("/apps", {"name": "x", "more": "y" * 1900}).expect(201)
        client.post("/apps", {"name": "x", "more": [[[]]]}).expect(201)
        client.post("/apps", {"name": "x", "more": [[[[[[[[[]]]]]]]]]}).expect(400)
    with Client(server.port) as client:
        client.post("/apps", {"name": "x", "more": "y" * 2100}).expect(413)


def test_listen_and_data_come_from_the_environment_too(confab, tmp_path):
    found = effective(confab, environment={"CONFAB_LISTEN": "127.0.0.1:1", "CONFAB_DATA": str(tmp_path / "d")})
    assert found["listen"] == ("127.0.0.1:1", "environment")
    assert found["data"] == (str(tmp_path / "d"), "environment")


def test_help_lists_every_option_with_default_and_unit(confab):
    result = run(confab, "serve", "--help")
    assert result.returncode == 0 and result.stderr == ""
    paragraphs = {re.match(r"--([a-z-]+)", text).group(1): text
                  for text in re.split(r"\n\s*(?:-\w,\s*)?(?=--)", result.stdout)[1:]}
    effective_values = effective(confab)
    for name in OPTIONS:
        assert effective_values[name][0] in paragraphs[name], paragraphs[name]
    for name, unit in (("body-bytes-max", "bytes"), ("request-timeout-s", "seconds"), ("drain-timeout-s", "seconds"),
                       ("queue-bytes-max", "bytes"), ("queue-commands-max", "commands"),
                       ("connections-max", "connections")):
        assert unit in paragraphs[name], paragraphs[name]


def test_version_names_the_commit(confab):
    result = run(confab, "--version")
    assert result.returncode == 0
    assert re.fullmatch(r"confab \d+\.\d+\S* \([0-9a-z.+-]+\)\n", result.stdout), result.stdout


@pytest.mark.parametrize("command", ["serve", "check", "config"])
def test_every_command_has_help(confab, command):
    result = run(confab, command, "--help")
    assert result.returncode == 0 and "--data" in result.stdout and result.stderr == ""
    assert command in run(confab, "--help").stdout


@pytest.mark.parametrize("arguments", [
    ["serve", "--no-such-option"], ["serve", "--no-such-option=1"], ["serve", "surplus"], ["nonsense"],
    ["config", "--what"], ["serve", "--threads", "many"], ["serve", "--threads", "-1"], ["serve", "--threads"],
    ["serve", "--body-bytes-max", "1x"], ["serve", "--body-bytes-max", ""],
    ["serve", "--queue-commands-max", "99999999999999999999999"],
    ["serve", "--listen", "nonsense"], ["serve", "--listen", "127.0.0.1:99999"], ["serve", "--listen", "127.0.0.1:x"],
    ["serve", "--auth", "perhaps"], ["check", "--no-such-option"]])
def test_unknown_option_or_bad_value_is_refused(confab, tmp_path, arguments):
    data = ["--data", tmp_path / "data"] if arguments[0] != "nonsense" else []
    refusal(confab, *arguments, *data)
    assert not (tmp_path / "data" / "confab.db").exists()


@pytest.mark.parametrize("name", ["CONFAB_FOO", "CONFAB_BODY_BYTES", "CONFAB_"])
def test_unknown_environment_variable_is_refused(confab, tmp_path, name):
    serve = ("serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data")
    assert name in refusal(confab, *serve, environment={name: "1"})


def test_variables_of_a_kubernetes_namespace_and_of_a_docker_link_are_ignored(start):
    """A Kubernetes pod has a variable for every service of its namespace. `docker run --link web:confab` sets such ones too."""
    environment = {"CONFAB_NAME": "/node/confab", "CONFAB_ENV_PASSWORD": "x", "CONFAB_PORT": "tcp://172.17.0.2:80"}
    for service, port in (("MYSQL", 3306), ("REDIS", 6379), ("ELASTICSEARCH", 9200), ("NODE", 3000)):
        url, prefix = f"tcp://10.96.0.7:{port}", f"CONFAB_{service}"
        environment |= {f"{prefix}_SERVICE_HOST": "10.96.0.7", f"{prefix}_SERVICE_PORT": str(port),
                        f"{prefix}_SERVICE_PORT_MAIN": str(port), f"{prefix}_PORT": url, f"{prefix}_PORT_{port}_TCP": url,
                        f"{prefix}_PORT_{port}_TCP_PROTO": "tcp", f"{prefix}_PORT_{port}_TCP_PORT": str(port),
                        f"{prefix}_PORT_{port}_TCP_ADDR": "10.96.0.7"}
    with Client(start(environment=environment).port) as client:
        client.get("/apps").expect(200)


@pytest.mark.parametrize("name, value", [("CONFAB_PORT", "3000"), ("CONFAB_MYSQL_PORT", "3306"), ("CONFAB_NAME", "x"),
                                         ("CONFAB_REDIS_HOST", "10.0.0.1"), ("CONFAB_ENV", "production")])
def test_variable_that_only_looks_like_a_platforms_is_refused(confab, name, value):
    assert name in refusal(confab, "config", environment={name: value})


def test_bad_value_in_the_environment_is_refused(confab, tmp_path):
    environment = {"CONFAB_QUEUE_COMMANDS_MAX": "lots"}
    refusal(confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", environment=environment)


@pytest.mark.parametrize("line", ["colour = blue", "body-bytes-max = big", "body-bytes-max", "= 5",
                                  "[section]\nfoo = 1",
                                  "json-depth-max = 8"])
def test_unknown_or_bad_line_in_the_file_is_refused(confab, tmp_path, line):
    config = tmp_path / "confab.conf"
    config.write_text(f"json-depth-max = 9\n{line}\n")
    refusal(confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--config", config)


@pytest.mark.parametrize("name, written, value", [
    ("listen", "[::1]:3000", "[::1]:3000"), ("data", "/srv/a;b", "/srv/a;b"), ("data", "'/srv/a'", "/srv/a"),
    ("data", '"/srv/a;#b"', "/srv/a;#b")])
def test_value_in_the_file_is_the_rest_of_its_line(confab, tmp_path, name, written, value):
    config = tmp_path / "confab.conf"
    config.write_bytes(f"\ufeff{name} = {written}\r\n".encode())
    assert effective(confab, "--config", config)[name] == (value, "file")


@pytest.mark.parametrize("written", ["/srv/a # b", "/srv/a ;b", '"/srv/a" # b', "'/srv/a"])
def test_line_of_the_file_that_may_hold_a_comment_is_refused_with_its_number(confab, tmp_path, written):
    config = tmp_path / "confab.conf"
    config.write_text(f"# a comment\n\ndata = {written}\n")
    assert "line 3:" in refusal(confab, "config", "--config", config)


def test_missing_configuration_file_is_refused(confab, tmp_path):
    refusal(confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--config", tmp_path / "none.conf")


def test_folder_as_configuration_file_is_refused(confab, tmp_path):
    assert str(tmp_path) in refusal(confab, "config", "--config", tmp_path)
    refusal(confab, "serve", "--listen", "127.0.0.1:0", "--data", tmp_path / "data", "--config", tmp_path)
    refusal(confab, "config", environment={"CONFAB_CONFIG": str(tmp_path)})
    assert not (tmp_path / "data").exists()


def test_help_is_given_in_a_wrong_environment_too(confab):
    for command in ("serve", "check", "config"):
        result = run(confab, command, "--help", environment={"CONFAB_TYPO": "1", "CONFAB_THREADS": "many"})
        assert result.returncode == 0 and "--data" in result.stdout and result.stderr == "", result


SECRET_URLS = [
    "mysql://ada:sesame@127.0.0.1:1/chats", "mysql://ada:sesame@127.0.0.1:1/chats?password=sesame",
    "mysql://127.0.0.1:1/chats?password=sesame", "mysql://sesame@127.0.0.1:1/chats", "ada:sesame@127.0.0.1:1/chats",
    "sesame", "mysql:sesame@127.0.0.1/chats", "mysql://ada:7351/sesame@127.0.0.1/chats",
    "mysql://ada:7351#sesame@127.0.0.1/chats", "mysql://ada:7351?sesame@127.0.0.1/chats", "mysql://ada:7351#sesame",
    "mysql://ada:a/sesame@127.0.0.1/chats", "mysql://ada:a#sesame@127.0.0.1/chats", "mysql://ada:sesame@",
    "mysql://ada:%sesame@127.0.0.1/chats", "mysql://ada:se same@127.0.0.1/chats"]


def assert_no_secret_printed(result):
    for secret in ("sesame", "7351", "same@"):
        assert secret not in result.stdout and secret not in result.stderr, result


@pytest.mark.parametrize("url", SECRET_URLS)
def test_no_output_contains_a_secret(confab, tmp_path, url):
    """Neither `confab config` nor a refused start prints it, whether the URL is a flag, a variable or in the file."""
    (tmp_path / "confab.conf").write_text(f'mysql = "{url}"\n')
    (tmp_path / "secret").write_text(url + "\n")
    ways = [(["--mysql", url], {}), ([f"--mysql={url}"], {}), ([], {"CONFAB_MYSQL": url}),
            (["--config", tmp_path / "confab.conf"], {}), ([], {"CONFAB_MYSQL_FILE": str(tmp_path / "secret")})]
    for flags, environment in ways:
        shown = run(confab, "config", *flags, environment=environment)
        assert shown.returncode == 0 and shown.stderr == "", shown
        assert_no_secret_printed(shown)
        refused = run(confab, "check", *flags, environment=environment)
        assert refused.returncode > 0, refused
        assert_no_secret_printed(refused)
    for option, scheme in (("redis", "redis"), ("elasticsearch", "http")):
        assert_no_secret_printed(run(confab, "config", f"--{option}", url.replace("mysql", scheme)))


@pytest.mark.parametrize("url", [url for url in SECRET_URLS if "chats" not in url or "7351" in url or ":a" in url])
@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "jobs", "reindex", "status"])
def test_start_with_an_invalid_url_prints_no_secret(confab, tmp_path, command, url):
    for option, scheme in (("mysql", "mysql"), ("redis", "redis"), ("elasticsearch", "http")):
        flags = {"mysql": "mysql://ada:x@127.0.0.1:1/chats", "redis": "nonsense",
                 "elasticsearch": "nonsense", option: url.replace("mysql", scheme)}
        if command == "jobs":
            del flags["elasticsearch"]
        elif command == "reindex":
            del flags["redis"]
        refused = run(confab, command, *(f"--{name}={value}" for name, value in flags.items() if value))
        assert refused.returncode > 0, refused
        assert_no_secret_printed(refused)


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
@pytest.mark.parametrize("wrong", ["mysql", "redis", "elasticsearch"])
def test_every_url_is_read_before_an_engine_is_waited_for(confab, command, wrong):
    urls = {"mysql": "mysql://127.0.0.1:1/confab", "redis": "redis://127.0.0.1:1", "elasticsearch": "http://127.0.0.1:1"}
    urls[wrong] = "ftp://127.0.0.1:1"
    refused = run(confab, command, *(f"--{engine}={url}" for engine, url in urls.items()))
    assert refused.returncode == 1 and "the URL of an engine must look like" in refused.stderr, refused.stderr


@pytest.mark.parametrize("engine", ["mysql", "redis", "elasticsearch"])
def test_password_file_is_shown_by_its_path_if_it_is_there(confab, tmp_path, engine):
    """Anything else may be the password itself."""
    option, file = f"{engine}-password-file", tmp_path / "password"
    file.write_text("sesame")
    assert effective(confab, f"--{option}", file)[option] == (str(file), "flag")
    for value in ("sesame", "se/same@host", tmp_path / "sesame", tmp_path):
        shown = run(confab, "config", f"--{option}", value)
        assert f"{option} = ***  (flag)" in shown.stdout
        assert_no_secret_printed(shown)


def test_urls_are_shown_without_their_passwords(confab):
    result = run(confab, "config", "--mysql", "mysql://ada:sesame@host/chats?ssl=require", "--redis", "redis://:sesame@host")
    assert "mysql = mysql://ada@host/chats?ssl=require  (flag)" in result.stdout
    assert "redis = redis://host  (flag)" in result.stdout
