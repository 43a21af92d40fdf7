"""Bytes in the program's book, in the kernel's, and by the formula."""

import pytest
import worker_functions as f

from parti_edu.labs.workers import launch, on_the_wire, time_all_reduce
from parti_edu.labs.workers.count import FACTORS

N = 50_000  # numbers in a vector: 200 kB, beside which the heads of messages are small
PARTS = {"scatter": 0, "reduce_scatter": 1}  # whose input is W vectors: on rank 0, on all


@pytest.mark.parametrize("n_workers", [2, 4])
@pytest.mark.parametrize(
    "operator", ["all_reduce", "broadcast", "gather", "scatter", "all_gather", "reduce_scatter", "send"]
)
def test_what_is_counted_and_what_the_kernel_saw_sent_agree(operator, n_workers):
    told = launch(f.vectors, n_workers, operator, N)
    seen = sum(by_kernel for *_, by_kernel in told)
    counted = sum(on_the_wire(n_bytes, n_workers) for n_bytes, *_ in told)
    if operator == "reduce_scatter":
        counted *= 2  # gloo makes it of an all-reduce
    if operator == "scatter":
        assert [sum(n_bytes.values()) for n_bytes, *_ in told] == [5 * 4 * N * n_workers] + [0] * (
            n_workers - 1
        )
    assert seen == pytest.approx(counted, rel=0.01)


def test_inputs_are_counted_once_and_calls_too():
    n_bytes, n_calls, _ = launch(f.vectors, 2, "all_gather", 100)[0]
    assert n_bytes == {"allgather_": 5 * 100 * 4}
    assert n_calls == 5, "a barrier carries nothing, and what is not sent is not counted"


@pytest.mark.parametrize(
    ("operator", "factor"),
    [("allreduce_", 1.5), ("broadcast_", 0.75), ("allgather_", 3), ("send", 1), ("recv_", 0)],
)
def test_the_formula_for_four_workers(operator, factor):
    assert on_the_wire({operator: 1000}, 4) == 1000 * factor


def test_one_worker_alone_sends_nothing():
    assert all(FACTORS[name](1) == 0 for name in FACTORS if name != "send")


def test_an_operator_without_a_formula_is_told():
    with pytest.raises(ValueError, match=r"got \['alltoall_'\]"):
        on_the_wire({"alltoall_": 1, "send": 1}, 2)


def test_seconds_of_all_reduces_come_as_rows():
    rows = launch(time_all_reduce, 2, [400, 80_000], 3)[0]
    assert [row[:2] for row in rows] == [(2, 400), (2, 80_000)]
    assert all(0 < seconds < 20 for *_, seconds in rows)
