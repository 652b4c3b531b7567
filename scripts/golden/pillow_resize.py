"""tests/data/golden/pillow_resize.json: Pillow's antialiased bilinear resize and torchvision's normalising.

Layout: {"provenance": {...}, "bytes": [{"src_width", "src_height", "dst_width", "dst_height",
"channels", "src": [...], "dst": [...]}] (Image.resize on modes L and RGB), "floats": the same with
"white_level", "src" of 16 bits and "dst" in float32 (mode F on src / white_level, above it 1),
"inputs": [{"src_width", "src_height", "src", "resize": [w, h], "crop": [w, h] or null, "white_level"
(null: 8 bits), "dst"}] (Resize, CenterCrop, ToTensor, Normalize)}. Pixels are interleaved, inputs planar.
"""

import json

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision.transforms import functional

from reference.provenance import provenance

SEED = 20240504
BILINEAR = Image.Resampling.BILINEAR
# (width, height) -> (width, height)
SIZES = [
    ((1, 1), (1, 1)), ((1, 1), (7, 5)), ((7, 5), (1, 1)), ((2, 3), (3, 2)), ((3, 2), (2, 3)), ((9, 7), (9, 7)),
    ((9, 7), (9, 3)), ((9, 7), (4, 7)), ((8, 8), (16, 16)), ((16, 16), (8, 8)), ((1, 33), (8, 8)), ((33, 1), (8, 8)),
    ((31, 33), (32, 8)), ((32, 31), (7, 65)), ((33, 9), (64, 3)), ((65, 64), (31, 33)), ((64, 2), (9, 9)),
    ((3, 65), (8, 32)), ((1, 64), (33, 1)), ((2, 1), (65, 2)), ((100, 3), (1, 2)),
    ((513, 2), (2, 3)), ((3, 700), (1, 1)),
]
WHITE_LEVELS = (65535, 4095, 1023)
INPUTS = [((13, 9), (8, 7), (5, 4)), ((8, 6), (12, 11), None),
          ((10, 10), (9, 9), (4, 6)), ((16, 16), (16, 16), (16, 16))]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _ints(values):
    return values.ravel().tolist()


def _floats(values):
    """float32 as its shortest text."""
    return [float(str(value)) for value in values.astype(np.float32).ravel()]


def _sizes(source, target, channels):
    return {"src_width": source[0], "src_height": source[1], "dst_width": target[0], "dst_height": target[1],
            "channels": channels}


def _bytes_case(random, source, target, channels):
    values = random.randint(0, 256, (source[1], source[0], channels)).astype(np.uint8)
    if channels == 3 and source[0] % 2 == 1:  # hard edges between the extremes
        values = (values > 127).astype(np.uint8) * 255
    image = Image.fromarray(values if channels == 3 else values[:, :, 0])
    return {**_sizes(source, target, channels), "src": _ints(values),
            "dst": _ints(np.asarray(image.resize(target, BILINEAR)))}


def _resize_floats(values, white_level, target):
    unit = np.minimum(values.astype(np.float32) / np.float32(white_level), np.float32(1))
    planes = [Image.fromarray(np.ascontiguousarray(unit[:, :, c]), mode="F").resize(target, BILINEAR)
              for c in range(values.shape[2])]
    return np.stack([np.asarray(plane) for plane in planes], axis=2)


def _floats_case(random, source, target, channels, white_level):
    values = random.randint(0, min(65536, white_level * 5 // 4), (source[1], source[0], channels)).astype(np.uint16)
    return {**_sizes(source, target, channels), "white_level": white_level, "src": _ints(values),
            "dst": _floats(_resize_floats(values, white_level, target))}


def _inputs_case(random, source, resize, crop, white_level):
    values = random.randint(0, white_level + 1 if white_level else 256, (source[1], source[0], 3))
    if white_level:
        resized = _resize_floats(values.astype(np.uint16), white_level, resize)
        tensor = torch.from_numpy(resized.transpose(2, 0, 1).copy())
    else:
        image = Image.fromarray(values.astype(np.uint8))
        tensor = functional.to_tensor(functional.resize(image, (resize[1], resize[0])))
    if crop:
        tensor = functional.center_crop(tensor, (crop[1], crop[0]))
    return {"src_width": source[0], "src_height": source[1], "src": _ints(values), "resize": resize, "crop": crop,
            "white_level": white_level, "dst": _floats(functional.normalize(tensor, MEAN, STD).numpy())}


def write(out_dir):
    random = np.random.RandomState(SEED)
    document = {"provenance": provenance(SEED, "golden/pillow_resize.py")}
    document["provenance"]["versions"]["torchvision"] = torchvision.__version__
    document["bytes"] = [_bytes_case(random, source, target, channels) for source, target in SIZES
                         for channels in (1, 3)]
    small = [(source, target) for source, target in SIZES if source[0] * source[1] <= 400]
    document["floats"] = [_floats_case(random, source, target, 1 + 2 * (i % 2), WHITE_LEVELS[i % 3])
                          for i, (source, target) in enumerate(small)]
    document["inputs"] = [_inputs_case(random, *case, white_level) for case in INPUTS for white_level in (None, 4095)]
    (out_dir / "pillow_resize.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
