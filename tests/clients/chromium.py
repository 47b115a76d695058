"""A Chromium without a window. The test speaks the DevTools protocol with it through two pipes."""

import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import time

ANSWER_S = 60  # a bound against hanging
# Chromium reads commands from descriptor 3 and writes to 4. The sandbox does not start as root, and the page is ours.
OPTIONS = ["--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
           "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad", "--no-proxy-server"]
WITH_PIPES = 'exec "$0" "${@:3}" 3<&"$1" 4>&"$2"'


class Chromium:
    def __init__(self, folder):
        program = shutil.which("chromium")
        assert program, "chromium is not installed; tools/setup test installs it"
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        self.numbers, self.buffer = itertools.count(1), b""
        # Its log is noise about buses and sound that a machine without a screen lacks.
        self.process = subprocess.Popen(
            ["bash", "-c", WITH_PIPES, program, str(commands), str(answers), *OPTIONS, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)}, start_new_session=True)
        os.close(commands)
        os.close(answers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.commands)
        os.close(self.answers)

    def call(self, method, session=None, **parameters):
        number = next(self.numbers)
        command = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while (message := self.receive()).get("id") != number:
            pass  # an event, of which the tests need none
        assert "error" not in message, message
        return message["result"]

    def receive(self):
        deadline = time.monotonic() + ANSWER_S
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.answers], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"chromium did not answer within {ANSWER_S} s"
            piece = os.read(self.answers, 1 << 20)
            assert piece, f"chromium ended with {self.process.wait()}"
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def open(self, url):
        target = self.call("Target.createTarget", url=url)["targetId"]
        return Page(self, self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])


class Page:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        deadline = time.monotonic() + ANSWER_S
        while self.evaluate("location.href === 'about:blank' ? 'loading' : document.readyState") != "complete":
            assert time.monotonic() < deadline, "the page was not loaded"
            time.sleep(0.02)

    def evaluate(self, expression):
        """The value of an expression of JavaScript, or of its promise."""
        result = self.browser.call("Runtime.evaluate", self.session, expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")
