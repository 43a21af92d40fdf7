"""Full-batch, stochastic and mini-batch gradient descent are one loop with groups of different sizes.

scikit-learn's l2 multiplies the weights by 1 − rate·alpha and then adds the row's own step, whose slope
was taken before: that is the gradient with the penalty at the same θ, so l2 = alpha matches exactly.
"""

import numpy as np
import pytest

from parti_edu import grouping, load, picking
from parti_edu.on_numpy import GradientDescent, LinearRegression, LogisticRegression, train

from .oracles import GROUPS, MODEL, ROWS, gap, library, torch_loss

N = len(ROWS)
ONE_BY_ONE = [[i] for i in range(N)]
EPOCHS = 3
MANY_STEPS = 1e-10  # some 1200 steps, each rounded at 2e-16, on a problem that contracts
ALPHA = 0.02


def of_sklearn(kind, rate, X, y, **options):
    """θ after each epoch of scikit-learn's SGD through the rows in order."""
    library("sklearn")
    from sklearn import linear_model

    settings = {
        "learning_rate": "constant",
        "eta0": rate,
        "shuffle": False,
        "tol": None,
        "fit_intercept": False,
    }
    fits = [
        getattr(linear_model, kind)(**(settings | options), max_iter=epochs).fit(X, y)
        for epochs in range(1, EPOCHS + 1)
    ]
    return np.array(
        [np.append(fit.intercept_, fit.coef_) if fit.fit_intercept else fit.coef_.ravel() for fit in fits]
    )


def row_by_row(model, rate, data):
    """θ after each epoch of the loop: groups of one row, one a round, in order."""
    run = train(model, data, ONE_BY_ONE, optimizer=GradientDescent(rate), rounds=EPOCHS * N, record=N)
    return run.theta[1:]


@pytest.mark.parametrize(("l2", "penalty"), [(0, None), (ALPHA, "l2")])
def test_cyclic_single_rows_are_sgd_regressor(l2, penalty):
    ours = row_by_row(LinearRegression(l2), 1e-3, (ROWS.X, ROWS.y))
    theirs = of_sklearn("SGDRegressor", 1e-3, ROWS.X, ROWS.y, penalty=penalty, alpha=ALPHA)
    assert gap(ours, theirs) <= MANY_STEPS


@pytest.mark.parametrize(("l2", "penalty"), [(0, None), (ALPHA, "l2")])
def test_cyclic_single_rows_are_sgd_classifier(l2, penalty):
    ours = row_by_row(LogisticRegression(l2), 1e-2, ROWS)
    theirs = of_sklearn("SGDClassifier", 1e-2, ROWS.X, ROWS.y, loss="log_loss", penalty=penalty, alpha=ALPHA)
    assert gap(ours, theirs) <= MANY_STEPS


def test_a_column_of_ones_is_their_intercept():
    """Without a penalty: scikit-learn's leaves the intercept out, ours takes every coordinate."""
    data = load("breast_cancer", intercept=True).train
    ours = row_by_row(LogisticRegression(), 1e-2, data)
    options = {"loss": "log_loss", "penalty": None, "fit_intercept": True}
    assert gap(ours, of_sklearn("SGDClassifier", 1e-2, ROWS.X, ROWS.y, **options)) <= MANY_STEPS


def test_penalty_order_and_shuffling_are_seen():
    """The three tests above can fail: another penalty, or another order, is visibly elsewhere."""
    ours = row_by_row(LogisticRegression(), 1e-2, ROWS)
    options = {"loss": "log_loss", "penalty": None}
    penalised = options | {"penalty": "l2", "alpha": ALPHA}
    assert gap(ours, of_sklearn("SGDClassifier", 1e-2, ROWS.X, ROWS.y, **penalised)) > 1e-4
    backwards = of_sklearn("SGDClassifier", 1e-2, ROWS.X[::-1], ROWS.y[::-1], **options)
    assert gap(ours, backwards) > 1e-4


def of_torch(batches, rate):
    """θ after each batch, from torch's SGD and its DataLoader."""
    torch = library("torch")
    rows = torch.utils.data.TensorDataset(torch.from_numpy(ROWS.X), torch.from_numpy(ROWS.y))
    theta = torch.zeros(ROWS.X.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer, states = torch.optim.SGD([theta], lr=rate), []
    for X, y in torch.utils.data.DataLoader(rows, batch_sampler=batches):
        optimizer.zero_grad()
        torch_loss(theta, X.numpy(), y.numpy()).backward()
        optimizer.step()
        states.append(theta.detach().numpy().copy())
    return np.array(states)


def test_one_group_of_all_rows_is_full_batch_descent():
    run = train(MODEL, ROWS, optimizer=GradientDescent(0.5), rounds=100)
    theirs = of_torch([list(range(N))] * 100, 0.5)
    assert gap(run.theta[1:], theirs) <= 1e-10  # 100 steps


def test_reshuffled_groups_are_random_reshuffling():
    """The order is drawn here a second time: a permutation of the groups for each epoch."""
    run = train(
        MODEL, ROWS, GROUPS, picking.reshuffled(GROUPS, seed=3), optimizer=GradientDescent(0.5), rounds=98
    )
    rng = np.random.default_rng(3)
    order = np.concatenate([rng.permutation(7) for _ in range(14)])
    theirs = of_torch([GROUPS[g].tolist() for g in order], 0.5)
    assert gap(run.theta[1:], theirs) <= 1e-10  # 98 steps
    assert gap(run.theta[1:], of_torch([GROUPS[g].tolist() for g in sorted(order)], 0.5)) > 1e-4


def test_mini_batches_in_file_order_are_contiguous_groups():
    """40 rows a batch and 10 batches divide 398 rows alike: 8 groups of 40 and 2 of 39."""
    groups = grouping.contiguous(N, 10)
    run = train(MODEL, ROWS, groups, optimizer=GradientDescent(0.5), rounds=100)
    batches = np.split(np.arange(N), np.cumsum([40] * 8 + [39]))
    assert gap(run.theta[1:], of_torch([b.tolist() for b in batches] * 10, 0.5)) <= 1e-10
