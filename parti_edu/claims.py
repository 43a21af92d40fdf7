"""Claims: a sentence in a lesson is printed only if the cell beside it shows that it holds."""

VERDICTS = ("holds", "conditional", "corrected", "refuted")
SHOWN: set[str] = set()  # the ids of those that held so far, for the overview of progress


def claim(id, holds, text, verdict=None):
    """Print a tick and the text if the claim holds, else fail loudly.

    Args:
        id: a ledger id such as "F02", or lesson and number such as "03.2".
        holds: the comparison that proves the text, one bool.
        text: the sentence, with its measured numbers.
        verdict: for ledger ids, what became of the published formula, listing or claim:
            "holds", "conditional", "corrected" or "refuted".

    Raises:
        AssertionError: if `holds` is false.
        TypeError: if `holds` is not a single truth value (an array, a number), or the id is no text.
        ValueError: if a ledger id has no verdict, or a lesson's own claim has one.

    >>> claim("03.9", 1 + 1 == 2, "one and one are two")
    ✓ 03.9 · one and one are two
    """
    if not isinstance(id, str) or not id:
        raise TypeError(f"id must be text such as '03.2', got {id!r}")
    if type(holds).__name__ not in ("bool", "bool_"):
        raise TypeError(f"holds must be one bool (True or False), got {type(holds).__name__}: {holds!r}")
    allowed = VERDICTS if id[0].isalpha() else (None,)
    if not isinstance(verdict, str | None) or verdict not in allowed:
        raise ValueError(
            f"verdict must be one of {', '.join(VERDICTS)} for a ledger id and None for a lesson's "
            f"own claim, got {verdict!r} for {id!r}"
        )
    assert holds, f"claim {id} does not hold: {text}"
    SHOWN.add(id)
    print(f"✓ {id} · {text}" + (f" [{verdict}]" if verdict else ""))
