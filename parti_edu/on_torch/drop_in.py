"""What you take home: batches that are groups, and a merge around any torch optimizer.

    loader = DataLoader(data, sampler=GroupSampler(groups), batch_size=None)
    optimizer = Merge(torch.optim.Adam(model.parameters()), beta=0.5, every=5)

The rest of a training script stays as it is.
"""

import numpy as np
import torch
from torch.utils.data import Sampler

from .. import checks, grouping


class GroupSampler(Sampler[list[int]]):
    """One group a batch: yields the row numbers of each group as a list, every group once a pass.

    Pass e = 0, 1, … has the order of `picking.reshuffled(groups, seed)`, or 0 … G−1 without shuffle: on
    every machine the same, whatever torch's own seed. Each `iter` goes on to the next pass; after
    `set_epoch(e)` it is pass e. Two ways to use it, both with any number of workers:

        DataLoader(data, sampler=GroupSampler(groups), batch_size=None)   asks for data[list of rows]: fast
        DataLoader(data, batch_sampler=GroupSampler(groups))              asks row by row: any data set

    To share out the groups over machines, as many to each, give each `groups[rank::n_machines]`.
    Source of the order: Mishchenko, Khaled & Richtárik 2020, Random Reshuffling (NeurIPS).

    Args:
        groups: index arrays into the rows, G of them, see `grouping`.
        seed: of the order, a whole number ≥ 0.
        shuffle: False to keep the groups in order.

    Raises:
        ValueError, TypeError: if an argument breaks its rule.

    >>> groups = grouping.contiguous(5, 2)
    >>> list(GroupSampler(groups, shuffle=False))
    [[0, 1, 2], [3, 4]]
    >>> data = torch.utils.data.TensorDataset(torch.arange(5) * 10)
    >>> loader = torch.utils.data.DataLoader(data, sampler=GroupSampler(groups, seed=3), batch_size=None)
    >>> [X.tolist() for (X,) in loader]
    [[30, 40], [0, 10, 20]]
    """

    def __init__(self, groups, seed=0, shuffle=True):
        checks.count("seed", seed, 0)
        checks.one_of("shuffle", shuffle, (True, False))
        self.groups, self.seed, self.shuffle = grouping.Groups(groups), int(seed), bool(shuffle)
        self._rng, self._drawn = np.random.default_rng(self.seed), 0
        self.set_epoch(0)

    def set_epoch(self, epoch, skip=0):
        """Let the next `iter` be pass `epoch` from its group number `skip` on.

        To go on after t batches, in the middle of a pass too: `set_epoch(*divmod(t, len(sampler)))`.

        Args:
            epoch: a whole number ≥ 0.
            skip: how many groups of that pass to leave out, in 0..G−1; the pass after it is whole.
        """
        checks.count("epoch", epoch, 0)
        checks.count("skip", skip, 0, len(self) - 1, "number of groups less one")
        self.epoch, self.skip = int(epoch), int(skip)

    def __len__(self):
        return len(self.groups)

    def __iter__(self):
        # A pass begins at the first `next`: with workers, DataLoader calls `iter` twice for the first one.
        order = self._order(self.epoch)[self.skip :]
        self.set_epoch(self.epoch + 1)
        for g in order:
            yield self.groups[g].tolist()

    def _order(self, epoch):
        """The group numbers of a pass; going back means drawing again from the seed."""
        order = np.arange(len(self))
        if self.shuffle:
            if epoch < self._drawn:
                self._restart()
            while self._drawn <= epoch:
                order, self._drawn = self._rng.permutation(len(self)), self._drawn + 1
        return order

    def _restart(self):
        self._rng, self._drawn = np.random.default_rng(self.seed), 0

    def state_dict(self):
        """Where the next `iter` begins. A pass that has begun counts as done: see `set_epoch`."""
        own = {"epoch": self.epoch, "skip": self.skip, "seed": self.seed, "shuffle": self.shuffle}
        return own | {"n_groups": len(self)}

    def load_state_dict(self, state_dict):
        """Go on where the other sampler was, with its seed; ValueError, TypeError if it had other groups."""
        _check_keys(state_dict, "epoch", "skip", "seed", "shuffle", "n_groups")
        if state_dict["n_groups"] != len(self):
            raise ValueError(f"state_dict must be of {len(self)} groups, got {state_dict['n_groups']}")
        other = GroupSampler(self.groups, state_dict["seed"], state_dict["shuffle"])
        other.set_epoch(state_dict["epoch"], state_dict["skip"])
        vars(self).update(vars(other))  # all of it is sound


class Merge(torch.optim.Optimizer):
    """θ_k = β·θ′ + (1 − β)·θ_{k−1}: after every `every`-th step, blend with where the walk began.

    A *walk* is `every` steps of the wrapped optimizer on successive batches, from θ_{k−1} to the trial θ′;
    it is not `every` steps on one batch. The optimizer's state is kept. With `GroupSampler(groups,
    shuffle=False)` this is `train(…, picks=picking.walks(groups, every), merge=blend(beta))`.
    Source: Zhang et al. 2019, Lookahead (NeurIPS); with β constant it is that.

    `param_groups` and `state` are the wrapped optimizer's own, so schedulers of the learning rate and of
    momentum, closures and GradScaler (a step that it skips is not counted) work as before. A parameter that
    is frozen or never moves stays bit for bit. Sparse gradients are fine; the merge itself is dense. During
    a walk one more copy of the parameters is held.

    Mind: evaluate when `steps % every == 0`, else θ is in the middle of a walk. Running statistics of
    BatchNorm are buffers and are not merged (`torch.optim.swa_utils.update_bn` renews them). The count is
    kept in Python: do not put `step` into a CUDA graph. LBFGS's curvature pairs reach across the merge.

    Args:
        optimizer: any torch.optim.Optimizer that is not itself a Merge.
        beta: merge coefficient, in [0, 1], or a function of the merge k = 1, 2, …; with 1 the wrapped
            optimizer's run is unchanged, bit for bit.
        every: steps in a walk, at least 1.

    Raises:
        ValueError, TypeError: if an argument breaks its rule.

    >>> theta = torch.nn.Parameter(torch.zeros(1))
    >>> optimizer = Merge(torch.optim.SGD([theta], lr=1.0), beta=0.5, every=2)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (-3 * theta).sum().backward()
    ...     optimizer.step()
    >>> theta.item()  # two steps of 3, and half of the way back
    3.0
    """

    def __init__(self, optimizer, beta=0.5, every=5):
        if not isinstance(optimizer, torch.optim.Optimizer) or isinstance(optimizer, Merge):
            raise TypeError(f"optimizer must be a torch.optim.Optimizer and no Merge, got {optimizer!r}")
        if not callable(beta):
            checks.number("beta", beta, 0, 1)
        checks.count("every", every)
        self.optimizer, self.beta = optimizer, beta if callable(beta) else float(beta)
        self.every, self.steps = int(every), 0
        self._begun: dict[torch.Tensor, torch.Tensor] = {}  # where the walk underway began
        self.__setstate__({})  # hooks and the like; Optimizer.__init__ would make param_groups of its own

    param_groups = property(lambda self: self.optimizer.param_groups)
    state = property(lambda self: self.optimizer.state)
    defaults = property(lambda self: self.optimizer.defaults)

    def step(self, *args, **kwargs):
        """A step of the wrapped optimizer, with its arguments (a closure) and its result; then the merge."""
        for p in self._parameters():
            if p.requires_grad and p not in self._begun:
                self._begun[p] = p.detach().clone()
        result = self.optimizer.step(*args, **kwargs)
        self.steps += 1
        if self.steps % self.every == 0:
            self._merge(self.steps // self.every)
        return result

    @torch.no_grad()
    def _merge(self, k):
        beta = self.beta(k) if callable(self.beta) else self.beta
        checks.number("beta", beta, 0, 1)
        for p, start in self._begun.items():
            if p.requires_grad and beta != 1:
                p.lerp_(start, 1 - float(beta))  # θ′ + (1 − β)(start − θ′): exact where θ′ is the start
        self._begun = {}

    def _parameters(self):
        """Each parameter once, in the order of the groups."""
        return list(dict.fromkeys(p for group in self.param_groups for p in group["params"]))

    def zero_grad(self, set_to_none=True):
        self.optimizer.zero_grad(set_to_none)

    def add_param_group(self, param_group):
        """As the wrapped optimizer does it; in the middle of a walk, theirs begins with the next step."""
        self.optimizer.add_param_group(param_group)

    def state_dict(self):
        """The wrapped optimizer's, which it could load by itself, and under "merge" what is ours.

        A beta that is a number is saved, a function is not. Hooks on states are the wrapped optimizer's.
        """
        params = self._parameters()
        begun = {i: self._begun[p] for i, p in enumerate(params) if p in self._begun}
        own = {"steps": self.steps, "every": self.every, "beta": None if callable(self.beta) else self.beta}
        own |= {"begun": begun, "shapes": [tuple(p.shape) for p in params]}
        return self.optimizer.state_dict() | {"merge": own}

    def load_state_dict(self, state_dict):
        """Go on as if there had been no stop, bit for bit if the wrapped optimizer itself does so.

        `every`, and beta if it is a number, are those saved.

        Raises:
            ValueError, TypeError: if it is not of a Merge, or its parameters differ in number or shape.
        """
        _check_keys(state_dict, "merge", "state", "param_groups")
        own, params = state_dict["merge"], self._parameters()
        _check_keys(own, "steps", "every", "beta", "begun", "shapes")
        checks.count("steps of state_dict", own["steps"], 0)
        checks.count("every of state_dict", own["every"])
        if own["beta"] is not None:
            checks.number("beta of state_dict", own["beta"], 0, 1)
        if len(own["shapes"]) != len(params):
            raise ValueError(f"state_dict must be of {len(params)} parameters, got {len(own['shapes'])}")
        for i, (p, shape) in enumerate(zip(params, own["shapes"], strict=True)):
            if tuple(shape) != tuple(p.shape):
                raise ValueError(f"state_dict must have shape {tuple(p.shape)} at parameter {i}, got {shape}")
        if own["beta"] is None and not callable(self.beta):
            raise ValueError(f"beta must be a function, as where state_dict was saved, got {self.beta!r}")
        self.optimizer.load_state_dict({k: v for k, v in state_dict.items() if k != "merge"})
        self.steps, self.every = own["steps"], own["every"]
        self.beta = self.beta if own["beta"] is None else own["beta"]
        self._begun = {params[i]: start.to(params[i]) for i, start in own["begun"].items()}

    def __getstate__(self):
        return {name: vars(self)[name] for name in ("optimizer", "beta", "every", "steps", "_begun")}

    def __repr__(self):
        return f"Merge(beta={self.beta}, every={self.every}) around {self.optimizer!r}"


def _check_keys(state_dict, *keys):
    found = list(state_dict) if isinstance(state_dict, dict) else state_dict
    if not isinstance(state_dict, dict) or not set(keys) <= set(found):
        raise ValueError(f"state_dict must have the keys {', '.join(map(repr, keys))}, got {found!r}")
