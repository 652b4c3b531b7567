"""Ctrl-C: what is there is valid, and what is not whole is not there."""

import json
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

import pictures
from command_line import TINY, binary, names, refusal, run

PATIENCE_S = 30


def heed_signals():
    """Whatever started the tests may have them ignored, as nohup has."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def start(*arguments, cwd):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([binary(), *arguments], cwd=cwd, preexec_fn=heed_signals, **pipes)


def wait_until(condition):
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, "it did not come about"
        time.sleep(0.005)


@pytest.mark.parametrize(
    "number, threads", [(signal.SIGINT, "1"), (signal.SIGTERM, "2"), (signal.SIGHUP, "2"), (signal.SIGINT, "7")]
)
def test_score_that_waits_for_paths_ends_at_once_with_valid_results(
    tmp_path, gallery, check, number, threads
):
    (tmp_path / "good").symlink_to(check)  # a label that evaluate knows
    with start("score", "-", "-g", gallery, "-o", "r", "--threads", threads, cwd=tmp_path) as process:
        process.stdin.write(b"good/000.png\ngood/001.png\n")
        process.stdin.flush()
        lines = [
            process.stdout.readline() for _ in range(2)
        ]  # a controller waits for each: they must come at once
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 130
        stderr = process.stderr.read().decode()
    assert [line.split(b"\t")[1] for line in lines] == [
        b"good/000.png\n",
        b"good/001.png\n",
    ]
    document = json.loads((tmp_path / "r" / "results.json").read_text())
    assert document["complete"] is False
    assert [image["path"] for image in document["images"]] == ["good/000.png", "good/001.png"]
    assert len((tmp_path / "r" / "scores.csv").read_text().splitlines()) == 3
    assert "interrupted" in stderr
    assert "The run did not finish" in (tmp_path / "r" / "report.html").read_text()
    evaluated = run("evaluate", "r", cwd=tmp_path)
    assert evaluated.code == 0 and "did not finish" in evaluated.stderr


def test_a_run_that_was_killed_leaves_results_that_say_so(tmp_path, gallery, check):
    with start("score", "-", "-g", gallery, "-o", "r", cwd=tmp_path) as process:
        process.stdin.write(b"check/000.png\n")
        process.stdin.flush()
        process.stdout.readline()
        process.kill()
    assert check.is_dir()
    assert json.loads((tmp_path / "r" / "results.json").read_text())["complete"] is False
    assert run("score", check, "-g", gallery, "-o", "r", "--force", cwd=tmp_path).code == 0


def test_a_full_standard_output_does_not_hide_the_interruption(tmp_path, gallery, check):
    with open("/dev/full", "wb") as full:
        command = [binary(), "score", "-", "-g", gallery, "-o", "r"]
        pipes = {"stdin": subprocess.PIPE, "stdout": full, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=tmp_path, preexec_fn=heed_signals, **pipes) as process:
            process.stdin.write(f"{check / '000.png'}\n".encode())
            process.stdin.flush()
            wait_until(lambda: list((tmp_path / "r").glob("heatmaps/**/*.png")))
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 130
            stderr = process.stderr.read().decode()
    assert "interrupted" in stderr and "touchstone: error: standard output" in stderr


def catches(process, number):
    """Whether the process has a handler of its own for the signal."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text().split()
    return int(status[status.index("SigCgt:") + 1], 16) >> (number - 1) & 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_evaluate_ends_without_metrics(tmp_path, sample_results, number):
    results = shutil.copytree(sample_results, tmp_path / "r")
    with start("evaluate", results, "--resolution", "2048", "--json=m.json", cwd=tmp_path) as process:
        wait_until(lambda: catches(process, number))  # the figures at this size take seconds
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 130
        stdout, stderr = process.stdout.read(), process.stderr.read().decode()
    assert stdout == b"" and "no metrics were written" in stderr
    assert not (tmp_path / "m.json").exists() and names(results) == names(sample_results)


@pytest.fixture(name="many")
def _many(tmp_path):
    """A folder that takes seconds to fit."""
    picture = pictures.save(tmp_path / "picture.png", size=(256, 256))
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(600):
        (folder / f"{i:04}.png").symlink_to(picture)
    return folder


def test_fit_leaves_no_gallery_and_nothing_else(tmp_path, many):
    with start("fit", many, "-o", "g", cwd=tmp_path) as process:
        wait_until(lambda: list(tmp_path.glob(".g.partial-*/segments")))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        stderr = process.stderr.read().decode()
    assert "no gallery was written" in stderr
    assert names(tmp_path) == ["many", "picture.png"]


def test_fit_with_force_keeps_the_old_gallery(tmp_path, many, own_gallery):
    before = (own_gallery / "manifest.json").read_bytes()
    with start("fit", many, "-o", own_gallery, "--force", cwd=tmp_path) as process:
        wait_until(lambda: list(tmp_path.glob(".gallery.partial-*/segments")))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
    assert (own_gallery / "manifest.json").read_bytes() == before
    assert names(tmp_path) == ["gallery", "many", "picture.png"]


def test_a_fit_that_was_killed_leaves_no_gallery_under_its_name(tmp_path, many):
    with start("fit", many, "-o", "g", cwd=tmp_path) as process:
        wait_until(lambda: list(tmp_path.glob(".g.partial-*/segments")))
        process.kill()
    assert not (tmp_path / "g").exists()
    partial = next(tmp_path.glob(".g.partial-*"))
    refusal(run("gallery", "info", partial, cwd=tmp_path), 1, "not a gallery")
    assert (
        run("fit", tmp_path / "many", "-o", "g", "--include", "000*", "--model", TINY, cwd=tmp_path).code == 0
    )
