"""Every task: its bank of mistakes, its solution and rewrites of it, its words, its place in a lesson."""

import ast
import importlib
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest

from parti_edu.exercises import TASKS
from parti_edu.exercises.outcome import call

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
PAIRS = [(task, mistake) for task in TASKS.values() for mistake in task.mistakes]
SECONDS = 2  # of computing for one check; most take a hundredth of that
BANNED = r"\b(wrong|incorrect|error|fail\w*|obviously|simply|just|easy|clearly|forgot|bad|stupid|mistake)\b"

each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
each_mistake = pytest.mark.parametrize(
    ("task", "mistake"), PAIRS, ids=[f"{task.id}-{mistake.belief}" for task, mistake in PAIRS]
)


@each_mistake
def test_a_mistake_gets_its_own_message(task, mistake):
    importlib.import_module("parti_edu.explore.svg")  # so that the first picture does not wait for matplotlib
    began = time.process_time()
    answer = task.check(mistake.code)
    assert time.process_time() - began < SECONDS
    assert (answer.kind, answer.message) == ("known mistake", mistake.message)
    if "got" in answer.details:
        assert re.search(r"^for      \w+\(.+\)\nexpected .+\ngot      .+", answer.details)


def one_round_loop(start, X, y, rate, beta):
    pulls = []
    for x, label in zip(X, y, strict=True):
        pulls.append((x * start - label) * x)
    trial = start - rate * sum(pulls) / len(pulls)
    return trial * beta + start * (1 - beta)


def merged_states_dots(start, X, y, groups, rate, beta, rounds):
    path = np.full(rounds + 1, start)
    for k in range(1, rounds + 1):
        g = groups[(k - 1) % len(groups)]
        path[k] = path[k - 1] - beta * rate * (X[g] @ (X[g] * path[k - 1] - y[g])) / len(g)
    return path


def merged_states_list(start, X, y, groups, rate, beta, rounds):
    states = [start]
    while len(states) <= rounds:
        g = groups[(len(states) - 1) % len(groups)]
        states += [one_round_loop(states[-1], X[g], y[g], rate, beta)]
    return states


def band_loop(states, n_groups):
    low = high = states[-1]
    for state in states[-n_groups:]:
        low, high = min(low, state), max(high, state)
    return high - low


def factor_loop(rate, beta, local_steps):
    theta = 1
    for _ in range(local_steps):
        theta -= rate * theta
    return beta * theta + 1 - beta


def reading_b_matrix(start, rate, beta, rounds):
    turn, pair, states = np.array([[beta * (1 - rate), 1 - beta], [1, 0]]), np.array([start, start]), [start]
    for _ in range(rounds):
        pair = turn @ pair
        states.append(pair[0])
    return states


def reading_b_filled(start, rate, beta, rounds):
    states = np.full(rounds + 2, start)
    for k in range(2, rounds + 2):
        states[k] = beta * (states[k - 1] - rate * states[k - 1]) + (1 - beta) * states[k - 2]
    return states[1:].copy()


def step_and_merge_copies(theta, gradient, rate, beta):
    trial, start = theta.copy(), theta.copy()
    trial -= rate * gradient
    return start + beta * (trial - start)


def reported_weights(states, beta):
    n = len(states) - 1
    weights = np.array([[beta * (1 - beta) ** (k - j) * (j <= k) for j in range(n)] for k in range(n)])
    weights[:, 0] = [(1 - beta) ** k for k in range(n)]
    return weights @ states[1:]


def reported_list(states, beta):
    old, out = states[1], []
    for theta in states[1:]:
        old = old * (1 - beta) + theta * beta
        out.append(old)
    return out


def combined_loop(trials, sizes):
    total = np.zeros(trials.shape[1])
    for trial, n in zip(trials, sizes, strict=True):
        total += n * trial
    return total / sum(sizes)


REWRITES = {
    "00.one_round": [
        one_round_loop,
        lambda start, X, y, rate, beta: start - beta * rate * np.dot(X, X * start - y) / len(y),
    ],
    "00.merged_states": [merged_states_dots, merged_states_list],
    "00.band": [band_loop, lambda states, n: np.sort(states[len(states) - n :])[[0, -1]] @ [-1, 1]],
    "00.sample_gradients": [
        lambda sizes, rounds, E: sum(E * int(sizes[k % len(sizes)]) for k in range(rounds)),
        lambda sizes, rounds, E: (
            E * (rounds // len(sizes) * sizes.sum() + sizes[: rounds % len(sizes)].sum())
        ),
    ],
    "00.cost_to_reach": [
        lambda losses, costs, target: min(costs[losses <= target], default=float("inf")),
        lambda losses, costs, target: np.where(losses <= target, costs, np.inf).min(),
    ],
    "03.merged": [
        lambda start, trial, beta: start + beta * (trial - start),
        lambda start, trial, beta: [beta * b + (1 - beta) * a for a, b in zip(start, trial, strict=True)],
    ],
    "03.factor": [factor_loop, lambda rate, beta, E: 1 + beta * ((1 - rate) ** E - 1)],
    "03.reading_b": [reading_b_matrix, reading_b_filled],
    "03.step_and_merge": [
        step_and_merge_copies,
        lambda theta, gradient, rate, beta: theta - beta * rate * gradient,
    ],
    "03.reported": [reported_weights, reported_list],
    "03.combined": [combined_loop, lambda trials, sizes: np.average(trials, axis=0, weights=sizes)],
}
REWRITTEN = [(TASKS[id], function) for id, functions in REWRITES.items() for function in functions]


def test_every_task_is_rewritten_twice():
    assert {id: len(functions) for id, functions in REWRITES.items()} == dict.fromkeys(TASKS, 2)


@pytest.mark.parametrize(
    ("task", "function"), REWRITTEN, ids=[f"{t.id}-{i % 2}" for i, (t, _) in enumerate(REWRITTEN)]
)
def test_a_rewrite_is_right(task, function):
    answer = task.check(function)
    assert answer.right, answer


@each_task
def test_the_solution_and_the_oracle_are_right(task):
    for function in (task.answer, task.oracle):
        answer = task.check(function)
        assert answer.right, answer


@each_task
def test_properties_hold_for_the_oracle_and_not_for_a_constant(task):
    for words, arguments, holds in task.properties:
        value = call(task.oracle, arguments).array
        assert holds(value), words
        assert not np.all(holds(value + 0.5)), words
        assert list(arguments) == list(task.cases()[0])


def torch_answers():
    torch = pytest.importorskip(
        "torch", reason="torch is not installed: pip install -c constraints.txt torch"
    )

    def merged(start, trial, beta):
        return torch.lerp(torch.tensor(start), torch.tensor(trial), beta)

    def combined(trials, sizes):
        weights = torch.tensor(sizes, dtype=torch.float64, requires_grad=True)
        return weights @ torch.tensor(trials) / weights.sum()

    def step_and_merge(theta, gradient, rate, beta):
        moving = torch.tensor(theta, requires_grad=True)
        moving.grad = torch.tensor(gradient)
        torch.optim.SGD([moving], lr=rate).step()
        return beta * moving + (1 - beta) * torch.tensor(theta)

    return {"03.merged": merged, "03.combined": combined, "03.step_and_merge": step_and_merge}


def test_answers_in_torch_are_right_and_it_is_said_how_they_were_read():
    for id, function in torch_answers().items():
        answer = TASKS[id].check(function)
        assert answer.right, answer
        assert "You gave back a torch tensor; we read it as an array." in answer.details


@each_task
def test_the_stub_is_not_attempted_yet(task, home):
    names = {"np": np}
    exec(task.stub, names)
    answer = task.check(names[task.name])
    assert answer.kind == "not attempted"
    assert task.name in answer.message
    assert not home.exists(), "nothing was done, and something was written"


@each_task
def test_the_solution_stands_by_itself_in_a_lesson(task):
    names = {"np": np}
    for other in TASKS.values():
        if other.lesson == task.lesson:
            exec(other.source(), names)
            if other is task:
                break
    assert task.check(names[task.name]).right


@each_task
def test_the_bank_tells_its_mistakes_apart(task):
    assert len(task.mistakes) >= 4
    for part in ("belief", "message"):
        told = [getattr(mistake, part) for mistake in task.mistakes]
        assert len(set(told)) == len(told)


@each_mistake
def test_a_message_is_short_and_kind_and_asks_one_question(task, mistake):
    message = mistake.message
    assert 8 <= len(message.split()) <= 40
    assert message.count("?") == 1
    assert message.endswith("?")
    assert not re.search(BANNED, message, flags=re.IGNORECASE), message
    assert re.search(r"\b[Yy]ou(rs?)?\b", message), "it says what the student's code does"


def expressions(source):
    """What stands on the right of = and after return in a solution, without blanks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.Return) and not isinstance(node.value, ast.Name | ast.List):
            yield ast.unparse(node.value).replace(" ", "")


@each_task
def test_no_message_statement_or_stub_gives_the_solution_away(task):
    told = [task.statement, task.stub, *(mistake.message for mistake in task.mistakes)]
    given = [e for e in expressions(task.source()) if any(e in text.replace(" ", "") for text in told)]
    assert set(given) <= {e for e in expressions(task.stub) if "return" not in e}, given


@each_task
def test_hints_are_steps_that_come_one_at_a_time_and_then_stay(task, capsys):
    assert 3 <= len(task.hints) <= 5
    for _ in range(len(task.hints) + 1):
        task.hint()
    lines = capsys.readouterr().out.splitlines()
    n = len(task.hints)
    assert lines[:n] == [f"Hint {i + 1} of {n}: {hint}" for i, hint in enumerate(task.hints)]
    assert lines[n] == lines[n - 1]


@each_task
def test_the_solution_shows_its_source_and_an_example(task, capsys):
    task.solution()
    told = capsys.readouterr().out
    assert told.startswith(f"def {task.name}(")
    assert re.search(rf"^{task.name}\(\w+=.+\)\n→ \S+", told, flags=re.MULTILINE)


@each_task
def test_statement_and_stub_fit_the_rules_for_lessons(task):
    words = [w for w in re.sub(r"\$[^$]*\$", "x", task.statement).split() if re.search(r"\w", w)]
    assert len(words) <= 80
    lines = task.stub.splitlines()
    assert len(lines) <= 15
    assert max(map(len, lines)) <= 92


@pytest.mark.parametrize("lesson", sorted({task.lesson for task in TASKS.values()}))
def test_every_objective_has_a_task_and_every_task_an_objective(lesson):
    (path,) = [path for path in LESSONS if path.stem.startswith(lesson)]
    plan = json.loads(path.read_text(encoding="utf-8"))["metadata"]["lesson"]
    tasks = [task for task in TASKS.values() if task.lesson == lesson]
    assert len(tasks) >= 3
    assert {objective["claim"] for objective in plan["objectives"]} == {task.claim for task in tasks}


def asked_in(sources):
    """(function name, the cell before) of each cell that checks an answer."""
    for before, source in zip(["", *sources], sources, strict=False):
        for name in re.findall(r"\.check\((\w+)\)", source):
            yield name, before


def amiss(lesson, sources):
    """The tasks of a lesson that lack their stub, or show their solution."""
    tasks = {task.name: task for task in TASKS.values() if task.lesson == lesson}
    no_stub = [name for name, before in asked_in(sources) if before.strip() != tasks[name].stub.strip()]
    solved = [t.name for t in tasks.values() if any(t.source() in source for source in sources)]
    return no_stub + solved


def test_a_missing_stub_and_a_solution_are_found():
    task = TASKS["03.merged"]
    check = "tasks.merged.check(merged)"
    assert amiss("03", [task.stub, check]) == []
    assert amiss("03", ["merged = None", check]) == ["merged"]
    assert amiss("03", [task.stub, check, task.source()]) == ["merged"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_holds_the_stub_of_each_task_it_checks_and_no_solution(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert amiss(path.stem[:2], sources) == []
