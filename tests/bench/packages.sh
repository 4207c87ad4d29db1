# shellcheck shell=bash
# Debian packages for the stages that need more than Python and a compiler; to be sourced.

say() { echo "[$(date +%T)] $*"; }

fail() {
	echo "$0: $*" >&2
	exit 1
}

# Run a command up to three times: mirrors have bad moments.
retry() {
	local tries
	for tries in 1 2 3; do
		"$@" && return
		say "failed ($tries of 3): $*"
	done
	return 1
}

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

known() { apt-cache show "$1" >/dev/null 2>&1; }

# Fresh lists, if the package is not in those that are there.
need_lists() {
	known "$1" && return
	[ "$(id -u)" = 0 ] || fail "apt knows no package $1: run 'apt-get update' as root first"
	retry apt-get update -q
}

# Install what is missing, as root; else say what is missing and give up.
need_packages() {
	local missing=() package
	command -v apt-get >/dev/null || fail "expected Debian or a relative of it, found no apt-get"
	for package; do installed "$package" || missing+=("$package"); done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || fail "missing packages: run 'apt-get install ${missing[*]}' as root first"
	say "installing ${missing[*]}"
	need_lists "${missing[0]}"
	DEBIAN_FRONTEND=noninteractive retry apt-get install -q -y --no-install-recommends "${missing[@]}" \
		>"$WORK/apt.log" 2>&1 || fail "could not install ${missing[*]}: $(tail -n 3 "$WORK/apt.log")"
}

# Download packages into the current directory without installing them.
download() {
	need_lists "$1"
	say "downloading $*"
	retry apt-get download -q -o APT::Sandbox::User="$(id -un)" "$@" >apt.log 2>&1 ||
		fail "could not download $*: $(tail -n 3 apt.log)"
}
