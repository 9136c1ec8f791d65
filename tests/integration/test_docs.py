# SPDX-License-Identifier: Apache-2.0
"""The documents name what the tables hold."""

import re
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

    def test_links_between_documents_lead_somewhere(self):
        for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
                with self.subTest(page=page.name, target=target):
                    self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    unittest.main()
