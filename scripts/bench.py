#!/usr/bin/env python3
"""End-to-end times as Markdown: bench.py DATA [--rows "NAME;..."] [--repeat 3] [--fit|--evaluate|--scaling]

DATA is a folder of categories in MVTec's layout, hazelnut_reduced among them. Each row fits a gallery once, then scores
the category's test folder, row after row, --repeat times over, and takes medians; the digest of the output must be the
same each time. The bare forward pass runs before each score, with as many threads, so that ratios are of the same
minute. Bare forward, generated maps and galleries come from the preset `bench`; columns without it read "-".
Sets called NAME@1024*6 are the images of NAME blown up to 1024x1024 PNG (bicubic), each test image six times over, so
that loading the network does not weigh more than in a run of some length; their pixels are interpolated.
--fit, --evaluate: the tables of fit and of evaluate; --scaling: the curves of tests/bench/README.md; --rows then names
lines or curves of those. --work DIR keeps galleries and sets for the next run. OPENBLAS_CORETYPE and the like are unset
for everything that is run (measured_runs.py lists them). Needs Python's PIL.
"""

import argparse
import collections
import contextlib
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
UNITS = "stages in ms of one thread an image"
HARDWARE_THREADS = 2  # that forward_bench runs at most
FIT_STAGES = re.compile(r"decode ([\d.]+) s, forward ([\d.]+) s, write ([\d.]+) s; leave one out ([\d.]+) s")
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
    """The programs, the data and a work folder for galleries and sets."""

    def __init__(self, arguments, work):
        self.program = arguments.program.resolve()
        self.tools = arguments.tools.resolve()
        self.models = arguments.models.resolve()
        self.data = arguments.data
        self.work = pathlib.Path(work)

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
        """Fitted unless the work folder holds it from an earlier run."""
        folder = self.work / "-".join(["gallery", row.dataset, row.model, *row.fit])
        if not folder.exists():
            good = self.dataset(row.dataset) / "train" / "good"
            measured_runs.measure([self.program, "fit", good, "-o", folder, *self.model(row), *row.fit])
        return folder

    def model(self, row):
        return ["--model", self.models / f"{row.model}.pt"]

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

    def bare_forward_ms(self, row, side):
        """Of one thread a pass, while as many run as score the row; None without the program."""
        program = self.tools / "forward_bench"
        if not program.exists():
            return None
        threads = row.threads or HARDWARE_THREADS
        environment = {
            "TOUCHSTONE_BENCH_MODEL": str(self.models / f"{row.model}.pt"),
            "TOUCHSTONE_BENCH_SIDE": str(side),
        }
        command = [program, "--benchmark_format=json", f"--benchmark_filter=AllOutputs/.*threads:{threads}$"]
        document = json.loads(measured_runs.measure(command, **environment).stdout)
        return threads * document["benchmarks"][0]["real_time"]

    def input_side(self, gallery):
        preprocessing = json.loads((gallery / "manifest.json").read_text())["preprocessing"]
        return (preprocessing["crop"] or preprocessing["resize"])[0]


def enlarge(source, target, side, times=1):
    """The same category with every file as a side x side PNG; masks stay masks. Test images and masks `times` over."""
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


def repeat_images(source, target, times):
    """The files of a folder, each `times` times under names of its own."""
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        for copy in range(times):
            shutil.copy(path, target / f"{path.stem}-{copy}{path.suffix}")
    return target


def percent(figure):
    return "-" if figure is None else f"{100 * figure:.2f}"


def milliseconds(figure):
    return "-" if figure is None else f"{figure:.1f}"


def median(values):
    """None if one of them is."""
    return None if None in values else statistics.median(values)


def table(bench, rows, repeat):
    """The end-to-end table."""
    forward, runs, stages, digests, quality = (collections.defaultdict(list) for _ in range(5))
    for number in range(repeat):
        for row in rows:
            forward[row].append(bench.bare_forward_ms(row, bench.input_side(bench.gallery(row))))
            run, results, times = bench.score(row)
            runs[row].append(run)
            stages[row].append(times)
            digests[row].append(measured_runs.digest(results))
            if number == 0:
                quality[row] = bench.rocauc(results)
    header = ["", "bare forward", "decode", "forward", "search", "write", "sum / bare", "total s", "images/s"]
    header += ["peak MB", "image ROCAUC", "pixel ROCAUC", "output"]
    lines = []
    for row in rows:
        if len(set(digests[row])) != 1:
            sys.exit(f"{row.name}: the output changed from run to run: {digests[row]}")
        medians = [statistics.median(column) for column in zip(*stages[row])]
        total = statistics.median(run.seconds for run in runs[row])
        peak = max(run.peak_mb for run in runs[row])
        times = [milliseconds(figure) for figure in (median(forward[row]), *(1000 * value for value in medians[1:]))]
        sums = [bare and 1000 * sum(of_run[1:]) / bare for bare, of_run in zip(forward[row], stages[row])]
        rate = [ratio(median(sums)), f"{total:.2f}", f"{medians[0] / total:.1f}", f"{peak:.0f}"]
        lines.append([row.name, *times, *rate, *quality[row], digests[row][0]])
    return measured_runs.markdown(header, lines)


def ratio(figure):
    return "-" if figure is None else f"{figure:.2f}"


FIT_ROWS = [
    Row("fit lite0"),
    Row("fit resnet18", model="resnet18"),
    Row("fit wrn50 random, paper", model="wide_resnet50_2-random", fit=PAPER),
]
FIT_COPIES = 6


def fitted(bench, row, folder):
    """-> (seconds but for the thresholds, images, ms of a thread to decode one)"""
    gallery = bench.work / "fitted"
    shutil.rmtree(gallery, ignore_errors=True)
    command = [bench.program, "fit", folder, "-o", gallery, *bench.model(row), *row.fit, "-K", "1"]
    run = measured_runs.measure(command)
    decode, _, _, leave_one_out = map(float, FIT_STAGES.search(run.stderr).groups())
    manifest = json.loads((gallery / "manifest.json").read_text())
    return run.seconds - leave_one_out, len(manifest["images"]), 1000 * decode, bench.input_side(gallery)


def fit_table(bench, rows, repeat):
    """What one image more costs fit, against its decoding and bare forward pass; thresholds not counted."""
    lines = []
    for row in rows:
        good = bench.data / row.dataset / "train" / "good"
        many = bench.work / f"{row.dataset}-good-{FIT_COPIES}"
        if not many.exists():
            repeat_images(good, many, FIT_COPIES)
        figures = []
        for _ in range(repeat):
            few_s, num_few, _, side = fitted(bench, row, good)
            bare = bench.bare_forward_ms(row, side)
            many_s, num_many, decode, _ = fitted(bench, row, many)
            rate = (num_many - num_few) / (many_s - few_s)
            bound = None if bare is None else 1000 * HARDWARE_THREADS / (decode + bare)
            figures.append((rate, bound, decode, bare, None if bound is None else bound / rate))
        rate, bound, decode, bare, times = map(median, zip(*figures))
        digest = measured_runs.digest_of(sorted((bench.work / "fitted").rglob("*.safetensors")), bench.work)
        lines.append([row.name, *map(milliseconds, (bare, decode, bound, rate)), ratio(times), digest])
    header = ["", "bare forward", "decode", "images/s of these", "images/s of fit", "ratio", "features"]
    return measured_runs.markdown(header, lines)


MAPS = "160 maps of 1024x1024, TIFF, with masks"


def evaluate_table(bench, repeat):
    """evaluate with files, intervals and the figures of each image; and the pixel figures alone, from memory."""
    maps = bench.work / "maps160"
    if not maps.exists():
        measured_runs.measure([bench.tools / "generated_maps", maps, "160", "1024"])
    command = [bench.program, "evaluate", "--maps", maps / "maps", "--dataset", maps / "data", "--json"]
    runs = [measured_runs.measure(command) for _ in range(repeat)]
    mean = json.loads(runs[0].stdout)["mean"]
    seconds = statistics.median(run.seconds for run in runs)
    quality = f"pixel ROCAUC {percent(mean['pixel_rocauc'])}, AU-PRO {percent(mean['au_pro']['0.3'])}"
    lines = [[MAPS, f"{seconds:.2f}", f"{max(run.peak_mb for run in runs):.0f}", quality]]
    command = [bench.tools / "metrics_bench", "--benchmark_format=json", f"--benchmark_repetitions={repeat}"]
    for entry in json.loads(measured_runs.measure(command).stdout)["benchmarks"]:
        if entry.get("aggregate_name") == "median":
            worst = f"{entry['worst']:.1e} from the official AU-PRO" if "worst" in entry else "-"
            lines.append([entry["run_name"], f"{entry['real_time'] / 1000:.2f}", "-", worst])
    return measured_runs.markdown(["", "s", "peak MB", "quality"], lines)


def curve(bench, title, points, repeat):
    """One scaling curve: points are (label, Row, gallery or None)."""
    results = collections.defaultdict(list)
    for _ in range(repeat):
        for label, row, gallery in points:
            run, out, times = bench.score(row, gallery)
            results[label].append((run, times, measured_runs.digest(out)))
    lines = []
    for label, _, _ in points:
        runs, times, digests = zip(*results[label])
        if len(set(digests)) != 1:
            sys.exit(f"{title} {label}: the output changed from run to run: {digests}")
        count, _, forward, search, _ = map(statistics.median, zip(*times))
        total = statistics.median(run.seconds for run in runs)
        peak = max(run.peak_mb for run in runs)
        figures = [f"{1000 * forward:.1f}", f"{1000 * search:.1f}", f"{count / total:.1f}", f"{peak:.0f}"]
        lines.append([label, *figures, digests[0]])
    return measured_runs.markdown([title, "forward ms", "search ms", "images/s", "peak MB", "output"], lines)


def scaling(bench, wanted, repeat):
    """The curves: one thing grows, the rest stays as the embedded extractor's defaults."""
    base = Row("lite0")

    def generated(count):
        gallery = bench.generated_gallery(base, count)
        return gallery or sys.exit(f"{bench.tools}/generated_gallery is not built: cmake --build --preset bench")

    def retrieved(count):
        return dataclasses.replace(base, score=("-K", str(count)))

    def input_side(side):
        # Fitted with -K 1, for its thresholds take longest; without heat maps, whose scale hangs on them.
        fit = ("--resize", str(side), "-K", "1")
        return dataclasses.replace(base, fit=fit, score=("-K", "50", "--no-heatmaps"))

    curves = {
        "K of 200": lambda: [(count, retrieved(count), generated(200)) for count in (1, 5, 20, 50, 100, 200)],
        "gallery images": lambda: [(count, base, generated(count)) for count in (50, 200, 765, 2000, 5000)],
        "input px": lambda: [(side, input_side(side), None) for side in (224, 256, 320, 384, 448, 512)],
        "threads": lambda: [(count, dataclasses.replace(base, threads=count), None) for count in (1, 2)],
    }
    chosen = [(title, points) for title, points in curves.items() if not wanted or title in wanted]
    return "\n\n".join(curve(bench, title, points(), repeat) for title, points in chosen)


def arguments_of(words, description, kinds_of_tables):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--rows", help="names of rows, separated by ;  (default: all that have their data and model)")
    parser.add_argument("--repeat", type=int, default=3)
    kinds = parser.add_mutually_exclusive_group() if kinds_of_tables else None
    for kind in kinds_of_tables:
        kinds.add_argument(f"--{kind}", action="store_const", const=kind, dest="kind")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/touchstone")
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/bench/tests/bench")
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "models")
    parser.add_argument("--work", type=pathlib.Path, help="where galleries and sets stay (default: nowhere)")
    return parser.parse_args(words)


def rows_of(rows, wanted, bench):
    """Those that are wanted and have their data and model; the others are named."""
    chosen = []
    for row in rows:
        if wanted and row.name not in wanted:
            continue
        if bench.has(row):
            chosen.append(row)
        else:
            print(f"left out: {row.name} (no {row.dataset} or no {row.model}.pt)", file=sys.stderr)
    return chosen or sys.exit("no row is left")


def report(bench, arguments):
    wanted = arguments.rows.split(";") if arguments.rows else None
    if arguments.kind == "fit":
        return fit_table(bench, rows_of(FIT_ROWS, wanted, bench), arguments.repeat)
    if arguments.kind == "evaluate":
        return evaluate_table(bench, arguments.repeat)
    if arguments.kind == "scaling":
        return scaling(bench, wanted, arguments.repeat)
    return table(bench, rows_of(ROWS, wanted, bench), arguments.repeat)


def main(description=__doc__, make_report=report, kinds=("fit", "evaluate", "scaling"), units=UNITS):
    arguments = arguments_of(sys.argv[1:], description, kinds)
    with contextlib.ExitStack() as stack:
        work = arguments.work or stack.enter_context(tempfile.TemporaryDirectory())
        pathlib.Path(work).mkdir(parents=True, exist_ok=True)
        text = make_report(Bench(arguments, work), arguments)
        print(f"{measured_runs.machine()}; median of {arguments.repeat} runs; {units}\n")
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
