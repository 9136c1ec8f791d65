# SPDX-License-Identifier: Apache-2.0
"""The reports for other programs, as those programs read them: well-formed, and by their rules."""

import html.parser
import json
import sys
import unittest
import xml.etree.ElementTree

from audit_lab import Target, audit
from harness import ROOT

sys.path.insert(0, str(ROOT / "tests" / "lab"))
import sarif_check  # noqa: E402

GOLDEN = ROOT / "tests" / "unit" / "audit" / "golden"
VOID = {"meta"}


class Balance(html.parser.HTMLParser):
    """Elements that are open, and what a page without scripts must not have."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.seen = set()
        self.attributes = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()


class Reports(unittest.TestCase):
    def sarif(self):
        return json.loads((GOLDEN / "report.sarif").read_text())

    def test_sarif_has_what_2_1_0_requires(self):
        log = self.sarif()
        self.assertEqual(log["version"], "2.1.0")
        run = log["runs"][0]
        self.assertEqual(run["tool"]["driver"]["name"], "sluice audit")
        self.assertIs(run["invocations"][0]["executionSuccessful"], True)
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        self.assertEqual(len(rules), len(set(rules)))
        for rule in run["tool"]["driver"]["rules"]:
            with self.subTest(rule["id"]):
                for member in ("shortDescription", "fullDescription", "help"):
                    self.assertTrue(rule[member]["text"])
                self.assertIn(rule["defaultConfiguration"]["level"],
                              ("note", "warning", "error"))
                if "security" in rule["properties"]["tags"]:
                    self.assertRegex(rule["properties"]["security-severity"], r"^\d+\.\d$")
                self.assertEqual(len(set(rule["properties"]["tags"])),
                                 len(rule["properties"]["tags"]))

    def test_sarif_results_name_their_rule_place_and_level(self):
        run = self.sarif()["runs"][0]
        rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
        self.assertTrue(run["results"])
        for result in run["results"]:
            with self.subTest(result["ruleId"]):
                self.assertIn(result["ruleId"], rules)
                self.assertTrue(result["message"]["text"])
                place = result["locations"][0]["physicalLocation"]["artifactLocation"]
                # Code scanning refuses schemes other than file.
                self.assertEqual(place["uri"], "api.example.com/stream")
                self.assertEqual(result["kind"], "fail")
                self.assertIn(result["level"], ("note", "warning", "error"))

    def test_sarif_keeps_the_four_severities_apart(self):
        kept = {result["properties"]["severity"]: result["level"]
                for result in self.sarif()["runs"][0]["results"]}
        self.assertEqual(kept, {"error": "error", "warning": "warning", "info": "note"})

    def test_what_sarif_leaves_open_is_a_notification(self):
        invocation = self.sarif()["runs"][0]["invocations"][0]
        for note in invocation["toolExecutionNotifications"]:
            self.assertEqual(note["level"], "note")
            self.assertTrue(note["message"]["text"])

    def test_junit_is_xml_whose_counts_are_right(self):
        suite = xml.etree.ElementTree.parse(GOLDEN / "report.junit.xml").getroot()[0]
        cases = suite.findall("testcase")
        self.assertEqual(len(cases), int(suite.get("tests")))
        self.assertEqual(len(suite.findall("testcase/failure")), int(suite.get("failures")))
        self.assertEqual(len(suite.findall("testcase/skipped")), int(suite.get("skipped")))
        self.assertEqual(suite.get("errors"), "0")

    def test_annotations_are_one_command_a_line(self):
        for line in (GOLDEN / "report.github.txt").read_text().splitlines():
            self.assertRegex(line, r"^::(error|warning|notice) title=[^:,]+::.+$")

    def test_the_page_is_whole_and_asks_for_nothing(self):
        page = Balance()
        page.feed((GOLDEN / "report.html").read_text())
        page.close()
        self.assertEqual(page.open, [])
        self.assertLessEqual({"svg", "rect", "details", "style"}, page.seen)
        self.assertFalse(page.seen & {"script", "img", "link", "iframe", "object"})
        self.assertFalse(page.attributes & {"src", "style", "onclick", "onload"})

    def test_markdown_has_no_markup_of_strangers(self):
        text = (GOLDEN / "report.md").read_text()
        self.assertTrue(text.startswith("# Audit of `https://api.example.com/stream`\n"))
        self.assertNotIn("<", text)


class HostileServer(unittest.TestCase):
    """A server that answers with markup, escapes and commands in all that it may choose."""

    BAD = b"<script>x</script>\x1b[31m\xff\xe2\x80\xae::error::y `|[a](b)"
    PAGE = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=" + BAD +
            b"\r\nServer: nginx/1.0 " + BAD + b"\r\nX-Powered-By: Express " + BAD +
            b"\r\nAccess-Control-Allow-Origin: " + BAD + b"\r\nLocation: /" + BAD +
            b"\r\nConnection: close\r\n\r\n" + BAD + b": 1\n\ndata: " + BAD + b"\n\n")

    def report(self, name):
        with Target(self.PAGE) as target:
            result = audit("--format", name, target.url("/s?<a>=`%1b"))
        self.assertEqual(result.returncode, 1, result.stderr)
        text = result.stdout.decode("utf-8")
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        return text

    def test_text_has_no_controls(self):
        self.assertIn("grade", self.report("text"))

    def test_json_is_json(self):
        self.assertTrue(json.loads(self.report("json"))["findings"])

    def test_json_lines_are_json_each(self):
        for line in self.report("jsonl").splitlines():
            json.loads(line)

    def test_sarif_is_sarif(self):
        self.assertEqual(sarif_check.check(self.report("sarif").encode()), [])

    def test_junit_is_xml(self):
        root = xml.etree.ElementTree.fromstring(self.report("junit").encode())
        self.assertEqual(root.tag, "testsuites")

    def test_annotations_are_ours_alone(self):
        for line in self.report("github").splitlines():
            self.assertRegex(line, r"^::(error|warning|notice) title=[^:,]+::.+$")

    def test_the_page_has_no_element_of_the_server(self):
        page = Balance()
        page.feed(self.report("html"))
        page.close()
        self.assertEqual(page.open, [])
        self.assertNotIn("script", page.seen)


if __name__ == "__main__":
    unittest.main()
