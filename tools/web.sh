#!/bin/sh
# Builds the web: installs packages, generates the API's types, builds each app whose sources changed. Says nothing when all is well.
set -eu
cd "$(dirname "$0")/.."

fail() {
	echo "web: $*" >&2
	exit 1
}

command -v node >/dev/null || fail "node is missing (Debian: apt install nodejs npm)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# quietly WHAT COMMAND...: shows the output only when it fails.
quietly() {
	what=$1
	shift
	"$@" >"$log" 2>&1 || {
		cat "$log" >&2
		fail "$what failed"
	}
}

# sum FILE-OR-FOLDER...: one word that changes with their contents.
sum() {
	find "$@" -type f ! -path '*/dist/*' ! -path '*/test/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

stamp() { cat "$1" 2>/dev/null || true; }

lock=$(sum web/package.json web/package-lock.json)
if [ "$(stamp web/node_modules/.segue-lock)" != "$lock" ]; then
	(cd web && quietly "npm ci" npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
	echo "$lock" >web/node_modules/.segue-lock
fi

mkdir -p web/shared/src/gen
types=$(mktemp)
trap 'rm -f "$log" "$types"' EXIT
quietly "generating the API's types" python3 tools/gen_api.py ts schema/api/events.json schema/api/types.json schema/api/operations.json "$types"
cmp -s "$types" web/shared/src/gen/api.ts || cp "$types" web/shared/src/gen/api.ts

common=$(sum web/shared/src web/shared/public web/vite.base.ts web/package-lock.json)
for app in portal desk console; do
	now="$common $(sum web/$app)"
	[ -f web/$app/dist/index.html ] && [ "$(stamp web/node_modules/.segue-$app)" = "$now" ] && continue
	rm -f web/node_modules/.segue-$app
	(cd web && quietly "building $app" node_modules/.bin/vite build --config $app/vite.config.ts)
	[ -f web/$app/dist/index.html.br ] || fail "web/$app/dist is incomplete"
	echo "$now" >web/node_modules/.segue-$app
done
