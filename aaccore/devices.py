"""Where networks run."""

from __future__ import annotations

import torch

from aaccore.errors import ConfigError


def choose_device(wanted: str) -> tuple[str, str]:
    """Choose where the network runs.

    Args:
        wanted: "auto", or a name that torch knows: "cpu", "cuda", "cuda:1", "mps".

    Returns:
        The device and, in words, why it is this one.

    Raises:
        ConfigError: There is no such kind of device.
    """
    build = f"torch {torch.__version__}"
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda", f"the first GPU, {torch.cuda.get_device_name()}, for {build} can use it"
        return "cpu", f"{build} finds no CUDA device"
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ConfigError(f"device = {wanted!r}: no such device; use auto, cpu, cuda, cuda:1 or mps") from error
    found = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if device.type not in found:
        raise ConfigError(f"device = {wanted!r}: cannot be used here; use auto, cpu, cuda, cuda:1 or mps")
    if (device.index or 0) >= found[device.type]:
        return "cpu", f"{wanted} was asked for, but {build} finds no such device"
    return wanted, "it was asked for"
