"""scripts/export_extractor.py: run as users run it, its networks compared with torchvision's."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy
import pytest
import torch
import torchvision

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "export_extractor.py"
FOLDED_RESNET18 = ROOT.parent / "shared" / "data" / "weights" / "resnet18_imagenet_l1_l3.npz"
sys.path.insert(0, str(ROOT / "scripts"))
import extractor_networks  # noqa: E402

NO_NETWORK = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "no_proxy": ""}


def run(*arguments, **environment):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


def export(*arguments, **environment):
    done = run(*arguments, **environment)
    assert done.returncode == 0, done.stderr
    return Path(arguments[arguments.index("-o") + 1])


def refusal(*arguments, **environment):
    done = run(*arguments, **environment)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.stderr


def load(file):
    extra = {"touchstone.json": ""}
    module = torch.jit.load(str(file), _extra_files=extra)
    return module, json.loads(extra["touchstone.json"])


def features(net, image):
    with torch.no_grad():
        pyramid, pooled = net(image)
    return [*pyramid, pooled]


def resnet_features(net, image, last="layer4"):
    """What the extractor should give, from torchvision's own network through hooks."""
    outputs = {}
    for name in ("layer1", "layer2", "layer3", "layer4"):
        getattr(net, name).register_forward_hook(
            lambda module, inputs, output, name=name: outputs.update({name: output})
        )
    with torch.no_grad():
        net.eval()(image)
    return [outputs["layer1"], outputs["layer2"], outputs["layer3"], outputs[last].mean((2, 3))]


def folded_resnet18(weights, x):
    """ResNet-18 to layer3 and its pooled output, written out from weights with the batch norms folded in."""

    def conv(name, x, stride=1):
        kernel = weights[f"{name}.weight"]
        return torch.nn.functional.conv2d(x, kernel, weights[f"{name}.bias"], stride, kernel.shape[2] // 2)

    x = torch.nn.functional.max_pool2d(conv("conv1", x, 2).relu(), 3, 2, 1)
    pyramid = []
    for layer in ("layer1", "layer2", "layer3"):
        for block in ("0", "1"):
            name, stride = f"{layer}.{block}", 2 if layer != "layer1" and block == "0" else 1
            y = conv(f"{name}.conv2", conv(f"{name}.conv1", x, stride).relu())
            x = (y + (conv(f"{name}.downsample.0", x, 2) if stride == 2 else x)).relu()
        pyramid.append(x)
    return [*pyramid, x.mean((2, 3))]


def image(width=96, height=64):
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(1))


def assert_close(actual, expected):
    assert len(actual) == len(expected)
    for a, b in zip(actual, expected):
        assert a.shape == b.shape
        assert (a - b).abs().max() <= 1e-5 * b.abs().max()


def seasoned(net):
    """Gives every batch norm statistics and factors as training would, so that folding them matters."""
    generator = torch.Generator().manual_seed(2)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for value, low, high in (
                (module.weight, 0.5, 1.5),
                (module.bias, -0.5, 0.5),
                (module.running_mean, -0.5, 0.5),
                (module.running_var, 0.5, 2.0),
            ):
                value.data.uniform_(low, high, generator=generator)
    return net


@pytest.fixture(scope="module")
def random_resnet18(tmp_path_factory):
    file = tmp_path_factory.mktemp("random") / "resnet18.pt"
    return export("resnet18", "--weights", "random", "--seed", "7", "-o", file)


def test_random_weights_are_those_of_torchvision_with_that_seed(random_resnet18):
    torch.manual_seed(7)
    reference = torchvision.models.resnet18(weights=None)
    assert_close(features(load(random_resnet18)[0], image()), resnet_features(reference, image()))


def test_the_same_call_gives_the_same_bytes_under_any_name(random_resnet18, tmp_path):
    again = export(
        "resnet18", "--weights", "random", "--seed", 7, "-o", tmp_path / "other.pt", PYTHONHASHSEED="5"
    )
    assert again.read_bytes() == random_resnet18.read_bytes()


def test_another_seed_gives_other_weights(random_resnet18, tmp_path):
    other = export("resnet18", "--weights", "random", "--seed", "8", "-o", tmp_path / "other.pt")
    sums = [load(file)[1]["weights"]["sha256"] for file in (other, random_resnet18)]
    assert sums[0] != sums[1]
    assert not torch.equal(
        features(load(other)[0], image())[3], features(load(random_resnet18)[0], image())[3]
    )


def test_description_says_what_the_file_is(random_resnet18):
    description = load(random_resnet18)[1]
    assert len(description["weights"].pop("sha256")) == 64
    assert description.pop("weights") == {
        "source": f"random: torch.manual_seed(7), torch {torch.__version__}"
    }
    assert description == {
        "schema": "touchstone.extractor/1",
        "name": "resnet18-random",
        "version": "1",
        "license": "none needed: random numbers",
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "levels": [
            {"name": "layer1", "channels": 64, "stride": 4},
            {"name": "layer2", "channels": 128, "stride": 8},
            {"name": "layer3", "channels": 256, "stride": 16},
        ],
        "global": "layer4",
        "global_size": 512,
        "input_multiple": 32,
        "default_levels": {"spade": [1, 2, 3], "patchcore": [2, 3], "padim": [1, 2, 3]},
    }


@pytest.mark.parametrize("file", ["random_resnet18", "embedded"])
def test_check_sums_cover_every_record_and_no_record_holds_a_path(file, request):
    path = ROOT / "models" / "efficientnet_lite0.pt" if file == "embedded" else request.getfixturevalue(file)
    with zipfile.ZipFile(path) as archive:
        records = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}
    lines = records.pop("extra/touchstone.sha256").decode().splitlines()
    assert lines == [f"{hashlib.sha256(records[name]).hexdigest()}  {name}" for name in sorted(records)]
    for name, value in records.items():
        assert b"/usr/" not in value and str(ROOT).encode() not in value, name


def test_state_dict_file_is_folded_without_changing_the_features(tmp_path):
    net = seasoned(torchvision.models.resnet18(weights=None))
    torch.save(net.state_dict(), tmp_path / "mine.pth")
    module, description = load(
        export("resnet18", "--weights", tmp_path / "mine.pth", "-o", tmp_path / "mine.pt")
    )
    assert_close(features(module, image()), resnet_features(net, image()))
    assert description["name"] == "resnet18"
    assert description["weights"]["source"] == "file mine.pth"
    assert (
        description["weights"]["sha256"] == hashlib.sha256((tmp_path / "mine.pth").read_bytes()).hexdigest()
    )


def test_global_layer3_neither_needs_nor_holds_layer4(tmp_path):
    net = seasoned(torchvision.models.resnet18(weights=None))
    state = {
        name: value for name, value in net.state_dict().items() if not name.startswith(("layer4.", "fc."))
    }
    torch.save(state, tmp_path / "short.pth")
    arguments = ("resnet18", "--weights", tmp_path / "short.pth", "-o", tmp_path / "short.pt")
    module, description = load(export(*arguments, "--global", "layer3"))
    assert_close(features(module, image()), resnet_features(net, image(), "layer3"))
    assert (description["global_size"], description["input_multiple"]) == (256, 16)
    assert (tmp_path / "short.pt").stat().st_size < 12e6
    (tmp_path / "short.pt").unlink()
    assert "--global layer3 does without layer4" in refusal(*arguments)
    assert not (tmp_path / "short.pt").exists()


def test_folded_weights_file_fits_the_network_without_batch_norms(tmp_path):
    if not FOLDED_RESNET18.exists():
        pytest.skip(f"{FOLDED_RESNET18} is not on this machine")
    arguments = ("resnet18", "--weights", FOLDED_RESNET18, "--global", "layer3", "-o", tmp_path / "folded.pt")
    module, description = load(export(*arguments))
    with numpy.load(FOLDED_RESNET18) as arrays:
        weights = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    assert_close(features(module, image()), folded_resnet18(weights, image()))
    assert description["weights"]["sha256"] == hashlib.sha256(FOLDED_RESNET18.read_bytes()).hexdigest()
    assert description["global"] == "layer3" and description["global_size"] == 256


@pytest.mark.parametrize("size", [(64, 64), (96, 64)])
def test_lite0_folded_and_repadded_is_the_plain_network(size):
    torch.manual_seed(3)
    plain = seasoned(extractor_networks.efficientnet_lite0()).eval()
    expected = features(plain, image(*size))
    extractor_networks.fold_batch_norms(plain)
    extractor_networks.absorb_padding(plain)
    kinds = {type(module) for module in plain.modules()}
    assert torch.nn.BatchNorm2d not in kinds and torch.nn.ZeroPad2d not in kinds
    assert_close(features(plain, image(*size)), expected)


def test_lite0_stride_two_convolutions_pad_like_tensorflow():
    # SAME at stride 2 and even size: output x reads the inputs 2x .. 2x + kernel - 1, shifted by the
    # smaller half of (kernel - 2).
    for kernel, shift in ((3, 0), (5, 1)):
        net = torch.nn.Sequential(*extractor_networks.conv_norm(1, 1, kernel, stride=2)[:2])
        net[1].weight.data.zero_()
        net[1].weight.data[0, 0, 0, 0] = 1  # picks the first input of each window
        line = torch.arange(1.0, 9.0).repeat(8, 1)[None, None]
        picked = net(line)[0, 0, -1]
        expected = [float(line[0, 0, 0, 2 * x - shift]) if 2 * x - shift >= 0 else 0.0 for x in range(4)]
        assert picked.tolist() == expected


def test_imagenet_without_network_says_which_file_to_put_where(tmp_path):
    message = refusal("resnet18", "-o", tmp_path / "net.pt", TORCH_HOME=str(tmp_path), **NO_NETWORK)
    assert "Fetch resnet18-f37072fd.pth (its SHA-256 starts with f37072fd)" in message
    assert f"put it at {tmp_path}/hub/checkpoints/resnet18-f37072fd.pth" in message
    assert "--weights /path/to/resnet18-f37072fd.pth" in message
    assert not (tmp_path / "net.pt").exists()


def test_weights_with_a_wrong_digest_are_refused(tmp_path):
    state = io.BytesIO()
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), state)
    cached = tmp_path / "hub" / "checkpoints" / "resnet18-f37072fd.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(state.getvalue())
    for arguments in (("resnet18",), ("resnet18", "--weights", cached)):
        message = refusal(*arguments, "-o", tmp_path / "net.pt", TORCH_HOME=str(tmp_path), **NO_NETWORK)
        assert "must start with f37072fd" in message
    message = refusal("efficientnet_lite0", "--weights", cached, "-o", tmp_path / "net.pt")
    assert "must start with 579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db" in message


@pytest.mark.parametrize("content", [b"", b"a text", b"PK\x03\x04 no zip", b"\x80\x02}q\x00."])
@pytest.mark.parametrize("name", ["weights.pth", "weights.npz"])
def test_foreign_weights_files_are_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    message = refusal("resnet18", "--weights", tmp_path / name, "-o", tmp_path / "net.pt")
    assert str(tmp_path / name) in message or f"file {name}" in message


def test_weights_of_another_architecture_are_refused(tmp_path):
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), tmp_path / "small.pth")
    message = refusal("resnet50", "--weights", tmp_path / "small.pth", "-o", tmp_path / "net.pt")
    assert "file small.pth: does not fit the architecture" in message


def test_missing_paths_are_named(tmp_path):
    missing = tmp_path / "missing" / "net.pt"
    assert str(missing.parent) in refusal("resnet18", "--weights", "random", "-o", missing)
    assert "no such file" in refusal("resnet18", "--weights", "nowhere.pth", "-o", tmp_path / "net.pt")


def test_an_output_that_cannot_be_replaced_leaves_nothing_behind(tmp_path):
    (tmp_path / "net.pt").mkdir()
    assert "cannot write" in refusal("resnet18", "--weights", "random", "-o", tmp_path / "net.pt")
    assert [file.name for file in tmp_path.iterdir()] == ["net.pt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("vgg16", "-o", "x.pt"),
        ("resnet18",),
        ("resnet18", "-o", "x.pt", "--seed", "-1"),
        ("resnet18", "-o", "x.pt", "--global", "layer2"),
        ("efficientnet_lite0", "-o", "x.pt", "--global", "layer3"),
    ],
)
def test_usage_errors_exit_with_two(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_the_readme_shows_how_to_pack_a_network_of_ones_own(tmp_path):
    text = (ROOT / "scripts" / "README.md").read_text()
    description = json.loads(text.split("```json")[1].split("```")[0])
    program = text.split("```python")[1].split("```")[0]
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    setup = f"import torch; my_net = torch.nn.Identity(); description = {description!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", setup + program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert load(tmp_path / "my_net.pt")[1] == description


@pytest.mark.slow
def test_wide_resnet50_2_with_random_weights_has_the_shapes_of_the_paper(tmp_path):
    module, description = load(export("wide_resnet50_2", "--weights", "random", "-o", tmp_path / "wide.pt"))
    shapes = [tuple(value.shape) for value in features(module, image(224, 224))]
    assert shapes == [(1, 256, 56, 56), (1, 512, 28, 28), (1, 1024, 14, 14), (1, 2048)]
    assert description["name"] == "wide_resnet50_2-random"
