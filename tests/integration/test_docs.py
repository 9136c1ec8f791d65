# SPDX-License-Identifier: Apache-2.0
"""The documents name what the tables hold."""

import re
import tempfile
import unittest

import harness
from harness import ROOT


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

    def test_the_configurations_of_the_page_on_identity_are_good(self):
        text = (ROOT / "docs" / "identity.md").read_text()
        examples = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        self.assertTrue(examples)
        for example in examples:
            with self.subTest(example), tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(example)
                file.flush()
                result = harness.run("serve", "-c", file.name, "--check",
                                     env={"SLUICE_PUBLISH_KEY": "k" * 32})
                self.assertEqual(result.returncode, 0, result.stderr)

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


if __name__ == "__main__":
    unittest.main()
