"""(f) Votes, prices and motion of lesson 13 in their full setting, each beside what a user would pick.

    python benchmarks/cases.py            all three
    python benchmarks/cases.py motion     only those named; the others keep their last rows

Every score is on rows that were not seen, with an interval of 95 % over whole bills, days or people.
Seeds are fixed, so a run repeats itself. Motion takes most of the time: some ten minutes on one core.
"""

import json
import sys

import numpy as np
import torch
from measure import RESULTS, report
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from parti_edu import grouping
from parti_edu.labs.cases import motion, prices, votes
from parti_edu.labs.cases.judging import cross, folds, interval, walk_forward

RANKS, PENALTIES, SEEDS = (1, 2, 4, 8, 12), (1e-5, 3e-5, 1e-4, 2e-4, 3e-4), range(5)
FIRST_YEARS = 3  # of 14, which prices only learns from
WINDOW = {"width": 100, "step": 50, "every": 2}
NETWORK = {"hidden": 32, "epochs": 16, "batch": 32, "lr": 0.005}


def line(case, question, method, values, clusters):
    """A row of the table: the mean of the values, and its interval."""
    low, high = interval(values, clusters)
    found = {"score": round(float(np.mean(values)), 4), "low": round(low, 4), "high": round(high, 4)}
    return {"case": case, "question": question, "method": method, **found}


def right(scores, some):
    return ((scores[tuple(some.X.T)] > 0) == some.y).astype(float)


def truncated_svd(some, rank):
    """scikit-learn's, on the ±1 votes less their bill's mean."""
    mean, rest = votes.centred(some)
    model = TruncatedSVD(rank, algorithm="arpack", random_state=0)
    return model.fit_transform(rest) @ model.components_ + mean


def of_votes():
    """Rank and penalty chosen on votes kept apart, then one look at the test votes; five deals."""
    names, told, bills = ("factors", "SVD, rank chosen alike", "SVD, rank 1", "bill's majority"), [], []
    for seed in SEEDS:
        some = votes.split(seed=seed)
        tried = [votes.fit(some.train, rank, l2) for rank in RANKS for l2 in PENALTIES]
        best = max(tried, key=lambda run: run.accuracy(some.choose)[-1])
        print(f"votes, seed {seed}: {best.model}")
        tables = [truncated_svd(some.train, rank) for rank in RANKS]
        svd = max(tables, key=lambda table: right(table, some.choose).mean())
        majority = votes.svd_scores(some.train, 0)
        scores = best.model.scores(best.final), svd, tables[0], majority
        told.append([right(each, some.test) for each in scores])
        bills.append(some.test.X[:, 1])
    told, bills = np.concatenate(told, axis=1), np.concatenate(bills)
    question = "share right, votes dealt at random"
    table = [line("votes", question, *pair, bills) for pair in zip(names, told, strict=True)]
    for name, other in zip(names[1:], told[1:], strict=True):
        table.append(line("votes", "share right, difference", f"factors − {name}", told[0] - other, bills))
    return table


def scikit_direction(X, y):
    return make_pipeline(StandardScaler(), LogisticRegression(C=1000 / len(y))).fit(X, y).predict


def forest(X, y):
    return RandomForestClassifier(100, random_state=0).fit(X, y).predict


def of_prices():
    """A walk forward by years, the first three only learned from; and the splits that flatter."""
    moves = prices.moves()
    rows = prices.rows(moves.move)
    year = np.array([date[:4] for date in moves.date])[rows.day]
    years, X = grouping.by_time(year), np.column_stack([rows.own, rows.market])
    table = []
    methods = {"loop": prices.direction(), "scikit-learn": scikit_direction, "forest": forest}
    for name, fit in methods.items():
        where, told = walk_forward(fit, X, rows.up, years, FIRST_YEARS)
        hit = (told == rows.up[where]).astype(float)
        table.append(line("prices", "direction, walk forward", name, hit, rows.day[where]))
        table.append(
            line("prices", "less always up", name, hit - rows.up[where], rows.day[where]),
        )
    table.append(line("prices", "direction, walk forward", "always up", rows.up[where], rows.day[where]))
    days = grouping.by_time(rows.day)
    splits = {"random rows": grouping.random(len(rows.up), 5), "whole days": folds(days, 5)}
    for name, parts in splits.items():
        hit = (cross(forest, rows.market, rows.up, parts) == rows.up).astype(float)
        table.append(line("prices", "forest on market's moves", name, hit, rows.day))
    mean = np.concatenate(
        [
            np.full(len(years[s]), rows.size[np.concatenate(years[:s])].mean())
            for s in range(FIRST_YEARS, len(years))
        ]
    )
    y = rows.size[where]
    squares = (y - mean) ** 2
    for name, fit in {
        "loop": prices.sizes(),
        "scikit-learn": lambda X, y: LinearRegression().fit(X, y).predict,
    }.items():
        _, told = walk_forward(fit, rows.past, rows.size, years, FIRST_YEARS)
        saved = (squares - (y - told) ** 2) / squares.mean()
        table.append(line("prices", "size, share of squares explained", name, saved, rows.day[where]))
    return table


def of_motion():
    """Five folds by random windows, by time and by subject: the network, a forest and a linear model."""
    torch.set_num_threads(1)
    cut = motion.windows(**WINDOW)

    def on_measures(model):
        return lambda X, y: (lambda fitted: lambda X: fitted.predict(motion.measures(X)))(
            model().fit(motion.measures(X), y)
        )

    methods = {
        "network": lambda X, y: motion.fit(X, y, **NETWORK).predict,
        "forest": on_measures(lambda: RandomForestClassifier(200, random_state=0)),
        "logistic": on_measures(lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))),
    }
    table, told = [], {}
    for way, groups in motion.groupings(cut).items():
        for name, fit in methods.items():
            told[way, name] = (cross(fit, cut.X, cut.y, folds(groups, 5)) == cut.y).astype(float)
            table.append(line("motion", way, name, told[way, name], cut.subject))
            print(table[-1], flush=True)
    ahead = told["by subject", "network"] - told["by subject", "forest"]
    return [*table, line("motion", "by subject, difference", "network − forest", ahead, cut.subject)]


CASES = {"votes": of_votes, "prices": of_prices, "motion": of_motion}
chosen = sys.argv[1:] or list(CASES)
kept = RESULTS / "cases.json"
before = json.loads(kept.read_text(encoding="utf-8"))["rows"] if kept.is_file() else []
table = []
for name, measure in CASES.items():
    table += measure() if name in chosen else [row for row in before if row["case"] == name]
report("Cases of lesson 13, on rows not seen", table, window=WINDOW, network=NETWORK)
