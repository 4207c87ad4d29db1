"""Faces of other libraries, for programs that were written for them.

compat.energenie    pyenergenie: `from energy_hw.compat import energenie` instead of `import energenie`
compat.mate3        mate3 0.4 and 0.6: `from energy_hw.compat.mate3 import ...` instead of `from mate3 import ...`
"""
