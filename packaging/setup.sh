#!/usr/bin/env bash
# Shared by run.sh and test.sh: installs what packaging/dependencies.txt lists and is missing, configures and builds.
# Sourced, not run. Sets: root, build.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build="${ORGANTWIN_BUILD:-$root/build/release}"

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

install_missing() {
  local wanted missing=()
  wanted=$(awk '!/^#/ && NF && $2 != "optional" {print $1}' "$root/packaging/dependencies.txt")
  local package
  for package in $wanted; do
    [ "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" = "install ok installed" ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  local become=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Packages are missing and neither root nor sudo is at hand. As root run: apt-get install ${missing[*]}" >&2; exit 3; }
    become=(sudo)
  fi
  "${become[@]}" apt-get update -qq
  "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

build_all() {
  say "Building in $build"
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release ${ORGANTWIN_CMAKE_ARGS:-} >"$build.configure.log" 2>&1 || { tail -40 "$build.configure.log" >&2; exit 1; }
  cmake --build "$build"
}

mkdir -p "$(dirname "$build")"
