"""(f) Fewer parameters: accuracy against bytes and multiply-adds, each method alone and all together.

8,000 garments to train on, 2,000 to test on; a CNN and a dense net, trained by the loop of the course. Every
method starts from the same trained net of its seed and is judged on the same test rows, so differences are
paired: a row gives the mean over the seeds, and the least and greatest of them. "longer" is the control: the
net itself, with as many more passes as pruning takes. Kilobytes are of the tensors, zeros packed, a bit each;
multiply-adds are those by weights that are not 0.

    python benchmarks/efficiency.py [--seeds 5] [--passes 10] [--device cpu] [--threads 2] [--nets cnn dense]
"""

import argparse
import time

import numpy as np
import torch
from measure import report

from parti_edu.labs.efficiency import distil, factorise, measure, nets, prune, quantise

WATTS = 15  # assumed for the estimate of energy, nothing more
NETS = {
    "cnn": lambda seed: nets.small_cnn(seed=seed),
    "dense": lambda seed: nets.dense(784, 200, 10, seed=seed),
}
STUDENTS = {
    "cnn": lambda seed: nets.small_cnn(channels=(8, 16), hidden=0, seed=seed),
    "dense": lambda seed: nets.dense(784, 24, 10, seed=seed),
}


def methods(kind, seed, train, passes, **where):
    """(name, net, bits of its codes) of each method, made one after the other."""
    more = {"lr": 2e-3, "seed": seed, **where}
    full = nets.fit(NETS[kind](seed), train, passes=passes, seed=seed, **where)
    yield "full", full, 8
    yield "longer", nets.fit(full, train, passes=3, **more), 8
    young = {"passes": passes, "lr": 8e-3 if kind == "cnn" else 4e-3, "seed": seed, **where}
    some = train.X[:500]
    yield "int8, a scale a unit", quantise.quantise(full, some), 8
    yield "int8, a scale a layer", quantise.quantise(full, some, per_channel=False), 8
    yield "weights in 4 bits", quantise.quantise(full, bits=4), 4
    yield "cut 80 %, no training", prune.cut(full, prune.magnitude(full, 0.8)), 8
    for share in (0.8, 0.9, 0.95):
        yield f"cut {100 * share:.0f} % by and by", prune.gradual(full, train, share, stages=3, **more), 8
    yield "half of the units", nets.fit(prune.structured(full, 0.5), train, passes=3, **more), 8
    for rank in (8, 16):
        yield f"rank {rank}", nets.fit(factorise.factorise(full, rank), train, passes=2, **more), 8
    yield "student alone", nets.fit(STUDENTS[kind](seed), train, **young), 8
    taught = distil.distil(STUDENTS[kind](seed), full, train, **young)
    yield "student, distilled", taught, 8
    pruned = prune.gradual(taught, train, 0.6, stages=3, **more)
    yield "distilled, cut 60 %, int8", quantise.quantise(pruned, some), 8


def measured(net, bits, test):
    right = nets.predicted(net, test.X) == test.y
    one = torch.tensor(test.X[:1])
    return {
        "percent": 100 * right.mean(),
        "parameters": sum(
            t.numel() for name, t in net.state_dict().items() if name.endswith(("weight", "bias"))
        ),
        "kB": measure.bytes_packed(net, bits) / 1000,
        "multiply-adds": measure.multiply_adds(net, zeros=False),
        "ms": 1000 * measure.latency(net, one),
    }


def run(options):
    """{(net, method): a list of what was measured, a seed each}, told as it comes."""
    train, test = nets.garments()
    where, found = {"device": options.device} if options.device != "cpu" else {}, {}
    for seed in range(options.seeds):
        for kind in options.nets:
            began = time.perf_counter()
            for name, net, bits in methods(kind, seed, train, options.passes, **where):
                one = measured(net, bits, test) | {"seconds": time.perf_counter() - began}
                found.setdefault((kind, name), []).append(one)
                print(
                    f"seed {seed}  {kind:6} {name:26} {one['percent']:6.2f} %  {one['kB']:7.1f} kB",
                    flush=True,
                )
                began = time.perf_counter()
    return found


def table(found):
    for (kind, name), seeds in found.items():
        percent = np.array([one["percent"] for one in seeds])
        change = percent - [one["percent"] for one in found[kind, "full"]]
        first, whole = seeds[0], found[kind, "full"][0]
        yield {
            "net": kind,
            "method": name,
            "% right": f"{percent.mean():.2f}",
            "from–to": f"{percent.min():.2f}–{percent.max():.2f}",
            "points": f"{change.mean():+.2f}",
            "paired from–to": f"{change.min():+.2f}…{change.max():+.2f}",
            "parameters": f"{first['parameters']:,}",
            "kB": f"{first['kB']:.1f}",
            "fewer bytes": f"{whole['kB'] / first['kB']:.1f}×",
            "multiply-adds": f"{first['multiply-adds']:,}",
            "ms an image": f"{np.median([one['ms'] for one in seeds]):.2f}",
            "s to make": f"{np.mean([one['seconds'] for one in seeds]):.1f}",
        }


def targets(found):
    """What was asked for, and whether it was reached, in words."""
    for kind in dict.fromkeys(kind for kind, _ in found):

        def mean(name, key, kind=kind):
            return np.mean([one[key] for one in found[kind, name]])

        full, small = mean("full", "percent"), "student, distilled"
        int8 = full - mean("int8, a scale a unit", "percent")
        ratio = mean("full", "kB") / mean("int8, a scale a unit", "kB")
        cut = full - mean("cut 80 % by and by", "percent")
        taught = full - mean(small, "percent")
        share = mean("full", "parameters") / mean(small, "parameters")
        alone = mean(small, "percent") - mean("student alone", "percent")
        yield f"{kind}: {full:.2f} % right after {mean('full', 'seconds'):.0f} s of training"
        yield told(
            kind,
            f"int8 loses {int8:+.2f} points at {ratio:.2f} times fewer bytes",
            int8 <= 0.5 and ratio >= 3.5,
        )
        yield told(kind, f"80 % of the weights cut lose {cut:+.2f} points", cut <= 1)
        yield told(kind, f"a student of 1/{share:.1f} loses {taught:+.2f} points", taught <= 2 and share >= 8)
        yield f"{kind}: the teacher is worth {alone:+.2f} points to the student"


def told(kind, text, reached):
    return f"{kind}: {text}: {'reached' if reached else 'NOT reached'}"


def asked():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--nets", nargs="+", choices=list(NETS), default=list(NETS))
    return parser.parse_args()


if __name__ == "__main__":
    options = asked()
    torch.set_num_threads(options.threads)
    found = run(options)
    device = torch.cuda.get_device_name() if options.device.startswith("cuda") else "the processor"
    joules, assumed = measure.energy(
        np.mean([one["seconds"] for one in found[options.nets[0], "full"]]), WATTS
    )
    report(
        f"Fewer parameters: {options.seeds} seeds, the same 2,000 test rows",
        list(table(found)),
        targets=list(targets(found)),
        torch=torch.__version__,
        device=device,
        threads=options.threads,
        energy=f"an estimate: {joules:.0f} J to train one full net, if {assumed}",
    )
    print("\n" + "\n".join(targets(found)))
