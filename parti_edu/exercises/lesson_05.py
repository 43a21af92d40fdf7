"""Lesson 05: group sizes, momentum by hand, a valley, Adagrad, turned axes, Adam, conventions."""

import numpy as np

from .lesson_00 import RATES
from .task import Mistake, Property, Task, Tasks, quarters

# Three names, one pass


def one_pass(theta, X, y, size, rate):
    for first in range(0, len(y), size):
        rows = slice(first, first + size)
        residual = X[rows] @ theta - y[rows]
        theta = theta - rate * X[rows].T @ residual / len(residual)
    return theta


def one_pass_row_by_row(theta, X, y, size, rate):
    theta, members = list(theta), []
    for i in range(len(y)):
        members.append(i)
        if len(members) == size or i == len(y) - 1:
            slope = [0.0] * len(theta)
            for row in members:
                residual = sum(x * t for x, t in zip(X[row], theta, strict=True)) - y[row]
                slope = [s + residual * x for s, x in zip(slope, X[row], strict=True)]
            theta = [t - rate * s / len(members) for t, s in zip(theta, slope, strict=True)]
            members = []
    return theta


def mean_slope(X, residual, n, size):
    return X.T @ residual / len(residual)


def pass_with(slope=mean_slope, firsts=lambda n, size: range(0, n, size), at=lambda now, start: now):
    """One pass in which one thing is done in another way."""

    def run(theta, X, y, size, rate):
        start = theta
        for first in firsts(len(y), size):
            A, b = X[first : first + size], y[first : first + size]
            theta = theta - rate * slope(A, A @ at(theta, start) - b, len(y), size)
        return theta

    return run


def groups_of_rows(rng, size):
    d, in_group = 1 + size % 3, 2 + size % 3
    X = rng.choice([-2.0, -1.5, 0.5, 1.5, 2.0], (2 * in_group + 1 + size % 2, d))
    rate = float(rng.choice([0.25, 0.125]))
    return {"theta": quarters(rng, d), "X": X, "y": quarters(rng, len(X)), "size": in_group, "rate": rate}


ONE_PASS = Task(
    lesson="05",
    claim="05.1",
    minutes=8,
    statement=(
        "**Three names, one function.** Rows `X` (n, d), labels `y`, the loss "
        "$\\tfrac12(x\\cdot\\theta-y)^2$ averaged over a group. Cut the rows, in order, into groups of "
        "`size`; the last may be smaller. Take a step of gradient descent on each in turn, "
        "and give back the $\\theta$ after one pass. Which sizes make it batch, mini-batch, stochastic?"
    ),
    stub="def one_pass(theta, X, y, size, rate):\n    # a loop over the groups\n    return ...\n",
    inputs=groups_of_rows,
    oracle=one_pass_row_by_row,
    answer=one_pass,
    hints=(
        "How many steps does a pass take for size 1, and for size n? `range(0, n, size)` counts where the "
        "groups begin.",
        "`X[first : first + size]` ends by itself where the rows end. How many rows has the last group?",
        "In the loop: residual = rows times θ, less the labels; gradient = transposed rows times residual, "
        "over the group's rows; then a step from where the last one ended.",
    ),
    mistakes=(
        Mistake(
            "all steps of a pass start at its start",
            pass_with(at=lambda now, start: start),
            "Your gradients are all taken at the θ that came in. From where should the second group's step "
            "start?",
        ),
        Mistake(
            "a group's gradient is the sum over its rows",
            pass_with(lambda A, r, n, size: A.T @ r),
            "Your gradient adds up over the group's rows. With twice as many rows in each, should the same "
            "rate step twice as far?",
        ),
        Mistake(
            "the last group is left out if it is not full",
            pass_with(firsts=lambda n, size: range(0, n - size + 1, size)),
            "You leave out the last group if it is not full. Which rows never have a say?",
        ),
        Mistake(
            "every group has `size` rows",
            pass_with(lambda A, r, n, size: A.T @ r / size),
            "You divide by `size` in every group. How many rows has the last one?",
        ),
        Mistake(
            "the mean is over all rows",
            pass_with(lambda A, r, n, size: A.T @ r / n),
            "You divide a group's sum by the number of all rows. Whose mean should a step follow?",
        ),
        Mistake(
            "the gradient is the mean residual, without x",
            pass_with(lambda A, r, n, size: r.mean()),
            "Your gradient is the mean residual, the same for every coordinate. How much does a prediction "
            "grow when one θ grows by a little?",
        ),
        Mistake(
            "a pass is one group",
            pass_with(firsts=lambda n, size: range(1)),
            "You step on the first group and stop. How many groups make a pass?",
        ),
        Mistake(
            "a pass is one step on all rows",
            lambda theta, X, y, size, rate: one_pass(theta, X, y, len(y), rate),
            "You step once, on all rows: batch, whatever `size` is. How many steps should a pass take?",
        ),
        Mistake(
            "every row is a group",
            lambda theta, X, y, size, rate: one_pass(theta, X, y, 1, rate),
            "You step on each row alone: stochastic, whatever `size` is. Which rows should share a step?",
        ),
        Mistake(
            "the slope points to the minimum",
            pass_with(lambda A, r, n, size: -A.T @ r / len(r)),
            "Your steps go the way the slope points. Does the loss fall that way?",
        ),
        Mistake(
            "the loss is the square, not half of it",
            pass_with(lambda A, r, n, size: 2 * A.T @ r / len(r)),
            "Your gradient is twice as long. What stands before the square in the loss?",
        ),
    ),
    properties=(
        Property(
            "with all rows in one group it is one step of batch gradient descent",
            {"theta": np.zeros(1), "X": np.ones((2, 1)), "y": np.array([1.0, 3.0]), "size": 2, "rate": 0.5},
            lambda theta: np.allclose(theta, [1]),
        ),
    ),
)

# Momentum by hand


def momentum_path(start, a, b, rate, mu):
    path, v = [start], 0.0
    for steepness, offset in zip(a, b, strict=True):
        v = mu * v + steepness * path[-1] - offset
        path.append(path[-1] - rate * v)
    return np.array(path)


def momentum_path_by_hand(start, a, b, rate, mu):
    slopes, path = [], [start]
    for k in range(len(a)):
        slopes.append(a[k] * path[k] - b[k])
        weights = [mu ** (k - j) for j in range(k + 1)]
        v = sum(weight * slope for weight, slope in zip(weights, slopes, strict=True))
        path.append(path[k] - rate * v)
    return path


def heavy(
    velocity=lambda mu, v, g, k: mu * v + g,
    move=lambda rate, mu, v, g, old: rate * v,
    at=lambda path: path[-1],
):
    """A path with momentum in which one thing is done in another way."""

    def run(start, a, b, rate, mu):
        path, v = [start], 0.0
        for k in range(len(a)):
            g, old = a[k] * at(path) - b[k], v
            v = velocity(mu, v, g, k)
            path.append(path[-1] - move(rate, mu, v, g, old))
        return np.array(path)

    return run


MOMENTUM_PATH = Task(
    lesson="05",
    claim="05.5",
    minutes=6,
    statement=(
        "**Momentum by hand, by machine.** In round k = 1, 2, … the picked group has the slope "
        "$a_k\\theta-b_k$; `a` and `b` hold these numbers, `mu` is $\\mu$, and the velocity starts at 0. "
        "Give back the array of $\\theta_0, \\theta_1, \\dots$, one more than there are rounds. Do the first "
        "two rounds on paper, and compare."
    ),
    stub="def momentum_path(start, a, b, rate, mu):\n    return ...\n",
    inputs=lambda rng, size: {
        "start": quarters(rng),
        "a": rng.choice([0.5, 1.0, 2.0, 4.0], 1 + size),
        "b": rng.choice([-6.0, -2.0, 1.0, 3.0, 8.0], 1 + size),
        "rate": float(rng.choice(RATES)),
        "mu": float(rng.choice([0.25, 0.5, 0.75])),
    },
    oracle=momentum_path_by_hand,
    answer=momentum_path,
    hints=(
        "Two numbers survive a round: θ and v. In which order does the lesson renew them?",
        "The slope of round k is taken at the θ where round k − 1 ended.",
        "In the loop: the slope at path[-1]; v becomes mu times the old v, plus the slope; append path[-1] "
        "less rate times v.",
    ),
    plotted="state",
    mistakes=(
        Mistake(
            "the velocity starts anew each round",
            heavy(velocity=lambda mu, v, g, k: g),
            "Your velocity is the newest slope alone: this is gradient descent. What should be left of the "
            "round before?",
        ),
        Mistake(
            "the velocity is an average",
            heavy(velocity=lambda mu, v, g, k: mu * v + (1 - mu) * g),
            "Your velocity is an average of slopes. Under a constant slope g, should v grow beyond g, as "
            "in the lesson?",
        ),
        Mistake(
            "the first slope is copied, the later ones are damped",
            heavy(velocity=lambda mu, v, g, k: mu * v + (1 - mu * (k > 0)) * g),
            "You take the first slope whole and damp all later ones. Does the lesson's rule know which round "
            "it is?",
        ),
        Mistake(
            "momentum needs no rate",
            heavy(move=lambda rate, mu, v, g, old: v),
            "You subtract v itself; the rate has no say. Which number does α then have?",
        ),
        Mistake(
            "the rate is counted in v and in the step",
            heavy(move=lambda rate, mu, v, g, old: rate**2 * v),
            "Your rate comes in twice, in v and again in the step. In which of the two lines does it stand?",
        ),
        Mistake(
            "the step uses the velocity of the round before",
            heavy(move=lambda rate, mu, v, g, old: rate * old),
            "Your step uses the velocity from before this round's slope. Does your θ move at all in round 1?",
        ),
        Mistake(
            "all slopes are taken at the start",
            heavy(at=lambda path: path[0]),
            "Your slopes are all taken at θ_0. Where does round 2 stand when it asks for its slope?",
        ),
        Mistake(
            "μ weighs the fresh slope too",
            heavy(velocity=lambda mu, v, g, k: mu * (v + g)),
            "Your μ shrinks the fresh slope as well. After round 1, how large is your v, and how large is g?",
        ),
        Mistake(
            "nothing is ever forgotten",
            heavy(velocity=lambda mu, v, g, k: v + g),
            "Your velocity keeps every slope whole, and μ has no say. When would such a ball come to rest?",
        ),
        Mistake(
            "momentum looks ahead",
            heavy(move=lambda rate, mu, v, g, old: rate * (g + mu * v)),
            "Your step looks ahead along v: that is Nesterov's form. Which form does the lesson's equation "
            "have?",
        ),
        Mistake(
            "the minus stands in both lines",
            heavy(velocity=lambda mu, v, g, k: mu * v - g),
            "Your minus stands in both lines. Does the first step go up the slope or down?",
        ),
        Mistake(
            "the start is no state",
            lambda start, a, b, rate, mu: momentum_path(start, a, b, rate, mu)[1:],
            "Your array begins after round 1. Where in it would you look for θ_0?",
        ),
    ),
    properties=(
        Property(
            "on the blackboard of the lesson, round 2 ends at 5/2",
            {"start": 0.0, "a": np.array([1.0, 4.0]), "b": np.array([2.0, 6.0]), "rate": 0.5, "mu": 0.5},
            lambda path: np.allclose(path, [0, 1, 2.5]),
        ),
    ),
)

# A valley


def rounds_to_rest(curvatures, rate, mu, rounds):
    theta, v, last = np.ones(len(curvatures)), 0.0, 0
    for k in range(rounds + 1):
        if max(abs(theta)) > 0.01:
            last = k
        v = mu * v + curvatures * theta
        theta = theta - rate * v
    return last + 1


def rounds_to_rest_one_by_one(curvatures, rate, mu, rounds):
    needed = []
    for curvature in curvatures:
        path = momentum_path_by_hand(1.0, [curvature] * rounds, [0.0] * rounds, rate, mu)
        needed.append(1 + max(k for k, theta in enumerate(path) if abs(theta) > 0.01))
    return max(needed)


def rest_with(
    far=lambda theta, curvatures: max(abs(theta)) > 0.01,
    velocity=lambda mu, v, g: mu * v + g,
    slope=lambda curvatures, theta: curvatures * theta,
    give=lambda far: len(far) - far[::-1].argmax(),
):
    """Counted with one thing done in another way; `give` takes truth values, after round 0, 1, …."""

    def run(curvatures, rate, mu, rounds):
        theta, v, seen = np.ones(len(curvatures)), 0.0, []
        for _ in range(rounds + 1):
            seen.append(far(theta, curvatures))
            v = velocity(mu, v, slope(curvatures, theta))
            theta = theta - rate * v
        return give(np.array(seen))

    return run


ROUNDS_TO_REST = Task(
    lesson="05",
    claim="05.6",
    minutes=10,
    statement=(
        "**How slow is a valley?** On $\\tfrac12\\sum_j\\lambda_j\\theta_j^2$, with `curvatures` "
        "$\\lambda_j$, run `rounds` rounds of momentum from $\\theta_j=1$, $v=0$. After how many rounds is "
        "every $|\\theta_j|$ at most 0.01, and stays so? Then try your function on curvatures 1 and 100, "
        "with `mu` 0 and 0.8: which rate is best for each?"
    ),
    stub="def rounds_to_rest(curvatures, rate, mu, rounds):\n    return ...\n",
    inputs=lambda rng, size: {
        "curvatures": rng.permutation(np.array([0.2, 0.35, 0.6, 1.0, 1.7, 2.6]))[: 2 + size % 3],
        "rate": 0.5,
        "mu": (0.0, 0.5, 0.8)[size % 3],
        "rounds": 120,
    },
    oracle=rounds_to_rest_one_by_one,
    answer=rounds_to_rest,
    hints=(
        "The gradient of this loss is `curvatures * theta`, a coordinate each. Which of the coordinates do "
        "you wait for?",
        "With momentum a coordinate can pass through 0.01 and swing out again. So note the *last* round that "
        "was still far.",
        "Before each round, and once after the last: if the largest |θ_j| is above 0.01, note the round. One "
        "round later it rests.",
    ),
    mistakes=(
        Mistake(
            "the first time near is at rest",
            rest_with(give=lambda far: far.argmin()),
            "You stop at the first round in which all are near. With momentum, can one of them swing out "
            "again?",
        ),
        Mistake(
            "the last round that is far is the answer",
            rest_with(give=lambda far: len(far) - far[::-1].argmax() - 1),
            "Your number is the last round that is still too far out. Which round is the first at rest?",
        ),
        Mistake(
            "the directions may be averaged",
            rest_with(far=lambda theta, curvatures: abs(theta).mean() > 0.01),
            "You wait for the mean of the |θ_j|. Can one of them be far while the mean is near?",
        ),
        Mistake(
            "left and right cancel",
            rest_with(far=lambda theta, curvatures: abs(theta.sum()) > 0.01),
            "You add the coordinates up before you take the size. What if one stands at 1 and another at −1?",
        ),
        Mistake(
            "a small loss is a state at rest",
            rest_with(far=lambda theta, curvatures: (curvatures * theta**2).sum() / 2 > 0.01),
            "You compare the loss with 0.01. How far out may a flat direction be at so small a loss?",
        ),
        Mistake(
            "the flattest direction is the slowest",
            lambda curvatures, rate, mu, rounds: rounds_to_rest(
                curvatures[[curvatures.argmin()]], rate, mu, rounds
            ),
            "You wait for the flattest direction alone. Which directions can be slow at a rate that is large "
            "for them?",
        ),
        Mistake(
            "the steepest direction is the slowest",
            lambda curvatures, rate, mu, rounds: rounds_to_rest(
                curvatures[[curvatures.argmax()]], rate, mu, rounds
            ),
            "You wait for the steepest direction alone. What does the rate leave of the flattest one each "
            "round?",
        ),
        Mistake(
            "one curvature for all",
            rest_with(slope=lambda curvatures, theta: curvatures.mean() * theta),
            "You give every direction the mean curvature. Is there still a valley then?",
        ),
        Mistake(
            "the velocity starts anew each round",
            rest_with(velocity=lambda mu, v, g: g),
            "Your μ has no say. What of the last round's velocity is left in this one?",
        ),
        Mistake(
            "the velocity is an average",
            rest_with(velocity=lambda mu, v, g: mu * v + (1 - mu) * g),
            "Your velocity is an average, so your steps are shorter by 1 − μ. Which weight has the fresh "
            "gradient in the lesson?",
        ),
    ),
)

# A rate for each coordinate


def adagrad_path(start, gradients, rate, eps):
    s = np.cumsum(gradients**2, axis=0)
    moves = rate * gradients / (np.sqrt(s) + eps)
    return np.concatenate([[start], start - np.cumsum(moves, axis=0)])


def adagrad_path_one_by_one(start, gradients, rate, eps):
    theta, sums, path = list(start), [0.0] * len(start), [list(start)]
    for gradient in gradients:
        for j, g in enumerate(gradient):
            sums[j] += g * g
            theta[j] -= rate * g / (sums[j] ** 0.5 + eps)
        path.append(list(theta))
    return path


def own_rates(
    gather=lambda s, g: s + g**2,
    divide=lambda s, g, eps, theta, old: g / (np.sqrt(s) + eps),
):
    """A path whose sum or whose step is another."""

    def run(start, gradients, rate, eps):
        path, s = [start], np.zeros_like(start)
        for g in gradients:
            old, s = s, gather(s, g)
            path.append(path[-1] - rate * divide(s, g, eps, path[-1], old))
        return np.array(path)

    return run


def sparse_gradients(rng, size):
    """Gradients (T, P) in which coordinate 0 is rare and has none in the first round."""
    gradients = rng.choice([-2.0, -1.0, -0.5, 0.5, 1.5, 3.0], (2 + size, 2 + size % 2))
    gradients[0, 0] = 0.0
    gradients[2::2, 0] = 0.0
    return gradients


def small_and_large_eps(size):
    return 1e-3 if size % 2 else 1e-8


ADAGRAD_PATH = Task(
    lesson="05",
    claim="05.13",
    minutes=6,
    statement=(
        "**A rate for each coordinate.** `gradients` has shape (T, P), one a round. Take T steps of Adagrad "
        "from `start`, as in the lesson, and give back all states, shape (T + 1, P). Coordinate 0 seldom has "
        "a gradient: how far does it step when it has one, and how far do the others?"
    ),
    stub="def adagrad_path(start, gradients, rate, eps):\n    return ...\n",
    inputs=lambda rng, size: {
        "start": rng.choice([-2.0, -1.0, 0.75, 1.5], 2 + size % 2),
        "gradients": sparse_gradients(rng, size),
        "rate": float(rng.choice(RATES)),
        "eps": small_and_large_eps(size),
    },
    oracle=adagrad_path_one_by_one,
    answer=adagrad_path,
    hints=(
        "Each coordinate has a sum s of its own. What goes into it, and before or after the step?",
        "`np.cumsum(…, axis=0)` adds up along the rounds, column by column. A loop does as well.",
        "Each move is rate times the gradient, over the root of s plus eps; s has this round's squared "
        "gradient in it.",
    ),
    mistakes=(
        Mistake(
            "θ stands in the numerator",
            own_rates(divide=lambda s, g, eps, theta, old: theta / (np.sqrt(s) + eps)),
            "Your step has θ where the gradient belongs. Standing at the minimum, would it stay?",
        ),
        Mistake(
            "the sum adds gradients, not their squares",
            own_rates(gather=lambda s, g: s + g),
            "Your sum adds the gradients themselves. What becomes of it when they alternate, +1, −1?",
        ),
        Mistake(
            "the sum adds sizes, not squares",
            own_rates(gather=lambda s, g: s + abs(g)),
            "Your sum adds sizes |g| under the root. In the first round, how long is your step for g = 4, "
            "and for g = 1?",
        ),
        Mistake(
            "there is no root",
            own_rates(divide=lambda s, g, eps, theta, old: g / (s + eps)),
            "You divide by the sum itself. If all gradients were ten times as long, what would your first "
            "step do?",
        ),
        Mistake(
            "the coordinates share one sum",
            own_rates(gather=lambda s, g: s + (g**2).sum()),
            "All your coordinates share one sum. What does a rare coordinate gain then?",
        ),
        Mistake(
            "the sum starts anew each round",
            own_rates(gather=lambda s, g: g**2),
            "Your sum holds this round alone, so every step is as long as the rate. What slows a busy "
            "coordinate down?",
        ),
        Mistake(
            "the step comes before the sum",
            own_rates(divide=lambda s, g, eps, theta, old: g / (np.sqrt(old) + eps)),
            "Your step divides by the sum from before this round. What is that sum in round 1?",
        ),
        Mistake(
            "ε can be left out",
            own_rates(divide=lambda s, g, eps, theta, old: g / np.sqrt(s)),
            "You left `eps` out. What is 0 divided by 0, for a coordinate that has seen no gradient yet?",
        ),
        Mistake(
            "ε stands under the root",
            own_rates(divide=lambda s, g, eps, theta, old: g / np.sqrt(s + eps)),
            "Your `eps` stands under the root. Where does it stand in the lesson's equation?",
        ),
        Mistake(
            "the slope points to the minimum",
            lambda start, gradients, rate, eps: adagrad_path(start, -gradients, rate, eps),
            "Your steps go up the slope. Which sign does a step have in the lesson?",
        ),
        Mistake(
            "the last state is the path",
            lambda start, gradients, rate, eps: adagrad_path(start, gradients, rate, eps)[-1],
            "You give the last state alone. Where could one see how the steps shrink?",
        ),
        Mistake(
            "the start is no state",
            lambda start, gradients, rate, eps: adagrad_path(start, gradients, rate, eps)[1:],
            "Your states begin after round 1. Which one is missing?",
        ),
    ),
    properties=(
        Property(
            "the first step of each coordinate is as long as the rate",
            {"start": np.zeros(2), "gradients": np.array([[3.0, -0.5]]), "rate": 0.5, "eps": 0.0},
            lambda path: np.allclose(path[1], [-0.5, 0.5]),
        ),
    ),
)

# When the axes are turned


def turned_step(gradient, turn, rate):
    return turn.T @ (-rate * np.sign(turn @ gradient))


def turned_step_by_hand(gradient, turn, rate):
    seen = [sum(t * g for t, g in zip(row, gradient, strict=True)) for row in turn]
    steps = [-rate * g / (g * g) ** 0.5 for g in seen]
    return [sum(row[j] * step for row, step in zip(turn, steps, strict=True)) for j in range(len(gradient))]


def a_turn(rng, size):
    angle = float(rng.choice([0.3, 0.8, 1.2, 2.0, 2.6]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return {
        "gradient": rng.choice([-3.0, -1.0, 1.0, 2.0], 2),
        "turn": turn,
        "rate": float(rng.choice(RATES)),
    }


TURNED_STEP = Task(
    lesson="05",
    claim="05.13",
    minutes=6,
    statement=(
        "**Turn the axes.** `turn` is a rotation: a vector u of the old coordinates reads `turn @ u` in new "
        "ones. Adagrad is run in the *new* coordinates. What is its first step, told in the *old* ones? "
        "Leave ε out. Compare with its first step in the old coordinates. What would gradient descent do?"
    ),
    stub="def turned_step(gradient, turn, rate):\n    return ...\n",
    inputs=a_turn,
    oracle=turned_step_by_hand,
    answer=turned_step,
    hints=(
        "Three things in turn: the gradient in new coordinates, Adagrad's first step there, the way back.",
        "Adagrad's first step is g over √(g²), times the rate: what is left of g, coordinate by coordinate?",
        "Turn the gradient, keep its signs, times minus the rate; the transposed matrix of a rotation turns "
        "back.",
    ),
    mistakes=(
        Mistake(
            "own rates do not mind a turn",
            lambda gradient, turn, rate: -rate * np.sign(gradient),
            "Your step does not depend on `turn`. Are the signs of a vector the same in all coordinates?",
        ),
        Mistake(
            "the step is told in the new coordinates",
            lambda gradient, turn, rate: -rate * np.sign(turn @ gradient),
            "Your step is told in the new coordinates. What leads back to the old ones?",
        ),
        Mistake(
            "turning once more turns back",
            lambda gradient, turn, rate: turn @ (-rate * np.sign(turn @ gradient)),
            "You turn twice the same way. Where does a vector end after a quarter turn and another one?",
        ),
        Mistake(
            "the new coordinates are the old ones turned back",
            lambda gradient, turn, rate: turn @ (-rate * np.sign(turn.T @ gradient)),
            "You turn back first and forth last. In which coordinates does `turn @ u` read u?",
        ),
        Mistake(
            "the old step is turned",
            lambda gradient, turn, rate: turn @ (-rate * np.sign(gradient)),
            "You take the step in the old coordinates and turn that. In which coordinates is Adagrad run?",
        ),
        Mistake(
            "Adagrad's step follows the gradient",
            lambda gradient, turn, rate: -rate * gradient,
            "Your step is that of gradient descent, which no turn can change. What does Adagrad divide each "
            "coordinate by?",
        ),
        Mistake(
            "Adagrad divides by the gradient's length",
            lambda gradient, turn, rate: -rate * gradient / np.linalg.norm(gradient),
            "You divide all coordinates by one length. Which numbers does Adagrad divide by, and how many?",
        ),
        Mistake(
            "the slope points to the minimum",
            lambda gradient, turn, rate: turn.T @ (rate * np.sign(turn @ gradient)),
            "Your step goes up the slope. Which sign does a step have?",
        ),
    ),
    properties=(
        Property(
            "a quarter turn leads axes to axes and changes nothing",
            {"gradient": np.array([1.0, 2.0]), "turn": np.array([[0.0, -1.0], [1.0, 0.0]]), "rate": 0.5},
            lambda step: np.allclose(step, [-0.5, -0.5]),
        ),
    ),
)

# Adam


def adam_path(start, gradients, rate, beta1, beta2, eps):
    path, m, v = [start], 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
        path.append(path[-1] - rate * step)
    return np.array(path)


def adam_path_by_weights(start, gradients, rate, beta1, beta2, eps):
    def average(values, beta):
        weights = [beta ** (len(values) - 1 - i) for i in range(len(values))]
        return sum(w * value for w, value in zip(weights, values, strict=True)) / sum(weights)

    path = [list(start)]
    for t in range(1, len(gradients) + 1):
        state = []
        for j, theta in enumerate(path[-1]):
            seen = [gradient[j] for gradient in gradients[:t]]
            root = average([g * g for g in seen], beta2) ** 0.5
            state.append(theta - rate * average(seen, beta1) / (root + eps))
        path.append(state)
    return path


def adam_with(
    clock=lambda t, P: t,
    first=lambda m, g, beta: beta * m + (1 - beta) * g,
    second=lambda v, g, beta: beta * v + (1 - beta) * g**2,
    mend_m=lambda m, beta, t: m / (1 - beta**t),
    mend_v=lambda v, beta, t: v / (1 - beta**t),
    divide=lambda m, v, eps: m / (np.sqrt(v) + eps),
    keep=False,
):
    """Adam with one thing done in another way; keep: the mended averages are what the next step finds."""

    def run(start, gradients, rate, beta1, beta2, eps):
        path, m, v = [start], np.zeros_like(start), np.zeros_like(start)
        for k, g in enumerate(gradients, 1):
            t = clock(k, len(start))
            m, v = first(m, g, beta1), second(v, g, beta2)
            m_hat, v_hat = mend_m(m, beta1, t), mend_v(v, beta2, t)
            path.append(path[-1] - rate * divide(m_hat, v_hat, eps))
            m, v = (m_hat, v_hat) if keep else (m, v)
        return np.array(path)

    return run


def as_it_is(average, beta, t):
    return average


def shrunk(average, beta, t):
    return beta * average


def swapped(start, gradients, rate, beta1, beta2, eps):
    return adam_path(start, gradients, rate, beta2, beta1, eps)


ADAM_PATH = Task(
    lesson="05",
    claim="F13",
    minutes=10,
    statement=(
        "**Adam, whole.** `gradients` has shape (T, P), one a round. Take T steps of Adam from `start`, with "
        "the bias correction of the lesson, and give back all states, shape (T + 1, P). How long is the "
        "first step, for a gradient of 3 and for one of 0.5? And if you leave the correction out?"
    ),
    stub=(
        "def adam_path(start, gradients, rate, beta1, beta2, eps):\n"
        "    path = [start]\n"
        "    # m, v, t\n"
        "    return np.array(path)\n"
    ),
    inputs=lambda rng, size: {
        "start": quarters(rng, 2 + size % 2),
        "gradients": sparse_gradients(rng, size),
        "rate": float(rng.choice(RATES)),
        "beta1": float(rng.choice([0.5, 0.75, 0.9])),
        "beta2": float(rng.choice([0.8, 0.95, 0.99])),
        "eps": small_and_large_eps(size),
    },
    oracle=adam_path_by_weights,
    answer=adam_path,
    hints=(
        "Three things survive a round: m, v and the number t of steps taken. What are they before round 1?",
        "In round t: renew m and v, divide each by what is missing of its weights, and only then step. "
        "`enumerate(gradients, 1)` counts t for you.",
        "The step is m over 1 − β₁ᵗ, divided by the root of v over 1 − β₂ᵗ, with eps added to that root. "
        "Keep m and v themselves as they are.",
    ),
    mistakes=(
        Mistake(
            "the averages need no correction",
            adam_with(mend_m=as_it_is, mend_v=as_it_is),
            "You use m and v as they are. After one step m is only a part of g: which part, and which part "
            "of g² is v?",
        ),
        Mistake(
            "the correction multiplies by β",
            adam_with(mend_m=shrunk, mend_v=shrunk),
            "Your correction multiplies by β. Are m and v too large or too small at first?",
        ),
        Mistake(
            "only m is biased",
            adam_with(mend_v=as_it_is),
            "You correct m and not v. Which of the two starts farther from what it should be?",
        ),
        Mistake(
            "t is never counted",
            adam_with(clock=lambda t, P: 1),
            "Your t stays at 1. Under a constant gradient all steps should be equally long: how long is your "
            "second?",
        ),
        Mistake(
            "t counts coordinates",
            adam_with(clock=lambda t, P: (t - 1) * P + np.arange(1, P + 1)),
            "Your t goes on from coordinate to coordinate. How many gradients has each of them seen after "
            "round 1?",
        ),
        Mistake(
            "t starts at 0",
            adam_with(clock=lambda t, P: t - 1),
            "Your t is 0 in the first round. What is 1 − β⁰?",
        ),
        Mistake(
            "the corrected averages are the memory",
            adam_with(keep=True),
            "You keep the corrected m and v for the next round. Which of the two does the lesson's first "
            "line go on with?",
        ),
        Mistake(
            "v is Adagrad's sum",
            adam_with(second=lambda v, g, beta: v + g**2, mend_v=as_it_is),
            "Your v is a sum that only grows, as Adagrad's. What does Adam keep in its place?",
        ),
        Mistake(
            "v averages gradients, not their squares",
            adam_with(second=lambda v, g, beta: beta * v + (1 - beta) * g),
            "Your v averages gradients without the square. What does its root give where the gradient is "
            "negative?",
        ),
        Mistake(
            "β₁ and β₂ change places",
            swapped,
            "Your β₁ and β₂ have changed places. Which of the two memories is the longer one in Adam's "
            "defaults?",
        ),
        Mistake(
            "the averages start anew each round",
            adam_with(
                first=lambda m, g, beta: g, second=lambda v, g, beta: g**2, mend_m=as_it_is, mend_v=as_it_is
            ),
            "Each of your steps knows its own gradient alone, so only its sign is left. What should survive "
            "a round?",
        ),
        Mistake(
            "ε can be left out",
            adam_with(divide=lambda m, v, eps: m / np.sqrt(v)),
            "You left `eps` out. What is 0 divided by 0, for a pixel that is always dark?",
        ),
        Mistake(
            "ε is added to the quotient",
            adam_with(divide=lambda m, v, eps: m / np.sqrt(v) + eps),
            "Your `eps` is added to the quotient. Can it keep the divisor away from 0 there?",
        ),
        Mistake(
            "ε stands under the root",
            adam_with(divide=lambda m, v, eps: m / np.sqrt(v + eps)),
            "Your `eps` stands under the root. Where does it stand in the lesson's equation?",
        ),
        Mistake(
            "there is no root",
            adam_with(divide=lambda m, v, eps: m / (v + eps)),
            "You divide by v itself. If all gradients were ten times as long, what would your first step do?",
        ),
    ),
    properties=(
        Property(
            "under a constant gradient every step is as long as the rate",
            {
                "start": np.zeros(1),
                "gradients": np.full((3, 1), 4.0),
                "rate": 0.5,
                "beta1": 0.9,
                "beta2": 0.99,
                "eps": 0.0,
            },
            lambda path: np.allclose(path[:, 0], [0, -0.5, -1, -1.5]),
        ),
    ),
)

# Two libraries, one name


def two_conventions(gradient, rate, initial, eps):
    size = abs(gradient)
    outside = np.sqrt(size**2) + eps
    inside = np.sqrt(initial + size**2 + eps)
    return rate * size / np.array([outside, inside])


def two_conventions_one_by_one(gradient, rate, initial, eps):
    here = [rate * abs(g) / ((g * g) ** 0.5 + eps) for g in gradient]
    there = [rate * abs(g) / (initial + g * g + eps) ** 0.5 for g in gradient]
    return [here, there]


def first_rows(
    here=lambda size, initial, eps: size + eps,
    there=lambda size, initial, eps: np.sqrt(initial + size**2 + eps),
):
    """Lengths of two first steps, one of them divided by something else, of (size, initial, eps)."""

    def run(gradient, rate, initial, eps):
        size = abs(gradient)
        return np.array([rate * size / divisor(size, initial, eps) for divisor in (here, there)])

    return run


TWO_CONVENTIONS = Task(
    lesson="05",
    claim="05.17",
    minutes=5,
    statement=(
        "**One name, two libraries.** How long is the first step of Adagrad on `gradient`, in each "
        "coordinate? Row 0: the sum starts at 0, and ε stands outside the root, as in the lesson. Row 1: the "
        "sum starts at `initial`, and ε stands under the root. For which gradients does the difference "
        "matter?"
    ),
    stub="def two_conventions(gradient, rate, initial, eps):\n    return ...\n",
    inputs=lambda rng, size: {
        "gradient": rng.choice([-2.0, -0.5, -0.01, 0.02, 0.25, 1.5], 1 + size),
        "rate": float(rng.choice(RATES)),
        "initial": float(rng.choice([0.1, 0.4])),
        "eps": float(rng.choice([0.01, 0.001])),
    },
    oracle=two_conventions_one_by_one,
    answer=two_conventions,
    hints=(
        "In both rows, what is the sum s after the first gradient?",
        "A step is rate·g over the root, and a length has no sign. Where is ε added, before the root is "
        "taken or after?",
        "Row 0 divides by |g| plus ε, row 1 by the root of initial, g² and ε together.",
    ),
    mistakes=(
        Mistake(
            "the rows change places",
            lambda gradient, rate, initial, eps: two_conventions(gradient, rate, initial, eps)[::-1] + 0,
            "Your rows have changed places. Which of the two starts its sum at 0?",
        ),
        Mistake(
            "ε stands outside in both",
            first_rows(there=lambda size, initial, eps: np.sqrt(initial + size**2) + eps),
            "Your `eps` stands outside the root in both rows. In which row is it added before the root is "
            "taken?",
        ),
        Mistake(
            "ε stands under the root in both",
            first_rows(here=lambda size, initial, eps: np.sqrt(size**2 + eps)),
            "Your `eps` stands under the root in both rows. In which row does it come after the root?",
        ),
        Mistake(
            "`initial` is in both sums",
            first_rows(here=lambda size, initial, eps: np.sqrt(initial + size**2) + eps),
            "Both of your sums start at `initial`. At what does the sum of row 0 start?",
        ),
        Mistake(
            "`initial` is a gradient, and squared",
            first_rows(there=lambda size, initial, eps: np.sqrt(initial**2 + size**2 + eps)),
            "You square `initial`. Is it a gradient, or already a sum of squares?",
        ),
        Mistake(
            "`initial` is added after the root",
            first_rows(there=lambda size, initial, eps: np.sqrt(size**2 + eps) + initial),
            "You add `initial` after the root. Is it the sum that starts there, or the divisor?",
        ),
        Mistake(
            "the first step does not see its own gradient",
            first_rows(there=lambda size, initial, eps: np.sqrt(initial + eps)),
            "The sum in your row 1 has not seen this gradient yet. What comes first in a step, the sum or "
            "the division?",
        ),
        Mistake(
            "a length has a sign",
            lambda gradient, rate, initial, eps: (
                np.sign(gradient) * two_conventions(gradient, rate, initial, eps)
            ),
            "Some of your lengths are negative. Which way a step goes, and how long it is: which of these is "
            "asked?",
        ),
        Mistake(
            "Adagrad's first step is as long as the rate, always",
            lambda gradient, rate, initial, eps: np.full((2, len(gradient)), rate),
            "All your first steps are as long as the rate. Is that so when the sum does not start at 0?",
        ),
        Mistake(
            "the rate is 1",
            lambda gradient, rate, initial, eps: two_conventions(gradient, 1.0, initial, eps),
            "Your lengths are counted in rates. What is left to do for the length itself?",
        ),
    ),
)

tasks = Tasks(ONE_PASS, MOMENTUM_PATH, ROUNDS_TO_REST, ADAGRAD_PATH, TURNED_STEP, ADAM_PATH, TWO_CONVENTIONS)
