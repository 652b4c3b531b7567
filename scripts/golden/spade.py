"""tests/data/golden/spade/: SPADE scores and maps of small generated images, for several option sets.

Input: spade/images/, a category that the tool's own generator drew (`touchstone sample`; see
tests/reference/README.md), and models/efficientnet_lite0.pt. Output: spade/sixteen_bit/ (some of those
images as 12-bit values in 16-bit gray), spade/<set>/<path>.tiff (maps, float32, one channel, original
size) and spade/expected.json:

{"provenance", "extractor": {"file", "sha256"}, "inputs": {file below spade/: sha256}, "sets": [{"name",
"train", "test": folders below spade/, "options": {"resize", "crop": [width, height] or null,
"white_level", "num_retrieved", "num_neighbors", "sigma", "fusion", "distance", "levels", "image_score"},
"images": [{"path" (below test), "score", "retrieval_score", "map_max", "retrieved": [paths below train,
nearest first], "map" (below spade/)}], "metrics": an object of metrics.json or null}]}
"""

import dataclasses
import hashlib
import json
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from reference import images, metrics, run, spade
from reference.extractor import Extractor
from reference.provenance import provenance

SEED = 20240503
REPOSITORY = Path(__file__).resolve().parents[2]
INPUTS = REPOSITORY / "tests" / "data" / "golden" / "spade" / "images"
EXTRACTOR = Path("models") / "efficientnet_lite0.pt"
SOURCES = ("golden/spade.py", "reference/spade.py", "reference/images.py", "reference/geometry.py",
           "reference/extractor.py", "reference/metrics.py")
PLAIN = {"resize": (96, 96), "num_retrieved": 3}
WHITE_LEVEL = 4095
SETS = {
    "concat-l2sq": {},
    "concat-l2": {"distance": "l2", "num_retrieved": 6, "num_neighbors": 3},
    "per-level-l2sq": {"fusion": "per-level", "image_score": "retrieval"},
    "per-level-l2": {"fusion": "per-level", "distance": "l2", "num_retrieved": 2, "num_neighbors": 2},
    "levels-2-3": {"levels": (2, 3), "sigma": 2.0},
    "crop": {"resize": (128, 128), "crop": (96, 96)},
    "oblong": {"resize": (128, 96), "sigma": 0.0, "num_retrieved": 50},
}


def write_sixteen_bit(source, target):
    """A gray 12-bit twin of each image of `source`; noise fills the bits that 8-bit images lack."""
    random = np.random.RandomState(SEED)
    for path in images.find_images(source):
        gray = images.read_image(source / path).mean(axis=2)
        values = gray * 16.0 + random.uniform(0.0, 16.0, gray.shape)
        file = (target / path).with_suffix(".png")
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values.astype(np.uint16)).save(file)


def _folder_digests(folder, top):
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(top)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _figures(results, test):
    """Metrics of one set, or None where there is no ground truth."""
    ground_truth = test.parent / "ground_truth"
    if not ground_truth.is_dir():
        return None
    evaluated = []
    for result in results:
        defect = PurePosixPath(result.path).parent.name
        mask = run.mask_of(ground_truth, defect, result.path, result.map.shape)
        evaluated.append(metrics.ImageResult(defect, result.score, result.retrieval_score, result.map_max,
                                             result.map.astype(np.float32), mask))
    return metrics.object_figures(evaluated)


def expected_of(name, model, test, out_dir):
    """Scores every image of `test`, writes its map and returns the set's entry but for its folders."""
    results, entries = [], []
    for path in images.find_images(test):
        result = model.score(test, path)
        file = PurePosixPath(name) / PurePosixPath(path).with_suffix(".tiff")
        images.write_map(out_dir / file, result.map)
        results.append(result)
        entries.append({"path": path, "score": result.score, "retrieval_score": result.retrieval_score,
                        "map_max": result.map_max, "map": str(file),
                        "retrieved": [model.paths[index] for index in result.retrieved]})
    options = {**dataclasses.asdict(model.options), "levels": model.levels}
    return {"name": name, "options": options, "images": entries, "metrics": _figures(results, test)}


def sets_to_write():
    """(name, options, folder below spade/)"""
    for name, changes in SETS.items():
        yield name, spade.Options(**{**PLAIN, **changes}), "images"
    yield "sixteen-bit", spade.Options(**PLAIN, white_level=WHITE_LEVEL), "sixteen_bit"


def write(out_dir, names=None):
    """`names`: only these sets (for a quick check that they are reproduced)."""
    out_dir = Path(out_dir) / "spade"
    write_sixteen_bit(INPUTS / "train", out_dir / "sixteen_bit" / "train")
    write_sixteen_bit(INPUTS / "test" / "good", out_dir / "sixteen_bit" / "test" / "good")
    extractor = Extractor(REPOSITORY / EXTRACTOR)
    sets = []
    for name, options, folder in sets_to_write():
        if names is None or name in names:
            source = INPUTS if folder == "images" else out_dir / folder
            model = spade.Spade(extractor, options).fit(source / "train")
            expected = expected_of(name, model, source / "test", out_dir)
            sets.append({"train": f"{folder}/train", "test": f"{folder}/test", **expected})
    inputs = {**_folder_digests(INPUTS, INPUTS.parent), **_folder_digests(out_dir / "sixteen_bit", out_dir)}
    document = {
        "provenance": provenance(SEED, *SOURCES),
        "extractor": {"file": str(EXTRACTOR), "sha256": extractor.sha256},
        "inputs": inputs,
        "sets": sets,
    }
    (out_dir / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
