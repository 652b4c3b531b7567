"""What a golden file says of its own making."""

import hashlib
import platform
from pathlib import Path

import numpy
import PIL
import scipy
import sklearn
import torch

SCRIPTS = Path(__file__).resolve().parents[1]


def provenance(seed, *sources):
    """Versions, seed and the SHA-256 of the scripts (paths below scripts/) that made a file.

    Digests and no commit: a commit cannot name itself, and the file would change with every one.
    """
    return {
        "generator": "scripts/make_golden.py",
        "seed": seed,
        "sources": {name: hashlib.sha256((SCRIPTS / name).read_bytes()).hexdigest() for name in sources},
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "pillow": PIL.__version__,
            "torch": torch.__version__,
        },
    }
