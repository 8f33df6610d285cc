#!/usr/bin/env bash
# Set-up and the tests. Usage: packaging/test.sh [--slow] [ctest arguments]
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
exclude=(-LE slow)
if [ "${1:-}" = "--slow" ]; then exclude=(); shift; fi
install_missing
build_all
say "Running the tests"
log="$build/Testing/ctest.log"
mkdir -p "$build/Testing"
status=0
export OMP_WAIT_POLICY=passive
ctest --test-dir "$build" --output-on-failure --no-tests=error "${exclude[@]}" "$@" 2>&1 | tee "$log" || status=$?
skipped=$(grep -cE '\*\*\*Skipped' "$log" || true)
shared="${ORGANTWIN_SHARED:-$root/../shared}"
echo "Skipped tests: $skipped"
if [ -d "$shared" ] && [ "$skipped" -gt 0 ]; then
  echo "FAILED: $shared exists, so nothing may be skipped." >&2
  exit 1
fi
exit "$status"
