"""patchcore and padim: the same verbs, galleries, reports and thresholds as spade's, and their own options."""

import json
import pathlib
import shutil
import struct
import subprocess
import sys

import numpy
import pytest

import pictures
from command_line import TINY, names, refusal, tree

FIT = ("--model", TINY, "--resize", "32", "--false-alarm-rate", "0.05")
METHODS = {"patchcore": ("--method", "patchcore", "--coreset", "0.5"), "padim": ("--method", "padim", "--levels", "1,2", "--dims", "4")}
EACH = pytest.mark.parametrize("method", METHODS)


@pytest.fixture
def parts(tmp_path):
    """train/ with 24 good parts, test/good and test/bad (a white square on its right) with ground truth."""
    pictures.folder(tmp_path / "train", 24)
    pictures.folder(tmp_path / "test" / "good", 3, first_seed=200)
    mask = numpy.zeros((40, 48), numpy.uint8)
    mask[10:30, 36:46] = 255
    for i in range(3):
        bad = pictures.pixels(300 + i)
        bad[mask > 0] = 255
        for folder, values, name in (("test/bad", bad, f"{i:03}.png"), ("ground_truth/bad", mask, f"{i:03}_mask.png")):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            pictures.Image.fromarray(values).save(tmp_path / folder / name)
    return tmp_path


def fit(touchstone, method, target="g", *more):
    outcome = touchstone("fit", "train", "-o", target, *FIT, *METHODS[method], *more)
    assert outcome.code == 0, outcome
    return outcome


def document_of(folder, name="results.json"):
    return json.loads((folder / name).read_text())


@EACH
def test_finds_the_defect_from_fit_to_evaluate(touchstone, parts, method):
    fit(touchstone, method)
    assert touchstone("score", "test", "-g", "g", "-o", "r").code == 0
    results = document_of(parts / "r")
    assert results["method"] == method
    images = {image["path"]: image for image in results["images"]}
    worst_good = max(image["score"] for path, image in images.items() if path.startswith("good"))
    for path, image in images.items():
        assert image["retrieval_score"] is None
        assert image["verdict"] == ("anomalous" if path.startswith("bad") else "normal"), image
        assert path.startswith("good") or image["score"] > worst_good
    assert touchstone("evaluate", "r").code == 0
    figures = document_of(parts / "r", "metrics.json")["objects"][parts.name]
    assert figures["image_rocauc"]["score"] == figures["image_rocauc"]["map_max"] == 1
    assert figures["image_rocauc"]["retrieval"] is None and figures["image_rocauc"]["retrieval_reason"]
    assert figures["pixel_rocauc"] > 0.95
    page = (parts / "r" / "report.html").read_text()
    assert method in page
    header, *rows = (parts / "r" / "scores.csv").read_text().splitlines()
    assert header.split(",")[:4] == ["path", "score", "retrieval_score", "map_max"]
    assert all(row.split(",")[2] == "" for row in rows)


@EACH
def test_a_gallery_is_whole_by_itself_and_keeps_no_features(touchstone, parts, method):
    fit(touchstone, method)
    assert names(parts / "g") == ["extractor.pt", "manifest.json", "previews", "segments"]
    assert names(parts / "g" / "segments") == ["model.safetensors"]
    here = touchstone("score", "test", "-g", "g", "-o", "r1")
    (parts / "g").rename(parts / "moved")
    shutil.rmtree(parts / "train")
    assert touchstone("score", "test", "-g", "moved", "-o", "r2").stdout == here.stdout
    assert method.encode() in touchstone("gallery", "info", "moved").stdout
    info = json.loads(touchstone("gallery", "info", "moved", "--json").stdout)
    assert (info["method"], info["num_segments"]) == (method, 0) and info["model_rows"] > 0
    assert touchstone("gallery", "verify", "moved").stdout.startswith(b"whole: 24 images and the model")
    assert touchstone("gallery", "list", "moved").stdout.count(b"\n") == 24
    refusal(touchstone("gallery", "suspects", "moved"), 2, "keeps no features")


@EACH
def test_the_same_bytes_for_any_number_of_threads_and_any_order(touchstone, parts, method):
    galleries, results = [], []
    for threads in ("1", "2", "7"):
        fit(touchstone, method, "g", "--threads", threads)
        score = touchstone("score", "test", "-g", "g", "-o", "r", "--threads", threads)
        galleries.append(tree(parts / "g"))
        results.append({**tree(parts / "r"), "stdout": score.stdout})
        if threads == "7":
            one = touchstone("score", "test/bad/001.png", "-g", "g", "-o", "alone")
            listed = b"test/bad/002.png\ntest/bad/001.png\ntest/good/000.png\n"
            stream = touchstone("score", "-", "-g", "g", "-o", "stream", stdin=listed)
        shutil.rmtree(parts / "g")
        shutil.rmtree(parts / "r")
    assert galleries[1] == galleries[0] and galleries[2] == galleries[0]
    assert results[1] == results[0] and results[2] == results[0]
    whole = dict(line.split(b"\t")[::-1] for line in results[0]["stdout"].splitlines())
    assert one.stdout.split(b"\t")[0] == whole[b"bad/001.png"]
    assert (stream.code, len(stream.lines)) == (0, 3)
    for line in stream.stdout.splitlines():
        score, path = line.split(b"\t")
        assert whole[path.removeprefix(b"test/")] == score


@EACH
def test_explains_where_and_by_which_levels(touchstone, parts, method):
    fit(touchstone, method, "g", "--sigma", "1")
    outcome = touchstone("explain", "test/bad/000.png", "-g", "g", "-o", "why.png", "--json=why.json")
    assert outcome.code == 0, outcome
    document = document_of(parts, "why.json")
    spot = document["hot_spots"][0]
    assert 34 <= spot["x"] <= 47 and 8 <= spot["y"] <= 31
    assert document["retrieved"] == []
    assert sum(share["percent"] for share in spot["level_shares"]) == pytest.approx(100)
    patch = spot["patches"][0]
    if method == "padim":
        assert patch["nearest"] is None and patch["nearest_reason"]
        assert "Gaussian" in document["compared_with"]
    else:
        assert patch["nearest"]["path"] in names(parts / "train")
        assert patch["nearest"]["distance"] == pytest.approx(patch["patch_score"], rel=1e-6)
        assert "patches kept of 24 normal images" in document["compared_with"]
    with pictures.Image.open(parts / "why.png") as picture:
        assert picture.width == 1200


@EACH
def test_calibrates_with_images_that_are_new(touchstone, parts, method):
    fit(touchstone, method)
    pictures.folder(parts / "new", 30, first_seed=500)
    assert touchstone("gallery", "calibrate", "g", "new", "--false-alarm-rate", "0.1").code == 0
    thresholds = json.loads(touchstone("gallery", "info", "g", "--json").stdout)["thresholds"]
    assert (thresholds["kind"], thresholds["images"], thresholds["rate"]) == ("guarantee", 30, 0.1)
    assert touchstone("score", "test", "-g", "g", "-o", "r", "--fail-on", "anomalous").code == 4


@EACH
def test_a_region_leaves_the_defect_out(touchstone, parts, method):
    mask = numpy.zeros((40, 48), numpy.uint8)
    mask[:, :16] = 255
    pictures.Image.fromarray(mask).save(parts / "left.png")
    fit(touchstone, method, "g", "--roi", "left.png")
    assert touchstone("score", "test", "-g", "g", "-o", "r").code == 0
    good, bad = [], []
    for image in document_of(parts / "r")["images"]:
        (good if image["label"] == "good" else bad).append(image["score"])
        assert image["verdict"] == "normal"
    assert max(bad) < 4 * max(good)  # patches look a little way across the border; in the open it is 30 times


@EACH
def test_scores_with_another_sigma_are_undecided_and_have_colours_all_the_same(touchstone, parts, method):
    fit(touchstone, method)
    outcome = touchstone("score", "test", "-g", "g", "-o", "r", "--sigma", "2")
    assert outcome.code == 0
    assert {image["verdict"] for image in document_of(parts / "r")["images"]} == {"undecided"}


def test_patchcore_takes_its_own_image_score_and_the_maps(touchstone, parts):
    fit(touchstone, "patchcore")
    touchstone("score", "test", "-g", "g", "-o", "own")
    touchstone("score", "test", "-g", "g", "-o", "map", "--image-score", "map-max")
    for own, by_map in zip(document_of(parts / "own")["images"], document_of(parts / "map")["images"]):
        assert own["score"] == own["patch_max"] != own["map_max"]
        assert by_map["score"] == by_map["map_max"] == own["map_max"]
        assert by_map["verdict"] == own["verdict"]


def test_each_option_of_patchcore_changes_the_scores(touchstone, parts):
    outputs = set()
    for number, options in enumerate(((), ("--coreset", "0.05"), ("--pooling", "reference"),
                                      ("--reweight-neighbors", "0"), ("--reweight-neighbors", "3"),
                                      ("--levels", "1"))):  # fmt: skip
        gallery = f"g{number}"
        outcome = touchstone("fit", "train", "-o", gallery, *FIT, "--method", "patchcore", *options)
        assert outcome.code == 0, outcome
        outputs.add(touchstone("score", "test", "-g", gallery, "-o", f"r{number}").stdout)
    assert len(outputs) == 6


def test_each_option_of_padim_changes_the_scores(touchstone, parts):
    outputs = set()
    for number, options in enumerate((("--levels", "1,2"), ("--levels", "1,2", "--dims", "2"), ("--levels", "1"),
                                      ("--levels", "1,2", "--dims", "2", "--seed", "3"))):  # fmt: skip
        gallery = f"g{number}"
        assert touchstone("fit", "train", "-o", gallery, *FIT, "--method", "padim", *options).code == 0
        outputs.add(touchstone("score", "test", "-g", gallery, "-o", f"r{number}").stdout)
    assert len(outputs) == 4


def test_preset_paper_takes_each_papers_image_score(touchstone, parts):
    for method, score in (("patchcore", "patch-max"), ("padim", "map-max"), ("spade", "retrieval")):
        arguments = ("--model", TINY, "--preset", "paper", "--method", method)
        assert touchstone("fit", "test/good", "-o", method, *arguments).code == 0
        assert document_of(parts / method, "manifest.json")["options"]["image_score"] == score


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--method", "nearest"), ("--method", "patchcore")),
        (("--coreset", "0.1"), ("--coreset", "patchcore", "spade")),
        (("--method", "padim", "--coreset", "0.1"), ("--coreset", "patchcore", "padim")),
        (("--method", "padim", "--reweight-neighbors", "3"), ("--reweight-neighbors", "patchcore")),
        (("--method", "patchcore", "--dims", "3"), ("--dims", "padim")),
        (("--method", "patchcore", "-K", "3"), ("--num-retrieved", "spade")),
        (("--method", "patchcore", "--fusion", "concat"), ("--fusion", "spade")),
        (("--method", "padim", "--distance", "l2"), ("--distance", "spade")),
        (("--method", "patchcore", "--coreset", "0"), ("--coreset 0", "above 0 and at most 1")),
        (("--method", "patchcore", "--coreset", "1.5"), ("--coreset 1.5", "at most 1")),
        (("--method", "patchcore", "--reweight-neighbors", "1"), ("--reweight-neighbors 1", "every score would be 0")),
        (("--method", "patchcore", "--reweight-neighbors", "-2"), ("--reweight-neighbors -2",)),
        (("--method", "patchcore", "--pooling", "max"), ("--pooling", "paper|reference")),
        (("--method", "patchcore", "--image-score", "retrieval"), ("--image-score retrieval", "patchcore")),
        (("--method", "padim", "--image-score", "patch-max"), ("--image-score patch-max", "padim")),
        (("--image-score", "patch-max"), ("--image-score patch-max", "spade")),
        (("--method", "padim", "--dims", "0"), ("--dims 0", "1 or more")),
        (("--method", "padim", "--levels", "1,2", "--dims", "7"), ("--dims 7", "only 6 channels")),
        (("--method", "padim", "--dtype", "float16"), ("--dtype float16", "float32")),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_read(touchstone, parts, arguments, said):
    refusal(touchstone("fit", "train", "-o", "g", "--model", TINY, *arguments), 2, *said)
    assert not (parts / "g").exists()


@EACH
def test_score_refuses_what_was_decided_at_fit_or_is_another_methods(touchstone, parts, method):
    fit(touchstone, method)
    for arguments, said in ((("--levels", "1"), "--levels"), (("-K", "3"), "--num-retrieved"), (("--gate",), "--gate"),
                            (("--image-score", "retrieval"), "--image-score retrieval")):  # fmt: skip
        refusal(touchstone("score", "test", "-g", "g", "-o", "r", *arguments), 2, said, method)
        assert not (parts / "r").exists()


@EACH
def test_one_image_is_enough_for_a_gallery(touchstone, parts, method):
    (parts / "one").mkdir()
    shutil.copy(parts / "train" / "000.png", parts / "one")
    assert touchstone("fit", "one", "-o", "g", *FIT, *METHODS[method]).code == 0
    outcome = touchstone("score", "test", "-g", "g", "-o", "r")
    assert outcome.code == 0 and all(score >= 0 for score, _ in outcome.lines)


def test_few_images_for_many_channels_say_what_that_means(touchstone, parts):
    (parts / "few").mkdir()
    for i in range(3):
        shutil.copy(parts / "train" / f"00{i}.png", parts / "few")
    outcome = touchstone("fit", "few", "-o", "g", *FIT, "--method", "padim", "--levels", "1,2")
    assert "3 images for 6 channels" in outcome.stderr
    assert b"fewer images than channels" in touchstone("gallery", "info", "g").stdout
    assert "images for" not in fit(touchstone, "padim", "many").stderr


def test_identical_images_leave_a_bank_of_what_differs(touchstone, parts):
    pictures.Image.new("RGB", (48, 40), (90, 90, 90)).save(parts / "flat.png")
    (parts / "flat").mkdir()
    for i in range(4):
        shutil.copy(parts / "flat.png", parts / "flat" / f"{i}.png")
    assert touchstone("fit", "flat", "-o", "g", *FIT, "--method", "patchcore", "--coreset", "0.9").code == 0
    kept = json.loads(touchstone("gallery", "info", "g", "--json").stdout)["model_rows"]
    assert kept < 20  # of 230: the edges and corners differ by their padding
    assert touchstone("score", "flat.png", "-g", "g", "-o", "r").lines[0][0] == 0


def model_of(gallery):
    return gallery / "segments" / "model.safetensors"


@EACH
def test_a_damaged_model_gives_an_error_and_never_a_score(touchstone, parts, method):
    fit(touchstone, method)
    whole = model_of(parts / "g").read_bytes()
    for damaged in (whole[:-1], whole[: len(whole) // 2], whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:], b""):
        model_of(parts / "g").write_bytes(damaged)
        refusal(touchstone("score", "test", "-g", "g", "-o", "r"), 1, "model.safetensors")
        refusal(touchstone("gallery", "verify", "g"), 1, "model.safetensors")
    model_of(parts / "g").unlink()
    refusal(touchstone("score", "test", "-g", "g", "-o", "r"), 1, "model.safetensors", "missing")
    assert not (parts / "r").exists()


def rewritten(gallery, change, rows=None):
    """Changes the arrays of a gallery's model, and every digest with them, as somebody with bad intentions would."""
    import hashlib

    data = model_of(gallery).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + size]), bytearray(data[8 + size :])
    change(header, body)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + bytes(body)
    model_of(gallery).write_bytes(data)
    manifest = json.loads((gallery / "manifest.json").read_text())
    manifest["model"]["sha256"] = hashlib.sha256(data).hexdigest()
    manifest["model"]["rows"] = rows or manifest["model"]["rows"]
    manifest.pop("sha256_of_the_rest")
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    manifest["sha256_of_the_rest"] = hashlib.sha256(text.encode()).hexdigest()
    (gallery / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False))


def put_float(name, index, value):
    def change(header, body):
        begin = header[name]["data_offsets"][0] + 4 * index
        body[begin : begin + 4] = struct.pack("<f", value)

    return change


def drop_array(name):
    return lambda header, body: header.pop(name)


def cut_rows(name):
    def change(header, body):
        header[name]["shape"][0] -= 1
        row = (header[name]["data_offsets"][1] - header[name]["data_offsets"][0]) // (header[name]["shape"][0] + 1)
        header[name]["data_offsets"][1] -= row

    return change


@pytest.mark.parametrize(
    "method, change",
    [
        ("patchcore", put_float("places", 0, 24)),
        ("patchcore", put_float("places", 1, 64)),
        ("patchcore", put_float("places", 1, -1)),
        ("patchcore", put_float("places", 1, 1.5)),
        ("patchcore", put_float("places", 0, float("nan"))),
        ("patchcore", put_float("patches", 7, float("inf"))),
        ("patchcore", put_float("patches", 7, 1e30)),
        ("patchcore", drop_array("places")),
        ("patchcore", cut_rows("patches")),
        ("padim", put_float("channels", 0, 6)),
        ("padim", put_float("channels", 1, 0)),
        ("padim", put_float("mean", 3, float("nan"))),
        ("padim", drop_array("mean")),
        ("padim", cut_rows("factor")),
    ],
)
def test_a_model_that_lies_is_refused(touchstone, parts, method, change):
    fit(touchstone, method)
    rewritten(parts / "g", change)
    refusal(touchstone("score", "test", "-g", "g", "-o", "r"), 1, "model.safetensors")
    refusal(touchstone("gallery", "verify", "g"), 1, "model.safetensors")


@pytest.mark.parametrize("few", [False, True], ids=["of_many_images", "of_few_images"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_damaged_gaussians_score_nothing(touchstone, parts, few, value):
    for i in range(3 if few else 24, 24):
        (parts / "train" / f"{i:03}.png").unlink()
    fit(touchstone, "padim")
    rewritten(parts / "g", put_float("factor", 0, value))
    outcome = touchstone("score", "test", "-g", "g", "-o", "r")
    assert outcome.code == 1 and "Gaussians are damaged" in outcome.stderr
    refusal(touchstone("gallery", "verify", "g"), 1, "model.safetensors", "'factor'")


def test_a_model_of_other_sizes_than_the_manifests_is_refused(touchstone, parts):
    for method in METHODS:
        fit(touchstone, method, method)
        rows = document_of(parts / method, "manifest.json")["model"]["rows"]
        rewritten(parts / method, lambda header, body: None, rows=rows + 1)
        refusal(touchstone("score", "test", "-g", method, "-o", "r"), 1, "model.safetensors", rows, rows + 1)
        refusal(touchstone("gallery", "verify", method), 1, "model.safetensors")


def test_an_interrupted_choice_of_options_leaves_the_old_gallery(touchstone, parts):
    fit(touchstone, "patchcore")
    before = tree(parts / "g")
    refusal(touchstone("fit", "train", "-o", "g", *FIT, *METHODS["padim"]), 2, "--force")
    assert tree(parts / "g") == before
    fit(touchstone, "padim", "g", "--force")
    assert document_of(parts / "g", "manifest.json")["method"] == "padim"


def test_block_4_is_computed_for_spade_alone(touchstone, parts):
    """Of a network whose block 4 gives infinity: whoever computes it and looks at it fails."""
    script = pathlib.Path(__file__).with_name("export_broken_block4.py")
    subprocess.run([sys.executable, script, "broken.pt"], check=True, cwd=parts)
    options = ("--model", "broken.pt", "--resize", "64", "--quiet")
    for method in ("patchcore", "padim"):
        assert touchstone("fit", "train", "-o", method, "--method", method, *options).code == 0
        assert touchstone("score", "test", "-g", method, "-o", "r-" + method, "--quiet").code == 0
    outcome = touchstone("fit", "train", "-o", "spade", *options)
    assert outcome.code == 1 and "the global feature holds" in outcome.stderr
