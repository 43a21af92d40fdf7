"""Lesson 09: uneven shards, what is merged, the bill of merging, a death, where sending takes over."""

import numpy as np

from .task import Mistake, Property, Task, Tasks, quarters

# Uneven shards


def factors(sizes):
    return len(sizes) * sizes / sizes.sum()


def factors_by_hand(sizes):
    n_workers = n_rows = 0
    for n in sizes:
        n_workers, n_rows = n_workers + 1, n_rows + n
    # a loss divides by n, and DDP by the workers: undo both, then divide by all rows
    return [n * n_workers / n_rows for n in sizes.tolist()]


FACTORS = Task(
    lesson="09",
    claim="F06",
    minutes=4,
    statement=(
        "**Uneven shards.** PyTorch's DDP adds up the workers' gradients and divides by the number of "
        "workers. Worker $i$'s loss is the mean over its own rows, `sizes[i]` of them, and the shards are "
        "uneven. By which factor must each worker multiply its loss, so that what comes out is the "
        "gradient of the mean over *all* rows? Give back the factors, shape (W,)."
    ),
    stub="def factors(sizes):\n    return ...\n",
    inputs=lambda rng, size: {"sizes": rng.choice(np.arange(2, 40), 1 + size, replace=False)},
    oracle=factors_by_hand,
    answer=factors,
    hints=(
        "Two workers, with 1 row and 3 rows: how much should each row count in the end? And how much does "
        "it count with DDP?",
        "A row of worker i counts 1/n_i in its loss, and DDP divides by W. It should count 1/N.",
        "So the factor f_i solves f_i / (n_i W) = 1 / N.",
    ),
    mistakes=(
        Mistake(
            "the mean of means is the mean",
            lambda sizes: np.ones(len(sizes)),
            "Your factors leave the losses as they are. Does a row of a small shard then count as much as "
            "a row of a large one?",
        ),
        Mistake(
            "a worker's weight is its share",
            lambda sizes: sizes / sizes.sum(),
            "Your factors are the shares of the rows, and add up to one. What does DDP still divide by?",
        ),
        Mistake(
            "small shards need help",
            lambda sizes: sizes.sum() / (len(sizes) * sizes),
            "You give the smallest shard the largest factor. How much did each of its rows count already?",
        ),
        Mistake(
            "a sum over the rows will do",
            lambda sizes: 1.0 * sizes,
            "Your factors turn each mean into a sum. If every row came twice, should the step double?",
        ),
        Mistake(
            "the largest shard sets the scale",
            lambda sizes: sizes / sizes.max(),
            "Your largest shard has the factor one. With one large shard beside many tiny ones, what is "
            "left once DDP has divided?",
        ),
        Mistake(
            "the smallest shard sets the scale",
            lambda sizes: sizes / sizes.min(),
            "Your smallest shard has the factor one, and all others more. What do your factors add up to, "
            "and what should they?",
        ),
        Mistake(
            "the workers have to be divided by",
            lambda sizes: sizes / len(sizes),
            "You divide by the number of workers. Who has done so already?",
        ),
        Mistake(
            "the rows of all cancel",
            lambda sizes: len(sizes) * sizes,
            "Your factors undo both divisions, and leave a sum over all rows. What makes a mean of it?",
        ),
        Mistake(
            "a mean is undone by its number",
            lambda sizes: 1 / sizes,
            "You divide by the shard's rows once more. Which division by them has happened in the loss?",
        ),
        Mistake(
            "factors are whole",
            lambda sizes: len(sizes) * sizes // sizes.sum(),
            "Your factors are cut to whole numbers. Which division keeps the fraction?",
        ),
    ),
    properties=(
        Property(
            "equal shards need no factor",
            {"sizes": np.array([7, 7, 7])},
            lambda found: np.allclose(found, 1),
        ),
    ),
)

# Gradients or results


def two_merges(start, gradients, sizes, rate):
    merged = np.average(gradients, axis=0, weights=sizes)
    trials = start - rate * np.sign(gradients)
    return np.array([start - rate * np.sign(merged), np.average(trials, axis=0, weights=sizes)])


def two_merges_row_by_row(start, gradients, sizes, rate):
    merged, results = np.zeros(len(start)), np.zeros(len(start))
    for gradient, n in zip(gradients, sizes, strict=True):
        for j, slope in enumerate(gradient):
            merged[j] += n * slope
            moved = rate if slope > 0 else -rate if slope < 0 else 0.0
            results[j] += n * (start[j] - moved)
    first = [s - rate * ((m > 0) - (m < 0)) for s, m in zip(start.tolist(), merged.tolist(), strict=True)]
    return [first, (results / sizes.sum()).tolist()]


def by_rows(values, sizes):
    return sizes @ values / sizes.sum()


def plain(values, sizes):
    return values.mean(0)


def merged_with(gradient_mean=by_rows, result_mean=by_rows, step=np.sign):
    """The two ends, with another mean of the gradients, of the results, or another step."""

    def run(start, gradients, sizes, rate):
        merged, trials = gradient_mean(gradients, sizes), start - rate * step(gradients)
        return np.array([start - rate * step(merged), result_mean(trials, sizes)])

    return run


def one_end_twice(which):
    def run(start, gradients, sizes, rate):
        return two_merges(start, gradients, sizes, rate)[[which, which]]

    return run


TWO_MERGES = Task(
    lesson="09",
    claim="F07",
    minutes=7,
    statement=(
        "**Gradients, or results?** W workers hold `sizes` rows; `gradients`, (W, P), has each one's mean "
        "over its rows. The first step of Adam is the rate times the *sign* of the gradient. Give back "
        "two ends, shape (2, P): where one such step on the merged gradient leads, then where the "
        "workers' own steps lead when their results are merged. Both merges weigh by rows."
    ),
    stub=(
        "def two_merges(start, gradients, sizes, rate):\n"
        "    # first merge, then step; and first step, then merge\n"
        "    return np.array([..., ...])\n"
    ),
    inputs=lambda rng, size: {
        "start": quarters(rng, 1 + size),
        "gradients": quarters(rng, 2 + size % 3, 1 + size),
        "sizes": rng.choice(np.arange(1, 9), 2 + size % 3, replace=False),
        "rate": float(rng.choice([0.125, 0.25, 0.5])),
    },
    oracle=two_merges_row_by_row,
    answer=two_merges,
    hints=(
        "Begin with a merge that weighs rows of a table by `sizes`: you need it twice.",
        "`np.average` takes an axis and weights. For the first end its table holds gradients, for the "
        "second end it holds states.",
        "First end: start minus rate times the sign of the merged gradient. Second end: each worker's own "
        "step from the start, a table (W, P), then merged.",
    ),
    mistakes=(
        Mistake(
            "merging results is merging gradients",
            one_end_twice(0),
            "You give the same end twice, that of the merged gradient. What does a worker alone take the "
            "sign of?",
        ),
        Mistake(
            "merging gradients is merging results",
            one_end_twice(1),
            "You give the same end twice, that of the merged results. Which one sign does a server see that "
            "merges gradients?",
        ),
        Mistake(
            "the order of the two ends",
            lambda *arguments: two_merges(*arguments)[::-1],
            "You give both ends, in the other order. Which of them merges first and steps then?",
        ),
        Mistake(
            "workers weigh alike",
            merged_with(plain, plain),
            "Your merges count each worker alike. What do `sizes` say about their rows?",
        ),
        Mistake(
            "gradients weigh alike, results by rows",
            merged_with(plain),
            "Your results weigh by rows, your gradients do not. Whose mean over all rows should the merged "
            "gradient be?",
        ),
        Mistake(
            "results weigh alike, gradients by rows",
            merged_with(result_mean=plain),
            "Your gradients weigh by rows, your results do not. Should a worker with one row move θ as far "
            "as one with eight?",
        ),
        Mistake(
            "a step is the gradient",
            merged_with(step=lambda g: g),
            "Your steps are as long as the gradient, as in plain gradient descent, and so both ends are "
            "equal. What does Adam's first step keep of a gradient?",
        ),
        Mistake(
            "results are added up",
            merged_with(result_mean=lambda trials, sizes: trials.sum(0)),
            "You add the results up. If no worker moved at all, where should the merged θ be?",
        ),
        Mistake(
            "the printed formula, word by word",
            merged_with(result_mean=lambda trials, sizes: trials[-1] / len(trials)),
            "Your second end holds the last worker's result alone, divided by the workers. What became of "
            "the others?",
        ),
        Mistake(
            "a step goes up",
            merged_with(step=lambda g: -np.sign(g)),
            "Your steps go up the slope. Where does a loss fall, if its slope is positive?",
        ),
        Mistake(
            "the vote of the workers",
            merged_with(gradient_mean=lambda g, sizes: sizes @ np.sign(g)),
            "Your first end lets the workers' signs vote. What did the server get from each: a sign, or a "
            "gradient?",
        ),
    ),
    properties=(
        Property(
            "one steep shard against two flat ones decides the merged gradient, and not the merged results",
            {
                "start": np.zeros(1),
                "gradients": np.array([[3.0], [-1.0], [-1.0]]),
                "sizes": np.array([1, 1, 1]),
                "rate": 0.75,
            },
            lambda ends: np.allclose(ends, [[-0.75], [0.25]]),
        ),
    ),
)

# The bill of merging


def sent(parameters, workers, steps, every):
    return steps // every * 2 * (workers - 1) / workers * 4 * parameters


def sent_turn_by_turn(parameters, workers, steps, every):
    n_bytes = 0.0
    for step in range(1, steps + 1):
        if step % every == 0:
            for _ in range(2 * (workers - 1)):
                n_bytes += 4 * parameters / workers
    return n_bytes


def bill(
    merges=lambda steps, every: steps // every, turns=lambda w: 2 * (w - 1), part=lambda w: 1 / w, size=4
):
    """The bytes with another number of merges, of turns, another part or size of a number."""
    return lambda parameters, workers, steps, every: (
        merges(steps, every) * turns(workers) * part(workers) * size * parameters
    )


SENT = Task(
    lesson="09",
    claim="09.5",
    minutes=4,
    statement=(
        "**The bill.** A run has so many `steps`; after each `every`-th of them the `workers` merge by "
        "ring all-reduce: twice W − 1 turns, and in each turn a worker sends one W-th of the `parameters` "
        "to its neighbour, as float32. Steps after the last merge stay unmerged. How many bytes does one "
        "worker send?"
    ),
    stub="def sent(parameters, workers, steps, every):\n    return ...\n",
    inputs=lambda rng, size: {
        "parameters": 60 * int(rng.integers(1, 20)),
        "workers": int(rng.integers(3, 7)),
        "steps": 7 * size + int(rng.integers(3, 7)),
        "every": int(rng.integers(2, 8)),
    },
    oracle=sent_turn_by_turn,
    answer=sent,
    hints=(
        "How many merges are there? Then: how many bytes is one?",
        "In one merge each worker sends, turn by turn, a W-th of the parameters. A float32 has 4 bytes.",
        "Merges: the steps divided by every, rounded down. A merge: 2(W − 1) turns of 4 · parameters / W "
        "bytes.",
    ),
    mistakes=(
        Mistake(
            "each step merges",
            bill(merges=lambda steps, every: steps),
            "You charge a merge for every step. What does `every` say?",
        ),
        Mistake(
            "an unfinished stretch is merged too",
            bill(merges=lambda steps, every: -(-steps // every)),
            "You count a merge at the very end, due or not. Which steps come after the last full stretch?",
        ),
        Mistake(
            "merges come in fractions",
            bill(merges=lambda steps, every: steps / every),
            "Your number of merges has a fraction. How many merges is half of one?",
        ),
        Mistake(
            "once round the ring is enough",
            bill(turns=lambda w: w - 1),
            "You go round the ring once: then each worker knows the sum of one part. How does it get the "
            "other parts?",
        ),
        Mistake(
            "as many turns as workers",
            bill(turns=lambda w: 2 * w),
            "Your turns count every worker. How many neighbours must a part pass until it has seen all, "
            "itself left out?",
        ),
        Mistake(
            "everybody sends everything",
            bill(part=lambda w: 1, turns=lambda w: w - 1),
            "Your workers send all parameters to each of the others. What part of them goes out in a turn "
            "of the ring?",
        ),
        Mistake(
            "a turn sends all parameters",
            bill(part=lambda w: 1),
            "In each of your turns all parameters go out, or you add up what all workers send. What goes "
            "out of one worker in one turn?",
        ),
        Mistake(
            "float64",
            bill(size=8),
            "Your numbers have 8 bytes. Which dtype is sent here?",
        ),
        Mistake(
            "bits",
            bill(size=32),
            "You count bits. How many of them make a byte?",
        ),
        Mistake(
            "numbers",
            bill(size=1),
            "You count numbers. How many bytes has each of them?",
        ),
    ),
    properties=(
        Property(
            "two workers that merge a million parameters once send four million bytes each",
            {"parameters": 1_000_000, "workers": 2, "steps": 5, "every": 5},
            lambda n_bytes: n_bytes == 4e6,
        ),
    ),
)

# A worker dies


def computed(steps, every, deaths):
    done = before = 0
    for death in deaths:
        done += death - before
        done -= done % every
        before = death
    return before + steps - done


def computed_step_by_step(steps, every, deaths):
    done = saved = n_computed = 0
    while done < steps:
        done, n_computed = done + 1, n_computed + 1
        if done % every == 0:
            saved = done
        if n_computed in deaths:
            done = saved
    return n_computed


def restarts(loses):
    """The count of steps where a death after `done` steps loses another number of them."""

    def run(steps, every, deaths):
        done = before = 0
        for death in deaths:
            done += death - before
            done -= loses(done, every)
            before = death
        return before + steps - done

    return run


def some_deaths(rng, size):
    """A run whose workers die before its end, at steps that are no checkpoints, or now and then are."""
    every, n_deaths = int(rng.integers(3, 7)), 1 + size % 3
    deaths = np.cumsum(rng.integers(2, 2 * every, n_deaths))
    if size % 2 == 0:
        deaths[0] = every
        deaths[1:] += every
    return {"steps": int(deaths[-1] + rng.integers(2, 9)), "every": every, "deaths": deaths}


COMPUTED = Task(
    lesson="09",
    claim="09.9",
    minutes=7,
    statement=(
        "**What a death costs.** A run needs so many `steps`, and all workers write a checkpoint after "
        "each `every`-th. `deaths` says when a worker is killed, counted in steps computed since the very "
        "beginning, lost ones included, in rising order. All then go on from the last checkpoint, or from "
        "the start. How many steps are computed in all?"
    ),
    stub=(
        "def computed(steps, every, deaths):\n"
        "    # how far is the run at each death, and where does it go on?\n"
        "    return ...\n"
    ),
    inputs=some_deaths,
    oracle=computed_step_by_step,
    answer=computed,
    hints=(
        "Ten steps are needed, with a checkpoint after every fourth; a death after seven. Where does the "
        "run go on, and how many steps are then still to do?",
        "Follow two counts: how far the run is (it falls back at a death), and what was computed (it never "
        "does).",
        "At a death the run is as far as before plus what was computed since the last death, and falls "
        "back by the rest that `% every` leaves. At the end only the missing steps are added.",
    ),
    mistakes=(
        Mistake(
            "a death costs everything",
            restarts(lambda done, every: done),
            "Your run begins again from the start at every death. What is in the checkpoints?",
        ),
        Mistake(
            "a death costs nothing",
            lambda steps, every, deaths: steps,
            "Your deaths cost nothing. Where does a run go on that died between two checkpoints?",
        ),
        Mistake(
            "a death costs the steps between two checkpoints",
            lambda steps, every, deaths: steps + len(deaths) * every,
            "Each of your deaths costs as many steps as lie between two checkpoints. What does one cost that "
            "comes right after a checkpoint?",
        ),
        Mistake(
            "a death counts in steps of the run",
            lambda steps, every, deaths: steps + (deaths % every).sum(),
            "You take what each death loses from its own number. After an earlier death, is the run still as "
            "far as the number of steps that were computed?",
        ),
        Mistake(
            "only the lost steps count",
            lambda steps, every, deaths: computed(steps, every, deaths) - steps,
            "You count the lost steps alone. What does a run without deaths cost?",
        ),
        Mistake(
            "only the last death counts",
            lambda steps, every, deaths: computed(steps, every, deaths[-1:]),
            "You look at the last death alone. What had the earlier ones cost?",
        ),
        Mistake(
            "only the first death counts",
            lambda steps, every, deaths: computed(steps, every, deaths[:1]),
            "You look at the first death alone. How many are there?",
        ),
        Mistake(
            "a checkpoint holds the step before",
            restarts(lambda done, every: (done - 1) % every + 1),
            "A death right after a checkpoint costs you all steps since the one before. What is in the "
            "checkpoint that was written at this step?",
        ),
        Mistake(
            "it goes on from the nearest checkpoint",
            restarts(lambda done, every: done - every * round(done / every)),
            "Your run sometimes goes on from a checkpoint that it had not reached. Which one is the last "
            "that was written?",
        ),
        Mistake(
            "the step of the death is lost as well",
            restarts(lambda done, every: done % every + (done % every > 0)),
            "Each of your deaths costs one step more than was done since the checkpoint. Which step is it?",
        ),
    ),
    properties=(
        Property(
            "with a checkpoint after each step nothing is lost",
            {"steps": 9, "every": 1, "deaths": np.array([2, 5, 6])},
            lambda count: count == 9,
        ),
    ),
)

# Where sending takes over


def takes_over(computing, n_bytes, bandwidth, latency):
    workers = np.arange(2, 100_000)
    message = latency + n_bytes / workers / bandwidth
    late = 2 * (workers - 1) * message >= computing / workers
    return workers[late][0]


def takes_over_by_trying(computing, n_bytes, bandwidth, latency):
    for workers in range(2, 100_000):
        seconds = 0.0
        for _ in range(2 * (workers - 1)):
            seconds += latency + n_bytes / workers / bandwidth
        if seconds >= computing / workers:
            return workers
    return np.inf


def first_count(sending, share=lambda computing, w: computing / w):
    """The first w with sending(w, b, lag) ≥ the share; b, lag: seconds of all bytes, of an empty message."""

    def run(computing, n_bytes, bandwidth, latency):
        w = 2
        while sending(w, n_bytes / bandwidth, latency) < share(computing, w) and w < 3000:
            w += 1
        return w

    return run


def ring(w, b, lag):
    return 2 * (w - 1) * (b / w + lag)


def shortest_round(computing, n_bytes, bandwidth, latency):
    w = np.arange(1, 3000)
    return w[(computing / w + ring(w, n_bytes / bandwidth, latency)).argmin()]


TAKES_OVER = Task(
    lesson="09",
    claim="B22",
    minutes=6,
    statement=(
        "**Where sending takes over.** One worker alone needs `computing` seconds for a round; W share "
        "this evenly. Then they merge `n_bytes` by ring all-reduce: 2(W − 1) messages one after another, "
        "each with one W-th of the bytes; a message takes `latency` seconds and its bytes divided by "
        "`bandwidth`. From how many workers on, two at least, does merging take as long as computing, or "
        "longer?"
    ),
    stub="def takes_over(computing, n_bytes, bandwidth, latency):\n    return ...\n",
    inputs=lambda rng, size: {
        "computing": float(rng.uniform(0.4, 4.0)),
        "n_bytes": float(rng.integers(2, 12)) * 1e6,
        "bandwidth": float(rng.uniform(1, 4)) * 1e8,
        "latency": float(rng.uniform(0.2, 2) * 1e-3 / size),
    },
    oracle=takes_over_by_trying,
    answer=takes_over,
    hints=(
        "Write down both times for a number W of workers. Which of them grows with W?",
        "A message: latency + (n_bytes / W) / bandwidth. There are 2(W − 1) of them, in a row.",
        "Try W = 2, 3, 4, … and stop when the messages take as long as computing / W.",
    ),
    mistakes=(
        Mistake(
            "a message takes no time to set out",
            first_count(lambda w, b, lag: ring(w, b, 0)),
            "Your messages have no latency. With 100 workers, how many messages come one after another?",
        ),
        Mistake(
            "the latency is paid once",
            first_count(lambda w, b, lag: ring(w, b, 0) + lag),
            "You pay the latency once a round. How many messages wait for the one before?",
        ),
        Mistake(
            "bytes take no time",
            first_count(lambda w, b, lag: ring(w, 0, lag)),
            "Your messages are empty. How long do their bytes take?",
        ),
        Mistake(
            "once round the ring is enough",
            first_count(lambda w, b, lag: ring(w, b, lag) / 2),
            "You go round the ring once. Who has the whole sum after that?",
        ),
        Mistake(
            "all bytes in each message",
            first_count(lambda w, b, lag: 2 * (w - 1) * (b + lag)),
            "Your messages hold all the bytes. Into how many parts does a ring cut them?",
        ),
        Mistake(
            "as many turns as workers",
            first_count(lambda w, b, lag: 2 * w * (b / w + lag)),
            "You count 2W messages. How many neighbours has a part to pass?",
        ),
        Mistake(
            "computing stays what it was",
            first_count(ring, lambda computing, w: computing),
            "You compare with the computing of one worker alone. What is left of it when W share it?",
        ),
        Mistake(
            "one worker sends too",
            lambda *arguments: int(takes_over(*arguments)) - 1,
            "At your number of workers computing still takes longer. Which number comes after it?",
        ),
        Mistake(
            "where a round is shortest",
            shortest_round,
            "You look for the shortest round. There, is merging already as long as computing?",
        ),
        Mistake(
            "a central server takes it all",
            first_count(lambda w, b, lag: 2 * w * (b + lag)),
            "Your bytes all pass through one place, once for every worker. What part of them does a worker "
            "of the ring send in a turn?",
        ),
    ),
    properties=(
        Property(
            "what is mostly sending is so with two workers already",
            {"computing": 0.01, "n_bytes": 1e8, "bandwidth": 1e8, "latency": 0.0},
            lambda count: count == 2,
        ),
    ),
)

tasks = Tasks(FACTORS, TWO_MERGES, SENT, COMPUTED, TAKES_OVER)
