"""Resampling of one-channel maps and feature grids. Arrays are [H, W] or [H, W, C], float64."""

import numpy as np


def _bilinear_taps(num_in, num_out):
    """The two source indices and the weight of the second, for each of `num_out` samples.

    Half-pixel centres: output i looks at source position (i + 1/2) * num_in / num_out - 1/2, and
    positions beyond the outermost centres take the edge value. No antialiasing when shrinking.
    """
    position = (np.arange(num_out) + 0.5) * num_in / num_out - 0.5
    position = np.clip(position, 0.0, num_in - 1.0)
    low = np.floor(position).astype(int)
    high = np.minimum(low + 1, num_in - 1)
    return low, high, position - low


def resize_bilinear(values, height, width):
    """`values` [H, W] or [H, W, C] resampled to height x width (see _bilinear_taps)."""
    values = np.asarray(values, dtype=np.float64)
    trailing = (1,) * (values.ndim - 2)
    low, high, weight = _bilinear_taps(values.shape[0], height)
    weight = weight.reshape((-1, 1) + trailing)
    # low + weight * (high - low) keeps equal values equal to the last bit, so that no tie between
    # pixels is made or broken here.
    rows = values[low] + weight * (values[high] - values[low])
    low, high, weight = _bilinear_taps(values.shape[1], width)
    weight = weight.reshape((1, -1) + trailing)
    return rows[:, low] + weight * (rows[:, high] - rows[:, low])


def resize_nearest(values, height, width):
    """`values` [H, W]: each output pixel takes the source pixel that its centre falls into."""
    rows = ((np.arange(height) + 0.5) * values.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * values.shape[1] / width).astype(int)
    return values[rows][:, columns]


def centre_crop_origin(frame, crop):
    """(left, top) of a centred `crop` (width, height) in `frame`, as torchvision's CenterCrop places it."""
    # Python's round() goes to the even neighbour at one half, and torchvision relies on that.
    return tuple(int(round((outer - inner) / 2.0)) for outer, inner in zip(frame, crop))


def extend_edges(values, frame, origin):
    """A map [h, w] of the crop at `origin`, continued with its edge values to `frame` (width, height)."""
    left, top = origin
    below = frame[1] - top - values.shape[0]
    right = frame[0] - left - values.shape[1]
    return np.pad(values, ((top, below), (left, right)), mode="edge")
