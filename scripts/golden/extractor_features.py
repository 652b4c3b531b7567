"""tests/data/golden/extractor_features.json: features of models/efficientnet_lite0.pt as Python's torch sees them.

Layout: {"provenance": {...}, "sha256": of the model, "step": S, "cases": [{"width", "height", "global": {"sum",
"samples"}, "levels": [{"sum", "samples"}]}]}. The input's value i (planar order) is
((i * 2654435761 mod 2^32) >> 24) / 64 - 2: exact in float32, and the same wherever integers are. Samples are
the location-major values 0, S, 2S, ...; sums are over all values, in float64.
"""

import json

import numpy as np

from reference.extractor import Extractor
from reference.provenance import SCRIPTS, provenance

SIZES = [(224, 224), (192, 256)]  # width, height
STEP = 97


def pattern(width, height):
    index = np.arange(3 * width * height, dtype=np.uint64)
    values = (index * np.uint64(2654435761) % np.uint64(1 << 32)) >> np.uint64(24)
    return (values.astype(np.float32) / np.float32(64) - np.float32(2)).reshape(3, height, width)


def _digest(values):
    flat = values.ravel()
    return {"sum": float(flat.sum()), "samples": [float(str(np.float32(value))) for value in flat[::STEP]]}


def _case(extractor, width, height):
    features = extractor.extract(pattern(width, height))
    return {
        "width": width,
        "height": height,
        "global": _digest(features.global_feature),
        "levels": [_digest(level) for level in features.pyramid],
    }


def write(out_dir):
    extractor = Extractor(SCRIPTS.parent / "models" / "efficientnet_lite0.pt")
    document = {
        "provenance": provenance(None, "golden/extractor_features.py", "reference/extractor.py"),
        "sha256": extractor.sha256,
        "step": STEP,
        "cases": [_case(extractor, *size) for size in SIZES],
    }
    (out_dir / "extractor_features.json").write_text(json.dumps(document) + "\n")
