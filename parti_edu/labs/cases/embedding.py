"""A small embedding model of texts, for the twin: the mean of what the pieces of a text stand for."""

import torch

from ... import checks


class MeanOfPieces(torch.nn.Module):
    """Each bucket of pieces has an embedding e_p; a text is their weighted sum, and a linear layer reads it.

        h = tanh(Σ_p a_p·e_p),   z = W h + b,   with a_p = idf_p, divided by the length of (a_p) over the text

    Pieces of weight 0 take no part, such as those that fill up a row. Joulin et al. (2017), with tanh.

    Args:
        weights: idf of each bucket, (1 + n_buckets,), from `text.bucket_weights`.
        width: numbers in an embedding, at least 1.
        n_classes: at least 2.
        seed: of the start: embeddings normal with deviation 0.3, the layer Glorot & Bengio's (2010).

    Raises:
        ValueError, TypeError: if a count is out of its range.
    """

    weights: torch.Tensor

    def __init__(self, weights, width, n_classes, seed=0):
        super().__init__()
        checks.count("width", width)
        checks.count("n_classes", n_classes, 2)
        rng = torch.Generator().manual_seed(seed)
        self.register_buffer("weights", torch.as_tensor(weights))
        self.table = torch.nn.Parameter(0.3 * torch.randn(len(weights), width, generator=rng))
        self.read = torch.nn.Linear(width, n_classes)
        torch.nn.init.xavier_uniform_(self.read.weight, generator=rng)
        torch.nn.init.zeros_(self.read.bias)

    def forward(self, X):
        """z, (n, n_classes), of bucket numbers (n, L)."""
        X = X.long()
        a = self.weights[X]
        a = a / a.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        e = torch.nn.functional.embedding(X, self.table)
        return self.read(torch.tanh(torch.einsum("nl,nlw->nw", a, e)))
