"""export_broken_block4.py FILE.pt: a ResNet-18 of random weights whose block 4, and nothing before it, gives infinity."""

import pathlib
import subprocess
import sys
import tempfile

import torch
import torchvision

EXPORT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "export_extractor.py"

torch.manual_seed(0)
weights = torchvision.models.resnet18(weights=None).state_dict()
weights["layer4.1.bn2.bias"].fill_(float("inf"))
with tempfile.TemporaryDirectory() as folder:
    torch.save(weights, f"{folder}/weights.pth")
    command = [sys.executable, EXPORT, "resnet18", "--weights", f"{folder}/weights.pth", "-o", sys.argv[1]]
    sys.exit(subprocess.run(command).returncode)
