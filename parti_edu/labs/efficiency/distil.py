"""Distillation: a small net learns from what a large one says of every class, not from the label alone."""

import numpy as np
import torch
from torch.nn import functional

from ... import checks
from .nets import fit, outputs


def softened(z, temperature=1.0):
    """Shares of the classes from outputs: the higher the temperature, the more alike.

        p_c = e^(z_c/T) / Σ_j e^(z_j/T)

    Args:
        z: outputs, a tensor (…, n_classes).
        temperature: T, above 0.

    >>> softened(torch.tensor([2.0, 0.0]), temperature=2.0)
    tensor([0.7311, 0.2689])
    """
    checks.number("temperature", temperature, 0, above=True)
    return torch.softmax(z / temperature, -1)


def taught(teacher, y, *, temperature=2.0, share=0.5):
    """The loss of a student who hears the teacher and sees the label.

        F = share · T² · KL(p^T(teacher) ‖ p^T(student)) + (1 − share) · cross-entropy(student, y)

    T² keeps both parts' gradients of one size when T changes.

    Args:
        teacher: its outputs for every row, (n, n_classes).
        y: the labels, (n,).
        temperature: T, above 0.
        share: of the teacher, in [0, 1].

    Returns:
        loss(outputs, rows): the mean over some rows; `rows` are their numbers, where other losses have y.

    Hinton, Vinyals & Dean (2015; from memory).
    """
    checks.number("share", share, 0, 1)
    told = softened(torch.as_tensor(teacher), temperature)
    labels = torch.as_tensor(y)

    def loss(student, rows):
        p = told.to(student)[rows]
        log_q = functional.log_softmax(student / temperature, -1)
        apart = (torch.xlogy(p, p) - p * log_q).sum(-1).mean()
        of_label = functional.cross_entropy(student, labels.to(student.device)[rows])
        return share * temperature**2 * apart + (1 - share) * of_label

    return loss


def distil(student, teacher, rows, *, temperature=2.0, share=0.5, **settings):
    """Train a student by `fit` on what the teacher says of the rows.

    Args:
        student, teacher: nets of the same outputs; the teacher is trained, and stays as it is.
        rows: Images, or a pair (X, y).
        temperature, share: see `taught`.
        settings: of `fit`.

    Returns:
        The student, trained.
    """
    X, y = rows
    loss = taught(outputs(teacher, X), y, temperature=temperature, share=share)
    return fit(student, (X, np.arange(len(y))), loss=loss, **settings)
