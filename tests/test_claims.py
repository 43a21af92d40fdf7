"""A claim is printed only if it holds, and only under an id that fits its verdict."""

import numpy as np
import pytest

from parti_edu import claim
from parti_edu.claims import VERDICTS


@pytest.mark.parametrize("holds", [True, np.True_])
def test_a_claim_that_holds_is_printed_with_a_tick(capsys, holds):
    claim("03.1", holds, "it is so")
    assert capsys.readouterr().out == "✓ 03.1 · it is so\n"


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_ledger_claim_shows_its_verdict(capsys, verdict):
    claim("B01", True, "it is so", verdict)
    assert capsys.readouterr().out == f"✓ B01 · it is so [{verdict}]\n"


@pytest.mark.parametrize("holds", [False, np.False_])
def test_a_claim_that_does_not_hold_fails_and_prints_nothing(capsys, holds):
    with pytest.raises(AssertionError, match=r"^claim 03\.1 does not hold: it is so$"):
        claim("03.1", holds, "it is so")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("holds", [1, 0.0, None, "yes", np.array([True]), np.float64(1)])
def test_holds_must_be_one_bool(holds):
    with pytest.raises(TypeError, match=r"^holds must be one bool \(True or False\), got "):
        claim("03.1", holds, "it is so")


@pytest.mark.parametrize(
    ("id", "verdict"),
    [("B01", None), ("B01", "hold"), ("03.1", "holds"), ("03.1", "x"), ("B01", ""), ("03.1", "")],
)
def test_a_verdict_belongs_to_ledger_ids_alone(id, verdict):
    with pytest.raises(ValueError, match=f"^verdict must be one of holds, .* got {verdict!r} for {id!r}$"):
        claim(id, True, "it is so", verdict)


def test_a_bad_verdict_is_told_before_the_claim_is_judged():
    with pytest.raises(ValueError, match="verdict"):
        claim("B01", False, "it is so")
