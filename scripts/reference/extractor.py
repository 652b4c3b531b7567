"""Runs a TorchScript extractor; the only module here that knows torch."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch


@dataclass(frozen=True)
class Features:
    """One image: global feature [D] and pyramid levels [H, W, C], finest first, float64."""

    global_feature: np.ndarray
    pyramid: list


class Extractor:
    """A TorchScript file and the description that it carries (its extra file touchstone.json)."""

    def __init__(self, file):
        # One thread: golden values must not depend on the number of cores that made them.
        torch.set_num_threads(1)
        self.sha256 = hashlib.sha256(Path(file).read_bytes()).hexdigest()
        extra = {"touchstone.json": ""}
        self._module = torch.jit.load(str(file), map_location="cpu", _extra_files=extra).eval()
        if not extra["touchstone.json"]:
            raise ValueError(f"{file}: no touchstone.json inside; export it with scripts/export_extractor.py")
        self.info = json.loads(extra["touchstone.json"])

    def extract(self, planar):
        """Features of one preprocessed image, float32 [3, H, W]."""
        with torch.no_grad():
            pyramid, global_feature = self._module(torch.from_numpy(planar)[None])
        levels = [level[0].permute(1, 2, 0).numpy().astype(np.float64) for level in pyramid]
        return Features(global_feature[0].numpy().astype(np.float64), levels)
