"""What cmake --install puts in place works for somebody who has nothing else: program, package, completions."""

import re
import shutil
import subprocess

import pytest

from command_line import ROOT, binary

COMPLETIONS = ROOT / "src" / "cli" / "completions" / "touchstone.bash"
COMMANDS = ["", "fit", "score", "evaluate", "benchmark", "explain", "sample", "gallery", "model", "gallery info", "gallery list",
            "gallery verify", "gallery calibrate", "gallery suspects", "model info"]  # fmt: skip


def succeed(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(name="prefix", scope="module")
def _prefix(tmp_path_factory):
    """An installation that was moved after it was made."""
    build = binary().parent
    if not (build / "CMakeCache.txt").exists():
        pytest.skip(f"{binary()} does not lie in a build folder that could be installed")
    first = tmp_path_factory.mktemp("install") / "first"
    succeed("cmake", "--install", build, "--prefix", first)
    return first.rename(first.with_name("moved"))


def test_the_installed_program_finds_its_models(prefix, tmp_path):
    text = succeed(prefix / "bin" / "touchstone", "model", "info", "efficientnet_lite0", cwd=tmp_path)
    assert str(prefix / "share" / "touchstone" / "models" / "efficientnet_lite0.pt") in text


def test_the_installed_program_finds_its_libraries_wherever_it_lies(prefix):
    text = succeed("readelf", "-d", prefix / "bin" / "touchstone")
    assert re.findall(r"R(?:UN)?PATH.*\[(.*)\]", text) == ["$ORIGIN:$ORIGIN/../lib/touchstone"]


def test_a_missing_library_is_named_when_it_is_needed(prefix, tmp_path):
    broken = shutil.copytree(prefix, tmp_path / "broken")
    (broken / "lib" / "touchstone" / "libtouchstone_torch.so").unlink()
    program = broken / "bin" / "touchstone"
    assert succeed(program, "--help")
    refused = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "touchstone: error: libtouchstone_torch.so: " in refused.stderr


def test_every_public_header_is_installed(prefix):
    def headers(root):
        return sorted(str(path.relative_to(root)) for path in (root / "include").rglob("*.h"))

    assert headers(prefix) == headers(ROOT) != []


def test_licences_come_along(prefix):
    installed = {path.name for path in prefix.rglob("LICENSE*")}
    assert installed == {"LICENSE", "LICENSE.efficientnet_lite0"}


def test_a_stranger_builds_against_the_package(prefix, tmp_path, gallery):
    source = shutil.copytree(ROOT / "tests" / "cli" / "consumer", tmp_path / "consumer")
    build = tmp_path / "build"
    succeed("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    succeed("cmake", "--build", build)
    assert succeed(build / "consumer", gallery).splitlines() == [
        "0.75",
        "whole: 6 images in 1 segment, extractor and digests as the manifest says",
    ]
    assert succeed(build / "consumer").splitlines() == ["0.75", "usage"]


def complete(*words):
    """What bash offers for the last word."""
    script = """. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _touchstone; printf '%s\\n' "${COMPREPLY[@]}" """
    return succeed("bash", "-c", script, COMPLETIONS, "touchstone", *words).split()


@pytest.mark.parametrize("command", COMMANDS)
def test_completion_offers_every_long_option_of_the_help(command):
    text = succeed(binary(), *command.split(), "--help")
    listed = {
        name
        for line in re.findall(r"^  (-.*)$", text, re.MULTILINE)
        for name in re.findall(r"--[a-z-]+", line.split("  ")[0])
    }
    assert "--help" in listed
    assert set(complete(*command.split(), "--")) == listed


@pytest.mark.parametrize("command", ["", "gallery", "model"])
def test_completion_offers_every_command_of_the_help(command):
    text = succeed(binary(), *command.split(), "--help")
    listed = re.findall(r"^  ([a-z]+)  ", text.split("Subcommands:")[1].split("\n\n")[0], re.MULTILINE)
    assert sorted(complete(*command.split(), "")) == sorted(listed) != []


@pytest.mark.parametrize(
    "command, option",
    [
        ("fit", option)
        for option in (
            "--method",
            "--preset",
            "--dtype",
            "--fusion",
            "--distance",
            "--retrieval",
            "--image-score",
            "--pooling",
            "--search",
        )
    ]
    + [("score", "--fail-on"), ("score", "--heatmap-style")],
)
def test_completion_offers_values_that_are_taken(command, option):
    text = succeed(binary(), command, "--help")
    choices = re.search(rf"^  {option} (\S+)$|^  {option} (\S+)  ", text, re.MULTILINE).group(1, 2)
    choices = (choices[0] or choices[1]).split("|")
    assert sorted(complete(command, option, "")) == sorted(choices)


def test_completion_goes_on_with_what_was_typed():
    assert complete("gal") == ["gallery"]
    assert complete("gallery", "ver") == ["verify"]
    assert complete("score", "in", "-g", "g", "--no-h") == ["--no-heatmaps"]
    assert complete("fit", "--fusion", "per") == ["per-level"]
