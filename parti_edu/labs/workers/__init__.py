"""The loop over several processes: what is divided, what must be sent, what happens when one dies."""

from ..timing import calibrate, round_time
from .count import Sent, on_the_wire, time_all_reduce
from .data_parallel import all_reduce_gradients, central_server, ddp, fedavg, merge_every, train_on_workers
from .launch import WorkerFailed, Workers, device, launch, report, warm

__all__ = [
    "Sent",
    "WorkerFailed",
    "Workers",
    "all_reduce_gradients",
    "calibrate",
    "central_server",
    "ddp",
    "device",
    "fedavg",
    "launch",
    "merge_every",
    "on_the_wire",
    "report",
    "round_time",
    "time_all_reduce",
    "train_on_workers",
    "warm",
]
