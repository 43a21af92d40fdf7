"""GroupSampler and Merge: the same run as the loop of the lessons, around modules not written for them."""
# ruff: noqa: E402, E501  (torch may be missing: then this file is skipped, by name; a row of a table a line)

import copy
import io
import pickle
import re
from itertools import islice

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[torch]'")

from parity.oracles import GROUPS, MODEL, ROWS, gap, library, torch_loss
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from parti_edu import grouping, picking
from parti_edu.on_numpy import Adagrad, Adam, GradientDescent, Momentum, blend, train
from parti_edu.on_torch.drop_in import GroupSampler, Merge

from .test_the_loop import NoRoundTrip

UNEVEN = grouping.Groups([[4, 0], [1], [5, 2, 3], [6]])
EVERY, WALKS, BETA = 5, 20, 0.3
SAME = 1e-12  # 100 steps, each rounded at 2e-16, gradients by hand and by autograd
VISIBLE = 1e-4


# ---- GroupSampler


class OneByOne(Dataset):
    """A data set that knows single rows only, as most do."""

    def __len__(self):
        return 7

    def __getitem__(self, row):
        return torch.tensor(10 * row)


def passes(sampler, n):
    return [list(sampler) for _ in range(n)]


def reshuffled(groups, seed, n):
    """The row numbers of passes 0 … n−1 as picking gives them."""
    rounds = islice(picking.reshuffled(groups, seed), n * len(groups))
    rows = [groups[pick.groups[0]].tolist() for (pick,) in rounds]
    return [rows[i : i + len(groups)] for i in range(0, len(rows), len(groups))]


@pytest.mark.parametrize("seed", [0, 1, 12345])
@pytest.mark.parametrize("groups", [UNEVEN, grouping.random(50, 50), [[3]]], ids=["4", "50", "1"])
def test_the_order_is_that_of_reshuffled_pass_by_pass(groups, seed):
    groups = grouping.Groups(groups)
    theirs = reshuffled(groups, seed, 5)
    assert passes(GroupSampler(groups, seed), 5) == theirs
    sampler = GroupSampler(groups, seed)
    for epoch in (3, 0, 4, 4, 1):  # forwards, backwards, once more
        sampler.set_epoch(epoch)
        assert list(sampler) == theirs[epoch]


def test_every_group_once_a_pass_in_an_order_that_changes_unless_told_to_keep():
    first, second = passes(GroupSampler(UNEVEN), 2)
    assert first != second
    assert sorted(first) == sorted(second) == sorted(rows.tolist() for rows in UNEVEN)
    assert passes(GroupSampler(UNEVEN, shuffle=False), 2) == [[rows.tolist() for rows in UNEVEN]] * 2
    assert GroupSampler(UNEVEN, 1).__len__() == 4


def test_torchs_own_seed_has_no_say():
    torch.manual_seed(1)
    first = passes(GroupSampler(UNEVEN, 3), 2)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert passes(GroupSampler(UNEVEN, 3), 2) == first
    assert torch.equal(torch.get_rng_state(), before)


def test_each_iter_goes_on_to_the_next_pass_and_set_epoch_decides_the_one_after_it():
    sampler, theirs = GroupSampler(UNEVEN, 7), reshuffled(UNEVEN, 7, 6)
    assert list(sampler) == theirs[0]
    next(iter(sampler))  # pass 1, left in the middle
    assert list(sampler) == theirs[2]
    sampler.set_epoch(5)
    iter(sampler)  # not begun, so not counted
    assert list(sampler) == theirs[5]
    sampler.set_epoch(0)
    assert passes(sampler, 2) == theirs[:2]


def test_set_epoch_before_each_pass_is_what_going_on_does():
    sampler, by_epoch = GroupSampler(UNEVEN, 7), []
    for epoch in range(4):
        sampler.set_epoch(epoch)
        by_epoch.append(list(sampler))
    assert by_epoch == passes(GroupSampler(UNEVEN, 7), 4)


def test_both_loaders_give_one_group_a_batch():
    order = passes(GroupSampler(UNEVEN, 2), 2)
    tens = (
        [[10 * row for row in rows] for rows in order[0]],
        [[10 * row for row in rows] for rows in order[1]],
    )
    at_once = DataLoader(
        TensorDataset(torch.arange(7) * 10), sampler=GroupSampler(UNEVEN, 2), batch_size=None
    )
    one_by_one = DataLoader(OneByOne(), batch_sampler=GroupSampler(UNEVEN, 2))
    assert len(at_once) == len(one_by_one) == 4
    for rows in tens:
        assert [X.tolist() for (X,) in at_once] == rows
        assert [X.tolist() for X in one_by_one] == rows


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("persistent", [False, True])
def test_workers_do_not_change_the_order(persistent):
    sampler = GroupSampler(UNEVEN, 2)
    loader = DataLoader(OneByOne(), batch_sampler=sampler, num_workers=2, persistent_workers=persistent)
    theirs = [[[10 * row for row in rows] for rows in order] for order in reshuffled(UNEVEN, 2, 4)]
    seen = [[X.tolist() for X in loader] for _ in range(2)]
    sampler.set_epoch(3)
    seen.append([X.tolist() for X in loader])
    assert seen == [theirs[0], theirs[1], theirs[3]]


@pytest.mark.parametrize("stop", [0, 3, 4, 6, 8])
def test_a_sampler_goes_on_in_the_middle_of_a_pass(stop):
    whole = [rows for order in passes(GroupSampler(UNEVEN, 9), 3) for rows in order]
    late = GroupSampler(UNEVEN, 9)
    late.set_epoch(*divmod(stop, len(late)))
    assert [rows for _ in range(3 - stop // 4) for rows in late] == whole[stop:]


def test_a_sampler_goes_on_from_its_state():
    first, other = GroupSampler(UNEVEN, 9), GroupSampler(UNEVEN, 1, shuffle=False)
    passes(first, 2)
    passes(other, 3)
    other.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    twin = copy.deepcopy(first)
    assert passes(first, 2) == passes(other, 2) == passes(twin, 2) == reshuffled(UNEVEN, 9, 4)[2:]
    first.set_epoch(1, skip=2)
    other.load_state_dict(first.state_dict())
    assert passes(other, 2) == passes(first, 2)


def test_machines_share_out_the_groups():
    groups = grouping.contiguous(12, 6)
    shares = [GroupSampler(groups[rank::2], seed=rank) for rank in (0, 1)]
    assert [len(share) for share in shares] == [3, 3]
    assert sorted(row for share in shares for rows in share for row in rows) == list(range(12))


# ---- Merge is the merge of the lessons

INNER = {
    "sgd": (GradientDescent(0.5), lambda p: torch.optim.SGD(p, lr=0.5)),
    "momentum": (Momentum(0.1), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    "adagrad": (Adagrad(0.1), lambda p: torch.optim.Adagrad(p, lr=0.1)),
    "adam": (Adam(0.05), lambda p: torch.optim.Adam(p, lr=0.05)),
}
every_inner = pytest.mark.parametrize("inner", INNER)


def logistic(wrap, inner, sampler, steps=EVERY * WALKS):
    """θ after each of the steps, on batches from a DataLoader; wrap makes the optimizer that steps."""
    theta = torch.zeros(ROWS.X.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer, states = wrap(INNER[inner][1]([theta])), []
    data = TensorDataset(torch.from_numpy(ROWS.X), torch.from_numpy(ROWS.y))
    loader = DataLoader(data, sampler=sampler, batch_size=None)
    while len(states) < steps:
        for X, y in loader:
            optimizer.zero_grad()
            torch_loss(theta, X.numpy(), y.numpy()).backward()
            optimizer.step()
            states.append(theta.detach().numpy().copy())
    return np.array(states[:steps])


@every_inner
@pytest.mark.parametrize("beta", [0, 0.3, 1, lambda k: 1 / k], ids=["0", "0.3", "1", "1/k"])
def test_walks_in_fixed_order_are_the_loop_of_the_lessons(inner, beta):
    fixed = GroupSampler(GROUPS, shuffle=False)
    ours = logistic(lambda o: Merge(o, beta, EVERY), inner, fixed)[EVERY - 1 :: EVERY]
    rule, picks = blend(beta), picking.walks(GROUPS, EVERY)
    run = train(MODEL, ROWS, GROUPS, picks, optimizer=INNER[inner][0], merge=rule, rounds=WALKS)
    if beta == 0:
        assert not ours.any()
        assert not run.theta.any()
    else:
        assert gap(ours, run.theta[1:]) <= SAME
    if callable(beta):  # and another beta is told apart
        assert (
            gap(ours, train(MODEL, ROWS, GROUPS, picks, optimizer=INNER[inner][0], rounds=WALKS).theta[1:])
            > VISIBLE
        )


@every_inner
def test_merging_every_step_in_shuffled_order_is_the_loop_with_reshuffled_picks(inner):
    ours = logistic(lambda o: Merge(o, BETA, every=1), inner, GroupSampler(GROUPS, seed=4))
    settings = {"optimizer": INNER[inner][0], "merge": blend(BETA), "rounds": EVERY * WALKS}
    run = train(MODEL, ROWS, GROUPS, picking.reshuffled(GROUPS, 4), **settings)
    assert gap(ours, run.theta[1:]) <= SAME
    assert (
        gap(ours, train(MODEL, ROWS, GROUPS, picking.reshuffled(GROUPS, 5), **settings).theta[1:]) > VISIBLE
    )


@every_inner
def test_a_walk_is_not_local_steps_on_one_group(inner):
    ours = logistic(lambda o: Merge(o, BETA, EVERY), inner, GroupSampler(GROUPS, shuffle=False))
    settings = {"optimizer": INNER[inner][0], "merge": blend(BETA), "rounds": WALKS}
    stay = train(MODEL, ROWS, GROUPS, local_steps=EVERY, **settings)
    assert gap(ours[EVERY - 1 :: EVERY], stay.theta[1:]) > VISIBLE


@every_inner
def test_every_step_is_lookaheads(inner):
    lookahead = library("pytorch_optimizer").Lookahead
    ours = logistic(lambda o: Merge(o, BETA, EVERY), inner, GroupSampler(GROUPS))
    theirs = logistic(lambda o: lookahead(o, k=EVERY, alpha=BETA), inner, GroupSampler(GROUPS))
    assert gap(ours, theirs) <= SAME
    assert gap(ours, logistic(lambda o: Merge(o, 1 - BETA, EVERY), inner, GroupSampler(GROUPS))) > VISIBLE


@every_inner
def test_beta_one_leaves_the_wrapped_run_bit_for_bit(inner):
    ours = logistic(lambda o: Merge(o, 1, EVERY), inner, GroupSampler(GROUPS))
    assert np.array_equal(ours, logistic(lambda o: o, inner, GroupSampler(GROUPS)))


# ---- around modules that nobody wrote for it


class Tied(nn.Module):
    """A word model with one matrix for words in and words out."""

    def __init__(self):
        super().__init__()
        self.words, self.out = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
        self.out.weight = self.words.weight

    def forward(self, x):
        return self.out(torch.tanh(self.words((x[:, 0] > 0).long()))) * x[:, :1]


class Words(nn.Module):
    """An embedding with sparse gradients, and a head with dense ones unless it is left out."""

    def __init__(self, head=True):
        super().__init__()
        self.words = nn.Embedding(6, 4, sparse=True)
        self.head = nn.Linear(4, 3) if head else nn.Identity()

    def forward(self, x):
        return self.head(self.words((x[:, :2] > 0).long())).sum(1)


class Attends(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        x = x[:, :, None] * torch.ones(4)
        return self.attention(x, x, x)[0].sum(1)


class Reads(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 3, num_layers=2, batch_first=True)

    def forward(self, x):
        return self.lstm(x[:, :, None])[0][:, -1]


def layers(*middle):
    return nn.Sequential(nn.Linear(5, 4), *middle, nn.Tanh(), nn.Linear(4, 3))


def frozen():
    model = layers(nn.Linear(4, 4))
    model[1].requires_grad_(False)
    return model


def two_rates(model):
    rest = [p for name, p in model.named_parameters() if not name.startswith("0.")]
    groups = [{"params": model[0].parameters(), "lr": 0.3, "momentum": 0.5}, {"params": rest}]
    return torch.optim.SGD(groups, lr=0.05, momentum=0.9)


# Adam and its like turn a gradient of pure rounding into a step of full length, so modules that have such
# (a bias before BatchNorm, the keys' bias of attention) run with SGD. NAdam in float64 is not here: torch
# casts its mu_product when it loads a state, and does not go on bit for bit even without a merge.
MODULES = {
    "two param groups": (layers, two_rates),
    "tied weight": (Tied, lambda m: torch.optim.Adam(m.parameters(), lr=0.05)),
    "frozen layer": (frozen, lambda m: torch.optim.AdamW(m.parameters(), lr=0.05)),
    "sparse, SGD": (Words, lambda m: torch.optim.SGD(m.parameters(), lr=0.1)),
    "sparse, SparseAdam": (lambda: Words(head=False), lambda m: torch.optim.SparseAdam(m.parameters(), lr=0.05)),
    "LSTM": (Reads, lambda m: torch.optim.RMSprop(m.parameters(), lr=0.01, momentum=0.5)),
    "attention": (Attends, lambda m: torch.optim.SGD(m.parameters(), lr=0.01, momentum=0.9, nesterov=True)),
    "BatchNorm": (lambda: layers(nn.BatchNorm1d(4)), lambda m: torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9)),
    "amsgrad": (layers, lambda m: torch.optim.Adam(m.parameters(), lr=0.05, amsgrad=True, foreach=True)),
}  # fmt: skip
every_module = pytest.mark.parametrize("name", MODULES)


def make(name, seed=0):
    """A module in float64, begun from a seed, and its bare optimizer."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MODULES[name][0]().double()
    return model, MODULES[name][1](model)


def step(model, optimizer, t):
    """One step on the batch of time t."""
    x = torch.randn(8, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(t))
    optimizer.zero_grad()
    (model(x) - x.mean(1, keepdim=True)).square().mean().backward()
    optimizer.step()


def values(model):
    """Parameters and buffers, copied."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def same_bits(ours, theirs):
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def close(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=SAME, atol=SAME)


def by_hand(model, optimizer, steps, beta=BETA, every=3, after=lambda: None):
    """The same with the bare optimizer: copy, walk, blend."""
    for t in range(1, steps + 1):
        if (t - 1) % every == 0:
            start = [p.detach().clone() for p in model.parameters()]
        step(model, optimizer, t)
        if t % every == 0:
            with torch.no_grad():
                for p, before in zip(model.parameters(), start, strict=True):
                    p.copy_(beta * p + (1 - beta) * before)
        after()
    return values(model)


@every_module
def test_a_module_is_merged_as_by_hand(name):
    theirs = by_hand(*make(name), steps=10)
    model, optimizer = make(name)
    merge = Merge(optimizer, BETA, every=3)
    for t in range(1, 11):
        step(model, merge, t)
    close(values(model), theirs)
    bare, optimizer = make(name)
    for t in range(1, 11):
        step(bare, optimizer, t)
    name, value = max(values(bare).items(), key=lambda item: (item[1] - theirs[item[0]]).abs().max())
    assert (value - theirs[name]).abs().max() > VISIBLE  # without the merge it is another run


@every_module
@pytest.mark.parametrize("stop", [1, 3, 5, 6])
def test_resuming_is_not_stopping_bit_for_bit(name, stop, tmp_path):
    """Saved after a merge (3, 6) and in the middle of a walk (1, 5), loaded with weights_only."""
    model, optimizer = make(name)
    merge = Merge(optimizer, lambda k: 1 / (k + 1), every=3)
    for t in range(1, 12):
        step(model, merge, t)
        if t == stop:
            torch.save({"model": model.state_dict(), "merge": merge.state_dict()}, tmp_path / "run.pt")
    other, optimizer = make(name, seed=1)
    resumed = Merge(optimizer, lambda k: 1 / (k + 1), every=3)
    saved = torch.load(tmp_path / "run.pt", weights_only=True)
    other.load_state_dict(saved["model"])
    resumed.load_state_dict(saved["merge"])
    assert resumed.steps == stop
    for t in range(stop + 1, 12):
        step(other, resumed, t)
    assert same_bits(values(other), values(model))


@pytest.mark.parametrize("stop", [3, 7, 11])
def test_sampler_and_merge_resume_together_in_the_middle_of_a_pass(stop):
    """The count of the steps says where in the order of the groups to go on."""

    def go(model, merge, sampler, last):
        while merge.steps < last:
            for (x,) in DataLoader(data, sampler=sampler, batch_size=None):
                merge.zero_grad()
                model(x).square().mean().backward()
                merge.step()
                if merge.steps == last:
                    break

    data = TensorDataset(torch.randn(7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))
    (model, optimizer), (other, inner) = make("amsgrad"), make("amsgrad", seed=1)
    merge, resumed, sampler = Merge(optimizer, BETA, 3), Merge(inner, BETA, 3), GroupSampler(UNEVEN)
    go(model, merge, GroupSampler(UNEVEN), stop)
    other.load_state_dict(model.state_dict())
    resumed.load_state_dict(copy.deepcopy(merge.state_dict()))
    sampler.set_epoch(*divmod(resumed.steps, len(sampler)))
    go(other, resumed, sampler, 15)
    straight, optimizer = make("amsgrad")
    go(straight, Merge(optimizer, BETA, 3), GroupSampler(UNEVEN), 15)
    assert same_bits(values(other), values(straight))


def test_a_checkpoint_brings_its_settings_and_a_bare_optimizer_can_load_it(tmp_path):
    model, optimizer = make("amsgrad")
    merge = Merge(optimizer, np.float64(0.25), every=np.int64(4))  # plain numbers in the checkpoint
    for t in range(1, 7):
        step(model, merge, t)
    other, optimizer = make("amsgrad", seed=1)
    loaded = Merge(optimizer, 0.5, every=2)
    torch.save(merge.state_dict(), tmp_path / "merge.pt")
    loaded.load_state_dict(torch.load(tmp_path / "merge.pt", weights_only=True))
    assert (loaded.beta, loaded.every, loaded.steps) == (0.25, 4, 6)
    bare = torch.optim.Adam(other.parameters(), amsgrad=True)
    bare.load_state_dict(merge.state_dict())
    ours, theirs = bare.state_dict(), merge.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert torch.equal(ours["state"][2]["exp_avg"], theirs["state"][2]["exp_avg"])


def test_a_frozen_layer_and_one_without_gradient_stay_bit_for_bit():
    model, optimizer = make("frozen layer")
    merge, before = Merge(optimizer, BETA, every=3), values(model)
    idle = nn.Parameter(torch.full((50,), 1 / 3, dtype=torch.float64).cumsum(0))
    merge.add_param_group({"params": [idle]})
    numbers = idle.detach().clone()
    assert not torch.equal(BETA * numbers + (1 - BETA) * numbers, numbers)  # a careless blend would round
    for t in range(1, 10):
        step(model, merge, t)
    after = values(model)
    moved = {name for name in after if not torch.equal(after[name], before[name])}
    assert moved == {"0.weight", "0.bias", "3.weight", "3.bias"}
    assert torch.equal(idle, numbers)


def test_a_layer_frozen_in_the_middle_of_a_walk_stays_where_it_is():
    model, optimizer = make("amsgrad")
    merge = Merge(optimizer, BETA, every=3)
    step(model, merge, 1)
    model[0].requires_grad_(False)
    before = values(model)["0.weight"]
    for t in range(2, 7):
        model[0].zero_grad()
        step(model, merge, t)
    assert torch.equal(values(model)["0.weight"], before)


def test_a_shared_weight_is_merged_once():
    model, optimizer = make("tied weight")
    merge, start = Merge(optimizer, BETA, every=1), values(model)["words.weight"]
    bare, inner = make("tied weight")
    step(bare, inner, 1)
    step(model, merge, 1)
    theirs = BETA * values(bare)["words.weight"] + (1 - BETA) * start
    torch.testing.assert_close(values(model)["words.weight"], theirs, rtol=SAME, atol=SAME)
    assert model.out.weight is model.words.weight
    assert len(merge.state_dict()["merge"]["shapes"]) == 1


def test_running_statistics_are_left_to_batchnorm():
    model, optimizer = make("BatchNorm")
    merge = Merge(optimizer, beta=0, every=2)
    bare, inner = make("BatchNorm")
    before = values(model)
    for t in (1, 2):
        step(model, merge, t)
        step(bare, inner, t)
    after, theirs = values(model), values(bare)
    assert torch.equal(after["1.running_mean"], theirs["1.running_mean"])
    assert not torch.equal(after["1.running_mean"], before["1.running_mean"])
    assert torch.equal(after["1.weight"], before["1.weight"])  # beta 0: back to the start


def test_weights_loaded_after_wrapping_are_where_the_walk_begins():
    """As one does with pretrained weights; a copy made in the constructor would pull back to the old ones."""
    model, optimizer = make("amsgrad")
    merge = Merge(optimizer, BETA, every=2)
    model.load_state_dict(values(make("amsgrad", seed=1)[0]))
    for t in range(1, 5):
        step(model, merge, t)
    close(values(model), by_hand(*make("amsgrad", seed=1), steps=4, every=2))


def test_parameters_that_join_in_the_middle_of_a_walk_begin_there():
    model, _ = make("amsgrad")
    early, late = list(model[0].parameters()), list(model[2].parameters())
    merge = Merge(torch.optim.SGD(early, lr=0.1), BETA, every=3)
    step(model, merge, 1)
    merge.add_param_group({"params": late, "lr": 0.2})
    start = [p.detach().clone() for p in late]
    step(model, merge, 2)
    inner = copy.deepcopy((model, merge.optimizer))
    step(model, merge, 3)
    step(*inner, 3)
    for p, before, trial in zip(late, start, inner[0][2].parameters(), strict=True):
        torch.testing.assert_close(p, BETA * trial + (1 - BETA) * before, rtol=SAME, atol=SAME)
    assert [group["lr"] for group in merge.param_groups] == [0.1, 0.2]


def test_autograd_does_not_notice_the_merge():
    model, optimizer = make("amsgrad")
    merge, params = Merge(optimizer, BETA, every=1), list(model.parameters())
    kept = model(torch.ones(2, 5, dtype=torch.float64)).sum()
    step(model, merge, 1)
    assert all(
        p is q and p.is_leaf and p.requires_grad for p, q in zip(params, model.parameters(), strict=True)
    )
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):  # told, as after any step
        kept.backward()


# ---- the rest of a training script stays as it is

SCHEDULERS = {
    "StepLR": lambda o: torch.optim.lr_scheduler.StepLR(o, 2, gamma=0.5),
    "CosineAnnealingLR": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=8),
    "OneCycleLR": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.2, total_steps=12),
    "LambdaLR": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
    "ReduceLROnPlateau": lambda o: torch.optim.lr_scheduler.ReduceLROnPlateau(o, patience=1, factor=0.5),
}


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("stop", [None, 4])
def test_schedulers_turn_the_wrapped_rates(name, stop):
    """Also when both go on from a checkpoint, which replaces the param groups."""

    def ticker(optimizer):
        scheduler, rates = SCHEDULERS[name](optimizer), []

        def tick():
            rates.append([group["lr"] for group in optimizer.param_groups])
            scheduler.step(*[1.0] * (name == "ReduceLROnPlateau"))

        return scheduler, rates, tick

    model, optimizer = make("two param groups")
    _, their_rates, tick = ticker(optimizer)
    theirs = by_hand(model, optimizer, steps=10, after=tick)

    model, optimizer = make("two param groups")
    merge = Merge(optimizer, BETA, every=3)
    scheduler, rates, tick = ticker(merge)
    for t in range(1, 11):
        step(model, merge, t)
        tick()
        if t == stop:
            merge.load_state_dict(copy.deepcopy(merge.state_dict()))
            scheduler.load_state_dict(copy.deepcopy(scheduler.state_dict()))
    assert rates == their_rates
    assert rates[0] != rates[-1]
    close(values(model), theirs)


def test_closures_are_passed_on_and_the_loss_comes_back():
    def fit(wrap):
        theta = nn.Parameter(torch.tensor([-1.0, 2.0], dtype=torch.float64))
        optimizer, seen = wrap(torch.optim.LBFGS([theta], lr=0.5, max_iter=3)), []

        def closure():
            optimizer.zero_grad()
            loss = ((1 - theta[0]) ** 2 + 5 * (theta[1] - theta[0] ** 2) ** 2).sum()
            loss.backward()
            return loss

        for t in range(1, 7):
            if (t - 1) % 2 == 0:
                start = theta.detach().clone()
            seen.append(optimizer.step(closure).item())
            if t % 2 == 0 and isinstance(optimizer, torch.optim.LBFGS):
                with torch.no_grad():
                    theta.copy_(BETA * theta + (1 - BETA) * start)
        return seen

    ours = fit(lambda o: Merge(o, BETA, every=2))
    np.testing.assert_allclose(ours, fit(lambda o: o), rtol=1e-9)  # LBFGS amplifies the rounding
    assert ours[-1] < ours[0]


@pytest.mark.parametrize("fused", [False, True])
def test_a_step_that_gradscaler_skips_is_not_counted(fused):
    model = nn.Linear(5, 1)
    merge = Merge(torch.optim.AdamW(model.parameters(), lr=0.1, fused=fused), BETA, every=2)
    scaler, counts = torch.amp.GradScaler("cpu", init_scale=8.0), []
    for t in range(4):
        merge.zero_grad()
        scaler.scale(model(torch.ones(3, 5)).square().mean()).backward()
        if t == 1:
            model.weight.grad[0, 0] = torch.inf
        scaler.step(merge)
        scaler.update()
        counts.append(merge.steps)
    assert counts == [1, 1, 2, 3]
    assert torch.isfinite(model.weight).all()


def test_a_merge_asks_the_host_nothing():
    model, optimizer = make("two param groups")
    merge = Merge(optimizer, BETA, every=2)
    with NoRoundTrip():
        for t in range(1, 5):
            step(model, merge, t)


def test_zero_grad_and_hooks_and_the_repr():
    model, optimizer = make("amsgrad")
    merge, calls = Merge(optimizer, BETA, every=2), []
    merge.register_step_pre_hook(lambda *_: calls.append("before"))
    merge.register_step_post_hook(lambda *_: calls.append("after"))
    optimizer.register_step_post_hook(lambda *_: calls.append("inside"))
    step(model, merge, 1)
    assert calls == ["before", "inside", "after"]
    optimizer.register_state_dict_post_hook(lambda _, state: calls.append(sorted(state)))
    assert sorted(merge.state_dict()) == ["merge", "param_groups", "state"]
    assert calls[-1] == ["param_groups", "state"]
    merge.zero_grad(set_to_none=False)
    assert not any(p.grad.any() for p in model.parameters())
    merge.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    assert re.match(r"Merge\(beta=0\.3, every=2\) around Adam \(", repr(merge))


def test_the_merge_number_counts_from_one():
    seen = []
    model, optimizer = make("amsgrad")
    merge = Merge(optimizer, lambda k: seen.append(k) or 0.5, every=2)
    for t in range(1, 8):
        step(model, merge, t)
    assert seen == [1, 2, 3]


@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_a_copy_with_its_model_goes_on_by_itself(how):
    model, optimizer = make("two param groups")
    merge = Merge(optimizer, BETA, every=3)
    for t in range(1, 6):
        step(model, merge, t)  # in the middle of a walk
    both = (model, merge)
    twin, other = copy.deepcopy(both) if how == "deepcopy" else pickle.loads(pickle.dumps(both))
    before = values(model)
    for t in range(6, 11):
        step(twin, other, t)
    assert same_bits(values(model), before)
    for t in range(6, 11):
        step(model, merge, t)
    assert same_bits(values(model), values(twin))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_it_is_the_run_of_the_cpu_and_the_merge_asks_the_host_nothing():
    model, optimizer = make("two param groups")
    on_gpu, other = make("two param groups")
    on_gpu.cuda()
    merge, theirs = Merge(other, BETA, every=3), by_hand(model, optimizer, steps=10)
    for t in range(1, 11):
        x = torch.randn(8, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(t)).cuda()
        torch.cuda.set_sync_debug_mode("error")
        try:
            merge.zero_grad()
            (on_gpu(x) - x.mean(1, keepdim=True)).square().mean().backward()
            merge.step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    close({name: value.cpu() for name, value in values(on_gpu).items()}, theirs)


# ---- bad input


def sgd(*shapes):
    return torch.optim.SGD([nn.Parameter(torch.zeros(shape)) for shape in shapes], lr=0.1)


def state(*shapes, beta=0.5):
    return Merge(sgd(*shapes), beta).state_dict()


def merged(**damaged):
    whole = state(2)
    return whole | {"merge": whole["merge"] | damaged}


def with_beta(value):
    """A step of a Merge whose beta gives that value."""
    Merge(sgd(2), lambda k: value, every=1).step()


FOUR, ONE = GroupSampler(UNEVEN), Merge(sgd(2))

# fmt: off
BAD = [
    ("no groups", lambda: GroupSampler([]), ValueError, r"groups must hold at least one group, got none"),
    ("a count in place of groups", lambda: GroupSampler(4), TypeError, r"groups must be index arrays, .* got 4"),
    ("an empty group", lambda: GroupSampler([[0], []]), ValueError, r"group 1 must hold row numbers"),
    ("a seed below zero", lambda: GroupSampler(UNEVEN, -1), ValueError, r"seed must be at least 0, got -1"),
    ("half a seed", lambda: GroupSampler(UNEVEN, .5), TypeError, r"seed must be a whole number, got 0\.5"),
    ("no seed", lambda: GroupSampler(UNEVEN, None), TypeError, r"seed must be a whole number, got None"),
    ("shuffle in words", lambda: GroupSampler(UNEVEN, 0, "no"), ValueError, r"shuffle must be one of True, False, got 'no'"),
    ("a pass below zero", lambda: FOUR.set_epoch(-1), ValueError, r"epoch must be at least 0, got -1"),
    ("half a pass", lambda: FOUR.set_epoch(1.5), TypeError, r"epoch must be a whole number, got 1\.5"),
    ("skip a whole pass", lambda: FOUR.set_epoch(0, 4), ValueError, r"skip must be in 0\.\.3 \(.*\), got 4"),
    ("state of other groups", lambda: FOUR.load_state_dict(GroupSampler([[0]]).state_dict()), ValueError, r"state_dict must be of 4 groups, got 1"),
    ("state of something else", lambda: FOUR.load_state_dict({"epoch": 1}), ValueError, r"state_dict must have the keys 'epoch', .* got \['epoch'\]"),
    ("no state", lambda: FOUR.load_state_dict(None), ValueError, r"state_dict must have the keys .* got None"),
    ("state of half a pass", lambda: FOUR.load_state_dict(FOUR.state_dict() | {"epoch": .5}), TypeError, r"epoch must be a whole number, got 0\.5"),
    ("state of a seed in words", lambda: FOUR.load_state_dict(FOUR.state_dict() | {"seed": "one"}), TypeError, r"seed must be a whole number, got 'one'"),
    ("state that skips a whole pass", lambda: FOUR.load_state_dict(FOUR.state_dict() | {"skip": 4}), ValueError, r"skip must be in 0\.\.3 \(.*\), got 4"),
    ("a group within a group", lambda: GroupSampler([[0, [1, 2]]]), TypeError, r"groups must be index arrays, .* got \[\[0, \[1, 2\]\]\]"),
    ("beta above one", lambda: Merge(sgd(2), 1.5), ValueError, r"beta must be in \[0, 1\], got 1\.5"),
    ("beta below zero", lambda: Merge(sgd(2), -.1), ValueError, r"beta must be in \[0, 1\], got -0\.1"),
    ("beta NaN", lambda: Merge(sgd(2), np.nan), ValueError, r"beta must be in \[0, 1\], got nan"),
    ("beta in words", lambda: Merge(sgd(2), "half"), TypeError, r"beta must be one number, got 'half'"),
    ("two betas", lambda: Merge(sgd(2), [.5, .5]), TypeError, r"beta must be one number, got \[0\.5, 0\.5\]"),
    ("a function that gives too much", lambda: with_beta(2), ValueError, r"beta must be in \[0, 1\], got 2"),
    ("a function that gives nothing", lambda: with_beta(None), TypeError, r"beta must be one number, got None"),
    ("every zero", lambda: Merge(sgd(2), every=0), ValueError, r"every must be at least 1, got 0"),
    ("every two and a half", lambda: Merge(sgd(2), every=2.5), TypeError, r"every must be a whole number, got 2\.5"),
    ("every in words", lambda: Merge(sgd(2), every="5"), TypeError, r"every must be a whole number, got '5'"),
    ("parameters", lambda: Merge([nn.Parameter(torch.zeros(1))]), TypeError, r"optimizer must be a torch\.optim\.Optimizer and no Merge, got \["),
    ("a class", lambda: Merge(torch.optim.SGD), TypeError, r"optimizer must be .* got <class"),
    ("one of ours", lambda: Merge(Adam(0.1)), TypeError, r"optimizer must be .* got Adam"),
    ("a Merge around a Merge", lambda: Merge(Merge(sgd(2))), TypeError, r"optimizer must be .* and no Merge, got Merge\("),
    ("a bare optimizer's state", lambda: ONE.load_state_dict(sgd(2).state_dict()), ValueError, r"keys 'merge', 'state', 'param_groups', got \['state', 'param_groups'\]"),
    ("state of more parameters", lambda: ONE.load_state_dict(state(2, 3)), ValueError, r"state_dict must be of 1 parameters, got 2"),
    ("state of another shape", lambda: ONE.load_state_dict(state((2, 1))), ValueError, r"state_dict must have shape \(2,\) at parameter 0, got \(2, 1\)"),
    ("state without its merge", lambda: ONE.load_state_dict(state(2) | {"merge": {}}), ValueError, r"state_dict must have the keys 'steps', .* got \[\]"),
    ("state of half a step", lambda: ONE.load_state_dict(merged(steps=.5)), TypeError, r"steps of state_dict must be a whole number, got 0\.5"),
    ("state of walks of no step", lambda: ONE.load_state_dict(merged(every=0)), ValueError, r"every of state_dict must be at least 1, got 0"),
    ("state of a beta above one", lambda: ONE.load_state_dict(merged(beta=1.5)), ValueError, r"beta of state_dict must be in \[0, 1\], got 1\.5"),
    ("state saved with a function", lambda: ONE.load_state_dict(state(2, beta=abs)), ValueError, r"beta must be a function, .* got 0\.5"),
]
# fmt: on


@pytest.mark.parametrize(("call", "error", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_call_names_argument_rule_and_value(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("damaged", [{"epoch": -1}, {"seed": "one"}, {"skip": 9}, {"shuffle": "no"}], ids=str)
def test_a_sampler_that_refuses_a_state_goes_on_as_it_was(damaged):
    sampler, untouched = GroupSampler(UNEVEN, seed=1), GroupSampler(UNEVEN, seed=1)
    list(sampler), list(untouched)
    with pytest.raises((ValueError, TypeError)):
        sampler.load_state_dict(GroupSampler(UNEVEN, seed=2).state_dict() | damaged)
    assert sampler.state_dict() == untouched.state_dict()
    assert list(sampler) == list(untouched)


def test_a_state_that_is_refused_changes_nothing():
    model, optimizer = make("amsgrad")
    merge = Merge(optimizer, BETA, every=3)
    step(model, merge, 1)
    before, buffer = merge.state_dict(), io.BytesIO()
    torch.save(before, buffer)
    for wrong in (state(2), state((4, 5), 4, (3, 4), 4), {}):
        with pytest.raises(ValueError, match="state_dict must"):
            merge.load_state_dict(wrong)
    now = io.BytesIO()
    torch.save(merge.state_dict(), now)
    assert now.getvalue() == buffer.getvalue()
