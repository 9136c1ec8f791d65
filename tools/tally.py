#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a suite of tests reported: tally.py meson|unittest|node|lines FILE SUITE.

Prints "PASSED FAILED", and one line for each failure on standard error. A program that crashed,
timed out, or ran fewer tests than it planned counts as a failure of its own. Skipped tests are
named; they count as failures where CI=true.
"""

import json
import os
import re
import sys

TAP_LINE = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*(.*)$")
CI = os.environ.get("CI") == "true"


class Tally:
    def __init__(self, suite):
        self.suite, self.passed, self.failed = suite, 0, 0

    def fail(self, name, count=1):
        self.failed += count
        print(f"not ok {self.suite}: {name}", file=sys.stderr)

    def skip(self, name, count=1):
        if CI:
            self.fail(f"skipped: {name}", count)
        else:
            print(f"skipped {self.suite}: {name}", file=sys.stderr)


def tap(tally, text, where=""):
    """Counts one TAP stream; false where it has failures of its own."""
    failed_before = tally.failed
    for line in text.splitlines():
        match = TAP_LINE.match(line)
        if not match:
            continue
        name = where + match.group(2)
        if re.search(r"# *SKIP", name, re.IGNORECASE):
            tally.skip(name)
        elif match.group(1):
            tally.fail(name)
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
                tally.fail(f"{test['name']}: {test['result']}")


def unittest(tally, path):
    text = open(path, encoding="utf-8", errors="replace").read()
    ran = re.search(r"^Ran (\d+) tests?", text, re.MULTILINE)
    if not ran:
        tally.fail("did not run to its end")
        return
    names = re.findall(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (.+)$", text, re.MULTILINE)
    for name in names:
        tally.fail(name)
    skipped = re.search(r"skipped=(\d+)", text)
    skips = int(skipped.group(1)) if skipped else 0
    if skips:
        tally.skip(f"{skips} tests", skips)
    tally.passed += max(int(ran.group(1)) - len(names) - skips, 0)


def node(tally, path):
    """The TAP summary of node --test; a run without a summary has crashed."""
    text = open(path, encoding="utf-8", errors="replace").read()
    counts = dict(re.findall(r"^# (pass|fail|cancelled|skipped) (\d+)$", text, re.MULTILINE))
    if not counts:
        tally.fail("did not run to its end")
        return
    tally.passed += int(counts["pass"])
    bad = int(counts["fail"]) + int(counts.get("cancelled", 0))
    if bad:
        tally.fail(f"{bad} tests", bad)
    if int(counts.get("skipped", 0)):
        tally.skip(f"{counts['skipped']} tests", int(counts["skipped"]))


def lines(tally, path):
    """Lines "ok NAME" and "not ok NAME", as tools/lint.sh and tools/fuzz.sh print them."""
    if not tap(tally, open(path, encoding="utf-8", errors="replace").read()):
        return
    if tally.passed == 0:
        tally.fail("reported nothing")


def main():
    readers = {"meson": meson, "unittest": unittest, "node": node, "lines": lines}
    if len(sys.argv) != 4 or sys.argv[1] not in readers:
        sys.exit(__doc__)
    tally = Tally(sys.argv[3])
    if os.path.exists(sys.argv[2]):
        readers[sys.argv[1]](tally, sys.argv[2])
    else:
        tally.fail("left no report")
    print(tally.passed, tally.failed)


if __name__ == "__main__":
    main()
