"""ROCAUC and AU-PRO by their definitions, in the shape of metrics.json.

An undefined figure is None, with its reason beside it.
"""

from dataclasses import dataclass
from typing import Optional

import numpy as np
from scipy.ndimage import label as label_components

from reference.geometry import resize_bilinear, resize_nearest

EIGHT_CONNECTED = np.ones((3, 3))
DEFAULT_LIMITS = (0.3, 0.05)


@dataclass
class ImageResult:
    """What evaluation knows of one image. `mask` is None where ground truth is missing."""

    defect: str  # name of the folder right above the image; "good" is normal
    score: float
    retrieval: Optional[float]
    map_max: float
    map: np.ndarray  # [H, W]
    mask: Optional[np.ndarray]  # [H, W] bool; all False for good images


def rocauc(normal, anomalous):
    """Mann-Whitney: the share of (normal, anomalous) pairs in the right order, ties counting half.

    None where either side is empty.
    """
    if len(normal) == 0 or len(anomalous) == 0:
        return None
    ordered = np.sort(normal)
    below = np.searchsorted(ordered, anomalous, side="left").sum(dtype=np.int64)
    not_above = np.searchsorted(ordered, anomalous, side="right").sum(dtype=np.int64)
    return (int(below) + int(not_above)) / (2 * len(normal) * len(anomalous))


def regions_of(masks):
    """Every 8-connected ground-truth region as (image index, bool mask [H, W])."""
    found = []
    for index, mask in enumerate(masks):
        labelled, count = label_components(mask, structure=EIGHT_CONNECTED)
        found.extend((index, labelled == number) for number in range(1, count + 1))
    return found


def pro_curve(maps, masks):
    """(false-positive rates, mean region coverage), one point for each distinct score, (0, 0) first.

    At threshold t a pixel counts as found if its score is >= t. The rate is over all pixels outside
    every region; each region weighs the same, whatever its size.
    """
    normal = np.sort(np.concatenate([m[~mask] for m, mask in zip(maps, masks)]))
    regions = [maps[index][region] for index, region in regions_of(masks)]
    thresholds = np.unique(np.concatenate([normal] + regions))
    rates = (len(normal) - np.searchsorted(normal, thresholds, side="left")) / len(normal)
    gained = np.zeros(len(thresholds))  # coverage that appears when the threshold falls to each score
    for scores in regions:
        np.add.at(gained, np.searchsorted(thresholds, scores), 1.0 / (len(scores) * len(regions)))
    coverage = np.cumsum(gained[::-1])
    return np.append(0.0, rates[::-1]), np.append(0.0, coverage)


def area_up_to(rates, coverage, limit):
    """Trapezoids under the curve from rate 0 to `limit`, divided by `limit`."""
    inside = np.flatnonzero(rates <= limit)
    x, y = rates[inside], coverage[inside]
    if inside[-1] + 1 < len(rates):
        after = inside[-1] + 1
        share = (limit - x[-1]) / (rates[after] - x[-1])
        x, y = np.append(x, limit), np.append(y, y[-1] + share * (coverage[after] - y[-1]))
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2.0) / limit)


def au_pro(maps, masks, limits=DEFAULT_LIMITS):
    """AU-PRO at each limit: {limit: area}, or None where no region or no anomaly-free pixel exists."""
    if not any(mask.any() for mask in masks) or all(mask.all() for mask in masks):
        return None
    rates, coverage = pro_curve(maps, masks)
    return {limit: area_up_to(rates, coverage, limit) for limit in limits}


def _set(figures, name, value, reason):
    figures[name] = value
    if value is None:
        figures[f"{name}_reason"] = reason


def _image_figures(images, anomalous):
    """ROCAUC of each kind of image score."""
    figures = {}
    for name in ("score", "retrieval", "map_max"):
        scores = [getattr(image, name) for image in images]
        if any(score is None for score in scores):
            _set(figures, name, None, "the method has no such score")
            continue
        normal = [score for score, bad in zip(scores, anomalous) if not bad]
        defective = [score for score, bad in zip(scores, anomalous) if bad]
        _set(figures, name, rocauc(normal, defective), "needs normal and anomalous images")
    return figures


def _at_resolution(image, resolution):
    """(map, mask) at original size, or both brought to N x N."""
    if image.map.shape != image.mask.shape:
        raise ValueError(f"map is {image.map.shape} (height, width), its mask {image.mask.shape}")
    if resolution == "original":
        return image.map, image.mask
    side = resolution
    return resize_bilinear(image.map, side, side), resize_nearest(image.mask, side, side)


def figures_of(images, limits=DEFAULT_LIMITS, resolution="original", label_by_mask=False):
    """The figures of one set of images: one object of metrics.json without its per_defect."""
    def is_anomalous(image):
        return bool(image.mask is not None and image.mask.any()) if label_by_mask else image.defect != "good"

    anomalous = [is_anomalous(image) for image in images]
    pairs = [_at_resolution(image, resolution) for image in images if image.mask is not None]
    maps, masks = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    figures = {
        "images": {"normal": anomalous.count(False), "anomalous": anomalous.count(True)},
        "regions": len(regions_of(masks)),
        "resolution": resolution,
        "image_rocauc": _image_figures(images, anomalous),
    }
    _add_pixel_figures(figures, maps, masks, limits)
    return figures


def _add_pixel_figures(figures, maps, masks, limits):
    reason = "needs defect pixels and anomaly-free pixels"
    areas = au_pro(maps, masks, limits) if masks else None
    if areas is None:
        _set(figures, "pixel_rocauc", None, reason)
        figures["au_pro"] = {}
        for limit in limits:
            _set(figures["au_pro"], f"{limit:g}", None, reason)
        return
    normal = np.concatenate([m[~mask] for m, mask in zip(maps, masks)])
    defective = np.concatenate([m[mask] for m, mask in zip(maps, masks)])
    figures["pixel_rocauc"] = rocauc(normal, defective)
    figures["au_pro"] = {f"{limit:g}": area for limit, area in areas.items()}


def object_figures(images, limits=DEFAULT_LIMITS, resolution="original", label_by_mask=False):
    """One category: overall, and for each defect type together with all good images."""
    figures = figures_of(images, limits, resolution, label_by_mask)
    figures["per_defect"] = {}
    for defect in sorted({image.defect for image in images if image.defect != "good"}):
        chosen = [image for image in images if image.defect in ("good", defect)]
        figures["per_defect"][defect] = figures_of(chosen, limits, resolution, label_by_mask)
    return figures


def metrics_document(objects):
    """metrics.json of {category: object_figures(...)}: with the mean over categories."""
    every = list(objects.values())
    limits = [key for key in every[0]["au_pro"] if not key.endswith("_reason")]
    return {
        "schema": "touchstone.metrics/1",
        "objects": objects,
        "mean": {
            "image_rocauc": {
                name: _mean([figures["image_rocauc"][name] for figures in every])
                for name in ("score", "retrieval", "map_max")
            },
            "pixel_rocauc": _mean([figures["pixel_rocauc"] for figures in every]),
            "au_pro": {limit: _mean([figures["au_pro"][limit] for figures in every]) for limit in limits},
        },
    }


def _mean(values):
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None
