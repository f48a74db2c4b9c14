from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import torch
from safetensors.torch import load_file

from aaccore.__main__ import main
from aaccore.captioner import Captioner
from aaccore.config import Decoding, from_toml
from aaccore.data import shards
from aaccore.data.corpus import read_sets
from aaccore.errors import ConfigError, DatasetError, ModelError
from aaccore.events import EpochDone, RunEnded
from aaccore.model_folder import load_model, load_styles, save_model
from aaccore.recipe import DataSet, Training, check_training, shares, to_toml
from aaccore.training import train
from tests.aaccore.made_corpus import InThisProcess, made_model, small_training, sound_of, write_corpus, write_weights

OTHER_WORDS = {
    "dog_bark": "Barking is what there is.",
    "rain": "Raining is what there is.",
    "church_bell": "Ringing is what there is.",
    "door": "Slamming is what there is.",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`first` and `second`: the same sounds, of which the second's people write in another way; `clotho` has others."""
    folder = tmp_path_factory.mktemp("sets")
    for name in ("first", "second"):
        write_corpus(folder / name)
    table = folder / "second" / "captions.csv"
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["file_name", "caption_1", "label", "fold"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row | {"caption_1": OTHER_WORDS[row["label"]]} for row in rows)
    for split in ("development", "validation"):
        (folder / "clotho" / split).mkdir(parents=True)
        soundfile.write(folder / "clotho" / split / "rain.wav", sound_of("rain", 1), 16000)
        (folder / "clotho" / f"clotho_captions_{split}.csv").write_text(
            "file_name,caption_1\nrain.wav,Drizzle drips.\n"
        )
    write_weights(folder / "cache")
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shards, "ProcessPoolExecutor", InThisProcess)
        yield folder
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def settings(place: Path, **captions: object) -> Training:
    """A run of a few steps on `first` and, in the same folds, `second`."""
    options = small_training(altered=0, backgrounds=0, scenes="")
    second = replace(options.data, folder=str(place / "second"), name="short")
    data = replace(options.data, name="long")
    return replace(options, data=data, more_data=(second,), captions=replace(options.captions, **captions))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def taught(place: Path) -> Path:
    """A run that has learnt both styles by heart."""
    options = settings(
        place, data_set_token=True, epochs=60.0, learning_rate=2e-2, average=0.9, masked_steps=0, masked_channels=0,
        mixup=0.0, tag_captions=0.0, label_smoothing=0.0, balanced=False, rlssr="none",
    )  # fmt: skip
    options = replace(
        options, network=replace(options.network, dropout=0.0), labels=replace(options.labels, epochs=4.0)
    )
    folder = place / "runs" / "taught"
    events = list(train(options, place / "first", folder, cache=place / "cache"))
    assert events[-1] == RunEnded("finished")
    last = [event for event in events if isinstance(event, EpochDone)][-1]
    assert last.scores["captions/cider_d"] > 1  # each split is judged by captions in its own style
    return folder


@pytest.mark.slow
def test_the_same_sound_is_captioned_in_the_style_that_is_asked_for(taught: Path, place: Path) -> None:
    waveform = soundfile.read(place / "first" / "clips" / "rain_1.wav", dtype="float32")[0]
    said = {}
    for style in ("", "long", "short"):
        captioner = Captioner(taught / "model", "cpu", Decoding(beam_size=2, style=style))
        ((best, *_),) = captioner.caption_windows([waveform])
        said[style] = best.caption
    assert said["short"].endswith("is what there is.")
    assert not said["long"].endswith("is what there is.")
    assert said[""] == said["long"]  # the first data set's is the usual one


@pytest.mark.slow
def test_the_command_line_tells_a_models_styles_and_captions_in_one(
    taught: Path, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, sound = str(taught / "model"), str(place / "first" / "clips" / "door_1.wav")
    assert main(["models", "show", model]) == 0
    assert "Styles: long, short" in capsys.readouterr().out
    assert main(["caption", sound, "--model", model, "--device", "cpu", "--style", "short"]) == 0
    assert capsys.readouterr().out.strip().endswith("is what there is.")
    assert main(["caption", sound, "--model", model, "--device", "cpu", "--style", "french"]) == 2
    assert "this model knows long, short" in capsys.readouterr().err


@pytest.mark.slow
def test_a_model_folder_keeps_its_styles_and_one_without_them_is_as_before(
    taught: Path, tiny_model: Path, tmp_path: Path
) -> None:
    assert load_styles(taught / "model") == ("long", "short")
    assert load_model(taught / "model")[0].network.styles == ("long", "short")
    assert load_styles(tiny_model) == ()
    assert "styles.weight" not in load_file(tiny_model / "model.safetensors")
    former = json.loads((tiny_model / "config.json").read_text())
    del former["network"]["styles"]  # as folders were written before there were styles
    for name in ("model.safetensors", "tokenizer.json", "README.md"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    (tmp_path / "config.json").write_text(json.dumps(former))
    assert load_styles(tmp_path) == ()
    assert load_model(tmp_path)[0].network.styles == ()


def test_a_style_that_a_model_does_not_know_is_refused_with_those_that_it_does(tmp_path: Path) -> None:
    model, tokenizer = made_model()
    save_model(tmp_path / "plain", model, tokenizer, "")
    styled = type(model)(replace(model.network, styles=("long", "short")), len(tokenizer), model.keyword_tokens)
    save_model(tmp_path / "styled", styled, tokenizer, "")
    with pytest.raises(ConfigError, match="style = 'french': this model knows long, short"):
        Captioner(tmp_path / "styled", "cpu", Decoding(style="french"))
    with pytest.raises(ConfigError, match="style = 'long': this model was taught no styles; leave it empty"):
        Captioner(tmp_path / "plain", "cpu", Decoding(style="long"))
    config = json.loads((tmp_path / "styled" / "config.json").read_text())
    config["network"]["styles"].append("third")
    (tmp_path / "styled" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"styles\.weight has shape"):
        load_model(tmp_path / "styled")


def test_the_data_sets_of_a_run_are_read_one_after_the_other(place: Path) -> None:
    options = settings(place)
    clotho = DataSet(
        str(place / "clotho"), "clotho", scenes="", development=("development",), validation=("validation",), altered=0,
        made_scenes=0, backgrounds=0, weight=2.0,
    )  # fmt: skip
    options = replace(options, more_data=(*options.more_data, clotho))
    check_training(options)
    corpus = read_sets(place / "first", options)
    found = [{(sound.fold, sound.data_set) for sound in fold} for fold in corpus.development]
    assert found == [{("1", 0)}, {("2", 0)}, {("1", 1)}, {("2", 1)}, {("development", 2)}]
    assert [{sound.data_set for sound in fold} for fold in corpus.validation] == [{0}, {1}, {2}]
    assert {"Drizzle drips.", "Raining is what there is.", "Heavy rain pours down outside."} <= set(corpus.captions)
    assert shares(options) == (0.25, 0.25, 0.5)


def test_made_scenes_are_an_option_of_any_data_set(place: Path) -> None:
    (place / "mixed" / "development").mkdir(parents=True)
    lines = ["file_name,caption_1,caption_2,caption_3"]
    for label in ("rain", "door", "dog_bark", "church_bell"):
        soundfile.write(place / "mixed" / "development" / f"{label}.wav", sound_of(label, 1), 16000)
        with (place / "first" / "captions.csv").open(encoding="utf-8", newline="") as stream:
            said = next(row for row in csv.DictReader(stream) if row["label"] == label)
        lines.append(f"{label}.wav,{said['caption_1']},{said['caption_2']},{said['caption_3']}")
    (place / "mixed" / "clotho_captions_development.csv").write_text("\n".join(lines))
    (place / "mixed" / "scenes.csv").write_text(
        "scene,fold,kind,files,starts_s,gains_db,seconds,caption_1\n"
        "written,development,in turn,rain.wav;door.wav,0.0;0.9,0.0;-2.0,1.9,Rain falls and a door slams.\n"
    )
    data = DataSet(kind="clotho", development=("development",), validation=(), altered=0, made_scenes=3, backgrounds=0)
    (sounds,) = read_sets(place / "mixed", Training(data=data)).development
    assert len(sounds) == 4 + 1 + 3
    assert sum(len(sound.scene.parts) > 1 for sound in sounds if sound.scene) >= 2


def test_several_data_sets_are_written_and_read_again_and_former_recipes_have_one(place: Path, tmp_path: Path) -> None:
    options = settings(place, data_set_token=True)
    (tmp_path / "run.toml").write_text(to_toml(options), encoding="utf-8")
    assert from_toml(Training, tmp_path / "run.toml") == options
    (tmp_path / "former.toml").write_text('[data]\nkind = "clotho"\n')
    assert from_toml(Training, tmp_path / "former.toml").more_data == ()
    assert shares(Training()) == (1.0,)


def test_data_sets_that_cannot_be_told_apart_or_found_are_refused(place: Path) -> None:
    options = settings(place)
    (second,) = options.more_data
    same = replace(options, data=replace(options.data, name="short"))
    with pytest.raises(ConfigError, match="data sets are called short, short; give each a name of its own"):
        check_training(same)
    with pytest.raises(ConfigError, match="more_data: short needs a folder"):
        check_training(replace(options, more_data=(replace(second, folder=""),)))
    with pytest.raises(ConfigError, match="data_set_token: tells several data sets apart"):
        check_training(replace(settings(place, data_set_token=True), more_data=()))
    with pytest.raises(ConfigError, match=r"longest_s = 20\.0: longer than network.window_s"):
        check_training(replace(options, more_data=(replace(second, longest_s=20.0),)))
    with pytest.raises(ConfigError, match=r"weight = 0\.0: must be from"):
        check_training(replace(options, more_data=(replace(second, weight=0.0),)))
    with pytest.raises(DatasetError, match="no clips of fold 9"):
        read_sets(place / "first", replace(options, more_data=(replace(second, development=("9",)),)))
