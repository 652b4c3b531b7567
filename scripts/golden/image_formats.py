"""tests/data/golden/formats/: one tiny file of every kind that is read, and what its pixels are.

formats.json: {"provenance": {...}, "images": [{"file", "width", "height", "bits": 8 or 16,
"turned": whether it carries an orientation, "rgb": [H*W*3]}], "refused": [{"file", "because": a word of
the message}]}.
Pixels of 8-bit files are Pillow's convert("RGB"); what Pillow cannot write or would cut to 8 bits is put
together here, from pixels that are known.
"""

import io
import json
import struct
import zlib

import numpy as np
from PIL import Image

from reference.provenance import provenance

SEED = 20240505
WIDTH, HEIGHT = 11, 6  # no multiple of 8: rows of packed bits end inside a byte
ORIENTATION = 0x0112


def _save(image, image_format, **options):
    stream = io.BytesIO()
    image.save(stream, image_format, **options)
    return stream.getvalue()


def _exif(orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


def _repeat(gray):
    return np.repeat(gray[:, :, None], 3, axis=2)


class Collection:
    def __init__(self, folder):
        self.folder = folder
        self.images, self.refused = [], []

    def add(self, name, data, rgb=None, turned=False):
        """`rgb`: the pixels where they are known by construction; otherwise Pillow says."""
        (self.folder / name).write_bytes(data)
        if rgb is None:
            rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        self.images.append({"file": name, "width": rgb.shape[1], "height": rgb.shape[0],
                            "bits": 16 if rgb.dtype == np.uint16 else 8, "turned": turned, "rgb": rgb.ravel().tolist()})

    def refuse(self, name, data, because):
        (self.folder / name).write_bytes(data)
        self.refused.append({"file": name, "because": because})


def _png(values, color_type, bits, interlaced=False):
    """A PNG from samples [H, W, C]; unfiltered rows, Adam7 where asked."""
    height, width, _ = values.shape
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for x, y, step_x, step_y in passes:
        part = values[y::step_y, x::step_x]
        if part.size:
            raw += b"".join(b"\0" + row.astype(">u2" if bits == 16 else "u1").tobytes() for row in part)
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, int(interlaced))
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(body)) + kind + body
                                           + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)


def _tiff(tags, blocks, order="<"):
    """A TIFF with one strip or tile per entry of `blocks`; tags: {number: (type, values)}."""
    tiled = 322 in tags
    data = b"II*\0" if order == "<" else b"MM\0*"
    body, offsets = b"", []
    for block in blocks:
        offsets.append(8 + len(body))
        body += block + b"\0" * (len(block) % 2)
    tags = {**tags, 324 if tiled else 273: (4, offsets), 325 if tiled else 279: (4, [len(b) for b in blocks])}
    directory_at = 8 + len(body)
    extra_at = directory_at + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for number in sorted(tags):
        kind, values = tags[number]
        packed = struct.pack(f"{order}{len(values)}{ {3: 'H', 4: 'I'}[kind] }", *values)
        entries += struct.pack(f"{order}HHI", number, kind, len(values))
        if len(packed) <= 4:
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack(f"{order}I", extra_at + len(extra))
            extra += packed
    directory = struct.pack(f"{order}H", len(tags)) + entries + b"\0\0\0\0" + extra
    return data + struct.pack(f"{order}I", directory_at) + body + directory


def _tiff_tags(bits, photometric, rows_per_strip=HEIGHT, **more):
    return {256: (3, [WIDTH]), 257: (3, [HEIGHT]), 258: (3, bits), 259: (3, [1]), 262: (3, [photometric]),
            277: (3, [len(bits)]), 278: (3, [rows_per_strip]), **{int(k[1:]): (3, v) for k, v in more.items()}}


def _bmp(bits, rows, compression=0, palette=b"", masks=b"", top_down=False):
    rows = [row + b"\0" * (-len(row) % 4) for row in (rows if top_down else rows[::-1])]
    at = 54 + len(masks) + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, WIDTH, -HEIGHT if top_down else HEIGHT, 1, bits, compression,
                       len(rows[0]) * HEIGHT, 2835, 2835, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", at + len(rows[0]) * HEIGHT, 0, 0, at) + info + masks + palette + b"".join(rows)


def _os2_bmp(rows, palette):
    """The oldest header, of 4 bits a pixel: 12 bytes, three to a colour."""
    rows = [row + b"\0" * (-len(row) % 4) for row in rows[::-1]]
    at = 26 + len(palette)
    return (b"BM" + struct.pack("<IHHI", at + len(rows[0]) * HEIGHT, 0, 0, at)
            + struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 4) + palette + b"".join(rows))


def _packed(row, bits):
    return np.packbits(np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - bits:].ravel()).tobytes()


def _add_png(collection, rgb, gray, alpha, wide):
    as_gray, as_rgb = Image.fromarray(gray), Image.fromarray(rgb)
    palette = as_rgb.quantize(13)
    collection.add("gray.png", _save(as_gray, "PNG"))
    collection.add("gray_1bit.png", _save(as_gray.convert("1"), "PNG"))
    collection.add("rgb.png", _save(as_rgb, "PNG"))
    collection.add("rgba.png", _save(Image.fromarray(np.dstack([rgb, alpha])), "PNG"))
    collection.add("gray_alpha.png", _save(Image.fromarray(np.dstack([gray, alpha]), "LA"), "PNG"))
    collection.add("palette.png", _save(palette, "PNG"))
    collection.add("palette_4bit.png", _save(palette, "PNG", bits=4))
    collection.add("palette_transparent.png", _save(palette, "PNG", transparency=3))
    collection.add("rgb_transparent.png", _save(as_rgb, "PNG", transparency=tuple(int(v) for v in rgb[2, 2])))
    collection.add("gray_16bit.png", _save(Image.fromarray(wide[:, :, 0]), "PNG"), _repeat(wide[:, :, 0]))
    collection.add("rgb_16bit.png", _png(wide, 2, 16), wide)
    collection.add("rgba_16bit.png", _png(np.dstack([wide, wide[:, :, :1]]), 6, 16), wide)
    collection.add("rgb_interlaced.png", _png(rgb, 2, 8, interlaced=True))
    collection.add("gray_16bit_interlaced.png", _png(wide[:, :, :1], 0, 16, interlaced=True), _repeat(wide[:, :, 0]))
    collection.add("turned.png", _save(as_rgb, "PNG", exif=_exif(6)), turned=True)
    collection.add("upright.png", _save(as_rgb, "PNG", exif=_exif(1)))


def _add_jpeg(collection, photo):
    for name, options in {"rgb.jpg": {}, "rgb_444.jpg": {"subsampling": 0}, "rgb_422.jpg": {"subsampling": 1},
                          "progressive.jpg": {"progressive": True}, "coarse.jpg": {"quality": 20},
                          "upright.jpg": {"exif": _exif(1)}}.items():
        collection.add(name, _save(photo, "JPEG", **options))
    collection.add("turned.jpg", _save(photo, "JPEG", exif=_exif(8)), turned=True)
    collection.add("gray.jpg", _save(photo.convert("L"), "JPEG"))
    collection.add("cmyk.jpg", _save(photo.convert("CMYK"), "JPEG"))


def _add_bmp(collection, rgb, gray):
    as_rgb = Image.fromarray(rgb)
    collection.add("gray.bmp", _save(Image.fromarray(gray), "BMP"))
    collection.add("rgb.bmp", _save(as_rgb, "BMP"))
    collection.add("black_and_white.bmp", _save(Image.fromarray(gray).convert("1"), "BMP"))
    collection.add("palette.bmp", _save(as_rgb.quantize(13), "BMP"))
    collection.add("rgba.bmp", _save(Image.fromarray(np.dstack([rgb, gray])), "BMP"))
    rows = [row[:, ::-1].tobytes() for row in rgb]
    collection.add("top_down.bmp", _bmp(24, rows, top_down=True), rgb)
    colors = np.arange(16, dtype=np.uint8)[:, None] * np.array([16, 9, 5], np.uint8)
    palette = np.dstack([colors[None, :, ::-1], np.zeros((1, 16, 1), np.uint8)]).astype(np.uint8).tobytes()
    collection.add("palette_4bit.bmp", _bmp(4, [_packed(row, 4) for row in gray // 16], palette=palette),
                   colors[gray // 16])
    red, green, blue = (rgb[:, :, c].astype(np.uint16) for c in range(3))
    words_555 = (red >> 3) << 10 | (green >> 3) << 5 | blue >> 3
    collection.add("rgb_555.bmp", _bmp(16, [row.astype("<u2").tobytes() for row in words_555]))
    words_565 = (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3
    collection.add("rgb_565.bmp", _bmp(16, [row.astype("<u2").tobytes() for row in words_565], compression=3,
                                       masks=struct.pack("<III", 0xF800, 0x07E0, 0x001F)))
    blue_first = np.dstack([rgb[:, :, ::-1], gray])
    for name, masks in {"rgb_fields": (0xFF0000, 0xFF00, 0xFF), "bgr_fields": (0xFF, 0xFF00, 0xFF0000)}.items():
        data = _bmp(32, [row.tobytes() for row in blue_first], compression=3, masks=struct.pack("<III", *masks))
        if name == "rgb_fields":
            collection.add(f"{name}.bmp", data)
        else:
            collection.refuse(f"{name}.bmp", data, "bit fields")
    collection.add("os2.bmp", _os2_bmp([_packed(row, 4) for row in gray // 16], colors[:, ::-1].tobytes()))
    collection.refuse("run_length.bmp", _bmp(8, [b"\2\1\0\0"] * HEIGHT, compression=1, palette=bytes(1024)),
                      "run-length")


def _add_tiff(collection, rgb, gray, alpha, wide, photo):
    as_gray, as_rgb = Image.fromarray(gray), Image.fromarray(rgb)
    for name, compression in {"lzw": "tiff_lzw", "deflate": "tiff_adobe_deflate", "packbits": "packbits"}.items():
        collection.add(f"rgb_{name}.tif", _save(as_rgb, "TIFF", compression=compression))
    collection.add("gray.tif", _save(as_gray, "TIFF"))
    collection.add("rgba.tif", _save(Image.fromarray(np.dstack([rgb, alpha])), "TIFF"))
    collection.add("black_and_white.tif", _save(as_gray.convert("1"), "TIFF", compression="group4"))
    collection.add("palette.tif", _save(as_rgb.quantize(13), "TIFF"))
    collection.add("jpeg.tif", _save(photo, "TIFF", compression="jpeg"))
    collection.add("two_pages.tif", _save(as_rgb, "TIFF", save_all=True, append_images=[as_gray]), rgb)
    collection.add("turned.tif", _save(as_rgb, "TIFF", tiffinfo={274: 6}), rgb, turned=True)
    collection.add("gray_16bit.tif", _save(Image.fromarray(wide[:, :, 0]), "TIFF"), _repeat(wide[:, :, 0]))
    collection.add("rgb_16bit.tif", _tiff(_tiff_tags([16] * 3, 2, rows_per_strip=4),
                                          [wide[:4].tobytes(), wide[4:].tobytes()]), wide)
    collection.add("rgb_16bit_big_endian.tif",
                   _tiff(_tiff_tags([16] * 3, 2), [wide.astype(">u2").tobytes()], order=">"), wide)
    collection.add("rgb_planes.tif", _tiff(_tiff_tags([8] * 3, 2, _284=[2]),
                                           [np.ascontiguousarray(rgb[:, :, c]).tobytes() for c in range(3)]), rgb)
    collection.add("gray_white_is_zero.tif", _tiff(_tiff_tags([8], 0), [(255 - gray).tobytes()]), _repeat(gray))
    collection.add("gray_4bit.tif", _tiff(_tiff_tags([4], 1), [b"".join(_packed(row, 4) for row in gray // 16)]),
                   _repeat(gray // 16 * 17))
    tile = np.zeros((16, 16, 3), np.uint8)
    tile[:HEIGHT, :WIDTH] = rgb
    collection.add("rgb_tiles.tif", _tiff(_tiff_tags([8] * 3, 2, _322=[16], _323=[16]), [tile.tobytes()]), rgb)
    collection.refuse("float.tif", _save(Image.fromarray(gray.astype(np.float32)), "TIFF"), "floating-point")
    collection.refuse("cmyk.tif", _save(as_rgb.convert("CMYK"), "TIFF"), "CMYK")
    collection.refuse("gray_12bit.tif", _tiff(_tiff_tags([12], 1), [bytes((WIDTH * 12 + 7) // 8 * HEIGHT)]), "12 bits")
    collection.refuse("five_channels.tif", _tiff(_tiff_tags([8] * 5, 1), [bytes(WIDTH * HEIGHT * 5)]), "5 channel")


def _add_webp(collection, rgb, alpha, photo):
    collection.add("lossy.webp", _save(photo, "WEBP"))
    collection.add("lossless.webp", _save(Image.fromarray(rgb), "WEBP", lossless=True), rgb)
    rgba = Image.fromarray(np.dstack([rgb, alpha]))
    collection.add("lossless_alpha.webp", _save(rgba, "WEBP", lossless=True, exact=True), rgb)
    collection.add("lossy_alpha.webp", _save(Image.merge("RGBA", (*photo.split(), photo.getchannel(0))), "WEBP"))
    collection.add("turned.webp", _save(photo, "WEBP", exif=_exif(3)), turned=True)
    frames = [Image.fromarray(rgb), Image.fromarray(255 - rgb)]
    collection.refuse("animated.webp", _save(frames[0], "WEBP", save_all=True, append_images=frames[1:]), "animated")


def _words(values):
    return " ".join(str(v) for v in values.ravel()).encode()


def _add_pnm(collection, rgb, gray, wide):
    size = f"{WIDTH} {HEIGHT}\n".encode()
    bits = gray > 127
    packed = b"".join(np.packbits(row).tobytes() for row in ~bits)
    collection.add("raw.pbm", b"P4\n" + size + packed, _repeat(bits.astype(np.uint8) * 255))
    text = "\n".join("".join(str(int(not v)) for v in row) for row in bits).encode()
    collection.add("plain.pbm", b"P1\n" + size + text + b"\n", _repeat(bits.astype(np.uint8) * 255))
    collection.add("gray.pgm", b"P5\n# a comment\n" + size + b"255\n" + gray.tobytes())
    collection.add("rgb.ppm", b"P6 " + size + b"255 " + rgb.tobytes())
    for maxval in (1, 2, 15, 100, 254):
        values = (gray.astype(np.uint16) * maxval // 255).astype(np.uint8)
        collection.add(f"gray_maxval_{maxval}.pgm", b"P5 " + size + f"{maxval}\n".encode() + values.tobytes())
    plain = "\n".join(" ".join(str(v) for v in row) for row in rgb.reshape(HEIGHT, -1)).encode()
    collection.add("plain.ppm", b"P3\n" + size + b"255 # maxval\n" + plain + b"\n", rgb)
    hundredths = (gray.astype(np.uint16) * 100 // 255).astype(np.uint8)
    collection.add("plain_maxval_100.pgm", b"P2 " + size + b"100\n" + _words(hundredths))
    for maxval in (256, 1023, 4095, 65535):
        values = (wide[:, :, 0].astype(np.uint32) * maxval // 65535).astype(np.uint16)
        collection.add(f"gray_maxval_{maxval}.pgm", b"P5 " + size + f"{maxval}\n".encode()
                       + values.astype(">u2").tobytes(), _repeat(values))
    collection.add("rgb_maxval_4095.ppm", b"P6 " + size + b"4095\n" + (wide >> 4).astype(">u2").tobytes(), wide >> 4)
    twelve_bits = wide[:, :, 0] >> 4
    collection.add("plain_maxval_4095.pgm", b"P2 " + size + b"4095\n" + _words(twelve_bits) + b"\n", _repeat(twelve_bits))
    collection.refuse("plain_above_maxval.pgm", b"P2 " + size + b"255\n" + _words(gray).replace(b" ", b" 256 ", 1),
                      "maxval")
    collection.refuse("plain_huge_number.pgm", b"P2 " + size + b"255 " + b"9" * 30 + _words(gray), "number")
    collection.refuse("plain_words.pgm", b"P2 " + size + b"255 1 2 three " + _words(gray), "number")
    collection.refuse("plain_twos.pbm", b"P1 " + size + b"2" * WIDTH * HEIGHT, "0 and 1")
    collection.refuse("above_maxval.pgm", b"P5 " + size + b"100\n" + gray.clip(101).tobytes(), "maxval")
    collection.refuse("maxval_0.pgm", b"P5 " + size + b"0\n" + gray.tobytes(), "maxval")


def write(out_dir):
    folder = out_dir / "formats"
    folder.mkdir(exist_ok=True)
    random = np.random.RandomState(SEED)
    rgb = random.randint(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    gray = random.randint(0, 256, (HEIGHT, WIDTH)).astype(np.uint8)
    alpha = random.choice([0, 1, 128, 255], (HEIGHT, WIDTH)).astype(np.uint8)
    wide = random.randint(0, 65536, (HEIGHT, WIDTH, 3)).astype(np.uint16)
    smooth = Image.fromarray(rgb).resize((37, 21), Image.Resampling.BICUBIC)  # over several JPEG blocks
    collection = Collection(folder)
    _add_png(collection, rgb, gray, alpha, wide)
    _add_jpeg(collection, smooth)
    _add_bmp(collection, rgb, gray)
    _add_tiff(collection, rgb, gray, alpha, wide, smooth)
    _add_webp(collection, rgb, alpha, smooth)
    _add_pnm(collection, rgb, gray, wide)
    document = {"provenance": provenance(SEED, "golden/image_formats.py"), "images": collection.images,
                "refused": collection.refused}
    (folder / "formats.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
