"""What lies in a sound file, and its samples: libsndfile (through soundfile) first, FFmpeg (through PyAV) for the rest.

The kind of a file is judged by its content alone, never by its name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from aaccore import ffmpeg, ffmpeg_seek
from aaccore.errors import AudioError
from aaccore.sound_file import Samples, SoundBytes, SoundInfo, opened

RATES = (1_000, 1_000_000)
"""Sample rates that are believed, Hz; sound is recorded at 4 to 384 kHz."""

MAX_CHANNELS = 64
"""More than any recorder writes (seventh-order ambisonics); above, the header is damaged."""

READ_FRAMES = 65_536
"""Frames that libsndfile decodes at once."""

MALFORMED = 3
"""libsndfile's error code for a file whose kind it knows and whose parts do not fit together."""


def probe(path: Path) -> SoundInfo:
    """Find out what a file is, by its content.

    Raises:
        AudioError: It is missing, a directory, unreadable, empty, not sound, without sound, or damaged beyond reading.
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise AudioError(f"{path.name}: the file is empty (0 bytes); record or copy it again")
        info = _probe_soundfile(file, path)
    low, high = RATES
    if not low <= info.sample_rate <= high:
        raise AudioError(
            f"{path.name}: the header claims {info.sample_rate} Hz, which no recorder writes; the file is damaged"
        )
    if not 1 <= info.channels <= MAX_CHANNELS:
        raise AudioError(
            f"{path.name}: the header claims {info.channels} channels, over {MAX_CHANNELS} or none; the file is damaged"
        )
    if info.expected_s is not None and not 0 < info.expected_s < size:  # not even a byte a second
        return replace(info, expected_s=None)
    return info


def decode(path: Path, info: SoundInfo, warnings: list[str]) -> Iterator[tuple[int, Samples]]:
    """Read a file from its start.

    Args:
        path: The file.
        info: Its `probe`.
        warnings: Gets a sentence for each thing that is wrong with the file and could be read past.

    Yields:
        The sample rate, and (frames, channels) float32 of any length over 0, as they come out of the decoder. Rate
        and channels may change within a file, as in a recorded broadcast.

    Raises:
        AudioError: Nothing at all can be read, or the file has gone since.
    """
    read_s = 0.0
    pieces = _decode_soundfile(path, info, warnings) if info.reader == "soundfile" else ffmpeg.decode(path, warnings)
    for rate, samples in pieces:
        read_s += len(samples) / rate
        yield rate, samples
    if read_s == 0:
        raise AudioError(f"{path.name}: damaged, no sound could be decoded ({info.format_name}); copy it again")
    wanted_s = info.expected_s or 0.0
    if info.frames is not None and read_s < (info.frames - 0.5) / info.sample_rate:
        short = True
    else:  # a header may round, and codecs that work in frames leave a few tenths of a second of doubt
        short = read_s < wanted_s - max(0.25, 0.005 * wanted_s)
    if short:
        warnings.append(f"damaged or cut off: read {read_s:.2f} s of {wanted_s:.2f} s")
    elif info.cut_off:
        warnings.append(f"cut off: read {read_s:.2f} s, the end is missing")


def decode_from(path: Path, info: SoundInfo, start_s: float) -> Iterator[tuple[int, Samples]]:
    """Read a file from a time on, without reading what lies before; past its end there is nothing.

    Raises:
        AudioError: The file has gone since its `probe`.
    """
    if info.reader == "ffmpeg":
        yield from ffmpeg_seek.decode_from(path, start_s)
        return
    with opened(path) as file, soundfile.SoundFile(file) as sound:
        sound.seek(min(sound.frames, round(start_s * info.sample_rate)))
        while len(samples := _read(sound, READ_FRAMES)):
            yield info.sample_rate, samples


def excerpts(path: Path, info: SoundInfo, starts_s: Iterable[float], length_s: float) -> Generator[tuple[int, Samples]]:
    """Read short pieces of a file, one for each start, without reading what lies between.

    Yields:
        For each start the sample rate and (frames, channels) float32; shorter, down to 0 frames, where the file ends.

    Raises:
        AudioError: The file has gone since its `probe`.
    """
    if info.reader == "ffmpeg":
        yield from ffmpeg_seek.excerpts(path, starts_s, length_s)
        return
    with opened(path) as file, soundfile.SoundFile(file) as sound:
        for start_s in starts_s:
            sound.seek(min(sound.frames, round(start_s * info.sample_rate)))
            yield info.sample_rate, _read(sound, round(length_s * info.sample_rate))


def _read(sound: soundfile.SoundFile, frames: int) -> Samples:
    """(frames, channels), or nothing where the file is damaged."""
    try:
        samples: Samples = sound.read(frames, dtype="float32", always_2d=True)
    except soundfile.SoundFileError:
        return np.zeros((0, sound.channels), np.float32)
    return samples


def _probe_soundfile(file: SoundBytes, path: Path) -> SoundInfo:
    """Ask libsndfile, and FFmpeg where that fails or is the worse reader: MP3, chained Ogg, lengths it cannot keep."""
    same_stream, ended = _ogg_end(file)
    if _starts_as_mp3(file) or not same_stream:
        return ffmpeg.probe(path)
    malformed = False
    try:
        with soundfile.SoundFile(file) as sound:
            sound.seek(sound.frames - 1)
            if len(sound.read(1, dtype="float32")) == 1:
                name = f"Ogg {sound.subtype.capitalize()}" if sound.format == "OGG" else sound.format
                name = "WAV" if name == "WAVEX" else name
                expected_s = sound.frames / sound.samplerate * _claimed_share(sound.extra_info)
                return SoundInfo(
                    "soundfile", name, sound.samplerate, sound.channels, sound.frames, expected_s, not ended
                )
    except soundfile.LibsndfileError as error:
        malformed = error.code == MALFORMED
    except (soundfile.SoundFileError, ValueError, ZeroDivisionError):
        pass  # FFmpeg may know better
    info = ffmpeg.probe(path)
    return replace(info, cut_off=malformed)


def _starts_as_mp3(file: SoundBytes) -> bool:
    """Tell MP3 early: libsndfile reads it too, but only guesses its length and complains on stderr."""
    head = file.read(10)
    if head.startswith(b"ID3") and len(head) == 10:
        file.seek(10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)))
        tagged = file.read(4)
        file.seek(0)
        return tagged not in (b"fLaC", b"RIFF", b"FORM", b"OggS")
    file.seek(0)
    return head[:1] == b"\xff" and head[1:2] >= b"\xe0"


def _ogg_end(file: SoundBytes) -> tuple[bool, bool]:
    """Of an Ogg file: does its last page belong to the first one's stream, and does it say that it is the last?"""
    first = file.read(18)
    if not first.startswith(b"OggS"):
        file.seek(0)
        return True, True
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2**16 - 27))  # no page is longer
    rest = file.read()
    file.seek(0)
    page = rest[max(0, rest.rfind(b"OggS")) :]
    return page[14:18] == first[14:18], len(page) > 5 and page[5] & 4 != 0


def _claimed_share(log: str) -> float:
    """How many times the sound that is there a WAV or AIFF header claims, by libsndfile's log of the header."""
    found = re.search(r"(?:data|SSND) : (\d+) \(should be (\d+)\)", log)
    found = found or re.search(r"(?:RIFF|riff|Riff size|FORM) : (\d+) \(should be (\d+)\)", log)
    claimed, real = map(int, found.groups()) if found else (1, 1)
    streamed = claimed >= 0xFFFF0000 or 0x7FFF0000 <= claimed <= 0x80000000  # written where the size was not yet known
    return claimed / real if real and claimed > real and not streamed else 1.0


def _decode_soundfile(path: Path, info: SoundInfo, warnings: list[str]) -> Iterator[tuple[int, Samples]]:
    """Read with libsndfile; it gives up at the first damaged place, so FFmpeg goes on from there."""
    read = 0
    with opened(path) as file, soundfile.SoundFile(file) as sound:
        while True:
            try:
                samples = sound.read(READ_FRAMES, dtype="float32", always_2d=True)
            except soundfile.SoundFileError:
                break
            if len(samples) == 0:
                break
            read += len(samples)
            yield info.sample_rate, samples
    if info.frames is None or read >= info.frames:
        return
    try:
        for rate, samples in ffmpeg.decode(path, warnings):
            known = min(read, len(samples))
            read -= known
            if known < len(samples):
                yield rate, samples[known:]
    except AudioError:
        return  # `decode` says how much is missing
