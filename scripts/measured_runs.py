"""Runs of the program with their time and memory, for bench.py and ab_bench.py."""

import dataclasses
import hashlib
import os
import subprocess
import sys
import tempfile
import time

# What a tuned shell may hold and a user's does not.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TOUCHSTONE_CPU")


@dataclasses.dataclass(frozen=True)
class Run:
    """One finished command."""

    seconds: float  # wall clock, loading included
    peak_mb: float  # largest resident set (ru_maxrss), mapped pages counted; 1 MB = 10^6 bytes
    stdout: bytes
    stderr: str


def environment(**more):
    return {**{name: value for name, value in os.environ.items() if name not in UNSET}, **more}


# Starts the command from a process that is small itself: Linux counts what the parent had in memory when it
# forked into the child's largest resident set.
LAUNCHER = """
import os, subprocess, sys, time
begin = time.monotonic()
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
report = f"{time.monotonic() - begin} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}"
os.write(int(sys.argv[1]), report.encode())
"""


def measure(command, **more_environment):
    """Runs a command to its end. SystemExit with what it said if it fails."""
    read_end, write_end = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, os.fdopen(read_end) as report:
        subprocess.run(
            [sys.executable, "-S", "-c", LAUNCHER, str(write_end), *map(str, command)],
            stdout=out,
            stderr=err,
            env=environment(**more_environment),
            pass_fds=(write_end,),
            check=True,
        )
        os.close(write_end)
        seconds, peak_kib, code = report.read().split()
        out.seek(0)
        err.seek(0)
        stdout, stderr = out.read(), err.read().decode(errors="replace")
    if code != "0":
        sys.exit(f"{' '.join(map(str, command))}\nended with {code}: {stderr}")
    return Run(float(seconds), int(peak_kib) * 1024 / 1e6, stdout, stderr)


def digest(folder):
    """The first 12 digits of one SHA-256 over every file of a folder but those that name the run itself."""
    files = (path for path in folder.rglob("*") if path.suffix in (".csv", ".tiff", ".png"))
    return digest_of(sorted(path for path in files if path.is_file()), folder)


def digest_of(paths, folder):
    """The first 12 digits of one SHA-256 over names (relative to the folder) and bytes of files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def machine():
    """One line on the processor."""
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        names = [line.split(":")[1].strip() for line in stream if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, {len(os.sched_getaffinity(0))} hardware threads"


def markdown(header, rows):
    """A Markdown table; all but the first column to the right."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
