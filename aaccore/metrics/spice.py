"""SPICE: what captions claim, compared as scene graphs (Anderson et al., ECCV 2016).

Its published implementation is a Java program that parses sentences with Stanford CoreNLP 3.6. The package
`pycocoevalcap` carries the program; CoreNLP's two jars have to be put beside it by hand.
"""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from aaccore.errors import MetricUnavailable
from aaccore.metrics.java import find_jar, find_java

CORENLP = ("stanford-corenlp-3.6.0.jar", "stanford-corenlp-3.6.0-models.jar")


def spice(
    candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> tuple[float, list[float]]:
    """Score candidates with SPICE 1.0, as the COCO caption evaluation runs it; minutes for a thousand clips.

    Args:
        candidates: One tokenized caption a clip.
        references: For each clip its tokenized references, at least one.

    Returns:
        The mean of the clips' F-scores, and these, 0 to 1.

    Raises:
        MetricUnavailable: Java, pycocoevalcap or CoreNLP is missing, or the Java program fails.
    """
    said = tuple(" ".join(caption) for caption in candidates)
    return _scores(said, tuple(tuple(" ".join(caption) for caption in clip) for clip in references))


@lru_cache(maxsize=1)  # SPIDEr asks for the same again
def _scores(candidates: tuple[str, ...], references: tuple[tuple[str, ...], ...]) -> tuple[float, list[float]]:
    java, jar = find_java("SPICE"), _jar()
    clips = [
        {"image_id": number, "test": caption, "refs": list(clip)}
        for number, (caption, clip) in enumerate(zip(candidates, references, strict=True))
    ]
    with tempfile.TemporaryDirectory(prefix="auricle-") as name:
        asked, found = Path(name) / "captions.json", Path(name) / "scores.json"
        asked.write_text(json.dumps(clips), encoding="utf-8")
        command = [java, "-Xmx8G", "-jar", jar.name, str(asked), "-out", str(found), "-silent"]
        ended = subprocess.run(command, cwd=jar.parent, capture_output=True, check=False)
        try:
            told = {one["image_id"]: one["scores"]["All"]["f"] for one in json.loads(found.read_bytes())}
            by_clip = [float(told[number]) for number in range(len(candidates))]
        except (OSError, ValueError, KeyError, TypeError) as error:
            said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            raise MetricUnavailable(f"SPICE's Java program failed: {said[0] if said else error}") from error
    by_clip = [0.0 if math.isnan(score) else score for score in by_clip]
    return sum(by_clip) / len(by_clip), by_clip


def _jar() -> Path:
    """The archive, where CoreNLP lies beside it."""
    jar = find_jar("SPICE", "spice/spice-1.0.jar", beside="Stanford CoreNLP 3.6.0")
    missing = [name for name in CORENLP if not (jar.parent / "lib" / name).is_file()]
    if missing:
        raise MetricUnavailable(
            f"SPICE needs Stanford CoreNLP 3.6.0, which no package brings; put {' and '.join(missing)} into "
            f"{jar.parent / 'lib'}"
        )
    return jar
