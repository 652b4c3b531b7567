"""scripts/check_includes.py must be able to fail."""

import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "check_includes.py"


def check(root):
    done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(name="tree")
def _tree(tmp_path):
    write(
        tmp_path,
        "src/cli/main.cc",
        '#include <iostream>\n#include "touchstone/app/fit.h"\nint main() { exit(1); }\n',
    )
    write(tmp_path, "src/backbone/network.cc", '#include <torch/script.h>\n#include "backbone/network.h"\n')
    write(tmp_path, "include/touchstone/store/options_json.h", "#include <nlohmann/json_fwd.hpp>\n")
    write(
        tmp_path,
        "src/knn/search.cc",
        '// exit(1) in a comment\nconst char* text = "printf(1)";\nstd::snprintf(a, 1, b);\n',
    )
    return tmp_path


def test_accepts_a_tree_that_keeps_the_rules(tree):
    assert check(tree) == (0, "4 files, 0 problems\n")


def test_refuses_a_folder_without_code(tmp_path):
    assert check(tmp_path)[0] == 1


@pytest.mark.parametrize(
    "name, text, said",
    [
        (
            "src/knn/a.cc",
            '#include "touchstone/methods/spade.h"\n',
            "src/knn/a.cc:1: knn may not use methods",
        ),
        ("src/app/a.cc", '#include "store/manifest_json.h"\n', "private to store"),
        (
            "src/app/a.cc",
            "\n#include <torch/script.h>\n",
            "src/app/a.cc:2: <torch/script.h> belongs to backbone",
        ),
        ("src/store/a.cc", "#include <opencv2/core.hpp>\n", "not to store"),
        ("src/methods/a.h", "#include <opencv2/core.hpp>\n", "stays out of this header"),
        ("include/touchstone/store/a.h", "#include <nlohmann/json.hpp>\n", "stays out of this header"),
        ("include/touchstone/backbone/a.h", "#include <torch/script.h>\n", "stays out of this header"),
        ("src/report/a.cc", "#include <iostream>\n", "belongs to cli"),
        ("src/app/a.cc", "#include <CLI/CLI.hpp>\n", "belongs to cli"),
        ("src/core/a.cc", "void f() {\n  std::exit(2);\n}\n", "src/core/a.cc:2: 'exit'"),
        ("src/core/a.cc", "void f() { abort(); }\n", "'abort'"),
        ("src/core/a.cc", 'void f() { printf("x"); }\n', "'printf'"),
        ("src/core/a.cc", 'void f() { std::fprintf(stderr, "x"); }\n', "'stderr'"),
        ("src/core/a.cc", 'void f() { std::cerr << "x"; }\n', "'cerr'"),
        ("src/core/a.cc", "//\n" * 401, "src/core/a.cc:401: 401 lines"),
        ("tests/core/a_test.cc", "//\n" * 401, "401 lines"),
        ("src/cellar/a.cc", "\n", "'cellar' is no room"),
    ],
)
def test_names_each_violation_with_file_and_line(tree, name, text, said):
    write(tree, name, text)
    code, output = check(tree)
    assert code == 1
    assert said in output
    assert output.endswith(" 1 problems\n")
