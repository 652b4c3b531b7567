#!/usr/bin/env python3
"""Adds up the reports of a test run: summarize_tests.py REPORTS PRESET...

Reads, below REPORTS, <preset>-ctest.xml (CTest, one entry a program), <preset>-cases/*.xml (GoogleTest, one entry a
case), pytest.xml and pytest-exit-code. Prints every failure and every skip with its reason, and as the last line
"N passed, N failed[, N skipped]". Exit code 1 if anything failed, a report is missing or empty, or pytest broke off.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


class Tally:
    def __init__(self):
        self.num_passed = 0
        self.failed = []
        self.skipped = []

    def add(self, name, case):
        """Counts one <testcase> of a JUnit-like report."""
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            self.failed.append(name)
        elif skip is not None:
            self.skipped.append(f"{name}: {reason_of(skip)}")
        else:
            self.num_passed += 1

    def line(self):
        text = f"{self.num_passed} passed, {len(self.failed)} failed"
        return text + (f", {len(self.skipped)} skipped" if self.skipped else "")


def reason_of(skip):
    """The last line of a skip's message: GoogleTest puts file and line before it."""
    lines = (skip.get("message") or skip.text or "no reason given").strip().splitlines()
    return lines[-1].strip()


def cases_of(report):
    return ElementTree.parse(report).getroot().iter("testcase")


def add_program(tally, entry, cases_dir):
    """Counts one CTest entry: case by case where the program wrote a report, as a whole where not."""
    name = entry.get("name")
    report = cases_dir / (name.replace("/", "_") + ".xml")
    program_failed = entry.get("status") == "fail"
    if not report.exists():
        tally.add(name, entry)
        return
    num_failed_before = len(tally.failed)
    for case in cases_of(report):
        tally.add(f"{name}: {case.get('classname')}.{case.get('name')}", case)
    if program_failed and len(tally.failed) == num_failed_before:
        tally.failed.append(f"{name}: the program failed outside its cases (crash, leak or time limit)")


def add_pytest(tally, reports):
    """Counts the Python tests case by case; its exit code tells what is no case: 0 and 1 are runs to the end."""
    report, exit_code = reports / "pytest.xml", reports / "pytest-exit-code"
    num_failed_before = len(tally.failed)
    cases = list(cases_of(report)) if report.exists() else []
    for case in cases:
        tally.add(f"{case.get('classname')}: {case.get('name')}", case)
    if not cases:
        tally.failed.append("pytest: it ran no test" if report.exists() else "pytest: it wrote no report")
    code = exit_code.read_text().strip() if exit_code.exists() else "unknown"
    if code not in ("0", "1") or (code == "1" and len(tally.failed) == num_failed_before):
        tally.failed.append(f"pytest: it failed outside its cases (exit code {code})")


def summarize(reports, presets):
    tally = Tally()
    for preset in presets:
        report = reports / f"{preset}-ctest.xml"
        entries = list(cases_of(report)) if report.exists() else []
        if not entries:
            tally.failed.append(f"{preset}: CTest ran no test")
        for entry in entries:
            add_program(tally, entry, reports / f"{preset}-cases")
    add_pytest(tally, reports)
    return tally


def main():
    tally = summarize(pathlib.Path(sys.argv[1]), sys.argv[2:])
    for name in tally.skipped:
        print("skipped:", name)
    for name in tally.failed:
        print("FAILED:", name)
    print(tally.line())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
