"""`python -m energy_hw` is `energy-hw`."""

from energy_hw.cli import main

main()
