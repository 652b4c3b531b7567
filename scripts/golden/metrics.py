"""tests/data/golden/metrics.json: small random sets of maps and masks with their expected figures.

Layout: {"provenance": {...}, "sets": [{"name", "limits", "resolution", "label_by_mask",
"images": [{"defect", "score", "retrieval", "height", "width", "map": [H*W], "mask": [H*W of 0/1] or
null}], "expected": an object of metrics.json}]}. Map values are exact in float32; a null mask is an
image of a defect folder whose ground truth is missing; map_max is the map's largest value.
"""

import json

import numpy as np
from scipy.ndimage import gaussian_filter

from reference import metrics
from reference.geometry import resize_bilinear, resize_nearest
from reference.provenance import provenance

SEED = 20240501
SOURCES = ("golden/metrics.py", "reference/metrics.py", "reference/geometry.py")
LIMITS = (0.05, 0.1, 0.3, 1.0)
DEFECTS = ("good", "good", "good", "dent", "dent", "scratch", "scratch", "scratch")


def _mask(random, shape, defect):
    """A few blobs and lone pixels; diagonal neighbours occur, so that 4- and 8-connected differ."""
    if defect == "good":
        return np.zeros(shape, dtype=bool)
    blobs = gaussian_filter(random.random_sample(shape), 1.5)
    return (blobs > np.quantile(blobs, 0.93)) | (random.random_sample(shape) > 0.99)


def _image(random, shape, defect, step):
    """Noise that is higher on the defects, at a level of its own for each image.

    step: scores are whole multiples of it (so they tie), counted in steps; None: continuous.
    """
    mask = _mask(random, shape, defect)
    values = random.random_sample(shape) + 0.4 * mask + 0.5 * random.random_sample()
    score, retrieval = random.random_sample(2) + 0.3 * mask.any()
    if step is not None:
        values, score, retrieval = np.floor(values / step), np.floor(score / step), np.floor(retrieval / step)
    values = values.astype(np.float32)
    return metrics.ImageResult(defect, float(score), float(retrieval), float(values.max()), values, mask)


def _images(random, shapes, step=None, defects=DEFECTS):
    return [_image(random, shapes[i % len(shapes)], defect, step) for i, defect in enumerate(defects)]


def _demand_clear_order(images, resolution):
    """Refuses a draw in which float32 round-off could swap a defective and a normal pixel."""
    maps = [resize_bilinear(image.map, resolution, resolution) for image in images]
    masks = [resize_nearest(image.mask, resolution, resolution) for image in images]
    defective = np.concatenate([m[mask] for m, mask in zip(maps, masks)])
    normal = np.concatenate([m[~mask] for m, mask in zip(maps, masks)])
    gap = np.abs(defective[:, None] - normal[None, :]).min()
    if gap < 2e-6:
        raise ValueError(f"SEED = {SEED}: pixels only {gap:.1e} apart; take another seed")


def _sets(random):
    """(name, images, further arguments of object_figures)"""
    same = [(11, 17)]
    mixed = [(8, 13), (16, 9), (1, 20), (21, 3)]
    yield "continuous", _images(random, same), {}
    yield "tied", _images(random, same, step=0.25), {}
    yield "almost constant", _images(random, same, step=1.0), {}
    yield "mixed sizes", _images(random, mixed), {}
    # No single rows here: resizing them makes ties that round-off may break.
    resized = _images(random, mixed[:2])
    _demand_clear_order(resized, 12)
    yield "resolution 12", resized, {"resolution": 12}
    missing = _images(random, same)
    missing[4].mask = None
    yield "missing mask", missing, {}
    empty = _images(random, same, step=0.1)
    empty[5].mask[:] = False
    yield "empty mask", empty, {}
    yield "empty mask, labelled by mask", empty, {"label_by_mask": True}
    no_retrieval = _images(random, same)
    for image in no_retrieval:
        image.retrieval = None
    yield "no retrieval score", no_retrieval, {}
    yield "good only", _images(random, same, defects=("good",) * 3), {}
    yield "defects only", _images(random, same, defects=("dent", "scratch")), {}


def _rounded(value):
    """The shortest text that gives the same float32 back, as a double."""
    return float(str(np.float32(value)))


def _image_as_json(image):
    return {
        "defect": image.defect,
        "score": image.score,
        "retrieval": image.retrieval,
        "height": image.map.shape[0],
        "width": image.map.shape[1],
        "map": [_rounded(value) for value in image.map.ravel()],
        "mask": None if image.mask is None else image.mask.ravel().astype(int).tolist(),
    }


def write(out_dir):
    random = np.random.RandomState(SEED)
    sets = []
    for name, images, changes in _sets(random):
        arguments = {"limits": LIMITS, "resolution": "original", "label_by_mask": False, **changes}
        expected = metrics.object_figures(images, **arguments)
        sets.append({"name": name, **arguments, "images": [_image_as_json(image) for image in images],
                     "expected": expected})
    document = {"provenance": provenance(SEED, *SOURCES), "sets": sets}
    (out_dir / "metrics.json").write_text(json.dumps(document) + "\n")
