"""`auricle`: caption sounds, and train, evaluate and fetch models, from a terminal.

Results go to standard output, everything else to standard error. The exit code is 0, 1 where some input failed, 2 where
the call itself cannot work, and 130 after Ctrl-C. What is heavy is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aaccore import __version__
from aaccore.caption_command import add_caption
from aaccore.errors import CaptioningError, ConfigError, DatasetError, LibraryError, ModelError
from aaccore.evaluate_command import add_evaluate
from aaccore.listen_command import add_listen
from aaccore.search_command import add_search
from aaccore.terminal import Bar, complain
from aaccore.train_command import add_train

Commands = argparse._SubParsersAction  # argparse has no public name for it


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    auricle = argparse.ArgumentParser(prog="auricle", description="Says in a sentence what can be heard.")
    auricle.add_argument("--version", action="version", version=f"auricle {__version__}")
    commands = auricle.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_caption(commands)
    add_listen(commands)
    add_train(commands)
    add_evaluate(commands)
    _add_models(commands)
    add_search(commands)
    return auricle


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    if sys.stdout is None:  # closed by the caller, or a program without a console
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the program
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # file names may hold bytes that are no text
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except CaptioningError as error:
        complain(str(error))
        return 2 if isinstance(error, ConfigError | DatasetError | LibraryError | ModelError) else 1
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read the results has heard enough; keep Python from complaining when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _add_models(commands: Commands[argparse.ArgumentParser]) -> None:
    models = commands.add_parser("models", help="fetch published weights, and show what a model is")
    actions = models.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="say which model and which published weights are here")
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="print a model's card")
    show.add_argument("model", nargs="?", type=Path, help="a model folder (default: the bundled one)")
    show.set_defaults(run=_show)
    fetch = actions.add_parser(
        "fetch",
        help="fetch published weights that training starts from",
        description="Fetch published weights that training starts from, check them and keep them in the user's cache.",
    )
    fetch.add_argument("names", nargs="+", metavar="NAME", help="yamnet or aisfx")
    fetch.set_defaults(run=_fetch)


def _list(options: argparse.Namespace) -> int:
    from aaccore import published
    from aaccore.captioner import bundled_model

    print(f"starter: {_size(bundled_model()) if bundled_model().is_dir() else 'not here'}")
    for name in published.PUBLISHED:
        try:
            print(f"{name}: weights in {published.weights_path(name)}")
        except ModelError as error:
            print(f"{name}: {error}")
    return 0


def _show(options: argparse.Namespace) -> int:
    from aaccore.captioner import bundled_model
    from aaccore.model_folder import describe

    folder = options.model or bundled_model()
    print(_size(folder), describe(folder)["card"].rstrip(), sep="\n\n")
    return 0


def _size(folder: Path) -> str:
    from aaccore.model_folder import describe

    model = describe(folder)
    return f"{folder}, {model['parameters'] / 1e6:.1f} million parameters, {model['bytes'] / 1e6:.1f} MB"


def _fetch(options: argparse.Namespace) -> int:
    from aaccore import published

    with Bar("starting") as bar:
        for event in published.fetch(options.names):
            bar.say(event.message)
            if event.done == 1.0:
                complain(event.message, bar)
    return 0


if __name__ == "__main__":
    sys.exit(main())
