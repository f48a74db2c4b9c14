"""The corpus's fixed test: its `score.py` renders and scores, Auricle captions; what is on disk is not done again."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Literal

import soundfile

from aaccore.captioner import Captioner, caption_files
from aaccore.config import Decoding
from aaccore.events import ClipCaptioned, ClipFailed
from aaccore.model_folder import describe
from aaccore.tables import json_line

Set = Literal["clips", "scenes"]
SETS: tuple[Set, ...] = ("clips", "scenes")
KINDS = ("clean", "quiet", "mp3", "16k", "noise", "room")
FOLD = "5"
PATTERNS = {
    "named": r"^named ([\d.]+)",
    "balanced": r"^balanced ([\d.]+)",
    "both": r"^both ([\d.]+)",
    "at least one": r"at least one ([\d.]+)",
    "others": r"^others ([\d.]+)",
    "others, written": r"the written captions: ([\d.]+)",
    "captions": r"^(\d+) captions",
    "distinct": r"(\d+) distinct",
    "repeated": r"(\d+) with a word said twice",
    "mean words": r"([\d.]+) words on average",
}
"""Where each figure stands in what `score.py score` prints."""


@dataclass(frozen=True)
class Scores:
    """What `score.py` says of one set of captions: figures by name, and for clips (named, all) by label."""

    figures: dict[str, float]
    by_label: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Tested:
    """A model under test; it is loaded once, and only if something is left to caption.

    Attributes:
        folder: Its model folder.
        work: Where rendered sounds and captions are kept.
        beams: Captions followed at once.
        limit: Caption only so many sounds of each set (to try the benchmark); None for all.
    """

    folder: Path
    work: Path
    beams: int = Decoding().beam_size
    limit: int | None = None

    @cached_property
    def captioner(self) -> Captioner:
        """The loaded model."""
        return Captioner(self.folder, "cpu", Decoding(beam_size=self.beams))

    @cached_property
    def captions(self) -> Path:
        """Where this model's captions lie: a folder named by its weights, so that another model finds none of them."""
        config = describe(self.folder)
        weights = {name: digest for name, digest in config["files"].items() if not name.endswith(".md")}
        key = json.dumps([weights, config["network"], self.beams, self.limit], sort_keys=True)
        return self.work / "captions" / f"{self.folder.resolve().name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"

    def caption(self, sounds: Sequence[Path], name: str) -> tuple[Path, dict[str, str]]:
        """Caption files, all or those that `limit` leaves, unless that was done.

        Returns:
            The JSON Lines, as `auricle caption` writes them, and the captions by file name without suffix.
        """
        out = self.captions / f"{name}.jsonl"
        chosen = list(sounds) if self.limit is None else list(sounds)[:: max(1, len(sounds) // self.limit)]
        if not out.exists():
            lines = []
            for event in caption_files(self.captioner, chosen):
                if isinstance(event, ClipFailed):
                    raise SystemExit(f"{event.path}: {event.reason}")
                if isinstance(event, ClipCaptioned):
                    lines.append(json_line(event) + "\n")
                    if len(lines) % 100 == 0:
                        print(f"{name}: {len(lines)} of {len(chosen)}", file=sys.stderr, flush=True)
            out.parent.mkdir(parents=True, exist_ok=True)
            part = out.with_suffix(".part")
            part.write_text("".join(lines), encoding="utf-8")
            part.replace(out)
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        return out, {Path(row["path"]).stem: row["caption"] for row in rows}


def rendered(data: Path, work: Path, which: Set, kind: str) -> list[Path]:
    """Render a set of test sounds, unless that was done; the files in order of their names."""
    folder = work / "sounds" / f"{which}-{kind}"
    if not folder.is_dir():
        part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        _score_py(data, "render", str(part), "--set", which, "--as", kind)
        if folder.is_dir():  # another call was quicker
            shutil.rmtree(part)
        else:
            part.rename(folder)
    return sorted(folder.glob("*.wav"))


def scored(data: Path, captions: Path, which: Set) -> Scores:
    """Score the captions of a set by the corpus's own rules."""
    text = _score_py(data, "score", str(captions), "--set", which)
    found = {name: re.search(pattern, text, re.MULTILINE) for name, pattern in PATTERNS.items()}
    figures = {name: float(match[1]) for name, match in found.items() if match}
    labels = re.search(r"^by label: (.*)$", text, re.MULTILINE)
    by_label = re.findall(r"(\S+) (\d+)/(\d+)", labels[1]) if labels else []
    return Scores(figures, {label: (int(hits), int(all_)) for label, hits, all_ in by_label})


def _score_py(data: Path, *arguments: str) -> str:
    command = [sys.executable, str(data / "score.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def references(data: Path, which: Set) -> dict[str, list[str]]:
    """The written captions of each sound of the test, by file name without suffix."""
    table, column = ("captions.csv", "file_name") if which == "clips" else ("scenes.csv", "scene")
    with (data / table).open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["fold"] == FOLD]
    return {Path(row[column]).stem: _written(row) for row in rows}


def _written(row: Mapping[str, str]) -> list[str]:
    return [row[f"caption_{k}"] for k in range(1, 6) if row[f"caption_{k}"]]


def times_real_time(model: Path, sounds: Sequence[Path]) -> tuple[float, float]:
    """Caption files by `auricle caption`, the start of Python and the loading of the model included.

    Returns:
        Seconds of sound, and seconds that it took.
    """
    seconds = sum(soundfile.info(path).duration for path in sounds)
    command = [sys.executable, "-m", "aaccore", "caption", "--format", "jsonl", "--device", "cpu"]
    command += ["--model", str(model), *map(str, sounds)]
    begin = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return seconds, perf_counter() - begin
