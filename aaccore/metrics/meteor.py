"""METEOR: words aligned exactly, by stem, by synonym and by paraphrase (Denkowski and Lavie, WMT 2014).

Its published implementation is a Java program with tables of synonyms and paraphrases; the package `pycocoevalcap`
carries it. Where that or Java is missing there is no METEOR: nltk's is another measure.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence

from aaccore.errors import MetricUnavailable
from aaccore.metrics.java import find_jar, find_java

_SEPARATOR = " ||| "
# Java would otherwise write "0,5" where people do.
_JAVA_OPTIONS = ["-Xmx2G", "-Duser.language=en", "-Duser.country=US", "-Dfile.encoding=UTF-8"]


def meteor(
    candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> tuple[float, list[float]]:
    """Score candidates with METEOR 1.5's English settings, as the COCO caption evaluation runs it.

    Args:
        candidates: One tokenized caption a clip.
        references: For each clip its tokenized references, at least one.

    Returns:
        The corpus score (of the summed statistics, not the mean) and the score of each clip, 0 to 1.

    Raises:
        MetricUnavailable: Java or pycocoevalcap is missing, or the Java program fails.
    """
    java, jar = find_java("METEOR"), find_jar("METEOR", "meteor/meteor-1.5.jar")
    command = [java, *_JAVA_OPTIONS, "-jar", jar.name, "-", "-", "-stdio", "-l", "en", "-norm"]
    # A file takes what Java complains of: an unread pipe could fill and stop it.
    with tempfile.TemporaryFile() as complaints:
        try:
            with subprocess.Popen(
                command,
                cwd=jar.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                encoding="utf-8",
            ) as process:
                try:
                    return _converse(process, candidates, references)
                finally:
                    process.kill()
        except (OSError, EOFError, ValueError) as error:
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace").strip().splitlines()
            raise MetricUnavailable(f"METEOR's Java program failed: {said[0] if said else error}") from error


def _converse(
    process: subprocess.Popen[str],
    candidates: Sequence[Sequence[str]],
    references: Sequence[Sequence[Sequence[str]]],
) -> tuple[float, list[float]]:
    """Ask for each clip's statistics, then for the scores of them all."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def answer() -> str:
        line = stdout.readline()
        if not line:
            raise EOFError("it ended early")
        return line.strip()

    def ask(*parts: str) -> None:
        stdin.write(_SEPARATOR.join(parts) + "\n")
        stdin.flush()

    statistics = []
    for candidate, clip in zip(candidates, references, strict=True):
        ask("SCORE", *(_sentence(reference) for reference in clip), _sentence(candidate))
        statistics.append(answer())
    ask("EVAL", *statistics)
    by_clip = [float(answer()) for _ in statistics]
    return float(answer()), by_clip


def _sentence(tokens: Sequence[str]) -> str:
    return " ".join(token for token in tokens if token.strip("|"))  # bars separate the fields of a line
