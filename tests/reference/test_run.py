"""run.py and compare_reference.py from end to end, with an extractor that only averages pixels."""

import csv
import json
from typing import List, Tuple

import numpy as np
import pytest
import torch
from PIL import Image

import compare_reference
from reference import images, run

DESCRIPTION = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "default_levels": {"spade": [1, 2]}}


class Averages(torch.nn.Module):
    """Levels are block means of 4 and 8 pixels, the global feature is the mean colour."""

    def forward(self, x: torch.Tensor) -> Tuple[List[torch.Tensor], torch.Tensor]:
        levels = [torch.nn.functional.avg_pool2d(x, 4), torch.nn.functional.avg_pool2d(x, 8)]
        return levels, x.mean([2, 3])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A category of flat gray images, the defects of which are white squares, and its extractor."""
    top = tmp_path_factory.mktemp("category")
    module = torch.jit.script(Averages())
    extra = {"touchstone.json": json.dumps(DESCRIPTION)}
    torch.jit.save(module, str(top / "averages.pt"), _extra_files=extra)
    draw(top / "train/good/000.png", 100)
    draw(top / "train/good/001.png", 120)
    draw(top / "test/good/000.png", 100)
    square = np.zeros((32, 32), bool)
    square[8:16, 16:24] = True
    draw(top / "test/spot/000.png", 120, square)
    draw(top / "ground_truth/spot/000_mask.png", 0, square)
    return top


def draw(file, gray, white=None):
    values = np.full((32, 32), gray, np.uint8)
    if white is not None:
        values[white] = 255
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(file)


def run_on(folder, output, *more):
    run.main([str(folder / "train"), str(folder / "test"), "--extractor", str(folder / "averages.pt"),
              "--resize", "32", "-o", str(output), *more])
    return output


def test_scores_of_flat_images_are_worked_by_hand(folder, tmp_path):
    run_on(folder, tmp_path, "-K", "1", "--sigma", "0")
    with open(tmp_path / "scores.csv", newline="") as stream:
        rows = {row["path"]: row for row in csv.DictReader(stream)}
    assert list(rows) == ["good/000.png", "spot/000.png"]
    assert float(rows["good/000.png"]["score"]) == 0.0
    white_gap = (255 - 120) / 255 / 0.25  # of one normalised channel
    spot = rows["spot/000.png"]
    assert float(spot["retrieval_score"]) == pytest.approx(3 * (white_gap / 16) ** 2, rel=1e-5)
    # The white square fills whole blocks of both levels. Its finest blocks lie half a pixel of the
    # coarse grid off the coarse centre, so they see 3/4 x 3/4 of the coarse white.
    expected = 3 * white_gap**2 * (1 + (9 / 16) ** 2)
    assert float(spot["map_max"]) == float(spot["score"])
    assert float(spot["score"]) == pytest.approx(expected, rel=1e-5)


def test_maps_have_the_original_size_and_metrics_the_category(folder, tmp_path):
    run_on(folder, tmp_path, "--crop", "24", "--resize", "48x40")
    assert images.read_map(tmp_path / "maps/spot/000.tiff").shape == (32, 32)
    document = json.loads((tmp_path / "metrics.json").read_text())
    figures = document["objects"][folder.name]
    assert document["schema"] == "touchstone.metrics/1"
    assert figures["images"] == {"normal": 1, "anomalous": 1} and list(figures["per_defect"]) == ["spot"]


def test_comparison_accepts_equals_and_names_what_differs(folder, tmp_path, capsys):
    ours, reference = run_on(folder, tmp_path / "ours"), run_on(folder, tmp_path / "reference")
    assert compare_reference.main([str(ours), str(reference)]) == 0
    file = ours / "maps/spot/000.tiff"
    values = images.read_map(file)
    values[3, 4] += 2e-4 * values.max()
    images.write_map(file, values)
    capsys.readouterr()
    assert compare_reference.main([str(ours), str(reference)]) == 1
    failing = [line for line in capsys.readouterr().out.splitlines() if "FAILS" in line]
    assert len(failing) == 1 and "maps/spot/000.tiff" in failing[0]


@pytest.mark.parametrize("missing", ["scores", "map", "metric"])
def test_comparison_refuses_what_is_missing(folder, tmp_path, missing):
    ours, reference = run_on(folder, tmp_path / "ours"), run_on(folder, tmp_path / "reference")
    if missing == "map":
        (ours / "maps/good/000.tiff").unlink()
    elif missing == "scores":
        lines = (ours / "scores.csv").read_text().splitlines()
        (ours / "scores.csv").write_text("\n".join(lines[:-1]) + "\n")
    else:
        document = json.loads((ours / "metrics.json").read_text())
        del document["objects"][folder.name]["pixel_rocauc"]
        (ours / "metrics.json").write_text(json.dumps(document))
    assert compare_reference.main([str(ours), str(reference)]) == 1


def test_comparison_with_ground_truth_judges_the_metrics_of_the_results_own_maps(folder, tmp_path, capsys):
    ours = run_on(folder, tmp_path / "ours")
    reference = run_on(folder, tmp_path / "reference", "--sigma", "9")
    truth = ["--ground-truth", str(folder / "ground_truth")]
    compare_reference.main([str(ours), str(reference), *truth])
    own = capsys.readouterr().out.splitlines()[-1]
    assert own.startswith("metrics") and "FAILS" not in own
    images.write_map(ours / "maps/spot/000.tiff", np.ones((32, 32)))
    compare_reference.main([str(ours), str(reference), *truth])
    assert "FAILS" in capsys.readouterr().out.splitlines()[-1]
