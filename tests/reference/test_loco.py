"""AU-sPRO: the reference against the official functions' values, the binary against the reference. Generated data: none of
MVTec LOCO AD is here.

Needs the binary: $TOUCHSTONE_BIN, or build/release/touchstone.
"""

import json

import numpy as np
import pytest

from reference import loco
from test_against_binary import BINARY, touchstone
from test_protocol import save

CONFIG = [
    {"defect_name": "missing", "pixel_value": 255, "saturation_threshold": 40, "relative_saturation": False},
    {"defect_name": "scratch", "pixel_value": 3, "saturation_threshold": 0.6, "relative_saturation": True},
    {"defect_name": "speck", "pixel_value": 4, "saturation_threshold": 1.0, "relative_saturation": True},
]
TYPES = ("logical_anomalies", "structural_anomalies")
needs_binary = pytest.mark.skipif(not BINARY.exists(), reason=f"{BINARY} is not built; or name it in TOUCHSTONE_BIN")


def test_reference_equals_the_official_functions_on_a_generated_set():
    """Values: sPRO, false-positive rate and trapezoid of the official script at every distinct score of this set."""
    random = np.random.RandomState(1338)
    maps, channels = [], []
    for i in range(6):
        values = random.random_sample((20, 30))
        first, second = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
        first[2:7, 3 + i : 9 + i] = second[5:8, 5 + i : 14 + i] = True
        values[first] += 0.35 if i < 4 else 0.0
        maps.append(values.astype(np.float32))
        channels.append([(first, 10), (second, int(0.75 * 27))] if i < 4 else [])
    expected = {(0, 1, 2, 3, 4, 5): [0.475, 0.5025705052878967, 0.6224588719153936, 0.8498586222091656],
                (0, 2, 4, 5): [0.55, 0.5699174630755864, 0.6990624094989865, 0.8947274109470027],
                (1, 3, 4, 5): [0.4, 0.434263683753258, 0.5425282363162467, 0.8036381407471763]}
    for images, areas in expected.items():
        found = loco.au_spro([maps[i] for i in images], [channels[i] for i in images], (0.01, 0.05, 0.3, 1.0))
        assert list(found.values()) == pytest.approx(areas, abs=1e-12)


def test_saturation_is_a_share_rounded_down_or_a_number():
    assert loco.saturation_of(CONFIG[0], 100) == 40
    assert loco.saturation_of(CONFIG[0], 7) == 7
    assert loco.saturation_of(CONFIG[1], 9) == 5
    assert loco.saturation_of(CONFIG[1], 1) == 1


def write_object(root, name, random):
    """{type: [map]} with ground truth in overlapping channels, in the layout of the data set."""
    maps = {}
    (root / "data" / name).mkdir(parents=True)
    (root / "data" / name / "defects_config.json").write_text(json.dumps(CONFIG))
    for defect in ("good", *TYPES):
        maps[defect] = []
        for index in range(4):
            stem = f"{index:03}"
            values = random.random_sample((30, 40))
            for channel in range(0 if defect == "good" else 1 + index % 3):
                y, x = random.randint(0, 20), random.randint(0, 30)
                mask = np.zeros((30, 40), np.uint8)
                mask[y : y + 10, x : x + 3 + 3 * channel] = CONFIG[(index + channel) % 3]["pixel_value"]
                values += 0.3 * (mask > 0)
                save(mask, root / "data" / name / "ground_truth" / defect / stem / f"{channel:03}.png")
            values = (np.floor(values * 200) / 200).astype(np.float32)  # ties
            save(np.zeros((30, 40), np.uint8), root / "data" / name / "test" / defect / f"{stem}.png")
            save(values, root / "maps" / name / "test" / defect / f"{stem}.tiff")
            maps[defect].append(values)
    return maps


def channels_of(root, name, defect, index):
    folder = root / "data" / name
    truth = folder / "ground_truth" / defect / f"{index:03}"
    return [] if defect == "good" else loco.read_channels(truth, folder / "defects_config.json")


@needs_binary
def test_binary_agrees_with_the_reference(tmp_path):
    random = np.random.RandomState(7)
    objects = {name: write_object(tmp_path, name, random) for name in ("bag", "box")}
    touchstone("evaluate", "--maps", tmp_path / "maps", "--dataset", tmp_path / "data", "--bootstrap", "50",
               f"--json={tmp_path / 'metrics.json'}")
    found = json.loads((tmp_path / "metrics.json").read_text())["objects"]
    for name, maps in objects.items():
        groups = {defect: ["good", defect] for defect in TYPES}
        groups[None] = ["good", *TYPES]
        means = []
        for group, members in groups.items():
            chosen = [m for defect in members for m in maps[defect]]
            channels = [channels_of(tmp_path, name, defect, i) for defect in members for i in range(4)]
            figures = found[name]["per_defect"][group] if group else found[name]
            for limit, area in loco.au_spro(chosen, channels).items():
                assert figures["au_spro"][f"{limit:g}"] == pytest.approx(area, abs=1e-12)
                low, high = figures["au_spro_ci"][f"{limit:g}"]
                assert low - 0.005 <= area <= high + 0.005
            means.append(figures["au_spro"]["0.05"])
        assert found[name]["mean_over_defects"]["au_spro"]["0.05"] == pytest.approx(np.mean(means[:2]), abs=1e-12)
        for image in found[name]["per_image"]:
            defect, index = image["defect"], int(image["path"][-7:-4])
            if defect == "good":
                assert image["channels"] == [] and image["au_spro"]["0.3"] is None
                continue
            channels = channels_of(tmp_path, name, defect, index)
            area = loco.au_spro([maps[defect][index]], [channels], [0.3])[0.3]
            assert image["au_spro"]["0.3"] == pytest.approx(area, abs=1e-12)
            threshold = found[name]["pixel_f1_threshold"]
            for ours, (mask, enough) in zip(image["channels"], channels):
                assert (ours["area_px"], ours["saturation_px"]) == (mask.sum(), enough)
                count = (maps[defect][index][mask] >= threshold).sum()
                assert ours["covered"] == pytest.approx(min(count / enough, 1.0), abs=1e-12)


@needs_binary
def test_official_schema_has_each_type_and_their_mean(tmp_path):
    write_object(tmp_path, "bag", np.random.RandomState(8))
    for schema in ("touchstone", "mvtec-loco"):
        touchstone("evaluate", "--maps", tmp_path / "maps", "--dataset", tmp_path / "data", "--schema", schema,
                   "--bootstrap", "0", f"--json={tmp_path / schema}")
    ours = json.loads((tmp_path / "touchstone").read_text())["objects"]["bag"]
    theirs = json.loads((tmp_path / "mvtec-loco").read_text())["bag"]
    areas, rocs = theirs["localization"]["auc_spro"], theirs["classification"]["auc_roc"]
    assert sorted(areas) == sorted(rocs) == ["logical_anomalies", "mean", "structural_anomalies"]
    assert sorted(areas["mean"]) == ["0.01", "0.05", "0.1", "0.3", "1.0"]
    for defect in TYPES:
        assert areas[defect]["1.0"] == ours["per_defect"][defect]["au_spro"]["1"]
        assert rocs[defect] == ours["per_defect"][defect]["image_rocauc"]["map_max"]
    assert areas["mean"]["0.05"] == ours["mean_over_defects"]["au_spro"]["0.05"]
