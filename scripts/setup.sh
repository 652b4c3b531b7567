#!/usr/bin/env bash
# Installs what is missing to build Touchstone on Debian 12 (or an Ubuntu with the same packages):
#
#   scripts/setup.sh           compiler, CMake and libraries
#   scripts/setup.sh --tests   and Python with what the reference and command-line tests import
#
# Asks dpkg first: where everything is there, nothing is downloaded, no rights are needed, and it takes
# a moment. Otherwise it needs root or sudo, and a package registry that answers.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache pkg-config
  libtorch-dev libopenblas0-pthread  # the reference BLAS that LibTorch would accept is far slower
  libopencv-dev libeigen3-dev libhwy-dev libtbb-dev libssl-dev
  libfaiss-dev  # for --search ivfpq; all else works without
  libjpeg-dev libpng-dev libtiff-dev libwebp-dev libexif-dev libdeflate-dev
  libcli11-dev nlohmann-json3-dev libkainjow-mustache-dev libjs-chart.js libgtest-dev
  libfreetype-dev fonts-dejavu-core)  # the letters in pictures
test_packages=(
  python3 python3-pytest python3-pytest-xdist python3-numpy python3-scipy python3-sklearn python3-pil
  python3-torch python3-torchvision
  chromium chromium-driver python3-selenium)  # a browser for the tests of report.html

wanted=("${build_packages[@]}")
case "${1-}" in
  '') ;;
  --tests) wanted+=("${test_packages[@]}") ;;
  *) echo "usage: scripts/setup.sh [--tests]" >&2; exit 2 ;;
esac

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
  {
    echo "setup: this is no Debian (there is no apt-get), so nothing was installed."
    echo "Install these, or what your system calls them, then configure with: cmake --preset release"
    printf '  %s\n' "${wanted[@]}"
  } >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2> /dev/null || true)
  [[ $status == installed* ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  echo "setup: everything is installed already"
  exit 0
fi

as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo > /dev/null; then
    {
      echo "setup: these packages are missing, and installing them needs root or sudo. As root:"
      echo "  apt-get install --no-install-recommends ${missing[*]}"
    } >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get -qq install -y --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" > /dev/null
