"""LibTorch, faiss and OpenCV's codecs take longer to load than most commands take: they are loaded when they are needed."""

import os
import shutil

import pytest
from PIL import Image

from command_line import TINY

TORCH = "libtorch_cpu.so"
CODECS = "libopencv_imgcodecs.so"
FAISS = "libtouchstone_faiss.so"


def loaded(touchstone, tmp_path, *arguments, code=0):
    """Which of them the loader was asked for while the command ran."""
    log = tmp_path / "loader"
    environment = {**os.environ, "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)}
    outcome = touchstone(*arguments, env=environment)
    assert outcome.code == code, outcome
    text = "".join(part.read_text(errors="replace") for part in tmp_path.glob("loader.*"))
    assert "libstdc++.so" in text
    return {name for name in (TORCH, CODECS, FAISS) if name in text}


@pytest.mark.parametrize(
    "arguments, code",
    [
        (("--help",), 0),
        (("score", "--help"), 0),
        (("fti",), 2),
        (("fit", "missing", "-o", "g"), 2),
        (("fit", "check", "-o", "g", "--model", "missing"), 2),
        (("score", "missing", "-g", "GALLERY", "-o", "r"), 2),
        (("score", "check", "-g", "GALLERY", "-o", "r", "-K", "0"), 2),
        (("score", "check", "-g", "GALLERY", "-o", "check"), 2),
        (("score", "check", "-g", "GALLERY", "-o", "r", "--levels", "9"), 2),
        (("score", "check", "-g", "GALLERY", "-o", "r", "-k", "999999"), 2),
        (("explain", "IMAGE", "-g", "GALLERY", "-o", "e.png", "--levels", "9"), 2),
        (("fit", "check", "-o", "g", "--resize", "250"), 2),
        (("fit", "check", "-o", "g", "--levels", "4"), 2),
        (("fit", "check", "-o", "g", "-k", "999999"), 2),
        (("fit", "check", "-o", "g", "--method", "padim", "--dims", "999"), 2),
        (("benchmark", "SAMPLE", "-o", "b", "--levels", "4"), 2),
        (("gallery", "info", "GALLERY"), 0),
        (("gallery", "list", "GALLERY"), 0),
        (("sample", "s", "--size", "48"), 0),
    ],
)
def test_what_needs_no_network_loads_none(touchstone, tmp_path, check, gallery, sample, arguments, code):
    named = {"GALLERY": gallery, "SAMPLE": sample, "IMAGE": min(check.iterdir())}
    arguments = [named.get(argument, argument) for argument in arguments]
    assert loaded(touchstone, tmp_path, *arguments, code=code) == set()


def test_the_network_loads_libtorch(touchstone, tmp_path):
    assert TORCH in loaded(touchstone, tmp_path, "model", "info", TINY)


def test_evaluate_loads_codecs_for_a_bmp_alone(touchstone, tmp_path, sample, sample_results):
    shutil.copytree(sample_results, tmp_path / "r")
    masks = shutil.copytree(sample / "ground_truth", tmp_path / "masks")
    arguments = ("evaluate", "r", "--ground-truth", masks)
    assert loaded(touchstone, tmp_path, *arguments) == set()
    mask = next(masks.rglob("*_mask.png"))
    Image.open(mask).save(mask.with_suffix(".bmp"))
    mask.unlink()
    assert loaded(touchstone, tmp_path, *arguments) == {CODECS}
