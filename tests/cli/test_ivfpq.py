"""patchcore --search ivfpq: nearly the nearest patch of the whole bank, by codes that the gallery keeps."""

import json

import pytest

from command_line import refusal, tree
from test_methods import FIT, cut_rows, document_of, drop_array, parts, put_float, rewritten

IVFPQ = ("--method", "patchcore", "--search", "ivfpq")
assert parts  # a fixture
WITHOUT_FAISS = "this build is without faiss"


@pytest.fixture(autouse=True)
def with_faiss(touchstone):
    """Skips where the program was built without faiss, after a look at how it refuses."""
    outcome = touchstone("fit", "nowhere", "-o", "unused", *IVFPQ)
    if WITHOUT_FAISS in outcome.stderr:
        refusal(outcome, 2, "--search ivfpq", "install libfaiss-dev and build again, or leave it out")
        pytest.skip(WITHOUT_FAISS)
    refusal(outcome, 2, "nowhere")


def fit(touchstone, target, *more):
    outcome = touchstone("fit", "train", "-o", target, *FIT, *IVFPQ, *more)
    assert outcome.code == 0, outcome
    return outcome


def info(touchstone, gallery):
    return json.loads(touchstone("gallery", "info", gallery, "--json").stdout)


def test_the_whole_bank_is_searched_and_the_recall_reported(touchstone, parts):
    fit(touchstone, "g")
    about = info(touchstone, "g")
    assert about["options"]["search"] == "ivfpq" and about["options"]["coreset"] == 1
    assert about["model_rows"] == 24 * 16  # all patches of 24 images, on 4 x 4 places
    assert 0.5 < about["search_recall"] <= 1
    assert b"whole" in touchstone("gallery", "verify", "g").stdout
    assert b"searched by codes, which find the nearest for" in touchstone("gallery", "info", "g").stdout
    assert touchstone("score", "test", "-g", "g", "-o", "r").code == 0
    images = document_of(parts / "r")["images"]
    worst_good = max(image["score"] for image in images if image["path"].startswith("good"))
    assert all(image["score"] > worst_good for image in images if image["path"].startswith("bad"))


def test_scores_are_nearly_those_of_the_exact_search_and_never_below(touchstone, parts):
    """A patch that is not the nearest is no nearer: without smoothing and re-weighting no map is below the exact one's."""
    plain = ("--reweight-neighbors", "0")
    fit(touchstone, "g", *plain)
    exact = ("--method", "patchcore", "--coreset", "1", *plain)
    assert touchstone("fit", "train", "-o", "e", *FIT, *exact).code == 0
    assert info(touchstone, "e")["search_recall"] is None
    maxima = {}
    for gallery in ("g", "e"):
        touchstone("score", "test", "-g", gallery, "-o", "r" + gallery, "--sigma", "0")
        images = document_of(parts / ("r" + gallery))["images"]
        maxima[gallery] = {image["path"]: image["patch_max"] for image in images}
    for path, score in maxima["g"].items():
        assert maxima["e"][path] <= score * 1.000001 <= maxima["e"][path] * 1.1


@pytest.mark.parametrize("threads", ["1", "3"])
def test_galleries_and_scores_are_the_same_bytes_for_any_number_of_threads(touchstone, parts, threads):
    fit(touchstone, "g2", "--threads", "2")
    fit(touchstone, "g", "--threads", threads)
    assert tree(parts / "g") == tree(parts / "g2")
    expected = touchstone("score", "test", "-g", "g2", "-o", "r2", "--threads", "2").stdout
    assert touchstone("score", "test", "-g", "g", "-o", "r", "--threads", threads).stdout == expected


@pytest.mark.parametrize(
    "change, said",
    [
        (put_float("codes", 3, 256), "whole numbers below 256"),
        (put_float("codes", 3, 1.5), "whole numbers"),
        (put_float("lists", 3, -1), "'lists'"),
        (put_float("lists", 3, 9), "whole numbers below 9"),
        (put_float("codewords", 5, float("nan")), "NaN"),
        (put_float("centres", 5, float("inf")), "infinity"),
        (drop_array("codes"), "codes"),
        (cut_rows("centres"), "'centres'"),
    ],
)
def test_a_gallery_with_forged_codes_is_refused(touchstone, parts, change, said):
    fit(touchstone, "g")
    rewritten(parts / "g", change)
    refusal(touchstone("score", "test", "-g", "g", "-o", "r"), 1, "model.safetensors", said)
    refusal(touchstone("gallery", "verify", "g"), 1, "model.safetensors", said)
