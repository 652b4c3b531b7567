"""PatchCore as its paper states it [Roth et al., arXiv:2106.08265].

    d(p) = min over the bank's patches m of ||m - p||,    p* = argmax d,   m* nearest to p*,   s* = d(p*)
    s    = (1 - exp ||p* - m*|| / sum over N_b(m*) of exp ||p* - m||) s*

The bank is a coreset of the normal images' patches, by greedy k-centre on a sparse random projection to 128
dimensions. Everything after the extractor is float64 but the draw of the projection, which is of integers.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

import numpy as np
from scipy.spatial.distance import cdist

from reference import geometry, images, spade

PROJECTED_DIMS = 128
REFERENCE_SIZE = 1024  # what the authors' code pools to


@dataclass(frozen=True)
class Options:
    """Options under the names of their flags. Sizes are (width, height) in pixels."""

    resize: Tuple[int, int] = (256, 256)
    crop: Optional[Tuple[int, int]] = None
    white_level: float = 65535.0
    sigma: float = 4.0
    levels: Optional[Tuple[int, ...]] = None
    coreset: float = 0.1
    pooling: str = "paper"  # or "reference"
    reweight_neighbors: int = 9
    seed: int = 0
    image_score: str = "patch-max"  # or "map-max"


@dataclass(frozen=True)
class Result:
    """Scores of one image; `map` is [H, W] float64 at the image's original size."""

    path: str
    score: float
    patch_max: float
    map_max: float
    map: np.ndarray
    retrieval_score: Optional[float] = None


def neighbourhoods(level):
    """[H, W, C, 9]: each location's 3x3 neighbours, row by row, zeros outside."""
    padded = np.pad(level, ((1, 1), (1, 1), (0, 0)))
    height, width = level.shape[:2]
    shifted = [padded[dy : dy + height, dx : dx + width] for dy in range(3) for dx in range(3)]
    return np.stack(shifted, axis=3)


def adaptive_mean(values, size):
    """The last axis in `size` bins: bin i is the mean of floor(i n / size) .. ceil((i + 1) n / size) - 1."""
    n = values.shape[-1]
    bins = [values[..., i * n // size : -(-(i + 1) * n // size)].mean(axis=-1) for i in range(size)]
    return np.stack(bins, axis=-1)


def patch_features(levels, pooling):
    """Locally aware patch features of the levels' maps: [H, W, C] on the first level's grid."""
    height, width = levels[0].shape[:2]
    if pooling == "paper":
        pooled = [neighbourhoods(level).mean(axis=3) for level in levels]
    else:
        flat = [neighbourhoods(level).reshape(*level.shape[:2], -1) for level in levels]
        pooled = [adaptive_mean(values, REFERENCE_SIZE) for values in flat]
    joined = np.concatenate([geometry.resize_bilinear(level, height, width) for level in pooled], axis=2)
    return joined if pooling == "paper" else adaptive_mean(joined, REFERENCE_SIZE)


def sparse_projection(channels, seed):
    """[128, channels]; None where there are 128 channels or fewer, which are compared as they are."""
    if channels <= PROJECTED_DIMS:
        return None
    s = np.sqrt(channels)
    drawn = np.random.RandomState(seed).randint(0, 2**32, (PROJECTED_DIMS, channels), dtype=np.uint32)
    signs = np.where(drawn < int(2**32 / (2 * s)), 1.0, np.where(drawn < int(2**32 / s), -1.0, 0.0))
    return np.sqrt(s / PROJECTED_DIMS) * signs


def greedy_k_centre(rows, count):
    """Row numbers in the order of their choice: first the one farthest from the mean, then always the one
    farthest from those chosen, the first of equal ones; fewer than `count` if all others equal chosen ones."""
    chosen = [int(np.argmax(((rows - rows.mean(axis=0)) ** 2).sum(axis=1)))]
    nearest = ((rows - rows[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count and nearest.max() > 0:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, ((rows - rows[chosen[-1]]) ** 2).sum(axis=1))
    return chosen


def choose_coreset(patches, share, seed):
    """Numbers, ascending, of the rows of `patches` [N, C] that are kept."""
    count = max(1, int(np.floor(share * len(patches) + 1e-6)))
    if count == len(patches):
        return list(range(count))
    projection = sparse_projection(patches.shape[1], seed)
    return sorted(greedy_k_centre(patches if projection is None else patches @ projection.T, count))


def reweighted(patch, nearest, distance, bank, num_neighbors):
    """s of the patch farthest from the bank. @param nearest row number of m*. @param distance s*."""
    b = min(num_neighbors, len(bank))
    if b < 2:
        return distance
    around = np.argsort(cdist(bank[nearest][None], bank)[0], kind="stable")[:b]
    distances = cdist(patch[None], bank[around])[0]
    largest = max(distance, distances.max())
    return (1 - np.exp(distance - largest) / np.exp(distances - largest).sum()) * distance


class PatchCore:
    """A bank of normal patches and the options to score against it."""

    def __init__(self, extractor, options):
        self._extractor = extractor
        self.options = options
        self.levels = options.levels or tuple(extractor.info["default_levels"]["patchcore"])
        self.paths = []
        self.bank = np.empty((0, 0))

    def fit(self, folder):
        self.paths = images.find_images(folder)
        patches = np.concatenate([self._patches(Path(folder) / path)[0] for path in self.paths])
        self.bank = patches[choose_coreset(patches, self.options.coreset, self.options.seed)]
        return self

    def score(self, folder, path):
        """Scores one image, `path` relative to `folder`."""
        options = self.options
        patches, grid, original_size = self._patches(Path(folder) / path)
        distances = cdist(patches, self.bank)
        nearest = distances.argmin(axis=1)
        distance = distances[np.arange(len(patches)), nearest]
        farthest = int(distance.argmax())
        patch_max = reweighted(
            patches[farthest], nearest[farthest], distance[farthest], self.bank, options.reweight_neighbors
        )
        width, height = options.crop or options.resize
        values = spade.smooth(geometry.resize_bilinear(distance.reshape(grid), height, width), options.sigma)
        values = spade.to_original_size(values, options, original_size)
        map_max = float(values.max())
        score = float(patch_max) if options.image_score == "patch-max" else map_max
        return Result(path, score, float(patch_max), map_max, values)

    def _patches(self, file):
        """Patches [H * W, C], their grid (H, W), and the image's size (width, height)."""
        rgb = images.read_image(file)
        info = self._extractor.info
        features = self._extractor.extract(images.preprocess(rgb, self.options, info["mean"], info["std"]))
        patches = patch_features(spade.select_levels(features.pyramid, self.levels), self.options.pooling)
        return patches.reshape(-1, patches.shape[2]), patches.shape[:2], (rgb.shape[1], rgb.shape[0])
