"""scripts/bench.py and scripts/ab_bench.py: what they say of runs whose outcome is known."""

import subprocess
import sys

import pytest
from PIL import Image

from command_line import ROOT, TINY, binary

sys.path.insert(0, str(ROOT / "scripts"))

import ab_bench  # noqa: E402
import bench  # noqa: E402
import bench_methods  # noqa: E402
import measured_runs  # noqa: E402


def run(script, *arguments, **options):
    command = [sys.executable, ROOT / "scripts" / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture(name="program")
def _program(tmp_path):
    """program(name, seconds, text) -> a program that sleeps, then writes the text to the folder in its argument."""

    def write(name, seconds, text="same"):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\nsleep {seconds}\nmkdir "$1"\necho {text} > "$1/scores.csv"\n')
        path.chmod(0o755)
        return path

    return write


@pytest.mark.parametrize("old, new, code, said", [(0, 1, 1, "new: slower"), (1, 0, 0, "new: faster")])
def test_ranges_apart_are_called_by_their_name(program, old, new, code, said):
    done = run("ab_bench.py", program("old", old), program("new", new), "--runs", 3, "--", "{out}")
    assert done.returncode == code, done.stderr
    assert done.stdout.startswith("| 3 runs each, in turns | median s |") and said in done.stdout


def test_overlapping_ranges_show_nothing():
    assert ab_bench.verdict([1.0, 2.0], [1.9, 5.0]).startswith("no difference shown")
    assert ab_bench.verdict([1.9, 5.0], [1.0, 2.0]).startswith("no difference shown")


def test_the_digest_tells_that_the_output_changed(program):
    done = run("ab_bench.py", program("old", 0, "a"), program("new", 0, "b"), "--runs", 2, "--", "{out}")
    digests = [line.split("|")[6].strip() for line in done.stdout.splitlines() if line.startswith(("| old", "| new"))]
    assert len(set(digests)) == 2 and all(len(digest) == 12 for digest in digests)


def test_each_program_gets_its_own_value():
    words = ["score", "-g", "{g}"]
    for which, gallery in enumerate(("one", "two")):
        assert ab_bench.replaced(words, ab_bench.values_of(["g=one,two"], which))[2] == gallery


def test_a_program_that_fails_ends_the_comparison(tmp_path):
    failing = tmp_path / "failing"
    failing.write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
    failing.chmod(0o755)
    done = run("ab_bench.py", failing, failing, "--", "x")
    assert done.returncode == 1 and "no such luck" in done.stderr


def test_tuned_libraries_are_left_behind(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "SkylakeX")
    assert measured_runs.measure(["sh", "-c", "echo ${OPENBLAS_CORETYPE-unset}"]).stdout == b"unset\n"


def test_memory_is_the_largest_resident_set():
    own_memory = bytearray(300_000_000)  # of the one who measures: does not count
    run_of_100_mb = measured_runs.measure([sys.executable, "-c", "bytes(range(256)) * 400_000"])
    assert 100 < run_of_100_mb.peak_mb < 250
    assert len(own_memory) == 300_000_000


@pytest.fixture(name="few")
def _few(tmp_path, sample):
    """A category of one good image, and one good and one dented one to check."""
    for folder in ("train/good", "test/good", "test/dent", "ground_truth/dent"):
        source = min((sample / folder).iterdir())
        (tmp_path / "data/hazelnut_reduced" / folder).mkdir(parents=True)
        (tmp_path / "data/hazelnut_reduced" / folder / source.name).symlink_to(source)
    return tmp_path / "data/hazelnut_reduced"


@pytest.fixture(name="table")
def _table(tmp_path, few):
    """table(*arguments) -> what bench.py says on stderr, and its lines as dictionaries by the header's names."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models/efficientnet_lite0.pt").symlink_to(TINY)
    options = ("--program", binary(), "--models", tmp_path / "models", "--tools", tmp_path)

    def make(*arguments, script="bench.py"):
        done = run(script, few.parent, *arguments, *options)
        assert done.returncode == 0, done.stderr
        cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if "|" in line]
        return done.stderr, [dict(zip(cells[0], line)) for line in cells[2:]]

    return make


def test_the_table_has_a_line_for_each_row(table):
    said, lines = table("--rows", "lite0;lite0, no pictures;resnet18", "--repeat", 2)
    assert "left out: resnet18" in said
    whole, bare = lines
    assert [line[""] for line in lines] == ["lite0", "lite0, no pictures"]
    assert whole["bare forward"] == whole["sum / bare"] == "-"
    assert float(whole["images/s"]) > 0 and float(whole["peak MB"]) > 10
    assert 0 <= float(whole["pixel ROCAUC"]) <= 100 and bare["pixel ROCAUC"] == "-"
    assert whole["image ROCAUC"] == bare["image ROCAUC"]
    assert whole["output"] != bare["output"]


def test_the_table_of_fit_has_a_digest_of_the_features(table):
    _, (line,) = table("--fit", "--repeat", 1)
    assert line[""] == "fit lite0" and float(line["decode"]) >= 0 and len(line["features"]) == 12


def test_a_curve_has_a_line_for_each_point_and_the_work_folder_keeps_the_gallery(table, tmp_path):
    arguments = ("--scaling", "--rows", "threads", "--repeat", 1, "--work", tmp_path / "work")
    _, lines = table(*arguments)
    (gallery,) = (tmp_path / "work").glob("gallery*/manifest.json")
    before = gallery.stat().st_mtime_ns
    assert [line["threads"] for line in lines] == ["1", "2"] and lines[0]["output"] == lines[1]["output"]
    assert table(*arguments)[1][0]["output"] == lines[0]["output"] and gallery.stat().st_mtime_ns == before


def test_the_median_of_what_is_not_known_is_not_known():
    assert bench.median([1, 5, 2]) == 2 and bench.median([1, None]) is None


def test_pictures_are_enlarged_and_masks_stay_masks(tmp_path, few):
    bench.enlarge(few, tmp_path / "large", 100)
    paths = [path.relative_to(few) for path in few.rglob("*.png")]
    assert len(paths) == 4
    for path in paths:
        with Image.open(tmp_path / "large" / path) as large, Image.open(few / path) as small:
            assert large.size == (100, 100)
            if "ground_truth" in path.parts:
                assert set(large.getdata()) == set(small.getdata())


def test_test_images_are_there_as_often_as_asked_for_with_their_masks(tmp_path, few):
    bench.enlarge(few, tmp_path / "large", 20, 3)
    stem = next((few / "test/dent").iterdir()).stem
    found = sorted(str(path.relative_to(tmp_path / "large")) for path in (tmp_path / "large").rglob("*.png"))
    assert len([path for path in found if path.startswith("train/")]) == 1
    assert [path for path in found if "dent" in path] == [
        *(f"ground_truth/dent/{stem}-{copy}_mask.png" for copy in range(3)),
        *(f"test/dent/{stem}-{copy}.png" for copy in range(3)),
    ]


def test_the_table_of_methods_has_a_line_for_each(table):
    _, (line,) = table("--rows", "patchcore 10 %, efficientnet_lite0", "--repeat", 1, script="bench_methods.py")
    assert line["bare extraction, s"] == line["fit / extraction"] == "-"
    assert float(line["fit, s"]) > float(line["of it left out in turn"]) >= 0
    assert line["all / forward"] == "-" or float(line["all / forward"]) >= 1  # tiny: a forward pass of 0.000 s
    assert float(line["fit, peak MB"]) > 10


def test_a_spread_is_given_where_there_is_one():
    assert bench_methods.spread([3.0, 1.0, 2.0], 1) == "2.0 (1.0..3.0)"
    assert bench_methods.spread([1.04, 1.01], 1) == "1.0" and bench_methods.spread([1.0, None], 2) == "-"


@pytest.mark.parametrize("script", ["bench.py", "bench_methods.py", "ab_bench.py"])
def test_each_script_says_what_it_takes(script):
    done = run(script, "--help")
    assert done.returncode == 0 and "usage: " + script in done.stdout
