# SPDX-License-Identifier: Apache-2.0
"""The lab: every rule of `sluice audit` against a server that breaks it and one that does not.

LAB_RULES="A302 A401" runs only these, LAB_AT_ONCE=4 so many at a time. Prints at last "N rules
x 2 twins, M missed, F false".
"""

import asyncio
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import warnings

from bad_sites import mint
from good_site import TOKENS, Site
from twins import BEYOND_THE_LAB, GOOD, SPAN, TWINS
from wire import Listener

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SLUICE", str(ROOT / "build" / "sluice"))
AT_ONCE = int(os.environ.get("LAB_AT_ONCE", "12"))  # audits mostly wait
PATIENCE = 120  # seconds that one audit may take
TICK, LATE = 0.05, 0.2  # seconds: how often the witness looks, and what it calls standing still
ATTEMPTS = 3            # of an audit during which the machine stood still
NEWS = re.compile(r"^(?:X|RUN)\((A\d{3}),", re.MULTILINE)


def rules():
    """The rules that the program has."""
    return NEWS.findall((ROOT / "src" / "policy" / "rules.def").read_text(encoding="utf-8"))


def rule_of(name):
    """"A115 by hanging" is a row of A115."""
    return name.split(" ", 1)[0]


class Certificates:
    """Contexts for the TLS setups, by the openssl command."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sluice-lab-")
        self.at = pathlib.Path(self.folder.name)
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "90",
                     "-subj", "/CN=Lab Authority")
        self.ca = str(self.at / "ca.pem")
        self.issue("good", 60)
        self.issue("expired", -1)
        self.issue("short", 5)

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.at, check=True, capture_output=True,
                       timeout=PATIENCE)

    def issue(self, name, days):
        (self.at / "names").write_text("subjectAltName=DNS:lab.example\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", "/CN=lab.example")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-out", f"{name}.pem", "-days", str(days),
                     "-extfile", "names")

    def context(self, kind):
        name = kind if kind in ("expired", "short") else "good"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.at / f"{name}.pem", self.at / f"{name}.key")
        context.set_alpn_protocols(["http/1.1"] if kind == "no h2" else ["h2", "http/1.1"])
        if kind == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if kind == "old":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
            context.set_ciphers("ALL:@SECLEVEL=0")
        return context

    def close(self):
        self.folder.cleanup()


class Witness:
    """Sees this machine stand still: what is timed meanwhile tells nothing of the program."""

    def __init__(self):
        self.last = 0.0  # when it last did

    async def watch(self):
        while True:
            before = time.monotonic()
            await asyncio.sleep(TICK)
            if time.monotonic() - before > TICK + LATE:
                self.last = time.monotonic()


class Audit:
    """One run of the program against one site."""

    def __init__(self, site, setup):
        self.site, self.setup = site, setup
        self.key = (site, setup.url, setup.words, setup.tls)
        self.report = None
        self.complaint = ""
        self.seconds = 0
        self.attempts = 0

    async def run(self, certificates, witness):
        while self.attempts < ATTEMPTS:
            start = time.monotonic()
            self.attempts += 1
            await self._once(certificates)
            if witness.last < start:
                return

    async def _once(self, certificates):
        site = self.site()
        for name, value in self.setup.site.items():
            setattr(site, name, value)
        listeners = [Listener(site)]
        if self.setup.tls:
            listeners.append(Listener(site, certificates.context(self.setup.tls)))
        ports = [await listener.open() for listener in listeners]
        if self.setup.six:
            listeners.append(Listener(site, host="::1"))
            await listeners[-1].open(ports[0])
        values = {"port": ports[0], "tls": ports[-1], "ca": certificates.ca}
        words = [word.format(**values) for word in self.setup.words]
        if "--span" not in words:
            words += ["--span", SPAN]
        start = time.monotonic()
        try:
            await self._ask(words, self.setup.url.format(**values))
        finally:
            self.seconds = time.monotonic() - start
            for listener in listeners:
                await listener.close()

    async def _ask(self, words, url):
        ann, bob = TOKENS
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "audit", "--silent", "--format", "json", "--fail-on", "info", *words, url,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "LAB_ANN": ann, "LAB_BOB": bob, "LAB_JWT": mint()})
        try:
            out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            self.complaint = f"no end within {PATIENCE} s"
            return
        self.complaint = err.decode(errors="replace")
        if process.returncode in (0, 1, 3) and out:
            self.report = json.loads(out)
            self.complaint = self._check_code(process.returncode)

    def _check_code(self, code):
        if self.report["partial"]:
            return f"partial: {self.report.get('partialReason')}"
        wanted = 1 if self.failed() else 0
        return "" if code == wanted else f"exit code {code}, not {wanted}"

    def failed(self):
        return {f["rule"] for f in self.report["findings"] if f["verdict"] == "fail"}

    def finding(self, rule):
        return next(f for f in self.report["findings"] if f["rule"] == rule)

    def tell(self, rule):
        finding = self.finding(rule)
        return f"{rule} {finding['verdict']}: {finding['evidence']}"


class Lab:
    """All audits that some rows need, each once."""

    def __init__(self, names, good):
        self.audits = {}
        self.bad = {name: self.add(TWINS[name].bad, TWINS[name].setup) for name in names}
        self.clean = {name: self.add(TWINS[name].clean, TWINS[name].clean_setup)
                      for name in names}
        self.good = {name: self.add(Site, setup) for name, setup in good.items()}

    def add(self, site, setup):
        audit = Audit(site, setup)
        return self.audits.setdefault(audit.key, audit)

    async def run(self):
        certificates = Certificates()
        witness = Witness()
        watching = asyncio.create_task(witness.watch())
        turns = asyncio.Semaphore(AT_ONCE)
        done = 0

        async def one(audit):
            nonlocal done
            async with turns:
                await audit.run(certificates, witness)
            done += 1
            if done % 20 == 0 or done == len(self.audits):
                print(f"lab: {done} of {len(self.audits)} audits", file=sys.stderr, flush=True)

        # Those with a longer look take the most time: they begin first.
        order = sorted(self.audits.values(), key=lambda a: not {"--soak", "--span"} &
                       set(a.setup.words))
        try:
            await asyncio.gather(*(one(audit) for audit in order))
        finally:
            watching.cancel()
            certificates.close()


def complaints(name, lab):
    """What is wrong with one row, as lines; (missed, false) of them."""
    rule = rule_of(name)
    row, bad, clean = TWINS[name], lab.bad[name], lab.clean[name]
    missed, false = [], []
    for audit, side in ((bad, "bad"), (clean, "clean")):
        if audit.report is None or audit.complaint:
            missed.append(f"{side} twin: {audit.complaint or 'no report'}")
    if bad.report is not None:
        if rule not in bad.failed():
            missed.append(f"missed: {bad.tell(rule)}")
        missed += [f"companion missed: {bad.tell(other)}"
                   for other in sorted((row.companions | row.both) - bad.failed())]
        false += [f"false beside the bad twin: {bad.tell(other)}" for other in
                  sorted(bad.failed() - {rule} - row.companions - row.both)]
    if clean.report is not None:
        false += [f"false on the clean twin: {clean.tell(other)}" for other in
                  sorted(clean.failed() - row.both)]
        if clean.finding(rule)["verdict"] != row.clean_says and rule not in clean.failed():
            missed.append(f"clean twin says {clean.tell(rule)}")
    return missed, false


class LabTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        chosen = os.environ.get("LAB_RULES", "").split()
        cls.names = [name for name in TWINS if not chosen or rule_of(name) in chosen]
        cls.lab = Lab(cls.names, {} if chosen and "GOOD" not in chosen else GOOD)
        start = time.monotonic()
        asyncio.run(cls.lab.run())
        cls.seconds = time.monotonic() - start

    def test_every_rule_has_both_twins(self):
        known = set(rules())
        listed = {rule_of(name) for name in TWINS} | set(BEYOND_THE_LAB)
        self.assertEqual(sorted(known - listed), [], "rules without twins do not exist")
        self.assertEqual(sorted(listed - known), [], "twins of rules that do not exist")
        self.assertEqual(sorted(set(TWINS) & set(BEYOND_THE_LAB)), [])

    def test_the_good_application_has_no_findings(self):
        for name, audit in self.lab.good.items():
            with self.subTest(asked=name):
                self.assertEqual(audit.complaint, "")
                self.assertEqual([audit.tell(rule) for rule in sorted(audit.failed())], [])

    def test_bad_twins_are_found_and_clean_ones_are_not(self):
        missed = false = 0
        for name in self.names:
            wrong, alarms = complaints(name, self.lab)
            missed += len(wrong)
            false += len(alarms)
            with self.subTest(rule=name):
                self.assertEqual(wrong + alarms, [])
        count = len({rule_of(name) for name in self.names})
        print(f"{count} rules x 2 twins, {missed or 'zero'} missed, {false or 'zero'} false; with "
              f"{len(self.names) - count} more ways to break them ({len(self.lab.audits)} audits "
              f"in {self.seconds:.0f} s)", file=sys.stderr)
        again = sum(audit.attempts - 1 for audit in self.lab.audits.values())
        if again:
            print(f"lab: {again} audits were made again: the machine stood still meanwhile",
                  file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
