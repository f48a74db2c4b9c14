from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch
from safetensors.torch import load_file

from aaccore.data import shards
from aaccore.data.folder import Clip, read_folder
from aaccore.errors import DatasetError
from aaccore.events import RunStarted, StepDone, Taught, Working
from aaccore.fine_tuning import Event, divided, fine_tune, part_of_the_way, widened
from aaccore.model_folder import describe, load_model, save_model
from aaccore.recipe import FineTuning
from tests.aaccore.made_corpus import RATE, InThisProcess, made_model, sound_of

SAID = {
    "dog_bark": "Rex barks.",
    "rain": "It drizzles in the yard.",
    "church_bell": "Our bell rings.",
    "door": "A door.",
}
QUICK = FineTuning(epochs=40.0, fewest_steps=1, learning_rate=3e-3, enough=0.0, threads=1)


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shards, "ProcessPoolExecutor", InThisProcess)
        yield


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows the words of `WRITTEN`, with a label head, untrained."""
    folder = tmp_path_factory.mktemp("former") / "model"
    model, tokenizer = made_model()
    save_model(folder, model, tokenizer, "# Former\n\nKnows little.\n")
    return folder


@pytest.fixture(scope="module")
def corrections(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Three recordings of each sound, with a wording of their own."""
    folder = tmp_path_factory.mktemp("corrections")
    (folder / "clips").mkdir()
    with (folder / "captions.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["file_name", "caption_1", "seconds", "source", "source_id"])
        for label, caption in SAID.items():
            for number in range(3):
                name = f"{label}_{number}.wav"
                soundfile.write(folder / "clips" / name, sound_of(label, number), RATE)
                rows.writerow([name, caption, 1.0, "library", name])
    return read_folder(folder / "captions.csv", folder / "clips")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Two recordings that nobody corrected."""
    folder = tmp_path_factory.mktemp("others")
    for number in range(2):
        soundfile.write(folder / f"{number}.wav", sound_of("rain", 20 + number), RATE)
    return [Clip(f"{n}.wav", folder / f"{n}.wav", ("Never read.",), seconds=1.0) for n in range(2)]


@pytest.fixture(scope="module")
def taught(
    former: Path, corrections: list[Clip], others: list[Clip], tmp_path_factory: pytest.TempPathFactory
) -> list[Event]:
    target = tmp_path_factory.mktemp("taught") / "model"
    return list(fine_tune(former, corrections, others, target, QUICK))


def result(events: list[Event]) -> Taught:
    assert isinstance(events[-1], Taught)
    return events[-1]


def test_corrections_are_learnt_and_held_back_ones_are_judged_before_and_after(taught: list[Event]) -> None:
    found = result(taught)
    assert (found.learnt, len(found.held_back)) == (10, 2)
    assert {"bleu_1", "rouge_l", "cider_d"} <= set(found.before) == set(found.after)
    losses = [event.losses["captions/caption"] for event in taught if isinstance(event, StepDone)]
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    assert all(one.written in SAID.values() for one in found.held_back)


def test_sounds_that_nobody_corrected_show_what_else_has_changed(taught: list[Event], others: list[Clip]) -> None:
    found = result(taught)
    assert [one.name for one in found.others] == [clip.file_name for clip in others]
    assert all(one.before and one.after and not one.written for one in found.others)


def test_between_two_states_of_a_model_lie_others() -> None:
    start, end = (made_model(seed)[0].state_dict() for seed in (0, 1))
    for name, value in part_of_the_way(start, end, 0.25).items():
        wanted = 0.75 * start[name] + 0.25 * end[name] if value.is_floating_point() else end[name]
        torch.testing.assert_close(value, wanted)


def test_it_goes_only_as_far_as_the_corrections_need(
    taught: list[Event], former: Path, corrections: list[Clip], tmp_path: Path
) -> None:
    easy = list(fine_tune(former, corrections, [], tmp_path / "easy", replace(QUICK, enough=100.0)))
    shares = [describe(result(events).folder)["extra"]["taught"]["share"] for events in (easy, taught)]
    assert shares == [0.3, 1.0]


def test_new_words_are_learnt_behind_the_known_ones(taught: list[Event], former: Path) -> None:
    (_, known), (_, now) = load_model(former), load_model(result(taught).folder)
    assert result(taught).new_words == len(now) - len(known) > 0
    assert now.words(range(4, len(known))) == known.words(range(4, len(known)))
    assert now.decode(now.encode(SAID["rain"])) == SAID["rain"]


def test_the_former_model_and_the_cnn_stay(taught: list[Event], former: Path) -> None:
    _, tokenizer = made_model()
    assert len(load_model(former)[1]) == len(tokenizer)
    before, after = (load_file(folder / "model.safetensors") for folder in (former, result(taught).folder))
    encoders = [name for name in before if name.startswith(("encoders.", "label_head."))]
    assert all(torch.equal(before[name], after[name]) for name in encoders)
    assert describe(result(taught).folder)["extra"]["taught"]["learnt"] == result(taught).learnt
    assert "not measured again" in (result(taught).folder / "README.md").read_text(encoding="utf-8")


def test_there_are_signs_of_life(taught: list[Event]) -> None:
    assert all(isinstance(event, Working | RunStarted | StepDone) for event in taught[:-1])
    assert any(isinstance(event, Working) for event in taught)


def test_a_model_with_room_for_more_words_says_the_known_ones_as_before() -> None:
    model, tokenizer = made_model()
    wide = widened(model, len(tokenizer) + 3)
    hidden = torch.randn(2, 5, model.network.width, generator=torch.Generator().manual_seed(1))
    assert torch.equal(wide.logits(hidden)[..., : len(tokenizer)], model.logits(hidden))


def clip(name: str, recording: str) -> Clip:
    return Clip(name, Path(name), ("A sound.",), recording=recording)


def test_pieces_of_one_recording_are_learnt_or_held_back_together() -> None:
    clips = [clip(f"{number}.flac", f"recording {number // 3}") for number in range(30)]
    learnt, held_back = divided(clips, FineTuning())
    assert len(held_back) == 6
    assert not {one.recording for one in learnt} & {one.recording for one in held_back}
    assert divided(clips, FineTuning()) == (learnt, held_back)


def test_too_few_corrections_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"2 recordings are too few to learn from .* correct captions of 5 or more"):
        divided([clip("a.flac", "a"), clip("b.flac", "b")], FineTuning())


def test_the_same_seed_teaches_the_same(former: Path, corrections: list[Clip], tmp_path: Path) -> None:
    short = replace(QUICK, epochs=1.0)
    found = [list(fine_tune(former, corrections, [], tmp_path / name, short)) for name in ("first", "second")]
    losses = [[event.losses for event in events if isinstance(event, StepDone)] for events in found]
    assert losses[0] == losses[1]
