#!/usr/bin/env bash
# The units under packaging/systemd: known directives only, and an exposure of 2.0 at most by
# systemd's own count (0 is a service that can do nothing, 9.6 one without any protection).
set -euo pipefail
exec </dev/null

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# shellcheck source=tests/bench/packages.sh
. "$here/packages.sh"

command -v systemd-analyze >/dev/null || need_packages systemd
for unit in "$top"/packaging/systemd/*.service; do
	name=$(basename "$unit")
	# verify insists on a program that exists; what is installed is not its business here.
	sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$unit" >"$WORK/$name"
	systemd-analyze verify --man=no "$WORK/$name" >"$WORK/words" 2>&1 || true
	! grep -F "$name" "$WORK/words" || fail "$name is not as systemd wants it"
	systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" >"$WORK/score" 2>&1 ||
		fail "$name: $(tail -n 1 "$WORK/score"), expected 2.0 at most: $(grep -F '✗' "$WORK/score")"
	tail -n 1 "$WORK/score"
done
