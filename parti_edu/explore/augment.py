"""The augmentation explorer: garments moved, turned and lit, and what two nets then take them for."""

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

import numpy as np

from ..data import SETS
from . import svg
from .explorer import Explorer, Knob

N_TRAIN, N_TEST, EPOCHS = 1200, 100, 6
PLAIN, MOVED = "plain", "augmented"  # the two nets
NETS = {PLAIN: ("blue", "", "circle"), MOVED: ("orange", "5 4", "square")}
SHOWN = {"pullover": 1, "trouser": 2, "sneaker": 9, "bag": 18}  # garment → test row
SHIFTS = tuple(range(-8, 9))
ENDS = -8.4, 8.4
LEFT, WIDE, SIDE = 86, 86, 72  # pixels: of the first column, of a column, of an image
NAMES = SETS["fashion_mnist"].words


@dataclass(frozen=True)
class State:
    shift: int = 3
    degrees: int = 0
    light: float = 1.0


KNOBS = (
    Knob("shift", "shift, pixels", SHIFTS),
    Knob("degrees", "turn, degrees", tuple(range(-90, 91, 5))),
    Knob("light", "light ×", tuple(i / 10 for i in range(2, 21))),
)


class Result(NamedTuple):
    """The garments after the change, and the probabilities that each net gives them."""

    state: State
    X: np.ndarray  # light in [0, 1], of the garments shown, (4, 28, 28)
    p: dict[str, np.ndarray]  # net → (N_TEST, 10)

    def percent(self, net):
        return 100 * float((self.p[net].argmax(-1) == trained().y).mean())


class Trained(NamedTuple):
    """Both nets, and the test rows that they are tried on."""

    nets: dict[str, Any]
    X: Any  # a tensor (N_TEST, 28, 28)
    y: np.ndarray


@lru_cache
def trained():
    """Two nets from one start on the same rows; one of them saw each garment changed anew in each epoch."""
    from ..labs.efficiency import images
    from ..labs.efficiency.augment import Augment

    parts = images.prepare(N_TRAIN, 10)
    start = images.cnn(parts.train.X, (8, 16), 32)
    changes = {PLAIN: None, MOVED: Augment(shift=3, degrees=20, brightness=0.4)}
    recipes = {n: images.Recipe(EPOCHS, group_size=30, lr=6e-3, augment=a) for n, a in changes.items()}
    nets = {name: images.fit(start, parts, recipe).last for name, recipe in recipes.items()}
    return Trained(nets, parts.test.X[:N_TEST], parts.test.y[:N_TEST].numpy())


@lru_cache(maxsize=32)
def result(state):
    """Change the test garments, and ask both nets."""
    from ..labs.efficiency import augment, images

    X = augment.shift(augment.rotate(trained().X, state.degrees), 0, state.shift)
    X = augment.brighten(X, state.light)
    p = {name: images.probabilities(net, X).numpy() for name, net in trained().nets.items()}
    return Result(state, X[list(SHOWN.values())].numpy(), p)


@lru_cache
def shifted_alone():
    """The results of all shifts, neither turned nor lit otherwise."""
    return [result(State(shift, 0, 1.0)) for shift in SHIFTS]


def untouched():
    return result(State(0, 0, 1.0))


def picture(result):
    """Four garments before and after with what each net says; the test garments right, against the shift."""
    return svg.beside(_garments(result), _counts(result))


def _garments(result):
    parts = []
    for y, label in ((54, "before"), (132, "after"), (196, PLAIN), (252, MOVED)):
        parts.append(_line(8, y, label, "start", 600))
    for i, (name, row) in enumerate(SHOWN.items()):
        x = LEFT + WIDE * i
        for y, light in ((12, untouched().X[i]), (90, result.X[i])):
            parts.append(
                f'<image x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" href="{svg.png(light)}" '
                f'style="image-rendering:pixelated"/>'
            )
        for y, net in ((188, PLAIN), (244, MOVED)):
            taken, p = taken_for(result.p[net][row])
            mark = "✓" if taken == name else "✗"
            for down, told in ((0, taken), (18, f"{mark} {p:.0%}")):
                parts.append(_line(x + SIDE / 2, y + down, told))
    alt = escape(f"Four garments before and after, and what each net takes them for. {words(result)}")
    return (
        f'<svg class="parti" viewBox="0 0 {svg.WIDTH} 280" role="img" aria-label="{alt}" '
        f'xmlns="http://www.w3.org/2000/svg" style="flex:1 1 340px;max-width:{svg.WIDTH + 50}px">'
        f"{''.join(parts)}</svg>"
    )


def _line(x, y, text, anchor="middle", weight=400):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'


def _counts(result):
    plot = svg.Plot(
        "shifted only", "shift to the right, pixels", f"% of {N_TEST} test garments right", ENDS, (0, 100)
    )
    for net, (colour, dash, shape) in NETS.items():
        plot.line(SHIFTS, [alone.percent(net) for alone in shifted_alone()], colour, dash=dash)
        plot.mark(result.state.shift, result.percent(net), shape, colour)
    plot.legend(*((f"{net} net", *looks) for net, looks in NETS.items()))
    return plot.svg(f"How many each net has right at each shift, and marks for this state. {words(result)}")


def words(result):
    """What was done to the garments, what a net takes one for now, and how many both have right."""
    state = result.state
    n, side = abs(state.shift), "right" if state.shift > 0 else "left"
    done = [f"shifted by {n} pixel{'s' * (n > 1)} to the {side}"] if n else []
    turned = "counter-clockwise" if state.degrees > 0 else "clockwise"
    done += [f"turned {turned} by {abs(state.degrees)} degrees"] if state.degrees else []
    done += [f"lit {state.light:g} times as much"] if state.light != 1 else []
    text = f"The garments are {', '.join(done) or 'as they are'}"
    for net in NETS:
        text += f"; the {net} net has {result.percent(net):.0f} % right"
        text += f" in place of {untouched().percent(net):.0f} %" * bool(done)
    for name, row in SHOWN.items():
        taken, p = taken_for(result.p[PLAIN][row])
        if taken != name:
            return f"{text}. The plain net takes the {name} for: {taken}, {p:.0%} sure."
    return f"{text}. The plain net knows all four."


def taken_for(p):
    """(the likeliest class in words, its probability)."""
    return NAMES[p.argmax()], float(p.max())


def code(state):
    """The state's change and the nets' answers as a student would compute them."""
    lines = [
        "from parti_edu.labs.efficiency import augment, images",
        f"parts = images.prepare({N_TRAIN}, 10)",
        "start = images.cnn(parts.train.X, (8, 16), 32)",
        f"recipe = images.Recipe({EPOCHS}, group_size=30, lr=6e-3)",
        "net = images.fit(start, parts, recipe).last  # the plain one",
        f"X = augment.rotate(parts.test.X[:{N_TEST}], {state.degrees})",
        f"X = augment.brighten(augment.shift(X, 0, {state.shift}), {state.light})",
        "p = images.probabilities(net, X)",
    ]
    return "\n".join(lines)


augment_explorer = Explorer("augment", State, KNOBS, result, picture, words, code)
