# SPDX-License-Identifier: Apache-2.0
"""Real programs and real proxies, started as people start them: what the auditor says of each.

Every case is audited from outside with `sluice audit --via app=...`, some at a time. A case whose
package is missing is skipped with the reason. STACK_REPORTS=folder keeps the reports.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "stacks"), str(HERE.parent / "integration")]

import programs  # noqa: E402
from harness import PROGRAM  # noqa: E402

AUDIT_MAX = 90  # seconds for one audit; they end within 40 by themselves
AT_A_TIME = 4   # they wait more than they work
SPAN = "6s"
WHOLE = "12s"   # what bursts of 4 KiB need to be known

# Programs that know nothing of streams beyond the media type: what all three lack.
ANY = {"A307", "A810"}
EXPRESS = ANY | {"A115", "A202", "A815"}
FASTAPI = ANY | {"A201", "A403", "A430"}
GO = ANY | {"A202"}

# name: program, proxy, path, findings of warning and above, what the hops did, delivery at the end.
# nginx strips X-Accel-Buffering, so that its absence (A307) is held against nobody behind it.
CASES = {
    "express": ("express", None, "/stream", EXPRESS | {"A704"}, set(), None),
    "fastapi": ("fastapi", None, "/stream", FASTAPI, set(), None),
    "go": ("go", None, "/stream", GO, set(), None),
    # An HTTP/1.0 leg: nothing before 4 KiB, which 65 bytes each 250 ms take 16 s to fill.
    "nginx as installed": ("go", programs.nginx("default"), "/stream", {"A301"}, {"holds back"},
                           "no head in time"),
    # Chunks pass at once, though buffering is on.
    "nginx with chunks": ("go", programs.nginx("http11"), "/stream", GO - {"A307"} | {"A815"},
                            {"added Server"}, "live"),
    "nginx with gzip": ("go", programs.nginx("gzip"), "/stream", GO - {"A307"} | {"A305", "A815"},
                        {"added Server", "holds back what it compresses"}, "live"),
    "nginx with a cache": ("go", programs.nginx("cache"), "/job", GO - {"A307"} | {"A205", "A815"},
                           {"added Server", "plays a recording"}, "live"),
    # The program asks for no buffering and is not heard; the canary says by how much.
    "nginx that ignores": ("canary", programs.nginx("ignoring"), "/canary/stream",
                           {"A301", "A302", "A815", "A902"},
                           {"added Server", "holds back", "dropped X-Accel-Buffering",
                            "doubled X-Content-Type-Options"}, "in bursts"),
    "haproxy": ("canary", programs.haproxy, "/canary/stream", set(), {"joins events"}, "joined"),
    "caddy": ("fastapi", programs.caddy, "/stream", FASTAPI, {"doubled server"}, "live"),
    "apache": ("express", programs.apache, "/stream", EXPRESS, {"added Server"}, "live"),
    "varnish": ("fastapi", programs.varnish, "/stream",
                FASTAPI - {"A403", "A430"} | {"A117", "A204", "A207", "A209"},
                {"added X-Varnish", "added Via", "added Accept-Ranges", "plays a recording"},
                "live"),
}


def audit(url, app_url, span=SPAN):
    via = ["--via", f"app={app_url}"] if app_url else []
    words = [PROGRAM, "audit", "--silent", "--span", span, "--format", "json", *via, url]
    done = subprocess.run(words, capture_output=True, text=True, timeout=AUDIT_MAX, check=False)
    if not done.stdout:
        raise AssertionError(f"no report, exit {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


class Lab:
    """The programs, each started once, and a proxy for each case."""

    def __init__(self):
        self.running = []
        self.apps = {}
        self._lock = threading.Lock()

    def app(self, name):
        """A Running, or the Missing that it met."""
        with self._lock:
            if name not in self.apps:
                try:
                    start = getattr(programs, name)
                    self.apps[name] = start(PROGRAM) if name == "canary" else start()
                    self.running.append(self.apps[name])
                except programs.Missing as missing:
                    self.apps[name] = missing
            return self.apps[name]

    def report(self, case):
        """The report of a case, or the exception that stands for it."""
        program, proxy, path = CASES[case][:3]
        try:
            app = self.app(program)
            if isinstance(app, programs.Missing):
                return app
            if proxy is None:
                return audit(app.url(path), None)
            front = proxy(app)
            with self._lock:
                self.running.append(front)
            return audit(front.url(path), app.url(path), WHOLE if program == "canary" else SPAN)
        except (programs.Missing, AssertionError, OSError, ValueError,
                subprocess.TimeoutExpired) as fault:
            return fault

    def stop(self):
        for program in reversed(self.running):
            program.stop()


def keep(case, report):
    folder = os.environ.get("STACK_REPORTS")
    if folder and isinstance(report, dict):
        path = pathlib.Path(folder) / (case.replace(" ", "-") + ".json")
        path.write_text(json.dumps(report, indent=1), encoding="utf-8")


class Stacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lab = cls.lab = Lab()
        cls.addClassCleanup(lab.stop)
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            cls.reports = dict(zip(CASES, pool.map(lab.report, CASES)))
        for case, report in cls.reports.items():
            keep(case, report)

    def report(self, case):
        report = self.reports[case]
        if isinstance(report, programs.Missing):
            self.skipTest(str(report))
        if isinstance(report, Exception):
            raise report
        return report

    def findings(self, report):
        return {f["rule"] for f in report["findings"]
                if f["verdict"] == "fail" and f["severity"] != "info"}

    def hop(self, report, name):
        return next(h for h in report["hops"] if h["name"] == name)

    def test_canary_measures_what_nginx_holds(self):
        report = self.report("nginx that ignores")
        app, target = self.hop(report, "app"), self.hop(report, "target")
        # 4 KiB of events, ten a second, take more than a second: the middle waits half of it.
        self.assertEqual(target["quantum"], 4096)
        self.assertGreater(target["latency"]["p50Us"], 500_000)
        self.assertLess(app["latency"]["p50Us"], 100_000)
        self.assertEqual((app["latency"]["missing"], target["latency"]["missing"]), (0, 0))

    def test_canary_measures_what_haproxy_merges(self):
        target = self.hop(self.report("haproxy"), "target")
        self.assertGreaterEqual(target["eventsPerBurst"], 2)
        self.assertGreater(target["latency"]["p50Us"], 20_000)
        self.assertEqual(target["latency"]["missing"], 0)


def add_case(case):
    program, proxy, _, findings, changes, delivery = CASES[case]

    def test(self):
        report = self.report(case)
        evidence = {f["rule"]: f["evidence"] for f in report["findings"]
                    if f["verdict"] == "fail"}
        self.assertEqual(self.findings(report), findings,
                         f"{report['partial']} {evidence} {self.lab.app(program).said()}")
        if proxy is None:
            self.assertNotIn("hops", report)
            return
        self.assertEqual({f"{c['change']} {c.get('field', '')}".strip()
                          for c in report["changes"]}, changes)
        self.assertEqual({c["hop"] for c in report["changes"]} - {"target"}, set())
        self.assertEqual(self.hop(report, "app")["delivery"], "live")
        self.assertEqual(self.hop(report, "target")["delivery"], delivery)

    name = case.replace(" ", "_")
    setattr(Stacks, f"test_{name}", test)


for each in CASES:
    add_case(each)
if __name__ == "__main__":
    unittest.main()
