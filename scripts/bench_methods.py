#!/usr/bin/env python3
"""What patchcore and padim cost, as Markdown: bench_methods.py DATA [--rows "NAME;..."] [--repeat 3]

A whole run of fit, from the start of the process to its end, against a bare extraction of the same images (the preset
`bench`'s bare_extraction: network loaded, images read, resized and run through the levels, nothing kept); then score
of hazelnut_reduced/test, without pictures, against its own forward pass. Both of a row run one after the other, so
that ratios are of the same minute. Options are those of bench.py; Wide-ResNet-50-2 has random weights.
"""

import json
import shutil
import statistics
import sys

import bench
import measured_runs

METHODS = {
    "patchcore 1 %": ("patchcore", "--coreset", "0.01"),
    "patchcore 10 %": ("patchcore", "--coreset", "0.1"),
    "padim 550": ("padim", "--dims", "550"),
}
ROWS = [
    bench.Row(
        f"{name}, {model}",
        model=model,
        fit=("--resize", "224", "--method", *options),
        score=bench.NO_FILES,
    )
    for model in ("wide_resnet50_2-random", "efficientnet_lite0")
    for name, options in METHODS.items()
    if model != "efficientnet_lite0" or name != "padim 550"  # its levels have 176 channels
]


def extraction(runs, row, good, gallery):
    """Seconds of the bare extraction at the gallery's size and down to its last level; None without the program."""
    program = runs.tools / "bare_extraction"
    if not program.exists():
        return None
    level = max(json.loads((gallery / "manifest.json").read_text())["options"]["levels"])
    command = [program, runs.models / f"{row.model}.pt", good, str(runs.input_side(gallery)), str(level)]
    return measured_runs.measure(command).seconds


def once(runs, row):
    """Figures of one run, in the order of the header, the peak in MB last."""
    good = runs.dataset(row.dataset) / "train" / "good"
    gallery = runs.work / "fitted"
    shutil.rmtree(gallery, ignore_errors=True)
    fit = measured_runs.measure([runs.program, "fit", good, "-o", gallery, *runs.model(row), *row.fit])
    left_out = float(bench.FIT_STAGES.search(fit.stderr)[4])
    bare = extraction(runs, row, good, gallery)
    _, _, (_, decode, forward, search, files) = runs.score(row, gallery)
    others = decode + search + files
    times = None if bare is None else fit.seconds / bare
    whole = (forward + others) / forward if forward > 0 else None  # it is printed to the millisecond
    return bare, fit.seconds, left_out, times, forward, others, whole, fit.peak_mb


def spread(values, digits):
    """The median, and in brackets the least and the greatest where they differ."""
    if None in values:
        return "-"
    texts = [f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return texts[0] if len(set(texts)) == 1 else f"{texts[0]} ({texts[1]}..{texts[2]})"


def method_table(runs, arguments):
    wanted = arguments.rows.split(";") if arguments.rows else None
    header = ["", "bare extraction, s", "fit, s", "of it left out in turn", "fit / extraction"]
    header += ["an image: forward, s", "all else, s", "all / forward", "fit, peak MB"]
    lines = []
    for row in bench.rows_of(ROWS, wanted, runs):
        columns = zip(*(once(runs, row) for _ in range(arguments.repeat)))
        lines.append([row.name, *map(spread, columns, (2, 2, 2, 2, 3, 3, 2, 0))])
    return measured_runs.markdown(header, lines)


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, method_table, kinds=(), units="an image's seconds are of one thread"))
