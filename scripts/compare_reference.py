#!/usr/bin/env python3
"""Compares a results folder of touchstone with the reference's output for the same images.

    compare_reference.py RESULTS REFERENCE [--no-metrics]

Prints the largest deviations. Exit code 1 if one is beyond its limit, or something is missing:
scores and maps 1e-4 relative (of a map: to its largest value), metrics 1e-6 absolute.
"""

import argparse
import csv
import json
import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from reference.images import read_map  # noqa: E402

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


def figures_of(folder):
    """The figures of a folder's only category: its name depends on where the images lay."""
    objects = json.loads((folder / "metrics.json").read_text())["objects"]
    if len(objects) != 1:
        raise ValueError(f"{folder}/metrics.json: {len(objects)} categories; this compares one")
    return flatten(next(iter(objects.values())))


def compare_metrics(results, reference):
    """Deviation over every figure of the reference; null agrees with null only."""
    deviation = Deviation("metrics", METRIC_LIMIT)
    ours, expected = figures_of(results), figures_of(reference)
    for name, value in expected.items():
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
    parser.add_argument("--no-metrics", action="store_true", help="where there is no ground truth")
    arguments = parser.parse_args(arguments)
    deviations = compare_scores(arguments.results, arguments.reference)
    deviations.append(compare_maps(arguments.results, arguments.reference))
    if not arguments.no_metrics:
        deviations.append(compare_metrics(arguments.results, arguments.reference))
    print(f"{'quantity':<16} {'compared':>8} {'largest':>9} {'limit':>7}  where")
    for deviation in deviations:
        verdict = "" if deviation.ok else "  <-- FAILS"
        print(f"{deviation.name:<16} {deviation.count:>8} {deviation.value:>9.2e} {deviation.limit:>7.0e}  "
              f"{deviation.place}{verdict}")
    return 0 if all(deviation.ok for deviation in deviations) else 1


if __name__ == "__main__":
    sys.exit(main())
