# SPDX-License-Identifier: Apache-2.0
"""The tools that judge the code are judged too: each rule is broken once on purpose."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import ROOT

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
FUNCTION_MAX, FILE_MAX = 60, 600


def body(lines):
    """A function of so many lines."""
    return "int f(void)\n{\n" + "\t;\n" * (lines - 4) + "\treturn 0;\n}\n"


class CheckLayers(harness.TestCase):
    cases = [
        ("a file that keeps the rules", "src/http/a.c", SPDX + '#include "base/buf.h"\n', None),
        ("a layer above", "src/base/a.c", SPDX + '#include "http/url.h"\n', "may use only: nothing"),
        ("a layer beside", "src/http/a.c", SPDX + '#include "sse/event.h"\n', "may use only: base"),
        ("a path without a layer", "src/http/a.c", SPDX + '#include "url.h"\n', "layer/file.h"),
        ("a socket below os", "src/hub/a.c", SPDX + "#include <sys/socket.h>\n", "only os/"),
        ("a clock below os", "src/hub/a.c", SPDX + "#include <time.h>\n", "only os/"),
        ("a clock in os", "src/os/a.c", SPDX + "#include <time.h>\n", None),
        ("printf below os", "src/hub/a.c", SPDX + "#include <stdio.h>\n", "only os/"),
        ("realloc", "src/hub/a.c", SPDX + "void *p = realloc(q, 1);\n", "may call realloc"),
        ("realloc where it belongs", "src/base/buf.c", SPDX + "void *p = realloc(q, 1);\n", None),
        ("strcpy", "src/os/a.c", SPDX + "int x = strcpy(a, b);\n", "banned call"),
        ("strcpy in a comment", "src/os/a.c", SPDX + "/* not strcpy(a, b) */\n", None),
        ("strcpy in a string", "src/os/a.c", SPDX + 'char s[] = "strcpy(a)";\n', None),
        ("a longer name", "src/os/a.c", SPDX + "int x = my_strcpy(a, b);\n", None),
        ("no licence", "src/os/a.c", "int x;\n", "SPDX"),
        ("no guard", "src/os/a.h", SPDX, "#pragma once"),
        ("an unknown layer", "src/attic/a.c", SPDX, "not a layer"),
        ("a function of 60 lines", "src/os/a.c", SPDX + body(FUNCTION_MAX), None),
        ("a function of 61 lines", "src/os/a.c", SPDX + body(FUNCTION_MAX + 1), "f has 61 lines"),
        ("a file of 600 lines", "src/os/a.c", SPDX + "\n" * (FILE_MAX - 1), None),
        ("a file of 601 lines", "src/os/a.c", SPDX + "\n" * FILE_MAX, "601 lines"),
    ]

    def test_each_breach_is_found_and_nothing_else(self):
        for name, path, text, message in self.cases:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                root = pathlib.Path(folder)
                (root / path).parent.mkdir(parents=True)
                (root / path).write_text(text)
                (root / "tools").mkdir()
                shutil.copy(ROOT / "tools" / "check-layers.sh", root / "tools")
                subprocess.run(["git", "init", "-q", folder], check=True)
                result = subprocess.run([root / "tools" / "check-layers.sh"], capture_output=True,
                                        text=True, timeout=harness.TIMEOUT, check=False)
                self.assertEqual(result.returncode, 0 if message is None else 1, result.stdout)
                self.assertIn(message or "", result.stdout)


class Tally(harness.TestCase):
    """What a green line is worth: every way to fail is counted."""

    def count(self, reader, text, ci=""):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as report:
            report.write(text)
            report.flush()
            result = subprocess.run([sys.executable, ROOT / "tools" / "tally.py", reader,
                                     report.name, "suite"], capture_output=True, text=True,
                                    env={"CI": ci}, timeout=harness.TIMEOUT, check=True)
        return tuple(int(n) for n in result.stdout.split())

    cases = [
        ("TAP with a failure", "meson",
         '{"name": "a", "result": "FAIL", "stdout": "1..2\\nok 1 - x\\nnot ok 2 - y\\n"}\n', (1, 1)),
        ("a crash behind good lines", "meson",
         '{"name": "a", "result": "ERROR", "stdout": "1..2\\nok 1 - x\\n"}\n', (1, 1)),
        ("a time-out without a line", "meson", '{"name": "a", "result": "TIMEOUT"}\n', (0, 1)),
        ("Python, all good", "unittest", "Ran 3 tests in 1s\n\nOK\n", (3, 0)),
        ("Python, one failed", "unittest",
         "FAIL: test_x (t.T.test_x)\nRan 3 tests in 1s\n\nFAILED (failures=1)\n", (2, 1)),
        ("Python that died", "unittest", "test_x ... ", (0, 1)),
        ("Node, one failed", "node", "# pass 4\n# fail 1\n# cancelled 0\n# skipped 0\n", (4, 1)),
        ("Node that died", "node", "ok 1 - x\n", (0, 1)),
        ("lines", "lines", "ok a\nnot ok b\n    detail\n", (1, 1)),
        ("no line at all", "lines", "", (0, 1)),
    ]

    def test_each_report_is_counted(self):
        for name, reader, text, counts in self.cases:
            with self.subTest(name):
                self.assertEqual(self.count(reader, text), counts)

    def test_a_skipped_test_is_a_failure_in_ci_only(self):
        report = "Ran 3 tests in 1s\n\nOK (skipped=1)\n"
        self.assertEqual(self.count("unittest", report), (2, 0))
        self.assertEqual(self.count("unittest", report, ci="true"), (2, 1))


class Bootstrap(harness.TestCase):
    def test_it_knows_every_library_of_the_build(self):
        text = (ROOT / "tools" / "bootstrap.sh").read_text()
        probes = set(" ".join(re.findall(r" pc:([\w.+ -]+)'", text)).split())
        needs = set()
        for build in [ROOT / "meson.build", *ROOT.glob("*/**/meson.build")]:
            if not build.relative_to(ROOT).parts[0].startswith("build"):
                needs |= set(re.findall(r"dependency\('([\w.+-]+)'", build.read_text()))
        self.assertEqual(probes, needs - {"threads"})


if __name__ == "__main__":
    unittest.main()
