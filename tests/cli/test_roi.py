"""--roi of fit, score and explain: what is black in it is left out."""

import json

import numpy
import pytest

import pictures
from command_line import TINY, refusal

TINY_FIT = ("--model", TINY, "--resize", "32", "--false-alarm-rate", "0.05")


def save_mask(path, columns, size=(48, 40)):
    mask = numpy.zeros((size[1], size[0]), numpy.uint8)
    mask[:, :columns] = 1  # not zero, though it looks black
    pictures.Image.fromarray(mask).save(path)
    return path


@pytest.fixture
def parts(tmp_path):
    """train/ with 30 good parts, test/bad/000.png with a white square on its right."""
    pictures.folder(tmp_path / "train", 30)
    bad = pictures.pixels(300)
    bad[10:30, 36:46] = 255
    (tmp_path / "test" / "bad").mkdir(parents=True)
    pictures.Image.fromarray(bad).save(tmp_path / "test" / "bad" / "000.png")
    return tmp_path


def image_of(results):
    return json.loads((results / "results.json").read_text())["images"][0]


def test_a_defect_outside_the_region_is_normal(touchstone, parts):
    save_mask(parts / "left.png", 8)
    for name, options, verdict in (("all", (), "anomalous"), ("left", ("--roi", "left.png"), "normal")):
        assert touchstone("fit", "train", "-o", name, *TINY_FIT, *options).code == 0
        assert touchstone("score", "test", "-g", name, "-o", f"r-{name}").code == 0
        assert image_of(parts / f"r-{name}")["verdict"] == verdict
    assert image_of(parts / "r-left")["regions"] == []
    stored = pictures.Image.open(parts / "left" / "roi.png")
    assert (stored.mode, stored.size, stored.getextrema()) == ("L", (48, 40), (0, 255))
    assert b"looks at" in touchstone("gallery", "info", "left").stdout
    assert b"looks at" not in touchstone("gallery", "info", "all").stdout
    left_map = numpy.asarray(pictures.Image.open(parts / "r-left" / "maps" / "bad" / "000.tiff"))
    assert (left_map[:, 8:] == 0).all() and (left_map[:, :8] > 0).all()
    assert touchstone("explain", "test/bad/000.png", "-g", "left", "-o", "why.png", "--json=why.json").code == 0
    for spot in json.loads((parts / "why.json").read_text())["hot_spots"]:
        assert spot["x"] < 8


def test_explain_takes_another_region_as_score_does(touchstone, parts):
    save_mask(parts / "left.png", 12)
    assert touchstone("fit", "train", "-o", "g", *TINY_FIT).code == 0
    assert touchstone("score", "test", "-g", "g", "-o", "r", "--roi", "left.png").code == 0
    command = ("explain", "test/bad/000.png", "-g", "g", "-o", "why.png", "--json=why.json", "--force")
    assert touchstone(*command, "--roi", "left.png").code == 0
    document = json.loads((parts / "why.json").read_text())
    assert document["image"]["map_max"] == image_of(parts / "r")["map_max"]
    assert document["image"]["verdict"] == "undecided"
    assert document["roi_sha256"] == json.loads((parts / "r" / "results.json").read_text())["roi_sha256"]
    assert [spot["x"] < 12 for spot in document["hot_spots"]] == [True] * len(document["hot_spots"]) != []
    assert touchstone(*command).code == 0
    assert json.loads((parts / "why.json").read_text())["hot_spots"][0]["x"] >= 36
    save_mask(parts / "wide.png", 8, size=(80, 40))
    refusal(touchstone(*command, "--roi", "wide.png"), 2, "48x40", "80x40")


def test_what_lies_outside_does_not_shine_through_the_smoothing(touchstone, parts):
    """This extractor averages 4 and 8 pixels, so that nothing else reaches over the border."""
    bad = parts / "test" / "bad" / "000.png"
    good = numpy.asarray(pictures.Image.open(bad)).copy()
    good[10:30, 36:46] = pictures.pixels(300)[10:30, 36:46]
    (parts / "test" / "good").mkdir()
    pictures.Image.fromarray(good).save(parts / "test" / "good" / "000.png")
    save_mask(parts / "left.png", 16)  # 20 pixels from the defect, 3.3 sigma
    assert touchstone("fit", "train", "-o", "g", *TINY_FIT, "--roi", "left.png").code == 0
    assert touchstone("score", "test", "-g", "g", "-o", "r").code == 0
    maps = [(parts / "r" / "maps" / label / "000.tiff").read_bytes() for label in ("bad", "good")]
    assert maps[0] == maps[1]


def test_another_region_at_score_leaves_verdicts_undecided(touchstone, parts):
    save_mask(parts / "left.png", 12, size=(96, 80))  # of twice the images' size
    assert touchstone("fit", "train", "-o", "g", *TINY_FIT).code == 0
    outcome = touchstone("score", "test", "-g", "g", "-o", "r", "--roi", "left.png")
    assert outcome.code == 0 and "not made with this --roi" in outcome.stderr
    assert image_of(parts / "r")["verdict"] == "undecided"
    scores = numpy.asarray(pictures.Image.open(parts / "r" / "maps" / "bad" / "000.tiff"))
    assert (scores[:, 6:] == 0).all() and scores.max() == pytest.approx(image_of(parts / "r")["score"])


def test_masks_that_say_nothing_are_refused_before_anything_is_read(touchstone, parts, gallery):
    save_mask(parts / "black.png", 0)
    (parts / "broken.png").write_bytes(b"broken")
    for mask, said in (("black.png", "zero everywhere"), ("broken.png", "--roi"), ("none.png", "--roi")):
        refusal(touchstone("fit", "train", "-o", "g", "--model", TINY, "--roi", mask), 2, mask, said)
        refusal(touchstone("score", "test", "-g", gallery, "-o", "r", "--roi", mask), 2, mask, said)
    assert not (parts / "g").exists() and not (parts / "r").exists()


def test_a_mask_of_other_proportions_names_both_sizes(touchstone, parts, gallery):
    save_mask(parts / "wide.png", 8, size=(80, 40))
    command = ("score", "test", "-g", gallery, "-o", "r", "--roi", "wide.png")
    refusal(touchstone(*command), 2, "48x40", "80x40")
    assert not (parts / "r").exists()
    outcome = touchstone("fit", "train", "-o", "g", *TINY_FIT, "--roi", "wide.png")
    assert outcome.code == 1 and "48x40 pixels and the mask of --roi 80x40" in outcome.stderr


def test_an_image_that_the_gallerys_region_does_not_fit_fails_alone(touchstone, parts):
    save_mask(parts / "left.png", 8)
    assert touchstone("fit", "train", "-o", "g", *TINY_FIT, "--roi", "left.png").code == 0
    pictures.save(parts / "test" / "good" / "wide.png", size=(90, 40))
    outcome = touchstone("score", "test", "-g", "g", "-o", "r")
    assert outcome.code == 3 and "good/wide.png: is 90x40 pixels" in outcome.stderr


def test_an_output_does_not_replace_its_own_mask(touchstone, parts, gallery):
    assert touchstone("score", "test", "-g", gallery, "-o", "r").code == 0
    save_mask(parts / "r" / "mask.png", 8)
    command = ("score", "test", "-g", gallery, "-o", "r", "--force", "--roi", "r/mask.png")
    refusal(touchstone(*command), 2, "r/mask.png")
    assert (parts / "r" / "mask.png").exists()
