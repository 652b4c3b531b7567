"""`per_image` of metrics.json against scikit-learn, SciPy and the reference, image by image.

Needs the binary: $TOUCHSTONE_BIN, or build/release/touchstone.
"""

import numpy as np
import pytest
from scipy.ndimage import find_objects, label
from sklearn.metrics import average_precision_score, roc_auc_score

from reference import metrics
from test_protocol import LIMIT, _objects, best_f1, evaluated, pytestmark  # noqa: F401  (a fixture, and a mark)


def sorted_images(images):
    """Those of write_object in the order of metrics.json: by folder and stem."""
    folders = ["good"] * 4 + ["dent"] * 3 + ["hole"] * 3
    order = sorted(range(len(images)), key=lambda i: (folders[i], i))
    return [(folders[i], *images[i]) for i in order]


def test_figures_of_each_image_are_those_of_its_pixels(objects, tmp_path):
    found = evaluated(tmp_path, "--bootstrap", "0")["objects"]
    for name, images in objects.items():
        threshold = found[name]["pixel_f1_threshold"]
        listed = found[name]["per_image"]
        assert len(listed) == len(images)
        for ours, (folder, is_anomalous, values, mask) in zip(listed, sorted_images(images)):
            assert ours["path"].startswith(f"{folder}/") and ours["defect"] == folder
            assert ours["anomalous"] == is_anomalous
            assert ours["map_max"] == ours["score"] == values.max()
            free = values[~mask]
            assert ours["false_positive_rate"] == pytest.approx((free >= threshold).mean(), abs=1e-12)
            if not is_anomalous:
                for figure in ("pixel_rocauc", "pixel_ap", "pixel_f1_max", "pixel_f1_threshold"):
                    assert ours[figure] is None and "no defect" in ours[f"{figure}_reason"]
                assert ours["regions"] == 0 and ours["covers"] == []
                continue
            assert ours["pixel_rocauc"] == pytest.approx(roc_auc_score(mask.ravel(), values.ravel()), abs=1e-12)
            precision = average_precision_score(mask.ravel(), values.ravel())
            assert ours["pixel_ap"] == pytest.approx(precision, abs=1e-12)
            f1, at = best_f1(mask.ravel(), values.ravel())
            assert ours["pixel_f1_max"] == pytest.approx(f1, abs=1e-12)
            assert ours["pixel_f1_threshold"] == at
            areas = metrics.au_pro([values], [mask], [LIMIT, 0.05])
            assert ours["au_pro"]["0.2"] == pytest.approx(areas[LIMIT], abs=1e-12)
            assert ours["au_pro"]["0.05"] == pytest.approx(areas[0.05], abs=1e-12)
            check_covers(ours, values, mask, threshold)


def check_covers(ours, values, mask, threshold):
    regions, count = label(mask, structure=np.ones((3, 3)))
    assert ours["regions"] == len(ours["covers"]) == count
    for cover, number, (down, across) in zip(ours["covers"], range(1, count + 1), find_objects(regions)):
        inside = values[regions == number]
        assert cover["box"] == [across.start, down.start, across.stop - across.start, down.stop - down.start]
        assert cover["area_px"] == inside.size
        assert cover["peak"] == inside.max()
        assert cover["covered"] == pytest.approx((inside >= threshold).mean(), abs=1e-12)
