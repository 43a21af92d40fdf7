"""Any worker function, and the bytes that it sent."""

from .count import Sent


def counted(rank, n_workers, function, *arguments):
    """For `launch`: (the value of function(rank, n_workers, *arguments), {operator: bytes given to it}).

    Args:
        function: one that workers can import.
        arguments: its own.
    """
    with Sent() as sent:
        value = function(rank, n_workers, *arguments)
    return value, dict(sent.n_bytes)
