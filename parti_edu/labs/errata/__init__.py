"""The articles' formulas and listings: as printed, run, and mended."""

from .catalogue import ERRATA, Erratum, Shown

__all__ = ["ERRATA", "Erratum", "Shown"]
