"""(e) The twin: beside a plain torch loop that records the same, and a sweep on each device at hand.

The loop: logistic regression on breast_cancer, 16 stratified groups in cyclic order, β = ½, 400 rounds,
float64. Two rivals keep the same (each state, the cost, whether it is still near): a plain loop as one writes
it with backward and torch.optim, and a bare one with autograd.grad and the step by hand, for two optimizers.
The sweep: C configurations of β × rate, 200 rounds, the last state recorded; separate plain loops are
timed for 32 of 1,024 configurations and scaled. Ceilings: the copy bandwidth and the matrix rate that this
device reaches with large arrays; the least a round must do is two products, θXᵀ and its way back (4·C·P·n
operations), and θ read and written (16·C·P bytes).
"""

import numpy as np
import torch
from measure import in_turn, ratio, report

from parti_edu import grouping, load, on_numpy, on_torch, picking

ROUNDS, SWEEP, GROUPS, L2, BETA = 400, 200, 16, 0.01, 0.5
MANY = {"cpu": (1024,), "cuda": (1024, 16_384, 131_072)}
torch.set_num_threads(1)
rows = load("breast_cancer").train
groups = grouping.stratified(rows.y, GROUPS)
parts = [(torch.tensor(rows.X[g]), torch.tensor(rows.y[g], dtype=torch.float64)) for g in groups]
loss_of = torch.nn.functional.binary_cross_entropy_with_logits


def plain(make, beta=BETA, rounds=ROUNDS, record=True):
    """A loop as one writes it with torch.optim: its states."""
    theta = torch.zeros(rows.X.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = make([theta])
    states, cost, near = [theta.detach().clone()], [0], []
    for k in range(rounds):
        X, y = parts[k % GROUPS]
        start = theta.detach().clone()
        optimizer.zero_grad()
        (loss_of(X @ theta, y) + L2 / 2 * theta.square().sum()).backward()
        optimizer.step()
        with torch.no_grad():
            theta.lerp_(start, 1 - beta)
            if record:
                states.append(theta.clone())
                cost.append(cost[-1] + len(y))
                near.append(torch.linalg.vector_norm(theta, torch.inf) <= 1e12)
    return torch.stack(states if record else [theta.detach()]).numpy()


def bare(step):
    """The same with nothing but autograd and the step's own arithmetic: its states."""
    theta = torch.zeros(rows.X.shape[1], dtype=torch.float64)
    states, cost, near = [theta], [0], []
    for k in range(ROUNDS):
        X, y = parts[k % GROUPS]
        at = theta.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(loss_of(X @ at, y) + L2 / 2 * at.square().sum(), at)
        with torch.no_grad():
            theta = BETA * step(theta, gradient, k + 1) + (1 - BETA) * theta
            states.append(theta)
            cost.append(cost[-1] + len(y))
            near.append(torch.linalg.vector_norm(theta, torch.inf) <= 1e12)
    return torch.stack(states).numpy()


def descent():
    return lambda theta, g, t: theta - 0.1 * g


def adam():
    m = v = 0

    def step(theta, g, t):
        nonlocal m, v
        m = 0.9 * m + (1 - 0.9) * g
        v = 0.999 * v + (1 - 0.999) * g**2
        return theta - 0.05 * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)

    return step


def ours(package, optimizer, merge, rounds=ROUNDS, record=1, **where):
    return package.train(
        package.LogisticRegression(L2),
        rows,
        groups,
        picking.cyclic(groups),
        optimizer=optimizer,
        merge=merge,
        rounds=rounds,
        record=record,
        **where,
    )


def beside_a_plain_loop():
    """Rows of the first table."""
    pairs = {
        "gradient descent": (on_torch.GradientDescent(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
        "momentum": (on_torch.Momentum(0.1), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        "Adagrad": (on_torch.Adagrad(0.1), lambda p: torch.optim.Adagrad(p, lr=0.1)),
        "Adam": (on_torch.Adam(0.05), lambda p: torch.optim.Adam(p, lr=0.05)),
    }
    for name, (optimizer, make) in pairs.items():

        def twin(optimizer=optimizer):
            return ours(on_torch, optimizer, on_torch.blend(BETA))

        contenders = {"twin": twin, "plain": lambda make=make: plain(make)}
        if name in BY_HAND:
            contenders["bare"] = lambda step=BY_HAND[name]: bare(step())
        for states in contenders.values():
            found = states()
            np.testing.assert_allclose(getattr(found, "theta", found), twin().theta, rtol=1e-9, atol=1e-9)
        seconds = in_turn(contenders, repeats=31)
        us = {f"{who} µs/round": f"{np.median(s) / ROUNDS * 1e6:.0f}" for who, s in seconds.items()}
        cells = {"optimizer": name, "bare µs/round": "–"} | us
        cells["twin / plain"] = f"{ratio(seconds, 'twin', 'plain'):.2f}"
        cells["twin / bare"] = f"{ratio(seconds, 'twin', 'bare'):.2f}" if "bare" in seconds else "–"
        yield cells


BY_HAND = {"gradient descent": descent, "Adam": adam}


def sweep(package, n, **where):
    """One call for n configurations."""
    side = 2 ** (n.bit_length() // 2)
    beta, lr = on_numpy.grid(beta=np.linspace(1 / side, 1, side), lr=np.geomspace(0.01, 10, n // side))
    settings = {"rounds": SWEEP, "record": "last"}
    return ours(package, package.GradientDescent(lr), package.blend(beta), **settings, **where).final


def ceilings(device):
    """(bytes/s of a copy, float64 operations/s of a matrix product), the best of five with large arrays."""
    size = 2**26 if device == "cuda" else 2**24
    source = torch.ones(size, dtype=torch.float64, device=device)
    matrix = source[: 2**22].reshape(2**11, 2**11)
    target, product = torch.empty_like(source), torch.empty_like(matrix)
    seconds = in_turn(
        {
            "copy": lambda: (target.copy_(source), finish(device)),
            "matrix": lambda: (torch.mm(matrix, matrix, out=product), finish(device)),
        },
        repeats=5,
    )
    return 16 * size / min(seconds["copy"]), 2 * 2**33 / min(seconds["matrix"])


def finish(device):
    if device == "cuda":
        torch.cuda.synchronize()


def sweeps():
    """Rows of the second table: configurations × rounds a second, and the share of the slower ceiling."""
    separate = min(in_turn({"": lambda: [plain_sgd(i) for i in range(32)]}, repeats=3, warm_up=0)[""]) * 32
    base = 1024 * SWEEP / separate
    yield row("1,024 separate plain loops (cpu)", 1024, base, base, "")
    np.testing.assert_allclose(
        sweep(on_torch, 1024), sweep(on_numpy, 1024), rtol=1e-9, atol=1e-9
    )  # before any is timed
    seconds = in_turn({"": lambda: sweep(on_numpy, 1024)}, repeats=7)[""]
    yield row("NumPy, one call", 1024, 1024 * SWEEP / np.median(seconds), base, "")
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        bandwidth, rate = ceilings(device)
        for n in MANY[device]:
            run = lambda n=n, device=device: sweep(on_torch, n, device=device)  # noqa: E731
            taken = np.median(in_turn({"": run}, repeats=7)[""])
            n_rows, p = len(rows.X) / GROUPS, rows.X.shape[1]
            least = max(4 * n * p * n_rows / rate, 16 * n * p / bandwidth) * SWEEP
            yield row(f"twin on {device}, one call", n, n * SWEEP / taken, base, f"{least / taken:.0%}")


def plain_sgd(i):
    return plain(
        lambda p: torch.optim.SGD(p, lr=0.01 * (i + 1)), beta=(i + 1) / 32, rounds=SWEEP, record=False
    )


def row(what, n, speed, base, share):
    cells = {"what": what, "C": f"{n:,}", "configurations × rounds / s": f"{speed:,.0f}"}
    return cells | {"times separate": f"{speed / base:.1f}", "of the ceiling": share}


def named(device):
    bandwidth, rate = ceilings(device)
    name = torch.cuda.get_device_name() if device == "cuda" else "the processor"
    return f"{name}: copy {bandwidth / 1e9:.0f} GB/s, float64 matrix product {rate / 1e9:.0f} GFLOP/s"


if __name__ == "__main__":
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    loops, swept = list(beside_a_plain_loop()), list(sweeps())
    report(
        "The twin beside a plain torch loop on the processor (median of 31 pairs, equal states)",
        loops,
        torch=torch.__version__,
        sweep=swept,
        devices=[named(device) for device in devices],
    )
    print()
    for line in swept:
        print("  ".join(line.values()))
