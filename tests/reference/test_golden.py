"""The committed golden files are what make_golden.py writes today."""

import pytest

from golden import metrics as golden_metrics
from golden import primitives as golden_primitives
from same import assert_same, both


@pytest.mark.parametrize("module", [golden_metrics, golden_primitives])
def test_golden_file_is_reproduced(golden, tmp_path, module):
    module.write(tmp_path)
    found, committed = both((tmp_path, golden), module.__name__.split(".")[-1] + ".json")
    assert_same(found, committed, 1e-9)
