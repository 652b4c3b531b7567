"""What is said before any work: help, version, usage errors, and the options that every verb has."""

import json
import os
import re
import stat
import subprocess

import pytest

from command_line import TINY, names, refusal, tree

VERBS = ["fit", "score", "evaluate", "benchmark", "gallery", "model", "sample"]
DESCRIBED = [("gallery", "info"), ("gallery", "list"), ("gallery", "verify"), ("model", "info")]


def test_help_names_every_verb_and_the_first_steps(touchstone):
    outcome = touchstone("--help")
    assert (outcome.code, outcome.stderr) == (0, "")
    for verb in VERBS:
        assert re.search(rf"^  {verb} ", outcome.stdout.decode(), re.MULTILINE)
    assert b"touchstone fit demo/train/good -o gallery" in outcome.stdout


@pytest.mark.parametrize("verb", [(verb,) for verb in VERBS] + DESCRIBED, ids=" ".join)
def test_help_of_a_verb_goes_to_standard_output(touchstone, verb):
    outcome = touchstone(*verb, "--help")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert f"touchstone {' '.join(verb)}".encode() in outcome.stdout
    assert b"\n\n\n" not in outcome.stdout


def test_help_shows_values_and_defaults_and_not_how_they_are_checked(touchstone):
    said = touchstone("score", "--help").stdout.decode() + touchstone("fit", "--help").stdout.decode()
    for line in ("--sigma PX  ", "--threads N  ", "--gate[=RATE]  ", "--json[=FILE]  ", "--dtype float32|float16",
                 "--fail-on anomalous  ", "-o,--output RESULTS (required)", "Results do not depend on it [0]"):
        assert line in said
    for noise in ("TEXT", "INT", "REQUIRED", "{", "in [0"):
        assert noise not in said


@pytest.mark.parametrize("verb", ["fit", "score"])
def test_help_says_that_an_exif_orientation_is_not_applied(touchstone, verb):
    assert b"EXIF orientation is not applied" in touchstone(verb, "--help").stdout


def test_version_names_libraries_and_cpu_features(touchstone):
    outcome = touchstone("--version")
    assert outcome.code == 0
    assert re.match(rb"touchstone \d+\.\d+\.\d+\n", outcome.stdout)
    for library in (b"LibTorch", b"libpng", b"libtiff"):
        assert library in outcome.stdout


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((), "name a command: fit, score, "),
        (("fti",), "no command 'fti'"),
        (("fti",), "did you mean fit? See touchstone --help"),
        (("gallery",), "name a command: info, list, verify"),
        (("gallery", "inf"), "no command 'gallery inf'; did you mean info? See touchstone gallery --help"),
        (("gallery", "zzz"), "no command 'gallery zzz'; see touchstone gallery --help"),
        (("fit", "normal", "--outptu", "g"), "no option '--outptu'; did you mean --output? See touchstone fit --help"),
        (("score", "check", "-g", "g", "-o", "r", "--sigm=2"), "no option '--sigm'; did you mean --sigma?"),
        (("fit", "normal", "more", "-o", "g"), "'more' is one argument too many; see touchstone fit --help"),
        (("score", "check", "-g", "g", "-o", "r", "--resize", "64"), "no option '--resize': it is an option of fit"),
        (("gallery", "list", "a", "--frce"), "no option '--frce'; did you mean --force?"),
        (("fit",), "NORMAL_DIR"),
        (("fit", "normal"), "--output"),
        (("score", "check", "-o", "r"), "--gallery"),
        (("score", "-g", "g", "-o", "r"), "INPUT"),
        (("evaluate",), "RESULTS"),
        (("evaluate", "--maps", "m"), "--dataset"),
        (("evaluate", "r", "--maps", "m", "--dataset", "d"), "--maps"),
        (("fit", "normal", "-o", "g", "--no-such-option"), "--no-such-option"),
        (("fit", "normal", "-o", "g", "--threads", "-1"), "--threads"),
        (("fit", "normal", "-o", "g", "--threads", "many"), "many"),
        (("fit", "normal", "-o", "g", "--seed", "-1"), "--seed"),
        (("fit", "normal", "-o", "g", "--method", "magic"), "magic"),
        (("fit", "normal", "-o", "g", "--dtype", "int8"), "int8"),
        (("fit", "normal", "-o", "g", "--preset", "fast"), "fast"),
        (("fit", "normal", "-o", "g", "--fusion", "both"), "concat"),
        (("fit", "normal", "-o", "g", "--resize", "big"), "--resize big"),
        (("fit", "normal", "-o", "g", "--resize", "0"), "--resize"),
        (("fit", "normal", "-o", "g", "--resize", "-8"), "--resize"),
        (("fit", "normal", "-o", "g", "--crop", "64", "--resize", "32"), "--crop 64x64"),
        (("fit", "normal", "-o", "g", "--white-level", "0"), "--white-level"),
        (("fit", "normal", "-o", "g", "--white-level", "70000"), "65535"),
        (("score", "check", "-g", "g", "-o", "r", "--fail-above", "high"), "high"),
        (("score", "check", "-g", "g", "-o", "r", "--fail-above", "nan"), "--fail-above nan"),
        (("score", "check", "-g", "g", "-o", "r", "--fail-above", "inf"), "--fail-above inf"),
        (("score", "check", "-g", "g", "-o", "r", "--fail-above=-inf"), "--fail-above -inf"),
        (("fit", "", "-o", "g"), "NORMAL_DIR: must not be empty"),
        (("fit", "normal", "-o", ""), "--output: must not be empty"),
        (("fit", "normal", "-o", "g", "--model", ""), "--model: must not be empty"),
        (("score", "", "-g", "g", "-o", "r"), "INPUT: must not be empty"),
        (("score", "check", "", "-g", "g", "-o", "r"), "INPUT: must not be empty"),
        (("score", "check", "-g", "", "-o", "r"), "--gallery: must not be empty"),
        (("score", "check", "-g", "g", "-o", ""), "--output: must not be empty"),
        (("score", "check", "-g", "g", "-o", "r", "--maps", ""), "--maps: must not be empty"),
        (("sample", ""), "DIR: must not be empty"),
        (("evaluate", ""), "RESULTS: must not be empty"),
        (("evaluate", "check", "--ground-truth", ""), "--ground-truth: must not be empty"),
        (("evaluate", "--maps", "", "--dataset", "check"), "--maps: must not be empty"),
        (("evaluate", "--maps", "check", "--dataset", ""), "--dataset: must not be empty"),
        (("gallery", "info", ""), "GALLERY: must not be empty"),
        (("model", "info", ""), "must not be empty"),
        (("fit", "normal", "-o", "g", "--seed", "-1"), "--seed: -1 is not a whole number from 0 to 18446744073709551615; see"),
        (("fit", "normal", "-o", "g", "--seed", "18446744073709551616"), "--seed: 18446744073709551616 is not a whole number"),
        (("fit", "normal", "-o", "g", "--dims", "1.5"), "--dims 1.5: must be a whole number; see"),
        (("fit", "normal", "-o", "g", "--dims", "2147483648"), "--dims 2147483648: is too large a number"),
        (("fit", "normal", "-o", "g", "--coreset", "a tenth"), "--coreset a tenth: must be a number; see"),
        (("score", "check", "-g", "g", "-o", "r", "--fail-above", "x"), "--fail-above x: must be a number"),
        (("score", "check", "-g", "g", "-o", "r", "--fail-above", ""), "--fail-above: must not be empty; give it a value"),
        (("score", "check", "-g", "g", "-o", "r", "--fail-above="), "--fail-above"),
        (("score", "check", "-g", "g", "-o", "r", "--sigma", ""), "--sigma: must not be empty"),
        (("score", "check", "-g", "g", "-o", "r", "-K", ""), "--num-retrieved: must not be empty"),
        (("score", "check", "-g", "g", "-o", "r", "--levels", ""), "--levels: must not be empty"),
        (("score", "check", "-g", "g", "-o", "r", "--threads", ""), "--threads"),
        (("fit", "normal", "-o", "g", "--coreset", ""), "--coreset: must not be empty"),
        (("fit", "normal", "-o", "g", "--dims", ""), "--dims: must not be empty"),
        (("fit", "normal", "-o", "g", "--include", ""), "--include: must not be empty"),
        (("fit", "normal", "-o", "g", "--seed", ""), "--seed"),
        (("score", "check", "-g", "g", "-o", "r", "--no-maps", "--maps", "m"), "--maps"),
        (("sample", "s", "--size", "1"), "size"),
        (("fit", "missing", "-o", "g"), "missing"),
        (("score", "missing", "-g", "g", "-o", "r"), "missing"),
        (("score", "check", "-g", "missing", "-o", "r"), "touchstone fit"),
        (("evaluate", "missing"), "missing"),
        (("evaluate", "--maps", "missing", "--dataset", "check"), "missing"),
        (("evaluate", "--maps", "check", "--dataset", "missing"), "missing"),
        (("gallery", "info", "missing"), "missing"),
        (("model", "info", "missing"), "error: missing: no missing.pt in "),
    ],
)
def test_usage_errors_exit_with_2_and_leave_nothing_behind(touchstone, tmp_path, check, arguments, said):
    (tmp_path / "normal").symlink_to(check)
    refusal(touchstone(*arguments), 2, said)
    assert names(tmp_path) == ["check", "normal"]


def test_a_model_that_is_not_there_comes_with_the_command_that_makes_it(touchstone, check):
    outcome = touchstone(
        "fit", check, "-o", "g", "--model", "wide_resnet50_2", env={"TOUCHSTONE_MODELS": "none"}
    )
    refusal(outcome, 2, "scripts/export_extractor.py wide_resnet50_2 -o ")


@pytest.mark.parametrize(
    "option, limit",
    [
        (("-K", "0"), "--num-retrieved 0: must be 1 or more"),
        (("-K", "-3"), "--num-retrieved"),
        (("-k", "0"), "--num-neighbors 0: must be 1 or more"),
        (("--sigma", "-1"), "--sigma"),
        (("--sigma", "nan"), "--sigma"),
        (("--levels", "0"), "--levels"),
        (("--levels", "1,1"), "--levels"),
        (("--levels", "3"), "--levels"),
    ],
)
@pytest.mark.parametrize("verb", ["fit", "score"])
def test_scoring_options_out_of_range_are_refused(touchstone, tmp_path, check, gallery, verb, option, limit):
    fit = ("fit", check, "-o", "out", "--model", TINY, "--resize", "32")
    refusal(
        touchstone(*(fit if verb == "fit" else ("score", check, "-g", gallery, "-o", "out")), *option),
        2,
        limit,
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", DESCRIBED, ids=" ".join)
def test_help_of_a_description_names_what_it_heeds_and_takes_the_rest(touchstone, gallery, verb):
    outcome = touchstone(*verb, "--help")
    assert b"--json" in outcome.stdout and b"--force" not in outcome.stdout and b"--seed" not in outcome.stdout
    target = TINY if verb[0] == "model" else gallery
    assert touchstone(*verb, target, "--force", "--seed", "3", "--quiet", "--threads", "1").code == 0


def test_quiet_leaves_only_the_result(touchstone, tmp_path, gallery, check):
    talking = touchstone("score", check, "-g", gallery, "-o", "a", "-K", "50")
    quiet = touchstone("score", check, "-g", gallery, "-o", "b", "-K", "50", "--quiet")
    assert "warning" in talking.stderr and "results: a" in talking.stderr
    assert (quiet.code, quiet.stdout, quiet.stderr) == (0, talking.stdout, "")


def test_quiet_does_not_hide_errors(touchstone):
    refusal(touchstone("fit", "missing", "-o", "g", "--quiet"), 2, "missing")


def test_progress_is_not_drawn_where_stderr_is_no_terminal(touchstone, gallery, check):
    assert "\r" not in touchstone("score", check, "-g", gallery, "-o", "r").stderr


def test_json_replaces_the_lines_on_standard_output(touchstone, tmp_path, gallery, check):
    outcome = touchstone("score", check, "-g", gallery, "-o", "r", "--json")
    document = json.loads(outcome.stdout)
    assert document["schema"] == "touchstone.results/1"
    assert document["complete"] is True
    assert outcome.stdout == (tmp_path / "r" / "results.json").read_bytes()


def test_json_with_a_file_leaves_standard_output_alone(touchstone, tmp_path, gallery, check):
    outcome = touchstone("score", check, "-g", gallery, "-o", "r", "--json=doc.json")
    assert outcome.paths == ["000.png", "001.png", "002.png"]
    assert (tmp_path / "doc.json").read_bytes() == (tmp_path / "r" / "results.json").read_bytes()


def test_json_replaces_an_earlier_document_and_no_photograph(touchstone, tmp_path, gallery):
    photograph, document = tmp_path / "part.png", tmp_path / "doc.json"
    photograph.write_bytes(b"\x89PNG\r\n\x1a\n and more")
    document.write_text(' {"of": "an earlier run"}')
    refusal(touchstone("gallery", "verify", gallery, f"--json={photograph}"), 2, "--json", "part.png")
    assert photograph.read_bytes().startswith(b"\x89PNG")
    assert touchstone("gallery", "verify", gallery, f"--json={document}").code == 0
    assert "earlier" not in document.read_text()


def test_json_takes_no_value_after_a_space(touchstone, gallery, check):
    """`--json doc.json` must not swallow an input."""
    outcome = touchstone("score", "--json", check, "-g", gallery, "-o", "r")
    assert len(json.loads(outcome.stdout)["images"]) == 3


def test_json_into_a_pipe_leaves_the_pipe_where_it_is(touchstone, tmp_path, gallery):
    """As with /dev/null: a file that took its place would take it away from everybody."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        outcome = touchstone("gallery", "verify", gallery, f"--json={pipe}")
        received = reader.communicate(timeout=10)[0]
    assert outcome.code == 0
    assert json.loads(received)["whole"] is True
    assert stat.S_ISFIFO(pipe.stat().st_mode) and names(tmp_path) == ["pipe"]


def test_json_to_a_link_is_written_through_it(touchstone, tmp_path, gallery):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "old.json").write_text("x" * 100_000)
    for target in ("old.json", "new.json"):
        link = tmp_path / f"to_{target}"
        link.symlink_to(f"elsewhere/{target}")
        assert touchstone("gallery", "verify", gallery, f"--json={link}").code == 0
        assert link.is_symlink()
        assert json.loads((tmp_path / "elsewhere" / target).read_text())["whole"] is True


def test_a_link_to_nowhere_is_found_before_the_work(touchstone, tmp_path, gallery):
    (tmp_path / "link").symlink_to("no/such/folder/doc.json")
    refusal(touchstone("gallery", "verify", gallery, "--json=link"), 2, "--json", "no/such/folder")


@pytest.mark.parametrize(
    "arguments, schema",
    [
        (("fit", "check", "-o", "new", "--model", TINY, "--resize", "32"), "touchstone.fit/1"),
        (("sample", "new", "--size", "48"), "touchstone.sample/1"),
        (("gallery", "info", "GALLERY"), "touchstone.gallery-info/1"),
        (("gallery", "list", "GALLERY"), "touchstone.gallery-list/1"),
        (("gallery", "verify", "GALLERY"), "touchstone.gallery-verify/1"),
        (("model", "info", TINY), "touchstone.model-info/1"),
    ],
)
def test_every_verb_has_one_json_document(touchstone, gallery, check, arguments, schema):
    assert check.is_dir()
    outcome = touchstone(
        *[gallery if argument == "GALLERY" else argument for argument in arguments], "--json"
    )
    assert outcome.code == 0, outcome
    assert json.loads(outcome.stdout)["schema"] == schema


def test_a_json_file_that_cannot_be_written_is_found_before_the_work(touchstone, tmp_path, gallery, check):
    outcome = touchstone("score", check, "-g", gallery, "-o", "r", "--json=no/such/folder/doc.json")
    refusal(outcome, 2, "no/such/folder")
    assert not (tmp_path / "r").exists()


def test_fit_does_not_replace_a_gallery_unasked(touchstone, own_gallery, check):
    before = tree(own_gallery)
    refusal(touchstone("fit", check, "-o", own_gallery, "--model", TINY, "--resize", "32"), 2, "--force")
    assert tree(own_gallery) == before


def test_force_replaces_a_gallery(touchstone, own_gallery, check, tmp_path):
    (own_gallery / "left_over.txt").write_text("of the old one")
    done = touchstone("fit", check, "-o", own_gallery, "--model", TINY, "--resize", "32", "--force")
    assert done.code == 0, done
    manifest = json.loads((own_gallery / "manifest.json").read_text())
    assert [image["path"] for image in manifest["images"]] == ["000.png", "001.png", "002.png"]
    assert not (own_gallery / "left_over.txt").exists()
    assert names(tmp_path) == ["check", "gallery"]


def test_score_does_not_replace_results_unasked(touchstone, tmp_path, gallery, check):
    assert touchstone("score", check, "-g", gallery, "-o", "r").code == 0
    before = tree(tmp_path / "r")
    refusal(touchstone("score", check, "-g", gallery, "-o", "r"), 2, "--force")
    assert tree(tmp_path / "r") == before


def test_force_replaces_results_and_leaves_nothing_of_the_old(touchstone, tmp_path, gallery, check):
    assert touchstone("score", check, "-g", gallery, "-o", "r").code == 0
    assert touchstone("score", check / "000.png", "-g", gallery, "-o", "r", "--force").code == 0
    assert names(tmp_path / "r" / "maps") == ["000.tiff"]
    assert names(tmp_path / "r" / "heatmaps") == ["000.png"]


@pytest.mark.parametrize("verb", ["fit", "score"])
def test_force_does_not_touch_a_folder_that_is_not_ours(touchstone, tmp_path, gallery, check, verb):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("the only copy")
    fit = ("fit", check, "-o", mine, "--model", TINY, "--resize", "32")
    score = ("score", check, "-g", gallery, "-o", mine)
    refusal(touchstone(*(fit if verb == "fit" else score), "--force"), 2, "not ours", mine)
    assert tree(mine) == {"thesis.txt": b"the only copy"}


def test_an_empty_folder_may_become_the_output(touchstone, tmp_path, gallery, check):
    (tmp_path / "r").mkdir()
    assert touchstone("score", check, "-g", gallery, "-o", "r").code == 0


def test_an_output_that_is_a_file_is_refused(touchstone, tmp_path, gallery, check):
    (tmp_path / "r").write_text("mine")
    refusal(touchstone("score", check, "-g", gallery, "-o", "r", "--force"), 2, "not a folder")
    assert (tmp_path / "r").read_text() == "mine"


def test_sample_does_not_write_into_a_folder_with_files_unasked(touchstone, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "mine.txt").write_text("mine")
    refusal(touchstone("sample", "s", "--size", "48"), 2, "not empty")
    assert names(tmp_path / "s") == ["mine.txt"]


def test_sample_is_the_same_for_a_seed_and_says_that_it_is_generated(touchstone, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        outcome = touchstone("sample", name, "--size", "48", "--seed", seed)
        assert (outcome.code, "generated" in outcome.stderr) == (0, True)
    assert "GENERATED" in (tmp_path / "a" / "README.txt").read_text()
    assert tree(tmp_path / "a") == tree(tmp_path / "b") != tree(tmp_path / "c")
    assert len(list((tmp_path / "a").rglob("train/good/*.png"))) == 40
    assert len(list((tmp_path / "a").rglob("test/*/*.png"))) == 30
    assert len(list((tmp_path / "a").rglob("ground_truth/*/*_mask.png"))) == 20
