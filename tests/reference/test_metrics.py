"""Golden values and laws of the reference's metrics."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from reference import metrics


def literal_pro_curve(maps, masks):
    """The definition word by word, one threshold at a time: the referee of metrics.pro_curve."""
    regions = metrics.regions_of(masks)
    points = [(0.0, 0.0)]
    for threshold in sorted({float(value) for m in maps for value in m.ravel()}, reverse=True):
        found = [m >= threshold for m in maps]
        false = sum(int((f & ~mask).sum()) for f, mask in zip(found, masks))
        normal = sum(int((~mask).sum()) for mask in masks)
        covered = [(found[index] & region).sum() / region.sum() for index, region in regions]
        points.append((false / normal, float(np.mean(covered))))
    return np.array(points).T


def small_set():
    """A small set: 6 maps of 20x30, 8 regions."""
    random = np.random.RandomState(1338)
    maps = [random.random_sample((20, 30)) for _ in range(6)]
    masks = [np.zeros((20, 30), dtype=bool) for _ in range(6)]
    for i in range(4):
        masks[i][2:6, 3 + i : 9 + i] = True
        masks[i][6, 9 + i] = True
        masks[i][15:17, 20:24] = True
    for m, mask in zip(maps, masks):
        m[mask] += 0.35
    return maps, masks


def ramp():
    """A 4x5 ramp with its three regions."""
    mask = np.zeros((4, 5), dtype=bool)
    mask[0, 0] = mask[1, 1] = True
    mask[3, 3:5] = True
    return [np.arange(20).reshape(4, 5) / 20.0], [mask]


def test_generator_of_the_golden_values_is_mt19937_1338():
    drawn = np.random.RandomState(1338).random_sample(3)
    assert drawn.tolist() == [0.60830877559561081, 0.97587320339559536, 0.039764810702217046]


def test_au_pro_of_the_official_example():
    random = np.random.RandomState(1338)
    maps = [random.random_sample((300, 500)) for _ in range(200)]
    mask = np.zeros((300, 500), dtype=bool)
    mask[:10, :10] = True
    area = metrics.au_pro(maps, [mask] * 200, [0.3])[0.3]
    assert area == pytest.approx(0.1510192660313794, abs=1e-6)


def test_au_pro_of_the_small_set():
    maps, masks = small_set()
    assert len(metrics.regions_of(masks)) == 8
    areas = metrics.au_pro(maps, masks, [0.05, 0.1, 0.3, 1.0])
    expected = [0.352503604498, 0.372462153519, 0.501232097189, 0.790053346236]
    assert list(areas.values()) == pytest.approx(expected, abs=1e-6)


def test_au_pro_takes_equal_scores_as_one_step():
    maps, masks = small_set()
    areas = metrics.au_pro([np.round(m, 1) for m in maps], masks, [0.05, 0.3])
    assert list(areas.values()) == pytest.approx([0.306193714222, 0.491671626504], abs=1e-6)


@pytest.mark.parametrize("limit, expected", [(0.3, 0.5), (1.0, 0.578125)])
def test_au_pro_of_the_ramp(limit, expected):
    maps, masks = ramp()
    # Pixel (1, 1) touches (0, 0) only by its corner: 8-connected, so one region of two pixels.
    assert len(metrics.regions_of(masks)) == 2
    assert metrics.au_pro(maps, masks, [limit])[limit] == pytest.approx(expected, abs=1e-6)


def test_au_pro_of_a_constant_map_is_half_its_limit():
    _, masks = ramp()
    assert metrics.au_pro([np.ones((4, 5))], masks, [0.3])[0.3] == pytest.approx(0.15, abs=1e-12)


@pytest.mark.parametrize("levels", [3, 10, None])
def test_pro_curve_equals_the_definition_word_by_word(levels):
    random = np.random.RandomState(7)
    maps = [random.random_sample((9, 11)) for _ in range(3)]
    if levels:
        maps = [np.floor(m * levels) for m in maps]
    masks = [random.random_sample((9, 11)) > share for share in (0.9, 0.8, 1.0)]
    rates, coverage = metrics.pro_curve(maps, masks)
    expected_rates, expected_coverage = literal_pro_curve(maps, masks)
    np.testing.assert_allclose(rates, expected_rates, atol=1e-12)
    np.testing.assert_allclose(coverage, expected_coverage, atol=1e-12)


def test_au_pro_of_perfect_maps_is_one():
    _, masks = small_set()
    maps = [mask.astype(float) for mask in masks]
    assert metrics.au_pro(maps, masks, [0.05])[0.05] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("levels", [2, 5, None])
def test_rocauc_equals_scikit_learn(levels):
    random = np.random.RandomState(3)
    labels = random.random_sample(200) > 0.7
    scores = random.random_sample(200) + 0.2 * labels
    scores = np.floor(scores * levels) if levels else scores
    ours = metrics.rocauc(scores[~labels], scores[labels])
    assert ours == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_rocauc_keeps_its_laws():
    random = np.random.RandomState(4)
    normal, anomalous = random.random_sample(40), random.random_sample(30) + 0.3
    area = metrics.rocauc(normal, anomalous)
    assert metrics.rocauc(np.exp(normal), np.exp(anomalous)) == area
    assert metrics.rocauc(-normal, -anomalous) == pytest.approx(1.0 - area, abs=1e-12)
    assert metrics.rocauc([1.0, 1.0], [1.0]) == 0.5


def image(defect, value, mask, retrieval=1.0):
    values = np.full(mask.shape, float(value))
    return metrics.ImageResult(defect, float(value), retrieval, float(value), values, mask)


def test_one_class_only_is_undefined_with_a_reason():
    figures = metrics.object_figures([image("good", 1, np.zeros((2, 2), bool))])
    assert figures["pixel_rocauc"] is None and figures["pixel_rocauc_reason"]
    assert figures["au_pro"]["0.3"] is None and figures["au_pro"]["0.3_reason"]
    assert figures["image_rocauc"]["score"] is None and figures["image_rocauc"]["score_reason"]
    assert figures["per_defect"] == {}


def test_a_defect_is_measured_against_all_good_images():
    one, none = np.eye(3, dtype=bool), np.zeros((3, 3), bool)
    images = [image("good", 1, none), image("good", 3, none), image("dent", 2, one), image("hole", 4, one)]
    figures = metrics.object_figures(images)
    assert figures["image_rocauc"]["map_max"] == 0.75
    assert figures["per_defect"]["dent"]["image_rocauc"]["map_max"] == 0.5
    assert figures["per_defect"]["hole"]["image_rocauc"]["map_max"] == 1.0
    assert figures["per_defect"]["dent"]["images"] == {"normal": 2, "anomalous": 1}
    assert figures["regions"] == 2 and figures["per_defect"]["hole"]["regions"] == 1


def test_an_image_without_a_mask_counts_at_image_level_only():
    one, none = np.eye(3, dtype=bool), np.zeros((3, 3), bool)
    images = [image("good", 1, none), image("dent", 2, one)]
    missing = image("dent", 0, none)
    missing.mask = None
    with_missing = metrics.object_figures(images + [missing])
    assert with_missing["image_rocauc"]["score"] == 0.5
    assert with_missing["pixel_rocauc"] == metrics.object_figures(images)["pixel_rocauc"]


def test_an_empty_mask_makes_an_image_normal_only_where_labels_come_from_masks():
    one, none = np.eye(3, dtype=bool), np.zeros((3, 3), bool)
    images = [image("good", 1, none), image("dent", 2, one), image("dent", 3, none)]
    assert metrics.figures_of(images)["images"]["anomalous"] == 2
    assert metrics.figures_of(images, label_by_mask=True)["images"]["anomalous"] == 1


def test_resolution_is_that_of_both_map_and_mask():
    mask = np.zeros((4, 6), bool)
    mask[:2, :3] = True
    figures = metrics.figures_of([image("good", 0, ~mask & mask), image("dent", 1, mask)], resolution=2)
    assert figures["resolution"] == 2 and figures["regions"] == 1
    # 8 pixels in all, 1 of them defective; 3 normal ones share its score and 4 lie below.
    assert figures["pixel_rocauc"] == pytest.approx((4 + 0.5 * 3) / 7, abs=1e-12)
