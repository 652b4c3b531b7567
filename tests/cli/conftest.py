"""Fixtures of the command-line tests: the binary, and things that are made once because making them takes a second."""

import pathlib
import shutil

import pytest

import pictures
from command_line import TINY, binary, run


@pytest.fixture(scope="session", autouse=True)
def _needs_the_binary():
    if not binary().exists():
        pytest.exit(f"{binary()} is not built; build it, or name it in TOUCHSTONE_BIN", returncode=1)


@pytest.fixture
def touchstone(tmp_path):
    """touchstone(*arguments, stdin=b"", **options of subprocess.run) -> Outcome, run in tmp_path."""

    def call(*arguments, **options):
        return run(*arguments, **{"cwd": tmp_path, **options})

    return call


def made_once(tmp_path_factory, name, *arguments):
    """The folder that a command writes; the command must succeed."""
    target = tmp_path_factory.mktemp(name) / name
    outcome = run(
        *[target if argument == "TARGET" else argument for argument in arguments], cwd=target.parent
    )
    assert outcome.code == 0, outcome
    return target


@pytest.fixture(scope="session")
def normal(tmp_path_factory):
    """Six good pictures, 48x40."""
    return pictures.folder(tmp_path_factory.mktemp("normal") / "normal", 6)


@pytest.fixture(scope="session")
def gallery(tmp_path_factory, normal):
    """Of `normal`, with the tiny extractor at 32x32. Not to be changed; copy it with own_gallery."""
    return made_once(
        tmp_path_factory, "gallery", "fit", normal, "-o", "TARGET", "--model", TINY, "--resize", "32"
    )


@pytest.fixture
def own_gallery(tmp_path, gallery):
    """A copy of `gallery` that a test may damage."""
    return pathlib.Path(shutil.copytree(gallery, tmp_path / "gallery"))


@pytest.fixture
def check(tmp_path):
    """Three pictures to be scored, 48x40, in check/."""
    return pictures.folder(tmp_path / "check", 3, first_seed=100)


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """What `touchstone sample` draws, 64x64: a category called sample."""
    return made_once(tmp_path_factory, "sample", "sample", "TARGET", "--size", "64")


@pytest.fixture(scope="session")
def sample_gallery(tmp_path_factory, sample):
    arguments = ("fit", sample / "train" / "good", "-o", "TARGET", "--model", TINY, "--resize", "32")
    return made_once(tmp_path_factory, "sample_gallery", *arguments)


@pytest.fixture(scope="session")
def sample_results(tmp_path_factory, sample, sample_gallery):
    """Of the sample's test folder. Not to be changed."""
    return made_once(
        tmp_path_factory, "sample_results", "score", sample / "test", "-g", sample_gallery, "-o", "TARGET"
    )
