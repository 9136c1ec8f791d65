# SPDX-License-Identifier: Apache-2.0
"""The command line: help, versions, misuse, and output that cannot be written."""

import os
import re
import subprocess
import unittest

import harness
from harness import PROGRAM, ROOT, run

OK, USAGE, UNREACHABLE = 0, 2, 3
HELP_WIDTH = 80


def commands():
    """Names of all commands, from the help itself."""
    text = run("--help").stdout
    return re.findall(r"^  ([a-z]+) ", text.split("Commands:\n")[1].split("\n\n")[0], re.MULTILINE)


def options_of(command):
    text = run(command, "--help").stdout.split("Options:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (?:-\w, |    )(--[a-z0-9-]+)", text, re.MULTILINE)


class Misuse(harness.TestCase):
    """One line that names the fault, one that names the help, exit code 2, nothing on stdout."""

    cases = [
        ("an unknown command", ["frobnicate"], "sluice: unknown command 'frobnicate'"),
        ("a misspelt command", ["vesrion"],
         "sluice: unknown command 'vesrion' (did you mean 'version'?)"),
        ("an unknown option before a command", ["--frob"], "sluice: unknown option '--frob'"),
        ("a misspelt option before a command", ["--verison"],
         "sluice: unknown option '--verison' (did you mean '--version'?)"),
        ("an unknown option", ["version", "--frob"], "sluice version: unknown option '--frob'"),
        ("a misspelt option", ["version", "--hlep"],
         "sluice version: unknown option '--hlep' (did you mean '--help'?)"),
        ("an unknown letter", ["version", "-x"], "sluice version: unknown option '-x'"),
        ("an operand too many", ["version", "now"], "sluice version: unexpected operand 'now'"),
        ("help for an unknown command", ["help", "vesrion"],
         "sluice: unknown command 'vesrion' (did you mean 'version'?)"),
        ("an option behind -- is an operand", ["version", "--", "--help"],
         "sluice version: unexpected operand '--help'"),
        ("an empty word", [""], "sluice: unknown command ''"),
    ]

    def test_each_is_answered_with_what_to_do(self):
        for name, words, message in self.cases:
            with self.subTest(name):
                result = run(*words)
                lines = result.stderr.splitlines()
                self.assertEqual(lines[0], message)
                self.assertRegex(lines[1], r"^Try 'sluice( [a-z]+)? --help'\.$")
                self.assertEqual((len(lines), result.stdout, result.returncode), (2, "", USAGE))

    def test_no_command_shows_the_help_on_stderr(self):
        result = run()
        self.assertEqual((result.returncode, result.stdout), (USAGE, ""))
        self.assertEqual(result.stderr, run("--help").stdout)

    def test_257_operands_are_too_many_and_not_a_crash(self):
        result = run("help", *["x"] * 257)
        self.assertEqual(result.returncode, USAGE)


class Help(harness.TestCase):
    def test_the_three_ways_to_ask_give_the_same_page(self):
        for command in commands():
            with self.subTest(command):
                page = run(command, "--help")
                self.assertEqual((page.returncode, page.stderr), (OK, ""))
                self.assertEqual(run("help", command).stdout, page.stdout)
                self.assertEqual(run(command, "-h").stdout, page.stdout)

    def test_every_line_fits_a_terminal(self):
        for words in [["--help"]] + [[command, "--help"] for command in commands()]:
            with self.subTest(words=words):
                text, _, examples = run(*words).stdout.partition("Examples:")
                self.assertTrue(all(len(line) <= HELP_WIDTH for line in text.splitlines()))
                self.assertEqual(bool(examples), words != ["--help"])

    def test_version_is_one_line(self):
        for words in (["--version"], ["-V"], ["version"]):
            result = run(*words)
            self.assertEqual(result.returncode, OK)
            self.assertRegex(result.stdout, r"^sluice \d+\.\d+\.\d+\n$")


class Manual(harness.TestCase):
    """The manual is written by hand and cannot fall behind the tables."""

    def test_sluice_1_names_every_command(self):
        page = (ROOT / "man" / "sluice.1").read_text()
        for command in commands():
            self.assertRegex(page, rf"(?m)^\.It Cm {command}\b|\.Xr sluice-{command} 1", command)

    def test_each_page_names_exactly_the_options_of_its_command(self):
        for command in set(commands()) - {"help", "version"}:
            with self.subTest(command):
                page = (ROOT / "man" / f"sluice-{command}.1").read_text().replace("\\-", "-")
                named = set(re.findall(r"^\.It .*?Fl -([a-z0-9-]+)", page, re.MULTILINE))
                self.assertEqual(named, {name[2:] for name in options_of(command)} - {"help"})

    def test_each_page_shows_the_examples_of_the_help(self):
        for command in set(commands()) - {"help", "version"}:
            with self.subTest(command):
                page = (ROOT / "man" / f"sluice-{command}.1").read_text()
                page = page.replace("\\-", "-").replace("\\e", "\\")
                examples = run(command, "--help").stdout.split("Examples:\n")[1]
                for line in examples.splitlines():
                    self.assertIn(line.strip(), page)


class Output(harness.TestCase):
    """Bytes that are lost are not lost without a word."""

    def test_a_full_disk_is_reported(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE,
                                    text=True, timeout=harness.TIMEOUT, check=False)
        self.assertEqual(result.returncode, UNREACHABLE)
        self.assertEqual(result.stderr,
                         "sluice: cannot write to standard output: No space left on device\n")

    def test_a_closed_stdout_is_reported(self):
        result = subprocess.run(["sh", "-c", 'exec "$0" --help >&-', PROGRAM],
                                stderr=subprocess.PIPE, text=True, timeout=harness.TIMEOUT,
                                check=False)
        self.assertEqual(result.returncode, UNREACHABLE)
        self.assertIn("cannot write to standard output", result.stderr)

    def test_a_reader_that_has_enough_is_no_news(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        try:
            result = subprocess.run([PROGRAM, "--help"], stdout=write_end,
                                    stderr=subprocess.PIPE, text=True,
                                    timeout=harness.TIMEOUT, check=False)
        finally:
            os.close(write_end)
        self.assertEqual(result.stderr, "")
        self.assertNotEqual(result.returncode, OK)


if __name__ == "__main__":
    unittest.main()
