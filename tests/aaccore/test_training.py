from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pytest
import soundfile
import torch
from safetensors.torch import load_file

from aaccore.checkpoints import newest
from aaccore.config import Decoding, from_toml
from aaccore.data import shards
from aaccore.decoding import beam_search
from aaccore.errors import ConfigError, ModelError, RunError
from aaccore.events import CheckpointSaved, EpochDone, RunEnded, RunStarted, StepDone, Working
from aaccore.learner import Learner
from aaccore.metrics import corpus
from aaccore.model import CaptioningModel
from aaccore.model_folder import load_model
from aaccore.recipe import Training, recipes
from aaccore.tokenizer import Tokenizer
from aaccore.training import Event, train
from tests.aaccore.made_corpus import WRITTEN, InThisProcess, small_training, sound_of, write_corpus, write_weights

OPTIONS = small_training()
HEADS = ["labels-without-1.safetensors", "labels-without-2.safetensors", "labels-all.safetensors"]

opened: list[Path] | None = None


def _notice(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and opened is not None and isinstance(arguments[0], str | Path):
        opened.append(Path(arguments[0]))


sys.addaudithook(_notice)  # stays as long as the process lives; it notes what is opened while `opened` is a list


@dataclass(frozen=True)
class Place:
    """Where a test trains: the evaluation fold's files are named in the data set, and do not exist."""

    data: Path
    cache: Path
    runs: Path

    def train(self, options: Training, name: str) -> Iterator[Event]:
        return train(options, self.data, self.runs / name, cache=self.cache)


@dataclass(frozen=True)
class Finished:
    """A run that was never stopped."""

    events: list[Event]
    folder: Path

    @property
    def model(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "model" / "model.safetensors")


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    """Render sounds here, where what is opened can be noticed, and leave torch's settings as they were."""
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shards, "ProcessPoolExecutor", InThisProcess)
        yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("training")
    data = write_corpus(folder / "data", folds_with_files=("1", "2", "3"))
    return Place(data, write_weights(folder / "cache"), folder / "runs")


@pytest.fixture(scope="module")
def whole(place: Place) -> Finished:
    return Finished(list(place.train(OPTIONS, "whole")), place.runs / "whole")


def last_losses(events: list[Event]) -> dict[str, float]:
    """The last losses of both phases that a run has told."""
    return {name: value for event in events if isinstance(event, StepDone) for name, value in event.losses.items()}


def stop(run: Iterator[Event], message: str) -> None:
    """Stop a run when it says so."""
    next(event for event in run if isinstance(event, Working) and event.message.startswith(message))
    run.close()  # type: ignore[attr-defined]


def same_model(first: Path, second: Path) -> bool:
    return all(
        (first / "model" / name).read_bytes() == (second / "model" / name).read_bytes()
        for name in ("model.safetensors", "tokenizer.json", "config.json")
    )


def test_training_tells_steps_scores_and_checkpoints_and_ends_with_a_model(whole: Finished) -> None:
    assert isinstance(whole.events[0], Working)
    assert whole.events[-1] == RunEnded("finished")
    (began,) = (event for event in whole.events if isinstance(event, RunStarted))
    assert (began.device, began.processes, began.step) == ("cpu", 1, 0)
    steps = [event for event in whole.events if isinstance(event, StepDone)]
    assert [(event.step, event.steps) for event in steps] == [(4, 4), (4, 4), (6, 6), (6, 6)]
    assert set(steps[0].losses) == {"labels/loss"}
    assert {"captions/caption", "captions/rlssr", "captions/encoder_variance"} <= set(steps[-1].losses)
    epochs = [event for event in whole.events if isinstance(event, EpochDone)]
    assert [(event.epoch, event.step) for event in epochs] == [(0, 0), (1, 5), (1, 6)]
    assert set(epochs[0].scores) == {"labels/label_top1", "labels/both_top2"}
    assert {"captions/bleu_1", "captions/cider_d", "captions/loss"} <= set(epochs[-1].scores)
    assert "CoreNLP" in epochs[-1].unavailable["spice"]
    assert "captions.meteor = true" in epochs[-1].unavailable["meteor"]
    assert set(epochs[-1].samples) == {"dog_bark_3.wav", "rain_3.wav", "church_bell_3.wav", "door_3.wav", "scene_3"}
    saved = [event.path.name for event in whole.events if isinstance(event, CheckpointSaved)]
    assert [name for name in saved if name != "best"] == [*HEADS, "step-00000006", "model"]
    assert "best" in saved


def test_rough_copies_are_heard_by_the_label_heads_and_by_nobody_else(
    place: Place, whole: Finished, tmp_path: Path
) -> None:
    options = replace(OPTIONS, labels=replace(OPTIONS.labels, rough=3))
    events = list(replace(place, runs=tmp_path).train(options, "rough"))
    steps = [event for event in events if isinstance(event, StepDone)]
    former = [event for event in whole.events if isinstance(event, StepDone)]
    assert all(a.steps > b.steps for a, b in zip(steps[:3], former[:3], strict=True))  # the three heads
    assert steps[-1].steps == former[-1].steps
    heads = [load_file(run / "checkpoints" / HEADS[-1]) for run in (tmp_path / "rough", whole.folder)]
    assert not torch.equal(heads[0]["clip_scores.weight"], heads[1]["clip_scores.weight"])


@torch.inference_mode()
def test_the_saved_model_captions_a_sound(whole: Finished) -> None:
    model, tokenizer = load_model(whole.folder / "model")
    sound = torch.from_numpy(sound_of("dog_bark", 99)).float()[None]
    (candidates,) = beam_search(model, model.encode(sound), tokenizer, Decoding(beam_size=2))
    assert candidates[0].caption.endswith(".")
    assert len(candidates[0].words) >= 3
    assert model.network.labels == ("church bell", "dog bark", "door", "rain")


def test_training_needs_no_file_of_the_evaluation_fold(whole: Finished, place: Place) -> None:
    """They are named in the data set and do not exist: opening one would have stopped the run."""
    clips = {path.name for path in (place.data / "clips").iterdir()}
    assert not any(name.endswith("_4.wav") for name in clips)
    assert "_4.wav" in (place.data / "captions.csv").read_text()
    assert (whole.folder / "model" / "config.json").exists()


def test_training_opens_the_files_of_its_own_folds_only(place: Place, tmp_path: Path) -> None:
    """Where the evaluation fold's files are there, they stay closed."""
    global opened
    data = write_corpus(tmp_path / "data")
    opened = []
    try:
        options = small_training(made_scenes=2)
        list(train(options, data, tmp_path / "runs" / "watched", cache=place.cache))
    finally:
        found, opened = opened, None
    clips = {path.name for path in found if path.parent == data / "clips"}
    labels = ("dog_bark", "rain", "church_bell", "door")
    assert clips == {f"{label}_{fold}.wav" for label in labels for fold in ("1", "2", "3")}
    assert {path for path in found if path.is_relative_to(data)} - {data / "clips" / name for name in clips} == {
        data / "captions.csv",
        data / "scenes.csv",
    }


def test_the_evaluation_folds_words_are_not_learnt(whole: Finished, place: Place) -> None:
    assert "unspeakable" in (place.data / "captions.csv").read_text()
    tokenizer = Tokenizer.load(whole.folder / "model" / "tokenizer.json")
    assert tokenizer.ids("unspeakable") == [Tokenizer.UNKNOWN]
    assert tokenizer.ids("barks") != [Tokenizer.UNKNOWN]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("labels: step 1 of 4", []),
        ("labels: step 5 of 6", HEADS[:2]),
        ("captions: step 1 ", [*HEADS, "step-00000001", "step-00000001.pt"]),
        ("captions: step 4 ", [*HEADS, "step-00000004", "step-00000004.pt"]),
    ],
)
def test_a_stopped_run_goes_on_as_if_it_had_never_stopped(
    message: str, kept: list[str], whole: Finished, place: Place
) -> None:
    name = message.strip().replace(": ", " ")
    stop(place.train(OPTIONS, name), message)
    folder = place.runs / name
    assert not (folder / "model").exists()
    assert {path.name for path in (folder / "checkpoints").iterdir()} - {"best"} == set(kept)
    events = list(place.train(OPTIONS, name))
    assert last_losses(events).items() <= last_losses(whole.events).items()
    assert last_losses(events)["captions/caption"] == last_losses(whole.events)["captions/caption"]
    assert same_model(folder, whole.folder)


def test_a_run_stopped_while_it_is_judged_is_judged_again(whole: Finished, place: Place) -> None:
    stop(place.train(OPTIONS, "judged"), "captioning the validation split")
    assert (place.runs / "judged" / "checkpoints" / "step-00000005.pt").exists()
    events = list(place.train(OPTIONS, "judged"))
    found, expected = (
        [event for event in told if isinstance(event, EpochDone) and event.step] for told in (events, whole.events)
    )
    assert found == expected
    assert same_model(place.runs / "judged", whole.folder)


def test_a_run_stopped_twice_ends_with_the_same_model(whole: Finished, place: Place) -> None:
    for message in ("labels: step 3 of 4", "captions: step 2 "):
        stop(place.train(OPTIONS, "twice"), message)
    list(place.train(OPTIONS, "twice"))
    assert same_model(place.runs / "twice", whole.folder)


def test_no_half_checkpoint_is_left(whole: Finished) -> None:
    found = {path.name for path in (whole.folder / "checkpoints").iterdir()}
    assert found == {*HEADS, "best", "step-00000006", "step-00000006.pt"}


def test_a_finished_run_started_again_does_no_step_and_keeps_its_model(whole: Finished, place: Place) -> None:
    before = (whole.folder / "model" / "model.safetensors").read_bytes()
    events = list(place.train(OPTIONS, "whole"))
    assert not any(isinstance(event, StepDone) for event in events)
    assert (whole.folder / "model" / "model.safetensors").read_bytes() == before


def test_a_folder_that_holds_a_run_with_other_settings_is_refused(whole: Finished, place: Place) -> None:
    before = (whole.folder / "run.toml").read_text()
    with pytest.raises(ConfigError, match=r"whole: holds a run with other settings; choose another folder"):
        list(place.train(replace(OPTIONS, seed=2), "whole"))
    assert (whole.folder / "run.toml").read_text() == before


def test_a_run_is_trained_by_one_at_a_time(place: Place) -> None:
    options = small(epochs=1.0)
    with closing(place.train(options, "shared")) as first:
        next(event for event in first if isinstance(event, StepDone))
        with pytest.raises(RunError, match="shared: is being trained by another process; follow it, or stop it first"):
            next(place.train(options, "shared"))
    assert list(place.train(options, "shared"))[-1] == RunEnded("finished")


def test_settings_that_cannot_work_are_refused_before_anything_is_written(place: Place) -> None:
    with pytest.raises(ConfigError, match="threads = 0"):
        list(place.train(replace(OPTIONS, threads=0), "never"))
    assert not (place.runs / "never").exists()


def test_the_shards_of_the_pool_serve_other_runs_too(whole: Finished, place: Place) -> None:
    before = {path: path.stat().st_ino for path in (place.runs / "pool").iterdir()}
    assert len(before) == 4  # three folds and the CNN
    list(place.train(replace(OPTIONS, captions=replace(OPTIONS.captions, epochs=0.4)), "another"))
    assert {path: path.stat().st_ino for path in (place.runs / "pool").iterdir()} == before


def test_nothing_of_rlssrs_g_is_in_the_saved_model(whole: Finished) -> None:
    model, _ = load_model(whole.folder / "model")
    bare = CaptioningModel(model.network, model.embedding.num_embeddings)
    assert set(whole.model) == set(bare.state_dict())
    checkpoint = newest(whole.folder / "checkpoints")
    assert checkpoint is not None
    assert set(checkpoint["learner"]["lesson"]) >= {"rlssr.reconstruction.0.weight"}
    assert not any("reconstruction" in name for name in whole.model)


def test_the_cnn_stays_as_published(whole: Finished, place: Place) -> None:
    for name, value in load_file(place.cache / "weights" / "yamnet.safetensors").items():
        stored = whole.model[f"encoders.0.{name}"]
        assert torch.equal(stored, value.to(stored.dtype))


def test_the_models_label_head_is_the_one_that_has_heard_all_folds(whole: Finished) -> None:
    heads = [load_file(whole.folder / "checkpoints" / name)["step_scores.weight"].half() for name in HEADS]
    assert torch.equal(whole.model["label_head.step_scores.weight"], heads[2])
    assert not torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_without_validation_nothing_is_scored_and_one_fold_needs_one_head(place: Place, whole: Finished) -> None:
    options = replace(OPTIONS, data=replace(OPTIONS.data, development=("1",), validation=()))
    events = list(place.train(options, "plain"))
    assert not any(isinstance(event, EpochDone) for event in events)
    found = {path.name for path in (place.runs / "plain" / "checkpoints").iterdir()}
    assert {"labels-all.safetensors", "step-00000003.pt"} <= found
    assert "best" not in found
    assert (place.runs / "plain" / "model" / "config.json").exists()


def test_weights_that_were_not_fetched_are_told_with_the_way_to_get_them(place: Place, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="yamnet are not here; get them with: auricle models download yamnet"):
        list(train(OPTIONS, place.data, tmp_path / "run", cache=tmp_path))


def test_a_panns_encoder_wants_its_own_weights(place: Place) -> None:
    options = replace(OPTIONS, network=replace(OPTIONS.network, encoders=("cnn10",)))
    with pytest.raises(ModelError, match="cnn10 are not here; get them with: auricle models download cnn10"):
        list(place.train(options, "cnn10"))


def test_a_file_named_stop_ends_a_run_after_its_step_and_it_goes_on(whole: Finished, place: Place) -> None:
    run = place.train(OPTIONS, "asked")
    next(event for event in run if isinstance(event, Working) and event.message.startswith("captions: step 2 "))
    (place.runs / "asked" / "stop").touch()
    assert list(run)[-1] == RunEnded("stopped")
    list(place.train(OPTIONS, "asked"))
    assert same_model(place.runs / "asked", whole.folder)


def test_a_full_disk_ends_a_run_with_words_and_its_last_checkpoint_stays(
    whole: Finished, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(place.train(OPTIONS, "full"), "captions: step 2 ")
    checkpoints = place.runs / "full" / "checkpoints"
    before = (checkpoints / "step-00000002.pt").read_bytes()

    def full(state: object, file: BinaryIO) -> None:
        file.write(b"as far as it goes")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", full)
        with pytest.raises(RunError, match=r"step-0+6\.pt: cannot be written \(No space left on device\); make room"):
            list(place.train(OPTIONS, "full"))
    assert [path.name for path in checkpoints.glob("*.pt")] == ["step-00000002.pt"]
    assert (checkpoints / "step-00000002.pt").read_bytes() == before
    assert not list(checkpoints.glob("*.part"))
    list(place.train(OPTIONS, "full"))
    assert same_model(place.runs / "full", whole.folder)


def test_a_step_that_breaks_off_is_not_saved_and_comes_again(
    whole: Finished, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def interrupted(self: Learner, *told: object) -> dict[str, float]:
        nonlocal steps
        steps += 1
        losses = learn(self, *told)  # type: ignore[arg-type]
        if steps == 3:
            raise KeyboardInterrupt
        return losses

    learn = Learner.learn
    with monkeypatch.context() as patched:
        patched.setattr(Learner, "learn", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(place.train(OPTIONS, "broken off"))
    assert not list((place.runs / "broken off" / "checkpoints").glob("*.pt"))
    list(place.train(OPTIONS, "broken off"))
    assert same_model(place.runs / "broken off", whole.folder)


def small(**captions: object) -> Training:
    """A run as the paper's: no labels and no keywords, captions alone."""
    return replace(
        OPTIONS,
        network=replace(OPTIONS.network, keywords=0),
        captions=replace(OPTIONS.captions, tag_captions=0.0, **captions),
    )


@pytest.mark.parametrize("trained", ["all", "last"])
def test_a_cnn_learns_where_the_recipe_says_so(trained: str, place: Place) -> None:
    options = replace(small(), encoder=replace(OPTIONS.encoder, trained=trained))
    list(place.train(options, f"cnn {trained}"))
    model = load_file(place.runs / f"cnn {trained}" / "model" / "model.safetensors")
    published = load_file(place.cache / "weights" / "yamnet.safetensors")
    learnt = {name: model[f"encoders.0.{name}"] for name in published}
    changed = {name for name, value in published.items() if not torch.equal(learnt[name], value.to(learnt[name].dtype))}
    assert any(name.startswith("blocks.12.") for name in changed)
    assert any(name.startswith("stem") for name in changed) == (trained == "all")
    assert not any(name.startswith("classifier") for name in changed)


def test_a_cnn_without_pretraining_starts_from_chance_and_learns(place: Place) -> None:
    options = replace(small(), encoder=replace(OPTIONS.encoder, weights="none", trained="all"))
    events = list(place.train(options, "from scratch"))
    assert last_losses(events)["captions/caption"] < 10


def test_accumulated_parts_learn_as_the_whole_batch_does(place: Place) -> None:
    still = replace(small(masked_steps=0, masked_channels=0), network=replace(OPTIONS.network, keywords=0, dropout=0.0))
    parts = replace(still, captions=replace(still.captions, accumulate=3))
    losses = [last_losses(list(place.train(options, name))) for options, name in ((still, "one"), (parts, "three"))]
    assert losses[0]["captions/caption"] == pytest.approx(losses[1]["captions/caption"], rel=1e-5)
    assert losses[0]["captions/rlssr"] == pytest.approx(losses[1]["captions/rlssr"], rel=1e-4)


def test_training_ends_early_without_a_better_score_and_keeps_the_best(place: Place) -> None:
    options = small(epochs=40.0, patience=2, learning_rate=0.0)
    events = list(place.train(options, "early"))
    assert sum(isinstance(event, EpochDone) for event in events) == 3
    assert events[-1] == RunEnded("finished")
    assert not any(isinstance(event, StepDone | EpochDone) for event in place.train(options, "early"))
    best = load_file(place.runs / "early" / "checkpoints" / "best" / "model.safetensors")
    assert all(
        torch.equal(value, best[name])
        for name, value in load_file(place.runs / "early" / "model" / "model.safetensors").items()
    )


@pytest.mark.parametrize(
    ("encoder", "keywords", "words"),
    [
        ({"trained": "all"}, 2, "set network.keywords = 0"),
        ({"weights": "none"}, 0, "random weights have to be trained"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused_with_the_way_out(
    encoder: dict[str, str], keywords: int, words: str, place: Place
) -> None:
    network = replace(OPTIONS.network, keywords=keywords)
    options = replace(OPTIONS, network=network, encoder=replace(OPTIONS.encoder, **encoder))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=words):
        list(place.train(options, "unfit"))


def test_the_papers_recipe_trains_on_a_data_set_in_clothos_format(tmp_path: Path, place: Place) -> None:
    """Small layers and another CNN, whose weights are here; all else is the recipe's."""
    for split, labels in (("development", ("rain", "door", "dog_bark")), ("validation", ("church_bell",))):
        (tmp_path / split).mkdir()
        lines = ["file_name,caption_1,caption_2,caption_3"]
        for number, label in enumerate(labels):
            soundfile.write(tmp_path / split / f"{label}.wav", sound_of(label, number), 16000)
            lines.append(",".join([f"{label}.wav", *WRITTEN[label]]))
        (tmp_path / f"clotho_captions_{split}.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    recipe = from_toml(Training, recipes() / "clotho.toml")
    small_one = replace(
        recipe,
        network=replace(recipe.network, encoders=("mobilenet_v1",), width=16, heads=2, feedforward=32),
        captions=replace(recipe.captions, epochs=4.0, batch_size=2, accumulate=1),
        threads=1,
    )
    events = list(train(small_one, tmp_path, tmp_path / "runs" / "clotho", cache=place.cache))
    assert events[-1] == RunEnded("finished")
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.step for event in epochs][-1] == max(event.step for event in events if isinstance(event, StepDone))
    assert len(epochs) == 2  # every fifth is validated, and the last
    assert all(set(event.samples) == {"church_bell.wav"} for event in epochs)
    model, _ = load_model(tmp_path / "runs" / "clotho" / "model")
    assert model.label_head is None


def test_an_epoch_is_scored_by_meteor_where_it_is_asked_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(corpus._METRICS, "meteor", lambda captions: {"meteor": (0.25, None)})  # Java takes long
    options = small(meteor=True, score="meteor", epochs=0.4)
    last = [event for event in place.train(options, "meteor") if isinstance(event, EpochDone)][-1]
    assert last.scores["captions/meteor"] == 0.25
    assert "meteor" not in last.unavailable


def test_a_score_that_cannot_be_computed_here_is_refused_before_the_first_step(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aaccore.metrics.java.shutil.which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ConfigError, match=r'captions\.score = "meteor": .*Java'):
        list(place.train(small(meteor=True, score="meteor"), "no java"))
    with pytest.raises(ConfigError, match=r"is only there with captions\.meteor = true"):
        list(place.train(small(score="meteor"), "no meteor"))


def test_weights_are_taken_by_name_or_from_a_file_and_one_of_another_network_is_refused(place: Place) -> None:
    published = load_file(place.cache / "weights" / "yamnet.safetensors")
    checkpoint = place.runs / "mine.pth"
    checkpoint.parent.mkdir(exist_ok=True)
    torch.save({"model": published | {"fc_audioset.weight": torch.zeros(3)}}, checkpoint)
    options = small(epochs=0.2)
    models = []
    for number, weights in enumerate(("published", "yamnet", str(checkpoint))):
        chosen = replace(options, encoder=replace(options.encoder, weights=weights))
        list(place.train(chosen, f"weights {number}"))
        models.append(load_file(place.runs / f"weights {number}" / "model" / "model.safetensors"))
    assert all(torch.equal(models[0][name], model[name]) for model in models[1:] for name in models[0])
    torch.save({"model": {"conv.weight": torch.zeros(3)}}, checkpoint)
    for weights, words in ((str(checkpoint), "cannot be used for mobilenet_v1"), ("unheard_of", "are not here")):
        with pytest.raises(ModelError, match=words):
            list(place.train(replace(options, encoder=replace(options.encoder, weights=weights)), words))


def test_mixed_precision_learns_on_a_processor_too_but_fp16_is_for_gpus(place: Place) -> None:
    losses = []
    for precision in ("fp32", "bf16"):
        options = replace(small(epochs=0.4), precision=precision)  # type: ignore[arg-type]
        losses.append(last_losses(list(place.train(options, precision)))["captions/caption"])
    assert losses[1] != losses[0]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    with pytest.raises(ConfigError, match="precision = fp16: is for GPUs"):
        list(place.train(replace(small(), precision="fp16"), "fp16"))
