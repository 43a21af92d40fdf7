"""Votes of the 109th US Senate: a recommender that fills in what it has not seen.

A row is a pair (senator, bill), its label 1 for yea and 0 for nay. The model gives each senator a few
numbers and each bill as many, and a vote is their product.
"""

from dataclasses import dataclass
from itertools import cycle
from typing import NamedTuple

import numpy as np

from ... import checks, picking, read
from ...on_numpy import Adam, train
from ...on_numpy.models import Model, sigmoid, softplus

N_SENATORS, N_BILLS = 102, 645  # rows and columns of the table of votes


class Votes(NamedTuple):
    """Pairs X (n, 2) of senator and bill, as numbers, and what was voted, y (n,)."""

    X: np.ndarray
    y: np.ndarray


class Split(NamedTuple):
    """To fit, to choose with, and to look at once."""

    train: Votes
    choose: Votes
    test: Votes


def split(share=0.1, seed=0, keep=1.0):
    """All yeas and nays, dealt at random: a share to choose with, as large a share to test.

    Args:
        share: of the votes, in (0, 0.45], for each of the two.
        seed: of the deal.
        keep: share of the training votes that is kept, in (0, 1].

    Raises:
        ValueError, TypeError: if a share is out of its range.
    """
    checks.number("share", share, 0, 0.45, above=True)
    checks.number("keep", keep, 0, 1, above=True)
    vote = read("senate_votes")["vote"]
    pairs = np.argwhere(vote >= 0)
    order = np.random.default_rng(seed).permutation(len(pairs))
    n = round(share * len(pairs))
    choose, test, rest = np.split(order, [n, 2 * n])
    rest = rest[: round(keep * len(rest))]
    return Split(
        *(Votes(pairs[rows], vote[tuple(pairs[rows].T)].astype(int)) for rows in (rest, choose, test))
    )


@dataclass(frozen=True)
class Factorisation(Model):
    """F(θ) = mean over the votes of [log(1 + e^z) − y·z] + ½·l2·‖θ‖², with z_sb = u_sᵀv_b + c_b.

    u_s are `rank` numbers of senator s, v_b as many of bill b, and c_b says how the bill would fare with a
    senator at zero. θ holds all u, then all v, then all c: P = (S + B)·rank + B. With the residuals
    r = (σ(z) − y)/n as a table R (S, B), zero where no vote is seen, the slopes are
    ∇_U = R V, ∇_V = Rᵀ U and ∇_c = column sums of R, and l2·θ on top.

    Args:
        rank: numbers a senator, at least 0; with 0 each bill has its own share of yeas.
        l2: weight of the penalty, at least 0.
        n_senators, n_bills: S and B, at least 1.

    In political science u is a senator's *ideal point*: Poole & Rosenthal (1985), Clinton, Jackman &
    Rivers (2004); as a recommender: Koren, Bell & Volinsky (2009).
    """

    rank: int
    l2: float = 0.0
    n_senators: int = N_SENATORS
    n_bills: int = N_BILLS
    counts = {"rank": 0, "n_senators": 1, "n_bills": 1}
    classifies = True

    def start(self, X=None, y=None, seed=0):
        """Small random senators; at zero the slopes of senators and bills would both be zero, for ever."""
        theta = np.zeros((self.n_senators + self.n_bills) * self.rank + self.n_bills)
        n = self.n_senators * self.rank
        theta[:n] = np.random.default_rng(seed).normal(scale=0.5, size=n)
        return theta

    def parts(self, theta):
        """(U (…, S, rank), V (…, B, rank), c (…, B)) of θ (…, P), as views."""
        n, m = self.n_senators * self.rank, self.n_bills * self.rank
        U = theta[..., :n].reshape(*theta.shape[:-1], self.n_senators, self.rank)
        V = theta[..., n : n + m].reshape(*theta.shape[:-1], self.n_bills, self.rank)
        return U, V, theta[..., n + m :]

    def scores(self, theta):
        """z of every senator and bill, (…, S, B)."""
        U, V, c = self.parts(theta)
        return U @ V.swapaxes(-1, -2) + c[..., None, :]

    def loss(self, theta, X, y):
        z = self._seen(theta, self._cells(X))
        return (softplus(z) - y * z).mean(-1) + self.l2 / 2 * (theta * theta).sum(-1)

    def gradient(self, theta, X, y):
        cells = self._cells(X)
        R = self._table((sigmoid(self._seen(theta, cells)) - y) / len(y), cells)
        U, V, _ = self.parts(theta)
        slopes = R @ V, R.swapaxes(-1, -2) @ U, R.sum(-2)
        flat = [slope.reshape(*theta.shape[:-1], -1) for slope in slopes]
        return np.concatenate(flat, axis=-1) + self.l2 * theta

    def predict(self, theta, X):
        """The likelier vote, 0 or 1, (…, n)."""
        return (self._seen(theta, self._cells(X)) > 0).astype(int)

    def _cells(self, X):
        """The place of each pair in the table of all scores laid flat, (n,)."""
        return (X @ [self.n_bills, 1]).astype(int)

    def _seen(self, theta, cells):
        """z at these places, (…, n)."""
        return self.scores(theta).reshape(*theta.shape[:-1], -1)[..., cells]

    def _table(self, values, cells):
        """Values (…, n) summed into a table (…, S, B) at their places."""
        flat, size = values.reshape(-1, values.shape[-1]), self.n_senators * self.n_bills
        places = cells + size * np.arange(len(flat))[:, None]
        table = np.bincount(places.ravel(), flat.ravel(), size * len(flat))
        return table.reshape(*values.shape[:-1], self.n_senators, self.n_bills)


def senators(model):
    """The block of the senators' numbers in θ: a mask (P,), True for u and False for v and c."""
    return np.arange(len(model.start())) < model.n_senators * model.rank


def alternating(model, groups):
    """Partial in the parameters: bills move in one round, senators in the next, on one group each.

    With the other side held, z is linear in what moves: the loss is convex, and every bill (or senator) is a
    logistic regression of its own, which could be fitted on a machine of its own.

    Args:
        model: a Factorisation. groups: visited in order, both blocks on each.
    """
    block, n = senators(model), len(groups)
    sides = ~block, block
    rounds = [(picking.Pick((g,), side),) for g in range(n) for side in sides]
    return picking.Picks("bills, then senators", 2 * n, n, lambda: cycle(rounds))


def fit(votes, rank, l2=0.0, rounds=80, lr=0.2, seed=0):
    """Train a Factorisation by the loop: all votes as one group, all parameters at once, Adam.

    Args:
        votes: X (n, 2), y (n,). rank, l2: of the model. rounds, lr: of the training. seed: of the start.

    Returns:
        A History.
    """
    return train(Factorisation(rank, l2), votes, optimizer=Adam(lr), rounds=rounds, record="last", seed=seed)


def bill_majority(votes):
    """The baseline without senators: z_b = the bill's yeas minus its nays among the votes seen, (B,)."""
    return np.bincount(votes.X[:, 1], 2 * votes.y - 1, N_BILLS)


def centred(votes):
    """Each bill's mean of the ±1 votes seen, (B,), and the table of what is left, 0 where unseen, (S, B)."""
    senator, bill = votes.X.T
    mean = bill_majority(votes) / np.maximum(np.bincount(bill, minlength=N_BILLS), 1)
    rest = np.zeros((N_SENATORS, N_BILLS))
    rest[senator, bill] = 2 * votes.y - 1 - mean[bill]
    return mean, rest


def svd_scores(votes, rank):
    """The baseline by linear algebra: each bill's mean, plus the best table of this rank for the rest.

        z = mean_b + Σ_{i ≤ rank} σ_i·p_i·q_iᵀ,   from what `centred` leaves

    Args:
        votes: X (n, 2), y (n,). rank: at least 0.

    Returns:
        Scores, (S, B): yea where they are above 0.

    Raises:
        ValueError, TypeError: if rank is below 0 or not whole.

    Eckart & Young (1936).
    """
    checks.count("rank", rank, 0)
    mean, rest = centred(votes)
    left, sizes, right = np.linalg.svd(rest, full_matrices=False)
    return mean + (left[:, :rank] * sizes[:rank]) @ right[:rank]


def places(model, theta, party):
    """Where the senators stand, on axes of which the first is the one that their votes differ most along.

    The factors are known only up to a turn: U A and V A⁻ᵀ give the same votes. So U Vᵀ = P Σ Qᵀ, and the
    places are the columns of P Σ / √B, each with the Republicans' mean on its right.

    Args:
        model: a Factorisation. theta: (P,). party: of each senator, "R" for a Republican, (S,).

    Returns:
        Places, (S, rank), in units of the score z: its root mean square over the bills.
    """
    U, V, _ = model.parts(theta)
    (left, inner), (_, other) = np.linalg.qr(U), np.linalg.qr(V)
    turn, sizes, _ = np.linalg.svd(inner @ other.T)
    found = left @ (turn * sizes) / np.sqrt(model.n_bills)
    return found * np.where(found[party == "R"].mean(0) < found[party != "R"].mean(0), -1, 1)
