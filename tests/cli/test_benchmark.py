"""benchmark: messages, exit codes, what it prints and leaves behind."""

import csv
import json
import os
import shutil
import subprocess

import pytest
from PIL import Image

from command_line import TINY, binary, refusal

OPTIONS = ("--model", TINY, "--resize", "32", "--bootstrap", "50")


@pytest.fixture(name="root")
def _root(tmp_path, sample):
    """A data set of one category, bottle: the sample."""
    shutil.copytree(sample, tmp_path / "root" / "bottle")
    return tmp_path / "root"


@pytest.fixture(name="benchmark")
def _benchmark(touchstone, root):
    return lambda *options: touchstone("benchmark", root, "-o", "out", *OPTIONS, *options)


def test_all_tables_say_the_same(benchmark, tmp_path):
    outcome = benchmark()
    assert outcome.code == 0, outcome
    document = json.loads((tmp_path / "out" / "benchmark.json").read_text())
    row = document["categories"][0]
    assert (row["category"], row["pixel_rocauc_published"]) == ("bottle", pytest.approx(0.984))
    shown = f"{100 * row['pixel_rocauc']:.2f}"
    assert shown in outcome.stdout.decode()
    assert shown in (tmp_path / "out" / "benchmark.md").read_text()
    with open(tmp_path / "out" / "benchmark.csv", newline="", encoding="utf-8") as file:
        cells = list(csv.DictReader(file))[0]
    assert float(cells["pixel_rocauc"]) == pytest.approx(row["pixel_rocauc"])
    assert [float(cells["au_pro_low"]), float(cells["au_pro_high"])] == pytest.approx(row["au_pro_ci"])


def test_says_where_the_run_differs_from_the_published_one(benchmark):
    said = benchmark().stdout.decode()
    assert "wide_resnet50_2" in said
    assert "extractor tiny; resize 32x32; no crop; figures at original size" in said


def test_a_region_is_of_all_categories_and_part_of_what_a_row_depends_on(benchmark, tmp_path):
    mask = Image.new("L", (320, 320), 255)
    mask.paste(0, (160, 0, 320, 320))
    mask.save(tmp_path / "left.png")
    benchmark()
    whole = json.loads((tmp_path / "out" / "benchmark.json").read_text())["categories"][0]
    outcome = benchmark("--roi", "left.png")
    assert outcome.code == 0 and "bottle: done" in outcome.stderr
    assert "parts of the images left out (--roi)" in outcome.stdout.decode()
    left = json.loads((tmp_path / "out" / "benchmark.json").read_text())["categories"][0]
    assert left["pixel_rocauc"] != whole["pixel_rocauc"]
    assert "bottle: unchanged" in benchmark("--roi", "left.png").stderr
    refusal(benchmark("--roi", "none.png"), 2, "none.png", "--roi")


def test_another_method_is_not_put_beside_spades_figures(benchmark, tmp_path):
    said = benchmark("--method", "patchcore", "--coreset", "0.25").stdout.decode()
    assert "PatchCore" in said and "SPADE" not in said and "publ." not in said and "image patch max" in said
    row = json.loads((tmp_path / "out" / "benchmark.json").read_text())["categories"][0]
    assert row["image_rocauc_patch_max"] is not None and "image_rocauc_retrieval" not in row
    assert "bottle: unchanged" in benchmark("--method", "patchcore", "--coreset", "0.25").stderr
    refusal(benchmark("--method", "padim", "--ablation", "k"), 2, "--ablation")


def test_methods_are_rows_with_their_costs(benchmark, tmp_path):
    outcome = benchmark("--methods", "spade,patchcore:0.25,padim:3", "-K", "5", "--sigma", "2")
    assert outcome.code == 0, outcome
    said = outcome.stdout.decode()
    for cell in ("bottle, spade", "bottle, patchcore 25 %", "bottle, padim 3", "s/image", "disk MB"):
        assert cell in said
    document = json.loads((tmp_path / "out" / "benchmark.json").read_text())
    spade, patchcore, padim = document["categories"]
    assert spade["options"]["num_retrieved"] == 5 and patchcore["options"]["coreset"] == 0.25
    assert {row["options"]["sigma"] for row in (spade, patchcore, padim)} == {2}
    for row in (spade, patchcore, padim):
        assert row["costs"]["fit_s"] > 0 and row["costs"]["gallery_bytes"] > 1000
    with open(tmp_path / "out" / "benchmark.csv", newline="", encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert float(cells[1]["gallery_bytes"]) == patchcore["costs"]["gallery_bytes"]
    assert "patchcore 25 %: unchanged" in benchmark("--methods", "patchcore:0.25", "--sigma", "2").stderr


def test_rows_of_an_earlier_command_that_are_replaced_are_named_and_come_back(benchmark):
    first = benchmark("--methods", "spade,padim:3")
    assert "replaced" not in first.stderr
    narrower = benchmark("--methods", "padim:3")
    assert "1 row that this command does not make (bottle: spade)" in narrower.stderr
    again = benchmark("--methods", "spade,padim:3")
    assert "replaced" not in again.stderr and again.stderr.count(": unchanged") == 2
    assert again.stdout == first.stdout


def test_all_methods_are_the_rows_of_the_papers(benchmark):
    outcome = benchmark("--methods", "all")
    assert outcome.code == 0, outcome
    rows = [line for line in outcome.stdout.decode().splitlines() if line.startswith("bottle, ")]
    assert len(rows) >= 6 and "100 were asked for" in outcome.stdout.decode()


def test_a_row_that_takes_too_long_is_given_up(benchmark):
    outcome = benchmark("--methods", "patchcore", "--time-limit", "0.000001")
    assert outcome.code == 1 and "--time-limit of a row" in outcome.stdout.decode()


@pytest.mark.parametrize("what", ["spad", "spade:1", "patchcore:x", "patchcore:7", "padim:0", "padim:2.5", ",", "spade,,padim"])
def test_refuses_other_methods(benchmark, what):
    refusal(benchmark("--methods", what), 2, "--coreset" if what == "patchcore:7" else "--methods")


@pytest.mark.parametrize("option", ["--method=padim", "--coreset=0.1", "--dims=3", "--ablation=levels"])
def test_methods_decide_alone(benchmark, option):
    refusal(benchmark("--methods", "all", option), 2, option.split("=")[0])


def test_json_is_the_file_that_it_writes(benchmark, tmp_path):
    outcome = benchmark("--json", "--quiet")
    assert outcome.stdout == (tmp_path / "out" / "benchmark.json").read_bytes()
    assert outcome.stderr == ""


def test_what_a_killed_run_left_is_cleared_away(benchmark, tmp_path):
    category = tmp_path / "out" / "bottle"
    assert benchmark().code == 0
    for left in (".gallery.partial-1", ".gallery.replaced-1"):
        (category / left / "segments").mkdir(parents=True)
    (category / ".gallery.notes").mkdir()
    assert benchmark("--force").code == 0
    assert sorted(path.name for path in category.iterdir()) == [".gallery.notes", "results"]


def test_a_second_run_takes_over_what_is_done(benchmark):
    first = benchmark()
    assert "bottle: done" in first.stderr
    second = benchmark()
    assert "bottle: unchanged" in second.stderr
    assert second.stdout == first.stdout
    assert "bottle: done" in benchmark("--force").stderr


@pytest.mark.parametrize("part", ["touchstone", "libtouchstone_torch.so", "libtouchstone_imgcodecs.so"])
def test_another_build_takes_nothing_over(benchmark, root, tmp_path, part):
    """The version is the same for many builds, whose figures may differ."""
    benchmark()
    build = tmp_path / "build"
    build.mkdir()
    for file in (binary(), *binary().parent.glob("libtouchstone_*.so")):
        shutil.copy(file, build / file.name)
    (build / binary().name).rename(build / "touchstone")
    command = [build / "touchstone", "benchmark", root, "-o", "out", *OPTIONS]
    libraries = {**os.environ, "LD_LIBRARY_PATH": str(build)}
    said = [subprocess.run(command, cwd=tmp_path, env=libraries, capture_output=True, check=True).stderr]
    with (build / part).open("ab") as file:
        file.write(b"another build")
    for _ in range(2):
        said.append(subprocess.run(command, cwd=tmp_path, env=libraries, capture_output=True, check=True).stderr)
    assert [b"bottle: unchanged" in text for text in said] == [True, False, True]
    assert [b"another build of touchstone" in text for text in said] == [False, True, False]


@pytest.mark.parametrize("threads", ["1", "3"])
def test_does_not_depend_on_threads(benchmark, threads):
    expected = benchmark("--threads", "2").stdout
    assert benchmark("--threads", threads, "--force").stdout == expected


def test_an_ablation_has_a_row_for_each_setting(benchmark):
    said = benchmark("--ablation", "retrieval").stdout.decode()
    assert "bottle, nearest" in said
    assert "bottle, random" in said


def test_a_bad_category_is_reported_and_the_run_goes_on(benchmark, root):
    (root / "cable" / "test").mkdir(parents=True)
    outcome = benchmark()
    assert outcome.code == 3
    assert "warning: cable: " in outcome.stderr
    assert "cable has no figures" in outcome.stdout.decode()
    shutil.rmtree(root / "bottle")
    assert benchmark().code == 1  # none is left


def test_an_image_that_cannot_be_read_is_exit_3(benchmark, root):
    (root / "bottle" / "test" / "good" / "broken.png").write_bytes(b"no image")
    outcome = benchmark()
    assert outcome.code == 3
    assert "bottle: 1 image could not be used" in outcome.stdout.decode()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("missing", "-o", "out"), "missing"),
        (("root",), "--output"),
        (("", "-o", "out"), "ROOT: must not be empty"),
        (("root", "-o", "root/out"), "lies in"),
        (("root/bottle/train", "-o", "out"), "MVTec-layout"),
        (("root", "-o", "out", "--ablation", "all"), "k|levels|none|retrieval"),
        (("root", "-o", "out", "--resolution", "0"), "--resolution"),
        (("root", "-o", "out", "--model", "missing.pt"), "missing.pt"),
        (("root", "-o", "out", "--model", TINY, "--levels", "3"), "--levels"),
    ],
)
def test_refuses_before_anything_is_read(touchstone, tmp_path, root, arguments, said):
    assert root.is_dir()
    refusal(touchstone("benchmark", *arguments), 2, said)
    assert not (tmp_path / "out").exists()


def test_does_not_write_into_a_folder_of_somebody_else(touchstone, tmp_path, root):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    refusal(touchstone("benchmark", root, "-o", "out", *OPTIONS), 2, "not ours to replace")
