#!/usr/bin/env bash
# Set-up and the main job: installs what is missing, builds, runs the demo on the built-in patient, opens the desktop.
# Usage: packaging/run.sh [--quick] [--no-desktop]      Results: out/demo (ORGANTWIN_OUT to change)
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
quick=() desktop=yes
for argument in "$@"; do
  case "$argument" in
    --quick) quick=(--quick) ;;
    --no-desktop) desktop=no ;;
    *) echo "Unknown option $argument. Usage: packaging/run.sh [--quick] [--no-desktop]" >&2; exit 2 ;;
  esac
done
install_missing
build_all
out="${ORGANTWIN_OUT:-$root/out/demo}"
installed="$build/builtin-case"
# The demo runs again only when the program changed since the installed case was made.
stamp="$("$build/bin/organtwin-cli" --version | sha256sum | cut -c1-16)-$(sha256sum <"$build/bin/organtwin-cli" | cut -c1-16)${quick[*]}"
if [ -f "$out/report.html" ] && [ -f "$installed/case.json" ] && [ "$(cat "$out/.stamp" 2>/dev/null)" = "$stamp" ]; then
  say "The results are up to date"
else
  say "Running the main job on the built-in patient (up to 10 minutes)"
  "$build/bin/organtwin-cli" demo "${quick[@]}" --out "$out"
  rm -rf "$installed.new" && cp -r "$out/case" "$installed.new" && rm -rf "$installed" && mv "$installed.new" "$installed"
  echo "$stamp" >"$out/.stamp"
fi
say "Results: $out/report.html (report), $out/case (the case), $out/scenario-*.json"
if [ "$desktop" = yes ] && [ -x "$build/bin/organtwin" ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  say "Opening the desktop"
  exec "$build/bin/organtwin"
fi
if [ "$desktop" = yes ]; then say "No display: start the desktop later with $build/bin/organtwin"; fi
