from __future__ import annotations

import struct
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from aaccore.bands import Calibration
from aaccore.captioner import Captioner, caption_files, joined
from aaccore.config import Decoding, Network, Windows
from aaccore.errors import ModelError
from aaccore.events import ClipCaptioned, ClipFailed, ClipOpened, SegmentCaptioned, Working
from aaccore.model import CaptioningModel
from aaccore.model_folder import amend, save_model
from aaccore.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def captioner(tiny_model: Path) -> Captioner:
    return Captioner(tiny_model, "cpu")


def waveforms(captioner: Captioner) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    lengths = (0.3, 1.7, 1.9, 4.0, 4.4, 2.0)
    return [random.standard_normal(round(s * captioner.sample_rate)).astype(np.float32) * 0.1 for s in lengths]


def results(events: object) -> list[ClipCaptioned | ClipFailed]:
    return [event for event in events if isinstance(event, ClipCaptioned | ClipFailed)]


def test_a_caption_does_not_depend_on_its_neighbours(captioner: Captioner) -> None:
    together = captioner.caption_windows(waveforms(captioner))
    for waveform, found in zip(waveforms(captioner), together, strict=True):
        (alone,) = captioner.caption_windows([waveform])
        assert [candidate.caption for candidate in found] == [candidate.caption for candidate in alone]
        assert found[0].log_probability == pytest.approx(alone[0].log_probability, abs=1e-4)


def test_no_waveforms_have_no_captions(captioner: Captioner) -> None:
    assert captioner.caption_windows([]) == []


def test_joined_memories_keep_every_step_of_each(captioner: Captioner) -> None:
    short, long = waveforms(captioner)[1], waveforms(captioner)[3]
    parts = [captioner.encode([short]), captioner.encode([long])]
    whole = joined(parts)
    steps = parts[0].audio_steps
    assert whole.audio_steps == parts[1].audio_steps > steps
    assert np.allclose(whole.memory[0, :steps], parts[0].memory[0, :steps])
    assert bool(whole.audio_padding[0, steps : whole.audio_steps].all())


def test_as_many_candidates_come_as_beams_are_followed(tiny_model: Path, captioner: Captioner) -> None:
    wide = Captioner(tiny_model, "cpu", Decoding(beam_size=6))
    (found,) = wide.caption_windows(waveforms(captioner)[:1])
    assert len({candidate.caption for candidate in found}) == 6


def test_results_come_in_the_order_of_the_files_and_each_file_is_opened_first(
    captioner: Captioner, sounds: Path
) -> None:
    paths = [sounds / name for name in ("tone.wav", "silence.wav", "long.wav", "noise.flac")]
    events = list(caption_files(captioner, paths))
    assert [event.path for event in results(events)] == paths
    for path in paths:
        kinds = [type(event) for event in events if not isinstance(event, Working) and event.path == path]
        assert (kinds[0], kinds[-1]) == (ClipOpened, ClipCaptioned)
        assert set(kinds[1:-1]) == {SegmentCaptioned}


def test_a_long_recording_gets_a_caption_for_each_window(tiny_model: Path, sounds: Path) -> None:
    captioner = Captioner(tiny_model, "cpu", windows=Windows(window_s=2.0, merge_equal=False))
    (clip,) = results(caption_files(captioner, [sounds / "long.wav"]))
    assert isinstance(clip, ClipCaptioned)
    assert clip.duration_s == 9.0
    assert [(segment.start_s, segment.end_s) for segment in clip.segments] == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 9)]
    assert clip.caption == " ".join(segment.caption for segment in clip.segments)


def test_token_times_lie_within_their_segment(captioner: Captioner, sounds: Path) -> None:
    (clip,) = results(caption_files(captioner, [sounds / "long.wav"]))
    for segment in clip.segments:
        for candidate in segment.candidates:
            assert len(candidate.token_times) == len(candidate.words)
            assert all(time is None or segment.start_s <= time <= segment.end_s for time in candidate.token_times)


def test_equal_neighbours_become_one_segment(captioner: Captioner, tmp_path: Path) -> None:
    import soundfile

    tone = 0.5 * np.sin(2 * np.pi * 500 * np.arange(24 * 16000) / 16000)  # whole periods: every window is the same
    soundfile.write(tmp_path / "tone.wav", tone, 16000)
    (clip,) = results(caption_files(captioner, [tmp_path / "tone.wav"]))
    assert len(clip.segments) < 6
    assert (clip.segments[0].start_s, clip.segments[-1].end_s) == (0, 24)


def test_silence_is_said_and_has_no_alternatives(captioner: Captioner, sounds: Path) -> None:
    (clip,) = results(caption_files(captioner, [sounds / "silence.wav"]))
    assert [(s.start_s, s.end_s, s.caption, s.candidates) for s in clip.segments] == [(0, 2, "Silence.", ())]


def test_bad_files_fail_with_a_reason_and_the_others_go_on(captioner: Captioner, sounds: Path, tmp_path: Path) -> None:
    text, empty = tmp_path / "text.wav", tmp_path / "empty.wav"
    text.write_text("no sound at all", encoding="utf-8")
    empty.touch()
    bad = [tmp_path / "missing.wav", text, empty, tmp_path]
    paths = [bad[0], sounds / "tone.wav", *bad[1:], sounds / "noise.flac"]
    found = results(caption_files(captioner, paths))
    assert [type(event) for event in found] == [
        ClipFailed, ClipCaptioned, ClipFailed, ClipFailed, ClipFailed, ClipCaptioned,
    ]  # fmt: skip
    for event, word in zip((found[0], *found[2:5]), ("no such file", "not a sound", "empty", "folder"), strict=True):
        assert word in event.reason


def test_work_that_takes_long_gives_signs_of_life_with_the_share_that_is_done(
    captioner: Captioner, sounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = threading.Event()
    encode = captioner.encode

    def slow(group: list[np.ndarray]) -> object:
        enough.wait(30)
        return encode(group)

    monkeypatch.setattr(captioner, "encode", slow)
    signs = 0
    for event in caption_files(captioner, [sounds / "tone.wav"]):
        if isinstance(event, Working):
            signs += 1
            assert event.done is not None
            assert 0 <= event.done <= 1
        if signs == 3:
            enough.set()
    assert signs >= 3


def test_closing_stops_the_work_and_leaves_no_thread(captioner: Captioner, sounds: Path) -> None:
    events = caption_files(captioner, [sounds / "long.wav"] * 50)
    opened = next(event for event in events if isinstance(event, ClipOpened))
    assert opened.path == sounds / "long.wav"
    assert any(thread.name.startswith("captioner") for thread in threading.enumerate())
    events.close()
    assert not any(thread.name.startswith("captioner") for thread in threading.enumerate())


def test_an_endless_list_of_files_is_taken_one_by_one(captioner: Captioner, sounds: Path) -> None:
    def endless() -> object:
        while True:
            yield sounds / "long.wav"

    events = caption_files(captioner, endless())
    found = [next(event for event in events if isinstance(event, ClipCaptioned)) for _ in range(3)]
    events.close()
    assert len({clip.caption for clip in found}) == 1


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's account of memory")
def test_a_day_of_sound_runs_in_flat_memory(captioner: Captioner, tmp_path: Path) -> None:
    rate, hours = 8000, 24
    path = tmp_path / "day.wav"
    size = hours * 3600 * rate * 2
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16) + b"data" + struct.pack("<I", size))
        file.truncate(44 + size)  # a hole, which reads as silence
        tone = (8000 * np.sin(np.arange(10 * rate) * 0.3)).astype("<i2").tobytes()
        for hour in range(hours):
            file.seek(44 + (hour * 3600 + 1800) * rate * 2)
            file.write(tone)
    memory, done = [], []
    for event in caption_files(captioner, [path]):
        if isinstance(event, SegmentCaptioned) and event.segment.caption != "Silence.":
            memory.append(resident_mb())
        elif isinstance(event, Working) and event.done is not None:
            done.append(event.done)
        elif isinstance(event, ClipCaptioned):
            assert event.duration_s == hours * 3600
            sounding = [s for s in event.segments if s.caption != "Silence."]
            assert {round(s.start_s) // 3600 for s in sounding} == set(range(hours))
    assert memory[-1] - memory[len(memory) // 8] < 60
    assert done == sorted(done)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        Captioner(tmp_path / "nowhere", "cpu")


def test_what_is_heard_has_an_embedding_and_silence_has_none(captioner: Captioner, sounds: Path) -> None:
    tone, silence = results(caption_files(captioner, [sounds / "tone.wav", sounds / "silence.wav"]))
    assert isinstance(tone, ClipCaptioned)
    assert isinstance(silence, ClipCaptioned)
    vector = np.frombuffer(tone.segments[0].embedding, "<f2").astype(np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=2e-3)
    assert silence.segments[0].embedding == b""


def test_only_a_calibrated_model_shows_bands(tmp_path: Path, sounds: Path) -> None:
    tokenizer = Tokenizer.train(["A dog barks while rain falls."])
    network = Network(
        encoders=("mobilenet_v1",), width=16, heads=2, feedforward=32, encoder_layers=1, decoder_layers=1,
        labels=("dog", "rain"), keywords=1,
    )  # fmt: skip
    words = torch.tensor([[tokenizer.ids("dog")[0], 0, 0], [tokenizer.ids("rain")[0], 0, 0]])
    save_model(tmp_path / "model", CaptioningModel(network, len(tokenizer), words), tokenizer, "# Tiny\n")
    for calibration, band in ((None, None), (Calibration(bias=9.0, sure=0.9, likely=0.5), "sure")):
        if calibration:
            amend(tmp_path / "model", calibration=calibration)
        (clip,) = results(caption_files(Captioner(tmp_path / "model", "cpu"), [sounds / "tone.wav"]))
        assert isinstance(clip, ClipCaptioned)
        assert [segment.band for segment in clip.segments] == [band]
