"""Places that cannot be written to: read-only folders, full disks, a closed standard output."""

import contextlib
import json
import os
import resource
import shutil
import subprocess

import pytest

import pictures
from command_line import TINY, binary, names, refusal, run, tree

FIT = ("--model", TINY, "--resize", "32")


@pytest.fixture(name="unprivileged")
def _unprivileged(tmp_path):
    """run() without root's right to write everywhere."""
    if os.geteuid() != 0:
        return lambda *arguments: run(*arguments, cwd=tmp_path)
    without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
    if (
        shutil.which("setpriv") is None
        or subprocess.run([*without, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("the tests run as root and setpriv cannot take its right to write everywhere away")

    def call(*arguments):
        done = subprocess.run(
            [*without, binary(), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return call


def outcome_of(result):
    """(code, stdout, stderr), whoever ran it."""
    return result if isinstance(result, tuple) else (result.code, result.stdout.decode(), result.stderr)


@pytest.mark.parametrize("verb", ["fit", "score", "sample"])
def test_a_read_only_place_is_found_before_the_first_image(unprivileged, tmp_path, gallery, check, verb):
    place = tmp_path / "read_only"
    place.mkdir()
    place.chmod(0o555)
    (check / "broken.png").write_bytes(b"reading this would be warned about")
    arguments = {
        "fit": ("fit", check, "-o", place / "out", *FIT),
        "score": ("score", check, "-g", gallery, "-o", place / "out"),
        "sample": ("sample", place / "out", "--size", "48"),
    }[verb]
    code, stdout, stderr = outcome_of(unprivileged(*arguments))
    assert (code, stdout) == (1, "")
    assert str(place) in stderr and "Permission denied" in stderr
    assert "broken.png" not in stderr
    assert names(place) == []


def test_evaluate_says_so_where_it_cannot_write_metrics_before_it_reads_a_map(
    unprivileged, tmp_path, sample_results
):
    place = shutil.copytree(sample_results, tmp_path / "r")
    (place / "maps" / "good" / "000.tiff").write_bytes(b"reading this would be an error of its own")
    place.chmod(0o555)
    code, stdout, stderr = outcome_of(unprivileged("evaluate", place))
    assert (code, stdout) == (1, "")
    assert "metrics.json: cannot be written (Permission denied)" in stderr and "000.tiff" not in stderr


def test_json_to_a_device_needs_no_right_to_its_folder(unprivileged, gallery):
    """/dev belongs to root, /dev/null to everybody."""
    code, stdout, stderr = outcome_of(unprivileged("gallery", "verify", gallery, "--json=/dev/null"))
    assert (code, stderr) == (0, "") and "whole" in stdout


def test_json_to_a_folder_without_the_right_to_write_is_a_usage_error(unprivileged, tmp_path, gallery):
    place = tmp_path / "read_only"
    place.mkdir()
    place.chmod(0o555)
    code, stdout, stderr = outcome_of(unprivileged("gallery", "verify", gallery, f"--json={place / 'x.json'}"))
    assert (code, stdout) == (2, "")
    assert "--json" in stderr and str(place) in stderr


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path):
    """small_disk(bytes) -> a file system of that size."""
    mounted = []

    def mount(num_bytes):
        place = tmp_path / "disk"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={num_bytes}", "none", place]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("verb", ["fit", "score"])
def test_a_disk_that_is_too_small_is_found_before_the_first_image(
    touchstone, small_disk, gallery, check, verb
):
    disk = small_disk(32 << 10)
    arguments = ("fit", check, *FIT) if verb == "fit" else ("score", check, "-g", gallery)
    refusal(touchstone(*arguments, "-o", disk / "out"), 1, "too full", "MiB")
    assert names(disk) == []


def test_where_no_folder_can_be_made_the_disk_is_not_called_full(touchstone, check):
    outcome = touchstone("fit", check, "-o", "/proc/x", *FIT)
    refusal(outcome, 1, "/proc/x: cannot be created")
    assert "too full" not in outcome.stderr


def file_size_limit(num_bytes):
    """For preexec_fn: the system call that writes a file's next byte fails, as on a disk that fills up."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))


def test_fit_ends_with_an_error_where_the_disk_fills_up_and_leaves_nothing(touchstone, tmp_path, check):
    outcome = touchstone("fit", check, "-o", "g", *FIT, "--quiet", preexec_fn=file_size_limit(1000))
    refusal(outcome, 1, "cannot be written")
    assert names(tmp_path) == ["check"]


def test_score_ends_with_an_error_where_the_disk_fills_up(touchstone, tmp_path, gallery):
    pictures.save(tmp_path / "in" / "a.png")
    pictures.save(tmp_path / "in" / "b.png", size=(300, 200))
    outcome = touchstone("score", "in", "-g", gallery, "-o", "r", preexec_fn=file_size_limit(20000))
    assert outcome.code == 1
    assert "cannot be written" in outcome.stderr and "b.tiff" in outcome.stderr
    document = json.loads((tmp_path / "r" / "results.json").read_text())
    assert document["complete"] is False
    assert not [name for name in tree(tmp_path / "r") if name.endswith(".tmp")]


def test_a_full_standard_output_is_an_error(gallery, check):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [binary(), "score", check, "-g", gallery, "-o", check.parent / "r"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"standard output" in done.stderr
    document = json.loads((check.parent / "r" / "results.json").read_text())
    assert document["complete"] is True  # the files themselves are whole
    assert len(document["images"]) == len(list(check.iterdir()))


def test_a_reader_that_goes_away_is_an_error_and_no_signal(gallery, check):
    command = [binary(), "score", check, "-g", gallery, "-o", check.parent / "r"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode == 1
    assert b"standard output" in stderr


def test_a_closed_standard_output_is_an_error_and_spoils_no_file(tmp_path, gallery, check):
    """With descriptor 1 free, the next file that is opened gets it, and lines meant for stdout would go there."""
    done = subprocess.run(
        ["bash", "-c", '"$@" >&-', "-", binary(), "score", check, "-g", gallery, "-o", tmp_path / "r"],
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 1
    assert b"standard output" in done.stderr
    for name, content in tree(tmp_path / "r").items():
        assert b"\t000.png" not in content, name
    assert {path.name for path in (tmp_path / "r" / "maps").iterdir()} == {"000.tiff", "001.tiff", "002.tiff"}


def test_help_into_a_full_standard_output_is_an_error():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([binary(), "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, b"standard output" in done.stderr) == (1, True)


def test_maps_may_go_to_a_folder_of_their_own(touchstone, tmp_path, gallery, check):
    assert (
        touchstone("score", check, "-g", gallery, "-o", "r", "--maps", "elsewhere/m", "--no-heatmaps").code
        == 0
    )
    assert names(tmp_path / "elsewhere" / "m") == ["000.tiff", "001.tiff", "002.tiff"]
    assert names(tmp_path / "r") == ["report.html", "results.json", "scores.csv"]


def test_maps_do_not_overwrite_a_folder_of_files_unasked(touchstone, tmp_path, gallery, check):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "000.tiff").write_text("mine")
    refusal(touchstone("score", check, "-g", gallery, "-o", "r", "--maps", "m"), 2, "--maps", "--force")
    assert tree(tmp_path / "m") == {"000.tiff": b"mine"}
    assert not (tmp_path / "r").exists()


def test_no_maps_and_no_heatmaps_leave_the_scores_as_they_are(touchstone, tmp_path, gallery, check):
    bare = touchstone("score", check, "-g", gallery, "-o", "r1", "--no-maps", "--no-heatmaps")
    full = touchstone("score", check, "-g", gallery, "-o", "r2")
    assert bare.stdout == full.stdout
    assert names(tmp_path / "r1") == ["report.html", "results.json", "scores.csv"]


def test_fail_above_ends_with_4_where_a_score_exceeds_it(touchstone, gallery, check):
    scores = sorted(score for score, _ in touchstone("score", check, "-g", gallery, "-o", "r0").lines)
    for i, (limit, code) in enumerate(((scores[-1], 0), (scores[0], 4), (-1, 4), (1e30, 0))):
        outcome = touchstone("score", check, "-g", gallery, "-o", f"r{i + 1}", f"--fail-above={limit!r}")
        assert (outcome.code, len(outcome.lines)) == (code, 3)


def test_fail_above_outranks_failed_images(touchstone, gallery, check):
    (check / "broken.png").write_bytes(b"broken")
    assert touchstone("score", check, "-g", gallery, "-o", "r1", "--fail-above", "0").code == 4
    assert touchstone("score", check, "-g", gallery, "-o", "r2", "--fail-above", "1e30").code == 3


def test_fail_on_anomalous_is_refused_where_it_could_never_fail(touchstone, tmp_path, gallery, check):
    """Before an image is read: nothing else tells a gate that is open from one where every part is good."""
    command = ("score", check, "-g", gallery, "-o", "r", "--fail-on", "anomalous")
    for options in ((), ("--quiet",)):
        refusal(touchstone(*command, *options), 2, "--fail-on", "6 images", "calibrate", "--fail-above")
    assert not (tmp_path / "r").exists()


def test_exit_code_4_stands_above_3_and_the_help_says_so(touchstone, gallery, check):
    (check / "broken.png").write_bytes(b"broken")
    outcome = touchstone("score", check, "-g", gallery, "-o", "r", "--fail-above", "0")
    assert outcome.code == 4 and "1 image failed" in outcome.stderr
    assert b"Of several: 130, 1, 4, 3." in touchstone("score", "--help").stdout


def test_contours_that_cannot_be_drawn_are_a_warning(touchstone, gallery, check):
    for style, is_said in (("contour", True), ("overlay", False)):
        outcome = touchstone("score", check, "-g", gallery, "-o", style, "--heatmap-style", style)
        said = [line for line in outcome.stderr.splitlines() if "--heatmap-style" in line]
        assert (outcome.code, len(said)) == (0, is_said)
    warning = touchstone(
        "score", check, "-g", gallery, "-o", "r", "--heatmap-style", "contour", "--no-maps"
    ).stderr
    assert "no pixel threshold" in warning and "calibrate" in warning


def test_an_error_does_not_stand_on_the_progress_line(tmp_path, gallery):
    """The disk fills up when images were done and counted."""
    for i in range(20):
        pictures.save(tmp_path / "in" / f"{i:02}.png", size=(48, 40))
    pictures.save(tmp_path / "in" / "last.png", size=(300, 200))
    ours, theirs = os.openpty()
    command = [binary(), "score", tmp_path / "in", "-g", gallery, "-o", tmp_path / "r", "--threads", "1"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, preexec_fn=file_size_limit(20000), check=False
    )
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # how a terminal without a writer ends
        while block := os.read(ours, 4096):
            said += block
    os.close(ours)
    assert done.returncode == 1 and b"1/21" in said
    before, error = said.split(b"touchstone: error: ")
    assert before.endswith(b"\r\x1b[K") and b"cannot be written" in error
