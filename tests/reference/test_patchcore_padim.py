"""PatchCore and PaDiM of the reference, by hand; and the committed values are what make_golden.py writes today."""

import numpy as np
import pytest

from golden import methods as golden_methods
from reference import images, padim, patchcore
from same import assert_same, both


def test_a_patch_is_the_mean_of_nine_places_with_zeros_outside():
    level = np.full((3, 3, 1), 9.0)
    patches = patchcore.patch_features([level], "paper")[:, :, 0]
    np.testing.assert_allclose(patches, [[4, 6, 4], [6, 9, 6], [4, 6, 4]])


def test_the_authors_flatten_channel_by_channel():
    level = np.arange(9.0).reshape(3, 3, 1)
    assert patchcore.neighbourhoods(level)[1, 1, 0].tolist() == list(range(9))
    assert patchcore.neighbourhoods(level)[0, 0, 0].tolist() == [0, 0, 0, 0, 0, 1, 0, 3, 4]
    both_levels = patchcore.patch_features([level, level], "reference")
    assert both_levels.shape == (3, 3, 1024)


@pytest.mark.parametrize("num", [3, 1024, 1500, 4608])
def test_adaptive_mean_is_torchs(num):
    torch = pytest.importorskip("torch")
    values = np.random.RandomState(0).rand(2, num)
    expected = torch.nn.functional.adaptive_avg_pool1d(torch.from_numpy(values)[None], 1024)[0].numpy()
    np.testing.assert_allclose(patchcore.adaptive_mean(values, 1024), expected, rtol=1e-12)


def test_greedy_k_centre_on_a_line():
    rows = np.array([[0.0], [1.0], [2.0], [10.0], [10.0]])
    # Mean 4.6: farthest is 3 (the first of the two 10s); then 0, then 2 (2 from 0), then 1.
    assert patchcore.greedy_k_centre(rows, 3) == [3, 0, 2]
    assert patchcore.greedy_k_centre(rows, 5) == [3, 0, 2, 1]  # all others equal chosen ones


def test_the_coreset_is_a_share_of_all_but_one_at_least():
    patches = np.random.RandomState(1).rand(50, 4)
    assert len(patchcore.choose_coreset(patches, 0.1, 0)) == 5
    assert len(patchcore.choose_coreset(patches, 0.001, 0)) == 1
    assert patchcore.choose_coreset(patches, 1.0, 0) == list(range(50))


def test_reweighting_is_equation_7_of_the_paper():
    bank = np.array([[0.0], [1.0], [5.0]])
    patch = np.array([-1.0])
    # m* = 0 at distance 1; its two nearest are 0 and 1, at distances 1 and 2 of the patch.
    expected = (1 - np.exp(1) / (np.exp(1) + np.exp(2))) * 1
    assert patchcore.reweighted(patch, 0, 1.0, bank, 2) == pytest.approx(expected)
    assert patchcore.reweighted(patch, 0, 1.0, bank, 0) == 1.0
    assert np.isfinite(patchcore.reweighted(patch - 2000, 0, 2001.0, bank, 3))


def test_channels_are_those_with_the_smallest_outputs_in_order():
    drawn = np.random.RandomState(5).randint(0, 2**32, 30, dtype=np.uint32)
    channels = padim.draw_channels(30, 8, 5)
    assert sorted(drawn[channels]) == sorted(drawn)[:8] and list(channels) == sorted(channels)
    assert padim.draw_channels(3, 8, 5).tolist() == [0, 1, 2]


def test_levels_are_joined_by_the_cell_that_a_place_lies_in():
    coarse = np.array([[1.0, 2.0], [3.0, 4.0]])[:, :, None]
    joined = padim.join_levels([np.zeros((4, 4, 1)), coarse])[:, :, 1]
    assert joined.tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_the_mahalanobis_distance_of_one_channel_by_hand():
    mean, covariance = padim.fit_gaussian(np.array([[1.0], [3.0]]))
    assert (mean[0], covariance[0, 0]) == (2.0, 2.01)
    assert padim.mahalanobis(np.array([5.0]), mean, covariance) == pytest.approx(3 / np.sqrt(2.01))
    mean, covariance = padim.fit_gaussian(np.array([[7.0]]))  # one image: the ridge alone
    assert padim.mahalanobis(np.array([8.0]), mean, covariance) == pytest.approx(10)


def test_golden_sets_are_reproduced(golden, tmp_path):
    names = ["patchcore-crop", "padim"]
    golden_methods.write(tmp_path, names)
    found, committed = both((tmp_path, golden), "methods/expected.json")
    committed["sets"] = [entry for entry in committed["sets"] if entry["name"] in names]
    assert_same(found, committed, 1e-4)  # the network is float32, and its last bits depend on the processor
    for entry in (image for golden_set in committed["sets"] for image in golden_set["images"]):
        ours, expected = (images.read_map(folder / "methods" / entry["map"]) for folder in (tmp_path, golden))
        np.testing.assert_allclose(ours, expected, atol=1e-4 * expected.max())
