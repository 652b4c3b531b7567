"""PaDiM as its paper states it [Defard et al., arXiv:2011.08785].

Per location of the finest level's grid, over the normal images, the mean mu and the covariance
S = 1 / (N - 1) sum (x - mu)(x - mu)^T + 0.01 I of some channels of all levels, joined by nearest-neighbour
interpolation. The score of a location is sqrt((x - mu)^T S^-1 (x - mu)). Float64 after the extractor.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

import numpy as np

from reference import geometry, images, spade

RIDGE = 0.01


@dataclass(frozen=True)
class Options:
    """Options under the names of their flags. Sizes are (width, height) in pixels."""

    resize: Tuple[int, int] = (256, 256)
    crop: Optional[Tuple[int, int]] = None
    white_level: float = 65535.0
    sigma: float = 4.0
    levels: Optional[Tuple[int, ...]] = None
    dims: int = 100
    seed: int = 0
    image_score: str = "map-max"


@dataclass(frozen=True)
class Result:
    """Scores of one image; `map` is [H, W] float64 at the image's original size."""

    path: str
    score: float
    map_max: float
    map: np.ndarray
    retrieval_score: Optional[float] = None


def draw_channels(total, dims, seed):
    """Channel i gets the i-th output of std::mt19937(seed); those with the smallest outputs, in channel order."""
    drawn = np.random.RandomState(seed).randint(0, 2**32, total, dtype=np.uint32)
    return np.sort(np.argsort(drawn, kind="stable")[: min(dims, total)])


def join_levels(levels):
    """[H, W, sum of C]: each location of the finest grid with the value of every level's cell that it lies in."""
    height, width = levels[0].shape[:2]
    joined = []
    for level in levels:
        rows = np.arange(height) * level.shape[0] // height
        columns = np.arange(width) * level.shape[1] // width
        joined.append(level[rows][:, columns])
    return np.concatenate(joined, axis=2)


def fit_gaussian(samples):
    """Mean and covariance of `samples` [N, d], the latter with its ridge."""
    centred = samples - samples.mean(axis=0)
    covariance = centred.T @ centred / max(1, len(samples) - 1)
    return samples.mean(axis=0), covariance + RIDGE * np.eye(samples.shape[1])


def mahalanobis(x, mean, covariance):
    return float(np.sqrt((x - mean) @ np.linalg.solve(covariance, x - mean)))


class Padim:
    """A Gaussian for each location and the options to score against it."""

    def __init__(self, extractor, options):
        self._extractor = extractor
        self.options = options
        self.levels = options.levels or tuple(extractor.info["default_levels"]["padim"])
        self.paths = []
        self._gaussians = []

    def fit(self, folder):
        self.paths = images.find_images(folder)
        samples = np.stack([self._samples(Path(folder) / path)[0] for path in self.paths])  # [N, P, d]
        self._gaussians = [fit_gaussian(samples[:, location]) for location in range(samples.shape[1])]
        return self

    def score(self, folder, path):
        """Scores one image, `path` relative to `folder`."""
        options = self.options
        samples, grid, original_size = self._samples(Path(folder) / path)
        distance = np.array([mahalanobis(x, *gaussian) for x, gaussian in zip(samples, self._gaussians)])
        width, height = options.crop or options.resize
        values = spade.smooth(geometry.resize_bilinear(distance.reshape(grid), height, width), options.sigma)
        values = spade.to_original_size(values, options, original_size)
        return Result(path, float(values.max()), float(values.max()), values)

    def _samples(self, file):
        """The drawn channels of each location [P, d], the grid (H, W), and the image's size (width, height)."""
        rgb = images.read_image(file)
        info = self._extractor.info
        features = self._extractor.extract(images.preprocess(rgb, self.options, info["mean"], info["std"]))
        joined = join_levels(spade.select_levels(features.pyramid, self.levels))
        channels = draw_channels(joined.shape[2], self.options.dims, self.options.seed)
        return joined[:, :, channels].reshape(-1, len(channels)), joined.shape[:2], (rgb.shape[1], rgb.shape[0])
