#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the reports of bench/run.sh into bench/RESULTS.md: medians, and ratios to the bare loop.

Usage: results.py REPORTS.jsonl LOAD; one {"server": NAME, "report": …} a line, and the load average
of the machine before the run.
"""

import collections
import datetime
import json
import os
import pathlib
import platform
import statistics
import sys

# key in the report, what the table calls it, divisor, decimals
FIGURES = [
    ("server_cpu_per_delivery_ns", "server CPU per delivery, µs", 1e3, 2),
    ("deliveries_per_second", "deliveries per second", 1, 0),
    ("latency_p50_ns", "publish to receive, p50, ms", 1e6, 2),
    ("latency_p99_ns", "publish to receive, p99, ms", 1e6, 2),
    ("latency_max_ns", "publish to receive, max, ms", 1e6, 2),
    ("server_cpu_per_open_ns", "server CPU per stream opened, µs", 1e3, 1),
    ("server_anon_per_stream_bytes", "server memory (RssAnon) per idle stream, bytes", 1, 0),
]

HEAD = """# Results

Written by `make bench` (`bench/run.sh`); do not edit. All figures are from one run on one machine,
client and server sharing its cores, so the **ratio** to the bare loop is the figure to look at.

- Date: {date}
- Machine: {cpu}, {cores} cores, Linux {kernel}; load average before the run: {load} (figures taken
  beside other work are worth little)
- Command: `sluice bench URL/stream?topic=bench -c STREAMS -m EVENTS --pid PID --format json`
- Servers: `bench/bare` (one thread, a plain `send()` to each stream, nothing else) and
  `sluice serve -c bench/serve.yaml` (`workers: 1`, so one thread that delivers as well)
- Method: each server is started anew for each measurement, in turn (bare, sluice, bare, …);
  {rounds} rounds; median of the rounds, and the ratio of the medians with the least and the
  greatest ratio of a single round. An event is published when the one before has arrived
  everywhere; latency counts from then to the receipt in each stream.
- Each event arrived at each stream exactly once and in order, or the run would have failed.
"""

TABLE = """
## {streams} streams, {events} events of {bytes} bytes

| | bare | sluice | ratio | of single rounds |
|---|---:|---:|---:|---:|
"""


def cpu_model():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def row(name, bare, sluice, divisor, decimals):
    """Of the values in single rounds, in order; a figure that is 0 has no ratio."""
    medians = [statistics.median(values) for values in (bare, sluice)]
    cells = [f"{value / divisor:,.{decimals}f}" for value in medians]
    ratios = [s / b for b, s in zip(bare, sluice) if b > 0]
    if medians[0] > 0:
        cells += [f"{medians[1] / medians[0]:.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"]
    else:
        cells += ["–", "–"]
    return f"| {name} | " + " | ".join(cells) + " |"


def table(by_server):
    bare, sluice = by_server["bare"], by_server["sluice"]
    one = bare[0]
    lines = [TABLE.format(streams=f"{one['streams']:,}", events=one["events"],
                          bytes=one["event_bytes"]).rstrip("\n")]
    for key, name, divisor, decimals in FIGURES:
        lines.append(row(name, [r[key] for r in bare], [r[key] for r in sluice], divisor, decimals))
    return "\n".join(lines)


def main(path, load):
    reports = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        reports[entry["report"]["streams"]][entry["server"]].append(entry["report"])
    if not reports:
        sys.exit("results.py: no reports")
    rounds = min(len(values) for by_server in reports.values() for values in by_server.values())
    print(HEAD.format(date=datetime.date.today(), cpu=cpu_model(), cores=os.cpu_count(),
                      kernel=platform.release(), load=load, rounds=rounds), end="")
    for streams in sorted(reports):
        print(table(reports[streams]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
