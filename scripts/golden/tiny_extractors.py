"""tests/data/golden/extractors/*.pt: extractors of a few KB, three good, the others each wrong in one way.

The good ones average 4x4 and 8x8 pixels (levels "quarter" and "eighth", 3 channels each) and the whole
image (global), so that its features can be computed by hand.
"""

import io
import zipfile
from typing import List, Tuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, dropout

from export_extractor import pack, pack_records

DESCRIPTION = {
    "schema": "touchstone.extractor/1",
    "name": "tiny",
    "version": "1",
    "license": "none needed",
    "weights": {"source": "none: averages only", "sha256": "0" * 64},
    "mean": [0.5, 0.25, 0.125],
    "std": [0.25, 0.5, 1.0],
    "levels": [
        {"name": "quarter", "channels": 3, "stride": 4},
        {"name": "eighth", "channels": 3, "stride": 8},
    ],
    "global_size": 3,
    "input_multiple": 8,
    "default_levels": {"spade": [1, 2], "patchcore": [2]},
}


class Tiny(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4), avg_pool2d(image, 8)], image.mean((2, 3))


class TinyInTraining(Tiny):
    """Tiny, once it is put into evaluation mode."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        image = dropout(image, 0.5, self.training) * self.scale
        return [avg_pool2d(image, 4), avg_pool2d(image, 8)], image.mean((2, 3))


class Raises(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        # Trivial channel counts only: it fails for every image, but only when it runs.
        return [avg_pool2d(image, 4), avg_pool2d(image, 8)], image.view(-1, 7)


class OneTensor(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return avg_pool2d(image, 4)


class OneLevel(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4)], image.mean((2, 3))


class FlatLevel(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4), avg_pool2d(image, 8).flatten(1)], image.mean((2, 3))


class MoreChannels(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        level = avg_pool2d(image, 4)
        return [torch.cat([level, level], 1), avg_pool2d(image, 8)], image.mean((2, 3))


class OtherStride(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4), avg_pool2d(image, 4)], image.mean((2, 3))


class Transposed(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4), avg_pool2d(image, 8).transpose(2, 3)], image.mean((2, 3))


class FixedSize(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4), avg_pool2d(image, 8)[:, :, :8, :8]], image.mean((2, 3))


class Double(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4), avg_pool2d(image, 8).double()], image.mean((2, 3))


class LongGlobal(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        pooled = image.mean((2, 3))
        return [avg_pool2d(image, 4), avg_pool2d(image, 8)], torch.cat([pooled, pooled], 1)


class AlwaysNan(nn.Module):
    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        return [avg_pool2d(image, 4), avg_pool2d(image, 8) / 0.0 * 0.0], image.mean((2, 3))


class NanWhereBright(nn.Module):
    """A level is NaN where a pixel is above 100, infinite nowhere, and exact elsewhere."""

    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        bright = (image > 100.0).to(image.dtype)
        return [avg_pool2d(image, 4), avg_pool2d(image * (0.0 / (1.0 - bright) + 1.0), 8)], image.mean((2, 3))


class TwoLists(nn.Module):
    """Tiny, but what it returns depends on the image: no reader of the program can tell which list it is."""

    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        levels = [avg_pool2d(image, 4), avg_pool2d(image, 8)]
        if bool((image.sum() > 0).item()):
            levels = [avg_pool2d(image, 4), avg_pool2d(image, 8)]
        return levels, image.mean((2, 3))


def _scripted(network):
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(network), buffer)
    return buffer.getvalue()


def _without_check_sums(packed):
    """What torch.jit.save(..., _extra_files={"touchstone.json": ...}) writes, but without paths of this machine."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(target, "w") as copy:
        for entry in source.infolist():
            if not entry.filename.endswith("touchstone.sha256"):
                copy.writestr(entry, source.read(entry))
    return target.getvalue()


def _state_dict():
    buffer = io.BytesIO()
    torch.save(nn.Conv2d(1, 1, 1, bias=False).eval().state_dict(), buffer)
    return pack_records(buffer.getvalue(), {})


def write(out_dir):
    folder = out_dir / "extractors"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    networks = {
        "good": Tiny,
        "raises": Raises,
        "two_lists": TwoLists,
        "one_tensor": OneTensor,
        "one_level": OneLevel,
        "flat_level": FlatLevel,
        "more_channels": MoreChannels,
        "other_stride": OtherStride,
        "transposed": Transposed,
        "fixed_size": FixedSize,
        "double": Double,
        "long_global": LongGlobal,
        "always_nan": AlwaysNan,
        "nan_where_bright": NanWhereBright,
    }
    for name, network in networks.items():
        (folder / f"{name}.pt").write_bytes(pack(network().eval(), DESCRIPTION))
    broken = pack(Tiny().eval(), {**DESCRIPTION, "levels": [{"name": "quarter", "channels": 3, "stride": 0}]})
    (folder / "stride_of_zero.pt").write_bytes(broken)
    plain = _without_check_sums(pack_records(_scripted(TinyInTraining().train()), DESCRIPTION))
    (folder / "plain_torch_save.pt").write_bytes(plain)
    (folder / "no_description.pt").write_bytes(pack_records(_scripted(Tiny().eval()), {}))
    (folder / "state_dict.pt").write_bytes(_state_dict())
