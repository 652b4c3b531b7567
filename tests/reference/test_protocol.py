"""`evaluate --maps` against scikit-learn and the official protocol, on maps as other tools write them.

Needs the binary: $TOUCHSTONE_BIN, or build/release/touchstone.
"""

import json

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

import compare_protocol
from reference import metrics
from test_against_binary import BINARY, touchstone

pytestmark = pytest.mark.skipif(
    not BINARY.exists(), reason=f"{BINARY} is not built; build it, or name it in TOUCHSTONE_BIN"
)

SIZES = [(24, 31), (17, 40)]  # (height, width): they differ within an object
LIMIT = 0.2


def save(array, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def write_object(root, name, random, step):
    """An object of the data set with maps of it: [(is anomalous, map, mask)]."""
    images = []
    for defect, count in {"good": 4, "dent": 3, "hole": 3}.items():
        for index in range(count):
            height, width = SIZES[index % 2]
            mask = np.zeros((height, width), bool)
            if defect != "good":
                mask[3:8, 4 : 9 + index] = mask[12:14, 20:22] = True
            values = (random.random_sample(mask.shape) + 0.4 * mask).astype(np.float32)
            values = np.floor(values / step).astype(np.float32) * np.float32(step) if step else values
            stem = f"{index:03}"
            save(np.zeros((height, width), np.uint8), root / "data" / name / "test" / defect / f"{stem}.png")
            save(values, root / "maps" / name / "test" / defect / f"{stem}.tiff")
            if defect != "good":
                file = root / "data" / name / "ground_truth" / defect / f"{stem}_mask.png"
                save(mask.astype(np.uint8) * 255, file)
            images.append((defect != "good", values, mask))
    return images


def evaluated(root, *options):
    arguments = ["--maps", root / "maps", "--dataset", root / "data", "--pro-limit", LIMIT, "--label-by-mask"]
    touchstone("evaluate", *arguments, f"--json={root / 'metrics.json'}", *options)
    return json.loads((root / "metrics.json").read_text())


def best_f1(labels, scores):
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    best = f1.max()
    return best, thresholds[np.flatnonzero(f1[:-1] >= best - 1e-12).max()]


@pytest.fixture(name="objects", params=[None, 0.125], ids=["continuous", "tied"])
def _objects(request, tmp_path):
    random = np.random.RandomState(1338)
    return {name: write_object(tmp_path, name, random, request.param) for name in ("nut", "pill")}


def test_mvtec_schema_holds_what_the_protocol_gives(objects, tmp_path):
    found = evaluated(tmp_path, "--schema", "mvtec")
    assert sorted(found) == ["mean_au_pro", "mean_classification_au_roc", "nut", "pill"]
    for name, images in objects.items():
        labels = [mask.any() for _, _, mask in images]
        area = metrics.au_pro([m for _, m, _ in images], [mask for _, _, mask in images], [LIMIT])[LIMIT]
        assert found[name]["au_pro"] == pytest.approx(area, abs=1e-6)
        rocauc = roc_auc_score(labels, [m.max() for _, m, _ in images])
        assert found[name]["classification_au_roc"] == pytest.approx(rocauc, abs=1e-12)
    for figure in ("au_pro", "classification_au_roc"):
        mean = np.mean([found[name][figure] for name in objects])
        assert found[f"mean_{figure}"] == pytest.approx(mean, abs=1e-12)


def test_ap_and_f1_max_are_scikit_learns(objects, tmp_path):
    found = evaluated(tmp_path, "--bootstrap", "0")["objects"]
    for name, images in objects.items():
        pixels = np.concatenate([m.ravel() for _, m, _ in images])
        truth = np.concatenate([mask.ravel() for _, _, mask in images])
        labels, maxima = [is_anomalous for is_anomalous, _, _ in images], [m.max() for _, m, _ in images]
        figures = found[name]
        assert figures["pixel_rocauc"] == pytest.approx(roc_auc_score(truth, pixels), abs=1e-12)
        assert figures["pixel_ap"] == pytest.approx(average_precision_score(truth, pixels), abs=1e-12)
        f1, threshold = best_f1(truth, pixels)
        assert figures["pixel_f1_max"] == pytest.approx(f1, abs=1e-12)
        assert figures["pixel_f1_threshold"] == threshold
        assert figures["image_ap"]["map_max"] == pytest.approx(average_precision_score(labels, maxima), abs=1e-12)
        f1, threshold = best_f1(labels, maxima)
        assert figures["image_f1_max"]["map_max"] == pytest.approx(f1, abs=1e-12)
        assert figures["image_f1_threshold"]["map_max"] == threshold


def test_maps_in_sub_folders_that_the_official_scripts_pass_over_are_named(objects, tmp_path):
    expected = evaluated(tmp_path)
    save(np.zeros((24, 31), np.float32), tmp_path / "maps" / "nut" / "test" / "dent" / "deeper" / "000.tiff")
    assert evaluated(tmp_path)["objects"] == expected["objects"]
    assert any("deeper/000.tiff" in warning for warning in evaluated(tmp_path)["warnings"])


def compared(root):
    words = [root / "maps", root / "data", "--pro-limit", LIMIT, "--program", BINARY]
    return compare_protocol.main([str(word) for word in words])


def test_compare_protocol_agrees_and_notices_a_figure_that_is_off(objects, tmp_path, capsys, monkeypatch):
    assert compared(tmp_path) == 0
    table = capsys.readouterr().out
    assert all(f"| {name} | {len(images)} | reference |" in table for name, images in objects.items())
    evaluated_rightly = compare_protocol.evaluated

    def slightly_off(*arguments):
        found = evaluated_rightly(*arguments)
        found.get("nut", {})["au_pro"] = found.get("nut", {}).get("au_pro", 0) + 2e-6
        return found

    monkeypatch.setattr(compare_protocol, "evaluated", slightly_off)
    assert compared(tmp_path) == 1
    assert "allowed 1e-06" in capsys.readouterr().out
