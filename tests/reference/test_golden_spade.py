"""The committed SPADE scores and maps are what make_golden.py writes today."""

import hashlib
import json

import numpy as np

from golden import spade as golden_spade
from reference import images
from same import assert_same, both


def test_golden_spade_set_is_reproduced(golden, tmp_path):
    name = "per-level-l2sq"
    golden_spade.write(tmp_path, [name])
    found, committed = both((tmp_path, golden), "spade/expected.json")
    committed["sets"] = [entry for entry in committed["sets"] if entry["name"] == name]
    # The network is float32, and its last bits depend on the processor.
    assert_same(found, committed, 1e-5)
    for entry in committed["sets"][0]["images"]:
        ours, expected = (images.read_map(folder / "spade" / entry["map"]) for folder in (tmp_path, golden))
        np.testing.assert_allclose(ours, expected, atol=1e-5 * expected.max())


def test_golden_spade_inputs_are_unchanged(golden):
    inputs = json.loads((golden / "spade/expected.json").read_text())["inputs"]
    assert inputs == {
        file: hashlib.sha256((golden / "spade" / file).read_bytes()).hexdigest() for file in inputs
    }
