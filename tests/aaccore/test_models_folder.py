"""The models folder: what is added is checked first, and what is there is told, even where it is damaged."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from aaccore import models_folder
from aaccore.captioner import bundled_model
from aaccore.errors import ModelError
from aaccore.events import Working
from aaccore.model_archive import pack_model
from aaccore.model_folder import load_model
from aaccore.models_folder import Model, ModelAdded, add_model, find_model, list_models, remove_model


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def added(source: Path, models: Path, name: str | None = None) -> Path:
    *steps, last = add_model(source, name, models)
    assert {type(step) for step in steps} == {Working}
    assert isinstance(last, ModelAdded)
    return last.folder


def copied(model: Path, folder: Path) -> Path:
    return Path(shutil.copytree(model, folder))


def listed(models: Path) -> dict[str, Model]:
    return {model.name: model for model in list_models(models)}


def test_a_model_is_added_from_a_folder_and_can_caption(tiny_model: Path, models: Path) -> None:
    folder = added(tiny_model, models)
    assert folder == models / "tiny"
    load_model(folder)
    assert sorted(path.name for path in models.iterdir()) == ["tiny"]


def test_a_model_is_added_from_a_zip_under_the_name_of_the_file(tiny_model: Path, models: Path, tmp_path: Path) -> None:
    list(pack_model(tiny_model, tmp_path / "night birds.zip"))
    assert added(tmp_path / "night birds.zip", models).name == "night birds"
    assert added(tmp_path / "night birds.zip", models).name == "night birds-2"
    assert added(tmp_path / "night birds.zip", models, "Owls").name == "Owls"
    assert set(listed(models)) - {bundled_model().name} == {"Owls", "night birds", "night birds-2"}


def test_the_list_begins_with_the_bundled_model_and_tells_what_each_is(tiny_model: Path, models: Path) -> None:
    added(tiny_model, models)
    first, second = list_models(models)
    assert first.bundled
    assert first.card is not None
    assert first.card.scores
    assert "recordings" in first.card.licence
    assert (second.name, second.bundled, second.encoders, second.problem) == ("tiny", False, ("mobilenet_v1",), "")
    assert second.bytes > second.parameters > 0


def test_a_damaged_model_is_listed_with_its_problem(tiny_model: Path, models: Path) -> None:
    (added(tiny_model, models) / "README.md").write_text("changed")
    assert "checksum" in listed(models)["tiny"].problem


@pytest.mark.parametrize("kind", ["shapes", "checksum", "missing", "link", "pickle"])
def test_a_model_that_is_not_right_is_refused_and_leaves_nothing(
    tiny_model: Path, models: Path, tmp_path: Path, kind: str
) -> None:
    source = copied(tiny_model, tmp_path / "source")
    config = json.loads((source / "config.json").read_text())
    if kind == "shapes":
        weights = source / "model.safetensors"
        save_file({name: tensor.flatten()[:1].clone() for name, tensor in load_file(weights).items()}, weights)
        config["files"][weights.name] = hashlib.sha256(weights.read_bytes()).hexdigest()
        (source / "config.json").write_text(json.dumps(config))
    if kind == "checksum":
        (source / "tokenizer.json").write_text("{}")
    if kind == "missing":
        (source / "README.md").unlink()
    if kind == "link":
        (source / "README.md").rename(tmp_path / "card")
        (source / "README.md").symlink_to(tmp_path / "card")
    if kind == "pickle":
        (source / "model.safetensors").rename(source / "model.pth")
    with pytest.raises(ModelError, match="source"):
        list(add_model(source, None, models))
    assert list(models.iterdir()) == []


def test_adding_that_is_given_up_leaves_nothing(tiny_model: Path, models: Path) -> None:
    steps = add_model(tiny_model, None, models)
    next(steps)
    next(steps)
    steps.close()
    assert list(models.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("../up", "cannot be a model's name"), (".hidden", "cannot be"), ("starter", "there is a model of that name")],
)
def test_a_name_that_cannot_be_is_refused(tiny_model: Path, models: Path, name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        list(add_model(tiny_model, name, models))


def test_a_source_that_is_not_there_is_said(models: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.zip: not found; give a model folder or a zip file"):
        list(add_model(tmp_path / "gone.zip", None, models))


def test_a_removed_model_is_gone_and_the_bundled_one_stays(tiny_model: Path, models: Path) -> None:
    added(tiny_model, models)
    remove_model("tiny", models)
    assert list(models.iterdir()) == []
    with pytest.raises(ModelError, match="no model in"):
        remove_model("tiny", models)
    with pytest.raises(ModelError, match="came with the program"):
        remove_model(bundled_model().name, models)
    assert bundled_model().is_dir()


def test_nothing_outside_the_models_folder_is_ever_removed(tiny_model: Path, models: Path, tmp_path: Path) -> None:
    outside = copied(tiny_model, tmp_path / "outside")
    models.mkdir()
    (models / "link").symlink_to(outside)
    for name in ("../outside", str(outside), "link", "", "."):
        with pytest.raises(ModelError, match="no model in"):
            remove_model(name, models)
    assert outside.is_dir()


def test_a_model_is_found_by_name_or_path(tiny_model: Path, models: Path) -> None:
    folder = added(tiny_model, models)
    assert find_model("tiny", models) == folder
    assert find_model(str(tiny_model), models) == tiny_model
    assert find_model("starter", models) == bundled_model()
    with pytest.raises(ModelError, match="auricle models list"):
        find_model("nonsense", models)


def test_the_models_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(models_folder, "user_data_path", lambda *_, **__: tmp_path)
    assert models_folder.models_folder() == tmp_path / "models"
