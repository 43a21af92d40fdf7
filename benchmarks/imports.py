"""(c) What `import parti_edu` costs over `import numpy`, each in a fresh interpreter."""

import subprocess
import sys

import numpy as np
from measure import in_turn, report


def fresh(module):
    return lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True, timeout=60)


modules = ("numpy", "parti_edu", "parti_edu.on_numpy")
seconds = in_turn({module: fresh(module) for module in modules}, repeats=15)
base = np.array(seconds["numpy"])
table = []
for module in modules:
    extra = float(np.median(np.array(seconds[module]) - base))
    table.append({"import": module, "s": f"{np.median(seconds[module]):.3f}", "over numpy": f"{extra:.3f}"})
report("Import time (median of 15, in turn)", table)
