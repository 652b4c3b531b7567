"""Which images are found, how they are named, and in which order they come out."""

import csv
import io
import json
import os
import subprocess

import pytest

import pictures
from command_line import TINY, binary, names, refusal, run, tree


def rows(results):
    """scores.csv as [{column: value}]; bytes that are no UTF-8 become surrogates."""
    text = (results / "scores.csv").read_bytes().decode(errors="surrogateescape")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_results_folder_holds_what_the_interface_names(touchstone, tmp_path, gallery, check):
    pictures.save(check / "deep" / "er" / "a.b.png")
    outcome = touchstone("score", check, "-g", gallery, "-o", "r")
    assert outcome.code == 0
    assert sorted(tree(tmp_path / "r")) == [
        "heatmaps/000.png", "heatmaps/001.png", "heatmaps/002.png", "heatmaps/deep/er/a.b.png",
        "maps/000.tiff", "maps/001.tiff", "maps/002.tiff", "maps/deep/er/a.b.tiff",
        "report.html", "results.json", "scores.csv",
        *[
            f"thumbnails/{kind}/{stem}.webp"
            for kind in ("heatmaps", "photos")
            for stem in ("000", "001", "002", "deep/er/a.b")
        ],
    ]  # fmt: skip
    table = rows(tmp_path / "r")
    header = "path,score,retrieval_score,map_max,p_value,verdict,error"
    assert (tmp_path / "r" / "scores.csv").read_text().splitlines()[0] == header
    assert [row["path"] for row in table] == ["000.png", "001.png", "002.png", "deep/er/a.b.png"]
    assert {(row["verdict"], row["error"]) for row in table} == {("undecided", "")}  # six images promise little
    assert all(0.142857 <= float(row["p_value"]) <= 1 for row in table)
    assert [row["path"] for row in table] == outcome.paths
    assert [float(row["score"]) for row in table] == [score for score, _ in outcome.lines]
    document = json.loads((tmp_path / "r" / "results.json").read_text())
    assert [image["score"] for image in document["images"]] == [score for score, _ in outcome.lines]
    assert document["failed"] == []


def test_fit_and_calibrate_say_that_they_were_given_more_than_good_images(touchstone, tmp_path):
    files = ["train/good/0.png", "train/good/1.png", "test/dent/0.png", "test/good/0.png", "test/good/1.png"]
    for i, name in enumerate(files):
        pictures.save(tmp_path / "parts" / name, i)
    outcome = touchstone("fit", "parts", "-o", "all", "--model", TINY)
    assert outcome.code == 0
    assert "parts: what is in test is taken as good, too" in outcome.stderr
    assert "here probably parts/train/good" in outcome.stderr
    for given in ("parts/train", "parts/train/good", "parts/test/dent"):
        assert "as good, too" not in touchstone("fit", given, "-o", given.replace("/", "-"), "--model", TINY).stderr
    for command in (("fit", "parts/test", "-o", "g"), ("gallery", "calibrate", "parts-train", "parts/test")):
        outcome = touchstone(*command, *(("--model", TINY) if command[0] == "fit" else ()))
        assert outcome.code == 0
        assert "parts/test: what is in dent is taken as good, too" in outcome.stderr
        assert "here probably parts/test/good" in outcome.stderr
    assert "as good, too" not in touchstone("gallery", "calibrate", "parts-train", "parts/test/good").stderr


def test_a_file_is_no_gallery(touchstone, tmp_path):
    pictures.save(tmp_path / "a.png", 1)
    refusal(touchstone("score", "a.png", "-g", "a.png", "-o", "r"), 2, "a.png: is a file: a gallery is a folder")


def test_paths_are_in_byte_order(touchstone, gallery, tmp_path):
    for i, name in enumerate(["b.png", "a/z.png", "a.png", "B.png", "a-b.png", "ä.png", "_.png"]):
        pictures.save(tmp_path / "in" / name, i)
    paths = touchstone("score", "in", "-g", gallery, "-o", "r").paths
    assert paths == sorted(paths, key=str.encode) and len(paths) == 7


def test_hidden_files_and_folders_are_skipped(touchstone, gallery, check):
    pictures.save(check / ".hidden.png")
    pictures.save(check / ".git" / "picture.png")
    assert touchstone("score", check, "-g", gallery, "-o", "r").paths == ["000.png", "001.png", "002.png"]


def test_links_are_followed_and_loops_cut(touchstone, gallery, check, tmp_path):
    pictures.save(tmp_path / "elsewhere" / "far.png")
    (check / "link").symlink_to(tmp_path / "elsewhere")
    (check / "loop").symlink_to(check)
    (tmp_path / "elsewhere" / "up").symlink_to(tmp_path / "elsewhere")
    outcome = touchstone("score", check, "-g", gallery, "-o", "r")
    assert outcome.paths == ["000.png", "001.png", "002.png", "link/far.png"]


def test_include_and_exclude_choose_by_relative_path(touchstone, tmp_path):
    for name in ["a/1.png", "a/2.png", "b/1.png", "b/blurred/3.png", "c.png"]:
        pictures.save(tmp_path / "in" / name)
    fit = ("fit", "in", "-o", "g", "--model", TINY, "--resize", "32")
    assert touchstone(*fit, "--include", "a/*", "--include", "b/*", "--exclude", "*blurred/*").code == 0
    manifest = json.loads((tmp_path / "g" / "manifest.json").read_text())
    assert [image["path"] for image in manifest["images"]] == ["a/1.png", "a/2.png", "b/1.png"]


def test_include_that_matches_nothing_says_how_many_were_left_out(touchstone, tmp_path, check):
    outcome = touchstone("fit", check, "-o", "g", "--model", TINY, "--include", "*.exr")
    refusal(outcome, 1, "3 image(s) left out by --include")
    assert names(tmp_path) == ["check"]


def test_an_empty_folder_is_no_result(touchstone, tmp_path, gallery):
    (tmp_path / "empty").mkdir()
    refusal(touchstone("fit", "empty", "-o", "g", "--model", TINY), 1, "empty", "no image")
    refusal(touchstone("score", "empty", "-g", gallery, "-o", "r"), 1, "empty", "no image")
    assert names(tmp_path) == ["empty"]


def test_a_folder_of_other_files_says_what_counts_as_an_image(touchstone, tmp_path, gallery):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "notes.txt").write_text("no picture")
    refusal(touchstone("fit", "docs", "-o", "g", "--model", TINY), 1, "1 other file", "png")
    refusal(touchstone("score", "docs", "-g", gallery, "-o", "r"), 1, "1 other file", "png")
    assert names(tmp_path) == ["docs"]


def test_one_file_is_named_by_its_own_name(touchstone, tmp_path, gallery, check):
    assert touchstone("score", check / "001.png", "-g", gallery, "-o", "r").paths == ["001.png"]
    assert names(tmp_path / "r" / "maps") == ["001.tiff"]


def test_several_inputs_are_named_as_given(touchstone, tmp_path, gallery, check):
    pictures.save(tmp_path / "other" / "x.png")
    outcome = touchstone("score", "./other", check, "check//000.png", "-g", gallery, "-o", "r")
    absolute = str(check).lstrip("/")
    expected = ["check/000.png", "other/x.png"] + [f"{absolute}/{i:03}.png" for i in range(3)]
    assert outcome.paths == sorted(expected)
    assert not (tmp_path / "check.tiff").exists()
    assert (tmp_path / "r" / "maps" / absolute / "000.tiff").is_file()


@pytest.mark.parametrize("inputs", [("../check", "here"), ("here", "../check/000.png")])
def test_dot_dot_among_several_inputs_is_refused(touchstone, tmp_path, gallery, check, inputs):
    here = tmp_path / "work"
    pictures.save(here / "here" / "x.png")
    refusal(touchstone("score", *inputs, "-g", gallery, "-o", "r", cwd=here), 2, "'..'")
    assert check.is_dir() and names(here) == ["here"]


def test_dot_dot_as_the_only_input_is_fine(touchstone, tmp_path, gallery, check):
    here = tmp_path / "work"
    here.mkdir()
    assert touchstone("score", "../check", "-g", gallery, "-o", "r", cwd=here).paths[0] == "000.png"
    assert check.is_dir() and names(tmp_path) == ["check", "work"]


@pytest.mark.parametrize("second", ["a.jpg", "a.tif"])
def test_two_images_with_one_output_name_are_a_usage_error(touchstone, tmp_path, gallery, second):
    pictures.save(tmp_path / "in" / "a.png")
    pictures.save(tmp_path / "in" / second)
    refusal(touchstone("score", "in", "-g", gallery, "-o", "r"), 2, "a.png", second)
    assert names(tmp_path) == ["in"]


def test_the_same_image_twice_is_a_usage_error(touchstone, tmp_path, gallery, check):
    refusal(
        touchstone("score", "check/000.png", "./check/000.png", "-g", gallery, "-o", "r"), 2, "check/000.png"
    )
    assert check.is_dir() and names(tmp_path) == ["check"]


def test_the_label_is_the_folder_right_above(touchstone, tmp_path, gallery):
    pictures.save(tmp_path / "test" / "good" / "a.png")
    pictures.save(tmp_path / "test" / "dent" / "b.png")
    assert touchstone("score", "test", "-g", gallery, "-o", "r").code == 0
    assert touchstone("score", "test/dent", "-g", gallery, "-o", "r2").code == 0
    for results, labels in (("r", ["dent", "good"]), ("r2", ["dent"])):
        document = json.loads((tmp_path / results / "results.json").read_text())
        assert [image["label"] for image in document["images"]] == labels


def test_paths_from_standard_input_come_out_as_they_arrive(touchstone, tmp_path, gallery, check):
    order = ["check/002.png", "check/000.png", "check/001.png"]
    outcome = touchstone("score", "-", "-g", gallery, "-o", "r", stdin="\n".join(order).encode())
    assert (outcome.code, outcome.paths) == (0, order)
    assert check.is_dir()
    assert [row["path"] for row in rows(tmp_path / "r")] == sorted(order)


def test_standard_input_takes_windows_line_ends_and_empty_lines(touchstone, gallery, check):
    stdin = b"check/000.png\r\n\r\n\ncheck/001.png\r\n"
    outcome = touchstone("score", "-", "-g", gallery, "-o", "r", stdin=stdin)
    assert outcome.paths == ["check/000.png", "check/001.png"]
    assert check.is_dir()


def test_bad_paths_on_standard_input_are_named_and_the_run_goes_on(touchstone, tmp_path, gallery, check):
    pictures.save(tmp_path / "check" / "000.jpg")
    (check / "broken.png").write_bytes(b"broken")
    missing = tmp_path / "missing.png"
    given = [
        "check/000.png",
        "check/../check/001.png",
        "check/000.jpg",
        missing,
        "check/broken.png",
        "check/001.png",
    ]
    stdin = "\n".join(map(str, given)).encode()
    outcome = touchstone("score", "-", "-g", gallery, "-o", "r", "--quiet", stdin=stdin)
    assert (outcome.code, outcome.stderr) == (3, "")
    # Whoever waits for an answer gets one a question, in order.
    assert outcome.paths == [str(path).lstrip("/") for path in given]
    assert [score is None for score, _ in outcome.lines] == [False, True, True, True, True, False]
    assert [line for line in outcome.stdout.splitlines() if line.startswith(b"\t")] == [
        b"\t" + str(path).lstrip("/").encode() for path in given[1:5]
    ]
    failed = json.loads((tmp_path / "r" / "results.json").read_text())["failed"]
    messages = {image["path"]: image["message"] for image in failed}
    assert sorted(messages) == sorted(str(path).lstrip("/") for path in given[1:5])
    assert "'check/000.png', which came before" in messages["check/000.jpg"]
    said = touchstone("score", "-", "-g", gallery, "-o", "r2", stdin=stdin).stderr
    for path in messages:
        assert path in said
    assert len(rows(tmp_path / "r")) == 6


def test_in_a_folder_an_image_that_failed_has_no_line(touchstone, gallery, check):
    (check / "broken.png").write_bytes(b"broken")
    outcome = touchstone("score", check, "-g", gallery, "-o", "r")
    assert (outcome.code, outcome.paths) == (3, ["000.png", "001.png", "002.png"])


@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_a_path_that_comes_again_is_scored_anew_and_the_last_one_is_kept(tmp_path, gallery, check, threads):
    """A line controller that overwrites one file: each question gets the answer for the file as it is then."""
    command = ["score", "-", "-g", gallery, "-o", "r", "--threads", threads]
    camera = tmp_path / "camera.png"
    answers = []
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([binary(), *command], cwd=tmp_path, **pipes) as process:
        for picture in ("000.png", "001.png", "002.png"):
            camera.write_bytes((check / picture).read_bytes())
            process.stdin.write(b"camera.png\n")
            process.stdin.flush()
            answers.append(process.stdout.readline())
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0
    alone = run("score", check, "-g", gallery, "-o", "r2", cwd=tmp_path)
    assert answers == [b"%s\tcamera.png\n" % line.split(b"\t")[0] for line in alone.stdout.splitlines()]
    assert [row["path"] for row in rows(tmp_path / "r")] == ["camera.png"]
    assert rows(tmp_path / "r")[0]["score"].encode() == answers[2].split(b"\t")[0]
    for folder, kind in (("maps", "tiff"), ("heatmaps", "png")):
        kept, last = tmp_path / "r" / folder / f"camera.{kind}", tmp_path / "r2" / folder / f"002.{kind}"
        assert kept.read_bytes() == last.read_bytes()
    assert "came more than once" in stderr.decode() and "2 earlier ones were replaced" in stderr.decode()


def test_many_questions_about_one_file_at_once(touchstone, tmp_path, gallery, check):
    paths = ["check/000.png", "./check/000.png", "check/001.png"] * 20
    stdin = "\n".join(paths).encode()
    outcome = touchstone("score", "-", "-g", gallery, "-o", "r", "--threads", "7", stdin=stdin)
    assert (outcome.code, len(outcome.lines)) == (0, 60)
    assert outcome.paths == [path.removeprefix("./") for path in paths]
    assert len(set(outcome.lines)) == 2 and check.is_dir()
    assert names(tmp_path / "r" / "maps" / "check") == ["000.tiff", "001.tiff"]


def test_a_path_that_comes_again_and_fails_leaves_no_earlier_pictures(tmp_path, gallery, check):
    command = ["score", "-", "-g", gallery, "-o", "r", "--fail-above", "-1"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([binary(), *command], cwd=tmp_path, **pipes) as process:
        process.stdin.write(b"check/000.png\ncheck/001.png\n")
        process.stdin.flush()
        assert b"" not in [process.stdout.readline() for _ in range(2)]
        (check / "000.png").write_bytes(b"broken")
        stdout, _ = process.communicate(b"check/000.png\n", timeout=60)
    assert stdout == b"\tcheck/000.png\n"
    assert process.returncode == 4  # by the first answer, which the results folder does not hold any more
    results = tmp_path / "r"
    assert [(row["path"], bool(row["error"])) for row in rows(results)] == [
        ("check/000.png", True),
        ("check/001.png", False),
    ]
    for folder, kind in (("maps", "tiff"), ("heatmaps", "png"), ("thumbnails/photos", "webp")):
        assert names(results / folder / "check") == [f"001.{kind}"]


def test_nothing_on_standard_input_is_no_result(touchstone, gallery):
    refusal(touchstone("score", "-", "-g", gallery, "-o", "r", stdin=b""), 1, "standard input")


def test_dash_must_be_the_only_input(touchstone, gallery, check):
    refusal(touchstone("score", "-", check, "-g", gallery, "-o", "r"), 2, "-")


# fmt: off
STRANGE = ["comma,comma.png", 'quote".png', "new\nline.png", "<script>alert(1)<.png", "  spaces .png", "tab\t.png",
           "-g.png", "--force.png", "100%s%n.png", "\x1b[31mred.png", "käse.png", "back\\slash.png", "'; rm -rf.png"]
# fmt: on


def test_strange_names_arrive_unharmed(touchstone, tmp_path, gallery):
    for i, name in enumerate(STRANGE):
        pictures.save(tmp_path / "in" / name, i)
    outcome = touchstone("score", "in", "-g", gallery, "-o", "r")
    assert outcome.code == 0
    by_bytes = sorted(STRANGE, key=str.encode)
    assert [row["path"] for row in rows(tmp_path / "r")] == by_bytes
    assert [
        image["path"] for image in json.loads((tmp_path / "r" / "results.json").read_text())["images"]
    ] == by_bytes
    assert names(tmp_path / "r" / "maps") == sorted(name[:-4] + ".tiff" for name in STRANGE)
    assert len(outcome.stdout.splitlines()) == len(STRANGE)  # one line an image, whatever its name
    assert b"\x1b" not in outcome.stdout and "\x1b" not in outcome.stderr


def test_a_name_that_is_no_utf8_is_scored_and_leaves_valid_json(touchstone, tmp_path, gallery):
    pictures.save(tmp_path / "in" / "a.png")
    os.rename(tmp_path / "in" / "a.png", os.fsencode(tmp_path / "in") + b"/caf\xe9.png")
    outcome = touchstone("score", "in", "-g", gallery, "-o", "r")
    assert (outcome.code, [path for _, path in outcome.lines]) == (0, [b"caf\xe9.png"])
    assert b"caf\xe9.png," in (tmp_path / "r" / "scores.csv").read_bytes()
    assert os.listdir(os.fsencode(tmp_path / "r" / "maps")) == [b"caf\xe9.tiff"]
    assert len(json.loads((tmp_path / "r" / "results.json").read_text())["images"]) == 1


def test_paths_that_look_like_options_can_be_given(touchstone, tmp_path, gallery):
    pictures.save(tmp_path / "-o.png")
    outcome = touchstone("score", "-g", gallery, "-o", "r", "--", "-o.png")
    assert (outcome.code, outcome.paths) == (0, ["-o.png"])
    assert touchstone("score", "-g", gallery, "-o", "r2", "./-o.png").paths == ["-o.png"]
