"""Small photographs that no two of are alike."""

import numpy
from PIL import Image

# What each format is called here, and how PIL writes it.
FORMATS = {
    "png": {},
    "jpg": {"quality": 92},
    "bmp": {},
    "tif": {},
    "webp": {"quality": 90},
    "pgm": {},
    "ppm": {},
}


def pixels(seed, size=(48, 40)):
    """[height, width, 3] uint8: a gradient with noise on it."""
    width, height = size
    y, x = numpy.mgrid[0:height, 0:width]
    ramp = 60 + 100 * x / max(width, 2) + 40 * y / max(height, 2)
    noise = numpy.random.RandomState(seed).uniform(-20, 20, (height, width, 3))
    return (ramp[..., None] + noise).clip(0, 255).astype(numpy.uint8)


def save(path, seed=0, size=(48, 40), **options):
    """Writes a picture in the format that the name asks for. PGM is gray."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels(seed, size))
    if path.suffix == ".pgm":
        image = image.convert("L")
    image.save(path, **{**FORMATS.get(path.suffix[1:], {}), **options})
    return path


def folder(path, count, size=(48, 40), first_seed=0):
    """A folder of `count` PNG pictures, 000.png, 001.png, ..."""
    for i in range(count):
        save(path / f"{i:03}.png", first_seed + i, size)
    return path


def truncate(path, fraction=0.6):
    """Cuts a file off, as a broken copy does."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * fraction)])
    return path
