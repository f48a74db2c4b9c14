"""Where a second of captioning goes, how much faster than real time it is, and what memory a long recording takes.

    .venv/bin/python benchmarks/captioning.py FOLDER [--clips 100] [--model MODEL] [--repeats 3] [--minutes 0]

FOLDER holds sounds; the first `--clips` of them by name count. The baseline is a plain loop: one file after the other,
a batch of one, and the whole sentence through the decoder again for every word (no key/value cache), with the same
network and as many beams. `--minutes` also captions a recording of that length and one of 2 minutes, and compares the
most memory each took. The bundled model is measured unless another is named.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from aaccore.audio import AudioFile, load_audio
from aaccore.captioner import Captioner, bundled_model, caption_files
from aaccore.events import ClipCaptioned
from aaccore.model import CaptioningModel, Encoded
from aaccore.tokenizer import Tokenizer


def run(*command: str | Path) -> tuple[float, float]:
    """Run Python in a process of its own: its wall time, s, and the most memory it took, MB."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *map(str, command)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def plain_search(model: CaptioningModel, encoded: Encoded, beams: int, longest: int) -> torch.Tensor:
    """Beam search for one clip that decodes each sentence from its start for every word."""
    tokens = torch.full((1, 1), Tokenizer.START)
    scores = torch.zeros(1)
    for _ in range(longest):
        count = len(tokens)
        memory, padding = encoded.memory.expand(count, -1, -1), encoded.audio_padding.expand(count, -1)
        hidden = model.decoder(model.embed(tokens), memory, padding)
        gains = model.logits(hidden[:, -1:]).squeeze(1).log_softmax(dim=1)
        ended = tokens[:, -1] == Tokenizer.END
        gains[ended] = -torch.inf
        gains[ended, Tokenizer.END] = 0.0
        best, places = (scores[:, None] + gains).flatten().topk(beams)
        scores = best
        tokens = torch.cat([tokens[places // gains.shape[1]], (places % gains.shape[1])[:, None]], dim=1)
        if bool((tokens[:, -1] == Tokenizer.END).all()):
            break
    return tokens


@torch.inference_mode()
def baseline(model: Path, paths: list[Path]) -> None:
    """The plain loop over files, loading the model included."""
    captioner = Captioner(model, "cpu")
    size = round(captioner.window_s * captioner.sample_rate)
    for path in paths:
        waveform, _ = load_audio(path, captioner.sample_rate)
        for start in range(0, len(waveform), size):
            encoded = captioner.encode([waveform[start : start + size]])
            decoding = captioner.decoding
            captioner.tokenizer.decode(
                plain_search(captioner.model, encoded, decoding.beam_size, decoding.max_tokens)[0].tolist()
            )


def stages(model: Path, paths: list[Path]) -> dict[str, float]:
    """Seconds in each stage of `caption_files`, the model loaded before."""
    spent: defaultdict[str, float] = defaultdict(float)

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            begin = time.perf_counter()
            try:
                return work(*arguments, **options)
            finally:
                spent[name] += time.perf_counter() - begin

        return wrapped

    begin = time.perf_counter()
    captioner = Captioner(model, "cpu")
    spent["loading the model (torch is imported already)"] = time.perf_counter() - begin
    network = captioner.model
    names = {"log_mels": "front ends", "features": "CNNs", "keywords": "keywords", "remember": "transformer encoder"}
    for method, name in names.items():
        setattr(network, method, timed(name, getattr(network, method)))
    captioner.search = timed("decoder, beam search", captioner.search)  # type: ignore[method-assign]
    begin = time.perf_counter()
    count = sum(isinstance(event, ClipCaptioned) for event in caption_files(captioner, paths))
    assert count == len(paths)
    total = time.perf_counter() - begin
    worked = sum(spent[name] for name in (*names.values(), "decoder, beam search"))
    spent["reading, resampling, cutting and the rest"] = total - worked
    return dict(spent)


def write_long(path: Path, minutes: float) -> None:
    """A recording of tones that move through noise, so that no window is silent or like the one before."""
    random = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", 44100, 1, "PCM_16") as file:
        for second in range(round(minutes * 60)):
            t = np.arange(44100) / 44100
            tone = np.sin(2 * np.pi * (200 + 37 * second % 3000) * t)
            file.write(0.05 * random.standard_normal(44100) + 0.2 * tone)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--model", type=Path, default=bundled_model())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--baseline", action="store_true", help="only run the baseline once, and print nothing")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.iterdir() if path.is_file())[: options.clips]
    if options.baseline:
        baseline(options.model, paths)
        return
    sound_s = sum(AudioFile(path).expected_s or 0 for path in paths)
    print(f"{len(paths)} clips, {sound_s:.0f} s of sound, {torch.get_num_threads()} threads\n")

    ours, plain = [], []
    for _ in range(options.repeats):  # in turns, so that a busy machine slows both alike
        ours.append(sound_s / run("-m", "aaccore", "caption", "--model", options.model, *paths)[0])
        same = ("--model", options.model, "--clips", str(options.clips))
        plain.append(sound_s / run(__file__, options.folder, *same, "--baseline")[0])
    print("| what | times real time |\n|---|---|")
    for name, found in (
        ("auricle caption, start to end", ours),
        ("baseline: one by one, no cache", plain),
    ):
        print(f"| {name} | {statistics.median(found):.1f} ({min(found):.1f}-{max(found):.1f}) |")

    print("\n| stage | s for all clips | share |\n|---|---|---|")
    spent = stages(options.model, paths)
    for name, seconds in spent.items():
        print(f"| {name} | {seconds:.2f} | {seconds / sum(spent.values()):.0%} |")

    if options.minutes:
        print("\n| recording | most memory, MB | times real time |\n|---|---|---|")
        with tempfile.TemporaryDirectory() as folder:
            for minutes in (2, options.minutes):
                path = Path(folder) / "long.wav"
                write_long(path, minutes)
                wall_s, memory_mb = run("-m", "aaccore", "caption", "--model", options.model, path)
                print(f"| {minutes:g} minutes | {memory_mb:.0f} | {minutes * 60 / wall_s:.1f} |")


if __name__ == "__main__":
    main()
