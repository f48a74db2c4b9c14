from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aaccore.audio import AudioFile, _resampled, load_audio
from tests.aaccore.made_sounds import CLICK_S, click_and_tone, encode

LOSSLESS = {
    "8.wav": {"subtype": "PCM_U8"},
    "16.wav": {"subtype": "PCM_16"},
    "24.wav": {"subtype": "PCM_24"},
    "32.wav": {"subtype": "PCM_32"},
    "float.wav": {"subtype": "FLOAT"},
    "double.wav": {"subtype": "DOUBLE"},
    "rf64.wav": {"format": "RF64"},
    "16.flac": {"subtype": "PCM_16"},
    "24.flac": {"subtype": "PCM_24"},
    "16.aiff": {"subtype": "PCM_16"},
    "24.aiff": {"subtype": "PCM_24"},
    "16.caf": {"subtype": "PCM_16"},
    "alac.caf": {"subtype": "ALAC_16"},
    "16.w64": {"subtype": "PCM_16"},
    "16.au": {"subtype": "PCM_16"},
}

DELAY_DECLARED = {
    "a.mp3": ("libmp3lame", 44100, None, "MP3"),
    "a.m4a": ("aac", 44100, None, "AAC in MP4"),
    "a.opus": ("libopus", 48000, None, "Ogg Opus"),
    "a.webm": ("libopus", 48000, "libvpx", "Opus in WebM"),
    "a.mp4": ("aac", 44100, "mpeg4", "AAC in MP4"),
    "a.mov": ("aac", 44100, "mpeg4", "AAC in MOV"),
    "a.mkv": ("libopus", 48000, "mpeg4", "Opus in Matroska"),
}


def click_s(sound: NDArray[np.float32], rate: int) -> float:
    return int(np.abs(sound).argmax()) / rate


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_are_read_to_the_sample(tmp_path: Path, name: str) -> None:
    sound = click_and_tone()
    soundfile.write(tmp_path / name, sound, 44100, **LOSSLESS[name])
    with AudioFile(tmp_path / name) as audio:
        assert audio.duration_s == len(sound) / 44100
        assert (audio.source_rate, audio.sample_rate, audio.channels) == (44100, 44100, 2)
        read = np.concatenate(list(audio.blocks()))
    assert read.dtype == np.float32
    assert audio.warnings == []
    assert audio.duration_s == len(read) / 44100 == len(sound) / 44100
    assert np.abs(read - sound[:, 0]).max() < (0.01 if name == "8.wav" else 1e-4)


@pytest.mark.parametrize(
    ("name", "codec", "video"),
    [("a.mov", "pcm_s16le", None), ("a.m4a", "alac", None), ("a.mkv", "flac", "mpeg4"), ("a.wav", "pcm_s64le", None)],
)
def test_lossless_sound_that_only_ffmpeg_reads_is_read_to_the_sample(
    tmp_path: Path, name: str, codec: str, video: str | None
) -> None:
    audio = AudioFile(encode(tmp_path / name, codec, video=video))
    read = np.concatenate(list(audio.blocks()))
    assert audio.duration_s == len(read) / 44100
    assert audio.warnings == []
    assert np.abs(read - click_and_tone()[:, 0]).max() < 1e-4


@pytest.mark.parametrize("name", DELAY_DECLARED)
def test_a_declared_delay_is_taken_off(tmp_path: Path, name: str) -> None:
    codec, rate, video, format_name = DELAY_DECLARED[name]
    audio = AudioFile(encode(tmp_path / name, codec, rate=rate, video=video))
    read = np.concatenate(list(audio.blocks()))
    assert audio.format_name == format_name
    assert click_s(read, rate) == pytest.approx(CLICK_S, abs=0.0005)
    assert len(read) == pytest.approx(len(click_and_tone(rate)), abs=0 if name != "a.mkv" else 960)
    assert audio.warnings == []


def test_vorbis_is_read_to_its_exact_end(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.ogg", click_and_tone(), 44100, format="OGG", subtype="VORBIS")
    audio = AudioFile(tmp_path / "a.ogg")
    read = np.concatenate(list(audio.blocks()))
    assert audio.format_name == "Ogg Vorbis"
    assert len(read) == len(click_and_tone())
    assert click_s(read, 44100) == pytest.approx(CLICK_S, abs=0.0005)


@pytest.mark.parametrize(
    ("name", "codec", "form", "format_name"),
    [
        ("a.wma", "wmav2", None, "WMA"),
        ("a.aac", "aac", "adts", "AAC"),
        ("a.ts", "aac", "mpegts", "AAC in MPEG-TS"),
        ("a.avi", "ac3", None, "AC-3 in AVI"),
        ("a.flv", "aac", None, "AAC in FLV"),
    ],
)
def test_formats_without_a_declared_delay_are_right_to_two_frames(
    tmp_path: Path, name: str, codec: str, form: str | None, format_name: str
) -> None:
    audio = AudioFile(encode(tmp_path / name, codec, form=form))
    read = np.concatenate(list(audio.blocks()))
    assert audio.format_name == format_name
    assert audio.warnings == []
    assert click_s(read, 44100) == pytest.approx(CLICK_S, abs=0.05)
    assert len(read) / 44100 == pytest.approx(2.37, abs=0.1)


def test_a_lossy_files_length_is_known_once_it_was_decoded(tmp_path: Path) -> None:
    audio = AudioFile(encode(tmp_path / "a.mp3", "libmp3lame"))
    assert audio.duration_s is None
    read = sum(len(block) for block in audio.blocks())
    assert audio.duration_s == read / 44100


@pytest.mark.parametrize(
    ("made", "named"), [("a.m4a", "a.wav"), ("a.mp3", "a.flac"), ("a.wav", "A.RAW"), ("a.wav", "a")]
)
def test_the_extension_does_not_matter(tmp_path: Path, made: str, named: str) -> None:
    codec = {"a.m4a": "aac", "a.mp3": "libmp3lame", "a.wav": "pcm_s16le"}[made]
    (tmp_path / "sub").mkdir()
    misnamed = tmp_path / "sub" / named
    shutil.copy(encode(tmp_path / made, codec), misnamed)
    assert np.array_equal(load_audio(misnamed)[0], load_audio(tmp_path / made)[0])


def test_a_name_in_any_script_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "Ton № 1 – 音 %d file:concat|.wav"
    soundfile.write(path, click_and_tone(), 44100, format="WAV")
    assert len(load_audio(path)[0]) == len(click_and_tone())


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 22050, 44100, 48000, 96000, 192000, 384000])
def test_every_rate_is_resampled_to_the_exact_length_in_step(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    time_s = np.arange(round(1.5003 * rate)) / rate
    sound = 0.9 * np.exp(-(((time_s - CLICK_S) / 0.001) ** 2))  # a click that every rate can hold
    soundfile.write(path, sound, rate)
    for wanted in (16000, 44100):
        read, got = load_audio(path, wanted)
        assert got == wanted
        assert len(read) == round(len(sound) * wanted / rate)
        assert click_s(read, wanted) == pytest.approx(CLICK_S, abs=1 / wanted)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30_000), st.integers(1, 4000), st.sampled_from([4000, 11025, 44100]), st.integers(4000, 48000))
def test_resampling_keeps_the_length_whatever_the_blocks(samples: int, block: int, rate: int, wanted: int) -> None:
    sound = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    blocks = [sound[start : start + block] for start in range(0, samples, block)]
    assert sum(map(len, _resampled(blocks, rate, wanted))) == round(samples * wanted / rate)


@pytest.mark.parametrize("wanted", [None, 16000])
def test_blocks_have_the_wanted_length_and_do_not_change_the_sound(tmp_path: Path, wanted: int | None) -> None:
    path = tmp_path / "a.flac"
    stereo = np.random.default_rng(0).uniform(-0.5, 0.5, (100_001, 2))
    stereo[30_000:70_000, 1] = -stereo[30_000:70_000, 0]
    soundfile.write(path, stereo, 44100)
    whole = load_audio(path, wanted)[0]
    for block_s in (0.013, 0.5, 1.0, 100.0):
        audio = AudioFile(path, wanted)
        blocks = list(audio.blocks(block_s))
        assert {len(block) for block in blocks[:-1]} <= {round(block_s * audio.sample_rate)}
        assert np.array_equal(np.concatenate(blocks), whole)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8, 32])
def test_mono_is_the_mean_of_the_channels(tmp_path: Path, channels: int) -> None:
    tone = click_and_tone(8000, 2.0, channels=1)
    sound = tone + np.random.default_rng(0).normal(0, 0.01, (16000, channels))
    soundfile.write(tmp_path / "a.wav", sound, 8000, subtype="DOUBLE")
    assert AudioFile(tmp_path / "a.wav").channels == channels
    assert np.abs(load_audio(tmp_path / "a.wav")[0] - sound.mean(axis=1)).max() < 1e-6


def test_opposite_phase_is_not_silence(tmp_path: Path) -> None:
    sound = click_and_tone()
    sound[:, 1] *= -0.9
    soundfile.write(tmp_path / "a.wav", sound, 44100, subtype="FLOAT")
    assert np.array_equal(load_audio(tmp_path / "a.wav")[0], sound[:, 0])


def test_one_busy_channel_among_sixteen_is_heard_in_full(tmp_path: Path) -> None:
    sound = np.zeros((16000, 16), np.float32)
    sound[:, 11] = click_and_tone(8000, 2.0, channels=1)[:, 0]
    soundfile.write(tmp_path / "a.wav", sound, 8000, subtype="FLOAT")
    assert np.array_equal(load_audio(tmp_path / "a.wav")[0], sound[:, 11])


def test_a_sound_in_one_of_two_channels_stays_the_mean(tmp_path: Path) -> None:
    sound = click_and_tone()
    sound[:, 1] = 0
    soundfile.write(tmp_path / "a.wav", sound, 44100, subtype="FLOAT")
    assert np.allclose(load_audio(tmp_path / "a.wav")[0], sound[:, 0] / 2)


def test_the_mix_changes_without_a_jump(tmp_path: Path) -> None:
    rate = 8000
    left = 0.5 * np.sin(2 * np.pi * 100 * (np.arange(4 * rate) + 0.25 * rate / 100) / rate)
    right = np.where(np.arange(4 * rate) < 2 * rate, left, -left)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], 1), rate, subtype="FLOAT")
    read = load_audio(tmp_path / "a.wav")[0]
    assert np.abs(read[: 2 * rate] - left[: 2 * rate]).max() < 1e-6
    assert np.abs(read[2 * rate + 40 :] - left[2 * rate + 40 :]).max() < 1e-6
    fading = np.interp(np.arange(4 * rate), [0, 1.5 * rate, 2.5 * rate], [1.0, 1.0, 0.2])
    soundfile.write(tmp_path / "b.wav", np.stack([left * fading, -0.9 * left], 1), rate, subtype="FLOAT")
    assert np.abs(np.diff(load_audio(tmp_path / "b.wav")[0])).max() < 0.06


@pytest.mark.parametrize("wanted", [None, 16000])
def test_what_is_no_number_becomes_silence_with_a_warning(tmp_path: Path, wanted: int | None) -> None:
    sound = click_and_tone().astype(np.float64)
    sound[5000:6000] = np.nan
    sound[7000], sound[8000], sound[9000] = np.inf, -np.inf, 1e300
    soundfile.write(tmp_path / "a.wav", sound, 44100, subtype="DOUBLE")
    audio = AudioFile(tmp_path / "a.wav", wanted)
    read = np.concatenate(list(audio.blocks()))
    assert np.isfinite(read).all()
    assert np.abs(read).max() < 1.2
    assert len(audio.warnings) == 1
    assert "NaN" in audio.warnings[0]


def test_a_file_can_be_read_twice_and_left_half_read(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.m4a", "aac")
    with AudioFile(path) as audio:
        half = audio.blocks(0.5)
        first = next(half)
        whole = np.concatenate(list(audio.blocks(0.5)))
        assert np.array_equal(whole[: len(first)], first)
    with pytest.raises(StopIteration):
        next(half)
    path.unlink()


def test_a_rate_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="sample_rate = 0"):
        AudioFile(tmp_path / "a.wav", 0)


@pytest.mark.parametrize("name", ["long.flac", "long.wav"])
def test_a_long_file_needs_little_memory(tmp_path: Path, name: str) -> None:
    rate, minutes = 8000, 20
    with soundfile.SoundFile(tmp_path / name, "w", rate, 2) as file:
        for _ in range(minutes):
            file.write(np.zeros((60 * rate, 2), np.int16))
    tracemalloc.start()
    samples = sum(len(block) for block in AudioFile(tmp_path / name, 16000).blocks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert samples == minutes * 60 * 16000
    assert peak < 4e6


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.aiff", *DELAY_DECLARED])
@pytest.mark.parametrize("start_s", [0.7, 0.95, 2.0])
def test_reading_from_a_time_on_gives_what_reading_all_gives_there(tmp_path: Path, name: str, start_s: float) -> None:
    if name in DELAY_DECLARED:
        codec, rate, video, _ = DELAY_DECLARED[name]
        encode(tmp_path / name, codec, rate=rate, video=video)
    else:
        soundfile.write(tmp_path / name, click_and_tone(), 44100)
    with AudioFile(tmp_path / name, 16000) as audio:
        read = np.concatenate(list(audio.blocks()))
        later = np.concatenate(list(audio.blocks(0.3, start_s)))
        (piece,) = audio.excerpts([start_s], 0.35)
        assert len(list(audio.excerpts([0.1, 0.5, 99.0], 0.1))[2]) == 0
    wanted = read[round(start_s * 16000) :]
    assert len(later) == pytest.approx(len(wanted), abs=1600)
    if start_s < CLICK_S:
        assert click_s(later, 16000) + start_s == pytest.approx(CLICK_S, abs=0.002)
        assert click_s(piece, 16000) + start_s == pytest.approx(CLICK_S, abs=0.002)
    assert len(piece) == 0.35 * 16000
