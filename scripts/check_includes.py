#!/usr/bin/env python3
"""Holds the rooms apart: check_includes.py [ROOT]

Rooms are src/<room> and include/touchstone/<room>. Checked, each violation named as file:line:
- a room includes only its own headers and those of the rooms before it in ROOMS; private headers (src/) only its own;
- heavy libraries stay in the rooms of LIBRARIES, so that the others build and test without them;
- below cli nothing prints to the process's streams and nothing ends the process;
- files have at most MAX_LINES lines.
Exit code 1 if anything was found. Needs nothing but Python.
"""

import dataclasses
import pathlib
import re
import sys

ROOMS = ["core", "image", "backbone", "knn", "methods", "metrics", "store", "sample", "report", "app", "cli"]
MAX_LINES = 400
CODE = {".h", ".cc"}
COUNTED = {".h", ".cc", ".py", ".sh", ".cmake"}


@dataclasses.dataclass(frozen=True)
class Library:
    """Which files may include what: `prefix` starts the included name, `suffixes` are of the including file."""

    prefix: str
    rooms: tuple
    suffixes: tuple = (".cc", ".h")
    public: bool = False  # also in include/


LIBRARIES = [
    Library("torch/", ("backbone",)),
    Library("ATen/", ("backbone",)),
    Library("c10/", ("backbone",)),
    Library("caffe2/", ("backbone",)),
    Library("opencv2/", ("image", "methods", "metrics", "report", "sample"), (".cc",)),
    Library("CLI/", ("cli",)),
    Library("iostream", ("cli",)),
    Library("nlohmann/json_fwd.hpp", ("store", "report", "app", "cli", "backbone"), public=True),
    Library("nlohmann/", ("store", "report", "app", "cli", "backbone"), (".cc",)),
    Library("hwy/", ("knn",)),
    Library("tbb/", ("core",)),
    Library("oneapi/", ("core",)),
    Library("openssl/", ("core",)),
    Library("jpeglib.h", ("image",)),
    Library("png.h", ("image",)),
    Library("libdeflate.h", ("image",)),
    Library("tiffio.h", ("image",)),
    Library("webp/", ("image",)),
    Library("libexif/", ("image",)),
    Library("kainjow/", ("report",)),
    Library("ft2build.h", ("report",), (".cc",)),
    Library("faiss/", ("knn",), (".cc",)),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
ENDS_OR_PRINTS = re.compile(
    r"std::(cout|cerr|clog)\b"
    r"|(?<![\w.>])(?:std::)?(printf|vprintf|puts|putchar|perror)\s*\("
    r"|(?<![\w.>])(?:std::)?f(?:printf|puts|write)\s*\([^;]*\b(stdout|stderr)\b"
    r"|(?<![\w.>])(?:std::)?(exit|_exit|_Exit|quick_exit|abort|terminate)\s*\("
)
# String literals and comments; both can hold anything.
NOT_CODE = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def room_of(path):
    """The room that a file below the root belongs to, and whether it is public; (None, False) for others."""
    parts = path.parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1], False
    if parts[:2] == ("include", "touchstone") and len(parts) > 3:
        return parts[2], True
    return None, False


def without_comments_and_strings(text):
    return NOT_CODE.sub(lambda match: "\n" * match.group().count("\n"), text)


def wrong_room(room, included):
    """Why `room` may not include the header of ours `included`; None if it may."""
    is_public = included.startswith("touchstone/")
    other = included.split("/")[1 if is_public else 0]
    if other not in ROOMS:
        return None
    if not is_public and other != room:
        return f"{included} is private to {other}; use what include/touchstone/{other} offers"
    if ROOMS.index(other) > ROOMS.index(room):
        return f"{room} may not use {other}: rooms use only those before them ({' '.join(ROOMS)})"
    return None


def wrong_library(path, room, is_public, included):
    """Why the file may not include a library's header; None if it may."""
    library = next((entry for entry in LIBRARIES if included.startswith(entry.prefix)), None)
    if library is None:
        return None
    if room not in library.rooms:
        return f"<{included}> belongs to {' '.join(library.rooms) or 'no room'}, not to {room}"
    if path.suffix not in library.suffixes or (is_public and not library.public):
        return f"<{included}> stays out of this header: whoever includes it would pay for the library"
    return None


def problems_of_code(path, text):
    room, is_public = room_of(path)
    if room is None:
        return
    if room not in ROOMS:
        yield 1, f"'{room}' is no room; add it to ROOMS where it belongs"
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            reason = wrong_room(room, match[1]) or wrong_library(path, room, is_public, match[1])
            if reason:
                yield number, reason
    if room == "cli":
        return
    for number, line in enumerate(without_comments_and_strings(text).splitlines(), 1):
        match = ENDS_OR_PRINTS.search(line)
        if match:
            name = next(group for group in match.groups() if group)
            yield number, f"'{name}': only cli prints or ends the process; throw an Error or report progress"


def problems_of(root, path):
    text = path.read_text(encoding="utf-8", errors="replace")
    relative = path.relative_to(root)
    num_lines = len(text.splitlines())
    if num_lines > MAX_LINES:
        yield f"{relative}:{MAX_LINES + 1}: {num_lines} lines; {MAX_LINES} is the limit, split it by topic"
    if path.suffix in CODE:
        for number, reason in problems_of_code(relative, text):
            yield f"{relative}:{number}: {reason}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent).resolve()
    files = [
        path
        for top in ("include", "src", "tests", "scripts")
        for path in sorted((root / top).rglob("*"))
        if path.is_file() and path.suffix in COUNTED
    ]
    problems = [problem for path in files for problem in problems_of(root, path)]
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {len(problems)} problems")
    if not any(path.suffix in CODE for path in files):
        print(f"{root} holds no code: wrong folder?")
        return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
