"""Finding, reading and preprocessing images as the program does."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from reference.geometry import centre_crop_origin

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}
SIXTEEN_BIT_MODES = {"I", "I;16", "I;16B", "I;16L"}


def find_images(folder):
    """Paths of all images below `folder`, relative to it, in byte order; hidden entries are skipped."""
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: not a folder of images")
    found = []
    _walk(folder, "", set(), found)
    return sorted(found, key=os.fsencode)


def _walk(folder, prefix, ancestors, found):
    real = os.path.realpath(folder)
    if real in ancestors:  # a link back up
        return
    for entry in os.scandir(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            _walk(entry.path, f"{prefix}{entry.name}/", ancestors | {real}, found)
        elif Path(entry.name).suffix.lower() in IMAGE_SUFFIXES:
            found.append(prefix + entry.name)


def read_image(file):
    """RGB values [H, W, 3] as stored: uint8, or uint16 where the file has more bits (gray only).

    Alpha is dropped, palettes are resolved, EXIF orientation is not applied.
    @raises ValueError for what Pillow 9.4 would change without a word: 16-bit colour (cut to 8 bits) and
    PGM or PPM files whose largest value is no full byte or word (scaled up to one).
    """
    with Image.open(file) as image:
        _refuse_what_pillow_changes(file, image)
        if image.mode in SIXTEEN_BIT_MODES:
            gray = np.asarray(image).astype(np.uint16)
            return np.repeat(gray[:, :, None], 3, axis=2)
        return np.asarray(image.convert("RGB"))


def _refuse_what_pillow_changes(file, image):
    decoder, arguments = image.tile[0][0], image.tile[0][3]
    raw_mode = arguments if isinstance(arguments, str) else str(arguments[0])
    if image.mode not in SIXTEEN_BIT_MODES and ";16" in raw_mode:
        raise ValueError(f"{file}: 16-bit colour; Pillow reads only gray images at that depth")
    if decoder.startswith("ppm") and arguments[1] != 255:
        raise ValueError(f"{file}: largest value {arguments[1]}; Pillow scales it to a full byte or word")


def read_map(file):
    """A float32 TIFF of one channel as float64 [H, W]."""
    with Image.open(file) as image:
        if image.mode != "F":
            raise ValueError(f"{file}: mode {image.mode}, but a map is one channel of float32")
        return np.asarray(image, dtype=np.float64)


def write_map(file, values):
    """Writes `values` [H, W] as a float32 TIFF (losslessly packed), folders included."""
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(values, dtype=np.float32), mode="F")
    image.save(file, compression="tiff_adobe_deflate")


def read_mask(file):
    """Ground truth as bool [H, W]: any non-zero value is a defect."""
    with Image.open(file) as image:
        values = np.asarray(image if image.mode in SIXTEEN_BIT_MODES else image.convert("L"))
    return values > 0


def preprocess(rgb, options, mean, stddev):
    """The extractor's input, float32 [3, h, w], of an image from read_image.

    8 bits: Pillow's antialiased bilinear resize on 8-bit values. 16 bits: divided by the white level
    (above it: 1), then the same filter on floats.
    """
    if rgb.dtype == np.uint8:
        resized = np.asarray(Image.fromarray(rgb).resize(options.resize, Image.Resampling.BILINEAR)) / 255.0
    else:
        unit = np.minimum(rgb / options.white_level, 1.0).astype(np.float32)
        resized = np.stack([_resize_float(unit[:, :, c], options.resize) for c in range(3)], axis=2)
    if options.crop is not None:
        left, top = centre_crop_origin(options.resize, options.crop)
        resized = resized[top : top + options.crop[1], left : left + options.crop[0]]
    normalised = (resized - np.asarray(mean)) / np.asarray(stddev)
    return normalised.transpose(2, 0, 1).astype(np.float32)


def _resize_float(channel, size):
    image = Image.fromarray(np.ascontiguousarray(channel), mode="F")
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR), dtype=np.float64)
