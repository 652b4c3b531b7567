"""Galleries: what they hold, that they travel, and that a damaged one gives an error and never a score."""

import json
import pathlib
import shutil
import struct

import pytest

import pictures
from command_line import EXTRACTORS, TINY, names, refusal, tree

OTHER = EXTRACTORS / "other_stride.pt"
FIT = ("--model", TINY, "--resize", "32")


def manifest_of(gallery):
    return json.loads((gallery / "manifest.json").read_text())


def segment_of(gallery):
    return sorted((gallery / "segments").iterdir())[0]


def test_a_gallery_holds_what_the_interface_names(gallery, normal):
    manifest = manifest_of(gallery)
    assert manifest["schema"] == "touchstone.gallery/1"
    assert names(gallery) == ["extractor.pt", "manifest.json", "previews", "segments"]
    assert (gallery / "extractor.pt").read_bytes() == TINY.read_bytes()
    assert [image["path"] for image in manifest["images"]] == names(normal)
    assert len(names(gallery / "previews")) == 6


def test_segments_are_safetensors_in_the_declared_shapes(gallery):
    with open(segment_of(gallery), "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    header.pop("__metadata__", None)
    shapes = {name: (entry["dtype"], entry["shape"]) for name, entry in header.items()}
    assert shapes == {
        "global": ("F32", [6, 3]),
        "level1": ("F32", [6, 8, 8, 3]),
        "level2": ("F32", [6, 4, 4, 3]),
    }


def test_a_gallery_works_where_it_was_copied_to(touchstone, tmp_path, check):
    pictures.folder(tmp_path / "normal", 4)
    model = shutil.copy(TINY, tmp_path / "model.pt")
    assert touchstone("fit", "normal", "-o", "g", "--model", model, "--resize", "32").code == 0
    here = touchstone("score", check, "-g", "g", "-o", "r1")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "g").rename(tmp_path / "elsewhere" / "moved")
    shutil.rmtree(tmp_path / "normal")
    pathlib.Path(model).unlink()
    there = touchstone("score", check, "-g", "elsewhere/moved", "-o", "r2")
    assert (there.code, there.stdout) == (0, here.stdout)
    assert tree(tmp_path / "r1" / "maps") == tree(tmp_path / "r2" / "maps")


def test_names_cannot_steer_the_terminal_that_shows_a_gallery(touchstone, tmp_path):
    name = "a\x1b[2J\tb\n.png"
    pictures.save(tmp_path / "no\x1brmal" / name)
    assert touchstone("fit", "no\x1brmal", "-o", "g\x1b", *FIT).code == 0
    listed = touchstone("gallery", "list", "g\x1b").stdout
    assert listed.startswith(b"a?[2J?b?.png\t") and listed.count(b"\n") == 1
    info = touchstone("gallery", "info", "g\x1b").stdout
    assert b"no?rmal" in info and b"\x1b" not in info
    assert json.loads(touchstone("gallery", "list", "g\x1b", "--json").stdout)["images"][0]["path"] == name


def test_a_gallery_of_one_image_scores(touchstone, tmp_path, check):
    pictures.save(tmp_path / "normal" / "only.png")
    assert touchstone("fit", "normal", "-o", "g", *FIT).code == 0
    outcome = touchstone("score", check, "-g", "g", "-o", "r")
    assert (outcome.code, len(outcome.lines)) == (0, 3)
    assert all(score > 0 for score, _ in outcome.lines)


def test_float16_halves_the_segments_and_hardly_moves_the_scores(
    touchstone, tmp_path, gallery, normal, check
):
    assert touchstone("fit", normal, "-o", "half", *FIT, "--dtype", "float16").code == 0
    assert manifest_of(tmp_path / "half")["dtype"] == "float16"
    full_bytes, half_bytes = (segment_of(folder).stat().st_size for folder in (gallery, tmp_path / "half"))
    assert half_bytes < 0.65 * full_bytes
    full = touchstone("score", check, "-g", gallery, "-o", "r1").lines
    half = touchstone("score", check, "-g", "half", "-o", "r2").lines
    assert [score for score, _ in half] == pytest.approx([score for score, _ in full], rel=0.02)


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[-5] ^= 0x10
    file.write_bytes(content)


DAMAGE = {
    "altered segment": (lambda g: flip_a_byte(segment_of(g)), "000000.safetensors", "altered"),
    "short segment": (lambda g: pictures.truncate(segment_of(g)), "000000.safetensors", "half copied"),
    "empty segment": (lambda g: segment_of(g).write_bytes(b""), "000000.safetensors", "half copied"),
    "missing segment": (lambda g: segment_of(g).unlink(), "000000.safetensors", "missing"),
    "altered extractor": (lambda g: flip_a_byte(g / "extractor.pt"), "extractor.pt", "altered"),
    "another extractor": (lambda g: shutil.copy(OTHER, g / "extractor.pt"), "extractor.pt", "altered"),
    "missing extractor": (lambda g: (g / "extractor.pt").unlink(), "extractor.pt", "missing"),
    "no manifest": (lambda g: (g / "manifest.json").unlink(), "manifest.json", "not a gallery"),
    "short manifest": (lambda g: pictures.truncate(g / "manifest.json"), "manifest.json", ""),
    "empty manifest": (lambda g: (g / "manifest.json").write_bytes(b""), "manifest.json", ""),
}  # fmt: skip


@pytest.mark.parametrize("damage, file, said", DAMAGE.values(), ids=DAMAGE.keys())
@pytest.mark.parametrize("verb", ["score", "verify"])
def test_a_damaged_gallery_is_refused_by_name(
    touchstone, tmp_path, own_gallery, check, verb, damage, file, said
):
    damage(own_gallery)
    arguments = (
        ("score", check, "-g", own_gallery, "-o", "r")
        if verb == "score"
        else ("gallery", "verify", own_gallery)
    )
    refusal(touchstone(*arguments), 1, file, said)
    assert not (tmp_path / "r").exists()


CHANGES = {
    "schema of tomorrow": (["schema"], "touchstone.gallery/2", "touchstone.gallery/2"),
    "foreign schema": (["schema"], "something.else/1", "something.else/1"),
    "file outside the gallery": (["segments", 0, "file"], "../../../etc/passwd", ""),
    "absolute file": (["segments", 0, "file"], "/etc/passwd", ""),
    "too many images": (["segments", 0, "images"], 7, ""),
    "huge count": (["segments", 0, "images"], 2**62, ""),
    "negative count": (["segments", 0, "images"], -1, ""),
    "huge level": (["extractor", "levels", 0, "channels"], 2**31 - 1, ""),
    "zero K": (["options", "num_retrieved"], 0, ""),
    "sigma as text": (["options", "sigma"], "4", ""),
    "huge resize": (["preprocessing", "resize"], [1000000, 1000000], ""),
}


@pytest.mark.parametrize("where, value, said", CHANGES.values(), ids=CHANGES.keys())
def test_a_manifest_with_a_false_entry_is_refused(
    touchstone, tmp_path, own_gallery, check, where, value, said
):
    manifest = manifest_of(own_gallery)
    entry = manifest
    for key in where[:-1]:
        entry = entry[key]
    assert where[-1] in (
        entry if isinstance(entry, dict) else range(len(entry))
    ), "the manifest has no such entry"
    entry[where[-1]] = value
    (own_gallery / "manifest.json").write_text(json.dumps(manifest))
    refusal(touchstone("score", check, "-g", own_gallery, "-o", "r"), 1, said)
    assert not (tmp_path / "r").exists()


def test_what_the_manifest_does_not_name_is_ignored(touchstone, own_gallery, gallery, check):
    (own_gallery / "segments" / "999999.safetensors").write_bytes(b"garbage")
    (own_gallery / "notes.txt").write_text("mine")
    expected = touchstone("score", check, "-g", gallery, "-o", "r1").stdout
    assert touchstone("score", check, "-g", own_gallery, "-o", "r2").stdout == expected


def test_gallery_info_tells_options_and_digests(touchstone, gallery):
    text = touchstone("gallery", "info", gallery).stdout.decode()
    document = json.loads(touchstone("gallery", "info", gallery, "--json").stdout)
    for part in ("spade", "tiny", "resize 32x32", "K = 50", "8 x 8 x 3"):
        assert part in text
    assert document["num_images"] == 6
    assert document["extractor"]["sha256"] in text


def test_gallery_list_names_every_image(touchstone, gallery, normal):
    text = touchstone("gallery", "list", gallery).stdout.decode()
    document = json.loads(touchstone("gallery", "list", gallery, "--json").stdout)
    assert [image["path"] for image in document["images"]] == names(normal)
    for line, image in zip(text.splitlines(), document["images"]):
        assert image["path"] in line and image["sha256"] in line
    assert len(text.splitlines()) == 6


def test_gallery_verify_says_that_all_is_whole(touchstone, gallery):
    outcome = touchstone("gallery", "verify", gallery)
    assert outcome.code == 0 and b"6 images" in outcome.stdout
    assert json.loads(touchstone("gallery", "verify", gallery, "--json").stdout)["whole"] is True


def test_model_info_tells_levels_and_licence(touchstone):
    text = touchstone("model", "info", "efficientnet_lite0").stdout.decode()
    document = json.loads(touchstone("model", "info", "efficientnet_lite0", "--json").stdout)
    assert [level["channels"] for level in document["levels"]] == [24, 40, 112]
    assert [level["stride"] for level in document["levels"]] == [4, 8, 16]
    assert document["global_size"] == 1280
    assert document["sha256"] in text and "Apache-2.0" in text


MODELS = {
    "zero bytes": (lambda: b"", ""),
    "text": (lambda: b"this is no model\n" * 100, ""),
    "half a model": (lambda: TINY.read_bytes()[: TINY.stat().st_size // 2], ""),
    "a state dict": (lambda: (EXTRACTORS / "state_dict.pt").read_bytes(), "export_extractor.py"),
    "a module without description": (
        lambda: (EXTRACTORS / "no_description.pt").read_bytes(),
        "export_extractor.py",
    ),
    "one tensor as output": (lambda: (EXTRACTORS / "one_tensor.pt").read_bytes(), ""),
    "another number of levels": (lambda: (EXTRACTORS / "one_level.pt").read_bytes(), "level"),
    "another rank": (lambda: (EXTRACTORS / "flat_level.pt").read_bytes(), "eighth"),
    "another stride": (lambda: (EXTRACTORS / "other_stride.pt").read_bytes(), "eighth"),
    "a stride of zero": (lambda: (EXTRACTORS / "stride_of_zero.pt").read_bytes(), "stride"),
    "more channels": (lambda: (EXTRACTORS / "more_channels.pt").read_bytes(), "quarter"),
    "a longer global": (lambda: (EXTRACTORS / "long_global.pt").read_bytes(), "global"),
    "an exception in forward": (lambda: (EXTRACTORS / "raises.pt").read_bytes(), ""),
    "NaN for every image": (lambda: (EXTRACTORS / "always_nan.pt").read_bytes(), "NaN"),
    "double precision": (lambda: (EXTRACTORS / "double.pt").read_bytes(), "float"),
}


@pytest.mark.parametrize("content, said", MODELS.values(), ids=MODELS.keys())
def test_a_bad_model_is_refused(touchstone, tmp_path, check, content, said):
    (tmp_path / "model.pt").write_bytes(content())
    refusal(touchstone("fit", check, "-o", "g", "--model", "model.pt", "--resize", "32"), 1, "model.pt", said)
    assert names(tmp_path) == ["check", "model.pt"]


def test_a_resize_that_the_extractor_cannot_take_is_refused(touchstone, tmp_path, check):
    refusal(touchstone("fit", check, "-o", "g", "--model", TINY, "--resize", "36"), 2, "36", "multiple")
    assert names(tmp_path) == ["check"]
