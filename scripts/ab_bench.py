#!/usr/bin/env python3
"""Which of two programs is faster: ab_bench.py OLD NEW [--runs 7] -- ARGUMENT...

Runs both with the same arguments, in turns. {out} in an argument becomes a fresh path for each run, and {NAME} what
--set NAME=OLD,NEW gives the two, such as galleries of their own. Prints a table of time and memory; says "slower" or
"faster" only if the ranges do not overlap; otherwise nothing was shown. The digests tell whether both still write the
same. Exit code 1 if NEW is slower, 2 for wrong arguments.

    scripts/ab_bench.py old/touchstone build/release/touchstone -- score parts/test -g gallery -o {out}
"""

import argparse
import pathlib
import statistics
import sys
import tempfile

import measured_runs


def arguments_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=7, help="of each program (default 7, the fewest that say much)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=OLD,NEW", help="a value for each program")
    parser.add_argument("command", nargs="+", metavar="ARGUMENT")
    arguments = parser.parse_args(words)
    for program in (arguments.old, arguments.new):
        if not program.is_file():
            parser.error(f"{program}: no such program")
    if arguments.runs < 2:
        parser.error("--runs: one run has no range; give 2 or more")
    return arguments


def replaced(words, values):
    """`words` with each {NAME} of `values` replaced."""
    for name, value in values.items():
        words = [word.replace("{" + name + "}", str(value)) for word in words]
    return words


def values_of(settings, which):
    """{NAME: value} for the old (0) or the new (1) program."""
    pairs = (setting.partition("=")[::2] for setting in settings)
    return {name: values.split(",")[which] for name, values in pairs}


def verdict(old, new):
    """What the two lists of seconds allow to say of the second."""
    if min(new) > max(old):
        return "slower"
    if max(new) < min(old):
        return "faster"
    return "no difference shown (the ranges overlap)"


def collect(arguments):
    """Runs both in turns -> [runs of old, runs of new], [digests of old, of new]."""
    runs, digests = ([], []), (set(), set())
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.runs):
            for which, program in enumerate((arguments.old, arguments.new)):
                out = pathlib.Path(folder) / f"{number}-{which}"
                values = {"out": out, **values_of(arguments.set, which)}
                runs[which].append(measured_runs.measure([program, *replaced(arguments.command, values)]))
                digests[which].add(measured_runs.digest(out) if out.is_dir() else "-")
    return runs, digests


def row(name, runs, digests):
    seconds = [run.seconds for run in runs]
    figures = [f"{figure:.3f}" for figure in (statistics.median(seconds), min(seconds), max(seconds))]
    return [name, *figures, f"{statistics.median(run.peak_mb for run in runs):.0f}", " ".join(sorted(digests))]


def main():
    arguments = arguments_of(sys.argv[1:])
    runs, digests = collect(arguments)
    header = [f"{arguments.runs} runs each, in turns", "median s", "least s", "most s", "peak MB", "output"]
    print(measured_runs.markdown(header, [row(name, *both) for name, *both in zip(("old", "new"), runs, digests)]))
    old, new = ([run.seconds for run in side] for side in runs)
    result = verdict(old, new)
    print(f"\nnew: {result}; ratio of the medians {statistics.median(new) / statistics.median(old):.3f}")
    return 1 if result == "slower" else 0


if __name__ == "__main__":
    sys.exit(main())
