"""tests/data/golden/primitives.json: resampling, smoothing and nearest neighbours by other libraries.

Layout: {"provenance": {...}, "bilinear": [{"from": {"height", "width", "values"}, "to": same}],
"gaussian": [{"sigma", "height", "width", "values", "expected"}], "nearest": [{"num_neighbors",
"channels", "query": [Q*C], "gallery": [G*C], "squared": [Q*k], "root": [Q*k] (ascending),
"mean_squared": [Q], "mean_root": [Q]}]}. Inputs are exact in float32; expected values are doubles.
Bilinear is torch's interpolate(align_corners=False) in float64, Gaussian SciPy's (reflect, truncate 4).
"""

import json

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist

from reference.provenance import provenance

SEED = 20240502
RESIZES = [((1, 1), (5, 7)), ((7, 9), (1, 1)), ((3, 5), (3, 5)), ((4, 4), (16, 16)), ((6, 6), (23, 31)),
           ((13, 2), (5, 11)), ((1, 8), (9, 3)), ((17, 19), (8, 9)), ((24, 24), (20, 33)), ((2, 3), (32, 1))]
SHAPES = [(1, 1), (1, 7), (5, 3), (33, 20)]
SIGMAS = (0.5, 1.0, 2.0, 4.0)
MATRICES = [(1, 1, 1), (3, 4, 5), (7, 33, 16), (16, 17, 31), (9, 64, 3)]  # queries, gallery rows, channels


def _random(random, shape):
    return random.uniform(-2.0, 3.0, shape).astype(np.float32)


def _flat(values):
    """float32 as its shortest text, float64 in full."""
    if values.dtype == np.float32:
        return [float(str(value)) for value in values.ravel()]
    return values.ravel().tolist()


def _grid(values):
    return {"height": values.shape[0], "width": values.shape[1], "values": _flat(values)}


def _bilinear(random, source, target):
    values = _random(random, source)
    tensor = torch.from_numpy(values.astype(np.float64))[None, None]
    resized = torch.nn.functional.interpolate(tensor, size=target, mode="bilinear", align_corners=False)
    return {"from": _grid(values), "to": _grid(resized[0, 0].numpy())}


def _gaussian(random, shape, sigma):
    values = _random(random, shape)
    expected = gaussian_filter(values.astype(np.float64), sigma, truncate=4.0, mode="reflect")
    return {"sigma": sigma, **_grid(values), "expected": _flat(expected)}


def _nearest(random, num_queries, num_rows, channels, num_neighbors):
    query, gallery = _random(random, (num_queries, channels)), _random(random, (num_rows, channels))
    squared = np.sort(cdist(query, gallery, "sqeuclidean"), axis=1)[:, :num_neighbors]
    root = np.sqrt(squared)
    return {"num_neighbors": num_neighbors, "channels": channels,
            "query": _flat(query), "gallery": _flat(gallery), "squared": _flat(squared), "root": _flat(root),
            "mean_squared": _flat(squared.mean(axis=1)), "mean_root": _flat(root.mean(axis=1))}


def write(out_dir):
    random = np.random.RandomState(SEED)
    document = {
        "provenance": provenance(SEED, "golden/primitives.py"),
        "bilinear": [_bilinear(random, source, target) for source, target in RESIZES],
        "gaussian": [_gaussian(random, shape, sigma) for shape in SHAPES for sigma in SIGMAS],
        "nearest": [_nearest(random, *matrix, k) for matrix in MATRICES for k in (1, 3) if k <= matrix[1]],
    }
    (out_dir / "primitives.json").write_text(json.dumps(document) + "\n")
