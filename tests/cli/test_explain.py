"""explain: the same score as score's, what made it, and a picture."""

import json
import shutil

import numpy
import pytest
from PIL import Image

import pictures
from command_line import names, refusal


@pytest.fixture(name="stained")
def _stained(tmp_path, normal):
    """A good picture with a white block at x 24..35, y 8..19."""
    with Image.open(normal / "003.png") as good:
        pixels = numpy.array(good.convert("RGB"))
    pixels[8:20, 24:36] = 255
    Image.fromarray(pixels).save(tmp_path / "stained.png")
    return tmp_path / "stained.png"


def explained(touchstone, *arguments):
    outcome = touchstone("explain", *arguments, "-o", "why.png", "--json", "--force")
    assert outcome.code == 0, outcome
    return json.loads(outcome.stdout)


def test_explains_the_score_that_score_gives(touchstone, tmp_path, gallery, stained):
    outcome = touchstone("explain", stained, "-g", gallery, "-o", "why.png", "--json=why.json")
    assert (outcome.code, names(tmp_path)) == (0, ["stained.png", "why.json", "why.png"])
    first, *spots = outcome.stdout.decode().splitlines()
    assert first.encode() + b"\n" == touchstone("score", stained, "-g", gallery, "-o", "r").stdout
    document = json.loads((tmp_path / "why.json").read_text())
    assert (document["schema"], document["image"]["path"]) == ("touchstone.explanation/1", "stained.png")
    assert len(spots) == len(document["hot_spots"]) > 0
    assert spots[0].startswith("hot spot 1 at ")
    with Image.open(tmp_path / "why.png") as picture:
        assert (picture.format, picture.width) == ("PNG", 1200)


@pytest.mark.parametrize("fusion", ["concat", "per-level"])
def test_the_hottest_spot_is_the_planted_defect(touchstone, gallery, stained, fusion):
    document = explained(touchstone, stained, "-g", gallery, "--fusion", fusion, "--sigma", "1")
    spot = document["hot_spots"][0]
    assert 22 <= spot["x"] <= 37 and 6 <= spot["y"] <= 21
    assert spot["map"] == document["image"]["map_max"]
    assert len(spot["patches"]) == (1 if fusion == "concat" else 2)
    for patch in spot["patches"]:
        x, y, width, height = patch["box"]
        assert x < 36 and x + width > 24 and y < 20 and y + height > 8
        assert patch["nearest"]["distance"] == patch["patch_score"] > 0
    values = [other["map"] for other in document["hot_spots"]]
    assert values == sorted(values, reverse=True) and len(values) <= 5


@pytest.mark.parametrize("options", [(), ("--distance", "l2"), ("--fusion", "per-level"), ("--levels", "1")])
def test_the_levels_shares_add_up(touchstone, gallery, stained, options):
    document = explained(touchstone, stained, "-g", gallery, *options)
    for spot in document["hot_spots"]:
        assert [share["level"] for share in spot["level_shares"]] == document["options"]["levels"]
        assert sum(share["percent"] for share in spot["level_shares"]) == pytest.approx(100, abs=1e-9)
        assert all(share["percent"] >= 0 for share in spot["level_shares"])


def test_names_the_retrieved_images_nearest_first(touchstone, gallery, normal):
    document = explained(touchstone, normal / "002.png", "-g", gallery, "-K", "4")
    assert document["retrieved"][0] == {"index": 2, "path": "002.png", "distance": 0}
    distances = [image["distance"] for image in document["retrieved"]]
    assert len(distances) == 4 and distances == sorted(distances)


def test_an_image_of_the_gallery_has_nothing_to_explain(touchstone, gallery, normal):
    document = explained(touchstone, normal / "002.png", "-g", gallery)
    assert (document["image"]["map_max"], document["hot_spots"]) == (0, [])


def test_lost_previews_are_left_blank_with_a_warning(touchstone, own_gallery, stained):
    shutil.rmtree(own_gallery / "previews")
    outcome = touchstone("explain", stained, "-g", own_gallery, "-o", "why.png")
    assert outcome.code == 0 and "previews are missing" in outcome.stderr


def test_replaces_a_picture_only_with_force(touchstone, tmp_path, gallery, stained):
    pictures.save(tmp_path / "why.png")
    before = (tmp_path / "why.png").read_bytes()
    refusal(touchstone("explain", stained, "-g", gallery, "-o", "why.png"), 2, "--output", "--force")
    assert (tmp_path / "why.png").read_bytes() == before
    assert touchstone("explain", stained, "-g", gallery, "-o", "why.png", "--force").code == 0
    assert (tmp_path / "why.png").read_bytes() != before
    refusal(touchstone("explain", stained, "-g", gallery, "-o", stained, "--force"), 2, "may be replaced")


def test_refuses_what_it_cannot_do_before_it_reads(touchstone, tmp_path, gallery, stained, check):
    def call(image, output, *more):
        return touchstone("explain", image, "-g", gallery, "-o", output, *more)

    refusal(call(check, "why.png"), 2, "is a folder", "score")
    refusal(call("gone.png", "why.png"), 2, "gone.png")
    refusal(call(stained, "why.jpg"), 2, ".png")
    refusal(call(stained, "nowhere/why.png"), 2, "no such folder")
    refusal(call(stained, "why.png", "--sigma", "-1"), 2, "--sigma")
    refusal(touchstone("explain", stained, "-g", "gone", "-o", "why.png"), 2, "gone")
    assert not (tmp_path / "why.png").exists()


def test_a_broken_image_is_no_result(touchstone, tmp_path, gallery):
    pictures.truncate(pictures.save(tmp_path / "broken.png"))
    refusal(touchstone("explain", "broken.png", "-g", gallery, "-o", "why.png"), 1, "broken.png")
    assert names(tmp_path) == ["broken.png"]


@pytest.mark.parametrize("options", [(), ("--sigma", "2")])
def test_says_by_what_the_verdict_is(touchstone, tmp_path, gallery, stained, options):
    document = explained(touchstone, stained, "-g", gallery, *options)
    assert touchstone("score", stained, "-g", gallery, "-o", "r", *options).code == 0
    results = json.loads((tmp_path / "r/results.json").read_text())
    for key in ("thresholds", "heatmap_scale", "thresholds_reason"):
        assert document.get(key) == results.get(key)
    assert document["heatmap_scale"] is not None
    assert (document["thresholds"] is None) == bool(options) == bool(document.get("thresholds_reason"))
    assert document["image"]["verdict"] == results["images"][0]["verdict"]
