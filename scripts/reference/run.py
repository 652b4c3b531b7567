#!/usr/bin/env python3
"""Scores and evaluates a folder with the reference: scores.csv, maps/ and metrics.json.

    run.py TRAIN_DIR TEST_DIR --extractor FILE.pt -o OUT [options as the program names them]
"""

import argparse
import csv
import json
import sys
import time
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402

from reference import images, metrics, spade  # noqa: E402
from reference.extractor import Extractor  # noqa: E402


def parse_size(text):
    """"256" or "320x240" as (width, height); "none" as None."""
    if text == "none":
        return None
    width, _, height = text.partition("x")
    return int(width), int(height or width)


def parse_resolution(text):
    return text if text == "original" else int(text)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path, metavar="TRAIN_DIR")
    parser.add_argument("test", type=Path, metavar="TEST_DIR")
    parser.add_argument("--extractor", type=Path, required=True, metavar="FILE.pt")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT")
    parser.add_argument("-K", "--num-retrieved", type=int, default=50)
    parser.add_argument("-k", "--num-neighbors", type=int, default=1)
    parser.add_argument("--sigma", type=float, default=4.0)
    parser.add_argument("--fusion", choices=["concat", "per-level"], default="concat")
    parser.add_argument("--distance", choices=["l2sq", "l2"], default="l2sq")
    parser.add_argument("--levels", type=lambda text: tuple(map(int, text.split(","))))
    parser.add_argument("--resize", type=parse_size, default=(256, 256), metavar="N|WxH")
    parser.add_argument("--crop", type=parse_size, metavar="N|WxH|none")
    parser.add_argument("--white-level", type=float, default=65535.0)
    parser.add_argument("--image-score", choices=["map-max", "retrieval"], default="map-max")
    parser.add_argument("--ground-truth", type=Path, help="default: ground_truth beside TEST_DIR")
    parser.add_argument("--resolution", type=parse_resolution, default="original", metavar="original|N")
    parser.add_argument("--pro-limit", type=float, action="append", help="repeatable; default 0.3 and 0.05")
    parser.add_argument("--label-by-mask", action="store_true")
    return parser.parse_args(arguments)


def defect_of(test_folder, path):
    """Name of the folder right above the image, also where that folder is the input itself."""
    return PurePosixPath(path).parent.name or test_folder.resolve().name


def mask_of(ground_truth, defect, path, shape):
    """Ground truth of one image; all False for a good one, None where it is missing."""
    if defect == "good":
        return np.zeros(shape, dtype=bool)
    file = ground_truth / defect / f"{PurePosixPath(path).stem}_mask.png"
    return images.read_mask(file) if file.exists() else None


def options_of(arguments):
    names = spade.Options.__dataclass_fields__
    return spade.Options(**{name: getattr(arguments, name) for name in names})


def score_folder(model, arguments):
    """Scores every image, writes its map at once and yields (Result, ImageResult)."""
    ground_truth = arguments.ground_truth or arguments.test.resolve().parent / "ground_truth"
    for path in images.find_images(arguments.test):
        result = model.score(arguments.test, path)
        images.write_map((arguments.output / "maps" / path).with_suffix(".tiff"), result.map)
        defect = defect_of(arguments.test, path)
        # Metrics see what a map file holds, float32.
        values = result.map.astype(np.float32)
        mask = mask_of(ground_truth, defect, path, values.shape)
        yield result, metrics.ImageResult(
            defect, result.score, result.retrieval_score, result.map_max, values, mask
        )


def write_scores(file, results):
    with open(file, "w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["path", "score", "retrieval_score", "map_max"])
        for result in results:
            writer.writerow([result.path, result.score, result.retrieval_score, result.map_max])


def main(arguments=None):
    arguments = parse_arguments(arguments)
    started = time.monotonic()
    model = spade.Spade(Extractor(arguments.extractor), options_of(arguments)).fit(arguments.train)
    fitted = time.monotonic()
    scored = list(score_folder(model, arguments))
    finished = time.monotonic()
    arguments.output.mkdir(parents=True, exist_ok=True)
    write_scores(arguments.output / "scores.csv", [result for result, _ in scored])
    limits = arguments.pro_limit or metrics.DEFAULT_LIMITS
    figures = metrics.object_figures(
        [evaluated for _, evaluated in scored], limits, arguments.resolution, arguments.label_by_mask
    )
    document = metrics.metrics_document({arguments.test.resolve().parent.name: figures})
    (arguments.output / "metrics.json").write_text(json.dumps(document, indent=1) + "\n")
    print(f"fit {len(model.paths)} images in {fitted - started:.1f} s, "
          f"scored {len(scored)} in {finished - fitted:.1f} s, "
          f"evaluated in {time.monotonic() - finished:.1f} s", file=sys.stderr)
    print(json.dumps(document["mean"], indent=1))


if __name__ == "__main__":
    main()
