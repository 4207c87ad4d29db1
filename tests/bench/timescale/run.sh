#!/usr/bin/env bash
# Runs the tests of hypertables, and of a full disk, on the real TimescaleDB: PostgreSQL 17 with Debian 13's extension (the Apache edition),
# in a root of Debian packages, as a user who is not root. Needs root for chroot; every mount is in a namespace of its own,
# nothing is installed on this machine, telemetry is off.
#
#   tests/bench/timescale/run.sh [PYTEST ARGUMENT...]
#   SUITE=trixie MIRROR=http://deb.debian.org/debian PYTHON=.venv/bin/python WORK=.work/timescale
set -euo pipefail
exec </dev/null

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
WORK=${WORK:-$top/.work/timescale}
SUITE=${SUITE:-trixie}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
PYTHON=${PYTHON:-$top/.venv/bin/python}
mkdir -p "$WORK"
# shellcheck source=tests/bench/packages.sh
. "$here/../packages.sh"

root=$WORK/$SUITE
programs=/usr/lib/postgresql/17/bin
user=65534 # nobody: it owns the data and nothing else

# Unpacked, not configured: no service is made, nothing is started.
make_root() {
	[ ! -e "$root/made" ] || return 0
	say "making a root of Debian $SUITE with PostgreSQL 17 and TimescaleDB"
	rm -rf "$root"
	retry mmdebstrap --mode=root --variant=extract \
		--include=bash,coreutils,libc-bin,postgresql-17,postgresql-17-timescaledb "$SUITE" "$root" "$MIRROR" \
		>"$WORK/root.log" 2>&1 || fail "cannot make a root: $(tail -n 3 "$WORK/root.log")"
	printf 'root:x:0:0::/root:/bin/bash\nnobody:x:%s:%s::/:/bin/bash\n' $user $user >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:%s:\n' $user >"$root/etc/group"
	[ -e "$root/bin/sh" ] || ln -s bash "$root/bin/sh" # dash would make it when it is configured
	touch "$root/made"
}

inside() { chroot --userspec=$user:$user "$root" /usr/bin/env -i PATH=/usr/bin:/bin LC_ALL=C "$@"; }

make_cluster() {
	rm -rf "$root/cluster"
	install -d -o $user -g $user -m 700 "$root/cluster"
	inside $programs/initdb -D /cluster -U postgres -A trust -E UTF8 --locale=C --no-sync >"$WORK/initdb.log" 2>&1 ||
		fail "initdb failed: $(tail -n 3 "$WORK/initdb.log")"
	cat >>"$root/cluster/postgresql.conf" <<-CONF
		listen_addresses = '127.0.0.1'
		port = $port
		unix_socket_directories = ''
		dynamic_shared_memory_type = mmap
		shared_preload_libraries = timescaledb
		timescaledb.telemetry_level = off
		fsync = off
	CONF
}

end() {
	[ -z "${server:-}" ] || kill -INT "$server" 2>/dev/null || true
	wait || true
	rm -rf "$root/cluster"
}

ready() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

start() {
	local waited
	chroot --userspec=$user:$user "$root" $programs/postgres -D /cluster >"$WORK/server.log" 2>&1 &
	server=$!
	for waited in $(seq 300); do
		! ready || return 0
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	fail "PostgreSQL does not answer after $((waited / 10)) s: $(tail -n 5 "$WORK/server.log")"
}

if [ "${1:-}" = --inside ]; then
	shift
	trap end EXIT
	trap 'exit 143' INT TERM
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	install -d "$root/small"
	mount -t tmpfs -o size=8m,mode=700 tmpfs "$root/small" # a disk to fill
	chown $user:$user "$root/small"
	port=$("$PYTHON" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
	make_cluster
	start
	say "testing on $(inside $programs/postgres --version)"
	EHW_TIMESCALE_URL=postgresql://postgres@127.0.0.1:$port/postgres "$PYTHON" -m pytest -p no:cacheprovider \
		--durations=3 "$here/hypertables.py" "$here/full_disk.py" "$@" || fail "the tests failed; the server's log: $WORK/server.log"
	exit
fi

[ "$(id -u)" = 0 ] || fail "needs root: it runs programs in a chroot"
need_packages mmdebstrap
make_root
unshare --mount --propagation private "$0" --inside "$@"
say "passed after $SECONDS s"
