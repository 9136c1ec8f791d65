# SPDX-License-Identifier: Apache-2.0
"""Every command that the README, the documents and the manual show, run word by word."""

import functools
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import textwrap
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from auth_lab import Authority  # noqa: E402
from harness import PROGRAM, ROOT, only_if, run  # noqa: E402

WORLD = ["unshare", "-rnmpf", "--kill-child", "--mount-proc"]
WORLD_MAX = 240  # seconds for one document
KEY = "publish-key-of-the-examples"
TOKEN = "subscriber-key-of-the-examples"

# Not run here, and who does it instead.
ELSEWHERE = {
    "make ": "what tests the project itself",
    "/opt/sluice-new/sluice ": "test_upgrade.py",
    'kill -TERM "$OLD_PID"': "test_upgrade.py",
    "sluice serve --check -c /etc/sluice/sluice.yaml && kill -HUP": "test_reload.py",
    "sysctl ": "settings of the whole machine",
    "install ": "files of the whole machine",
    "systemctl ": "services of the whole machine",
}

HUB = """
listen:
  - 127.0.0.1:8080
  - {address: 127.0.0.1:443, tls: {certificate: s.pem, key: s.key}}
  - {address: 127.0.0.1:8443, tls: {certificate: s.pem, key: s.key, client-ca: ca.pem}}
hosts: [127.0.0.1, localhost, stream.example.com]
routes: [{path: /stream, hub: {public: ["**"]}}]
limits: {per-address: off, connect-rate: {rate: off}}
"""
APPLICATION = """
listen:
  - 127.0.0.1:3000
  - 10.0.0.7:3000
  - 10.0.0.2:80
  - {address: 127.0.0.2:443, tls: {certificate: s.pem, key: s.key}}
hosts: [127.0.0.1, 10.0.0.7, 10.0.0.2, api.example.com, www.example.com, staging.example.com,
        events.example]
auth: {keys-file: subscribers.keys}
cors: {origins: [https://app.example.com], credentials: true}
routes: [{path: /stream, hub: {topics: [demo], public: [demo]}}]
limits: {connect-rate: {rate: off}}
"""
TOKENS = """
listen: [127.0.0.1:8080]
auth: {jwt: {keys: jwks.json, issuer: "https://id.example.com/", audience: stream, algorithms: [ES256]}}
routes: [{path: /stream, hub: {}}]
"""

# The life of the application: what is audited must have events.
TICKS = "while sleep 1; do sluice publish -u http://127.0.0.1:3000/publish demo tick; done"

DEMO_RUNS = [["--demo"]]
HUB_RUNS = [["--demo", "-c", "hub.yaml"]]
ALL_RUN = [*HUB_RUNS, ["-c", "application.yaml"]]
TOKENS_RUN = [["-c", "tokens.yaml"]]

# Document: the servers that its commands speak to, and how many of the commands come before them,
# as each `sluice serve` does, which wants the same port.
WORLDS = {
    "README.md": (DEMO_RUNS, 0),
    "docs/audit.md": (ALL_RUN, 0),
    "docs/http2.md": (DEMO_RUNS, 0),
    "docs/identity.md": (TOKENS_RUN, 0),
    "docs/operations.md": ([], 0),
    "docs/tls.md": (HUB_RUNS, 0),
    "man/sluice.1": ([], 0),
    "man/sluice-audit.1": (ALL_RUN, 0),
    "man/sluice-bench.1": (HUB_RUNS, 0),
    "man/sluice-explain.1": ([], 0),
    "man/sluice-publish.1": (HUB_RUNS, 0),
    "man/sluice-rules.1": ([], 0),
    "man/sluice-serve.1": ([], 0),
    "man/sluice-tail.1": (ALL_RUN, 0),
    "man/sluice-token.1": (TOKENS_RUN, 3),
}
SIDE_BY_SIDE = {"docs/audit.md": 8, "man/sluice-audit.1": 8}  # they wait, and change nothing


def shell_of_markdown(text):
    for language, block in re.findall(r"^```(sh|yaml)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if language == "sh":
            yield block
        for step in re.findall(r"^  run: \|\n((?:    .*\n)+)", block, re.MULTILINE):
            yield textwrap.dedent(step)


def shell_of_manual(text):
    examples = re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh|\Z)", text, re.MULTILINE | re.DOTALL)
    for block in re.findall(r"^\.Bd.*?\n(.*?)^\.Ed", examples.group(1) if examples else "",
                            re.MULTILINE | re.DOTALL):
        yield block
    yield from re.findall(r"^\.Dl (.*\n)", examples.group(1) if examples else "", re.MULTILINE)


def commands(name):
    """The command lines of a document, without comments."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = shell_of_markdown(text) if name.endswith(".md") else shell_of_manual(text)
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                yield line.strip()


def is_ours(command):
    return not any(command.startswith(start) for start in ELSEWHERE)


def documents():
    names = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("man/*.[0-9]")]
    return sorted(str(name.relative_to(ROOT)) for name in names)


def namespaces_are_there():
    return subprocess.run([*WORLD, "true"], capture_output=True, check=False).returncode == 0


def has_descriptors(name):
    """The examples of `sluice bench` have 5,000 streams."""
    return name != "man/sluice-bench.1" or resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 8192


@functools.cache
def files():
    """What the examples find in their folder."""
    authority = Authority()
    try:
        names = ["localhost", "stream.example.com", "api.example.com", "www.example.com",
                 "staging.example.com", "events.example"]
        certificate, key = authority.leaf(",".join(f"DNS:{name}" for name in names) +
                                          ",IP:127.0.0.1", days=60)
        client, client_key = authority.leaf("DNS:ada", subject="/CN=ada")
        paths = {"s.pem": certificate, "s.key": key, "ca.pem": authority.ca,
                 "ada.pem": client, "ada.key": client_key}
        texts = {name: pathlib.Path(path).read_text(encoding="ascii")
                 for name, path in paths.items()}
        texts["jwks.json"] = run("token", "keygen", "--alg", "ES256", "--out",
                                 str(authority.at / "key.json")).stdout
    finally:
        authority.close()
    return {**texts, "hub.yaml": HUB, "application.yaml": APPLICATION, "tokens.yaml": TOKENS,
            "sluice.yaml": HUB, "request.json": "[]", "subscribers.keys": f"ann {TOKEN}\n",
            "cookie.txt": "one\n", "token.txt": f"{TOKEN}\n", ".sluice-ignore": "",
            "events.ndjson": '{"data": 1}\n{"data": 2}\n'}


def outcomes(name):
    """What came of each command of a document."""
    servers, before = WORLDS[name]
    lines = [line for line in commands(name) if is_ours(line)]
    first = [line for i, line in enumerate(lines)
             if i < before or line.startswith("sluice serve")]
    plan = {"program": str(pathlib.Path(PROGRAM).resolve()), "files": files(), "servers": servers,
            "beside": [TICKS] if servers is ALL_RUN else [],
            "before": first, "commands": [line for line in lines if line not in first],
            "at_a_time": SIDE_BY_SIDE.get(name, 1)}
    done = subprocess.run([*WORLD, sys.executable, str(HERE / "world.py")],
                          input=json.dumps(plan), capture_output=True, text=True,
                          timeout=WORLD_MAX, check=False,
                          env={**os.environ, "SLUICE_PUBLISH_KEY": KEY, "TOKEN": TOKEN})
    if done.returncode != 0:
        raise AssertionError(f"{name}: {done.stderr}")
    return json.loads(done.stdout)


class Examples(unittest.TestCase):
    def test_each_document_with_commands_is_known(self):
        shown = {name for name in documents() if any(map(is_ours, commands(name)))}
        self.assertEqual(shown, {name for name in WORLDS if any(map(is_ours, commands(name)))})

    def test_what_is_done_elsewhere_is_still_shown(self):
        lines = [line for name in documents() for line in commands(name)]
        for start in ELSEWHERE:
            with self.subTest(start):
                self.assertTrue(any(line.startswith(start) for line in lines))

    @only_if(namespaces_are_there())
    def test_each_command_does_what_the_document_says(self):
        for name in filter(has_descriptors, WORLDS):
            for outcome in outcomes(name):
                with self.subTest(document=name, command=outcome["command"]):
                    self.assertTrue(outcome["good"], f"{outcome['code']}:\n{outcome['said']}")


if __name__ == "__main__":
    unittest.main()
