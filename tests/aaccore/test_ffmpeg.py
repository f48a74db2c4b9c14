from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from aaccore import ffmpeg
from aaccore.audio import AudioFile, load_audio
from aaccore.errors import AudioError
from tests.aaccore.made_sounds import CLICK_S, click_and_tone, encode


def click_s(path: Path) -> float:
    sound, rate = load_audio(path)
    return int(np.abs(sound).argmax()) / rate


@pytest.mark.parametrize("name", ["silent.mp4", "silent.mkv"])
def test_a_video_without_sound_says_so(tmp_path: Path, name: str) -> None:
    path = encode(tmp_path / name, "aac", sounds=[], video="mpeg4")
    with pytest.raises(AudioError, match=f"{name}: no audio stream found; drop a sound or video file"):
        ffmpeg.probe(path)


def test_a_picture_is_not_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.png"), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width = stream.height = 16
        stream.pix_fmt = "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(AudioError, match="not a sound file"):
        ffmpeg.probe(tmp_path / "a.png")


@pytest.mark.parametrize(("default", "heard"), [(0, 0.1), (1, 0.4), (None, 0.1)])
def test_of_several_tracks_the_default_one_is_heard_else_the_first(
    tmp_path: Path, default: int | None, heard: float
) -> None:
    tracks = [np.full((48000, 2), level, np.float32) for level in (0.1, 0.4)]
    path = encode(tmp_path / "a.mkv", "flac", tracks, 48000, video="mpeg4", default_track=default)
    assert np.abs(load_audio(path)[0]).max() == pytest.approx(heard, abs=1e-3)


def test_sound_that_starts_after_the_picture_keeps_the_videos_time(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", "flac", video="mpeg4", start_s=0.8)
    assert click_s(path) == pytest.approx(CLICK_S + 0.8, abs=0.002)


def test_a_gap_in_the_time_stamps_is_read_as_silence_with_a_warning(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", "flac", gap=(0.5, 3.0))
    audio = AudioFile(path)
    sound = np.concatenate(list(audio.blocks()))
    assert int(np.abs(sound).argmax()) / 44100 == pytest.approx(CLICK_S + 3.0, abs=0.002)
    assert len(sound) / 44100 == pytest.approx(2.37 + 3.0, abs=0.002)
    assert audio.warnings == ["damaged: 3.0 s are missing (1 place) and were read as silence"]


def test_an_absurd_time_stamp_does_not_add_hours_of_silence(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", "flac", gap=(0.5, 20_000.0))
    assert len(load_audio(path)[0]) == len(click_and_tone())


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{sound}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{sound}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ],
)
def test_a_playlist_is_not_followed(tmp_path: Path, playlist: str) -> None:
    sound = encode(tmp_path / "a.aac", "aac", form="adts")
    (tmp_path / "list").write_text(playlist.format(sound=sound))
    with pytest.raises(AudioError, match="not a sound file"):
        ffmpeg.probe(tmp_path / "list")


@pytest.mark.parametrize(
    "codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_s64le"]
)
def test_every_sample_format_is_scaled_alike(tmp_path: Path, codec: str) -> None:
    path = encode(tmp_path / "a.mov", codec) if codec != "pcm_s64le" else encode(tmp_path / "a.wav", codec)
    sound = np.concatenate([samples for _, samples in ffmpeg.decode(path, [])])
    assert np.abs(sound - click_and_tone()).max() < (0.01 if codec == "pcm_u8" else 1e-4)


def test_more_than_eight_channels_are_read(tmp_path: Path) -> None:
    made = np.random.default_rng(0).uniform(-0.5, 0.5, (44100, 16)).astype(np.float32)
    path = encode(tmp_path / "a.wv", "wavpack", [made])
    sound = np.concatenate([samples for _, samples in ffmpeg.decode(path, [])])
    assert np.abs(sound - made).max() < 0.01  # the encoder keeps 8 bits


def test_nothing_is_said_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, codec in (("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.mkv", "flac")):
        path = encode(tmp_path / name, codec)
        content = bytearray(path.read_bytes())
        content[len(content) // 3 : len(content) // 2] = np.random.default_rng(0).bytes(len(content))[
            : len(content) // 2 - len(content) // 3
        ]
        path.write_bytes(content)
        capfd.readouterr()
        load_audio(path)
        (tmp_path / "b").write_bytes(np.random.default_rng(0).bytes(5000))
        with pytest.raises(AudioError):
            load_audio(tmp_path / "b")
        assert capfd.readouterr() == ("", "")
