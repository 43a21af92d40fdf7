"""(f) Images: a small CNN on Fashion-MNIST, what it reaches in how long, and what each part of it is worth.

7,000 rows to learn from, 1,000 to stop by, the set's 2,000 test rows to judge. Each variant changes one thing
of the recipe of lesson 11, and has the same seeds (of the split, the start, groups, augmentation and dropout)
and the same test rows as the whole recipe, so the differences are paired. "gap" is the loss on the test rows
less that on training rows.

    python benchmarks/images.py [--device cuda] [--seeds 3] [--only WORD …]
"""

import argparse
import statistics
import time

import torch
from measure import report

from parti_edu import metrics
from parti_edu.labs.efficiency import images
from parti_edu.labs.efficiency.augment import Augment
from parti_edu.labs.efficiency.measure import multiply_adds, parameters

LIGHT = Augment(shift=1, flip=0.5)
WHOLE = {
    "dropout": 0.2,
    "epochs": 24,
    "group_size": 50,
    "lr": 4e-3,
    "schedule": "one-cycle",
    "beta": 0.5,
    "every": 5,
    "augment": LIGHT,
    "patience": 5,
}
NOTHING = {"dropout": 0.0, "schedule": "constant", "beta": 1.0, "augment": None, "patience": None}
VARIANTS = {
    "the whole recipe": {},
    "no augmentation": {"augment": None},
    "no dropout": {"dropout": 0.0},
    "constant rate": {"schedule": "constant"},
    "no merging": {"beta": 1.0},
    "no early stop": {"patience": None},
    "groups of 500": {"group_size": 500},
    "and L2": {"l2": 1e-4},
    "and L1": {"l1": 1e-5},
    "and turns, light, zoom": {"augment": Augment(shift=1, flip=0.5, degrees=8, brightness=0.2, zoom=2)},
    "none of the parts": NOTHING,
    "early stop alone": NOTHING | {"patience": 5},
    "L2 alone": NOTHING | {"l2": 1e-3},
    "L1 alone": NOTHING | {"l1": 1e-4},
    "dropout alone": NOTHING | {"dropout": 0.2},
    "augmentation alone": NOTHING | {"augment": LIGHT},
    "merging alone": NOTHING | {"beta": 0.5},
}


def run(seed, device, dropout, **settings):
    """One training: accuracy and macro F1 in percent, gap, seconds, epochs."""
    parts = images.prepare(7000, 1000, seed=seed)
    net = images.cnn(parts.train.X, dropout=dropout, seed=seed)
    began = time.perf_counter()
    trained = images.fit(net, parts, images.Recipe(**settings, seed=seed), device=device)
    seconds = time.perf_counter() - began
    chosen = trained.last if settings["patience"] is None else trained.best
    loss, accuracy = images.evaluate(chosen, parts.test)
    f1 = metrics.macro_f1(parts.test.y.numpy(), images.predicted(chosen, parts.test.X))
    gap = loss - images.evaluate(chosen, parts.train)[0]
    return {"accuracy": 100 * accuracy, "f1": 100 * f1, "loss": loss, "gap": gap, "seconds": seconds}


def row(name, runs, base):
    """A line of the table: the runs of a variant, and the differences to the base's, seed by seed."""
    accuracy = [r["accuracy"] for r in runs]
    paired = [r["accuracy"] - b["accuracy"] for r, b in zip(runs, base, strict=True)]
    return {
        "variant": name,
        "accuracy %": f"{statistics.mean(accuracy):.2f} ({min(accuracy):.2f}–{max(accuracy):.2f})",
        "points to whole": f"{statistics.mean(paired):+.2f} ({min(paired):+.2f}…{max(paired):+.2f})",
        "macro F1 %": f"{statistics.mean(r['f1'] for r in runs):.2f}",
        "test loss": f"{statistics.mean(r['loss'] for r in runs):.3f}",
        "gap": f"{statistics.mean(r['gap'] for r in runs):.3f}",
        "seconds": f"{statistics.median(r['seconds'] for r in runs):.0f}",
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="words that the variant's name must hold")
    asked = parser.parse_args()
    torch.set_num_threads(2)
    named = [name for name in VARIANTS if any(word in name for word in asked.only)]
    rows, base, each = [], None, {}
    for name in dict.fromkeys(["the whole recipe", *(named if asked.only else VARIANTS)]):
        runs = []
        for seed in range(asked.seeds):
            runs.append(run(seed, asked.device, **WHOLE | VARIANTS[name]))
            print(
                f"{name}, seed {seed}: {runs[-1]['accuracy']:.2f} % in {runs[-1]['seconds']:.0f} s",
                flush=True,
            )
        base = base or runs
        each[name] = [round(r["accuracy"], 3) for r in runs]
        rows.append(row(name, runs, base))
    net = images.cnn(torch.rand(10, 28, 28))
    report(
        f"A small CNN on Fashion-MNIST, 7,000 + 1,000 + 2,000 rows, {asked.seeds} seeds",
        rows,
        torch=torch.__version__,
        device=torch.cuda.get_device_name() if asked.device == "cuda" else "the processor, 2 threads",
        parameters=parameters(net[1:]),
        multiply_adds=multiply_adds(net[1:]),
        accuracy_of_each_seed=each,
    )


if __name__ == "__main__":
    main()
