"""What reading sound costs, by format and for a long file: `python3 benchmarks/audio.py` prints the rows of the tables.

Times are the processor's, so that what else runs counts little. The files are made first, in a temporary folder (250 MB
for the longest).
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from aaccore.audio import AudioFile
from aaccore.segments import windows

RATE = 44_100
REPEATS = 3
MINUTES = 10
LONG = {"10 min": 600, "2 h": 7_200}

SOUNDFILE = {"WAV": "WAV", "FLAC": "FLAC", "Ogg Vorbis": "OGG", "AIFF": "AIFF"}
PYAV = {
    "MP3": ("libmp3lame", "mp3"),
    "M4A (AAC)": ("aac", "mp4"),
    "WMA": ("wmav2", "asf"),
    "MKV (AAC)": ("aac", "matroska"),
}


def seconds_of_noise(seconds: int, rate: int, channels: int) -> Iterator[NDArray[np.float32]]:
    """A second at a time, (frames, channels): noise that swells and falls, as the wind does."""
    noise = np.random.default_rng(0).normal(0, 0.1, (rate, channels)).astype(np.float32)
    for second in range(seconds):
        yield noise * np.float32(0.6 + 0.4 * np.sin(second))


def write(path: Path, name: str, seconds: int, rate: int, channels: int) -> None:
    blocks = seconds_of_noise(seconds, rate, channels)
    if name in SOUNDFILE:
        with soundfile.SoundFile(path, "w", rate, channels, format=SOUNDFILE[name]) as file:
            for block in blocks:
                file.write(block)
        return
    codec, form = PYAV[name]
    layout = "stereo" if channels == 2 else "mono"
    with av.open(str(path), "w", format=form) as container:
        track = container.add_stream(codec, rate=rate, layout=layout)
        track.bit_rate = 96_000 * channels
        container.start_encoding()
        resampler = av.AudioResampler(track.codec_context.format, layout, rate, track.codec_context.frame_size or 1024)
        for block in blocks:
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout=layout)
            frame.sample_rate = rate
            for converted in resampler.resample(frame):
                container.mux(track.encode(converted))
        container.mux(track.encode(None))


def read(path: Path) -> None:
    with AudioFile(path, 16_000) as audio:
        for _ in windows(audio.blocks(), audio.sample_rate, 10.0, -70.0):
            pass


def time_per_format(folder: Path) -> None:
    for name in (*SOUNDFILE, *PYAV):
        path = folder / "sound"
        write(path, name, MINUTES * 60, RATE, 2)
        runs = []
        for _ in range(REPEATS):
            started = time.process_time()
            read(path)
            runs.append(time.process_time() - started)
        print(f"| {name} | {statistics.median(runs):.2f} s ({min(runs):.2f} to {max(runs):.2f}) |", flush=True)


def memory(folder: Path) -> None:
    """The largest memory of a process that reads a file, so that nothing of an earlier run counts."""
    for name in ("FLAC", "MP3"):
        for length, seconds in LONG.items():
            path = folder / "long"
            write(path, name, seconds, 16_000, 1)
            command = [sys.executable, __file__, str(path)]
            megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
            print(f"| {name}, {length} | {megabytes} MB |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read(Path(sys.argv[1]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    else:
        with TemporaryDirectory() as name:
            time_per_format(Path(name))
            memory(Path(name))
