#!/usr/bin/env python3
"""Compares `touchstone evaluate --maps` with the protocol of MVTec AD's evaluation scripts v1.0, all objects at once.

    compare_protocol.py MAPS DATASET [--official DIR] [--pro-limit 0.3] [--program FILE]

Prints au_pro and classification_au_roc of each object and how far both forms of the JSON (--schema mvtec, and our own)
are from what is expected; exit code 1 if one of them is beyond 1e-6. Expected is what the NumPy reference computes, with
labels by mask and the maximum of the map as score. With --official DIR, a folder that holds MVTec's generic_util.py,
pro_curve_util.py and roc_curve_util.py, it is what their functions return, but for objects of images of several sizes,
which those cannot take. (Their image ROC moves by one image at a time, so that images of equal score count by the order of
their files; here they count half. Their pixel rates are float32.)
"""

import argparse
import contextlib
import importlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from reference import metrics  # noqa: E402
from reference.images import IMAGE_SUFFIXES, read_map, read_mask  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 1e-6
FIGURES = ("au_pro", "classification_au_roc")


def objects_of(dataset, maps):
    """The names of objects that have maps."""
    return sorted(path.name for path in dataset.iterdir() if (path / "test").is_dir() and (maps / path.name).is_dir())


def read_object(dataset, maps, name):
    """([map], [bool mask]) of the images that the scripts look at."""
    scores, masks = [], []
    for folder in sorted((dataset / name / "test").iterdir()):
        if not folder.is_dir() or not folder.name.replace("_", "").isalpha():
            continue
        for image in sorted(folder.iterdir()):
            if image.suffix.lower() not in IMAGE_SUFFIXES:
                continue
            values = read_map(maps / name / "test" / folder.name / f"{image.stem}.tiff").astype(np.float32)
            truth = dataset / name / "ground_truth" / folder.name / f"{image.stem}_mask.png"
            scores.append(values)
            masks.append(np.zeros(values.shape, bool) if folder.name == "good" else read_mask(truth))
    return scores, masks


def by_reference(scores, masks, limit):
    maxima = np.array([values.max() for values in scores])
    labels = np.array([mask.any() for mask in masks])
    return {
        "au_pro": metrics.au_pro(scores, masks, [limit])[limit],
        "classification_au_roc": metrics.rocauc(maxima[~labels], maxima[labels]),
    }


def by_official_functions(modules, scores, masks, limit):
    util, pro, roc = modules
    with contextlib.redirect_stdout(io.StringIO()):
        curve = pro.compute_pro([values.copy() for values in scores], [mask.astype(np.uint8) for mask in masks])
        labels = [int(mask.any()) for mask in masks]
        rates = roc.compute_classification_roc(scores, np.max, labels)
        return {
            "au_pro": float(util.trapezoid(*curve, x_max=limit) / limit),
            "classification_au_roc": float(util.trapezoid(*rates)),
        }


def official_modules(folder):
    sys.path.insert(0, str(folder))
    return [importlib.import_module(name) for name in ("generic_util", "pro_curve_util", "roc_curve_util")]


def evaluated(arguments, *options):
    """{object: {figure: value}} of one run over all objects."""
    command = [arguments.program, "evaluate", "--maps", arguments.maps, "--dataset", arguments.dataset, "--quiet"]
    command += ["--label-by-mask", "--bootstrap", "0", "--pro-limit", str(arguments.pro_limit), "--json", *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def our_figures(arguments):
    """[{object: {figure: value}}] by --schema mvtec and by our own."""
    own = evaluated(arguments)["objects"]
    limit = f"{arguments.pro_limit:g}"
    return [
        evaluated(arguments, "--schema", "mvtec"),
        {
            name: {"au_pro": figures["au_pro"][limit], "classification_au_roc": figures["image_rocauc"]["map_max"]}
            for name, figures in own.items()
        },
    ]


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maps", type=Path, metavar="MAPS")
    parser.add_argument("dataset", type=Path, metavar="DATASET")
    parser.add_argument("--official", type=Path, metavar="DIR")
    parser.add_argument("--pro-limit", type=float, default=0.3)
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/touchstone")
    arguments = parser.parse_args(words)
    modules = official_modules(arguments.official) if arguments.official else None
    names = objects_of(arguments.dataset, arguments.maps)
    if not names:
        sys.exit(f"{arguments.maps}: no folder of an object of {arguments.dataset}")
    ours = our_figures(arguments)
    print("| object | images | expected by | au_pro | difference | classification_au_roc | difference |")
    print("|---|---:|---|---:|---:|---:|---:|")
    largest = 0.0
    for name in names:
        scores, masks = read_object(arguments.dataset, arguments.maps, name)
        one_size = len({values.shape for values in scores}) == 1
        official = modules and one_size
        expected = (
            by_official_functions(modules, scores, masks, arguments.pro_limit)
            if official
            else by_reference(scores, masks, arguments.pro_limit)
        )
        cells = [name, str(len(scores)), "official functions" if official else "reference"]
        for figure in FIGURES:
            difference = max(abs(found[name][figure] - expected[figure]) for found in ours)
            largest = max(largest, difference)
            cells += [f"{expected[figure]:.9f}", f"{difference:.1e}"]
        print(f"| {' | '.join(cells)} |")
    print(f"\nlargest difference {largest:.1e}, allowed {LIMIT:.0e}")
    return 0 if largest <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
