"""What lies in a sound file, and its samples: libsndfile (through soundfile) first, FFmpeg (through PyAV) for the rest.

The kind of a file is judged by its content alone, never by its name. Both readers get an open file, not a path: no
extension can mislead them, and FFmpeg can neither follow a playlist nor reach the network.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Literal

import av
import numpy as np
import soundfile
import soxr  # type: ignore[import-untyped]
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from numpy.typing import NDArray

from aaccore.errors import AudioError

Samples = NDArray[np.float32]

RATES = (1_000, 1_000_000)
"""Sample rates that are taken for real, Hz; sound is recorded at 4 to 384 kHz."""

MAX_CHANNELS = 64
"""More channels than any recorder writes (seventh-order ambisonics); above, the header is damaged."""

READ_FRAMES = 65_536
"""Frames decoded at once by libsndfile."""

LONGEST_LEAD_S = 3600.0
"""A sound track that starts later than this after its video has a damaged time stamp."""

_SNDFILE_NAMES = {"WAVEX": "WAV", "WAV": "WAV", "OGG": "Ogg"}
_FFMPEG_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,loas,matroska,webm,mov,mp4,mp3,mpc,mpc8,mpeg,"
    "mpegts,mxf,nut,ogg,oma,rm,tak,truehd,tta,voc,w64,wav,wtv,wv"
)
_CODEC_NAMES = {
    "mp3": "MP3", "mp3float": "MP3", "aac": "AAC", "alac": "ALAC", "wmav1": "WMA", "wmav2": "WMA", "wmapro": "WMA",
    "wmalossless": "WMA", "opus": "Opus", "libopus": "Opus", "vorbis": "Vorbis", "libvorbis": "Vorbis", "flac": "FLAC",
    "ac3": "AC-3", "eac3": "E-AC-3", "amrnb": "AMR", "amrwb": "AMR",
}  # fmt: skip
_CONTAINER_NAMES = {
    "asf": "", "mp3": "", "aac": "", "flac": "", "ogg": "Ogg", "avi": "AVI", "wav": "WAV", "caf": "CAF", "aiff": "AIFF",
    "flv": "FLV", "mpegts": "MPEG-TS", "mpeg": "MPEG", "mxf": "MXF", "ac3": "", "eac3": "", "amr": "", "wv": "",
}  # fmt: skip


@dataclass(frozen=True)
class SoundInfo:
    """What is known of a file before it is read to the end.

    Attributes:
        reader: The library that reads it.
        format_name: For people, "WAV" or "AAC in MP4".
        sample_rate: Hz.
        channels: At least 1.
        frames: Exact number of samples a channel; None where only decoding can tell.
        expected_s: What the header claims, s: good for a progress bar and to notice what is missing, nothing else.
    """

    reader: Literal["soundfile", "ffmpeg"]
    format_name: str
    sample_rate: int
    channels: int
    frames: int | None
    expected_s: float | None


def probe(path: Path) -> SoundInfo:
    """Find out what a file is, by its content.

    Raises:
        AudioError: It is missing, a directory, unreadable, empty, not sound, without sound, or damaged beyond reading.
    """
    with _opened(path) as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise AudioError(f"{path.name}: the file is empty (0 bytes); record or copy it again")
        is_mp3 = _is_mp3(file)
        info = (None if is_mp3 else _probe_soundfile(path, file)) or _probe_ffmpeg(path)
    low, high = RATES
    if not low <= info.sample_rate <= high:
        raise AudioError(
            f"{path.name}: the header claims {info.sample_rate} Hz, which no recorder writes; the file is damaged"
        )
    if not 1 <= info.channels <= MAX_CHANNELS:
        raise AudioError(
            f"{path.name}: the header claims {info.channels} channels, over {MAX_CHANNELS} or none; the file is damaged"
        )
    return info


def decode(path: Path, info: SoundInfo, warnings: list[str]) -> Iterator[Samples]:
    """Read a file from its start.

    Args:
        path: The file.
        info: Its `probe`.
        warnings: Gets a sentence for each thing that is wrong with the file and could be read past.

    Yields:
        Blocks of (frames, channels) float32, of any length over 0, as they come out of the decoder.

    Raises:
        AudioError: Nothing at all can be read, or the file has gone since.
    """
    read = 0
    blocks = _decode_soundfile(path, warnings) if info.reader == "soundfile" else _decode_ffmpeg(path, info, warnings)
    for block in blocks:
        read += len(block)
        yield block
    if read == 0:
        raise AudioError(f"{path.name}: damaged, no sound could be decoded ({info.format_name}); copy it again")
    read_s = read / info.sample_rate
    if not warnings and info.expected_s is not None and read_s < info.expected_s - max(0.1, 0.002 * info.expected_s):
        warnings.append(f"damaged or cut off: read {read_s:.1f} s of {info.expected_s:.1f} s")


def resampled(blocks: Iterator[Samples], source_rate: int, target_rate: int) -> Iterator[Samples]:
    """Change the sample rate of a stream of blocks, (frames,) or (frames, channels), with soxr.

    The result has exactly round(frames * target_rate / source_rate) frames, in step with the source.
    """
    if source_rate == target_rate:
        yield from blocks
        return
    stream: soxr.ResampleStream | None = None
    taken = given = 0
    rest = np.zeros(0, np.float32)
    for block in blocks:
        if stream is None:
            channels = 1 if block.ndim == 1 else block.shape[1]
            stream = soxr.ResampleStream(source_rate, target_rate, channels, dtype="float32", quality="HQ")
            rest = np.zeros((0, *block.shape[1:]), np.float32)
        taken += len(block)
        part = stream.resample_chunk(block)
        given += len(part)
        if len(part):
            yield part
    if stream is not None:
        tail = stream.resample_chunk(rest, last=True)
        missing = round(taken * target_rate / source_rate) - given
        padding = np.zeros((max(0, missing - len(tail)), *tail.shape[1:]), np.float32)
        if missing > 0:
            yield np.concatenate([tail[:missing], padding])


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a regular file for reading; its `name` is a number, so no reader sees the extension."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError(f"{path.name}: a folder, not a file; name the files in it, or use --recursive")
        if not stat.S_ISREG(mode):
            raise AudioError(f"{path.name}: a device or a pipe, not a file; save the sound to a file first")
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise AudioError(f"{path}: no such file; check the name") from None
    except PermissionError:
        raise AudioError(f"{path.name}: may not be read; check the file's permissions") from None
    except (OSError, ValueError) as error:
        raise AudioError(f"{path.name}: cannot be opened ({getattr(error, 'strerror', None) or error})") from None
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _is_mp3(file: IO[bytes]) -> bool:
    """Tell MP3 early: libsndfile reads it too, but only guesses its length and complains on stderr."""
    head = file.read(2)
    file.seek(0)
    return head == b"ID" or (len(head) == 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)


def _probe_soundfile(path: Path, file: IO[bytes]) -> SoundInfo | None:
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.SoundFileError:
        return None
    with sound:
        if sound.frames == 0:
            return None
        try:
            sound.seek(sound.frames - 1)
            exact = len(sound.read(1, dtype="float32", always_2d=True)) == 1
        except (soundfile.SoundFileError, ValueError):
            exact = False
        name = _SNDFILE_NAMES.get(sound.format, sound.format)
        if sound.format == "OGG":
            name = f"Ogg {sound.subtype.capitalize()}"
        plausible = 0 < sound.frames < 2**40 and sound.samplerate > 0
        return SoundInfo(
            "soundfile",
            name,
            sound.samplerate,
            sound.channels,
            sound.frames if exact else None,
            sound.frames / sound.samplerate if plausible else None,
        )


def _decode_soundfile(path: Path, warnings: list[str]) -> Iterator[Samples]:
    with _opened(path) as file, soundfile.SoundFile(file) as sound:
        while True:
            try:
                block = sound.read(READ_FRAMES, dtype="float32", always_2d=True)
            except soundfile.SoundFileError:
                return
            if len(block) == 0:
                return
            yield block


@contextmanager
def _ffmpeg_sound(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a file with FFmpeg and choose its sound track: the default one, else the first."""
    with _opened(path) as file:
        try:
            container = av.open(
                file,
                mode="r",
                container_options={"format_whitelist": _FFMPEG_FORMATS},
                metadata_errors="replace",
                buffer_size=1 << 17,
            )
        except (av.FFmpegError, ValueError, OSError):
            raise AudioError(f"{path.name}: not a sound file, or damaged; drop a sound or video file") from None
        with container:
            tracks = [s for s in container.streams.audio if s.codec_context is not None]
            if not tracks:
                raise AudioError(f"{path.name}: no audio stream found; drop a sound or video file")
            track = next((s for s in tracks if s.disposition & Disposition.default), tracks[0])
            for stream in container.streams:
                if stream.index != track.index:
                    stream.discard = av.stream.Discard.all
            yield container, track


def _ffmpeg_frames(container: InputContainer, track: AudioStream, damaged: list[float]) -> Iterator[AudioFrame]:
    """Decode packet by packet, past the broken ones, whose lengths are added to `damaged`."""
    try:
        for packet in container.demux(track):
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                damaged.append(float((packet.duration or 0) * (packet.time_base or 0)))
                continue
            for frame in frames:
                if isinstance(frame, AudioFrame) and frame.samples:
                    yield frame
    except (av.FFmpegError, OSError):
        damaged.append(0.0)


def _probe_ffmpeg(path: Path) -> SoundInfo:
    with _ffmpeg_sound(path) as (container, track):
        damaged: list[float] = []
        frame = next(_ffmpeg_frames(container, track, damaged), None)
        if frame is None:
            raise AudioError(f"{path.name}: damaged or empty, no sound could be decoded; copy it again")
        expected = None
        if track.duration and track.time_base and container.format.name not in ("mp3", "aac"):
            expected = float(track.duration * track.time_base)
        return SoundInfo(
            "ffmpeg", _format_name(path, container, track), frame.sample_rate, frame.layout.nb_channels, None, expected
        )


def _format_name(path: Path, container: InputContainer, track: AudioStream) -> str:
    codec = track.codec_context.name
    name = _CODEC_NAMES.get(codec, "PCM" if codec.startswith("pcm_") else codec.upper())
    kind = container.format.name
    if kind.startswith("mov"):
        holder = "MOV" if container.metadata.get("major_brand", "qt").startswith("qt") else "MP4"
    elif kind.startswith("matroska"):
        with _opened(path) as file:
            holder = "WebM" if b"webm" in file.read(64) else "Matroska"
    else:
        holder = _CONTAINER_NAMES.get(kind, kind.upper())
    return f"{name} in {holder}" if holder and holder != name else name


def _decode_ffmpeg(path: Path, info: SoundInfo, warnings: list[str]) -> Iterator[Samples]:
    with _ffmpeg_sound(path) as (container, track):
        damaged: list[float] = []
        frames = _ffmpeg_frames(container, track, damaged)
        for rate, run in groupby(frames, key=lambda frame: frame.sample_rate):
            yield from resampled((_samples(frame, info.channels) for frame in run), rate, info.sample_rate)
        if damaged:
            warnings.append(f"damaged: {len(damaged)} pieces could not be decoded and were left out")


def _samples(frame: AudioFrame, channels: int) -> Samples:
    """A decoded frame as (frames, channels) float32, integers scaled to -1..1."""
    data = frame.to_ndarray()
    count = frame.layout.nb_channels
    data = data.T if frame.format.is_planar else data.reshape(-1, count)  # (frames, channels)
    if data.dtype == np.uint8:
        scaled = (data.astype(np.float32) - 128) / 128
    elif data.dtype.kind == "i":
        scaled = (data / float(2 ** (8 * data.dtype.itemsize - 1))).astype(np.float32)
    else:
        scaled = data.astype(np.float32)
    if count != channels:
        scaled = np.repeat(scaled.mean(axis=1, keepdims=True), channels, axis=1)
    return np.ascontiguousarray(scaled)
