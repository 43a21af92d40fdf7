"""The breakages that `make mutants` tries: one line each, and the test that must turn red.

The old text must stand in its file exactly once. Add a line beside each rule that you add.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    """In this file, new text instead of the old; the node id of the test that notices."""

    file: str
    old: str
    new: str
    test: str


def mutants(file, test_file, *lines):
    return [Mutant(f"parti_edu/{file}", old, new, f"tests/{test_file}::{test}") for old, new, test in lines]


STEP = "test_each_step_is_the_equation"
SLOPE = "test_the_gradient_is_the_slope_of_the_loss"
BY_HAND = "test_losses_worked_out_by_hand"
LOOP = "test_one_group_a_round_with_local_steps_and_a_merge"
FROZEN = "test_a_diverged_configuration_is_frozen_and_counted_in_the_warning"
STANDARD = "test_features_are_standardised_on_the_training_rows_alone"
BLOCKS = "test_blocks_are_parameters_with_a_torch_optimizer_each"

# fmt: off
MUTANTS = [
    *mutants("grouping.py", "test_grouping.py",
        ("dealt[g::n_groups]", "shuffled[g::n_groups]",
         "test_stratified_resembles_the_whole_and_by_label_does_not"),
        ("np.random.default_rng(seed).permutation(n_samples)", "np.arange(n_samples)",
         "test_random_mixes_what_contiguous_leaves_in_order"),
        ('_cut(np.argsort(values, kind="stable")', "_cut(np.arange(len(values))",
         "test_with_n_groups_the_rows_are_sorted_and_cut"),
    ),
    *mutants("picking.py", "test_picking.py",
        ("in rng.permutation(n))", "in range(n))", "test_reshuffled_takes_a_new_order_each_pass"),
        ("size=n, p=chances", "size=n", "test_random_by_size_draws_in_proportion_to_size"),
        ("count(0, length)", "count(0, 1)", "test_walks_go_on_where_the_last_one_ended"),
        ('Picks("cyclic", n, n,', 'Picks("cyclic", n - 1, n,',
         "test_a_pass_is_as_many_rounds_as_visit_each_group_once_on_average"),
    ),
    *mutants("convergence.py", "test_convergence.py",
        ("streak >= self.hold", "streak >= 1", "test_hold_counts_passes"),
        ("streak + 1, 0)", "streak + 1, streak)", "test_small_looks_must_come_in_a_row"),
        ("self.tolerance * abs(before)", "self.tolerance",
         "test_flat_loss_compares_with_the_size_of_the_loss_before"),
        ("if k % run.rounds_per_pass == 0:", "if True:",
         "test_inside_the_loop_and_on_a_finished_run_it_says_the_same"),
    ),
    *mutants("averaging.py", "test_averaging.py",
        ("average = [run.theta[1]]", "average = [run.theta[0]]",
         "test_running_mean_is_the_mean_of_all_states_but_the_start"),
        ("lambda k: 1 / k)", "lambda k: 1 / (k + 1))",
         "test_running_mean_is_the_mean_of_all_states_but_the_start"),
        ("lambda k: beta)", "lambda k: 1 - beta)", "test_ema_is_its_recursion_from_the_first_state"),
        ("max(1, k - first + 1)", "max(2, k - first + 1)",
         "test_tail_mean_is_the_state_itself_until_the_tail_begins"),
    ),
    *mutants("on_numpy/models.py", "test_models.py",
        ("(theta @ X.T - y) @ X / len(y)", "(y - theta @ X.T) @ X / len(y)", SLOPE),
        ("(sigmoid(theta @ X.T) - y) @ X / len(y)", "(sigmoid(theta @ X.T) - y) @ X", SLOPE),
        ("return p / len(y)", "return p", SLOPE),
        ("(1 - hidden**2)", "(1 - hidden)", SLOPE),
        ("- 2 * x * wall", "- x * wall", SLOPE),
        (".mean(-1) / 2 +", ".mean(-1) +", BY_HAND),
        ("return l2 / 2 *", "return l2 *", "test_the_penalty_is_half_l2_times_the_squared_length"),
        ("top = z.max(-1, keepdims=True)", "top = 0 * z.max(-1, keepdims=True)",
         "test_sigmoid_softplus_and_log_sum_exp_at_a_thousand"),
        ("(theta @ X.T > 0)", "(theta @ X.T < 0)", "test_predictions_are_the_likelier_class"),
    ),
    *mutants("on_numpy/optimizers.py", "test_optimizers.py",
        ("theta - self.lr * gradient, state", "theta + self.lr * gradient, state", STEP),
        ("gradient + self.momentum * v if", "self.momentum * v if", STEP),
        ("t = t + 1", "t = max(t, 1)", STEP),
        ("m_hat = m / (1 - self.beta1**t)", "m_hat = m", STEP),
        ("v_hat = v / (1 - self.beta2**t)", "v_hat = v", STEP),
        ("(np.sqrt(v_hat) + self.eps)", "np.sqrt(v_hat + self.eps)", STEP),
        ("(np.sqrt(v_hat) + self.eps)", "np.sqrt(v_hat) + self.eps", STEP),
    ),
    *mutants("on_numpy/optimizers.py", "parity/test_optimizers.py",
        ('((t > 0) | (self.first == "zero"))', "(t > 0)", "test_one_step_from_equal_states_agrees"),
        ('((t > 0) | (self.first == "zero"))', "True", "test_one_step_from_equal_states_agrees"),
        ("else np.sqrt(s) + self.eps", "else np.sqrt(s + self.eps)", "test_a_whole_run_agrees"),
        ("np.zeros_like(theta) + self.initial", "np.zeros_like(theta)", "test_a_whole_run_agrees"),
    ),
    *mutants("on_numpy/merging.py", "test_merging.py",
        ("self.beta * trial + (1 - self.beta) * start", "(1 - self.beta) * trial + self.beta * start",
         "test_blend_weighs_the_trial_with_beta_and_the_start_with_the_rest"),
        ("sum(n * trial for n, trial in zip(sizes, trials, strict=True)) / sum(sizes)",
         "sum(trials) / len(trials)",
         "test_combining_several_trials"),
        ("sum(trials) / len(trials)", "sum(trials)", "test_combining_several_trials"),
        ("sum(trial - start for trial in trials)", "sum(trial - start for trial in trials) / len(trials)",
         "test_combining_several_trials"),
        ("(1 - self.beta) * memory, start", "(1 - self.beta) * start, start",
         "test_blend_previous_remembers_the_start_of_the_round"),
        ("start - self.combine(start, trials, sizes), memory",
         "self.combine(start, trials, sizes) - start, memory",
         "test_outer_steps_on_start_minus_combined_and_keeps_the_state"),
    ),
    *mutants("on_numpy/training.py", "test_training.py",
        ("range(n_steps if alike else n_steps.max())", "range(1)", LOOP),
        ("before = states[key] if key in states else", "before =", LOOP),
        ("key = slot if", "key = 0 if", "test_each_slot_of_a_round_keeps_its_own_state"),
        ('if state == "reset":', "if False:", "test_reset_starts_the_state_anew_each_round"),
    ),
    *mutants("on_numpy/training.py", "parity/test_merging.py",
        ("np.where(_masks(pick.block, theta), gradient, 0)", "gradient", BLOCKS),
        ("else (slot, pick.block.tobytes())", "else slot", BLOCKS),
        ("for g in pick.groups:", "for g in sorted(pick.groups):",
         "test_a_walk_over_successive_batches_is_lookahead"),
    ),
    *mutants("on_numpy/training.py", "test_convergence.py",
        ("(X, y) if rows is None else rows", "(X, y)",
         "test_the_rows_looked_at_may_be_others_than_the_training_rows"),
    ),
    *mutants("history.py", "test_history.py",
        ("np.where(self.active, merged, start)", "merged", FROZEN),
        ("self.spent + work * self.active", "self.spent + work", FROZEN),
        ("or k == self.rounds or", "or", "test_record_keeps_every_kth_round_the_start_and_the_last"),
    ),
    *mutants("history.py", "test_convergence.py",
        ("if self.look and k % self.rounds_per_pass == 0:", "if self.look:",
         "test_inside_the_loop_and_on_a_finished_run_it_says_the_same"),
    ),
    *mutants("schedules.py", "test_schedules.py",
        ("k**-self.power", "k**self.power", "test_decaying_is_first_times_k_to_the_minus_power"),
    ),
    *mutants("claims.py", "test_claims.py",
        ("assert holds,", "assert True,", "test_a_claim_that_does_not_hold_fails_and_prints_nothing"),
    ),
    *mutants("data.py", "test_data.py",
        ("(X - X[train].mean(0))", "(X - X.mean(0))", STANDARD),
        ("spread = X[train].std(0)", "spread = X.std(0)", STANDARD),
        ("np.sort(order[n_test:])", "np.sort(order[n_test - 1 :])", "test_train_and_test_share_out_the_rows"),
    ),
    *mutants("data.py", "test_bad_input.py",
        ("if found != sha256:", "if False:", "test_a_damaged_data_file_is_told_by_its_checksum"),
    ),
    *mutants("on_numpy/training.py", "laws/test_laws.py",
        ("_choose(step < n_steps,", "_choose(step <= n_steps,",
         "test_a_grid_of_any_optimizer_with_other_local_steps_in_each_column"),
    ),
    *mutants("blackboard.py", "test_blackboard.py",
        ("beta * trial + (1 - beta) * theta", "(1 - beta) * trial + beta * theta",
         "test_other_betas_are_exact_as_well"),
    ),
]
