#!/usr/bin/env bash
# Everything that CI checks, from a fresh clone: set-up, release build with warnings as errors, all C++
# tests, every public header on its own, then the Python tests (command line, reference, export).
#
#   scripts/test.sh              as CI runs it
#   scripts/test.sh --sanitize   and the C++ tests once more under ASan and UBSan (preset dev)
#
# The last line is "N passed, N failed[, N skipped]" over all of it; skips are named with their reasons
# above it. Exit code 0 only if nothing failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

presets=(release)
case "${1-}" in
  '') ;;
  --sanitize) presets+=(dev) ;;
  *) echo "usage: scripts/test.sh [--sanitize]" >&2; exit 2 ;;
esac

scripts/setup.sh --tests
reports=$PWD/build/test-reports
rm -rf "$reports"
mkdir -p "$reports"

# Test programs write one report each: CTest knows of programs only, not of the cases in them.
for preset in "${presets[@]}"; do
  cmake --preset "$preset" > build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
  cmake --build --preset "$preset"
  [[ $preset != release ]] || cmake --build --preset release --target all_verify_interface_header_sets
  GTEST_OUTPUT=xml:$reports/$preset-cases/ \
    ctest --preset "$preset" --output-junit "$reports/$preset-ctest.xml" || true
done

# pytest's own exit code goes into the sum too: a run that broke off may have left no failed case behind.
# Debian's own interpreter: the packages that setup.sh installs are for it and for no other.
pytest_code=0
TOUCHSTONE_BIN=$PWD/build/release/touchstone \
  /usr/bin/python3 -m pytest -q -n auto -p no:cacheprovider --junit-xml="$reports/pytest.xml" \
  tests/cli tests/reference tests/export || pytest_code=$?
echo "$pytest_code" > "$reports/pytest-exit-code"

/usr/bin/python3 scripts/summarize_tests.py "$reports" "${presets[@]}"
