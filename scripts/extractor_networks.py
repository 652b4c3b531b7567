"""The networks that export_extractor.py writes, cut into a feature pyramid and one global feature."""

from typing import List, Tuple

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Extractor(nn.Module):
    """stem -> levels, each of which adds its output to the pyramid -> head -> mean over the image."""

    def __init__(self, stem: nn.Module, levels: List[nn.Module], head: nn.Module):
        super().__init__()
        self.stem = stem
        self.levels = nn.ModuleList(levels)
        self.head = head

    def forward(self, image: Tensor) -> Tuple[List[Tensor], Tensor]:
        x = self.stem(image)
        pyramid: List[Tensor] = []
        for level in self.levels:
            x = level(x)
            pyramid.append(x)
        return pyramid, self.head(x).mean((2, 3))


def conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> List[nn.Module]:
    """A convolution with TensorFlow's SAME padding, and its batch norm.

    At stride 2 and even sizes SAME puts the odd pixel of padding after the image, not before it.
    """
    total = kernel - stride
    before, after = total // 2, total - total // 2
    pad = [] if before == after else [nn.ZeroPad2d((before, after, before, after))]
    inner = before if before == after else 0
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=inner, groups=groups, bias=False)
    return pad + [conv, nn.BatchNorm2d(outputs, eps=1e-3)]


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1 (MobileNetV2, arXiv:1801.04381), without squeeze-and-excite."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        expand = conv_norm(inputs, hidden, 1) + [nn.ReLU6()] if expansion != 1 else []
        depthwise = conv_norm(hidden, hidden, kernel, stride, groups=hidden) + [nn.ReLU6()]
        self.body = nn.Sequential(*expand, *depthwise, *conv_norm(hidden, outputs, 1))
        self.has_skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + x if self.has_skip else self.body(x)


def lite0_stage(
    repeats: int, kernel: int, stride: int, expansion: int, inputs: int, outputs: int
) -> List[nn.Module]:
    first = InvertedResidual(inputs, outputs, kernel, stride, expansion)
    return [first] + [InvertedResidual(outputs, outputs, kernel, 1, expansion) for _ in range(repeats - 1)]


def efficientnet_lite0() -> Extractor:
    """EfficientNet-Lite0: B0's stages (arXiv:1905.11946, table 1), ReLU6, no squeeze-and-excite."""
    stem = conv_norm(3, 32, 3, stride=2) + [nn.ReLU6()] + lite0_stage(1, 3, 1, 1, 32, 16)
    levels = [
        lite0_stage(2, 3, 2, 6, 16, 24),
        lite0_stage(2, 5, 2, 6, 24, 40),
        lite0_stage(3, 3, 2, 6, 40, 80) + lite0_stage(3, 5, 1, 6, 80, 112),
    ]
    head = (
        lite0_stage(4, 5, 2, 6, 112, 192)
        + lite0_stage(1, 3, 1, 6, 192, 320)
        + conv_norm(320, 1280, 1)
        + [nn.ReLU6()]
    )
    return Extractor(nn.Sequential(*stem), [nn.Sequential(*level) for level in levels], nn.Sequential(*head))


def resnet_extractor(net: nn.Module, global_layer: str) -> Extractor:
    """Cuts torchvision's ResNet into the pyramid: ends of layer1 to layer3, pooled layer4 or layer3."""
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
    head = net.layer4 if global_layer == "layer4" else nn.Identity()
    return Extractor(stem, [net.layer1, net.layer2, net.layer3], head).eval()


def fold_batch_norms(module: nn.Module) -> None:
    """Folds every batch norm into the convolution registered right before it, in place, in float64."""
    previous_name, previous = "", None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(previous, nn.Conv2d):
            fused = fuse_conv_bn_eval(previous.double(), child.double()).float()
            setattr(module, previous_name, fused)
            setattr(module, name, nn.Identity())
        fold_batch_norms(child)
        previous_name, previous = name, child


def absorb_padding(module: nn.Module) -> None:
    """Replaces uneven padding before a convolution by zeros in its kernel, in place.

    Padding (p, p + 1) and a k x k kernel see what padding p + 1 and a (k + 1) x (k + 1) kernel see whose
    first row and column are zero: the same sums without a padded copy of the input (15 % of the time).
    """
    pad_name, pad = "", None
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Conv2d) and pad is not None:
            wider = nn.Conv2d(
                child.in_channels,
                child.out_channels,
                child.kernel_size[0] + 1,
                child.stride,
                padding=pad.padding[1],
                groups=child.groups,
            )
            wider.weight = nn.Parameter(nn.functional.pad(child.weight.detach(), (1, 0, 1, 0)))
            wider.bias = child.bias
            setattr(module, name, wider)
            setattr(module, pad_name, nn.Identity())
        absorb_padding(child)
        pad_name, pad = name, child if isinstance(child, nn.ZeroPad2d) else None
