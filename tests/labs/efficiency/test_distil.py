"""The student's loss beside torch's own, its gradient, its ends; and a student who hears a teacher alone."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from parti_edu.labs.efficiency import distil, nets

RNG = np.random.default_rng(0)
Z = torch.tensor(RNG.normal(size=(20, 5)) * 3)
TEACHER, Y = RNG.normal(size=(30, 5)) * 3, RNG.integers(0, 5, 30)
ROWS = torch.tensor(RNG.permutation(30)[:20])


@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_loss_is_torchs_divergence_and_cross_entropy(temperature, share):
    found = distil.taught(TEACHER, Y, temperature=temperature, share=share)(Z, ROWS)
    target = functional.softmax(torch.tensor(TEACHER)[ROWS] / temperature, -1)
    apart = functional.kl_div(functional.log_softmax(Z / temperature, -1), target, reduction="batchmean")
    of_label = functional.cross_entropy(Z, torch.tensor(Y)[ROWS])
    assert found.item() == pytest.approx((share * temperature**2 * apart + (1 - share) * of_label).item())


def test_a_student_who_says_the_same_hears_nothing():
    loss = distil.taught(TEACHER, Y, share=1.0)
    assert loss(torch.tensor(TEACHER)[ROWS], ROWS).item() == pytest.approx(0, abs=1e-12)
    assert loss(torch.tensor(TEACHER)[ROWS] + 7, ROWS).item() == pytest.approx(0, abs=1e-9)


def test_at_a_high_temperature_the_gradient_does_not_fade():
    """T²·KL tends to half the squared distance of the centred outputs, a class each: Hinton et al. (2015)."""

    def slope(temperature):
        student = Z.clone().requires_grad_()
        loss = distil.taught(TEACHER, Y, temperature=temperature, share=1.0)(student, ROWS)
        return torch.autograd.grad(loss, student)[0]

    teacher = torch.tensor(TEACHER)[ROWS]
    centred = (Z - Z.mean(1, keepdim=True)) - (teacher - teacher.mean(1, keepdim=True))
    np.testing.assert_allclose(slope(1e4), centred / 5 / 20, atol=1e-4)


def test_a_teacher_who_is_sure_beyond_rounding_gives_no_nan():
    loss = distil.taught([[1e4, 0.0], [0.0, 1e4]], [0, 1], temperature=1.0)
    assert torch.isfinite(loss(torch.tensor([[3.0, 1.0], [0.0, 0.0]]), torch.tensor([0, 1])))


def test_a_student_learns_what_only_the_teacher_knows():
    X = RNG.normal(size=(200, 4)).astype(np.float32)
    teacher = nets.dense(4, 3)
    wrong_labels = (nets.predicted(teacher, X) + 1) % 3
    student = distil.distil(
        nets.dense(4, 8, 3, seed=1), teacher, (X, wrong_labels), share=1.0, passes=30, lr=0.05, size=20
    )
    assert (nets.predicted(student, X) == nets.predicted(teacher, X)).mean() > 0.9


@pytest.mark.parametrize("settings", [{"temperature": 0.0}, {"share": 1.5}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValueError, match=r"must be in"):
        distil.taught(TEACHER, Y, **settings)
