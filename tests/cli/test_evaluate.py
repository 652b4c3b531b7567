"""evaluate: what it says of whole, partial and mismatched ground truth."""

import json
import shutil

import numpy
import pytest
from PIL import Image

from command_line import names, refusal, tree

DEFECTS = ["dent", "missing", "scratch", "stain"]
IMAGE_FIGURES = ["image_rocauc", "image_ap", "image_f1_max"]


@pytest.fixture(name="category")
def _category(tmp_path, sample):
    """A copy of the sample that a test may change: data/sample."""
    return shutil.copytree(sample, tmp_path / "data" / "sample")


@pytest.fixture(name="evaluate")
def _evaluate(touchstone, category, sample_gallery):
    """evaluate(*options) -> (metrics of the category, Outcome), after scoring the copy's test folder."""

    def call(*options, scored=category / "test", code=0):
        score = touchstone("score", scored, "-g", sample_gallery, "-o", "results", "--no-heatmaps", "--force")
        assert score.code == 0, score
        outcome = touchstone("evaluate", "results", "--json", *options)
        assert outcome.code == code, outcome
        return (json.loads(outcome.stdout)["objects"]["sample"] if code == 0 else None), outcome

    return call


def test_metrics_json_is_what_json_prints(touchstone, tmp_path, sample_results, sample):
    assert sample.is_dir()
    results = shutil.copytree(sample_results, tmp_path / "r")
    outcome = touchstone("evaluate", results, "--json")
    assert outcome.code == 0
    assert (results / "metrics.json").read_bytes() == outcome.stdout
    assert touchstone("evaluate", results, "--json=m.json").code == 0
    assert (tmp_path / "m.json").read_bytes() == outcome.stdout


def test_metrics_have_the_shape_of_the_interface(evaluate):
    metrics, outcome = evaluate()
    document = json.loads(outcome.stdout)
    assert document["schema"] == "touchstone.metrics/1"
    assert metrics["images"] == {"normal": 10, "anomalous": 20}
    assert metrics["resolution"] == "original"
    assert sorted(metrics["per_defect"]) == DEFECTS
    for group in (metrics, *metrics["per_defect"].values(), document["mean"]):
        assert sorted(group["image_rocauc"]) == ["map_max", "retrieval", "score"]
        assert sorted(group["au_pro"]) == ["0.05", "0.3"]
        figures = [*group["image_rocauc"].values(), group["pixel_rocauc"], *group["au_pro"].values()]
        assert all(0 <= figure <= 1 for figure in figures)
    assert sum(group["regions"] for group in metrics["per_defect"].values()) == metrics["regions"]
    for group in metrics["per_defect"].values():
        assert group["images"] == {"normal": 10, "anomalous": 5}


def test_an_older_metrics_json_is_replaced(touchstone, tmp_path, sample_results):
    results = shutil.copytree(sample_results, tmp_path / "r")
    (results / "metrics.json").write_text("old")
    assert touchstone("evaluate", results).code == 0
    assert json.loads((results / "metrics.json").read_text())["schema"] == "touchstone.metrics/1"


def test_the_table_on_standard_output_names_every_defect(touchstone, tmp_path, sample_results):
    text = touchstone("evaluate", shutil.copytree(sample_results, tmp_path / "r")).stdout.decode()
    for word in ("sample", *DEFECTS, "ROCAUC", "PRO"):
        assert word in text


def test_image_rocauc_follows_from_scores_csv(evaluate, tmp_path):
    metrics, _ = evaluate()
    images = json.loads((tmp_path / "results" / "results.json").read_text())["images"]
    good = [image["score"] for image in images if image["label"] == "good"]
    bad = [image["score"] for image in images if image["label"] != "good"]
    wins = sum((b > g) + 0.5 * (b == g) for b in bad for g in good)
    assert metrics["image_rocauc"]["score"] == pytest.approx(wins / len(good) / len(bad), abs=1e-12)


def test_without_masks_pixel_figures_are_null_with_a_reason(evaluate, category):
    shutil.rmtree(category / "ground_truth")
    metrics, outcome = evaluate()
    assert "no masks" in outcome.stderr and "--ground-truth" in outcome.stderr
    assert metrics["image_rocauc"]["score"] is not None
    assert metrics["pixel_rocauc"] is None and metrics["pixel_rocauc_reason"]
    assert metrics["au_pro"]["0.3"] is None
    assert "NaN" not in outcome.stdout.decode()


def test_ground_truth_names_a_folder_elsewhere(evaluate, category, tmp_path):
    expected, _ = evaluate()
    (category / "ground_truth").rename(tmp_path / "masks")
    moved, _ = evaluate("--ground-truth", tmp_path / "masks")
    assert moved == expected


def test_a_mask_of_another_size_is_an_error_that_names_both_sizes(evaluate, category):
    mask = category / "ground_truth" / "dent" / "000_mask.png"
    with Image.open(mask) as image:
        smaller = image.resize((32, 16))
    smaller.save(mask)
    _, outcome = evaluate(code=1)
    refusal(outcome, 1, "000_mask.png", "32x16", "64x64", "--resolution")


def test_resolution_brings_sizes_together(evaluate, category):
    at_original, _ = evaluate()
    with Image.open(category / "ground_truth" / "dent" / "000_mask.png") as image:
        larger = image.resize((128, 128), Image.NEAREST)
    larger.save(category / "ground_truth" / "dent" / "000_mask.png")
    metrics, _ = evaluate("--resolution", "32")
    assert str(metrics["resolution"]) == "32"
    assert metrics["pixel_rocauc"] == pytest.approx(at_original["pixel_rocauc"], abs=0.05)
    assert metrics["pixel_rocauc"] != at_original["pixel_rocauc"]


def test_images_of_different_sizes_in_one_category_are_fine(evaluate, category):
    for path in (category / "test" / "dent" / "000.png", category / "ground_truth" / "dent" / "000_mask.png"):
        with Image.open(path) as image:
            larger = image.resize((100, 80), Image.NEAREST)
        larger.save(path)
    metrics, _ = evaluate()
    assert metrics["pixel_rocauc"] is not None


def test_only_good_images_leave_every_figure_undefined_with_a_reason(evaluate, category):
    for defect in DEFECTS:
        shutil.rmtree(category / "test" / defect)
    metrics, outcome = evaluate()
    assert metrics["images"] == {"normal": 10, "anomalous": 0}
    for name in ("score", "retrieval", "map_max"):
        assert metrics["image_rocauc"][name] is None and metrics["image_rocauc"][f"{name}_reason"]
    assert metrics["pixel_rocauc"] is None and metrics["pixel_rocauc_reason"]
    assert metrics["au_pro"]["0.3"] is None and metrics["au_pro"]["0.3_reason"]
    assert "masks belong to no scored image" in outcome.stderr


def test_only_defects_leave_image_rocauc_undefined(evaluate, category):
    shutil.rmtree(category / "test" / "good")
    metrics, _ = evaluate()
    assert metrics["image_rocauc"]["score"] is None
    assert metrics["pixel_rocauc"] is not None


def test_what_does_not_pair_is_named_and_left_out_of_the_pixel_figures(evaluate, category):
    (category / "ground_truth" / "dent" / "000_mask.png").unlink()
    (category / "test" / "stain" / "001.png").unlink()
    metrics, outcome = evaluate()
    assert "1 images of defect folders have no mask" in outcome.stderr and "dent/000.png" in outcome.stderr
    assert "1 masks belong to no scored image" in outcome.stderr and "stain/001_mask.png" in outcome.stderr
    assert metrics["images"] == {"normal": 10, "anomalous": 19}


def test_masks_pair_by_the_whole_stem(evaluate, category):
    """000_mask is not the mask of 00 nor of 000_mask."""
    (category / "ground_truth" / "dent" / "000_mask.png").rename(
        category / "ground_truth" / "dent" / "000.png"
    )
    _, outcome = evaluate()
    assert "dent/000.png" in outcome.stderr


def blacken(mask):
    with Image.open(mask) as image:
        size = image.size
    Image.new("L", size).save(mask)


def test_an_empty_mask_in_a_defect_folder_is_a_warning(evaluate, category):
    blacken(category / "ground_truth" / "dent" / "000_mask.png")
    by_folder, outcome = evaluate()
    assert "dent/000.png is empty" in outcome.stderr
    assert by_folder["images"] == {"normal": 10, "anomalous": 20}
    by_mask, _ = evaluate("--label-by-mask")
    assert by_mask["images"] == {"normal": 11, "anomalous": 19}


def test_any_mask_value_above_zero_is_defect(evaluate, category):
    expected, _ = evaluate()
    for mask in (category / "ground_truth").rglob("*.png"):
        with Image.open(mask) as image:
            faint = (numpy.asarray(image.convert("L")) > 0).astype(numpy.uint8)
        Image.fromarray(faint).save(mask)
    assert evaluate()[0] == expected


def test_maps_in_the_official_layout_give_the_same_metrics(touchstone, tmp_path, category, sample_gallery):
    maps = tmp_path / "maps" / "sample" / "test"
    assert (
        touchstone("score", category / "test", "-g", sample_gallery, "-o", "results", "--maps", maps).code
        == 0
    )
    from_results = json.loads(touchstone("evaluate", "results", "--json").stdout)["objects"]["sample"]
    before = tree(tmp_path)
    outcome = touchstone("evaluate", "--maps", "maps", "--dataset", "data", "--json")
    from_maps = json.loads(outcome.stdout)["objects"]["sample"]
    assert tree(tmp_path) == before
    for metrics in (from_results, from_maps):
        for group in (metrics, *metrics["per_defect"].values()):
            group.pop("image_f1_threshold")  # a score: results.json holds nine digits of it
            group.pop("image_f1_threshold_ci")
            for name in IMAGE_FIGURES:
                group[name].pop("retrieval")
                group[name].pop("retrieval_reason", None)
                group[f"{name}_ci"].pop("retrieval", None)
        for image in metrics["per_image"]:
            image.pop("retrieval_score")
            image.pop("retrieval_score_reason", None)
            for name in ("score", "map_max"):
                image[name] = float(f"{image[name]:.9g}")
    assert from_maps == from_results


def test_maps_alone_have_no_retrieval_score(touchstone, tmp_path, category, sample_results):
    shutil.copytree(sample_results / "maps", tmp_path / "maps" / "sample" / "test")
    document = json.loads(
        touchstone("evaluate", "--maps", "maps", "--dataset", category.parent, "--json").stdout
    )
    rocauc = document["objects"]["sample"]["image_rocauc"]
    assert rocauc["retrieval"] is None and "maps alone" in rocauc["retrieval_reason"]


def test_several_categories_are_averaged(touchstone, tmp_path, category, sample_results):
    shutil.copytree(category, category.parent / "other")
    for name in ("sample", "other"):
        shutil.copytree(sample_results / "maps", tmp_path / "maps" / name / "test")
    for map_file in (tmp_path / "maps" / "other" / "test" / "dent").iterdir():
        shutil.copy(tmp_path / "maps" / "sample" / "test" / "good" / map_file.name, map_file)
    document = json.loads(touchstone("evaluate", "--maps", "maps", "--dataset", "data", "--json").stdout)
    one, two = (document["objects"][name]["pixel_rocauc"] for name in ("other", "sample"))
    assert one != two
    assert document["mean"]["pixel_rocauc"] == pytest.approx((one + two) / 2, abs=1e-12)


def test_images_without_a_map_are_named(touchstone, tmp_path, category, sample_results):
    maps = shutil.copytree(sample_results / "maps", tmp_path / "maps" / "sample" / "test")
    (maps / "dent" / "003.tiff").unlink()
    (maps / "dent" / "extra.tiff").write_bytes((maps / "dent" / "002.tiff").read_bytes())
    outcome = touchstone("evaluate", "--maps", "maps", "--dataset", category.parent)
    assert outcome.code == 0
    assert "dent/003.png" in outcome.stderr and "dent/extra.tiff" in outcome.stderr


def test_a_broken_map_is_an_error_that_names_it(touchstone, tmp_path, sample_results):
    results = shutil.copytree(sample_results, tmp_path / "r")
    broken = results / "maps" / "good" / "000.tiff"
    broken.write_bytes(broken.read_bytes()[:200])
    refusal(touchstone("evaluate", results), 1, "good/000.tiff")
    assert "metrics.json" not in names(results)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"schema": "touchstone.results/9"}'])
def test_results_that_are_none_are_refused(touchstone, tmp_path, content):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "results.json").write_bytes(content)
    refusal(touchstone("evaluate", "r"), 1, "results.json")


def test_a_folder_without_results_is_refused(touchstone, check):
    refusal(touchstone("evaluate", check), 1, "results.json", "touchstone score")


def test_pro_limit_adds_its_own_figure(evaluate):
    metrics, _ = evaluate("--pro-limit", "0.1")
    assert sorted(metrics["au_pro"]) == ["0.05", "0.1"]


def test_intervals_hold_their_figures_and_depend_on_the_seed(evaluate):
    metrics, outcome = evaluate("--bootstrap", "200")
    assert json.loads(outcome.stdout)["bootstrap"]["resamples"] == 200
    for name in ("pixel_rocauc", "pixel_ap", "pixel_f1_max"):
        low, high = metrics[f"{name}_ci"]
        assert low - 0.005 <= metrics[name] <= high + 0.005
    assert sorted(metrics["image_rocauc_ci"]) == ["map_max", "retrieval", "score"]
    assert sorted(metrics["au_pro_ci"]) == ["0.05", "0.3"]
    assert evaluate("--bootstrap", "200", "--threads", "1")[0] == metrics
    assert evaluate("--bootstrap", "200", "--seed", "1")[0]["pixel_ap_ci"] != metrics["pixel_ap_ci"]
    without, outcome = evaluate("--bootstrap", "0")
    assert not [name for name in without if name.endswith("_ci")]
    assert json.loads(outcome.stdout)["bootstrap"] is None


def test_a_renamed_category_has_the_same_figures_and_intervals(touchstone, evaluate, category, sample_gallery):
    metrics, outcome = evaluate("--bootstrap", "100")
    renamed = category.rename(category.parent / "other")
    assert touchstone("score", renamed / "test", "-g", sample_gallery, "-o", "renamed", "--no-heatmaps").code == 0
    other = json.loads(touchstone("evaluate", "renamed", "--json", "--bootstrap", "100").stdout)
    assert other["objects"]["other"] == metrics
    assert other["mean"] == json.loads(outcome.stdout)["mean"]


@pytest.mark.parametrize(
    "option", [("--pro-limit", "0"), ("--pro-limit", "1.1"), ("--resolution", "0"), ("--resolution", "12x13"),
               ("--bootstrap", "-1"), ("--confidence", "1")]
)
def test_options_out_of_range_are_refused(touchstone, sample_results, option):
    refusal(touchstone("evaluate", sample_results, *option), 2, option[0], option[1])


def test_mvtec_schema_is_for_metrics_json_too(touchstone, tmp_path, sample_results):
    results = shutil.copytree(sample_results, tmp_path / "r")
    ours = json.loads(touchstone("evaluate", results, "--json").stdout)
    outcome = touchstone("evaluate", results, "--schema", "mvtec", "--json")
    theirs = json.loads(outcome.stdout)
    assert (results / "metrics.json").read_bytes() == outcome.stdout
    assert sorted(theirs) == ["mean_au_pro", "mean_classification_au_roc", "sample"]
    assert theirs["sample"]["au_pro"] == theirs["mean_au_pro"] == ours["objects"]["sample"]["au_pro"]["0.3"]
    rocauc = ours["objects"]["sample"]["image_rocauc"]["map_max"]
    assert theirs["sample"]["classification_au_roc"] == rocauc
    refusal(touchstone("evaluate", results, "--schema", "coco"), 2, "--schema", "coco", "mvtec")


def test_a_folder_that_is_not_there_is_named_once(touchstone):
    refusal(touchstone("evaluate", "nope"), 2, "error: there is no results folder nope; check the path")


def test_images_of_which_nothing_is_known_are_no_defect_type(touchstone, check, sample_gallery):
    assert touchstone("score", check, "-g", sample_gallery, "-o", "results").code == 0
    refusal(touchstone("evaluate", "results"), 1, "no ground truth", "test/good", "--ground-truth DIR")
