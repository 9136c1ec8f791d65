# SPDX-License-Identifier: Apache-2.0
"""The documents name what the tables hold."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import harness
from auth_lab import Authority
from harness import ROOT

WHOLE = re.compile(r"^(listen|routes):", re.MULTILINE)
FOREIGN = re.compile(r"^(- name|scrape_configs):", re.MULTILINE)  # yaml of other programs
LISTENER = re.compile(r"^ {4}tls: ", re.MULTILINE)  # one line of a listener

SEARCH = f"{os.environ['PATH']}:/usr/sbin"

# Language of an example: what it stands in, and who judges it.
PROXIES = {
    "nginx": ("error_log stderr;\npid /dev/null;\nevents {}\nhttp {\naccess_log off;\n"
              "server {\nlisten 127.0.0.1:1;\n%s}\n}\n", ["nginx", "-t", "-e", "stderr", "-c"]),
    "haproxy": ("defaults\n\tmode http\n\ttimeout connect 1s\n\ttimeout client 1s\n"
                "\ttimeout server 1s\nfrontend any\n\tbind 127.0.0.1:1\n%s", ["haproxy", "-c", "-f"]),
}


def blocks(language):
    """(page, text) of each example in this language."""
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for text in re.findall(rf"^```{language}\n(.*?)^```", page.read_text(),
                               re.MULTILINE | re.DOTALL):
            yield page.name, text


def configurations():
    """(page, whole configuration); what an example leaves out is as little as can be."""
    for page, text in blocks("yaml"):
        if FOREIGN.search(text):
            continue
        if LISTENER.match(text):
            text = f"listen:\n  - address: 127.0.0.1:8443\n{text}"
        if "routes:" not in text:
            text += "routes: [{path: /stream, hub: {public: [news]}}]\n"
        if "0.0.0.0" in text and "hosts:" not in text:
            text += "hosts: [stream.example.com]\n"
        yield page, text


def keep_files(folder):
    """What the configurations name."""
    authority = Authority()
    try:
        certificate, key = map(pathlib.Path, authority.leaf("DNS:stream.example.com"))
        for name in ("cert", "s", "stream"):
            (folder / f"{name}.pem").write_text(certificate.read_text())
            (folder / f"{name}.key").write_text(key.read_text())
        (folder / "key.pem").write_text(key.read_text())
        (folder / "clients.pem").write_text(pathlib.Path(authority.ca).read_text())
    finally:
        authority.close()
    (folder / "publish.key").write_text("k" * 32 + "\n")
    (folder / "subscribers.keys").write_text("ann " + "s" * 32 + "\n")
    for file in folder.iterdir():
        file.chmod(0o600)


class Documents(harness.TestCase):
    def test_the_threat_model_names_every_refusal(self):
        table = (ROOT / "src" / "policy" / "refusals.def").read_text()
        ids = re.findall(r'^X\(\w+, "(G\d+)"', table, re.MULTILINE)
        self.assertTrue(ids)
        text = (ROOT / "docs" / "threat-model.md").read_text()
        self.assertEqual([rule for rule in ids if rule not in text], [])

    def test_the_readme_names_every_command(self):
        text = (ROOT / "README.md").read_text()
        for name in re.findall(r'^X\("(\w+)"', (ROOT / "src/cmd/commands.def").read_text(),
                               re.MULTILINE):
            if name not in ("help", "version"):
                self.assertIn(f"| `sluice {name}", text)

    def test_the_page_on_identity_tells_every_reason_of_the_log(self):
        rows = re.findall(r'^X\(AUTH_\w+, "(\w+)", "([^"]+)"\)',
                          (ROOT / "src/identity/auth_fault.def").read_text(), re.MULTILINE)
        self.assertTrue(rows)
        text = (ROOT / "docs" / "identity.md").read_text()
        self.assertEqual([row for row in rows if f"| `{row[0]}` | {row[1]} |" not in text], [])

    def test_the_page_on_limits_names_every_limit(self):
        options = re.findall(r'^X\("(limits\.[\w-]+)(?:"|\.)', (ROOT / "src/conf/options.def").read_text(),
                             re.MULTILINE)
        rules = re.findall(r'^X\(\w+, "(G50[1-7]|G60[67])"',
                           (ROOT / "src/policy/refusals.def").read_text(), re.MULTILINE)
        self.assertTrue(options and rules)
        text = (ROOT / "docs" / "limits.md").read_text()
        self.assertEqual([name for name in options + rules if name not in text], [])

    def test_links_between_documents_lead_somewhere(self):
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
                with self.subTest(page=page.name, target=target):
                    self.assertTrue((page.parent / target).exists())

    def test_the_configurations_are_good(self):
        found = 0
        with tempfile.TemporaryDirectory(prefix="sluice-") as name:
            folder = pathlib.Path(name)
            keep_files(folder)
            for page, text in configurations():
                found += 1
                with self.subTest(page=page, text=text):
                    (folder / "sluice.yaml").write_text(text.replace("/etc/sluice", name))
                    result = harness.run("serve", "-c", f"{name}/sluice.yaml", "--check",
                                         env={"SLUICE_PUBLISH_KEY": "k" * 32}, cwd=folder)
                    self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(found, 8)

    def test_the_configurations_of_proxies_are_good(self):
        found = 0
        for language, (frame, words) in PROXIES.items():
            for page, text in blocks(language):
                found += 1
                with self.subTest(page=page, text=text), \
                        tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                    file.write(frame % text)
                    file.flush()
                    result = subprocess.run([*words, file.name], capture_output=True, text=True,
                                            env={**os.environ, "PATH": SEARCH},
                                            timeout=harness.TIMEOUT, check=False)
                    self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(found, 2)


if __name__ == "__main__":
    unittest.main()
