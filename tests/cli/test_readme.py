"""Every command in README.md works as printed."""

import os
import re
import shlex
import subprocess

import pytest

from command_line import ROOT, binary

README = ROOT / "README.md"


def commands():
    """The command lines of README's ```sh blocks, in order, without comments and prompts, continued lines joined."""
    lines = []
    for block in re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"(^|\s)#.*$", "", line.removeprefix("$ ")).strip()
            lines += [line] if line else []
    return lines


def program(line):
    return shlex.split(line)[0]


@pytest.fixture(name="lines", scope="module")
def _lines():
    return commands()


def test_no_placeholder_is_left_in_the_readme():
    assert re.findall(r"@@\w*@*", README.read_text()) == []


def test_the_readme_shows_commands_of_ours(lines):
    assert any(program(line) == "touchstone" for line in lines)


def test_the_scripts_that_the_readme_names_exist_and_can_be_run(lines):
    for line in lines:
        if program(line).startswith(("./scripts/", "scripts/")):
            assert os.access(ROOT / program(line), os.X_OK), line


@pytest.fixture(name="stand_ins")
def _stand_ins(tmp_path, sample):
    """An environment with `touchstone` on its PATH, and what no clone holds: the paper's extractor and its data set,
    for which the embedded extractor and the small sample stand in."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "touchstone").symlink_to(binary())
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "wide_resnet50_2.pt").symlink_to(ROOT / "models" / "efficientnet_lite0.pt")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "hazelnut").symlink_to(sample)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TOUCHSTONE_MODELS": str(tmp_path / "models")}


def test_the_commands_of_the_readme_run_in_the_order_in_which_they_stand(lines, tmp_path, stand_ins):
    for line in lines:
        if not re.search(r"(^|\| *)touchstone ", line):
            continue
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path / "work",
            env=stand_ins,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
