#!/usr/bin/env python3
"""Writes the golden files of the tests: runs `write(out_dir)` of every module in scripts/golden/.

    make_golden.py [NAME...] [-o DIR]      NAME: a module of scripts/golden, all where none is given

Each module records versions and seeds in what it writes (reference/provenance.py). Golden files are
tied to Debian 12's own Python packages, so run this with /usr/bin/python3 there.
"""

import argparse
import importlib
import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
sys.path.insert(0, str(SCRIPTS))


def module_names():
    return sorted(file.stem for file in (SCRIPTS / "golden").glob("*.py") if file.stem != "__init__")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(module_names())}")
    parser.add_argument("-o", "--output", type=Path, default=SCRIPTS.parent / "tests" / "data" / "golden")
    arguments = parser.parse_args(arguments)
    unknown = sorted(set(arguments.names) - set(module_names()))
    if unknown:
        parser.error(f"{', '.join(unknown)}: not in scripts/golden")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or module_names():
        module = importlib.import_module(f"golden.{name}")
        if hasattr(module, "write"):
            print(f"{name} ...", flush=True)
            module.write(arguments.output)


if __name__ == "__main__":
    main()
