#!/bin/sh
# Every test, unit to browser. Ends with one line: "N passed, N failed".
set -u
cd "$(dirname "$0")/.."
build=${B:-build}
passed=0
failed=0

tools/setup.sh browser || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

say() { printf '\n== %s\n' "$*"; }

# count PASSED FAILED: adds up, and remembers that something failed.
count() {
	passed=$((passed + ${1:-0}))
	failed=$((failed + ${2:-0}))
}

say "C: unit, property, contract, simulation, lints"
meson test -C "$build" --print-errorlogs >"$log" 2>&1
status=$?
tail -n 40 "$log"
ok=$(sed -n 's/^Ok: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
bad=$(sed -n 's/^Fail: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
late=$(sed -n 's/^Timeout: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
count "${ok:-0}" "$((${bad:-0} + ${late:-0}))"
[ $status -ne 0 ] && [ "$((${bad:-0} + ${late:-0}))" -eq 0 ] && count 0 1

say "web: types"
if (cd web && npm run --silent check) >"$log" 2>&1; then count 1 0; else cat "$log"; count 0 1; fi
say "web: unit and property tests"
(cd web && npm test --silent) >"$log" 2>&1
status=$?
tail -n 12 "$log"
ok=$(sed -n 's/^# pass \([0-9]*\)/\1/p' "$log" | tail -n 1)
bad=$(sed -n 's/^# fail \([0-9]*\)/\1/p' "$log" | tail -n 1)
count "${ok:-0}" "${bad:-0}"
[ $status -ne 0 ] && [ "${bad:-0}" -eq 0 ] && { cat "$log"; count 0 1; }

say "system: the program from outside, real browsers"
if [ ! -d tests/system/node_modules ] || [ tests/system/package-lock.json -nt tests/system/node_modules ]; then
	(cd tests/system && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) || exit 1
fi
for file in tests/system/*.test.mjs tests/system/net/*.test.mjs; do
	[ -f "$file" ] || continue
	begin=$(date +%s)
	SEGUE_BUILD=$build timeout 900 node --test --test-reporter=tap "$file" >"$log" 2>&1
	status=$?
	ok=$(sed -n 's/^# pass \([0-9]*\)/\1/p' "$log" | tail -n 1)
	bad=$(sed -n 's/^# fail \([0-9]*\)/\1/p' "$log" | tail -n 1)
	printf '%-40s %3s passed, %s failed (%s s)\n' "$file" "${ok:-0}" "${bad:-?}" "$(($(date +%s) - begin))"
	grep -E '# SKIP|^# .*[Ss]kipped:' "$log"
	count "${ok:-0}" "${bad:-0}"
	if [ $status -ne 0 ]; then
		grep -v '^ok ' "$log" | tail -n 120
		[ "${bad:-0}" -eq 0 ] && count 0 1
	fi
done

printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
