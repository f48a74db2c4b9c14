"""How long each encoder takes for ten seconds of sound, front end included, against the published implementation.

    .venv/bin/python benchmarks/encoders.py [--threads 2] [--repeats 5]

The baseline is Cnn14 as `panns_inference` runs it (torchlibrosa's front end, then its network). Weights are random:
they do not change the time. All run eager in float32; the rows are measured in turns, so that a busy machine slows all
alike, and the fastest turn of each counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor

from aaccore.features import LogMel
from aaccore.panns import ENCODERS
from aaccore.published import panns_inference_cnn14

SECONDS = 10


def candidates() -> dict[str, tuple[Callable[[], Tensor], int]]:
    """What is timed, by name, with its number of weights."""
    found: dict[str, tuple[Callable[[], Tensor], int]] = {}
    baseline = panns_inference_cnn14()
    at_32k = torch.randn(1, SECONDS * 32000) * 0.1
    weights = sum(p.numel() for p in baseline.parameters() if p.requires_grad)
    found["panns_inference Cnn14 (baseline)"] = (lambda: baseline(at_32k)["embedding"], weights)
    spectrogram, bands = (baseline.get_submodule(f"{part}_extractor") for part in ("spectrogram", "logmel"))
    found["panns_inference Cnn14 (baseline), front end alone"] = (lambda: bands(spectrogram(at_32k)), 0)
    for name, make in ENCODERS.items():
        encoder = make().eval().to(memory_format=torch.channels_last)
        front_end = LogMel(encoder.front_end)
        waveform = torch.randn(1, encoder.samples_for(encoder.steps_for(SECONDS))) * 0.1
        weights = sum(p.numel() for p in encoder.parameters())
        found[name] = (lambda e=encoder, f=front_end, w=waveform: e(f(w)), weights)  # type: ignore[misc]
        found[f"{name}, front end alone"] = (lambda f=front_end, w=waveform: f(w), 0)  # type: ignore[misc]
    return found


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    timed = candidates()
    fastest = dict.fromkeys(timed, float("inf"))
    for turn in range(options.repeats + 1):  # the first turn warms up
        for name, (run, _) in timed.items():
            begin = time.perf_counter()
            run()
            if turn:
                fastest[name] = min(fastest[name], time.perf_counter() - begin)
    baseline = next(iter(fastest.values()))
    print(f"torch {torch.__version__}, {options.threads} threads, fastest of {options.repeats}, {SECONDS} s of sound")
    print("| encoder | million weights | ms | times the baseline's speed | times real time |")
    print("|---|---|---|---|---|")
    for name, seconds in fastest.items():
        count = f"{timed[name][1] / 1e6:.1f}" if timed[name][1] else "-"
        print(f"| {name} | {count} | {seconds * 1e3:.0f} | {baseline / seconds:.1f} | {SECONDS / seconds:.0f} |")


if __name__ == "__main__":
    main()
