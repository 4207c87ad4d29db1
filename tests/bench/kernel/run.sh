#!/usr/bin/env bash
# Runs the kernel-facing tests on a stock Debian kernel in QEMU, with a real /dev/spidev0.1 (the
# virtual host of ehw_spi.c) and real GPIO chips (gpio-sim, from Debian's kernel source), over
# this machine's own files, which the guest sees read-only; then the systemd unit under systemd.
# No root is needed once the packages are there; KVM is not used.
#
#   tests/bench/kernel/run.sh [COMMAND...]     default: the fidelity probe, the tests and the unit
#   PYTHON=.venv/bin/python LIMIT=480 (seconds for the guest) WORK=.work/kernel
set -euo pipefail
exec </dev/null

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
WORK=${WORK:-$top/.work/kernel}
LIMIT=${LIMIT:-480}
PYTHON=${PYTHON:-$top/.venv/bin/python}
mkdir -p "$WORK"
# shellcheck source=tests/bench/packages.sh
. "$here/../packages.sh"

# Whatever opens nodes, and does not care whose they are.
tests=(tests/bench/test_fidelity.py::test_probe_finds_what_it_found_on_a_real_kernel
	tests/links/test_kernel_spi.py tests/links/test_kernel_pins.py
	tests/links/test_kernel_hub.py tests/core/test_c_board.py)

# Modules of the guest in the order in which they are loaded; not every kernel has each of them.
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci netfs fscache
	9pnet 9pnet_virtio 9p configfs overlay ehw_spi gpio-sim-ehw)

find_kernel() {
	need_lists linux-image-amd64
	release=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: linux-image-//p' | head -n 1)
	[ -n "$release" ] || fail "linux-image-amd64 names no kernel"
	series=$(sed -E 's/^([0-9]+\.[0-9]+).*/\1/' <<<"$release")
	kernel=$WORK/$release
	mkdir -p "$kernel"
}

# Unpacked, not installed: the machine's own kernel and headers are left alone.
fetch() {
	[ ! -e "$kernel/fetched" ] || return 0
	local abi=${release%-amd64} headers=$kernel/tree/usr/src/linux-headers-$release
	cd "$kernel"
	rm -rf ./*.deb tree source
	download "linux-image-$release" "linux-headers-$release" "linux-headers-$abi-common" \
		"linux-kbuild-$series" "linux-source-$series" busybox-static
	say "unpacking"
	mkdir tree source
	for package in linux-image linux-headers linux-kbuild busybox-static; do
		for deb in "$package"*.deb; do dpkg-deb -x "$deb" tree; done
	done
	sed -i "s|include /usr/src|include $kernel/tree/usr/src|" "$headers/Makefile"
	dpkg-deb --fsys-tarfile linux-source-*.deb | tar -xO "./usr/src/linux-source-$series.tar.xz" |
		tar -xJ -C source --strip-components=3 "linux-source-$series/drivers/gpio/gpio-sim.c" \
			"linux-source-$series/drivers/gpio/gpiolib.h" "linux-source-$series/kernel/irq/irq_sim.c"
	# irq_to_desc() is not exported to modules; this does the same with what is.
	sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' source/irq_sim.c
	printf 'obj-m := ehw_spi.o gpio-sim-ehw.o\ngpio-sim-ehw-objs := gpio-sim.o irq_sim.o\n' >source/Makefile
	rm ./*.deb
	touch fetched
}

build() {
	[ ! "$kernel/source/ehw_spi.ko" -nt "$here/ehw_spi.c" ] || return 0
	say "building the modules"
	cp "$here/ehw_spi.c" "$kernel/source/"
	make -C "$kernel/tree/usr/src/linux-headers-$release" M="$kernel/source" CC=gcc modules \
		>"$kernel/build.log" 2>&1 || fail "the modules do not build: $(tail -n 20 "$kernel/build.log")"
}

# A script for the guest: go where we are and run the command.
script() {
	printf 'export PATH=%q HOME=%q LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 TMPDIR=/run\n' "$PATH" "$HOME"
	printf 'export PYTHONPATH=src:tests EHW_BENCH_SHIM=%q\ncd %q\n' "$kernel/shim.so" "$top"
	printf '%q ' "$@"
	printf '\n'
}

pack() {
	local module file
	mkdir -p "$root"/{bin,dev,host,layer,lib,proc,sys}
	cp "$(find "$kernel/tree" -path '*bin/busybox')" "$root/bin/"
	cp "$here/init" "$here/ehw-test.service" "$root/"
	for module in "${modules[@]}"; do
		file=$(find "$kernel/source" "$kernel/tree/lib/modules" -name "$module.ko*" -not -name '*.cmd' | head -n 1)
		[ -n "$file" ] || continue
		cp "$file" "$root/lib/"
		[ "$file" = "${file%.xz}" ] || xz -d "$root/lib/$module.ko.xz"
		strip --strip-debug "$root/lib/$module.ko"
		echo "$module" >>"$root/modules"
	done
	(cd "$root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$kernel/initrd.gz"
}

# Boot, and expect each of these to end with 0.
boot() {
	local result
	say "booting Linux $release"
	timeout --foreground --kill-after=10 "$LIMIT" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 1024 -smp 2 \
		-display none -monitor none -serial stdio -no-reboot -net none \
		-kernel "$kernel/tree/boot/vmlinuz-$release" -initrd "$kernel/initrd.gz" \
		-append "console=ttyS0 quiet panic=-1" \
		-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
		2>&1 | tr -d '\r' | tee "$WORK/log" || fail "the guest did not end within $LIMIT s, see $WORK/log"
	for result in "$@"; do
		grep -qx "$result=0" "$WORK/log" || fail "$result is not 0 on Linux $release, see $WORK/log"
	done
	say "passed on Linux $release"
}

need_packages qemu-system-x86 cpio gcc libc6-dev libelf1 make xz-utils
find_kernel
fetch
build
root=$kernel/initramfs
rm -rf "$root"
mkdir "$root"
results=(EHW-TESTS)
if [ $# = 0 ]; then
	need_packages systemd
	python=$("$PYTHON" -c 'import sys; print(sys.executable)') || fail "no Python at $PYTHON: run 'make test' first"
	PYTHONPATH=$top/src:$top/tests "$python" - "$kernel/shim.so" <<-'PY' || fail "$python lacks something: run 'make test' first"
		import sys
		from pathlib import Path

		import pytest, spidev
		from bench.shimmed import build_shim
		from energy_hw import _core

		build_shim(Path(sys.argv[1]))
	PY
	set -- "$python" -m bench.kernel.guest "$python" -m pytest -p no:cacheprovider --color=no --durations=6 "${tests[@]}"
	results+=(EHW-UNIT)
	script "$python" -m bench.kernel.guest "$python" -m bench.kernel.unit >"$root/unit.sh"
	echo 'echo "EHW-UNIT=$?"' >>"$root/unit.sh"
fi
script "$@" >"$root/tests.sh"
pack
boot "${results[@]}"
