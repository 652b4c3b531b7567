"""Runs the binary and tells what came of it."""

import dataclasses
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXTRACTORS = ROOT / "tests" / "data" / "golden" / "extractors"
TINY = EXTRACTORS / "good.pt"  # averages 4x4 and 8x8 pixels: a few KB, and no forward pass worth the name


def binary():
    return pathlib.Path(os.environ.get("TOUCHSTONE_BIN", ROOT / "build" / "release" / "touchstone")).resolve()


@dataclasses.dataclass(frozen=True)
class Outcome:
    code: int
    stdout: bytes
    stderr: str

    @property
    def lines(self):
        """Standard output as [(score, path)], the paths as bytes; None where the score is empty."""
        return [
            (float(score) if score else None, path)
            for score, path in (line.split(b"\t", 1) for line in self.stdout.splitlines())
        ]

    @property
    def paths(self):
        return [path.decode() for _, path in self.lines]


def run(*arguments, cwd, stdin=b"", **options):
    """Runs `touchstone ARGUMENTS` to its end. Whatever is asked of it, it must not crash nor find a bug in itself."""
    command = [binary(), *arguments]
    done = subprocess.run(
        command, cwd=cwd, input=stdin, capture_output=True, check=False, timeout=120, **options
    )
    outcome = Outcome(done.returncode, done.stdout or b"", (done.stderr or b"").decode(errors="replace"))
    assert outcome.code >= 0, f"killed by signal {-outcome.code}: {outcome.stderr}"
    assert outcome.code != 70, outcome.stderr
    return outcome


def refusal(outcome, code, *said):
    """Asserts that the run ended with `code` and one error on stderr that says all of `said`, and printed nothing."""
    errors = [line for line in outcome.stderr.splitlines() if line.startswith("touchstone: error: ")]
    assert (outcome.code, outcome.stdout, len(errors)) == (code, b"", 1), outcome
    for text in said:
        assert str(text) in errors[0], errors[0]


def tree(folder):
    """Every file below a folder with its bytes: {relative path: bytes}."""
    folder = pathlib.Path(folder)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def names(folder):
    """Everything in a folder, hidden files too."""
    return sorted(entry.name for entry in pathlib.Path(folder).iterdir())
