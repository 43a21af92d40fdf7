"""parti_edu: one loop — group the samples, iterate on part of them, merge, test convergence."""

from . import averaging, convergence, grouping, picking
from .claims import claim
from .data import load, read, seed_for

__all__ = ["averaging", "claim", "convergence", "grouping", "load", "picking", "read", "seed_for"]
__version__ = "0.1.0"
