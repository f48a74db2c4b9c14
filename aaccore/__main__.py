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
from aaccore.data_command import add_data
from aaccore.errors import CaptioningError, ConfigError, DatasetError, LibraryError, ModelError
from aaccore.evaluate_command import add_evaluate
from aaccore.experiments_command import add_experiments
from aaccore.listen_command import add_listen
from aaccore.models_command import add_models
from aaccore.search_command import add_search
from aaccore.teach_command import add_teach
from aaccore.terminal import complain
from aaccore.train_command import add_train


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    auricle = argparse.ArgumentParser(prog="auricle", description="Says in a sentence what can be heard.")
    auricle.add_argument("--version", action="version", version=f"auricle {__version__}")
    commands = auricle.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_caption(commands)
    add_listen(commands)
    add_train(commands)
    add_evaluate(commands)
    add_experiments(commands)
    add_models(commands)
    add_data(commands)
    add_search(commands)
    add_teach(commands)
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


if __name__ == "__main__":
    sys.exit(main())
