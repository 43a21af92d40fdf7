"""(b) A 32 × 32 map of β × rate: one call, against 1,024 separate fits of the same passes.

Logistic regression on breast_cancer, 16 stratified groups in cyclic order, 200 rounds.
scikit-learn's SGDClassifier steps row by row; it is given 12 passes, where the map makes 12.5, and not tuned;
the plain torch loop does the same 200 group steps with torch.optim.SGD.
"""

import time

import numpy as np
from measure import in_turn, report
from sklearn.linear_model import SGDClassifier

from parti_edu import grouping, load, picking
from parti_edu.on_numpy import GradientDescent, LogisticRegression, blend, grid, train

ROUNDS, GROUPS, SIDE, L2 = 200, 16, 32, 0.01
rows = load("breast_cancer").train
groups = grouping.stratified(rows.y, GROUPS)
beta, lr = grid(beta=np.linspace(1 / SIDE, 1, SIDE), lr=np.geomspace(0.01, 10, SIDE))
passes = ROUNDS / GROUPS


def fit(beta, lr):
    return train(
        LogisticRegression(L2),
        rows,
        groups,
        picking.cyclic(groups),
        optimizer=GradientDescent(lr),
        merge=blend(beta),
        rounds=ROUNDS,
        record="last",
    ).final


def one_by_one():
    return np.array([fit(float(b), float(a)) for b, a in zip(beta[:, 0], lr[:, 0], strict=True)])


def scikit_learn():
    for rate in lr[:, 0]:
        model = SGDClassifier(
            loss="log_loss", alpha=L2, learning_rate="constant", eta0=rate, max_iter=round(passes), tol=None
        )
        model.fit(rows.X, rows.y)


def torch_loops():
    import torch

    torch.set_num_threads(1)
    parts = [(torch.tensor(rows.X[g]), torch.tensor(rows.y[g], dtype=torch.float64)) for g in groups]
    final = []
    for b, rate in zip(beta[:, 0].tolist(), lr[:, 0].tolist(), strict=True):
        theta = torch.zeros(rows.X.shape[1], dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([theta], lr=rate, weight_decay=L2)
        for k in range(ROUNDS):
            X, y = parts[k % GROUPS]
            start = theta.detach().clone()
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(X @ theta, y).backward()
            optimizer.step()
            with torch.no_grad():
                theta.lerp_(start, 1 - b)
        final.append(theta.detach().numpy())
    return np.array(final)


def once(run):
    began = time.perf_counter()
    result = run()
    return time.perf_counter() - began, result


seconds = in_turn({"one call": lambda: fit(beta, lr)}, repeats=21)["one call"]
ours = float(np.median(seconds))
table = [{"what": "one call of train", "ms": f"{ours * 1e3:.0f}", "ratio": "1.0"}]
others = {
    "1,024 calls of train": one_by_one,
    "1,024 SGDClassifier fits": scikit_learn,
    "1,024 plain torch loops": torch_loops,
}
for name, run in others.items():
    try:
        taken, final = once(run)
    except ImportError as missing:
        print(f"skipped {name}: {missing.name} is not installed")
        continue
    if final is not None:
        np.testing.assert_allclose(final, fit(beta, lr), rtol=1e-8, atol=1e-8)
    table.append({"what": name, "ms": f"{taken * 1e3:.0f}", "ratio": f"{taken / ours:.0f}"})
spread = {"fastest ms": round(min(seconds) * 1e3, 1), "slowest ms": round(max(seconds) * 1e3, 1)}
report(
    "A 32 × 32 map of β × rate (one call: median of 21)", table, rounds=ROUNDS, groups=GROUPS, one_call=spread
)
