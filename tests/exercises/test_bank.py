"""Every task: its bank of mistakes, its solution and rewrites of it, its words, its place in a lesson."""

import ast
import importlib
import json
import re
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from parti_edu.exercises import TASKS
from parti_edu.exercises.outcome import call
from parti_edu.on_numpy import Adagrad, Adam, GradientDescent, Momentum, Quadratic, blend, train

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
PAIRS = [(task, mistake) for task in TASKS.values() for mistake in task.mistakes]
SECONDS = 2  # of computing for one check; most take a hundredth of that
BANNED = r"\b(wrong|incorrect|error|fail\w*|obviously|simply|just|easy|clearly|forgot|bad|stupid|mistake)\b"

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
each_mistake = pytest.mark.parametrize(
    ("task", "mistake"), PAIRS, ids=[f"{task.id}-{mistake.belief}" for task, mistake in PAIRS]
)


@each_mistake
def test_a_mistake_gets_its_own_message(task, mistake):
    importlib.import_module("parti_edu.explore.svg")  # so that the first picture does not wait for matplotlib
    began = time.process_time()
    answer = task.check(mistake.code)
    assert time.process_time() - began < SECONDS
    assert (answer.kind, answer.message) == ("known mistake", mistake.message)
    if "got" in answer.details:
        assert re.search(r"^for      \w+\(.+\)\nexpected .+\ngot      .+", answer.details)


def one_round_loop(start, X, y, rate, beta):
    pulls = []
    for x, label in zip(X, y, strict=True):
        pulls.append((x * start - label) * x)
    trial = start - rate * sum(pulls) / len(pulls)
    return trial * beta + start * (1 - beta)


def merged_states_dots(start, X, y, groups, rate, beta, rounds):
    path = np.full(rounds + 1, start)
    for k in range(1, rounds + 1):
        g = groups[(k - 1) % len(groups)]
        path[k] = path[k - 1] - beta * rate * (X[g] @ (X[g] * path[k - 1] - y[g])) / len(g)
    return path


def merged_states_list(start, X, y, groups, rate, beta, rounds):
    states = [start]
    while len(states) <= rounds:
        g = groups[(len(states) - 1) % len(groups)]
        states += [one_round_loop(states[-1], X[g], y[g], rate, beta)]
    return states


def band_loop(states, n_groups):
    low = high = states[-1]
    for state in states[-n_groups:]:
        low, high = min(low, state), max(high, state)
    return high - low


def factor_loop(rate, beta, local_steps):
    theta = 1
    for _ in range(local_steps):
        theta -= rate * theta
    return beta * theta + 1 - beta


def reading_b_matrix(start, rate, beta, rounds):
    turn, pair, states = np.array([[beta * (1 - rate), 1 - beta], [1, 0]]), np.array([start, start]), [start]
    for _ in range(rounds):
        pair = turn @ pair
        states.append(pair[0])
    return states


def reading_b_filled(start, rate, beta, rounds):
    states = np.full(rounds + 2, start)
    for k in range(2, rounds + 2):
        states[k] = beta * (states[k - 1] - rate * states[k - 1]) + (1 - beta) * states[k - 2]
    return states[1:].copy()


def step_and_merge_copies(theta, gradient, rate, beta):
    trial, start = theta.copy(), theta.copy()
    trial -= rate * gradient
    return start + beta * (trial - start)


def reported_weights(states, beta):
    n = len(states) - 1
    weights = np.array([[beta * (1 - beta) ** (k - j) * (j <= k) for j in range(n)] for k in range(n)])
    weights[:, 0] = [(1 - beta) ** k for k in range(n)]
    return weights @ states[1:]


def reported_list(states, beta):
    old, out = states[1], []
    for theta in states[1:]:
        old = old * (1 - beta) + theta * beta
        out.append(old)
    return out


def combined_loop(trials, sizes):
    total = np.zeros(trials.shape[1])
    for trial, n in zip(trials, sizes, strict=True):
        total += n * trial
    return total / sum(sizes)


def deal_by_rank(y, n_groups):
    return np.argsort(np.argsort(y, kind="stable")) % n_groups


def deal_to_a_dictionary(y, n_groups):
    deck = sorted(range(len(y)), key=lambda row: y[row])
    group = {row: card % n_groups for card, row in enumerate(deck)}
    return [group[row] for row in range(len(y))]


def share_counted(theta, X, gradient):
    predicted = 0.0
    for row in X:
        predicted += 1 / (1 + np.exp(-sum(row * theta)))
    return (predicted - len(X) * gradient[0]) / len(X)


def spread_loop(gradients, n_groups):
    n, full = len(gradients), sum(gradients) / len(gradients)
    squares = sum(((row - full) ** 2).sum() for row in gradients)
    return (squares / (n - 1) * (n_groups - 1) / n) ** 0.5


def drift_in_one_formula(start, X, y, groups, rate, local_steps):
    def end(x, label):
        lowest, curvature = x @ label / (x @ x), x @ x / len(x)
        return lowest + (1 - rate * curvature) ** local_steps * (start - lowest)

    return sum(len(g) * end(X[g], y[g]) for g in groups) / len(X) - end(X, y)


def drift_with_all_walks_at_once(start, X, y, groups, rate, local_steps):
    member = np.array([np.isin(range(len(X)), g) for g in [*groups, range(len(X))]])
    weight = member / member.sum(1, keepdims=True)
    theta = np.full(len(member), start)
    for _ in range(local_steps):
        theta = theta - rate * (weight * (np.outer(theta, X) - y) * X).sum(1)
    return theta[:-1] @ member[:-1].sum(1) / len(X) - theta[-1]


def offset_weights(gradients, strata):
    _, stratum, count = np.unique(strata, return_inverse=True, return_counts=True)
    return (1 / count[stratum] / len(count) - 1 / len(strata)) @ gradients


def offset_loop(gradients, strata):
    kinds, total = set(strata.tolist()), 0 * gradients[0]
    for kind in kinds:
        members = [g for g, s in zip(gradients, strata, strict=True) if s == kind]
        total = total + sum(members) / len(members)
    return total / len(kinds) - sum(gradients) / len(gradients)


def count_gradient_loop(theta, X, y):
    total = np.zeros(len(theta))
    for x, label in zip(X, y, strict=True):
        total += (np.exp(x @ theta) - label) * x
    return total / len(y)


def nudged_loop(theta, X, y, h):
    slopes = []
    for j in range(len(theta)):
        ends = []
        for side in (1, -1):
            nudged = theta.copy()
            nudged[j] += side * h
            ends.append(np.mean(np.logaddexp(0, X @ nudged) - y * (X @ nudged)))
        slopes.append((ends[0] - ends[1]) / (2 * h))
    return slopes


def nudged_at_once(theta, X, y, h):
    z = (X @ theta)[:, None, None] + h * X[:, :, None] * [1, -1]  # rows, parameters, sides
    loss = (np.log1p(np.exp(z)) - y[:, None, None] * z).mean(0)
    return -np.diff(loss, axis=1)[:, 0] / (2 * h)


def partial_step_loop(theta, X, y, rows, block, rate):
    new = theta.copy()
    for i in rows:
        for j in np.flatnonzero(block):
            new[j] -= rate * (X[i] @ theta - y[i]) * X[i, j] / len(rows)
    return new


def partial_step_where(theta, X, y, rows, block, rate):
    x, label = X[rows], y[rows]
    return np.where(block, theta - rate * (x.T @ (x @ theta - label) / len(rows)), theta)


def both_losses_list(start, X, y, rows, rate, local_steps):
    def loss(theta, x, label):
        return np.mean(0.5 * (x * theta - label) ** 2)

    lines, theta = [(loss(start, X[rows], y[rows]), loss(start, X, y))], start
    for _ in range(local_steps):
        theta = theta - rate * np.dot(X[rows] * theta - y[rows], X[rows]) / len(rows)
        lines.append((loss(theta, X[rows], y[rows]), loss(theta, X, y)))
    return lines


def both_losses_vectorised(start, X, y, rows, rate, local_steps):
    x = X[rows]
    lowest, curvature = x @ y[rows] / (x @ x), x @ x / len(x)
    theta = lowest + (start - lowest) * (1 - rate * curvature) ** np.arange(local_steps + 1)
    halves = (np.outer(theta, X) - y) ** 2 / 2
    return np.stack([halves[:, rows].mean(1), halves.mean(1)], axis=1)


def bill_loop(sizes, picked, local_steps, n_parameters, remembered):
    rows = calls = 0
    held = (2 + remembered) * n_parameters * 8
    for g in picked:
        rows, calls, held = rows + sizes[g] * local_steps, calls + local_steps, held + n_parameters * 8
    return rows, calls, held


def end_of_pass_composed(minima, order, rate):
    factor, moved = 1.0, 0.0  # a pass takes θ to factor·θ + moved
    for g in order:
        factor, moved = (1 - rate) * factor, (1 - rate) * moved + rate * minima[g]
    return moved / (1 - factor)


def end_of_pass_walked(minima, order, rate):
    theta, before = minima.mean(), None
    while theta != before:
        before = theta
        for c in minima[order]:
            theta = (1 - rate) * theta + rate * c
    return theta


def resting_composed(minima, curvatures, sizes, rate, local_steps, beta):
    factor = moved = 0.0
    for c, curvature, n in zip(minima, curvatures, sizes, strict=True):
        left = (1 - rate * curvature) ** local_steps
        factor, moved = factor + n * left / sum(sizes), moved + n * (1 - left) * c / sum(sizes)
    return beta * moved / (1 - (beta * factor + 1 - beta))


def resting_walked(minima, curvatures, sizes, rate, local_steps, beta):
    theta = 0.0
    for _ in range(400):  # no β: it moves the walk, not its end
        trials = np.full(len(minima), theta)
        for _ in range(local_steps):
            trials -= rate * curvatures * (trials - minima)
        theta = np.average(trials, weights=sizes)
    return theta


def readings_by_training(start, rate, beta, curvature):
    settings = {"optimizer": GradientDescent(rate), "merge": blend(beta), "start": [start], "rounds": 1}
    before, now = train(Quadratic([curvature]), **settings).theta[:, 0]
    moved = abs(now - before) / max(1, abs(before))
    return abs((now - before) * (now + before)) / before**2, curvature * abs(now), moved


def stops_at_in_letters(changes, tolerance, hold):
    letters = "".join("s" if change <= tolerance else "x" for change in changes)
    begun = letters.find("s" * hold)
    return begun + hold if begun >= 0 else -1


def stops_at_windows(changes, tolerance, hold):
    if len(changes) < hold:
        return -1
    small = np.lib.stride_tricks.sliding_window_view(changes <= tolerance, hold).all(1)
    return small.argmax() + hold if small.any() else -1


def rate_for_in_steps(radius, sigma, beta):
    a = 0.0
    for _ in range(60):
        a = (a + (2 - a) * (radius / sigma) ** 2) / 2
    return a / beta


def report_with_ages(fit, held_out, test, patience):
    lowest = np.minimum.accumulate(held_out)
    place = np.searchsorted(-lowest, -lowest)
    old = np.flatnonzero(np.arange(len(place)) - place >= patience)
    return test[place[old[0] if len(old) else -1]]


def report_while(fit, held_out, test, patience):
    best, k = 0, 0
    while k + 1 < len(held_out) and k - best < patience:
        k += 1
        best = k if held_out[k] < held_out[best] else best
    return float(test[best])


def range_test_all_at_once(X, y, rates, rounds):
    theta = np.zeros((len(rates), X.shape[1]))
    for _ in range(rounds):
        theta = theta - rates[:, None] * ((theta @ X.T - y) @ X) / len(y)
    losses = ((theta @ X.T - y) ** 2).mean(1)
    return rates[np.where(np.isfinite(losses), losses, np.inf).argmin()]


def range_test_in_powers(X, y, rates, rounds):
    n, d = X.shape
    H, pull, best = X.T @ X / n, X.T @ y / n, (np.inf, None)
    for rate in rates:
        theta = sum(np.linalg.matrix_power(np.eye(d) - rate * H, k) for k in range(rounds)) @ (rate * pull)
        best = min(best, (np.abs(X @ theta - y) @ np.abs(X @ theta - y) / n, rate))
    return best[1]


def one_pass_split(theta, X, y, size, rate):
    cuts = range(size, len(y), size)
    for A, b in zip(np.split(X, cuts), np.split(y, cuts), strict=True):
        theta = theta - rate * np.mean((A @ theta - b)[:, None] * A, axis=0)
    return theta


def one_pass_popping(theta, X, y, size, rate):
    rows = list(zip(X, y, strict=True))
    while rows:
        group, rows = rows[:size], rows[size:]
        pull = sum((x @ theta - label) * x for x, label in group)
        theta = theta - rate / len(group) * pull
    return theta


def stepped(optimizer, start, gradients):
    """The path of an optimizer of the package; gradients may be functions of θ."""
    path, state = [start], optimizer.init(np.asarray(start))
    for g in gradients:
        theta, state = optimizer.step(path[-1], g(path[-1]) if callable(g) else g, state)
        path.append(theta)
    return np.array(path)


def momentum_path_packaged(start, a, b, rate, mu):
    slopes = [lambda theta, s=s, o=o: s * theta - o for s, o in zip(a, b, strict=True)]
    return stepped(Momentum(rate, mu), start, slopes)


def momentum_path_without_v(start, a, b, rate, mu):
    path = [start, start]
    for steepness, offset in zip(a, b, strict=True):
        path.append(path[-1] - rate * (steepness * path[-1] - offset) + mu * (path[-1] - path[-2]))
    return path[1:]


def rounds_to_rest_trained(curvatures, rate, mu, rounds):
    settings = {"start": np.ones(len(curvatures)), "rounds": rounds}
    run = train(Quadratic(curvatures), optimizer=Momentum(rate, mu), **settings)
    return np.flatnonzero(abs(run.theta).max(1) > 0.01)[-1] + 1


def rounds_to_rest_backwards(curvatures, rate, mu, rounds):
    older = now = np.ones_like(curvatures)
    sizes = [1.0]
    for _ in range(rounds):
        older, now = now, now - rate * curvatures * now + mu * (now - older)
        sizes.append(np.linalg.norm(now, np.inf))
    while sizes[-1] <= 0.01:
        sizes.pop()
    return len(sizes)


def adagrad_path_list(start, gradients, rate, eps):
    path, s = [start], 0
    for g in gradients:
        s = s + g * g
        path = [*path, path[-1] - rate / (s**0.5 + eps) * g]
    return path


def adam_path_weights(start, gradients, rate, beta1, beta2, eps):
    age = np.subtract.outer(np.arange(len(gradients)), np.arange(len(gradients)))

    def average(values, beta):
        weights = np.where(age >= 0, beta ** abs(age), 0)
        return weights / weights.sum(1, keepdims=True) @ values

    moves = average(gradients, beta1) / (average(gradients**2, beta2) ** 0.5 + eps)
    return start - rate * np.vstack([0 * start, moves.cumsum(0)])


def two_conventions_packaged(gradient, rate, initial, eps):
    ways = Adagrad(rate, eps), Adagrad(rate, eps, initial=initial, eps_inside=True)
    return [abs(stepped(way, np.zeros_like(gradient), [gradient])[1]) for way in ways]


def best_against_best_sorted(full, part):
    ratios = []
    for rival, groups in zip(full, part, strict=True):
        ratios.append(sorted(rival.ravel())[0] / sorted(groups.ravel())[0])
    return np.quantile(ratios, 0.5)


def price_ratio_loop(rounds, n_groups, local_steps, full):
    out = []
    for some, G, E in zip(rounds, n_groups, local_steps, strict=True):
        ratios = sorted(E * n / G / whole for n, whole in zip(some, full, strict=True))
        out.append(ratios[len(ratios) // 2])
    return out


def growth_by_covariance(sizes, costs):
    table = np.cov(np.log2(sizes), np.log2(np.median(costs, axis=0)))
    return table[0, 1] / table[0, 0]


def growth_by_matrix(sizes, costs):
    line = np.stack([np.log10(sizes), np.ones(len(sizes))], axis=1)
    return np.linalg.lstsq(line, np.log10(np.median(costs, 0)), rcond=None)[0][0]


def halving_sorted(losses):
    alive, passes = list(range(len(losses[0]))), 0
    for r in range(len(losses)):
        passes += len(alive)
        alive = sorted(alive, key=lambda c: losses[r][c])[: len(alive) // 2]
    return alive[0], passes


def halving_masked(losses):
    alive, passes = np.ones(losses.shape[1], bool), 0
    for after in losses:
        passes += alive.sum()
        alive &= after <= np.median(after[alive])
    return np.array([np.flatnonzero(alive)[0], passes])


def lookahead_flat(start, centres, rate, beta, every, walks):
    fast, slows = start, [start]
    for i in range(every * walks):
        fast = fast - rate * (fast - centres[i % len(centres)])
        if (i + 1) % every == 0:
            slows.append(beta * fast + (1 - beta) * slows[-1])
            fast = slows[-1]
    return slows


def lookahead_in_closed_form(start, centres, rate, beta, every, walks):
    slows, batches = np.full(walks + 1, start), np.resize(centres, (walks, every))
    decay = rate * (1 - rate) ** np.arange(every)[::-1]
    for k in range(walks):
        fast = (1 - rate) ** every * slows[k] + decay @ batches[k]
        slows[k + 1] = beta * fast + (1 - beta) * slows[k]
    return slows


def tally_loop(sizes, n_parameters, passes, local_steps):
    merges, rows, numbers = 0, 0, 0
    while merges * local_steps < passes:
        merges += 1
        for n in sizes:
            rows, numbers = rows + local_steps * n, numbers + n_parameters + n_parameters
    return merges, numbers, rows


def accumulated_shares(theta, X, y, parts, rate):
    means = [(X[p] @ theta - y[p]) @ X[p] / len(p) for p in parts]
    return theta - rate * np.average(means, axis=0, weights=[len(p) for p in parts])


def two_ends_lists(start, centres, rate, beta):
    merged, plain = [start], [start]
    for c in centres:
        merged.append(merged[-1] - beta * rate * (merged[-1] - c))
        plain.append((1 - rate) * plain[-1] + rate * c)
    report = plain[1]
    for theta in plain[2:]:
        report += beta * (theta - report)
    return merged[-1], report


def two_ends_weights(start, centres, rate, beta):
    def states(rate):
        left = (1 - rate) ** np.arange(len(centres) + 1)
        rows = [rate * left[:k][::-1] @ centres[:k] for k in range(1, len(centres) + 1)]
        return left[1:] * start + rows

    weights = beta * (1 - beta) ** np.arange(len(centres))[::-1]
    weights[0] /= beta
    return np.array([states(beta * rate)[-1], weights @ states(rate)])


def fuse_loop(one, other):
    net = np.empty_like(one)
    for h, unit in enumerate(one):
        nearest = min(range(len(other)), key=lambda i: np.linalg.norm(other[i] - unit))
        net[h] = 0.5 * unit + 0.5 * other[nearest]
    return net


def fuse_best_order(one, other):
    order = [np.abs(other - unit).max(1).argmin() for unit in one]
    return np.mean([one, np.take(other, order, axis=0)], axis=0)


def common_digits_loop(ours, twin):
    gap = max(abs(b - a) for a, b in zip(ours, twin, strict=True))
    return np.log10(max(map(abs, ours)) / gap)


def slopes_loop(w, v, x, y):
    by_w = by_v = 0.0
    for a, b in zip(x, y, strict=True):
        h = np.tanh(w * a)
        by_w += (v * h - b) * v * (1 - h) * (1 + h) * a / len(x)
        by_v += (v * h - b) * h / len(x)
    return by_w, by_v


def slopes_by_a_complex_step(w, v, x, y):
    def loss(w, v):
        return np.mean((v * np.tanh(w * x) - y) ** 2) / 2

    return [loss(w + 1e-30j, v).imag / 1e-30, loss(w, v + 1e-30j).imag / 1e-30]


def added_up_scaled(start, steps, bits):
    for step in steps:
        fraction, exponent = np.frexp(start + step)
        start = np.ldexp(np.round(np.ldexp(fraction, bits + 1)), exponent - bits - 1)
    return start


def added_up_with_logs(start, steps, bits):
    theta = float(start)
    for step in steps.tolist():
        per_unit = 2 ** (bits - int(np.floor(np.log2(abs(theta + step)))))
        theta = round((theta + step) * per_unit) / per_unit
    return theta


def pays_from_tried(calls, small, large):
    for n in range(1, 10_000):
        if calls * large[0] + n * large[1] < calls * small[0] + n * small[1]:
            return n
    return float("inf")


def pays_from_lines(calls, small, large):
    lead, gain = np.subtract(large, small) * [calls, -1]
    return np.floor(lead / gain + 1) if gain > 0 else np.inf


def goes_on_list(theta, begun, steps, centres, rate, beta, every):
    states = []
    for k, c in enumerate(centres, steps + 1):
        theta += rate * (c - theta)
        if not k % every:
            theta -= (1 - beta) * (theta - begun)
            begun = theta
        states += [theta]
    return states


def goes_on_filled(theta, begun, steps, centres, rate, beta, every):
    states = np.empty(len(centres))
    due = (steps + 1 + np.arange(len(centres))) % every == 0
    for i, c in enumerate(centres):
        theta = (1 - rate) * theta + rate * c
        states[i] = theta = np.where(due[i], beta * theta + (1 - beta) * begun, theta)
        begun = np.where(due[i], theta, begun)
    return states


def factors_from_shares(sizes):
    return sizes / np.mean(sizes)


def factors_solved(sizes):
    to_rows = np.diag(1 / sizes) / len(sizes)  # what a factor gives each row of its shard
    return np.linalg.solve(to_rows, np.full(len(sizes), 1 / np.sum(sizes)))


def two_merges_loop(start, gradients, sizes, rate):
    merged, moved = 0, 0
    for gradient, n in zip(gradients, sizes, strict=True):
        merged = merged + n / sum(sizes) * gradient
        moved = moved + n / sum(sizes) * np.sign(gradient)
    return [start - rate * np.sign(np.round(merged, 12)), start - rate * moved]


def two_merges_of_repeated_rows(start, gradients, sizes, rate):
    def over_rows(table):
        return np.repeat(table, sizes, axis=0).mean(0)

    return np.stack(
        [start - rate * np.sign(over_rows(gradients)), over_rows(start - rate * np.sign(gradients))]
    )


def sent_part_by_part(parameters, workers, steps, every):
    n_merges = len(range(every, steps + 1, every))
    return sum(8 * parameters / workers for _ in range(1, workers)) * n_merges


def computed_counting_down(steps, every, deaths):
    lost, before, done = [], 0, 0
    for death in deaths.tolist():
        done, before = done + death - before, death
        lost.append(done - done // every * every)
        done -= lost[-1]
    return steps + sum(lost)


def computed_while(steps, every, deaths):
    left, k, since = steps, 0, 0
    while left:
        k, left, since = k + 1, left - 1, since + 1
        since = 0 if (steps - left) % every == 0 else since
        if k in deaths.tolist():
            left, since = left + since, 0
    return k


def takes_over_while(computing, n_bytes, bandwidth, latency):
    w = 2
    while (2 * w - 2) * (n_bytes / bandwidth + w * latency) < computing:
        w += 1
    return w


def takes_over_by_the_root(computing, n_bytes, bandwidth, latency):
    line = n_bytes / bandwidth
    a, b, c = 2 * latency, 2 * (line - latency), -2 * line - computing
    root = (np.sqrt(b**2 - 4 * a * c) - b) / (2 * a) if a else -c / b
    return max(2, int(np.ceil(root)))


def move_bills_by_bill(U, V, vote, rate):
    new, n = V.copy(), np.sum(vote >= 0)
    for b, of_bill in enumerate(vote.T):
        there = of_bill >= 0
        chance = np.exp(-np.logaddexp(0, -U[there] @ V[b]))
        new[b] -= rate / n * (chance - of_bill[there]) @ U[there]
    return new


def move_bills_einsum(U, V, vote, rate):
    seen = (vote > -1).astype(float)
    residual = seen * ((1 + np.tanh(U @ V.T / 2)) / 2 - vote)
    return V - rate * np.einsum("sb,sr->br", residual, U) / seen.sum()


def spread_of_mean_dictionary(values, cluster):
    sums, mean = {}, sum(values) / len(values)
    for value, name in zip(values, cluster.tolist(), strict=True):
        sums[name] = sums.get(name, 0) + value - mean
    return sum(each**2 for each in sums.values()) ** 0.5 / len(values)


def spread_of_mean_matrix(values, cluster):
    together, away = np.equal.outer(cluster, cluster), values - values.mean()
    return np.sqrt(away @ together @ away) / len(away)


def after_costs_shifted(held, move, cost):
    return np.where(held == 1, move, 0) - cost * (held != np.append(0, held[:-1]))


def after_costs_list(held, move, cost):
    earned = [h * m for h, m in zip(held, move, strict=True)]
    for t in range(len(held)):
        earned[t] -= cost * abs(held[t] - (held[t - 1] if t else 0))
    return earned


def pieces_while(n_samples, reach, stride, length):
    found, begin = [], 0
    while begin + reach <= n_samples:
        end = begin + reach
        while end + stride <= n_samples and (end - begin - reach) // stride < length - 1:
            end += stride
        found.append((begin, end))
        begin += length * stride
    return found


def pieces_split(n_samples, reach, stride, length):
    features = np.arange(0, n_samples - reach + 1, stride)
    cut = np.split(features, np.arange(length, len(features), length))
    return np.array([(piece[0], piece[-1] + reach) for piece in cut])


def private_mean_loop(updates, clip, noise, z):
    short = [u * min(1.0, clip / np.sqrt(u @ u)) for u in updates]
    return sum(short, start=noise * clip * z) / len(short)


def private_mean_weights(updates, clip, noise, z):
    weights = np.minimum(1, clip / np.sqrt(np.einsum("gp,gp->g", updates, updates)))
    return weights @ updates / len(updates) + noise * clip / len(updates) * z


def signal_in_one_line(size, n_inputs, variances):
    return 2 * size * np.cumprod(n_inputs * variances / 2)


def signal_recursive(size, n_inputs, variances):
    first = size * n_inputs[0] * variances[0]
    rest = signal_recursive(first / 2, n_inputs[1:], variances[1:]) if len(n_inputs) > 1 else []
    return [first, *rest]


def cut_by_rank(weights, share):
    return weights * (np.argsort(np.argsort(np.abs(weights))) >= np.floor(share * len(weights)))


def cut_by_a_threshold(weights, share):
    n_cut = int(share * len(weights))
    limit = sorted(abs(w) for w in weights)[n_cut - 1] if n_cut else -1
    return [w if abs(w) > limit else 0.0 for w in weights]


def coded_transposed(weights, bits):
    scale = np.max(np.abs(weights), axis=1) / (2 ** (bits - 1) - 1)
    return (np.rint(weights.T / scale) * scale).T


def coded_unit_by_unit(weights, bits):
    out = np.empty_like(weights)
    for i in range(len(weights)):
        step = max(weights[i].max(), -weights[i].min()) / (2 ** (bits - 1) - 1)
        out[i] = [step * round(w) for w in weights[i] / step]
    return out


def frontier_all_at_once(kilobytes, percent):
    fewer, more = kilobytes[:, None] - kilobytes, percent - percent[:, None]
    beaten = (fewer >= 0) & (more >= 0) & (fewer + more > 0)
    return np.flatnonzero(~beaten.any(1))


def frontier_sorted(kilobytes, percent):
    kept, best, at = [], -np.inf, None
    for i in np.lexsort((-percent, kilobytes)):
        if percent[i] > best or (percent[i], kilobytes[i]) == at:
            kept.append(i)
            best, at = percent[i], (percent[i], kilobytes[i])
    return sorted(kept)


def tally_filtered(listings, theta, expected):
    def outcome(listing):
        try:
            return listing(theta)
        except Exception as raised:
            return raised

    found = list(map(outcome, listings))
    ran = [a for a in found if not isinstance(a, Exception)]
    right = [a for a in ran if a.shape == theta.shape and np.nansum(abs(a - expected)) < 1e-6]
    right = [a for a in right if not np.isnan(a).any()]
    return np.array([len(found) - len(ran), len(ran) - len(right), len(right)])


def tally_asserted(listings, theta, expected):
    counts = [0, 0, 0]
    for listing in listings:
        try:
            np.testing.assert_allclose(listing(theta), expected, strict=True)
            counts[2] += 1
        except AssertionError:
            counts[1] += 1
        except Exception:
            counts[0] += 1
    return counts


def joined_step_sorted(theta, owned, slices, rate):
    order = np.argsort(np.concatenate(owned))
    return theta - rate * np.concatenate(slices)[order]


def joined_step_masked(theta, owned, slices, rate):
    whole = [
        (np.arange(len(theta))[:, None] == entries) @ g for entries, g in zip(owned, slices, strict=True)
    ]
    return theta - rate * sum(whole)  # a sum of whole gradients, zero where a worker knows nothing


def suspects_by_hand(steps):
    found = []
    for step in steps:
        first, s = step(1.0, 3.0, 0.0)
        second, s = step(first, 4.0, s)
        good = abs(first - 0.5) < 1e-6 and abs(second - 0.1) < 1e-6
        found.append(0 if good else 1)
    return found


def suspects_beside_the_reference(steps):
    optimizer, found = Adagrad(0.5), []
    for step in steps:
        theta, state, ours, s = np.array([2.0]), (np.zeros(1),), 2.0, 0.0
        for gradient in (-1.0, 2.0, -2.0):
            theta, state = optimizer.step(theta, np.array([gradient]), state)
            ours, s = step(ours, gradient, s)
        found.append(1 - np.isclose(ours, theta[0]))
    return found


def slopes_by_differences_of_stacks(loss, theta, h):
    around = np.stack([theta + h * np.eye(len(theta)), theta - h * np.eye(len(theta))])
    up, down = np.apply_along_axis(loss, -1, around)
    return (up - down) / h / 2


def slopes_put_back(loss, theta, h):
    theta, found = theta.copy(), np.zeros(len(theta))
    for j in range(len(theta)):
        for side in (1, -1):
            theta[j] += side * h
            found[j] += side * loss(theta) / (2 * h)
            theta[j] -= side * h
    return found


def adam_step_packaged(theta, gradient, t, m, v, rate):
    return Adam(rate).step(theta, gradient, (t, m, v))[0]


def adam_step_in_one_rate(theta, gradient, t, m, v, rate):
    a, b = 1 - 0.9 ** (t + 1), (1 - 0.999 ** (t + 1)) ** 0.5
    root = np.sqrt(v + 0.001 * (gradient**2 - v))
    return theta - rate * b / a * (m + 0.1 * (gradient - m)) / (root + b * 1e-8)


def parallel_step_stacked(theta, shards, rate):
    X, y = np.concatenate([X for X, _ in shards]), np.concatenate([y for _, y in shards])
    return theta - rate * ((X @ theta - y)[:, None] * X).mean(0)


def parallel_step_merged(theta, shards, rate):
    ends = [theta - rate * X.T @ (X @ theta - y) / len(y) for X, y in shards]
    return np.average(ends, axis=0, weights=[len(y) for _, y in shards])


def unnoticed_by_eigenvalues(curvatures, a):
    turns = [np.array([[1 - (1 - a) * c, -a], [(1 - a) * c, a]]) for c in curvatures]
    return [c for c, A in zip(curvatures, turns, strict=True) if max(abs(np.linalg.eigvals(A))) < 1]


def unnoticed_trained(curvatures, a):
    settings = {"optimizer": Momentum(1.0, a, dampening=a, first="zero"), "start": [1.0], "rounds": 300}
    ends = [train(Quadratic([c]), record="last", **settings).final for c in curvatures]
    return curvatures[np.abs(ends)[:, 0] < 1]


def prepared_by_moments(train, test):
    mean, square = np.average(train), np.average(train * train)
    return test / np.sqrt(square - mean**2) - mean / np.sqrt(square - mean**2)


def prepared_of_a_list(train, test):
    light = [x for picture in train.tolist() for x in picture]
    mean = sum(light) / len(light)
    deviation = (sum((x - mean) ** 2 for x in light) / len(light)) ** 0.5
    return [[(x - mean) / deviation for x in picture] for picture in test.tolist()]


def rates_in_two_pieces(peak, warm, steps):
    t = np.arange(steps - warm) / (steps - warm)
    return np.concatenate([peak / warm * np.arange(warm), peak * (1 - np.sin(np.pi * t / 2) ** 2)])


def rates_by_differences(peak, warm, steps):
    rate, found = 0.0, []
    for done in range(steps):
        found.append(rate)
        if done < warm:
            rate += peak / warm
        else:
            angles = [np.pi * (k - warm) / (steps - warm) for k in (done, done + 1)]
            rate += peak / 2 * (np.cos(angles[1]) - np.cos(angles[0]))
    return found


def shifted_by_matrices(pictures, down, across):
    h, w = pictures.shape[1:]
    return np.eye(h, k=-down) @ pictures @ np.eye(w, k=across)


def shifted_by_slices(pictures, down, across):
    out, (h, w) = np.zeros(pictures.shape), pictures.shape[1:]
    to_rows, to_columns = slice(max(down, 0), h + min(down, 0)), slice(max(across, 0), w + min(across, 0))
    of_rows, of_columns = slice(max(-down, 0), h - max(down, 0)), slice(max(-across, 0), w - max(across, 0))
    out[:, to_rows, to_columns] = pictures[:, of_rows, of_columns]
    return out


def worth_loop(with_part, without):
    n = total = squares = 0.0
    for a, b in zip(with_part, without, strict=True):
        n, total, squares = n + 1, total + (a - b), squares + (a - b) ** 2
    return total / n, max(0.0, (squares - total**2 / n) / (n - 1) / n) ** 0.5


def worth_by_all_pairs(with_part, without):
    d = with_part - without
    between = (d[:, None] - d[None]) ** 2  # summed over all pairs, 2·S times the sum of squares
    return np.average(d), np.sqrt(between.sum() / 2 / len(d) ** 2 / (len(d) - 1))


def chosen_sorted(hit, shown):
    ranked = sorted(range(len(hit)), key=lambda i: (-hit[i][shown].sum(), i))
    kept_back = np.ones(hit.shape[1], bool)
    kept_back[shown] = False
    return [np.average(hit[ranked[0]], weights=w) for w in (~kept_back, kept_back)]


def chosen_by_products(hit, shown):
    seen = np.isin(np.arange(hit.shape[1]), shown).astype(float)
    counts = hit @ np.stack([seen, 1 - seen]).T
    return counts[np.argmax(counts[:, 0])] / [seen.sum(), (1 - seen).sum()]


def three_scores_from_a_table(y, predicted, label):
    table = np.zeros((2, 2))
    np.add.at(table, ((y == label).astype(int), (predicted == label).astype(int)), 1)
    wrongly, missed, hits = table[0, 1], table[1, 0], table[1, 1]
    over = np.array([hits + wrongly, hits + missed, hits + (wrongly + missed) / 2])
    return hits / np.where(over > 0, over, 1)


def three_scores_by_sets(y, predicted, label):
    there, taken = set(np.flatnonzero(y == label)), set(np.flatnonzero(predicted == label))
    precision, recall = (len(there & taken) / max(1, len(part)) for part in (taken, there))
    return precision, recall, 2 * precision * recall / ((precision + recall) or 1)


def weighed_by_texts(train, new):
    idf = 1 + np.log(len(train) + 1) - np.log(np.count_nonzero(train, axis=0) + 1)
    return [row * idf / (np.sqrt(row**2 @ idf**2) or 1) for row in new]


def weighed_by_matrix(train, new):
    rows = new @ np.diag(np.log((len(train) + 1) / (np.count_nonzero(train, axis=0) + 1)) + 1)
    return np.diag(1 / np.maximum(np.sqrt((rows**2).sum(1)), 1e-300)) @ rows


def same_threshold_by_logits(weight, threshold):
    return 1 / (1 + np.exp(np.log(weight) - np.log(threshold) + np.log1p(-threshold)))


def paired_counted(one, other, draws):
    times = np.array([np.bincount(rows, minlength=len(one)) for rows in draws])
    return np.percentile(times @ (one - other) / draws.shape[1], [2.5, 97.5])


def paired_by_sorting(one, other, draws):
    gains = sorted(float(np.mean(one[rows])) - float(np.mean(other[rows])) for rows in draws)
    ends = []
    for share in (0.025, 0.975):
        at = share * (len(gains) - 1)
        low = int(at)
        high = min(low + 1, len(gains) - 1)
        ends.append(gains[low] + (at - low) * (gains[high] - gains[low]))
    return tuple(ends)


def turning_with_excess(X, theta):
    score = X @ theta
    excess = X[:, 1:] * theta[1:] * np.sign(score)[:, None] - abs(score)[:, None]
    return np.where(excess.max(1) > 0, excess.argmax(1) + 1, -1)


def turning_by_masks(X, theta):
    without = (X @ theta)[:, None] - X * theta
    answers = []
    for row, parts, score in zip(without, X * theta, X @ theta, strict=True):
        words = [j for j in range(1, len(row)) if row[j] * score < 0]
        answers.append(max(words, key=lambda j, parts=parts: abs(parts[j]), default=-1))
    return answers


def nearest_unit(X, question):
    return np.argmax([row @ question / np.linalg.norm(row) for row in X])


def nearest_distance(X, question):
    rows = X / np.sqrt((X * X).sum(1, keepdims=True))
    return ((rows - question / np.linalg.norm(question)) ** 2).sum(1).argmin()


REWRITES = {
    "00.one_round": [
        one_round_loop,
        lambda start, X, y, rate, beta: start - beta * rate * np.dot(X, X * start - y) / len(y),
    ],
    "00.merged_states": [merged_states_dots, merged_states_list],
    "00.band": [band_loop, lambda states, n: np.sort(states[len(states) - n :])[[0, -1]] @ [-1, 1]],
    "00.sample_gradients": [
        lambda sizes, rounds, E: sum(E * int(sizes[k % len(sizes)]) for k in range(rounds)),
        lambda sizes, rounds, E: (
            E * (rounds // len(sizes) * sizes.sum() + sizes[: rounds % len(sizes)].sum())
        ),
    ],
    "00.cost_to_reach": [
        lambda losses, costs, target: min(costs[losses <= target], default=float("inf")),
        lambda losses, costs, target: np.where(losses <= target, costs, np.inf).min(),
    ],
    "01.deal": [deal_by_rank, deal_to_a_dictionary],
    "01.factors": [
        lambda sizes, chances: [n / sum(sizes) / p for n, p in zip(sizes, chances, strict=True)],
        lambda sizes, chances: np.divide(sizes, np.sum(sizes) * chances),
    ],
    "01.share_of_ones": [
        share_counted,
        lambda theta, X, gradient: 0.5 + np.tanh(X @ theta / 2).mean() / 2 - gradient[0],
    ],
    "01.expected_spread": [
        spread_loop,
        lambda gradients, G: np.sqrt(np.trace(np.cov(gradients.T)) * (G - 1) / len(gradients)),
    ],
    "01.drift": [drift_in_one_formula, drift_with_all_walks_at_once],
    "01.mean_offset": [offset_weights, offset_loop],
    "02.count_gradient": [
        count_gradient_loop,
        lambda theta, X, y: np.einsum("i,ij->j", np.exp(X @ theta) - y, X) / len(X),
    ],
    "02.nudged_slopes": [nudged_loop, nudged_at_once],
    "02.partial_step": [partial_step_loop, partial_step_where],
    "02.both_losses": [both_losses_list, both_losses_vectorised],
    "02.bill": [
        bill_loop,
        lambda sizes, picked, E, P, kept: [
            E * np.take(sizes, picked).sum(),
            E * picked.size,
            8 * P * (2 + picked.size + kept),
        ],
    ],
    "02.end_of_pass": [end_of_pass_composed, end_of_pass_walked],
    "02.resting_point": [resting_composed, resting_walked],
    "03.merged": [
        lambda start, trial, beta: start + beta * (trial - start),
        lambda start, trial, beta: [beta * b + (1 - beta) * a for a, b in zip(start, trial, strict=True)],
    ],
    "03.factor": [factor_loop, lambda rate, beta, E: 1 + beta * ((1 - rate) ** E - 1)],
    "03.reading_b": [reading_b_matrix, reading_b_filled],
    "03.step_and_merge": [
        step_and_merge_copies,
        lambda theta, gradient, rate, beta: theta - beta * rate * gradient,
    ],
    "03.reported": [reported_weights, reported_list],
    "03.combined": [combined_loop, lambda trials, sizes: np.average(trials, axis=0, weights=sizes)],
    "04.readings": [
        readings_by_training,
        lambda start, rate, beta, c: (
            abs((1 - beta * rate * c) ** 2 - 1),
            abs(c * (1 - beta * rate * c) * start),
            beta * rate * c * min(1, abs(start)),
        ),
    ],
    "04.stops_at": [stops_at_in_letters, stops_at_windows],
    "04.passes_paid": [
        lambda rounds, n_groups, every: sum(1 / n_groups + (k % every == 0) for k in range(1, rounds + 1)),
        lambda rounds, n_groups, every: (rounds + n_groups * len(range(every, rounds + 1, every))) / n_groups,
    ],
    "04.rate_for": [rate_for_in_steps, lambda radius, sigma, beta: 2 / beta / ((sigma / radius) ** 2 + 1)],
    "04.largest_rate": [
        lambda curvatures, beta, E: (1 + ((2 - beta) / beta) ** (E % 2 / E)) / np.max(curvatures),
        lambda curvatures, beta, E: min(
            (1 + (1 if E % 2 == 0 else ((2 - beta) / beta) ** (1 / E))) / c for c in curvatures
        ),
    ],
    "04.report": [report_with_ages, report_while],
    "04.range_test": [range_test_all_at_once, range_test_in_powers],
    "05.one_pass": [one_pass_split, one_pass_popping],
    "05.momentum_path": [momentum_path_packaged, momentum_path_without_v],
    "05.rounds_to_rest": [rounds_to_rest_trained, rounds_to_rest_backwards],
    "05.adagrad_path": [
        adagrad_path_list,
        lambda start, gradients, rate, eps: stepped(Adagrad(rate, eps), start, gradients),
    ],
    "05.turned_step": [
        lambda gradient, turn, rate: rate * np.linalg.solve(turn, np.where(turn @ gradient > 0, -1, 1)),
        lambda gradient, turn, rate: sum(-rate * row * np.sign(row @ gradient) for row in turn),
    ],
    "05.adam_path": [
        lambda start, gradients, rate, *settings: stepped(Adam(rate, *settings), start, gradients),
        adam_path_weights,
    ],
    "05.two_conventions": [
        two_conventions_packaged,
        lambda gradient, rate, initial, eps: (
            rate / (1 + eps / abs(gradient)),
            rate / np.sqrt(1 + (initial + eps) / gradient**2),
        ),
    ],
    "06.twin_rate": [
        lambda beta, rate, other: rate * (beta / other),
        lambda beta, rate, other: np.exp2(np.log2([beta, rate, other]) @ [1, 1, -1]),
    ],
    "06.best_against_best": [
        best_against_best_sorted,
        lambda full, part: np.median(
            np.divide(*(passes.reshape(len(passes), -1).min(1) for passes in (full, part)))
        ),
    ],
    "06.price_ratio": [
        price_ratio_loop,
        lambda rounds, G, E, full: np.sort(np.outer(E / G, 1 / full) * rounds)[:, len(full) // 2],
    ],
    "06.growth": [growth_by_covariance, growth_by_matrix],
    "06.halving": [halving_sorted, halving_masked],
    "07.lookahead": [lookahead_flat, lookahead_in_closed_form],
    "07.tally": [
        tally_loop,
        lambda sizes, P, passes, E: passes * np.array([1 / E, 2 * P * len(sizes) / E, sum(sizes)]),
    ],
    "07.accumulated_step": [
        accumulated_shares,
        lambda theta, X, y, parts, rate: theta - rate * X.T @ (X @ theta - y) / len(X),
    ],
    "07.two_ends": [two_ends_lists, two_ends_weights],
    "07.fuse": [fuse_loop, fuse_best_order],
    "08.common_digits": [
        common_digits_loop,
        lambda ours, twin: -np.log10(np.linalg.norm(twin - ours, np.inf) / np.linalg.norm(ours, np.inf)),
    ],
    "08.slopes": [slopes_loop, slopes_by_a_complex_step],
    "08.added_up": [added_up_scaled, added_up_with_logs],
    "08.pays_from": [pays_from_tried, pays_from_lines],
    "08.goes_on": [goes_on_list, goes_on_filled],
    "09.factors": [factors_from_shares, factors_solved],
    "09.two_merges": [two_merges_loop, two_merges_of_repeated_rows],
    "09.sent": [sent_part_by_part, lambda p, w, s, e: (s - s % e) / e * (8 * p - 8 * p / w)],
    "09.computed": [computed_counting_down, computed_while],
    "09.takes_over": [takes_over_while, takes_over_by_the_root],
    "13.move_bills": [move_bills_by_bill, move_bills_einsum],
    "13.spread_of_mean": [spread_of_mean_dictionary, spread_of_mean_matrix],
    "13.may_learn": [
        lambda day, asked, span: [i for i, d in enumerate(day) if d + span - 1 < asked],
        lambda day, asked, span: np.nonzero(asked - day >= span)[0],
    ],
    "13.after_costs": [after_costs_shifted, after_costs_list],
    "13.pieces": [pieces_while, pieces_split],
    "13.private_mean": [private_mean_loop, private_mean_weights],
    "10.signal": [signal_in_one_line, signal_recursive],
    "10.cut": [cut_by_rank, cut_by_a_threshold],
    "10.enough": [
        lambda sigma, share: 1 + np.argmax(np.cumsum(sigma**2) >= share * sum(sigma**2)),
        lambda sigma, share: min(
            r for r in range(1, len(sigma) + 1) if sum(sigma[:r] ** 2) >= share * sum(sigma**2)
        ),
    ],
    "10.coded": [coded_transposed, coded_unit_by_unit],
    "10.frontier": [frontier_all_at_once, frontier_sorted],
    "11.prepared": [prepared_by_moments, prepared_of_a_list],
    "11.rates": [rates_in_two_pieces, rates_by_differences],
    "11.shifted": [shifted_by_matrices, shifted_by_slices],
    "11.worth": [worth_loop, worth_by_all_pairs],
    "11.chosen": [chosen_sorted, chosen_by_products],
    "11.three_scores": [three_scores_from_a_table, three_scores_by_sets],
    "14.tally": [tally_filtered, tally_asserted],
    "14.joined_step": [joined_step_sorted, joined_step_masked],
    "14.suspects": [suspects_by_hand, suspects_beside_the_reference],
    "14.slopes": [slopes_by_differences_of_stacks, slopes_put_back],
    "14.adam_step": [adam_step_packaged, adam_step_in_one_rate],
    "14.parallel_step": [parallel_step_stacked, parallel_step_merged],
    "14.unnoticed": [unnoticed_by_eigenvalues, unnoticed_trained],
    "12.weighed": [weighed_by_texts, weighed_by_matrix],
    "12.same_threshold": [
        same_threshold_by_logits,
        lambda weight, threshold: threshold / (threshold + weight * (1 - threshold)),
    ],
    "12.paired": [paired_counted, paired_by_sorting],
    "12.turning": [turning_with_excess, turning_by_masks],
    "12.nearest": [nearest_unit, nearest_distance],
}
REWRITTEN = [(TASKS[id], function) for id, functions in REWRITES.items() for function in functions]


def test_every_task_is_rewritten_twice():
    assert {id: len(functions) for id, functions in REWRITES.items()} == dict.fromkeys(TASKS, 2)


@pytest.mark.parametrize(
    ("task", "function"), REWRITTEN, ids=[f"{t.id}-{i % 2}" for i, (t, _) in enumerate(REWRITTEN)]
)
def test_a_rewrite_is_right(task, function):
    answer = task.check(function)
    assert answer.right, answer


@each_task
def test_the_solution_and_the_oracle_are_right(task):
    for function in (task.answer, task.oracle):
        answer = task.check(function)
        assert answer.right, answer


@each_task
def test_properties_hold_for_the_oracle_and_not_for_a_constant(task):
    for words, arguments, holds in task.properties:
        value = call(task.oracle, arguments).array
        assert holds(value), words
        assert not np.all(holds(value + 0.5)), words
        assert list(arguments) == list(task.cases()[0])


def torch_answers(torch):
    def share_of_ones(theta, X, gradient):
        return torch.sigmoid(torch.tensor(X) @ torch.tensor(theta)).mean() - gradient[0]

    def count_gradient(theta, X, y):
        moving = torch.tensor(theta, requires_grad=True)
        z = torch.tensor(X) @ moving
        (torch.exp(z) - torch.tensor(y) * z).mean().backward()
        return moving.grad

    def partial_step(theta, X, y, rows, block, rate):
        moving = torch.tensor(theta, requires_grad=True)
        x, label = torch.tensor(X[rows]), torch.tensor(y[rows])
        (0.5 * (x @ moving - label) ** 2).mean().backward()
        moving.grad *= torch.tensor(block)
        torch.optim.SGD([moving], lr=rate).step()
        return moving

    def merged(start, trial, beta):
        return torch.lerp(torch.tensor(start), torch.tensor(trial), beta)

    def combined(trials, sizes):
        weights = torch.tensor(sizes, dtype=torch.float64, requires_grad=True)
        return weights @ torch.tensor(trials) / weights.sum()

    def step_and_merge(theta, gradient, rate, beta):
        moving = torch.tensor(theta, requires_grad=True)
        moving.grad = torch.tensor(gradient)
        torch.optim.SGD([moving], lr=rate).step()
        return beta * moving + (1 - beta) * torch.tensor(theta)

    first = {"01.share_of_ones": share_of_ones, "02.count_gradient": count_gradient}
    first["02.partial_step"] = partial_step
    return first | {"03.merged": merged, "03.combined": combined, "03.step_and_merge": step_and_merge}


def torch_answers_of_lesson_05(torch):
    def walked(optimizer, start, gradients, **settings):
        theta = torch.tensor(start, dtype=torch.float64)
        moving, path = optimizer([theta], **settings), [theta.clone()]
        for gradient in gradients:
            theta.grad = torch.as_tensor(gradient(theta) if callable(gradient) else gradient)
            moving.step()
            path.append(theta.clone())
        return torch.stack(path)

    def momentum_path(start, a, b, rate, mu):
        slopes = [lambda theta, s=s, o=o: s * theta - o for s, o in zip(a, b, strict=True)]
        return walked(torch.optim.SGD, start, slopes, lr=rate, momentum=mu)

    def adagrad_path(start, gradients, rate, eps):
        return walked(torch.optim.Adagrad, start, gradients, lr=rate, eps=eps)

    def adam_path(start, gradients, rate, beta1, beta2, eps):
        return walked(torch.optim.Adam, start, gradients, lr=rate, betas=(beta1, beta2), eps=eps)

    def one_pass(theta, X, y, size, rate):
        theta = torch.tensor(theta, requires_grad=True)
        moving = torch.optim.SGD([theta], lr=rate)
        for A, b in zip(torch.tensor(X).split(size), torch.tensor(y).split(size), strict=True):
            moving.zero_grad()
            ((A @ theta - b) ** 2).mean().div(2).backward()
            moving.step()
        return theta

    answers = {"one_pass": one_pass, "momentum_path": momentum_path}
    answers |= {"adagrad_path": adagrad_path, "adam_path": adam_path}
    return {f"05.{name}": function for name, function in answers.items()}


def torch_answers_of_lessons_07_and_08(torch):
    drop_in = importlib.import_module("parti_edu.on_torch.drop_in")

    number = partial(torch.tensor, dtype=torch.float64)

    def lookahead(start, centres, rate, beta, every, walks):
        moving, states = number(start, requires_grad=True), [start]
        script = drop_in.Merge(torch.optim.SGD([moving], lr=rate), beta, every)
        for i in range(every * walks):
            moving.grad = moving.detach() - centres[i % len(centres)]
            script.step()
            if script.steps % every == 0:
                states.append(moving.item())
        return number(states)

    def accumulated_step(theta, X, y, parts, rate):
        moving = number(theta, requires_grad=True)
        for part in parts:
            residual = number(X[part]) @ moving - number(y[part])
            (residual.square().sum() / 2 / len(y)).backward()
        torch.optim.SGD([moving], lr=rate).step()
        return moving

    def two_ends(start, centres, rate, beta):
        fed_back, layer = number(start), torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
        layer.weight.data.fill_(start)
        ema = torch.optim.swa_utils.get_ema_multi_avg_fn(1 - beta)
        report = torch.optim.swa_utils.AveragedModel(layer, multi_avg_fn=ema)
        for c in centres:
            fed_back = torch.lerp(fed_back, fed_back - rate * (fed_back - c), beta)
            layer.weight.data -= rate * (layer.weight.data - c)
            report.update_parameters(layer)
        return torch.stack([fed_back, report.module.weight.squeeze()])

    def fuse(one, other):
        order = torch.cdist(number(one), number(other)).argmin(1)
        return (number(one) + number(other)[order]) / 2

    def slopes(w, v, x, y):
        w, v = number(w, requires_grad=True), number(v, requires_grad=True)
        loss = torch.nn.functional.mse_loss(v * torch.tanh(w * number(x)), number(y)) / 2
        return torch.stack(torch.autograd.grad(loss, (w, v)))

    def goes_on(theta, begun, steps, centres, rate, beta, every):
        moving, states = number(theta, requires_grad=True), []
        script = drop_in.Merge(torch.optim.SGD([moving], lr=rate), beta, every)
        checkpoint = script.state_dict()
        checkpoint["merge"] |= {"steps": steps, "begun": {0: number(begun)}}
        script.load_state_dict(checkpoint)
        for c in centres:
            moving.grad = moving.detach() - c
            script.step()
            states.append(moving.item())
        return number(states)

    lesson_07 = {
        "lookahead": lookahead,
        "accumulated_step": accumulated_step,
        "two_ends": two_ends,
        "fuse": fuse,
    }
    return {f"07.{name}": f for name, f in lesson_07.items()} | {"08.slopes": slopes, "08.goes_on": goes_on}


def torch_answers_of_lesson_14(torch):
    number = partial(torch.tensor, dtype=torch.float64)

    def adam_step(theta, gradient, t, m, v, rate):
        moving = number(theta, requires_grad=True)
        optimizer = torch.optim.Adam([moving], lr=rate)
        optimizer.state[moving] = {"step": number(float(t)), "exp_avg": number(m), "exp_avg_sq": number(v)}
        moving.grad = number(gradient)
        optimizer.step()
        return moving

    def parallel_step(theta, shards, rate):
        moving = number(theta, requires_grad=True)
        n_rows = sum(len(y) for _, y in shards)
        for X, y in shards:  # gradients gather, and θ rests
            ((number(X) @ moving - number(y)).square().sum() / 2 / n_rows).backward()
        torch.optim.SGD([moving], lr=rate).step()
        return moving

    return {"14.adam_step": adam_step, "14.parallel_step": parallel_step}


def torch_answers_of_lesson_11(torch):
    augment = importlib.import_module("parti_edu.labs.efficiency.augment")

    def prepared(train, test):
        return (torch.tensor(test) - torch.tensor(train).mean()) / torch.tensor(train).std(correction=0)

    def rates(peak, warm, steps):
        still = torch.nn.Parameter(torch.zeros(()))
        optimizer = torch.optim.SGD([still], lr=peak)
        falling, found = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps - warm), []
        for _ in range(steps - warm):
            found.append(falling.get_last_lr()[0])
            optimizer.step()
            falling.step()
        rising = torch.arange(warm, dtype=torch.float64) * peak / warm
        return torch.cat([rising, torch.tensor(found, dtype=torch.float64)])

    def shifted(pictures, down, across):
        return augment.shift(torch.tensor(pictures), down, across)

    return {"11.prepared": prepared, "11.rates": rates, "11.shifted": shifted}


def test_answers_in_torch_are_right_and_it_is_said_how_they_were_read():
    torch = pytest.importorskip(
        "torch", reason="torch is not installed: pip install -c constraints.txt torch"
    )
    answers = torch_answers(torch) | torch_answers_of_lesson_05(torch)
    answers |= torch_answers_of_lessons_07_and_08(torch)
    answers |= torch_answers_of_lesson_11(torch) | torch_answers_of_lesson_14(torch)
    for id, function in answers.items():
        answer = TASKS[id].check(function)
        assert answer.right, answer
        assert "You gave back a torch tensor; we read it as an array." in answer.details


@each_task
def test_the_stub_is_not_attempted_yet(task, home):
    names = {"np": np}
    exec(task.stub, names)
    answer = task.check(names[task.name])
    assert answer.kind == "not attempted"
    assert task.name in answer.message
    assert not home.exists(), "nothing was done, and something was written"


@each_task
def test_the_solution_stands_by_itself_in_a_lesson(task):
    names = {"np": np}
    for other in TASKS.values():
        if other.lesson == task.lesson:
            exec(other.source(), names)
            if other is task:
                break
    assert task.check(names[task.name]).right


@each_task
def test_the_bank_tells_its_mistakes_apart(task):
    assert len(task.mistakes) >= 4
    for part in ("belief", "message"):
        told = [getattr(mistake, part) for mistake in task.mistakes]
        assert len(set(told)) == len(told)


@each_mistake
def test_a_message_is_short_and_kind_and_asks_one_question(task, mistake):
    message = mistake.message
    assert 8 <= len(message.split()) <= 40
    assert message.count("?") == 1
    assert message.endswith("?")
    assert not re.search(BANNED, message, flags=re.IGNORECASE), message
    assert re.search(r"\b[Yy]ou(rs?)?\b", message), "it says what the student's code does"


def expressions(source):
    """What stands on the right of = and after return in a solution, without blanks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.Return) and not isinstance(node.value, ast.Name | ast.List):
            yield ast.unparse(node.value).replace(" ", "")


@each_task
def test_no_message_statement_or_stub_gives_the_solution_away(task):
    told = [task.statement, task.stub, *(mistake.message for mistake in task.mistakes)]
    given = [e for e in expressions(task.source()) if any(e in text.replace(" ", "") for text in told)]
    assert set(given) <= {e for e in expressions(task.stub) if "return" not in e}, given


@each_task
def test_hints_are_steps_that_come_one_at_a_time_and_then_stay(task, capsys):
    assert 3 <= len(task.hints) <= 5
    for _ in range(len(task.hints) + 1):
        task.hint()
    lines = capsys.readouterr().out.splitlines()
    n = len(task.hints)
    assert lines[:n] == [f"Hint {i + 1} of {n}: {hint}" for i, hint in enumerate(task.hints)]
    assert lines[n] == lines[n - 1]


@each_task
def test_the_solution_shows_its_source_and_an_example(task, capsys):
    task.solution()
    told = capsys.readouterr().out
    assert told.startswith(f"def {task.name}(")
    assert re.search(rf"^{task.name}\(\w+=.+\)\n→ \S+", told, flags=re.MULTILINE)


@each_task
def test_statement_and_stub_fit_the_rules_for_lessons(task):
    words = [w for w in re.sub(r"\$[^$]*\$", "x", task.statement).split() if re.search(r"\w", w)]
    assert len(words) <= 80
    lines = task.stub.splitlines()
    assert len(lines) <= 15
    assert max(map(len, lines)) <= 92


@pytest.mark.parametrize("lesson", sorted({task.lesson for task in TASKS.values()}))
def test_every_objective_has_a_task_and_every_task_an_objective(lesson):
    (path,) = [path for path in LESSONS if path.stem.startswith(lesson)]
    plan = json.loads(path.read_text(encoding="utf-8"))["metadata"]["lesson"]
    tasks = [task for task in TASKS.values() if task.lesson == lesson]
    assert len(tasks) >= 3
    assert {objective["claim"] for objective in plan["objectives"]} == {task.claim for task in tasks}


def asked_in(sources):
    """(function name, the cell before) of each cell that checks an answer."""
    for before, source in zip(["", *sources], sources, strict=False):
        for name in re.findall(r"\.check\((\w+)\)", source):
            yield name, before


def amiss(lesson, sources):
    """The tasks of a lesson that lack their stub, or show their solution."""
    tasks = {task.name: task for task in TASKS.values() if task.lesson == lesson}
    no_stub = [name for name, before in asked_in(sources) if before.strip() != tasks[name].stub.strip()]
    solved = [t.name for t in tasks.values() if any(t.source() in source for source in sources)]
    return no_stub + solved


def test_a_missing_stub_and_a_solution_are_found():
    task = TASKS["03.merged"]
    check = "tasks.merged.check(merged)"
    assert amiss("03", [task.stub, check]) == []
    assert amiss("03", ["merged = None", check]) == ["merged"]
    assert amiss("03", [task.stub, check, task.source()]) == ["merged"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_holds_the_stub_of_each_task_it_checks_and_no_solution(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert amiss(path.stem[:2], sources) == []
