#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the reports of bench/run.sh into bench/RESULTS.md: medians, and ratios to the bare loop.

Usage: results.py REPORTS.jsonl CARRIED.jsonl LOAD; one {"server": NAME, "report": …} a line, in the
second file with a "carrier" too, and the load average of the machine before the run.
"""

import collections
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
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


CARRIED = """
## TLS and HTTP/2, {streams:,} streams, {events} events of {bytes} bytes

Server processes alone; {rounds} rounds, in which all rows take turns, each with a server started
anew; medians. "÷ bare" is the ratio to the bare loop over HTTP/1.1 in the same run; "÷ nchan" to
{nchan} with the same carrier. Certificates are ECDSA P-256, handshakes are full ones.
nchan has one worker and default settings ([nchan.conf.in](nchan.conf.in)), with which it looks at
neither Host, Origin nor credential. Its events are 27 bytes longer: it passes on the JSON that
sluice unpacks. Memory is RssAnon, so what nchan keeps in shared memory is not in it.

| carrier | server | memory per idle stream, bytes | ÷ nchan | CPU per delivery, µs | ÷ bare | ÷ nchan | CPU per stream opened, µs | ÷ bare | ÷ nchan |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""

MEMORY, DELIVERY, OPEN = (
    "server_anon_per_stream_bytes", "server_cpu_per_delivery_ns", "server_cpu_per_open_ns")


def nchan_version():
    try:
        done = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False,
                              env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        return "nginx " + done.stderr.strip().rpartition("/")[2] + " with nchan"
    except OSError:
        return "nginx with nchan"


def ratio(value, to):
    return f"{value / to:.2f}" if to else "–"


def carried_row(carrier, server, medians, bare):
    """`medians`: by carrier and server, a figure by its key."""
    mine, nchan = medians[carrier, server], medians.get((carrier, "nchan"), {})
    if server == "nchan":
        nchan = {}
    cells = [carrier, server, f"{mine[MEMORY]:,.0f}", ratio(mine[MEMORY], nchan.get(MEMORY)),
             f"{mine[DELIVERY] / 1e3:.2f}", ratio(mine[DELIVERY], bare[DELIVERY]),
             ratio(mine[DELIVERY], nchan.get(DELIVERY)),
             f"{mine[OPEN] / 1e3:.1f}", ratio(mine[OPEN], bare[OPEN]),
             ratio(mine[OPEN], nchan.get(OPEN))]
    return "| " + " | ".join(cells) + " |"


def carried(path):
    reports = collections.defaultdict(list)
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        reports[entry["carrier"], entry["server"]].append(entry["report"])
    if not reports:
        return ""
    medians = {key: {figure: statistics.median(r[figure] for r in values)
                     for figure in (MEMORY, DELIVERY, OPEN)} for key, values in reports.items()}
    bare = next(values for (_, server), values in medians.items() if server == "bare")
    one = next(iter(reports.values()))[0]
    text = CARRIED.format(streams=one["streams"], events=one["events"], bytes=one["event_bytes"],
                          rounds=min(len(values) for values in reports.values()),
                          nchan=nchan_version())
    return text + "\n".join(carried_row(*key, medians, bare) for key in medians)


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


def main(path, carried_path, load):
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
    print(carried(carried_path))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
