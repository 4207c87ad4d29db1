#!/usr/bin/env bash
# In the root of another architecture: build the C core in this copy of the checkout, and test.
set -euo pipefail
cd /tmp/project
arch=$1
shift

echo "$arch: building the C core"
ENERGY_HW_REQUIRE_C=1 python3 setup.py --quiet build_ext --inplace >/tmp/build.log 2>&1 || {
	tail -n 20 /tmp/build.log
	exit 1
}

echo "$arch: testing on $(uname -m), Python $(python3 -c 'import platform, struct; print(platform.python_version(), struct.calcsize("P") * 8, "bit")')"
ENERGY_HW_CORE=c PYTHONPATH=tests:/opt/python python3 -m pytest -p no:cacheprovider -p bench.arm.patience --durations=6 -rs "$@"
