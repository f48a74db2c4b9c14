from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from aaccore.audio import load_audio
from aaccore.data import shards as on_disk
from aaccore.data.corpus import read_corpus
from aaccore.data.pool import Pool, gathered, heard, load, load_log_mels
from aaccore.data.shards import SAMPLE_RATE, Sound, build, prune, shard_name, waveform, weights_key
from aaccore.errors import CaptioningError, DatasetError, RunError
from aaccore.model import CaptioningModel, resampled
from tests.aaccore.made_corpus import NETWORK, InThisProcess, randomised, small_training, write_corpus


@pytest.fixture(scope="module")
def model() -> CaptioningModel:
    return with_weights(0)


def with_weights(seed: int) -> CaptioningModel:
    torch.manual_seed(seed)
    model = CaptioningModel(NETWORK, 8).eval()
    randomised(model.encoders[0], seed)  # type: ignore[arg-type]
    return model


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sound, ...]:
    """Four clips, their altered copies, a scene and a background."""
    folder = write_corpus(tmp_path_factory.mktemp("corpus") / "made")
    return read_corpus(folder, replace(small_training().data, development=("1",))).development[0]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sounds: tuple[Sound, ...], model: CaptioningModel) -> Path:
    """A pool of these sounds, made as in a training: by another process."""
    folder = tmp_path_factory.mktemp("pool")
    told = list(build(folder, sounds, model, 1))
    assert told[-1].done == 1.0
    return folder


@pytest.fixture
def pool(built: Path, sounds: tuple[Sound, ...], model: CaptioningModel) -> Pool:
    return load(built, [sounds], model)


def shards(folder: Path) -> dict[str, int]:
    """Names of the shards and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if not path.name.startswith("cnn-")}


def test_a_sound_that_is_not_altered_is_its_clip_at_a_level_of_its_own(sounds: tuple[Sound, ...]) -> None:
    (part,) = sounds[1].scene.parts  # type: ignore[union-attr]
    clip = load_audio(part.clip.path, SAMPLE_RATE)[0]
    found = waveform(sounds[1])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, clip[: len(found)] * (0.05 / np.sqrt((clip**2).mean())), atol=1e-5)


def test_an_altered_sound_is_the_same_each_time_and_not_the_clip(sounds: tuple[Sound, ...]) -> None:
    altered = next(sound for sound in sounds if sound.scene and sound.seed is not None)
    plain = waveform(replace(altered, seed=None))
    np.testing.assert_array_equal(waveform(altered), waveform(altered))
    assert len(waveform(altered)) != len(plain) or not np.allclose(waveform(altered), plain)


def test_no_sound_is_longer_than_it_says(sounds: tuple[Sound, ...]) -> None:
    for sound in sounds:
        assert 0 < len(waveform(sound)) <= round(sound.seconds * SAMPLE_RATE)


@torch.inference_mode()
def test_a_pool_holds_what_the_model_makes_of_its_sounds(pool: Pool, model: CaptioningModel) -> None:
    for row, sound in enumerate(pool.sounds):
        samples = waveform(sound)
        log_mels = model.log_mels(resampled(torch.from_numpy(samples)[None], SAMPLE_RATE, model.sample_rate))
        features = pool.features[pool.steps[row] : pool.steps[row + 1]]
        torch.testing.assert_close(features.float(), model.features(log_mels)[0], atol=5e-2, rtol=1e-2)
        assert float(pool.seconds[row]) == pytest.approx(len(samples) / SAMPLE_RATE)
    assert pool.features.dtype == torch.float16
    assert len(pool.features) == int(pool.steps[-1])


def test_shards_that_are_there_are_used_again(built: Path, sounds: tuple[Sound, ...], model: CaptioningModel) -> None:
    before = shards(built)
    assert list(build(built, sounds, model, 1)) == []
    assert shards(built) == before


def test_only_whole_shards_and_the_cnns_lie_in_the_folder(built: Path) -> None:
    assert {path.suffix for path in built.iterdir()} == {".safetensors"}


def test_a_shards_name_tells_its_sounds_seeds_lengths_and_weights(sounds: tuple[Sound, ...]) -> None:
    first, rest = sounds[0], sounds[1:]
    names = [
        shard_name(sounds, "weights"),
        shard_name(sounds, "other weights"),
        shard_name(rest, "weights"),
        shard_name(sounds[::-1], "weights"),
        shard_name((replace(first, seed=5), *rest), "weights"),
        shard_name((replace(first, seed=6), *rest), "weights"),
        shard_name((replace(first, seconds=0.5), *rest), "weights"),
    ]
    assert len(set(names)) == len(names)


def test_the_weights_are_told_by_their_values() -> None:
    assert weights_key(with_weights(0)) == weights_key(with_weights(0)) != weights_key(with_weights(1))


def test_another_seed_is_looked_for_under_another_name(
    built: Path, sounds: tuple[Sound, ...], model: CaptioningModel
) -> None:
    others = [replace(sound, seed=1 if sound.seed is None else sound.seed + 1) for sound in sounds]
    with pytest.raises(DatasetError, match=r"this part of the pool is missing in .*; build it again"):
        load(built, [others], model)
    with pytest.raises(DatasetError, match="missing"):
        load(built, [sounds], with_weights(1))


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    threads = torch.get_num_threads()
    monkeypatch.setattr(on_disk, "ProcessPoolExecutor", InThisProcess)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("in_this_process")
def test_a_shard_that_was_not_written_to_its_end_is_never_taken(
    tmp_path: Path, sounds: tuple[Sound, ...], model: CaptioningModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(tensors: object, path: Path) -> None:
        path.write_bytes(b"half a sha")
        raise OSError("no space left on device")

    list(build(tmp_path, sounds[:1], model, 1))
    one = shards(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(on_disk, "save_file", disk_full)
        with pytest.raises(RunError, match="no space left"):
            list(build(tmp_path, sounds[1:3], model, 1))
    assert shards(tmp_path) == one
    # What a power cut leaves is no shard either.
    path = tmp_path / shard_name(sounds[1:3], weights_key(model))
    path.with_suffix(".123.part").write_bytes(b"half a sha")
    with pytest.raises(DatasetError, match="missing"):
        load(tmp_path, [sounds[1:3]], model)
    list(build(tmp_path, sounds[1:3], model, 1))
    assert load(tmp_path, [sounds[1:3]], model).sounds == sounds[1:3]


@pytest.mark.usefixtures("in_this_process")
def test_only_missing_shards_are_made_and_their_order_is_the_sounds(
    tmp_path: Path, sounds: tuple[Sound, ...], model: CaptioningModel, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_disk, "SHARD", 2)
    list(build(tmp_path, sounds[:2], model, 1))
    first = shards(tmp_path)
    told = list(build(tmp_path, sounds[:5], model, 1))
    assert len(shards(tmp_path)) == 3
    assert shards(tmp_path).items() > first.items()
    assert told[-1].done == 1.0
    found = load(tmp_path, [sounds[:5]], model)
    torch.testing.assert_close(found.features.float(), pool.features[: pool.steps[5]].float(), atol=2e-2, rtol=1e-2)
    assert torch.equal(found.steps, pool.steps[:6])


@pytest.mark.usefixtures("in_this_process")
def test_a_sound_that_cannot_be_read_is_told_by_name(
    tmp_path: Path, sounds: tuple[Sound, ...], model: CaptioningModel
) -> None:
    scene = sounds[0].scene
    assert scene is not None
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    clip = replace(scene.parts[0].clip, path=broken)
    sound = replace(sounds[0], scene=replace(scene, parts=(replace(scene.parts[0], clip=clip),)))
    with pytest.raises(CaptioningError, match=r"broken\.wav"):
        list(build(tmp_path / "pool", [sound], model, 1))


def test_gathered_sounds_are_padded_to_the_longest() -> None:
    pool = Pool((), torch.arange(12.0).reshape(6, 2).half(), torch.tensor([0, 1, 4, 6]), torch.zeros(3))
    found, padding = gathered(pool, [1, 0])
    assert found.dtype == torch.float32
    assert found.tolist() == [[[2, 3], [4, 5], [6, 7]], [[0, 1], [0, 0], [0, 0]]]
    assert padding.tolist() == [[False, False, False], [False, True, True]]


def test_folds_are_put_one_after_another(
    built: Path, pool: Pool, sounds: tuple[Sound, ...], model: CaptioningModel
) -> None:
    both = load(built, [sounds, sounds], model)
    count = len(pool.sounds)
    assert both.sounds == (*pool.sounds, *pool.sounds)
    assert torch.equal(both.seconds, pool.seconds.repeat(2))
    for row in (0, count - 1):
        expected = pool.features[pool.steps[row] : pool.steps[row + 1]]
        assert torch.equal(both.features[both.steps[count + row] : both.steps[count + row + 1]], expected)
    assert load(built, [], model).sounds == ()
    assert load(built, [], model).features.shape == (0, model.channels)


@torch.inference_mode()
@pytest.mark.usefixtures("in_this_process")
def test_a_pool_of_log_mels_gives_the_cnn_what_it_would_hear(
    tmp_path: Path, sounds: tuple[Sound, ...], model: CaptioningModel, pool: Pool
) -> None:
    list(build(tmp_path, sounds, model, 1, log_mels=True))
    kept = load_log_mels(tmp_path, [sounds], model)
    for row in (0, 3):
        features, padding = heard(model, kept, [row])
        expected = gathered(pool, [row])[0]
        assert int((~padding).sum()) == expected.shape[1]
        torch.testing.assert_close(features, expected, atol=0.05, rtol=0.05)


def test_the_oldest_shards_go_first_when_the_folder_is_too_large(tmp_path: Path) -> None:
    for age, name in enumerate(("old", "older", "oldest")):
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(bytes(1000))
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    prune(tmp_path, 2500 / 1e9, {"oldest.safetensors"})
    assert {path.stem for path in tmp_path.iterdir()} == {"old", "oldest"}
    prune(tmp_path, 1.0)
    assert len(list(tmp_path.iterdir())) == 2


def test_what_a_killed_process_has_left_half_written_goes_after_a_day(tmp_path: Path) -> None:
    for name, age_s in (("old.1.part", 90_000), ("new.2.part", 10)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    prune(tmp_path, 1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["new.2.part"]


def build_here(folder: Path, sounds: tuple[Sound, ...]) -> None:
    """Build a pool as a run does, but for its processes."""
    on_disk.ProcessPoolExecutor = InThisProcess  # type: ignore[assignment, misc]
    list(build(folder, sounds, with_weights(0), 1))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="processes are forked from one that has torch loaded")
def test_two_runs_that_build_the_same_pool_at_once_both_find_it_whole(
    built: Path, sounds: tuple[Sound, ...], model: CaptioningModel, tmp_path: Path
) -> None:
    context = multiprocessing.get_context("forkserver")
    both = [context.Process(target=build_here, args=(tmp_path, sounds)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert set(shards(tmp_path)) == set(shards(built))
    assert torch.equal(load(tmp_path, [sounds], model).features, load(built, [sounds], model).features)
