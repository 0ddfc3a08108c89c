#!/bin/sh
# Installs what the build and the tests need, by apt, when something is missing. Quiet when nothing is.
set -eu

# Kept in one list, so that the packages of a bare Debian 12 are known in one place.
packages="meson ninja-build gcc pkg-config python3 ca-certificates
	libuv1-dev libmicrohttpd-dev libwslay-dev libjansson-dev libsodium-dev libsqlite3-dev libssl-dev libcmark-gfm-dev
	libcmark-gfm-extensions-dev libcmocka-dev universal-ctags pmccabe"
# Node comes from Debian where there is none; a newer one that is there already is fine, too.
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"
[ "${1-}" = browser ] && packages="$packages chromium"
[ "${1-}" = clang ] && packages="$packages clang clang-tidy llvm"

missing=""
for p in $packages; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q "install ok installed" || missing="$missing $p"
done
[ -z "$missing" ] && exit 0

sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
