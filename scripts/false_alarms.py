#!/usr/bin/python3
"""How false-alarm rates hold that were promised from good images alone.

    scripts/false_alarms.py SET [SET...] [--splits 20] [--seed 0] [--work DIR] [-- OPTIONS OF fit]

Each SET is a category in MVTec's layout. Its train/good is fitted and its test folder scored once; everything else is
arithmetic on scores.csv and the manifest. For each promised rate the table holds, measured on good test images:

  estimate    by the gallery's own leave-one-out scores, on all of them
  guarantee   by split conformal: half of them calibrates, the other half measures, over several seeded splits. The
              interval is that in which 95 % of such measurements lie if the promise is kept exactly (the number above
              the threshold is then beta-binomial, since the threshold is drawn too); the share of splits inside it
              is told, and the mean rate over the splits, which must not exceed the promise by more than chance.

and the share of defective images that each finds. `-` = that many images cannot promise this rate.
"""

import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
from scipy import stats

ROOT = pathlib.Path(__file__).resolve().parents[1]
RATES = (0.005, 0.01, 0.02, 0.05, 0.1)


def conformal_threshold(scores, rate):
    """As methods/thresholds.h; None where it is undefined."""
    above = int((len(scores) + 1) * rate + 1e-9)
    return numpy.sort(scores)[len(scores) - above] if above > 0 else None


def run(*arguments):
    binary = os.environ.get("TOUCHSTONE_BIN", ROOT / "build" / "release" / "touchstone")
    subprocess.run([binary, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def scores_of(dataset, work, fit_options):
    """(leave-one-out scores, scores of good test images, scores of defective ones)"""
    gallery, results = work / f"{dataset.name}-gallery", work / f"{dataset.name}-results"
    if not (gallery / "manifest.json").exists():
        run("fit", dataset / "train" / "good", "-o", gallery, "--false-alarm-rate", min(RATES), *fit_options)
    if not (results / "scores.csv").exists() or not json.loads((results / "results.json").read_text())["complete"]:
        run("score", dataset / "test", "-g", gallery, "-o", results, "--no-maps", "--no-heatmaps", "--force")
    manifest = json.loads((gallery / "manifest.json").read_text())
    by_map = manifest["options"]["image_score"] == "map-max"
    own = manifest["thresholds"]["map_maxima" if by_map else "retrieval_scores"]
    with open(results / "scores.csv", newline="") as file:
        rows = [(pathlib.Path(row["path"]).parent.name, float(row["score"])) for row in csv.DictReader(file) if row["score"]]
    good, bad = ([score for label, score in rows if (label == "good") == is_good] for is_good in (True, False))
    return numpy.array(own), numpy.array(good), numpy.array(bad)


def percent(share):
    return "-" if share is None else f"{100 * share:.1f}"


def estimate_row(own, good, bad, rate):
    threshold = conformal_threshold(own, rate)
    if threshold is None:
        return [None, None]
    return [(good > threshold).mean(), (bad > threshold).mean()]


def guarantee_row(good, bad, rate, splits):
    """[mean rate, low, high, share of splits inside, defects found]"""
    half = len(good) // 2
    rates, found = [], []
    for order in splits:
        threshold = conformal_threshold(good[order[:half]], rate)
        if threshold is None:
            return [None] * 5
        rates.append((good[order[half:]] > threshold).mean())
        found.append((bad > threshold).mean())
    measured, above = len(good) - half, int((half + 1) * rate + 1e-9)
    low, high = stats.betabinom(measured, above, half + 1 - above).ppf([0.025, 0.975]) / measured
    inside = numpy.mean([low <= value <= high for value in rates])
    return [numpy.mean(rates), low, high, inside, numpy.mean(found)]


def table(dataset, work, splits, seed, fit_options):
    own, good, bad = scores_of(dataset, work, fit_options)
    generator = numpy.random.RandomState(seed)
    orders = [generator.permutation(len(good)) for _ in range(splits)]
    print(f"\n{dataset.name}: {len(own)} images left out in turn, {len(good)} good and {len(bad)} defective test images")
    print("promised | estimate: measured, defects found | guarantee: measured (95 % interval), splits inside, defects found")
    for rate in RATES:
        alarms, found = estimate_row(own, good, bad, rate)
        mean, low, high, inside, caught = guarantee_row(good, bad, rate, orders)
        interval = "" if mean is None else f" ({percent(low)}..{percent(high)})"
        print(f"{percent(rate):>8} | {percent(alarms):>5} {percent(found):>5} | {percent(mean):>5}{interval} "
              f"{percent(inside):>5} {percent(caught):>5}")  # fmt: skip


def main():
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=pathlib.Path)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=pathlib.Path, help="where galleries and results are kept, and found again")
    options = parser.parse_args(arguments[:at])
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for dataset in options.sets:
            table(dataset, work, options.splits, options.seed, arguments[at + 1 :])


if __name__ == "__main__":
    main()
