"""Faces of other libraries, for programs that were written for them.

compat.energenie    pyenergenie: `from energy_hw.compat import energenie` instead of `import energenie`
"""
