#!/usr/bin/env python3
"""Compares a results folder of touchstone with the reference's output for the same images.

    compare_reference.py RESULTS REFERENCE [--ground-truth DIR | --no-metrics]

Prints the largest deviations. Exit code 1 if one is beyond its limit, or something is missing:
scores and maps 1e-4 relative (of a map: to its largest value), metrics 1e-6 absolute.

With --ground-truth the metrics of RESULTS are held against what the reference finds from the maps and
scores of RESULTS, not from its own. On small sets only that is fair: where a region has a few dozen
pixels, maps that differ by 1e-6 can swap two pixels and move AU-PRO by 1e-4.
"""

import argparse
import csv
import json
import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from reference import metrics  # noqa: E402
from reference.images import read_map  # noqa: E402
from reference.run import defect_of, mask_of  # noqa: E402

SCORE_LIMIT = 1e-4
METRIC_LIMIT = 1e-6
SCORES = ("score", "retrieval_score", "map_max")


class Deviation:
    """The largest deviation of one quantity and where it was seen."""

    def __init__(self, name, limit):
        self.name, self.limit, self.value, self.place, self.count = name, limit, 0.0, "-", 0

    def see(self, value, place):
        self.count += 1
        value = math.inf if math.isnan(value) else value
        if value > self.value:
            self.value, self.place = value, place

    @property
    def ok(self):
        """A quantity that was never compared has not been shown to agree."""
        return self.count > 0 and self.value <= self.limit


def read_scores(folder):
    with open(folder / "scores.csv", newline="") as stream:
        return {row["path"]: row for row in csv.DictReader(stream)}


def relative(ours, expected):
    if ours == expected:
        return 0.0
    return abs(ours - expected) / abs(expected) if expected != 0 else math.inf


def compare_scores(results, reference):
    """Deviations of the score columns; an image on one side only is an infinite one."""
    ours, expected = read_scores(results), read_scores(reference)
    deviations = [Deviation(name, SCORE_LIMIT) for name in SCORES]
    for path in sorted(ours.keys() | expected.keys()):
        for deviation in deviations:
            cells = [side.get(path, {}).get(deviation.name) for side in (ours, expected)]
            deviation.see(relative(float(cells[0]), float(cells[1])) if all(cells) else math.inf, path)
    return deviations


def compare_maps(results, reference):
    """Deviation of every map of the reference, relative to the largest value of that map."""
    deviation = Deviation("maps", SCORE_LIMIT)
    for file in sorted((reference / "maps").rglob("*.tiff")):
        path = file.relative_to(reference)
        if not (results / path).exists():
            deviation.see(math.inf, f"{path} (missing)")
            continue
        ours, expected = read_map(results / path), read_map(file)
        if ours.shape != expected.shape:
            deviation.see(math.inf, f"{path} (size)")
        else:
            largest = np.abs(ours - expected).max()
            deviation.see(0.0 if largest == 0 else float(largest / expected.max()), str(path))
    return deviation


def flatten(value, prefix=""):
    """{"a": {"b": 1}} as {"a/b": 1}; texts and reasons are left out."""
    if isinstance(value, dict):
        flat = {}
        for key, inner in value.items():
            flat.update(flatten(inner, f"{prefix}/{key}" if prefix else key))
        return flat
    return {} if isinstance(value, str) else {prefix: value}


def object_of(folder):
    """The figures of a folder's only category: its name depends on where the images lay."""
    objects = json.loads((folder / "metrics.json").read_text())["objects"]
    if len(objects) != 1:
        raise ValueError(f"{folder}/metrics.json: {len(objects)} categories; this compares one")
    return next(iter(objects.values()))


def number(cell):
    return float(cell) if cell else None


def evaluate(results, ground_truth):
    """The reference's figures of the maps and scores in `results`, at the limits of its metrics.json."""
    ours = object_of(results)
    limits = [float(key) for key in ours["au_pro"] if not key.endswith("_reason")]
    images = []
    for path, row in read_scores(results).items():
        values = read_map((results / "maps" / path).with_suffix(".tiff")).astype(np.float32)
        defect = defect_of(ground_truth.parent / "test", path)
        scores = [number(row[name]) for name in SCORES]
        mask = mask_of(ground_truth, defect, path, values.shape)
        images.append(metrics.ImageResult(defect, *scores, values, mask))
    return metrics.object_figures(images, limits, ours["resolution"])


def compare_metrics(ours, expected):
    """Deviation over every expected figure; null agrees with null only."""
    deviation = Deviation("metrics", METRIC_LIMIT)
    ours = flatten(ours)
    for name, value in flatten(expected).items():
        mine = ours.get(name, math.nan)
        if value is None or mine is None:
            deviation.see(0.0 if value is mine else math.inf, name)
        else:
            deviation.see(abs(mine - value), name)
    return deviation


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, metavar="RESULTS")
    parser.add_argument("reference", type=Path, metavar="REFERENCE")
    truth = parser.add_mutually_exclusive_group()
    truth.add_argument("--ground-truth", type=Path, metavar="DIR", help="evaluate the maps of RESULTS")
    truth.add_argument("--no-metrics", action="store_true", help="where there is no ground truth")
    arguments = parser.parse_args(arguments)
    deviations = compare_scores(arguments.results, arguments.reference)
    deviations.append(compare_maps(arguments.results, arguments.reference))
    if not arguments.no_metrics:
        truth = arguments.ground_truth
        expected = evaluate(arguments.results, truth) if truth else object_of(arguments.reference)
        deviations.append(compare_metrics(object_of(arguments.results), expected))
    print(f"{'quantity':<16} {'compared':>8} {'largest':>9} {'limit':>7}  where")
    for deviation in deviations:
        verdict = "" if deviation.ok else "  <-- FAILS"
        print(f"{deviation.name:<16} {deviation.count:>8} {deviation.value:>9.2e} {deviation.limit:>7.0e}  "
              f"{deviation.place}{verdict}")
    return 0 if all(deviation.ok for deviation in deviations) else 1


if __name__ == "__main__":
    sys.exit(main())
