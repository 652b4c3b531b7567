"""Scoring options from fit to results.json, and that nothing else moves a byte of the results."""

import json
import shutil

import pytest

import pictures
from command_line import TINY, tree

FIT = ("--model", TINY, "--resize", "32")


def options_of(results):
    return json.loads((results / "results.json").read_text())["options"]


def test_k_above_the_gallery_is_clipped_with_a_warning_only_where_given(touchstone, tmp_path, gallery, check):
    silent = touchstone("score", check, "-g", gallery, "-o", "r1")
    warned = touchstone("score", check, "-g", gallery, "-o", "r2", "-K", "7")
    exact = touchstone("score", check, "-g", gallery, "-o", "r3", "-K", "6")
    assert silent.stdout == warned.stdout == exact.stdout
    assert "--num-retrieved" not in silent.stderr + exact.stderr
    assert "--num-retrieved 7: the gallery has 6 images" in warned.stderr
    assert options_of(tmp_path / "r2")["num_retrieved"] == 6


def test_fit_stores_scoring_options_as_defaults(touchstone, tmp_path, gallery, normal, check):
    chosen = (
        "-K",
        "2",
        "--sigma",
        "1.5",
        "--distance",
        "l2",
        "--fusion",
        "per-level",
        "--image-score",
        "retrieval",
    )
    assert touchstone("fit", normal, "-o", "g", *FIT, *chosen).code == 0
    stored = touchstone("score", check, "-g", "g", "-o", "r1")
    given = touchstone("score", check, "-g", gallery, "-o", "r2", *chosen)
    assert stored.stdout == given.stdout
    assert options_of(tmp_path / "r1") == options_of(tmp_path / "r2")
    overridden = touchstone("score", check, "-g", "g", "-o", "r3", "-K", "6", "--sigma", "4", "--distance", "l2sq",
                            "--fusion", "concat", "--image-score", "map-max")  # fmt: skip
    assert overridden.stdout == touchstone("score", check, "-g", gallery, "-o", "r4").stdout


@pytest.mark.parametrize(
    "option",
    [("-K", "1"), ("-k", "3"), ("--sigma", "0"), ("--sigma", "8"), ("--fusion", "per-level"), ("--distance", "l2"),
     ("--levels", "1"), ("--levels", "2"), ("--image-score", "retrieval")],
    ids=" ".join,
)  # fmt: skip
def test_each_scoring_option_changes_the_scores(touchstone, gallery, check, option):
    default = touchstone("score", check, "-g", gallery, "-o", "r1").lines
    changed = touchstone("score", check, "-g", gallery, "-o", "r2", *option)
    assert changed.code == 0
    assert all(a != b for (a, _), (b, _) in zip(default, changed.lines))


def test_a_single_level_alone_is_the_same_under_both_fusions_at_its_own_grid(touchstone, gallery, check):
    """With one level there is nothing to fuse."""
    outputs = {
        touchstone("score", check, "-g", gallery, "-o", fusion, "--levels", "1", "--fusion", fusion).stdout
        for fusion in ("concat", "per-level")
    }
    assert len(outputs) == 1


def test_random_retrieval_hangs_on_the_seed_and_on_nothing_else(touchstone, gallery, check):
    def scores(name, *options):
        outcome = touchstone(
            "score", check, "-g", gallery, "-o", name, "-K", "2", "--retrieval", "random", *options
        )
        assert outcome.code == 0
        return outcome.stdout

    first = scores("a", "--seed", "1")
    assert scores("b", "--seed", "1", "--threads", "1") == first
    assert len({first} | {scores(f"s{seed}", "--seed", str(seed)) for seed in (2, 3, 4)}) > 1


def test_image_score_chooses_the_column(touchstone, tmp_path, gallery, check):
    for name, column in (("map-max", "map_max"), ("retrieval", "retrieval_score")):
        assert touchstone("score", check, "-g", gallery, "-o", name, "--image-score", name).code == 0
        for image in json.loads((tmp_path / name / "results.json").read_text())["images"]:
            assert image["score"] == image[column]


def test_preset_paper_crops_and_scores_by_retrieval(touchstone, tmp_path, check):
    assert touchstone("fit", check, "-o", "g", "--model", TINY, "--preset", "paper").code == 0
    manifest = json.loads((tmp_path / "g" / "manifest.json").read_text())
    assert (manifest["options"]["image_score"], manifest["options"]["num_retrieved"]) == ("retrieval", 50)
    assert touchstone("score", check, "-g", "g", "-o", "r").code == 0
    rectangle = json.loads((tmp_path / "r" / "results.json").read_text())["crop_in_resized_frame"]
    assert rectangle == {"x": 16, "y": 16, "width": 224, "height": 224}


def test_a_given_option_outranks_the_preset(touchstone, tmp_path, check):
    options = ("--preset", "paper", "--crop", "none", "--resize", "64x32", "--image-score", "map-max")
    assert touchstone("fit", check, "-o", "g", "--model", TINY, *options).code == 0
    assert touchstone("score", check, "-g", "g", "-o", "r").code == 0
    document = json.loads((tmp_path / "r" / "results.json").read_text())
    assert document["crop_in_resized_frame"] == {"x": 0, "y": 0, "width": 64, "height": 32}
    assert document["options"]["image_score"] == "map-max"


@pytest.mark.parametrize("model", [TINY, "efficientnet_lite0"], ids=["tiny", "embedded"])
def test_threads_and_repetition_move_no_byte(touchstone, tmp_path, normal, model):
    """Galleries and results, whole folders, from the same command line but for --threads."""
    pictures.folder(tmp_path / "in", 5, (70, 50), first_seed=50)
    galleries, results = [], []
    for threads in ("1", "1", "2", "7"):
        fit = touchstone("fit", normal, "-o", "g", "--model", model, "--resize", "64", "--threads", threads)
        score = touchstone("score", "in", "-g", "g", "-o", "r", "--threads", threads)
        assert (fit.code, score.code) == (0, 0)
        galleries.append(tree(tmp_path / "g"))
        results.append({**tree(tmp_path / "r"), "stdout": score.stdout})
        shutil.rmtree(tmp_path / "g")
        shutil.rmtree(tmp_path / "r")
    for gallery, result in zip(galleries[1:], results[1:]):
        assert gallery == galleries[0]
        assert result == results[0]


def test_an_image_scores_the_same_alone_and_among_others_in_any_order(touchstone, tmp_path, gallery, check):
    together = touchstone(
        "score", "check/001.png", "check/000.png", "check/002.png", "-g", gallery, "-o", "r1"
    )
    alone = touchstone("score", "check/001.png", "check/000.png", "-g", gallery, "-o", "r2")
    assert check.is_dir()
    assert set(alone.stdout.splitlines()) < set(together.stdout.splitlines())
    assert tree(tmp_path / "r2" / "maps").items() < tree(tmp_path / "r1" / "maps").items()


def test_scores_are_round_numbers_that_bring_back_the_float(touchstone, gallery, check):
    for line in touchstone("score", check, "-g", gallery, "-o", "r").stdout.splitlines():
        text = line.split(b"\t")[0].decode()
        assert f"{float(text):.9g}" == text
