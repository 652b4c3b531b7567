"""scripts/summarize_tests.py counts what the test runners report, and takes no silence for success."""

import subprocess
import sys

import pytest

from command_line import ROOT

CTEST = '<testsuite><testcase name="core/file_test" status="run"/></testsuite>'
PYTEST = (
    '<testsuites><testsuite><testcase classname="m" name="a"/><testcase classname="m" name="b">'
    '<skipped message="no network"/></testcase></testsuite></testsuites>'
)
FAILING = '<testsuites><testcase classname="m" name="a"><failure/></testcase></testsuites>'


@pytest.fixture(name="summarize")
def _summarize(tmp_path):
    """summarize(pytest.xml, pytest's exit code, ctest.xml) -> (exit code, lines); None = there is no such file."""

    def call(pytest_xml=PYTEST, exit_code="0\n", ctest=CTEST):
        reports = {"pytest.xml": pytest_xml, "pytest-exit-code": exit_code, "release-ctest.xml": ctest}
        for name, text in reports.items():
            if text is not None:
                (tmp_path / name).write_text(text)
        command = [sys.executable, ROOT / "scripts" / "summarize_tests.py", tmp_path, "release"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()

    return call


def test_a_whole_run_is_added_up(summarize):
    assert summarize() == (0, ["skipped: m: b: no network", "2 passed, 0 failed, 1 skipped"])


def test_a_failed_case_is_counted_once(summarize):
    assert summarize(FAILING, "1\n") == (1, ["FAILED: m: a", "1 passed, 1 failed"])


@pytest.mark.parametrize(
    "broken, said",
    [
        ({"pytest_xml": None}, "pytest: it wrote no report"),
        ({"pytest_xml": "<testsuites><testsuite/></testsuites>"}, "pytest: it ran no test"),
        ({"exit_code": "1\n"}, "exit code 1"),
        ({"exit_code": "2\n"}, "exit code 2"),
        ({"exit_code": "139\n"}, "exit code 139"),
        ({"exit_code": None}, "exit code unknown"),
        ({"ctest": None}, "release: CTest ran no test"),
        ({"ctest": "<testsuite/>"}, "release: CTest ran no test"),
        ({"ctest": CTEST.replace("/>", "><failure/></testcase>")}, "core/file_test"),
    ],
)
def test_what_broke_off_or_ran_nothing_is_a_failure(summarize, broken, said):
    code, lines = summarize(**broken)
    failures = [line for line in lines if line.startswith("FAILED: ")]
    assert (code, len(failures)) == (1, 1)
    assert said in failures[0]
