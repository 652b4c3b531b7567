"""tests/data/golden/methods/: PatchCore and PaDiM scores and maps of the images of golden/spade.py.

Output: methods/<set>/<path>.tiff (maps, float32, one channel, original size) and methods/expected.json:

{"provenance", "extractor": {"file", "sha256"}, "train", "test": folders below spade/, "sets": [{"name", "method",
"options" (those of its reference's Options, levels filled in), "images": [{"path" (below test), "score",
"patch_max" (patchcore), "map_max", "map" (below methods/)}]}]}
"""

import dataclasses
import json
from pathlib import Path, PurePosixPath

from golden.spade import EXTRACTOR, INPUTS, REPOSITORY
from reference import images, padim, patchcore
from reference.extractor import Extractor
from reference.provenance import provenance

SEED = 0  # sets have seeds of their own
SOURCES = ("golden/methods.py", "reference/patchcore.py", "reference/padim.py", "reference/spade.py",
           "reference/images.py", "reference/geometry.py", "reference/extractor.py")
PLAIN = {"resize": (96, 96)}
SETS = {
    "patchcore": ("patchcore", {"levels": (2, 3)}),
    "patchcore-all": ("patchcore", {"levels": (1, 3), "coreset": 1.0, "reweight_neighbors": 0, "sigma": 2.0}),
    "patchcore-reference": ("patchcore", {"levels": (2, 3), "pooling": "reference", "coreset": 0.25, "seed": 7,
                                          "reweight_neighbors": 3}),
    "patchcore-crop": ("patchcore", {"levels": (2, 3), "resize": (128, 128), "crop": (96, 96),
                                     "image_score": "map-max"}),
    "padim": ("padim", {"levels": (1, 2, 3)}),
    "padim-few-dims": ("padim", {"levels": (1, 2, 3), "dims": 4, "seed": 3, "sigma": 2.0}),
    "padim-oblong": ("padim", {"levels": (2, 3), "dims": 30, "resize": (128, 96)}),
}
METHODS = {"patchcore": (patchcore.PatchCore, patchcore.Options), "padim": (padim.Padim, padim.Options)}


def expected_of(name, out_dir, extractor):
    method, changes = SETS[name]
    model_of, options_of = METHODS[method]
    model = model_of(extractor, options_of(**{**PLAIN, **changes})).fit(INPUTS / "train")
    entries = []
    for path in images.find_images(INPUTS / "test"):
        result = model.score(INPUTS / "test", path)
        file = PurePosixPath(name) / PurePosixPath(path).with_suffix(".tiff")
        images.write_map(out_dir / file, result.map)
        entry = {"path": path, "score": result.score, "map_max": result.map_max, "map": str(file)}
        if method == "patchcore":
            entry["patch_max"] = result.patch_max
        entries.append(entry)
    options = {**dataclasses.asdict(model.options), "levels": model.levels}
    return {"name": name, "method": method, "options": options, "images": entries}


def write(out_dir, names=None):
    """`names`: only these sets (for a quick check that they are reproduced)."""
    out_dir = Path(out_dir) / "methods"
    out_dir.mkdir(parents=True, exist_ok=True)
    extractor = Extractor(REPOSITORY / EXTRACTOR)
    document = {
        "provenance": provenance(SEED, *SOURCES),
        "extractor": {"file": str(EXTRACTOR), "sha256": extractor.sha256},
        "train": "images/train",
        "test": "images/test",
        "sets": [expected_of(name, out_dir, extractor) for name in SETS if names is None or name in names],
    }
    (out_dir / "expected.json").write_text(json.dumps(document, indent=1) + "\n")
