#!/usr/bin/env python3
"""Puts four defects of the demo and their heat maps together: the picture of the README.

    ./scripts/demo.sh
    /usr/bin/python3 scripts/readme_picture.py build/demo tests/data/readme.jpg

Needs Pillow.
"""

import argparse
from pathlib import Path

from PIL import Image

SHOWN = ("missing/001", "stain/001", "dent/000", "scratch/000")
SIDE = 240
GAP = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="build/demo, as demo.sh leaves it")
    parser.add_argument("picture", type=Path, help="the JPEG to write")
    arguments = parser.parse_args()
    step = SIDE + GAP
    sheet = Image.new("RGB", (len(SHOWN) * step - GAP, 2 * step - GAP), "white")
    for column, name in enumerate(SHOWN):
        for row, folder in enumerate(("data/test", "results/heatmaps")):
            with Image.open(arguments.demo / folder / f"{name}.png") as image:
                sheet.paste(image.convert("RGB").resize((SIDE, SIDE), Image.LANCZOS), (column * step, row * step))
    sheet.save(arguments.picture, quality=85)


if __name__ == "__main__":
    main()
