#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks SARIF 2.1.0 as `sluice audit --format sarif` writes it: sarif_check.py [--prove] FILE...

With --prove it also breaks each file in every way of SLIPS, and each must be found.

What the standard asks of the objects that we write is said here in our own words: names of
members, their types, their closed lists, and how they refer to each other. A member that is not
listed is a fault, because the standard's schema takes none but its own. Reports are held to that
schema itself in tests/browser/sarif.test.mjs.
"""

import json
import re
import sys

LEVELS = ("none", "note", "warning", "error")
KINDS = ("notApplicable", "pass", "fail", "review", "open", "informational")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# RFC 3986 4.2: characters of a reference, % with two digits, no colon in the first segment.
RELATIVE = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-Fa-f]{2})+")
STABLE_ID = re.compile(r"[A-Z]\d{3}")


def text(node, where):
    if not isinstance(node, str):
        return [f"{where}: not a string"]
    return []


def full_text(node, where):
    return text(node, where) or ([] if node.strip() else [f"{where}: empty"])


def integer(node, where):
    good = isinstance(node, int) and not isinstance(node, bool) and node >= 0
    return [] if good else [f"{where}: no whole number"]


def boolean(node, where):
    return [] if isinstance(node, bool) else [f"{where}: neither true nor false"]


def one_of(*names):
    return lambda node, where: [] if node in names else [f"{where}: {node!r} is none of {names}"]


def matches(pattern):
    def check(node, where):
        good = isinstance(node, str) and pattern.fullmatch(node)
        return [] if good else [f"{where}: {node!r} has another form"]

    return check


def list_of(item, unique=False):
    def check(node, where):
        if not isinstance(node, list):
            return [f"{where}: not an array"]
        faults = [f for i, n in enumerate(node) for f in item(n, f"{where}[{i}]")]
        if unique and len({json.dumps(n, sort_keys=True) for n in node}) < len(node):
            faults.append(f"{where}: the same twice")
        return faults

    return check


def map_of(item):
    def check(node, where):
        if not isinstance(node, dict):
            return [f"{where}: not an object"]
        return [f for k, n in node.items() for f in item(n, f"{where}.{k}")]

    return check


def members(must, may=()):
    """An object with all of `must`, any of `may` and nothing else."""
    may = dict(may)

    def check(node, where):
        if not isinstance(node, dict):
            return [f"{where}: not an object"]
        faults = [f"{where}: no {key}" for key in must if key not in node]
        for key, value in node.items():
            item = must.get(key) or may.get(key)
            faults += item(value, f"{where}.{key}") if item else [f"{where}: odd member {key}"]
        return faults

    return check


MESSAGE = members({"text": full_text}, {"markdown": full_text})
RULE = members(
    {
        "id": matches(STABLE_ID),
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": members({"text": full_text, "markdown": full_text}),
        "defaultConfiguration": members({"level": one_of(*LEVELS)}),
        "properties": members(
            {
                "tags": list_of(full_text, unique=True),
                "precision": one_of("very-high", "high", "medium", "low"),
                "source": full_text,
            },
            {"security-severity": matches(re.compile(r"(10|\d)\.\d"))},
        ),
    }
)
LOCATION = members(
    {
        "physicalLocation": members(
            {
                "artifactLocation": members({"uri": matches(RELATIVE)}),
                "region": members({"startLine": one_of(1)}),
            }
        ),
        "logicalLocations": list_of(members({"name": full_text, "kind": full_text})),
    }
)
HTTP = {"protocol": one_of("HTTP"), "version": one_of("1.0", "1.1", "2")}
RESULT = members(
    {
        "ruleId": matches(STABLE_ID),
        "ruleIndex": integer,
        "kind": one_of(*KINDS),
        "level": one_of(*LEVELS),
        "message": MESSAGE,
        "locations": list_of(LOCATION),
        "partialFingerprints": map_of(matches(re.compile(r"[0-9a-f]{1,16}"))),
        "suppressions": list_of(members({"kind": one_of("inSource", "external")}), unique=True),
        "properties": members(
            {
                "severity": one_of("fatal", "error", "warning", "info"),
                "confidence": one_of("high", "medium", "low"),
            }
        ),
    },
    {
        "webRequest": members({**HTTP, "method": full_text, "target": text, "headers": map_of(text)}),
        "webResponse": members({**HTTP, "statusCode": integer}),
    },
)
INVOCATION = members(
    {
        "executionSuccessful": boolean,
        "startTimeUtc": matches(DATE),
        "endTimeUtc": matches(DATE),
        "toolExecutionNotifications": list_of(
            members(
                {"level": one_of(*LEVELS), "message": MESSAGE},
                {"associatedRule": members({"id": matches(STABLE_ID), "index": integer})},
            )
        ),
    }
)
RUN = members(
    {
        "tool": members(
            {
                "driver": members(
                    {
                        "name": full_text,
                        "version": full_text,
                        "semanticVersion": full_text,
                        "rules": list_of(RULE, unique=True),
                    }
                )
            }
        ),
        "results": list_of(RESULT),
        "invocations": list_of(INVOCATION),
        "properties": members({"profile": full_text, "target": text}, {"grade": full_text}),
    }
)
LOG = members(
    {
        "$schema": matches(re.compile(r"https://\S+sarif\S*2\.1\.0\S*\.json")),
        "version": one_of("2.1.0"),
        "runs": list_of(RUN),
    }
)


def check_references(run):
    """What one schema cannot say: indexes, doubles, and levels that fit their kinds."""
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    faults = [f"rule {i} stands twice" for i in set(ids) if ids.count(i) > 1]
    seen = set()
    for n, result in enumerate(run["results"]):
        where = f"result {n}"
        index = result["ruleIndex"]
        if index >= len(ids) or ids[index] != result["ruleId"]:
            faults.append(f"{where}: ruleIndex {index} is not {result['ruleId']}")
        if (result["kind"] == "fail") == (result["level"] == "none"):
            faults.append(f"{where}: {result['kind']} with level {result['level']}")
        prints = tuple(result["partialFingerprints"].values())
        if not prints or prints in seen:
            faults.append(f"{where}: no fingerprint of its own")
        seen.add(prints)
    for invocation in run["invocations"]:
        for note in invocation["toolExecutionNotifications"]:
            rule = note.get("associatedRule")
            if rule and (rule["index"] >= len(ids) or ids[rule["index"]] != rule["id"]):
                faults.append(f"notification: index {rule['index']} is not {rule['id']}")
        if not invocation["executionSuccessful"] and "grade" in run["properties"]:
            faults.append("a partial run has a grade")
    return faults


def no_doubles(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"a member stands twice among {names}")
    return dict(pairs)


def check(data):
    """Faults of a report, one line each; none: it is good."""
    try:
        log = json.loads(data.decode("utf-8"), object_pairs_hook=no_doubles)
    except ValueError as error:
        return [f"no JSON: {error}"]
    faults = LOG(log, "log")
    if not faults:
        faults = [f for run in log["runs"] for f in check_references(run)]
    return faults


def slip(path, value):
    """A change of the log at `path`; value ... takes the member away."""

    def change(log):
        node = log
        for key in path[:-1]:
            node = node[key]
        if value is ...:
            del node[path[-1]]
        else:
            node[path[-1]] = value

    return change


_RUN = ("runs", 0)
_RESULT = (*_RUN, "results", 0)
_RULE = (*_RUN, "tool", "driver", "rules", 0)
_PLACE = (*_RESULT, "locations", 0, "physicalLocation", "artifactLocation", "uri")
SLIPS = {
    "another version": slip(("version",), "2.0.0"),
    "no runs": slip(("runs",), ...),
    "an odd member": slip((*_RESULT, "verdict"), "fail"),
    "a level that is none": slip((*_RESULT, "level"), "fatal"),
    "a failure without a level": slip((*_RESULT, "level"), "none"),
    "a kind that is none": slip((*_RESULT, "kind"), "failed"),
    "a message without text": slip((*_RESULT, "message"), {}),
    "an index behind the rules": slip((*_RESULT, "ruleIndex"), 999),
    "an index of another rule": slip((*_RESULT, "ruleIndex"), 1),
    "an absolute place": slip(_PLACE, "https://a.example/b"),
    "a place with a space": slip(_PLACE, "a b"),
    "no fingerprint": slip((*_RESULT, "partialFingerprints"), {}),
    "a rule without help": slip((*_RULE, "help"), ...),
    "points that are a number": slip((*_RULE, "properties", "security-severity"), 9),
    "a tag twice": slip((*_RULE, "properties", "tags"), ["a", "a"]),
    "a date without a time": slip((*_RUN, "invocations", 0, "startTimeUtc"), "2026-11-22"),
    "success in words": slip((*_RUN, "invocations", 0, "executionSuccessful"), "yes"),
    "a partial run with a grade": slip((*_RUN, "invocations", 0, "executionSuccessful"), False),
}


def prove(data):
    missed = []
    for name, change in SLIPS.items():
        log = json.loads(data)
        change(log)
        if not check(json.dumps(log).encode()):
            missed.append(f"not seen: {name}")
    if not check(data.replace(b'"level":', b'"level":"note","level":', 1)):
        missed.append("not seen: a member that stands twice")
    return missed


def main():
    bad = 0
    paths = [path for path in sys.argv[1:] if path != "--prove"]
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        faults = check(data) or ("--prove" in sys.argv and prove(data)) or []
        bad += bool(faults)
        for fault in faults:
            print(f"{path}: {fault}")
    return 1 if bad or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
