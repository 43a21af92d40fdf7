"""The names explorer: famous algorithms as settings of one loop."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from .. import averaging, grouping, on_numpy, picking, schedules
from ..on_numpy import Adam, GradientDescent, Momentum, blend, mean, outer, sum_of_blocks, train
from . import svg
from .explorer import Explorer, Knob
from .merge import FEATURES, MODEL, PASSES, cost_plot, minimum, rows

SHOWN_ROUNDS, SHOWN_SLOTS = 3, 4  # in the drawing


def post_local(k):
    """One local step in the first round, five in the others."""
    return 1 if k == 1 else 5


class Settings(NamedTuple):
    """What `train` is called with, and what is reported of the run; source: where the name comes from."""

    source: str
    rows: str = "stratified"  # how they are grouped: "together", "stratified" or "by label"
    picks: Callable = picking.cyclic
    local_steps: Any = 1
    merge: Any = blend(1.0)
    optimizer: Any = GradientDescent(1.0)
    report: Callable | None = None


NAMES = {
    "full-batch gradient descent": Settings("Cauchy 1847 (from memory)", "together"),
    "incremental gradient": Settings("Bertsekas, arXiv 1507.01030"),
    "random reshuffling": Settings("Mishchenko et al. 2020", picks=picking.reshuffled),
    "mini-batch SGD": Settings("Robbins & Monro 1951 (from memory)", picks=picking.random),
    "block coordinate descent": Settings(
        "Wright 2015 (from memory)",
        "together",
        partial(picking.blocks, 2, 2),
        merge=blend(1.0, combine=sum_of_blocks),
    ),
    "gradient accumulation": Settings("no paper known to us", picks=picking.all_groups),
    "Lookahead": Settings("Zhang et al. 2019", picks=partial(picking.walks, length=2), merge=blend(0.5)),
    "Reptile": Settings(
        "Nichol et al. 2018",
        "by label",
        picking.reshuffled,
        5,
        blend(0.2, combine=mean),
        GradientDescent(0.5),
    ),
    "local SGD": Settings(
        "Stich, arXiv 1805.09767", picks=picking.all_groups, local_steps=5, merge=blend(1.0, combine=mean)
    ),
    "post-local SGD": Settings(
        "Lin et al. 2020 (from memory)",
        picks=picking.all_groups,
        local_steps=post_local,
        merge=blend(1.0, combine=mean),
    ),
    "FedAvg": Settings("McMahan et al. 2017 (from memory)", "by label", picking.all_groups, 5),
    "FedAvgM": Settings("Hsu et al. 2019", "by label", picking.all_groups, 5, outer(Momentum(0.3))),
    "DiLoCo": Settings(
        "Douillard et al. 2023",
        picks=picking.all_groups,
        local_steps=5,
        merge=outer(Momentum(0.7, nesterov=True)),
        optimizer=Adam(0.1),
    ),
    "one-shot averaging": Settings(
        "Zinkevich et al. 2010", picks=picking.all_groups, local_steps=PASSES, merge=blend(1.0, combine=mean)
    ),
    "EMA": Settings("from memory", picks=picking.reshuffled, report=partial(averaging.ema, beta=0.1)),
    "SWA": Settings("Izmailov et al. 2018", picks=picking.reshuffled, report=averaging.tail_mean),
    "Polyak–Ruppert averaging": Settings(
        "Polyak & Juditsky 1992", picks=picking.reshuffled, report=averaging.running_mean
    ),
}


@dataclass(frozen=True)
class State:
    name: str = "Lookahead"
    n_groups: int = 4


KNOBS = (Knob("name", "name", tuple(NAMES)), Knob("n_groups", "groups", (2, 4, 8, 16)))


class Result(NamedTuple):
    """The named algorithm and full-batch gradient descent at the same cost; K and PASSES + 1 points."""

    state: State
    knobs: dict[str, str]
    first_rounds: list
    passes: np.ndarray  # (K,)
    gap: np.ndarray  # loss above its minimum, (K,)
    full_gap: np.ndarray  # (PASSES + 1,)


def arguments(state):
    """The keyword arguments of `train` for a state, as many rounds as the budget pays for."""
    named = NAMES[state.name]
    groups = groups_of(named.rows, state.n_groups)
    picks = named.picks(groups=groups)
    steps = schedules.at(named.local_steps, 2)  # as in every round but the first
    visits = sum(len(pick.groups) for pick in next(iter(picks))) * steps
    rounds = max(1, PASSES * len(groups) // visits)
    return {
        "groups": groups,
        "picks": picks,
        "optimizer": named.optimizer,
        "merge": named.merge,
        "local_steps": named.local_steps,
        "rounds": rounds,
    }


@lru_cache
def groups_of(how, n_groups):
    y = rows().y
    if how == "together":
        return grouping.Groups([np.arange(len(y))])
    return (grouping.by_label if how == "by label" else grouping.stratified)(y, n_groups)


def result(state):
    """Run the named algorithm for 20 passes, full-batch gradient descent beside it."""
    settings, report = arguments(state), NAMES[state.name].report
    run = train(MODEL, rows(), **settings)
    run = report(run) if report else run
    first = list(islice(settings["picks"], SHOWN_ROUNDS))
    return Result(state, knobs(state), first, run.passes, run.loss(rows()) - minimum()[1], full_batch())


@lru_cache
def full_batch():
    run = train(MODEL, rows(), optimizer=GradientDescent(1.0), rounds=PASSES)
    return run.loss(rows()) - minimum()[1]


def knobs(state):
    """The four knobs of the loop, in words."""
    named, settings = NAMES[state.name], arguments(state)
    n = len(settings["groups"])
    grouped = "all rows together" if n == 1 else f"{n} groups, {named.rows}"
    steps = "1, then 5" if named.local_steps is post_local else str(named.local_steps)
    merged = _merge_in_words(named.merge)
    if named.report:
        merged += f"; reported: {_function(named.report).__name__.replace('_', ' ')}"
    return {"grouped": grouped, "picked": settings["picks"].name, "local steps": steps, "merged": merged}


def picture(result):
    """The first rounds and the four knobs as a drawing; the loss against its cost."""
    cost = cost_plot()
    cost.line(range(PASSES + 1), result.full_gap, "orange", width=1.5, dash="5 4")
    cost.line(result.passes, result.gap, "blue")
    cost.dots(result.passes[-1:], result.gap[-1:], "blue", radius=4)
    cost.legend(("this one", "blue", ""), ("full batch", "orange", "5 4"))
    return svg.beside(drawing(result), cost.svg(words(result)))


def drawing(result):
    """Rounds from left to right: a row a slot, a box a group walked, a diamond for the merge."""
    parts, wide = [_text(14, 24, result.state.name, weight=600)], (svg.WIDTH - 20) / SHOWN_ROUNDS
    for k, picked in enumerate(result.first_rounds):
        left = 14 + k * wide
        parts.append(_text(left + wide / 2 - 6, 48, f"round {k + 1}", "middle"))
        shown = picked[:SHOWN_SLOTS]
        for slot, pick in enumerate(shown):
            parts.append(_lane(left, 58 + 32 * slot, wide, pick, result, k + 1))
        if len(picked) > SHOWN_SLOTS:
            more = f"… {len(picked)} side by side"
            parts.append(_text(left + wide / 2 - 6, 62 + 32 * SHOWN_SLOTS, more, "middle"))
        x, top, bottom = left + wide - 14, 70, 70 + 32 * (len(shown) - 1)
        parts.append(f'<path d="M{x} {top}V{bottom}" stroke="currentColor"/>')
        middle = (top + bottom) / 2
        corners = f"{x - 8},{middle} {x},{middle - 8} {x + 8},{middle} {x},{middle + 8}"
        parts.append(f'<polygon points="{corners}" fill="currentColor"/>')
    for i, (knob, words) in enumerate(result.knobs.items()):
        parts.append(_text(14, 222 + 24 * i, f"{knob}:", weight=600))
        parts.append(_text(100, 222 + 24 * i, words))
    alt = f"The first {SHOWN_ROUNDS} rounds of {result.state.name} and its four knobs."
    return (
        f'<svg class="parti" viewBox="0 0 {svg.WIDTH} {svg.HEIGHT}" role="img" aria-label="{alt}" '
        f'xmlns="http://www.w3.org/2000/svg" style="flex:1 1 340px;max-width:{svg.WIDTH + 50}px">'
        f"{''.join(parts)}</svg>"
    )


def _lane(left, y, wide, pick, result, k):
    named = NAMES[result.state.name]
    steps = schedules.at(named.local_steps, k)
    room = (wide - 34) / len(pick.groups)
    box, parts = min(room - 3, 64), [f'<path d="M{left} {y + 12}H{left + wide - 14}" stroke="currentColor"/>']
    for i, g in enumerate(pick.groups):
        x = left + 8 + i * room
        words = "all" if named.rows == "together" else f"{g}" + f" ×{steps}" * (steps > 1)
        words = words if pick.block is None else f"block {int(np.flatnonzero(pick.block)[0])}"
        parts.append(
            f'<rect class="blue" x="{x:.1f}" y="{y}" width="{box:.1f}" height="24" rx="4" '
            f'fill="var(--jp-layout-color0,Canvas)" stroke="currentColor" stroke-width="2"/>'
        )
        parts.append(_text(x + box / 2, y + 16, words, "middle"))
    return "".join(parts)


def words(result):
    """The four knobs, how the run ends beside full batch, and where the name comes from."""
    told = ", ".join(f"{knob}: {value}" for knob, value in result.knobs.items())
    above, full = 100 * result.gap[-1] / minimum()[1], 100 * result.full_gap[-1] / minimum()[1]
    end = f"After {result.passes[-1]:.3g} passes the loss is {above:.2g} % above the minimum"
    told = f"{result.state.name} ({told}). {end}; full batch after {PASSES}: {full:.2g} %."
    return f"{told} Source: {NAMES[result.state.name].source}."


def code(state):
    """The state's run as a student would write it."""
    named, settings = NAMES[state.name], arguments(state)
    n, how = state.n_groups, named.rows.replace(" ", "_")
    groups = "[range(len(rows))]" if named.rows == "together" else f"grouping.{how}(rows.y, {n})"
    steps = "lambda k: 1 if k == 1 else 5" if named.local_steps is post_local else named.local_steps
    lines = [
        f'rows = load("breast_cancer", features={FEATURES}).train',
        f"groups = {groups}",
        f"picks = {_call('picking', named.picks, 'groups')}",
        f"run = train(LogisticRegression(l2={MODEL.l2}), rows, groups, picks,",
        f"            optimizer={named.optimizer!r},",
        f"            merge={named.merge!r},",
        f"            local_steps={steps}, rounds={settings['rounds']})",
    ]
    if named.report:
        lines.append(f"run = {_call('averaging', named.report, 'run')}")
    used = set(re.findall(r"\w+", "\n".join(lines)))
    shared = ", ".join(name for name in ("averaging", "grouping", "load", "picking") if name in used)
    ours = ", ".join(name for name in on_numpy.__all__ if name in used)
    return "\n".join([f"from parti_edu import {shared}", f"from parti_edu.on_numpy import {ours}", *lines])


def _merge_in_words(rule):
    combined = {"weighted_mean": "mean by rows", "mean": "plain mean", "sum_of_blocks": "sum of blocks"}
    combine = combined[rule.combine.__name__]
    if isinstance(rule, outer):
        nesterov = "Nesterov " * rule.optimizer.nesterov
        return f"outer {nesterov}momentum, rate {rule.optimizer.lr:g}, {combine}"
    return f"β = {rule.beta:g}, {combine}"


def _function(function):
    return function.func if isinstance(function, partial) else function


def _call(module, function, first):
    """The call as text: partial(picking.walks, length=2) → picking.walks(groups, length=2)."""
    set_already = function if isinstance(function, partial) else partial(function)
    after = [f"{name}={value}" for name, value in set_already.keywords.items()]
    given = ", ".join([*map(str, set_already.args), first, *after])
    return f"{module}.{_function(function).__name__}({given})"


def _text(x, y, words, anchor="start", weight=400):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{words}</text>'


names_explorer = Explorer("names", State, KNOBS, result, picture, words, code)
