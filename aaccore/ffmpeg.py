"""Sound through FFmpeg (PyAV): what libsndfile does not read, the sound of videos, and damaged files.

FFmpeg gets an open file and a list of formats, so that it can neither follow a playlist nor reach the network. It takes
the encoder's delay off where the file declares it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition
from numpy.typing import NDArray

from aaccore.errors import AudioError
from aaccore.sound_file import Samples, SoundInfo, opened

SHORTEST_GAP_S, LONGEST_GAP_S = 0.05, 60.0
"""Between two decoded pieces: what is shorter is rounding of time stamps, what is longer is a damaged time stamp."""

SHORTEST_LEAD_S, LONGEST_LEAD_S = 0.25, 3600.0
"""A sound track that starts that much after its video gets silence before it; less is the codec's own delay."""

_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,loas,matroska,webm,mov,mp4,mp3,mpc,mpc8,mpeg,"
    "mpegts,mxf,nut,ogg,oma,rm,tak,truehd,tta,voc,w64,wav,wtv,wv"
)
_SAMPLE_TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
_CODEC_NAMES = {
    "mp3float": "MP3", "wmav1": "WMA", "wmav2": "WMA", "wmapro": "WMA", "wmalossless": "WMA", "libopus": "Opus",
    "opus": "Opus", "libvorbis": "Vorbis", "vorbis": "Vorbis", "ac3": "AC-3", "eac3": "E-AC-3", "amrnb": "AMR",
    "amrwb": "AMR",
}  # fmt: skip
_CONTAINER_NAMES = {
    "asf": "", "mp3": "", "aac": "", "flac": "", "ac3": "", "eac3": "", "amr": "", "ogg": "Ogg", "mpegts": "MPEG-TS",
}  # fmt: skip
_KNOWN_HEADS = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM", b"caff", b"ID3", b"\x1aE\xdf\xa3", b"0&\xb2u", b"riff")


def probe(path: Path) -> SoundInfo:
    """Find out what a file is, down to its first decoded piece.

    Raises:
        AudioError: It is not sound, without sound, or damaged beyond reading.
    """
    with sound_track(path) as (container, track):
        frame = next(decoded_frames(container, track, []), None)
        if frame is None:
            raise AudioError(f"{path.name}: damaged or empty, no sound could be decoded; copy it again")
        name, channels = _format_name(path, container, track), frame.layout.nb_channels
        return SoundInfo("ffmpeg", name, frame.sample_rate, channels, None, _expected_s(container, track))


def decode(path: Path, warnings: list[str]) -> Iterator[tuple[int, Samples]]:
    """Read a file from its start.

    Silence stands where time stamps leave a gap, so that what follows keeps its time. The padding at the end that MP4
    declares is left out.

    Args:
        path: The file.
        warnings: Gets a sentence for each thing that is wrong with the file and could be read past.

    Yields:
        The sample rate, and (frames, channels) float32, of each decoded piece.

    Raises:
        AudioError: See `probe`.
    """
    damage: list[str] = []
    gaps: list[float] = []
    believed_s = LONGEST_GAP_S  # silence may not outgrow what was heard
    held: tuple[int, Samples] | None = None
    reached_s: float | None = None
    with sound_track(path) as (container, track):
        origin_s = None if container.start_time is None else container.start_time / av.time_base
        for frame in decoded_frames(container, track, damage):
            rate, samples = frame.sample_rate, frame_samples(frame)
            start_s = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
            silence_s = 0.0
            if held is not None:
                yield held
                if start_s is not None and reached_s is not None:
                    gap_s = start_s - reached_s
                    if SHORTEST_GAP_S < gap_s < min(LONGEST_GAP_S, believed_s):
                        silence_s = gap_s
                        believed_s -= gap_s
                        gaps.append(gap_s)
            elif start_s is not None and origin_s is not None and start_s - origin_s > SHORTEST_LEAD_S:
                silence_s = min(start_s - origin_s, LONGEST_LEAD_S)
            yield from silence(silence_s, rate, samples.shape[1])
            held = rate, samples
            believed_s += len(samples) / rate
            reached_s = None if start_s is None else start_s + len(samples) / rate
        if held is not None:
            rate, samples = held
            excess = 0 if reached_s is None else round(max(0.0, reached_s - _end_s(container, track)) * rate)
            yield rate, samples[: len(samples) - excess] if excess < len(samples) else samples
    if gaps:
        warnings.append(f"damaged: {sum(gaps):.1f} s are missing ({_places(len(gaps))}) and were read as silence")
    if damage:
        warnings.append(f"damaged: what could not be decoded was left out ({_places(len(damage))})")


@contextmanager
def sound_track(path: Path) -> Iterator[tuple[InputContainer, AudioStream]]:
    """Open a file and choose its sound track: the default one, else the first."""
    with opened(path) as file:
        try:
            container = av.open(
                file,
                mode="r",
                container_options={"format_whitelist": _FORMATS},
                metadata_errors="replace",
                buffer_size=1 << 17,
            )
        except (av.FFmpegError, ValueError, OSError):
            raise AudioError(f"{path.name}: {_why_not(path)}; drop a sound or video file") from None
        with container:
            tracks = [track for track in container.streams.audio if track.codec_context is not None]
            if not tracks and container.streams.audio:
                raise AudioError(f"{path.name}: its sound is of a kind that cannot be decoded; convert it to WAV first")
            if not tracks:
                raise AudioError(f"{path.name}: no audio stream found; drop a sound or video file")
            track = next((track for track in tracks if track.disposition & Disposition.default), tracks[0])
            for stream in container.streams:
                if stream.index != track.index:
                    stream.discard = Discard.all  # a video's pictures are not even read
            yield container, track


def _why_not(path: Path) -> str:
    """Tell a damaged sound file from what never was one, by its first bytes."""
    with opened(path) as file:
        head = file.read(12)
    if head[4:8] == b"ftyp":
        return "damaged or cut off, its index is missing"
    return "damaged, nothing in it can be read" if head.startswith(_KNOWN_HEADS) else "not a sound file"


def decoded_frames(container: InputContainer, track: AudioStream, damage: list[str]) -> Iterator[AudioFrame]:
    """Decode packet by packet, past the broken ones; what FFmpeg says of each goes to `damage`."""
    try:
        for packet in container.demux(track):
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError) as error:
                damage.append(str(error))
                continue
            for frame in frames:
                if isinstance(frame, AudioFrame) and frame.samples:
                    yield frame
    except IndexError:
        return  # PyAV stumbles at the end of a file in which a track appeared late
    except (av.FFmpegError, OSError) as error:
        damage.append(str(error))


def frame_samples(frame: AudioFrame) -> Samples:
    """A decoded frame as (frames, channels) float32, integers scaled to -1..1."""
    # Not frame.to_ndarray(): it knows no 64-bit integers, and looks for more planes than there are beyond 8 channels.
    channels, dtype = frame.layout.nb_channels, np.dtype(_SAMPLE_TYPES[frame.format.name.removesuffix("p")])
    data: NDArray[Any]
    if frame.format.is_planar:
        data = np.stack([np.frombuffer(_plane(frame, k), dtype, frame.samples) for k in range(channels)], axis=1)
    else:
        data = np.frombuffer(_plane(frame, 0), dtype, frame.samples * channels).reshape(-1, channels)
    # (frames, channels)
    if data.dtype == np.uint8:
        return (data.astype(np.float32) - np.float32(128)) / np.float32(128)
    if data.dtype.kind == "i":
        return np.asarray(data / 2.0 ** (8 * data.dtype.itemsize - 1), np.float32)
    with np.errstate(over="ignore"):  # float64 beyond float32 becomes infinite, which the caller looks for
        return np.ascontiguousarray(data, np.float32)


def _plane(frame: AudioFrame, index: int) -> Any:
    """A channel's bytes, or all channels' in turn: a buffer, which PyAV's stubs leave out."""
    return AudioPlane(frame, index)


def silence(duration_s: float, rate: int, channels: int) -> Iterator[tuple[int, Samples]]:
    """Silence, in pieces of at most a second."""
    frames = round(duration_s * rate)
    for start in range(0, frames, rate):
        yield rate, np.zeros((min(rate, frames - start), channels), np.float32)


def _end_s(container: InputContainer, track: AudioStream) -> float:
    """Where MP4's index ends the track, s; endless elsewhere."""
    if not container.format.name.startswith("mov") or not track.duration or not track.time_base:
        return math.inf
    return float(((track.start_time or 0) + track.duration) * track.time_base)


def _expected_s(container: InputContainer, track: AudioStream) -> float | None:
    """The length in the header, s; None where FFmpeg only guesses it from the bit rate."""
    if "DURATION" in track.metadata:  # Matroska; the container's own is that of its longest track
        clock = re.match(r"(\d+):(\d+):(\d+\.?\d*)", track.metadata["DURATION"])
        return 3600 * float(clock[1]) + 60 * float(clock[2]) + float(clock[3]) if clock else None
    guessed = container.format.name == "aac" or (container.format.name == "mp3" and not track.start_time)
    if guessed or not track.duration or not track.time_base:
        return None
    return float(track.duration * track.time_base)


def _format_name(path: Path, container: InputContainer, track: AudioStream) -> str:
    codec, kind = track.codec_context.name, container.format.name
    name = "PCM" if codec.startswith("pcm_") else _CODEC_NAMES.get(codec, codec.upper())
    if kind.startswith("mov"):
        holder = "MOV" if container.metadata.get("major_brand", "qt").startswith("qt") else "MP4"
    elif kind.startswith("matroska"):
        with opened(path) as file:
            holder = "WebM" if b"webm" in file.read(64) else "Matroska"
    else:
        holder = _CONTAINER_NAMES.get(kind, kind.upper())
    return f"{name} in {holder}" if holder and holder != name else name


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"
