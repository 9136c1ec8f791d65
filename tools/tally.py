#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a suite of tests reported: tally.py meson|unittest|node|lines FILE SUITE [FAULTS].

Prints "PASSED FAILED", and on standard error one line for each failure, the first ones with the
end of what they said. A program that crashed, timed out, or ran fewer tests than it planned counts
as a failure of its own. Skipped tests are named; they count as failures where CI=true. FAULTS is
a file to which a line "SUITE TEST" is added for each failure of a test that can run by its name.
"""

import itertools
import json
import os
import re
import sys
import textwrap

TAP_LINE = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*(.*)$")
# Its name, the first line of its text where it has one, and the reason between two rules.
FAULT = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (.+)$"
                   r"(?:(?:\n(?!---).+)?\n-+\n((?s:.*?))\n(?====|---))?", re.MULTILINE)
CI = os.environ.get("CI") == "true"
TOLD_MAX = 8                    # failures of a suite that are shown with their reasons
LINES_MAX, WIDTH_MAX = 15, 300  # of each reason: its last lines, cut


class Tally:
    def __init__(self, suite, faults=os.devnull):
        self.suite, self.passed, self.failed, self.told = suite, 0, 0, 0
        self.faults = faults

    def fail(self, name, why="", count=1):
        self.failed += count
        print(f"not ok {self.suite}: {name}", file=sys.stderr)
        if why.strip() and self.told < TOLD_MAX:
            self.told += 1
            for line in why.strip("\n").split("\n")[-LINES_MAX:]:
                print("    " + line[:WIDTH_MAX], file=sys.stderr)

    def fail_test(self, name, why, word):
        """word: what runs this test, and nothing else."""
        self.fail(name, why)
        with open(self.faults, "a", encoding="utf-8") as faults:
            print(self.suite, word, file=faults)

    def skip(self, name, count=1):
        if CI:
            self.fail(f"skipped: {name}", count=count)
        else:
            print(f"skipped {self.suite}: {name}", file=sys.stderr)


def behind(rows, at, mark):
    """The rows behind one, as long as they begin so."""
    return "\n".join(itertools.takewhile(lambda row: row.startswith(mark), rows[at + 1:]))


def tap(tally, text, where="", mark="#"):
    """Counts one TAP stream; false where it has failures of its own. mark: what a reason's lines
    begin with."""
    failed_before = tally.failed
    rows = text.splitlines()
    for at, line in enumerate(rows):
        match = TAP_LINE.match(line)
        if not match:
            continue
        name = where + match.group(2)
        if re.search(r"# *SKIP", name, re.IGNORECASE):
            tally.skip(name)
        elif match.group(1):
            tally.fail(name, behind(rows, at, mark))
        else:
            tally.passed += 1
    return tally.failed == failed_before


def meson(tally, path):
    """testlog.json: one JSON object a line, one for each test program."""
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            clean = tap(tally, test.get("stdout") or "", test["name"] + ": ")
            if test["result"] == "SKIP":
                tally.skip(test["name"])
            elif test["result"] not in ("OK", "EXPECTEDFAIL") and clean:
                tally.fail(f"{test['name']}: {test['result']}", test.get("stderr") or "")


def unittest(tally, path):
    text = open(path, encoding="utf-8", errors="replace").read()
    ran = re.search(r"^Ran (\d+) tests?", text, re.MULTILINE)
    if not ran:
        tally.fail("did not run to its end")
        return
    for name, why in (faults := FAULT.findall(text)):
        word = re.search(r"\(([\w.]+)\)", name)
        if word:
            tally.fail_test(name, why, word.group(1))
        else:
            tally.fail(name, why)
    skipped = re.search(r"skipped=(\d+)", text)
    skips = int(skipped.group(1)) if skipped else 0
    if skips:
        tally.skip(f"{skips} tests", skips)
    tally.passed += max(int(ran.group(1)) - len(faults) - skips, 0)


def node(tally, path):
    """The TAP summary of node --test; a run without a summary has crashed."""
    text = open(path, encoding="utf-8", errors="replace").read()
    counts = dict(re.findall(r"^# (pass|fail|cancelled|skipped) (\d+)$", text, re.MULTILINE))
    if not counts:
        tally.fail("did not run to its end")
        return
    tally.passed += int(counts["pass"])
    bad = int(counts["fail"]) + int(counts.get("cancelled", 0))
    rows = text.splitlines()
    for at, row in enumerate(rows):
        found = re.match(r"( *)not ok \d+ - (.*)", row)
        if found:
            why = behind(rows, at, found.group(1) + "  ").partition("stack:")[0]
            tally.fail_test(found.group(2), textwrap.dedent(why).rstrip(), found.group(2))
            bad -= 1
    if bad > 0:
        tally.fail(f"{bad} tests", count=bad)
    if int(counts.get("skipped", 0)):
        tally.skip(f"{counts['skipped']} tests", int(counts["skipped"]))


def lines(tally, path):
    """Lines "ok NAME" and "not ok NAME", as tools/lint.sh and tools/fuzz.sh print them."""
    if not tap(tally, open(path, encoding="utf-8", errors="replace").read(), mark="    "):
        return
    if tally.passed == 0:
        tally.fail("reported nothing")


def main():
    readers = {"meson": meson, "unittest": unittest, "node": node, "lines": lines}
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in readers:
        sys.exit(__doc__)
    tally = Tally(*sys.argv[3:])
    if os.path.exists(sys.argv[2]):
        readers[sys.argv[1]](tally, sys.argv[2])
    else:
        tally.fail("left no report")
    print(tally.passed, tally.failed)


if __name__ == "__main__":
    main()
