#!/usr/bin/env bash
# Builds and tests both cores for the Raspberry Pi's processors, emulated by qemu-user in roots of
# Debian packages: arm64 (Pi 3 to 5), armhf (the same with a 32-bit system). Needs root for chroot;
# every mount is in a namespace of its own, and binfmt_misc is left as it was found.
#
#   tests/bench/arm/run.sh [ARCHITECTURE...]      default: arm64 armhf
#   PYTHON=.venv/bin/python, whose pip fetches what Debian has too old;  SUITE=bookworm MIRROR=http://deb.debian.org/debian EHW_NOISE_FRAMES=2000 WORK=.work/arm
set -euo pipefail
exec </dev/null

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
WORK=${WORK:-$top/.work/arm}
PYTHON=${PYTHON:-$top/.venv/bin/python}
SUITE=${SUITE:-bookworm}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
mkdir -p "$WORK"
# shellcheck source=tests/bench/packages.sh
. "$here/../packages.sh"

include=bash,coreutils,dash,gcc,libc6-dev,python3,python3-dev,python3-cffi,python3-click,python3-hypothesis
include+=,python3-pytest,python3-serial,python3-setuptools,python3-spidev
# qemu-user answers ENOSYS to an ioctl that it does not know, where a kernel says ENOTTY.
tests=(tests/core tests/links tests/bench tests/teleinfo/test_frame.py tests/p1/test_telegram.py tests/outback/test_capture.py
	--deselect tests/core/test_c_board.py::test_a_file_that_is_no_spi_node
	--ignore tests/links/test_modbus_lowest.py) # which pymodbus, is no question of the processor

declare -A emulators=([arm64]=aarch64 [armhf]=arm)

# Unpacked, not configured: nothing has to be emulated to make a root, which takes 15 s.
make_root() {
	local arch=$1 root=$2
	[ ! -e "$root/made" ] || return 0
	say "$arch: making a root of Debian $SUITE"
	rm -rf "$root"
	retry mmdebstrap --mode=root --variant=extract --arch="$arch" --include="$include" \
		"$SUITE" "$root" "$MIRROR" >"$WORK/$arch.log" 2>&1 ||
		fail "$arch: cannot make a root: $(tail -n 3 "$WORK/$arch.log")"
	printf 'root:x:0:0::/root:/bin/bash\n' >"$root/etc/passwd"
	printf 'root:x:0:\nspi:x:991:\n' >"$root/etc/group"
	touch "$root/made"
}

# pymodbus is pure Python; Debian's is older than what pyproject.toml allows.
fetch_pymodbus() {
	local root=$1
	[ ! -e "$root/opt/python/pymodbus" ] || return 0
	retry "$PYTHON" -m pip --disable-pip-version-check --quiet install --no-deps --target "$root/opt/python" \
		"$(sed -n 's/^outback = \["\([^"]*\)".*/\1/p' "$top/pyproject.toml")" || fail "cannot fetch pymodbus"
}

# The checkout as it stands, without what was built in it.
copy_checkout() {
	local to=$1
	rm -rf "$to"
	mkdir -p "$to"
	(cd "$top" && git ls-files -z --cached --others --exclude-standard -- \
		csrc examples pyproject.toml setup.py src tests) |
		(cd "$top" && tar --create --null --files-from=- --ignore-failed-read 2>/dev/null) | tar -x -C "$to"
}

# One architecture, in a mount namespace: what is mounted ends with it.
test_root() {
	local arch=$1 root=$2
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev" # with /dev/pts
	mount -t tmpfs tmpfs "$root/tmp"
	copy_checkout "$root/tmp/project"
	cp "$here/test.sh" "$root/tmp/"
	chroot "$root" /usr/bin/env -i \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 CC=gcc \
		EHW_NOISE_FRAMES="${EHW_NOISE_FRAMES:-2000}" EHW_BENCH_TIMEOUT_S=300 EHW_BENCH_EMULATED=1 \
		/bin/bash /tmp/test.sh "$arch" "${tests[@]}"
}

# Have the kernel start foreign programs through the emulator, unless it does so already.
register() {
	local emulator=$1 root=$2 entries=/proc/sys/fs/binfmt_misc
	[ -e $entries/register ] || mount -t binfmt_misc binfmt_misc $entries 2>/dev/null ||
		fail "this kernel offers no binfmt_misc: run 'modprobe binfmt_misc' on the host"
	cp "/usr/bin/qemu-$emulator-static" "$root/usr/bin/" # for entries that name a path inside the root
	[ ! -e "$entries/qemu-$emulator" ] || return 0
	cat "/usr/lib/binfmt.d/qemu-$emulator.conf" >$entries/register ||
		fail "binfmt_misc does not let us register qemu-$emulator"
	registered+=("$entries/qemu-$emulator")
}

# Whatever ends this ends the tests, each a process group of its own, and the registrations.
clean_up() {
	local job entry
	trap '' INT TERM
	for job in "${jobs[@]}"; do kill -KILL -- "-$job" 2>/dev/null || true; done
	for entry in "${registered[@]}"; do echo -1 >"$entry"; done
}

# All at once: a processor each, and the longest decides.
test_all() {
	local arch failed=()
	trap clean_up EXIT
	trap 'exit 143' INT TERM
	set -m
	for arch; do
		register "${emulators[$arch]}" "$WORK/$arch"
		test_root "$arch" "$WORK/$arch" >"$WORK/$arch.log" 2>&1 &
		jobs[$arch]=$!
	done
	for arch; do
		wait "${jobs[$arch]}" || failed+=("$arch")
		cat "$WORK/$arch.log"
		say "$arch: done after $SECONDS s"
	done
	[ ${#failed[@]} = 0 ] || fail "failed: ${failed[*]}"
}

registered=()
declare -A jobs=()
if [ "${1:-}" = --inside ]; then
	shift
	test_all "$@"
	exit
fi

[ "$(id -u)" = 0 ] || fail "needs root: it runs programs in a chroot"
need_packages mmdebstrap qemu-user-static
[ $# -gt 0 ] || set -- arm64 armhf
for arch; do
	[ -n "${emulators[$arch]:-}" ] || fail "expected arm64 or armhf, got $arch"
	make_root "$arch" "$WORK/$arch"
	fetch_pymodbus "$WORK/$arch"
done
unshare --mount --propagation private "$0" --inside "$@"
