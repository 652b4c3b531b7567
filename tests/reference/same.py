"""Comparing golden documents."""

import json

import pytest


def assert_same(found, committed, relative, where="file"):
    """Equal structure and texts; numbers within `relative`. Provenance may differ in its versions."""
    assert type(found) is type(committed), where
    if isinstance(committed, dict):
        assert found.keys() == committed.keys(), where
        for key in committed.keys() - {"provenance"}:
            assert_same(found[key], committed[key], relative, f"{where}/{key}")
    elif isinstance(committed, list):
        assert len(found) == len(committed), where
        for index, pair in enumerate(zip(found, committed)):
            assert_same(*pair, relative, f"{where}[{index}]")
    elif isinstance(committed, float):
        assert found == pytest.approx(committed, rel=relative, abs=1e-12), where
    else:
        assert found == committed, where


def both(folders, name):
    """The document `name` of each folder."""
    return [json.loads((folder / name).read_text()) for folder in folders]
