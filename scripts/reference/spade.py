"""SPADE as its paper states it [Cohen, Hoshen, arXiv:2005.02357, sections 3.2 and 3.3].

    stage 1   d(y)    = 1/K     * sum over the K nearest global features f of     ||f - f_y||^2
    stage 2   d(y, p) = 1/kappa * sum over the kappa nearest gallery rows f of    ||f - F(y, p)||^2

where the gallery of stage 2 holds every location of the K retrieved images. With distance "l2" the
root of each neighbour's distance is averaged instead. Everything after the extractor is float64.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist

from reference import geometry, images

QUERY_ROWS_PER_CHUNK = 1024


@dataclass(frozen=True)
class Options:
    """Scoring options under the names of their flags. Sizes are (width, height) in pixels."""

    resize: Tuple[int, int] = (256, 256)
    crop: Optional[Tuple[int, int]] = None
    white_level: float = 65535.0
    num_retrieved: int = 50
    num_neighbors: int = 1
    sigma: float = 4.0  # [px of the network's input]; 0 = no smoothing
    fusion: str = "concat"  # or "per-level"
    distance: str = "l2sq"  # or "l2"
    levels: Optional[Tuple[int, ...]] = None  # 1-based; None = the extractor's own default for spade
    image_score: str = "map-max"  # or "retrieval"


@dataclass(frozen=True)
class Result:
    """Scores of one image; `map` is [H, W] float64 at the image's original size."""

    path: str
    score: float
    retrieval_score: float
    map_max: float
    map: np.ndarray
    retrieved: list  # gallery indices, nearest first


def mean_distance(squared, distance):
    """Mean over the last axis of squared distances, or of their roots for "l2"."""
    if distance not in ("l2sq", "l2"):
        raise ValueError(f"distance {distance!r}: must be l2sq or l2")
    return np.mean(squared if distance == "l2sq" else np.sqrt(squared), axis=-1)


def retrieve(query, gallery, num_retrieved):
    """Stage 1: (indices, squared distances) of the nearest rows of `gallery` [N, D], nearest first.

    Ties go to the lower index; num_retrieved is clipped to N.
    """
    squared = cdist(query[None, :], gallery, "sqeuclidean")[0]
    nearest = np.argsort(squared, kind="stable")[:num_retrieved]
    return nearest, squared[nearest]


def nearest_squared(query, galleries, num_neighbors):
    """Squared distances [Q, k] of every query row to its k nearest rows of all `galleries` together.

    @param query      [Q, C]
    @param galleries  iterable of [G_i, C]; consumed once, so that only one need exist at a time.
    """
    best = np.empty((len(query), 0))
    for gallery in galleries:
        for_each_row = []
        for first in range(0, len(query), QUERY_ROWS_PER_CHUNK):
            chunk = slice(first, first + QUERY_ROWS_PER_CHUNK)
            candidates = np.hstack([best[chunk], cdist(query[chunk], gallery, "sqeuclidean")])
            kept = min(num_neighbors, candidates.shape[1])
            for_each_row.append(np.partition(candidates, kept - 1, axis=1)[:, :kept])
        best = np.vstack(for_each_row)
    if best.shape[1] < num_neighbors:
        raise ValueError(f"num_neighbors = {num_neighbors}: the gallery has only {best.shape[1]} locations")
    return np.sort(best, axis=1)


def select_levels(pyramid, levels):
    """The levels with the given 1-based numbers, finest first."""
    if any(level < 1 or level > len(pyramid) for level in levels):
        raise ValueError(f"levels {levels}: must be within 1..{len(pyramid)}")
    return [pyramid[level - 1] for level in sorted(set(levels))]


def concatenate_levels(pyramid):
    """All levels resized to the finest one's grid and joined channel by channel: [H, W, sum of C]."""
    height, width = pyramid[0].shape[:2]
    return np.concatenate([geometry.resize_bilinear(level, height, width) for level in pyramid], axis=2)


def _as_rows(level):
    return level.reshape(-1, level.shape[-1])


def _grid_distances(query_level, gallery_levels, options):
    """Stage 2 on one grid: [H, W] mean distance of each location to its nearest gallery locations."""
    squared = nearest_squared(_as_rows(query_level), map(_as_rows, gallery_levels), options.num_neighbors)
    return mean_distance(squared, options.distance).reshape(query_level.shape[:2])


def distance_map(query, retrieved, options, input_size):
    """Stage 2 before smoothing: [h, w] at the network's input size (width, height).

    @param query      pyramid of the image to score, only the levels in use.
    @param retrieved  the same of each retrieved normal image.
    """
    width, height = input_size
    if options.fusion == "concat":
        gallery = (concatenate_levels(pyramid) for pyramid in retrieved)
        grid = _grid_distances(concatenate_levels(query), gallery, options)
        return geometry.resize_bilinear(grid, height, width)
    if options.fusion != "per-level":
        raise ValueError(f"fusion {options.fusion!r}: must be concat or per-level")
    maps = []
    for number, level in enumerate(query):
        grid = _grid_distances(level, [pyramid[number] for pyramid in retrieved], options)
        maps.append(geometry.resize_bilinear(grid, height, width))
    return np.mean(maps, axis=0)


def smooth(values, sigma):
    """Gaussian of radius 4 sigma with a reflecting border (d c b a | a b c d | d c b a)."""
    return gaussian_filter(values, sigma, truncate=4.0, mode="reflect") if sigma > 0 else values


def to_original_size(values, options, original_size):
    """A map at the network's input size brought to the original image (width, height)."""
    if options.crop is not None:
        origin = geometry.centre_crop_origin(options.resize, options.crop)
        values = geometry.extend_edges(values, options.resize, origin)
    return geometry.resize_bilinear(values, original_size[1], original_size[0])


class Spade:
    """A gallery of normal images and the options to score against it."""

    def __init__(self, extractor, options):
        self._extractor = extractor
        self.options = options
        self.levels = options.levels or tuple(extractor.info["default_levels"]["spade"])
        self.paths = []
        self._globals = []
        self._pyramids = []

    def fit(self, folder):
        """Makes every image below `folder` part of the gallery."""
        self.paths = images.find_images(folder)
        if not self.paths:
            raise ValueError(f"{folder}: no images in it")
        for path in self.paths:
            features, _ = self._features(Path(folder) / path)
            self._globals.append(features.global_feature)
            # float32 is what the extractor gave, so it keeps every bit at half the memory.
            self._pyramids.append([level.astype(np.float32) for level in features.pyramid])
        return self

    def score(self, folder, path):
        """Scores one image, `path` relative to `folder`."""
        features, original_size = self._features(Path(folder) / path)
        options = self.options
        nearest, squared = retrieve(features.global_feature, np.array(self._globals), options.num_retrieved)
        retrieval_score = float(mean_distance(squared, options.distance))
        query = select_levels(features.pyramid, self.levels)
        retrieved = [select_levels(self._pyramids[index], self.levels) for index in nearest]
        values = distance_map(query, retrieved, options, options.crop or options.resize)
        values = to_original_size(smooth(values, options.sigma), options, original_size)
        map_max = float(values.max())
        score = retrieval_score if options.image_score == "retrieval" else map_max
        return Result(path, score, retrieval_score, map_max, values, nearest.tolist())

    def _features(self, file):
        rgb = images.read_image(file)
        info = self._extractor.info
        planar = images.preprocess(rgb, self.options, info["mean"], info["std"])
        return self._extractor.extract(planar), (rgb.shape[1], rgb.shape[0])
