"""AU-sPRO of MVTec LOCO AD, word by word: P. Bergmann et al., "Beyond Dents and Scratches", IJCV 130 (2022), section 4.2.

Ground truth of an image is a folder of PNG files, one for each defect; its grey value names an entry of defects_config.json.
"""

import json

import numpy as np
from PIL import Image

from reference.metrics import area_up_to

LIMITS = (0.01, 0.05, 0.1, 0.3, 1.0)


def saturation_of(entry, area):
    """How many pixels of a defect are enough. The official script lets a share of a tiny defect come to 0 and divides by it."""
    threshold = entry["saturation_threshold"]
    return max(1, int(threshold * area)) if entry["relative_saturation"] else min(threshold, area)


def read_channels(folder, config):
    """[(bool mask [H, W], saturation)] of one image."""
    entries = {entry["pixel_value"]: entry for entry in json.loads(config.read_text())}
    channels = []
    for file in sorted(folder.glob("*.png")):
        values = np.asarray(Image.open(file))
        (value,) = set(np.unique(values)) - {0}
        channels.append((values != 0, saturation_of(entries[int(value)], int((values != 0).sum()))))
    return channels


def spro_curve(maps, channels):
    """(false-positive rates, mean saturated coverage), one point for each distinct score, (0, 0) first."""
    free = [~np.any([mask for mask, _ in its], axis=0) if its else np.ones(m.shape, bool)
            for m, its in zip(maps, channels)]
    normal = np.sort(np.concatenate([m[f] for m, f in zip(maps, free)]))
    defects = [(np.sort(m[mask]), enough) for m, its in zip(maps, channels) for mask, enough in its]
    rates, coverages = [0.0], [0.0]
    for threshold in np.unique(np.concatenate([m.ravel() for m in maps]))[::-1]:
        found = [len(scores) - np.searchsorted(scores, threshold) for scores, _ in defects]
        rates.append((len(normal) - np.searchsorted(normal, threshold)) / len(normal))
        coverages.append(np.mean([min(count / enough, 1.0) for count, (_, enough) in zip(found, defects)]))
    return np.array(rates), np.array(coverages)


def au_spro(maps, channels, limits=LIMITS):
    """{limit: area}; `channels` has an empty list for each good image."""
    rates, coverages = spro_curve(maps, channels)
    return {limit: area_up_to(rates, coverages, limit) for limit in limits}
