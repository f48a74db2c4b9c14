from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from aaccore.decoders import decode, probe
from aaccore.errors import AudioError
from tests.aaccore.made_sounds import click_and_tone, encode


def read(path: Path) -> tuple[float, list[str]]:
    """How much of a file can be decoded, s, and the warnings."""
    warnings: list[str] = []
    frames = 0
    info = probe(path)
    for rate, samples in decode(path, info, warnings):
        assert rate == info.sample_rate
        assert samples.dtype == np.float32
        assert samples.ndim == 2
        assert len(samples) > 0
        frames += len(samples)
    return frames / info.sample_rate, warnings


def noise(seconds: float = 6.0, rate: int = 16000) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (round(seconds * rate), 2)).astype(np.float32)


def wav(
    rate: int = 8000,
    channels: int = 1,
    bits: int = 16,
    kind: int = 1,
    size: int | None = None,
    data: bytes | None = None,
) -> bytes:
    """A WAV file of one second, with whatever its header is to claim."""
    data = (np.sin(np.arange(8000) * 0.1) * 9000).astype("<i2").tobytes() if data is None else data
    align = channels * bits // 8
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * align & 0xFFFFFFFF, align & 0xFFFF, bits)
    chunks = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    chunks += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", min(0xFFFFFFFF, len(chunks) if size is None else size + 36)) + chunks


def refused(path: Path, content: bytes | None = None) -> str:
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AudioError) as caught:
        read(path)
    message = str(caught.value)
    assert path.name in message
    assert ";" in message  # what happened; what to do
    return message


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path / "a.wav", b"")


def test_a_header_without_sound_is_called_empty(tmp_path: Path) -> None:
    assert "empty" in refused(tmp_path / "a.wav", wav(data=b""))


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.mp4"])
def test_what_is_not_sound_is_called_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert "not a sound file" in refused(path, b"The quick brown fox jumps over the lazy dog.\n" * 500)
    assert "not a sound file" in refused(path, b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 50)
    assert "not a sound file" in refused(path, b"%PDF-1.4\n" + bytes(range(256)) * 100)
    assert "not a sound file" in refused(path, bytes(100_000))
    assert "not a sound file" in refused(path, b"\xff" * 100_000)
    assert "not a sound file" in refused(path, b"R")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.wav", wav())
    assert "not a sound file" in refused(path)


@pytest.mark.parametrize("head", [b"RIFF", b"fLaC", b"OggS", b"FORM", b"caff", b"\0\0\0\x20ftypM4A "])
def test_a_sound_file_of_which_only_the_head_is_left_is_called_damaged(tmp_path: Path, head: bytes) -> None:
    assert "damaged" in refused(tmp_path / "a.wav", head)


@pytest.mark.parametrize("rate", [0, 1, 500, 2_000_000_000, 0xFFFFFFFF])
def test_an_absurd_rate_is_refused(tmp_path: Path, rate: int) -> None:
    assert "damaged" in refused(tmp_path / "a.wav", wav(rate=rate))


@pytest.mark.parametrize("channels", [0, 200, 65535])
def test_an_absurd_number_of_channels_is_refused(tmp_path: Path, channels: int) -> None:
    assert "damaged" in refused(tmp_path / "a.wav", wav(channels=channels))


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF])
def test_sizes_that_a_recorder_left_open_do_not_matter(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.wav").write_bytes(wav(size=size))
    assert read(tmp_path / "a.wav") == (1.0, [])
    assert probe(tmp_path / "a.wav").expected_s == 1.0


def test_an_unknown_codec_is_called_so(tmp_path: Path) -> None:
    assert "cannot be decoded" in refused(tmp_path / "a.wav", wav(kind=0x99))


@pytest.mark.parametrize("frames", [0, 2**36 - 1])
def test_a_flac_header_without_a_true_length_does_not_matter(tmp_path: Path, frames: int) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, noise(), 16000)
    content = bytearray(path.read_bytes())
    fields = int.from_bytes(content[18:26], "big")
    content[18:26] = (fields >> 36 << 36 | frames).to_bytes(8, "big")  # the lowest 36 bits count the frames
    path.write_bytes(content)
    assert probe(path).frames is None
    assert probe(path).expected_s is None
    assert read(path) == (6.0, [])


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_tags_before_the_sound_do_not_matter(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, noise(), 16000)
    path.write_bytes(b"ID3\4\0\0\0\0\1\0" + bytes(128) + path.read_bytes())
    seconds, warnings = read(path)
    assert seconds == pytest.approx(6.0, abs=0.01)
    assert warnings == []


CUT = ["a.wav", "a.aiff", "a.w64", "a.rf64", "a.caf", "a.flac", "a.ogg", "a.mp3", "a.mkv", "a.webm", "a.wma", "a.aac"]


def made(path: Path) -> Path:
    sound = noise(6.0, 48000)
    codec = {".mp3": "libmp3lame", ".mkv": "flac", ".webm": "libopus", ".wma": "wmav2", ".aac": "aac", ".m4a": "aac"}
    if path.suffix in codec:
        return encode(path, codec[path.suffix], [sound], 48000, form="adts" if path.suffix == ".aac" else None)
    form = {
        ".ogg": "OGG",
        ".rf64": "RF64",
        ".caf": "CAF",
        ".w64": "W64",
        ".aiff": "AIFF",
        ".flac": "FLAC",
        ".wav": "WAV",
    }
    soundfile.write(path, sound, 48000, format=form[path.suffix])
    return path


@pytest.mark.parametrize("name", CUT)
def test_what_is_left_of_a_cut_off_file_is_read_with_a_warning(tmp_path: Path, name: str) -> None:
    path = made(tmp_path / name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    seconds, warnings = read(path)
    assert 2.0 < seconds < 4.5
    assert any("damaged" in warning or "cut off" in warning for warning in warnings)


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.mp3", "a.mkv", "a.m4a", "a.wma", "a.aac"])
def test_a_damaged_place_is_read_past(tmp_path: Path, name: str) -> None:
    path = made(tmp_path / name)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 1500] = np.random.default_rng(1).bytes(1500)
    path.write_bytes(content)
    seconds, warnings = read(path)
    assert 4.0 < seconds < 6.2
    assert name == "a.ogg" or warnings


def test_an_mp4_without_its_index_is_called_cut_off(tmp_path: Path) -> None:
    path = made(tmp_path / "a.m4a")
    path.write_bytes(path.read_bytes()[:-4000])
    assert "its index is missing" in refused(path)


def test_a_recorded_broadcast_is_read_through_its_parts(tmp_path: Path) -> None:
    parts = []
    for codec, name in (("libopus", "a.opus"), ("libopus", "b.opus")):
        parts.append(encode(tmp_path / name, codec, rate=48000).read_bytes())
    first, second = parts
    serial = int.from_bytes(first[14:18], "little")
    assert serial != int.from_bytes(second[14:18], "little")
    (tmp_path / "c.opus").write_bytes(first + second)
    assert read(tmp_path / "c.opus")[0] == pytest.approx(2 * len(click_and_tone()) / 44100, abs=0.01)


@pytest.mark.parametrize("seed", range(12))
def test_random_bytes_never_crash(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    heads = [b"", b"RIFF\0\0\0\0WAVEfmt ", b"fLaC\0\0\0\x22", b"OggS\0\2", b"ID3\4\0\0\0\0\0\0", b"\0\0\0\x18ftypisom"]
    for head in heads:
        path = tmp_path / "a.bin"
        path.write_bytes(head + rng.bytes(int(rng.integers(1, 20_000))))
        try:
            read(path)
        except AudioError as error:
            assert str(error).startswith("a.bin: ")  # noqa: PT017 - both ends are right


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.m4a", "a.mkv", "a.caf", "a.aiff", "a.wma"])
def test_scrambled_headers_never_crash(tmp_path: Path, name: str) -> None:
    content = made(tmp_path / name).read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(25):
        scrambled = bytearray(content[:100_000])
        where = rng.integers(0, 200, 3)
        if name == "a.m4a":  # its header is at the end
            scrambled, where = bytearray(content), len(content) - 1 - rng.integers(0, 2000, 3)
        for place in where:
            scrambled[place] = rng.integers(0, 256)
        (tmp_path / "b").write_bytes(scrambled)
        try:
            assert read(tmp_path / "b")[0] > 0
        except AudioError as error:
            assert str(error).startswith("b: ")  # noqa: PT017 - both ends are right
