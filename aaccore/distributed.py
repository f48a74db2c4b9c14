"""One run over several processes and machines, as `torchrun` starts them: who this one is, and sums over all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed

LONGEST_WAIT = timedelta(hours=4)
"""The first process may prepare the data or validate for so long while the others wait."""


@dataclass(frozen=True)
class Ranks:
    """This process among all of a run: its number from 0, how many there are, and its number on this machine."""

    rank: int = 0
    world: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """Whether this one writes and reports."""
        return self.rank == 0


def join(device: str) -> Ranks:
    """Meet the other processes; alone where `torchrun` has not started this one.

    Args:
        device: Where the network runs: over CUDA devices nccl is spoken, else gloo.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Ranks()
    if not distributed.is_initialized():
        backend = "nccl" if device.startswith("cuda") else "gloo"
        distributed.init_process_group(backend, timeout=LONGEST_WAIT)
    return Ranks(distributed.get_rank(), distributed.get_world_size(), int(os.environ["LOCAL_RANK"]))


def leave() -> None:
    """Part from the other processes."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def lost_touch(error: RuntimeError, ranks: Ranks) -> bool:
    """Whether a failure is that of the connection to another process."""
    return ranks.world > 1 and (isinstance(error, distributed.DistError) or "gloo" in str(error).lower())


def wait_for_all(ranks: Ranks) -> None:
    """Return when every process has come here."""
    if ranks.world > 1:
        distributed.barrier()


def summed(values: Mapping[str, float], ranks: Ranks, device: torch.device) -> dict[str, float]:
    """Sum numbers by name over all processes; each names the same ones."""
    if ranks.world == 1:
        return dict(values)
    numbers = torch.tensor(list(values.values()), dtype=torch.float64, device=device)
    distributed.all_reduce(numbers)
    return dict(zip(values, numbers.tolist(), strict=True))
