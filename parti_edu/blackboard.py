"""The blackboard example: the loop small enough to do by hand, in exact fractions.

Four points, one parameter, squared error: the slope of ½(xθ − y)² is (xθ − y)·x. The first group pulls
towards θ = 2, the second towards 3/2, all four towards 8/5. Every number of the first rounds is a
fraction whose denominator is a power of two, so floating point gets it exactly right as well.
"""

from fractions import Fraction

X = ((1,), (1,), (2,), (2,))
y = (1, 3, 2, 4)
groups = ((0, 1), (2, 3))
rate = Fraction(1, 2)
beta = Fraction(1, 2)


def by_hand(rounds, beta=beta):
    """Yield (round, group, start, trial, merged) for round 1, 2, …, all fractions.

    >>> [str(merged) for *_, merged in by_hand(4)]
    ['1/2', '3/2', '13/8', '3/2']
    """
    theta = Fraction(0)
    for k in range(1, rounds + 1):
        g = (k - 1) % len(groups)
        slopes = [(X[i][0] * theta - y[i]) * X[i][0] for i in groups[g]]
        trial = theta - rate * sum(slopes) / len(slopes)
        merged = beta * trial + (1 - beta) * theta
        yield k, g, theta, trial, merged
        theta = merged
