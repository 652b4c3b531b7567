import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))


@pytest.fixture
def golden():
    """The committed golden files."""
    return REPOSITORY / "tests" / "data" / "golden"
