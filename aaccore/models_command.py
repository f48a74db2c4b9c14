"""`auricle models`: which models are here, taking them in and out, and published weights that training starts from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aaccore.errors import ConfigError, ModelError
from aaccore.events import Working
from aaccore.terminal import Bar, complain

if TYPE_CHECKING:
    from aaccore.downloads import Downloading
    from aaccore.models_folder import Model

Parsers = argparse._SubParsersAction  # argparse has no public name for it


def add_models(commands: Parsers[argparse.ArgumentParser]) -> None:
    """Add the command and its actions."""
    models = commands.add_parser("models", help="show, add and remove models, and download published weights")
    actions = models.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="say which models and which published weights are here")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="print a model's card")
    _add_model(show)
    show.set_defaults(run=_show)
    labels = actions.add_parser("labels", help="say what a model can name, and how often it did in its evaluation")
    _add_model(labels)
    labels.set_defaults(run=_labels)
    add = actions.add_parser("add", help="take a model into the models folder, from a folder or a zip file")
    add.add_argument("source", type=Path, metavar="FOLDER_OR_ZIP", help="where it is; it is checked before it is used")
    add.add_argument("--name", help="what it shall be called (default: as the source)")
    add.set_defaults(run=_add)
    remove = actions.add_parser("remove", help="delete a model from the models folder")
    remove.add_argument("name", help="what it is called")
    remove.set_defaults(run=_remove)
    pack = actions.add_parser("pack", help="write a model as a zip file")
    pack.add_argument("model", help="its name or folder")
    pack.add_argument("zip", type=Path, metavar="FILE.zip", help="where to")
    pack.set_defaults(run=_pack)
    download = actions.add_parser(
        "download",
        help="download published weights that training starts from",
        description="Download published weights that training starts from, check them and keep them in the user's "
        "cache. A download that was stopped goes on where it was.",
    )
    download.add_argument("names", nargs="*", metavar="NAME", help="as `auricle models list` names them")
    download.add_argument("--from", type=Path, dest="file", metavar="FILE", help="take them from a file instead")
    download.set_defaults(run=_download)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", default="starter", help="a model's name or folder (default: the bundled)")


def _list(options: argparse.Namespace) -> int:
    from aaccore.models_folder import list_models
    from aaccore.weights import CATALOGUE, are_here

    if options.json:
        models = [_plain(model) for model in list_models()]
        here = [{"name": name, "here": are_here(name)} for name in CATALOGUE]
        print(json.dumps({"models": models, "weights": here}, indent=1, ensure_ascii=False))
        return 0
    for model in list_models():
        print(f"{model.name}: {model.problem or _size(model)}")
    for name, weights in CATALOGUE.items():
        state = "here" if are_here(name) else f"not here; get them with: auricle models download {name}"
        whose = f"{weights.title}; {weights.trained_on}; {weights.licence}"
        print(f"{name}: weights for {weights.encoder} ({whose}): {state}")
    return 0


def _plain(model: Model) -> dict[str, Any]:
    """What `--json` says of a model."""
    card = model.card
    return {
        "name": model.name,
        "folder": str(model.folder),
        "bundled": model.bundled,
        "bytes": model.bytes,
        "parameters": model.parameters,
        "encoders": list(model.encoders),
        "training_data": card.training_data if card else "",
        "licence": card.licence if card else "",
        "scores": [list(score) for score in card.scores] if card else [],
        "problem": model.problem,
    }


def _show(options: argparse.Namespace) -> int:
    from aaccore.model_folder import load_styles

    model = _found(options.model)
    assert model.card is not None
    styles = load_styles(model.folder)
    told = [f"Styles: {', '.join(styles)} (`--style`); the first is the usual one."] if styles else []
    print(f"{model.folder}, {_size(model)}", *told, model.card.text.rstrip(), sep="\n\n")
    return 0


def _labels(options: argparse.Namespace) -> int:
    model = _found(options.model)
    assert model.card is not None
    if not model.card.labels:
        complain(f"{model.name} has no labels: it says freely what it hears")
    for label in model.card.labels:
        print(f"{label.label}\t{label.named}/{label.of}" if label.of else label.label)
    return 0


def _found(name: str) -> Model:
    from aaccore.models_folder import find_model, look_at

    model = look_at(find_model(name))
    if model.card is None:
        raise ModelError(model.problem)
    return model


def _size(model: Model) -> str:
    encoders = " and ".join(model.encoders)
    return f"{encoders}, {model.parameters / 1e6:.1f} million parameters, {model.bytes / 1e6:.1f} MB"


def _add(options: argparse.Namespace) -> int:
    from aaccore.models_folder import ModelAdded, add_model

    with Bar("starting") as bar:
        for event in add_model(options.source, options.name):
            if isinstance(event, ModelAdded):
                with bar.hidden():
                    print(event.folder)
            else:
                bar.say(event.message, event.done)
    return 0


def _remove(options: argparse.Namespace) -> int:
    from aaccore.models_folder import remove_model

    remove_model(options.name)
    return 0


def _pack(options: argparse.Namespace) -> int:
    from aaccore.model_archive import pack_model
    from aaccore.models_folder import find_model

    _tell(pack_model(find_model(options.model), options.zip))
    return 0


def _download(options: argparse.Namespace) -> int:
    from aaccore.weights import fetch, take_file

    if options.file is not None and len(options.names) > 1:
        raise ConfigError("--from takes one file, and so one name at most")
    if options.file is None and not options.names:
        raise ConfigError("name weights that `auricle models list` knows, or a file with --from")
    if options.file is not None:
        _tell(take_file(options.file, options.names[0] if options.names else None))
    else:
        _tell(fetch(options.names))
    return 0


def _tell(events: Iterator[Working | Downloading]) -> None:
    """How far it is on the bar; what is ready above it."""
    with Bar("starting") as bar:
        for event in events:
            bar.say(event.message, event.done)
            if isinstance(event, Working) and event.done == 1.0:
                complain(event.message, bar)
