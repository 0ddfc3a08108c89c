#!/bin/sh
# fuzz.sh BUILD SECONDS - runs each fuzz target for so long; a finding stops it and names its input.
set -eu
build=$1
seconds=${2:-30}
cd "$(dirname "$0")/.."

ninja -C "$build" >/dev/null
found=0
for target in $(find "$build/tests" -type f -name 'fuzz_*' -perm -u+x | sort); do
	corpus=$build/corpus/$(basename "$target")
	mkdir -p "$corpus"
	echo "== $(basename "$target") for $seconds s"
	"$target" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$build/" "$corpus" 2>&1 | tail -n 6
	found=$((found + 1))
done
[ "$found" -gt 0 ] || { echo "no fuzz targets were built" >&2; exit 1; }
