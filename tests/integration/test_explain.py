# SPDX-License-Identifier: Apache-2.0
"""sluice explain and sluice rules: the tables, as people and programs ask for them."""

import json
import re
import unittest

import harness
from harness import ROOT, run

OK, USAGE = 0, 2


def ids_of(table):
    text = (ROOT / "src" / "policy" / table).read_text()
    return re.findall(r'^(?:X|RUN)\((?:\w+, "(?=G))?([AG]\d+)', text, re.MULTILINE)


class Explain(harness.TestCase):
    def test_every_id_is_explained(self):
        for name in [*ids_of("rules.def"), *ids_of("refusals.def")]:
            with self.subTest(name):
                result = run("explain", name)
                self.assertEqual((result.returncode, result.stderr), (OK, ""))
                self.assertTrue(result.stdout.startswith(name + " ("))

    def test_case_does_not_matter(self):
        self.assertEqual(run("explain", "g401").stdout, run("explain", "G401").stdout)

    def test_fields_are_explained(self):
        self.assertIn("X-Accel-Buffering: no\n", run("explain", "fields").stdout)

    def test_a_rule_tells_the_fix_of_each_stack(self):
        text = run("explain", "A302").stdout
        self.assertIn("\n- nginx: In the location of the stream: proxy_http_version 1.1;", text)

    def test_docs_hold_a_page_of_each_rule(self):
        pages = ROOT / "docs" / "rules"
        self.assertEqual(sorted(page.stem for page in pages.iterdir()), ids_of("rules.def"))
        for page in pages.iterdir():
            with self.subTest(page.name):
                self.assertEqual(page.read_text(), "# " + run("explain", page.stem).stdout,
                                 "stale: tools/rule-pages.sh build/sluice")

    def test_a_misspelt_id_is_answered_with_the_nearest(self):
        for word, near in (("A20l", "A201"), ("G4O1", "G401"), ("feilds", "fields")):
            result = run("explain", word)
            self.assertEqual((result.returncode, result.stdout), (USAGE, ""))
            self.assertIn(f"(did you mean '{near}'?)", result.stderr)

    def test_a_word_like_none_of_them_leads_to_the_list(self):
        result = run("explain", "buffering")
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("see 'sluice rules'", result.stderr)


class Rules(harness.TestCase):
    def test_json_holds_every_row_of_both_tables(self):
        rows = json.loads(run("rules", "--format", "json").stdout)
        self.assertEqual([row["id"] for row in rows],
                         [*ids_of("rules.def"), *ids_of("refusals.def")])
        self.assertEqual({row["kind"] for row in rows}, {"rule", "refusal"})

    def test_an_area_is_a_part_of_all(self):
        every = run("rules").stdout.splitlines()
        some = run("rules", "--area", "caching").stdout.splitlines()
        self.assertTrue(some)
        self.assertEqual(some, [line for line in every if line.split()[2] == "caching"])

    def test_markdown_is_what_docs_hold(self):
        for kind in ("rules", "refusals", "fields"):
            with self.subTest(kind):
                text = run("rules", "--format", "markdown", "--kind", kind).stdout
                self.assertEqual(text, (ROOT / "docs" / f"{kind}.md").read_text())

    def test_what_does_not_exist_is_refused(self):
        for words in (["--area", "x"], ["--format", "yaml"], ["--kind", "x"],
                      ["--kind", "fields", "--area", "cors"]):
            with self.subTest(words):
                result = run("rules", *words)
                self.assertEqual((result.returncode, result.stdout), (USAGE, ""))


if __name__ == "__main__":
    unittest.main()
