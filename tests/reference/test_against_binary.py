"""The binary against the reference, from images to metrics.

Needs the binary: $TOUCHSTONE_BIN, or build/release/touchstone. Runs on a generated sample, and on a few real
photographs where the folder of shared data is beside the source tree.
"""

import os
import subprocess
from pathlib import Path

import pytest

import compare_reference
from reference import run

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("TOUCHSTONE_BIN", REPOSITORY / "build" / "release" / "touchstone"))
EXTRACTOR = REPOSITORY / "models" / "efficientnet_lite0.pt"
SHARED = REPOSITORY.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not BINARY.exists(), reason=f"{BINARY} is not built; build it, or name it in TOUCHSTONE_BIN"
)

# Options of fit; the reference has the same words for all of them.
PAPER = ["--resize", "128", "--crop", "96", "--image-score", "retrieval", "-K", "3"]
PER_LEVEL = ["--resize", "96x128", "--fusion", "per-level", "--distance", "l2", "-K", "2", "-k", "3", "--sigma", "2"]
OPTIONS = pytest.mark.parametrize("options", [PAPER, PER_LEVEL], ids=["paper", "per-level-l2"])


def touchstone(*arguments):
    done = subprocess.run([BINARY.resolve(), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def link_some(source, target, choice):
    """A category of symbolic links: {"test/good": 2} links the first two images of that folder and their masks."""
    for folder, count in choice.items():
        files = sorted((source / folder).iterdir())[:count]
        assert len(files) == count, f"{source / folder} holds only {len(files)} files"
        for file in files:
            link(file, target / folder / file.name)
            defect = file.parent.name
            mask = source / "ground_truth" / defect / f"{file.stem}_mask.png"
            if folder.startswith("test/") and mask.exists():
                link(mask, target / "ground_truth" / defect / mask.name)


def link(file, at):
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(file.resolve())


def assert_agreement(category, tmp_path, options, capsys):
    """Fit, score and evaluate by both; prints the deviations and fails beyond their limits."""
    touchstone("fit", category / "train", "-o", tmp_path / "gallery", "--model", EXTRACTOR, *options)
    touchstone("score", category / "test", "-g", tmp_path / "gallery", "-o", tmp_path / "results")
    touchstone("evaluate", tmp_path / "results")
    run.main([str(category / "train"), str(category / "test"), "--extractor", str(EXTRACTOR),
              "-o", str(tmp_path / "reference"), *options])
    capsys.readouterr()
    # Metrics of the very maps that the binary wrote: in small regions one swapped pixel is seen in AU-PRO.
    code = compare_reference.main([str(tmp_path / "results"), str(tmp_path / "reference"),
                                   "--ground-truth", str(category / "ground_truth")])
    table = capsys.readouterr().out
    print(table)
    assert code == 0, table


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A few images of the generated category at 96 px."""
    whole = tmp_path_factory.mktemp("sample") / "whole"
    touchstone("sample", whole, "--size", "96")
    few = whole.parent / "few"
    choice = {"train/good": 6, "test/good": 2}
    choice.update({f"test/{folder.name}": 1 for folder in (whole / "test").iterdir() if folder.name != "good"})
    link_some(whole, few, choice)
    return few


@OPTIONS
def test_generated_sample_agrees(sample, tmp_path, options, capsys):
    assert_agreement(sample, tmp_path, options, capsys)


@OPTIONS
@pytest.mark.parametrize("name, choice", [
    ("hazelnut_reduced", {"train/good": 5, "test/good": 1, "test/crack": 1, "test/hole": 1}),
    # Gray JPEG of mixed sizes.
    ("magnetic_tile", {"train/good": 5, "test/good": 2, "test/blowhole": 2, "test/crack": 1, "test/uneven": 1}),
])
def test_real_images_agree(name, choice, tmp_path, options, capsys):
    if not (SHARED / name).is_dir():
        pytest.skip(f"no {name} in the folder of shared data ({SHARED})")
    category = tmp_path / name
    link_some(SHARED / name, category, choice)
    assert_agreement(category, tmp_path, options, capsys)
