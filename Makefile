# Two commands do all the set-up: `make monitor` and `make test`. ARGS="--count 3" passes options on.

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PIP     = $(BIN)/pip --disable-pip-version-check --quiet --retries 5
CORE    = $(wildcard csrc/*.c csrc/*.h csrc/build.py) setup.py pyproject.toml

.PHONY: monitor test check bench lib install dist test-kernel test-arm test-timescale test-asan test-noise test-outbox test-outages test-powercut test-valgrind fuzz coverage clean

# Packets from the board; without one it says so and shows a simulated house.
monitor: $(VENV)/.installed
	@$(BIN)/energy-hw monitor --or-simulate $(ARGS) || [ $$? = 130 ]

# Two workers a processor: half of a worker's time is waiting for clocks and lines.
test: $(VENV)/.tested
	$(BIN)/python -m pytest -n $$(( $$(nproc) * 2 )) --dist loadfile $(ARGS)

check: $(VENV)/.tested
	.ci/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) -C csrc check CLANG_FORMAT="$(CURDIR)/$(BIN)/clang-format"

bench: $(VENV)/.tested
	$(BIN)/python -m benchmarks $(ARGS)

# libehw.so, libehw.a and ehw.pc for other programs and languages, in build/lib; install puts them under PREFIX.
lib:
	$(MAKE) -C csrc lib

install: lib
	$(MAKE) -C csrc install

dist: $(VENV)/.tested
	$(BIN)/python -m build --outdir dist

# Slow stages: a real kernel, ARM, sanitizers, fuzzing.
test-kernel: $(VENV)/.tested
	PYTHON="$(CURDIR)/$(BIN)/python" tests/bench/kernel/run.sh

test-arm: $(VENV)/.tested
	PYTHON="$(CURDIR)/$(BIN)/python" tests/bench/arm/run.sh

# Hypertables on the real TimescaleDB.
test-timescale: $(VENV)/.tested
	PYTHON="$(CURDIR)/$(BIN)/python" tests/bench/timescale/run.sh

test-asan:
	$(MAKE) -C csrc asan

test-valgrind:
	$(MAKE) -C csrc valgrind

# A million frames instead of a hundred thousand.
test-noise: $(VENV)/.tested
	EHW_NOISE_FRAMES=1000000 $(BIN)/python -m pytest tests/core/test_noise.py

# The outbox after power cuts, kills and damage, in numbers.
test-powercut: $(VENV)/.tested
	EHW_POWER_CUTS=10000 $(BIN)/python -m pytest tests/sinks/test_powercut.py

test-outbox: $(VENV)/.tested
	EHW_KILLS=1000 EHW_WRECKS=1000 $(BIN)/python -m pytest tests/sinks/test_kill.py tests/sinks/test_salvage.py

# Ten minutes of a P1 meter, the server away, the forwarder killed twice: so many times.
test-outages: $(VENV)/.tested
	EHW_OUTAGES=$(or $(OUTAGES),20) $(BIN)/python -m pytest tests/app/test_p1_outage.py -s

fuzz:
	$(MAKE) -C csrc -j2 fuzz FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60)

coverage:
	$(MAKE) -C csrc coverage

# Without a compiler there is the Python core, which needs Debian's spidev and RPi.GPIO.
$(BIN)/python:
	$(PYTHON) -m venv $(if $(shell command -v cc),,--system-site-packages) $(VENV)

$(VENV)/.installed: $(BIN)/python $(CORE)
	$(PIP) install --editable '.[gateway]'
	@touch $@

$(VENV)/.tested: $(BIN)/python $(CORE)
	ENERGY_HW_REQUIRE_C=1 $(PIP) install --editable '.[test]'
	@rm -rf $(VENV)/pymodbus-lowest # the lowest that pyproject.toml allows; the newest is installed above
	$(PIP) install --no-deps --target $(VENV)/pymodbus-lowest \
		"pymodbus==$$(sed -n 's/.*"pymodbus>=\([0-9.]*\).*/\1/p' pyproject.toml)"
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist .work src/energy_hw/_core*.so src/*.egg-info .*_cache .hypothesis
	$(MAKE) -C csrc clean
