#!/usr/bin/python3
"""How false-alarm rates hold that were promised from good images alone.

    scripts/false_alarms.py SET [SET...] [--splits 20] [--seed 0] [--time] [--work DIR] [-- OPTIONS OF fit]

Each SET is a category in MVTec's layout. Its train/good is fitted and its test folder scored once; everything else is
arithmetic on scores.csv and the manifest. For each promised rate the table holds, measured on good test images:

  estimate    by the gallery's own leave-one-out scores, on all of them
  guarantee   by split conformal: half of them calibrates, the other half measures, over several seeded splits. The
              interval is that in which 95 % of such measurements lie if the promise is kept exactly (the number above
              the threshold is then beta-binomial, since the threshold is drawn too); the share of splits inside it
              is told, and the mean rate over the splits, which must not exceed the promise by more than chance.

and the share of defective images that each finds. `-` = that many images cannot promise this rate.

A second table is of score's --gate at several rates: the share of good and of defective images that get the patch
search, and the share of defective images that are found, by the estimate for GATE_VERDICT, without the gate and with
it. --time measures, too, what the gate saves: score runs without and with it in turns, three times each, and the
medians of seconds an image are shown (loading the network, a second or so, is in them).
"""

import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
from scipy import stats

ROOT = pathlib.Path(__file__).resolve().parents[1]
RATES = (0.005, 0.01, 0.02, 0.05, 0.1)
GATES = (0.02, 0.05, 0.1, 0.2, 0.5)
GATE_VERDICT = 0.05


def conformal_threshold(scores, rate):
    """As methods/thresholds.h; None where it is undefined."""
    above = int((len(scores) + 1) * rate + 1e-9)
    return numpy.sort(scores)[len(scores) - above] if above > 0 else None


def run(*arguments):
    binary = os.environ.get("TOUCHSTONE_BIN", ROOT / "build" / "release" / "touchstone")
    subprocess.run([binary, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


class Scored:
    """What fit and score found out about a set. Scores are arrays; `retrieval` is stage 1's, `map` stage 2's."""

    def __init__(self, dataset, work, fit_options):
        self.test = dataset / "test"
        self.gallery, results = work / f"{dataset.name}-gallery", work / f"{dataset.name}-results"
        if not (self.gallery / "manifest.json").exists():
            run("fit", dataset / "train" / "good", "-o", self.gallery, "--false-alarm-rate", min(RATES), *fit_options)
        if not (results / "scores.csv").exists() or not json.loads((results / "results.json").read_text())["complete"]:
            run("score", self.test, "-g", self.gallery, "-o", results, "--no-maps", "--no-heatmaps", "--force")
        manifest = json.loads((self.gallery / "manifest.json").read_text())
        self.by = "map" if manifest["options"]["image_score"] == "map-max" else "retrieval"
        thresholds = manifest["thresholds"]
        self.own = {"map": numpy.array(thresholds["map_maxima"]), "retrieval": numpy.array(thresholds["retrieval_scores"])}
        with open(results / "scores.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["score"]]
        labels = numpy.array([pathlib.Path(row["path"]).parent.name for row in rows])
        columns = {"map": "map_max", "retrieval": "retrieval_score"}
        scores = {by: numpy.array([float(row[column]) for row in rows]) for by, column in columns.items()}
        self.good = {by: values[labels == "good"] for by, values in scores.items()}
        self.bad = {by: values[labels != "good"] for by, values in scores.items()}


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


def rates_table(scored, splits, seed):
    own, good, bad = scored.own[scored.by], scored.good[scored.by], scored.bad[scored.by]
    generator = numpy.random.RandomState(seed)
    orders = [generator.permutation(len(good)) for _ in range(splits)]
    print(f"{len(own)} images left out in turn, {len(good)} good and {len(bad)} defective test images")
    print("promised | estimate: measured, defects found | guarantee: measured (95 % interval), splits inside, defects found")
    for rate in RATES:
        alarms, found = estimate_row(own, good, bad, rate)
        mean, low, high, inside, caught = guarantee_row(good, bad, rate, orders)
        interval = "" if mean is None else f" ({percent(low)}..{percent(high)})"
        print(f"{percent(rate):>8} | {percent(alarms):>5} {percent(found):>5} | {percent(mean):>5}{interval} "
              f"{percent(inside):>5} {percent(caught):>5}")  # fmt: skip


def seconds_an_image(scored, options):
    count = len(scored.good["map"]) + len(scored.bad["map"])
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        run("score", scored.test, "-g", scored.gallery, "-o", f"{folder}/r", "--no-maps", "--no-heatmaps", *options)
        return (time.monotonic() - began) / count


def gate_table(scored, is_timed):
    verdict = conformal_threshold(scored.own["map"], GATE_VERDICT)
    if scored.by != "map" or verdict is None:
        return
    found = scored.bad["map"] > verdict
    print(f"gate | stage 2 run: good, defective | defects found at {percent(GATE_VERDICT)}: without, with" +
          (" | s an image: without, with" if is_timed else ""))  # fmt: skip
    for rate in GATES:
        gate = conformal_threshold(scored.own["retrieval"], rate)
        if gate is None:
            continue
        passed = scored.bad["retrieval"] > gate
        line = (f"{percent(rate):>4} | {percent((scored.good['retrieval'] > gate).mean()):>5} {percent(passed.mean()):>5} | "
                f"{percent(found.mean()):>5} {percent((found & passed).mean()):>5}")  # fmt: skip
        if is_timed:
            turns = [[seconds_an_image(scored, options) for options in ([], [f"--gate={rate}"])] for _ in range(3)]
            line += " | " + " ".join(f"{statistics.median(times):.3f}" for times in zip(*turns))
        print(line, flush=True)


def main():
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=pathlib.Path)
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time", action="store_true", help="measure what the gate saves")
    parser.add_argument("--work", type=pathlib.Path, help="where galleries and results are kept, and found again")
    options = parser.parse_args(arguments[:at])
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for dataset in options.sets:
            print(f"\n{dataset.name}: ", end="")
            scored = Scored(dataset, work, arguments[at + 1 :])
            rates_table(scored, options.splits, options.seed)
            gate_table(scored, options.time)


if __name__ == "__main__":
    main()
