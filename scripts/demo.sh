#!/usr/bin/env bash
# From a fresh clone to heat maps and metrics: installs what is missing, builds build/release/touchstone,
# and runs it on a generated sample set. A second run finds everything done and only says where it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
mkdir -p build
cmake --preset release > build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
cmake --build --preset release --target touchstone

touchstone=build/release/touchstone
demo=build/demo
if [[ $demo/results/metrics.json -nt $touchstone ]]; then
  echo "demo: the results are newer than the program, so they are left as they are"
else
  rm -rf "$demo"
  mkdir -p "$demo"
  "$touchstone" sample "$demo/data"
  "$touchstone" fit "$demo/data/train/good" -o "$demo/gallery" --false-alarm-rate 0.05
  "$touchstone" score "$demo/data/test" -g "$demo/gallery" -o "$demo/results" > "$demo/scores.txt"
  "$touchstone" evaluate "$demo/results" > "$demo/metrics.txt"
fi

echo
cat "$demo/metrics.txt"
cat << END

The images are generated: these figures say nothing about real parts.
  report       $demo/results/report.html    open it in a browser
  pictures     $demo/results/heatmaps/      (the same images without colours: $demo/data/test/)
  raw maps     $demo/results/maps/          float32 TIFF
  scores       $demo/results/scores.csv
  metrics      $demo/results/metrics.json

The same with your own folders, GOOD of good parts and CHECK of parts to check:
  $touchstone fit GOOD -o gallery && $touchstone score CHECK -g gallery -o results
END
