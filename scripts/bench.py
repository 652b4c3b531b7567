#!/usr/bin/env python3
"""End-to-end times as Markdown: bench.py DATA [--rows "NAME;..."] [--repeat 3] [--scaling]

DATA is a folder of categories in MVTec's layout, hazelnut_reduced among them. Each row fits a gallery once, then scores
the category's test folder, row after row, --repeat times over, and takes medians; the digest of the output must be the
same each time. Bare forward and generated galleries come from the preset `bench`; columns without it read "-".
Sets called NAME@1024*6 are the images of NAME blown up to 1024x1024 PNG (bicubic), each test image six times over, so that
loading the network does not weigh more than in a run of some length; their pixels are interpolated. With --scaling the curves of tests/bench/README.md instead. OPENBLAS_CORETYPE and the like are unset for
everything that is run (measured_runs.py lists them). Needs Python's PIL.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import shutil
import statistics
import sys
import tempfile

from PIL import Image

import measured_runs

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAGES = re.compile(
    r"(\d+) images in .*decode ([\d.]+) s, forward ([\d.]+) s, search ([\d.]+) s, maps and files ([\d.]+) s"
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    dataset: str = "hazelnut_reduced"
    model: str = "efficientnet_lite0"
    fit: tuple = ()
    score: tuple = ()
    threads: int = 0


NO_FILES = ("--no-maps", "--no-heatmaps")
PAPER = ("--preset", "paper")
ROWS = [
    Row("lite0"),
    Row("lite0, 1 thread", threads=1),
    Row("lite0, no pictures", score=NO_FILES),
    Row("lite0, 1024 px, 60 images", dataset="hazelnut_reduced@1024*6"),
    Row("lite0, 1024 px, 60 images, no pictures", dataset="hazelnut_reduced@1024*6", score=NO_FILES),
    Row("lite0, 765 good images", dataset="magnetic_tile"),
    Row("resnet18", model="resnet18"),
    Row("wrn50 random, paper, K = 50", model="wide_resnet50_2-random", fit=PAPER),
    Row("wrn50 random, paper, K = 5", model="wide_resnet50_2-random", fit=PAPER, score=("-K", "5")),
]


class Bench:
    """The programs, the data and a work folder that keeps galleries for as long as this lives."""

    def __init__(self, arguments, work):
        self.program = arguments.program.resolve()
        self.tools = arguments.tools.resolve()
        self.models = arguments.models.resolve()
        self.data = arguments.data
        self.work = pathlib.Path(work)
        self.galleries = {}

    def has(self, row):
        dataset = self.data / row.dataset.partition("@")[0]
        return dataset.is_dir() and (self.models / f"{row.model}.pt").is_file()

    def dataset(self, name):
        """The folder of a category; those with @SIDE*TIMES are made."""
        source, _, how = name.partition("@")
        if not how:
            return self.data / source
        folder = self.work / name
        if not folder.exists():
            side, _, times = how.partition("*")
            enlarge(self.data / source, folder, int(side), int(times or 1))
        return folder

    def gallery(self, row):
        key = (row.dataset, row.model, row.fit)
        if key not in self.galleries:
            folder = self.work / f"gallery{len(self.galleries)}"
            model = self.models / f"{row.model}.pt"
            good = self.dataset(row.dataset) / "train" / "good"
            measured_runs.measure([self.program, "fit", good, "-o", folder, "--model", model, *row.fit])
            self.galleries[key] = folder
        return self.galleries[key]

    def generated_gallery(self, row, count):
        """The row's gallery grown or cut to `count` images of generated features; None without the program."""
        program = self.tools / "generated_gallery"
        folder = self.work / f"generated{count}"
        if program.exists() and not folder.exists():
            measured_runs.measure([program, self.gallery(row), folder, str(count)])
        return folder if folder.exists() else None

    def score(self, row, gallery=None):
        """-> (Run, the results folder, seconds of a thread on an image by stage)"""
        out = self.work / "results"
        shutil.rmtree(out, ignore_errors=True)
        test = self.dataset(row.dataset) / "test"
        command = [self.program, "score", test, "-g", gallery or self.gallery(row), "-o", out]
        run = measured_runs.measure([*command, "--threads", str(row.threads), *row.score])
        count, *stages = STAGES.search(run.stderr).groups()
        return run, out, (int(count), *map(float, stages))

    def rocauc(self, results):
        """Image and pixel ROCAUC in percent."""
        figures = json.loads(measured_runs.measure([self.program, "evaluate", results, "--json"]).stdout)["mean"]
        return [percent(figures["image_rocauc"]["score"]), percent(figures["pixel_rocauc"])]

    def bare_forward_ms(self, row):
        program = self.tools / "forward_bench"
        if not program.exists():
            return None
        side = json.loads((self.gallery(row) / "manifest.json").read_text())["preprocessing"]
        side = (side["crop"] or side["resize"])[0]
        environment = {
            "TOUCHSTONE_BENCH_MODEL": str(self.models / f"{row.model}.pt"),
            "TOUCHSTONE_BENCH_SIDE": str(side),
        }
        command = [program, "--benchmark_format=json", "--benchmark_repetitions=3", "--benchmark_filter=threads:1$"]
        document = json.loads(measured_runs.measure(command, **environment).stdout)
        return next(entry["real_time"] for entry in document["benchmarks"] if entry["name"].endswith("_median"))


def enlarge(source, target, side, times=1):
    """The same category with every file as a side x side PNG; masks stay masks. Of test images and masks `times` copies."""
    for path in sorted(path for path in source.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".bmp")):
        folder = target / path.parent.relative_to(source)
        folder.mkdir(parents=True, exist_ok=True)
        is_mask = "ground_truth" in path.parts
        end = "_mask" if is_mask else ""
        stem = path.stem[: len(path.stem) - len(end)]
        with Image.open(path) as image:
            large = image.resize((side, side), Image.NEAREST if is_mask else Image.BICUBIC)
        for copy in range(1 if "train" in path.parts else times):
            number = f"-{copy}" if times > 1 else ""
            large.save(folder / f"{stem}{number}{end}.png", compress_level=1)


def percent(figure):
    return "-" if figure is None else f"{100 * figure:.2f}"


def milliseconds(figure):
    return "-" if figure is None else f"{figure:.1f}"


def table(bench, rows, repeat):
    """The end-to-end table."""
    forward = {row: bench.bare_forward_ms(row) for row in rows}
    runs, stages, digests, quality = (collections.defaultdict(list) for _ in range(4))
    for number in range(repeat):
        for row in rows:
            run, results, times = bench.score(row)
            runs[row].append(run)
            stages[row].append(times)
            digests[row].append(measured_runs.digest(results))
            if number == 0:
                quality[row] = ["-", "-"] if "--no-maps" in row.score else bench.rocauc(results)
    header = ["", "bare forward", "decode", "forward", "search", "write", "total s", "images/s", "peak MB"]
    header += ["image ROCAUC", "pixel ROCAUC", "output"]
    lines = []
    for row in rows:
        if len(set(digests[row])) != 1:
            sys.exit(f"{row.name}: the output changed from run to run: {digests[row]}")
        medians = [statistics.median(column) for column in zip(*stages[row])]
        total = statistics.median(run.seconds for run in runs[row])
        peak = max(run.peak_mb for run in runs[row])
        times = [milliseconds(figure) for figure in (forward[row], *(1000 * value for value in medians[1:]))]
        rate = [f"{total:.2f}", f"{medians[0] / total:.1f}", f"{peak:.0f}"]
        lines.append([row.name, *times, *rate, *quality[row], digests[row][0]])
    return measured_runs.markdown(header, lines)


def curve(bench, title, points, repeat):
    """One scaling curve: points are (label, Row, gallery or None)."""
    lines = []
    for label, row, gallery in points:
        results = [bench.score(row, gallery) for _ in range(repeat)]
        search = statistics.median(times[3] for _, _, times in results)
        forward = statistics.median(times[2] for _, _, times in results)
        total = statistics.median(run.seconds for run, _, _ in results)
        peak = max(run.peak_mb for run, _, _ in results)
        figures = [f"{1000 * forward:.1f}", f"{1000 * search:.1f}", f"{results[0][2][0] / total:.1f}", f"{peak:.0f}"]
        lines.append([label, *figures, measured_runs.digest(results[0][1])])
    return measured_runs.markdown([title, "forward ms", "search ms", "images/s", "peak MB", "output"], lines)


def scaling(bench, repeat):
    """The curves: one thing grows, the rest stays as the embedded extractor's defaults."""
    base = Row("lite0")

    def generated(count):
        gallery = bench.generated_gallery(base, count)
        return gallery or sys.exit(f"{bench.tools}/generated_gallery is not built: cmake --build --preset bench")

    def retrieved(count):
        return dataclasses.replace(base, score=("-K", str(count)))

    def input_side(side):
        return dataclasses.replace(base, fit=("--resize", str(side)))

    curves = [
        ("K of 200", [(count, retrieved(count), generated(200)) for count in (1, 5, 20, 50, 100, 200)]),
        ("gallery images", [(count, base, generated(count)) for count in (50, 200, 765, 2000, 5000)]),
        ("input px", [(side, input_side(side), None) for side in (224, 256, 320, 384, 448, 512)]),
        ("threads", [(count, dataclasses.replace(base, threads=count), None) for count in (1, 2)]),
    ]
    return "\n\n".join(curve(bench, title, points, repeat) for title, points in curves)


def arguments_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--rows", help="names of rows, separated by ;  (default: all that have their data and model)")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/touchstone")
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/bench/tests/bench")
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "models")
    parser.add_argument("--work", type=pathlib.Path, help="where galleries and results go (default: the system's)")
    return parser.parse_args(words)


def main():
    arguments = arguments_of(sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=arguments.work) as work:
        bench = Bench(arguments, work)
        wanted = [row for row in ROWS if not arguments.rows or row.name in arguments.rows.split(";")]
        rows = [row for row in wanted if bench.has(row)]
        for row in wanted:
            if row not in rows:
                print(f"left out: {row.name} (no {row.dataset} or no {row.model}.pt)", file=sys.stderr)
        if not rows:
            sys.exit("no row is left")
        print(f"{measured_runs.machine()}; median of {arguments.repeat} runs; stages in ms of one thread an image\n")
        print(scaling(bench, arguments.repeat) if arguments.scaling else table(bench, rows, arguments.repeat))
    return 0


if __name__ == "__main__":
    sys.exit(main())
