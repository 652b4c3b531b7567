"""Images of every kind, whole and broken, and the warnings about those that differ from the gallery's."""

import json
import pathlib
import subprocess
import sys

import numpy
import pytest
from PIL import Image

import pictures
from command_line import TINY, names, refusal

FIT = ("--model", TINY, "--resize", "32")


def failed(results):
    return {image["path"]: image for image in json.loads((results / "results.json").read_text())["failed"]}


@pytest.fixture(name="one_broken_of_each")
def _one_broken_of_each(tmp_path):
    """Two good pictures of every format and one that is cut off."""
    folder = tmp_path / "in"
    for suffix in pictures.FORMATS:
        pictures.save(folder / f"a_{suffix}.{suffix}", 1)
        pictures.truncate(pictures.save(folder / f"broken_{suffix}.{suffix}", 2))
        pictures.save(folder / f"c_{suffix}.{suffix}", 3)
    return folder


def test_fit_names_a_truncated_file_of_every_format_and_goes_on(touchstone, tmp_path, one_broken_of_each):
    outcome = touchstone("fit", one_broken_of_each, "-o", "g", *FIT, "--json")
    assert outcome.code == 3
    document = json.loads(outcome.stdout)
    assert [image["path"] for image in document["failed"]] == sorted(
        f"broken_{s}.{s}" for s in pictures.FORMATS
    )
    for image in document["failed"]:
        assert list(image) == ["path", "code", "message"] and image["code"] == "image"
        assert f"{image['path']}: {image['message']}" in outcome.stderr
    assert document["num_images"] == 2 * len(pictures.FORMATS)
    assert len(json.loads((tmp_path / "g" / "manifest.json").read_text())["images"]) == 2 * len(
        pictures.FORMATS
    )


def test_score_names_a_truncated_file_of_every_format_and_goes_on(
    touchstone, tmp_path, gallery, one_broken_of_each
):
    outcome = touchstone("score", one_broken_of_each, "-g", gallery, "-o", "r")
    assert (outcome.code, len(outcome.lines)) == (3, 2 * len(pictures.FORMATS))
    problems = failed(tmp_path / "r")
    assert sorted(problems) == sorted(f"broken_{s}.{s}" for s in pictures.FORMATS)
    assert {problem["code"] for problem in problems.values()} == {"image"}
    for path, problem in problems.items():
        assert f"{path}: {problem['message']}" in outcome.stderr
    csv_lines = (tmp_path / "r" / "scores.csv").read_text().splitlines()
    assert sum(",,,,,," in line and line.startswith("broken") for line in csv_lines) == len(pictures.FORMATS)
    assert not [name for name in names(tmp_path / "r" / "maps") if name.startswith("broken")]


@pytest.mark.parametrize("progressive", [False, True])
def test_half_a_jpeg_is_an_error_though_decoders_only_warn(touchstone, tmp_path, gallery, check, progressive):
    half = check / "half.jpg"
    pictures.save(half, size=(200, 200), progressive=progressive)
    whole = half.read_bytes()
    half.write_bytes(whole[: len(whole) // 2] + b"\xff\xd9")  # even with a proper end
    assert touchstone("score", check, "-g", gallery, "-o", "r").code == 3
    assert list(failed(tmp_path / "r")) == ["half.jpg"]


def test_only_broken_images_are_no_result(touchstone, tmp_path, gallery):
    pictures.truncate(pictures.save(tmp_path / "in" / "a.png"))
    (tmp_path / "in" / "b.png").write_bytes(b"")
    (tmp_path / "in" / "c.jpg").write_text("no picture at all")
    refusal(touchstone("fit", "in", "-o", "g", *FIT), 1, "of 3 images none could be read")
    assert names(tmp_path) == ["in"]
    outcome = touchstone("score", "in", "-g", gallery, "-o", "r")
    assert (outcome.code, len(failed(tmp_path / "r"))) == (1, 3)
    assert "error: of 3 images none has a score" in outcome.stderr


def test_a_broken_link_and_an_unreadable_file_fail_alone(touchstone, tmp_path, gallery, check):
    (check / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (check / "folder.png").mkdir()
    outcome = touchstone("score", check, "-g", gallery, "-o", "r")
    assert (outcome.code, len(outcome.lines), list(failed(tmp_path / "r"))) == (3, 3, ["gone.png"])


def test_the_content_decides_the_format_not_the_name(touchstone, gallery, check):
    (check / "000.png").rename(check / "000.jpg")
    assert touchstone("score", check, "-g", gallery, "-o", "r").code == 0


def variants(folder):
    """One picture in every depth and layout that scoring must take, in sizes that all differ."""
    folder.mkdir()
    rgb = pictures.pixels(0, (40, 30))
    gray = rgb[..., 0]
    alpha = numpy.full_like(gray, 7)
    Image.fromarray(gray).save(folder / "gray.png")
    Image.fromarray(numpy.dstack([rgb, alpha])[:20]).save(folder / "rgba.png")
    Image.fromarray(numpy.dstack([gray, alpha])[:, :25], "LA").save(folder / "gray_alpha.png")
    Image.fromarray(gray[:29].astype(numpy.uint16) * 257).save(folder / "gray16.png")
    Image.fromarray(gray[:28].astype(numpy.uint16) * 257).save(folder / "gray16_tiff.tif")
    Image.fromarray(rgb[:27]).quantize(16).save(folder / "palette.png")
    Image.fromarray(rgb[:26]).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(gray[:25] > 100).save(folder / "bilevel.png")
    return folder


def test_gray_alpha_palette_and_16_bits_in_mixed_sizes_are_taken(touchstone, tmp_path, gallery):
    folder = variants(tmp_path / "in")
    assert touchstone("fit", folder, "-o", "g", *FIT).code == 0
    outcome = touchstone("score", folder, "-g", gallery, "-o", "r")
    assert (outcome.code, len(outcome.lines)) == (0, 8), outcome
    for image in json.loads((tmp_path / "r" / "results.json").read_text())["images"]:
        with Image.open(tmp_path / "r" / "maps" / image["map"]) as score_map, Image.open(
            folder / image["path"]
        ) as photo:
            assert score_map.mode == "F"
            assert score_map.size == photo.size == (image["width"], image["height"])
            assert float(numpy.asarray(score_map).max()) == pytest.approx(image["map_max"], rel=1e-6)
        with Image.open(tmp_path / "r" / image["heatmap"]) as heatmap:
            assert (heatmap.mode, heatmap.size) == ("RGB", (image["width"], image["height"]))


@pytest.mark.parametrize("style", ["overlay", "map", "contour"])
def test_a_heat_map_has_the_size_of_its_photograph(touchstone, tmp_path, gallery, check, style):
    assert touchstone("score", check, "-g", gallery, "-o", "r", "--heatmap-style", style).code == 0
    with Image.open(tmp_path / "r" / "heatmaps" / "000.png") as heatmap:
        assert heatmap.size == (48, 40)


def test_heat_maps_side_by_side_begin_with_the_photograph(touchstone, tmp_path, gallery, check):
    assert touchstone("score", check, "-g", gallery, "-o", "r", "--heatmap-style", "side-by-side").code == 0
    with Image.open(tmp_path / "r" / "heatmaps" / "000.png") as heatmap, Image.open(check / "000.png") as photo:
        assert heatmap.width > 2 * 48
        assert numpy.array_equal(numpy.asarray(heatmap)[:40, :48], numpy.asarray(photo.convert("RGB")))


def test_alpha_is_dropped_not_blended(touchstone, tmp_path, gallery):
    (tmp_path / "in").mkdir()
    rgb = pictures.pixels(5)
    Image.fromarray(rgb).save(tmp_path / "in" / "opaque.png")
    Image.fromarray(numpy.dstack([rgb, rgb[..., 0]])).save(tmp_path / "in" / "through.png")
    (first, _), (second, _) = touchstone("score", "in", "-g", gallery, "-o", "r").lines
    assert first == second


def test_white_level_scales_images_of_more_than_8_bits(touchstone, tmp_path):
    """A 12-bit picture under its white level is the 8-bit picture, to rounding."""
    gray = pictures.pixels(5)[..., 0]
    for name, values in (
        ("eight", gray),
        ("twelve", (gray.astype(numpy.float64) * 4095 / 255).round().astype(numpy.uint16)),
    ):
        (tmp_path / name).mkdir()
        Image.fromarray(values).save(tmp_path / name / "a.png")
    pictures.folder(tmp_path / "normal", 3)
    scores = []
    for white_level, images in (("4095", "eight"), ("4095", "twelve"), ("65535", "twelve")):
        results = f"r{len(scores)}"
        fit = touchstone("fit", "normal", "-o", f"g{results}", *FIT, "--white-level", white_level)
        assert fit.code == 0
        scores += [
            touchstone(
                "score", images, "-g", f"g{results}", "-o", results, "--image-score", "retrieval"
            ).lines[0][0]
        ]
    assert scores[1] == pytest.approx(scores[0], rel=0.1)
    assert abs(scores[2] - scores[0]) > 10 * abs(scores[1] - scores[0])


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3000, 1), (4000, 8)])
def test_extreme_shapes_are_scored_at_their_own_size(touchstone, tmp_path, gallery, size):
    pictures.save(tmp_path / "a.png", size=size)
    assert touchstone("score", "a.png", "-g", gallery, "-o", "r").code == 0
    with Image.open(tmp_path / "r" / "maps" / "a.tiff") as score_map:
        assert score_map.size == size


def test_an_exif_orientation_is_warned_about_and_not_applied(touchstone, tmp_path, gallery):
    exif = Image.Exif()
    exif[0x0112] = 6
    pictures.save(tmp_path / "in" / "turned.jpg", 1, (48, 40), exif=exif.tobytes())
    for outcome in (
        touchstone("score", "in", "-g", gallery, "-o", "r"),
        touchstone("fit", "in", "-o", "g", *FIT),
    ):
        assert outcome.code == 0
        assert "1 image carrying an EXIF orientation, which is not applied" in outcome.stderr
        assert "turned.jpg" in outcome.stderr
    with Image.open(tmp_path / "r" / "maps" / "turned.tiff") as score_map:
        assert score_map.size == (48, 40)


def test_a_scored_image_of_the_gallery_itself_is_warned_about(touchstone, tmp_path, gallery, normal, check):
    (check / "copy.png").write_bytes((normal / "003.png").read_bytes())
    outcome = touchstone("score", check, "-g", gallery, "-o", "r")
    assert "1 image being among the gallery's own" in outcome.stderr and "copy.png" in outcome.stderr
    assert any(
        "copy.png" in text for text in json.loads((tmp_path / "r" / "results.json").read_text())["warnings"]
    )


def test_no_warning_without_a_reason(touchstone, normal, check):
    rate = ("--false-alarm-rate", "0.2")  # what six images can promise
    assert "warning" not in touchstone("fit", normal, "-o", "own", *FIT, *rate).stderr
    assert "warning" not in touchstone("score", check, "-g", "own", "-o", "r").stderr


def test_another_size_and_bit_depth_are_warned_about(touchstone, tmp_path, gallery, check):
    pictures.save(check / "large.png", size=(90, 90))
    Image.fromarray(pictures.pixels(1)[..., 0].astype(numpy.uint16) * 257).save(check / "deep.png")
    outcome = touchstone("score", check, "-g", gallery, "-o", "r")
    assert outcome.code == 0
    by_topic = {
        topic: [line for line in outcome.stderr.splitlines() if topic in line]
        for topic in ("of a size", "bit depth")
    }
    assert ["large.png" in line for line in by_topic["of a size"]] == [True]
    assert ["deep.png" in line for line in by_topic["bit depth"]] == [True]
    assert "deep.png" not in by_topic["of a size"][0]


@pytest.fixture(name="nan_on_white", scope="module")
def _nan_on_white(tmp_path_factory):
    model = tmp_path_factory.mktemp("model") / "nan_on_white.pt"
    subprocess.run(
        [sys.executable, pathlib.Path(__file__).with_name("export_nan_on_white.py"), model], check=True
    )
    return model


def test_an_extractor_that_gives_nan_on_one_image_fails_that_image(touchstone, tmp_path, check, nan_on_white):
    Image.new("RGB", (48, 40), (255, 255, 255)).save(check / "white.png")
    fit = touchstone("fit", check, "-o", "g", "--model", nan_on_white, "--resize", "32")
    score = touchstone("score", check, "-g", "g", "-o", "r")
    for outcome in (fit, score):
        assert outcome.code == 3
        assert "white.png: " in outcome.stderr and "NaN" in outcome.stderr
    assert failed(tmp_path / "r")["white.png"]["code"] == "not_finite"
    assert len(score.lines) == 3
