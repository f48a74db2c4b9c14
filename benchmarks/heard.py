"""All sounds of a fold as a model hears them: captions, word times, traits of the caption, and whether it is right.

A caption is right by the words of the corpus's `label_words.json` and the rules of its `score.py`: that of a clip, if
it names the clip's label; that of a scene, if it names at least one of the scene's labels and no sound that is not
there (no word that names another label, unless a caption written for the scene has it too).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aaccore.bands import traits
from aaccore.captioner import Captioner, in_order
from aaccore.data.folder import read_folder
from aaccore.data.scenes import Part, Scene, read_scenes, render
from aaccore.model_folder import describe
from aaccore.word_times import meanings

BATCH = 32


@dataclass(frozen=True)
class HeardSound:
    """A sound of the fold and what was said of it; `spans` are the parts' beginnings and ends, s."""

    name: str
    kind: str
    seconds: float
    labels: tuple[str, ...]
    spans: tuple[tuple[float, float], ...]
    caption: str
    words: tuple[str, ...]
    token_times: tuple[float | None, ...]
    traits: tuple[float, ...]
    embedding: str
    right: bool


class Rules:
    """The corpus's own rules: its `score.py` and `label_words.json`."""

    def __init__(self, data: Path) -> None:
        spec = importlib.util.spec_from_file_location("corpus_score", data / "score.py")
        assert spec is not None
        assert spec.loader is not None
        self.score: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.score)
        self.words: dict[str, set[str]] = self.score.label_words()
        self.naming = {self.score.stem(word) for words in self.words.values() for word in words if " " not in word}

    def right(self, caption: str, scene: Scene) -> bool:
        """Whether a caption is right."""
        named = [self.score.names(caption, self.words[label]) for label in scene.labels]
        if len(named) == 1:
            return bool(named[0])
        own = [words for label in scene.labels for words in self.words[label]]
        there = {self.score.stem(part) for words in own for part in words.split()}
        written = {word for text in scene.captions for word in self.score.stems(text).split()}
        absent = (set(self.score.stems(caption).split()) & self.naming) - there - written
        return any(named) and not absent

    def sound_words(self, words: Sequence[str], labels: Sequence[str]) -> dict[int, int]:
        """Which label each word names, by its index; words that name several of the labels are left out."""
        stems = [self.score.stem(word.lower()) for word in words]
        found: dict[int, set[int]] = {}
        for index, label in enumerate(labels):
            for phrase in self.words[label]:
                parts = [self.score.stem(part) for part in phrase.split()]
                for at in range(len(stems) - len(parts) + 1):
                    if stems[at : at + len(parts)] == parts:
                        for place in range(at, at + len(parts)):
                            found.setdefault(place, set()).add(index)
        return {place: next(iter(owners)) for place, owners in found.items() if len(owners) == 1}


def hear(data: Path, fold: str, model: Path, work: Path) -> list[HeardSound]:
    """Caption all clips and scenes of a fold, unless that was done.

    Args:
        data: The corpus's folder.
        fold: Which fold.
        model: The model's folder.
        work: Where what was heard is kept.
    """
    files = describe(model)["files"]
    key = hashlib.sha256(json.dumps(files["model.safetensors"]).encode()).hexdigest()[:12]
    path = work / f"heard-{key}-fold-{fold}.jsonl"
    if not path.exists():
        part = path.with_suffix(".part")
        work.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            for sound in _heard(data, fold, model):
                file.write(json.dumps(asdict(sound)) + "\n")
        part.replace(path)
    return [_read(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _read(row: dict[str, Any]) -> HeardSound:
    lists = {name: tuple(row[name]) for name in ("labels", "words", "token_times", "traits")}
    return HeardSound(**{**row, **lists, "spans": tuple((start, end) for start, end in row["spans"])})


def _heard(data: Path, fold: str, model: Path) -> Iterator[HeardSound]:
    rules, captioner = Rules(data), Captioner(model, "cpu")
    known = meanings(captioner.tokenizer, captioner.model.network)
    clips = read_folder(data / "captions.csv", data / "clips", {fold})
    scenes = [
        Scene(clip.file_name, (Part(clip, 0.0, 0.0),), min(10.0, clip.seconds or 10.0), clip.captions, "alone")
        for clip in clips
    ]
    scenes += read_scenes(data / "scenes.csv", clips, {fold})
    for at in range(0, len(scenes), BATCH):
        print(f"fold {fold}: {at} of {len(scenes)}", file=sys.stderr, flush=True)
        batch = scenes[at : at + BATCH]
        waveforms = [render(scene)[: round(10 * captioner.sample_rate)] for scene in batch]
        groups, rows = captioner.groups(waveforms), []
        for group in groups:
            encoded = captioner.encode([waveforms[index] for index in group])
            assert encoded.heard is not None
            for found, probabilities in zip(captioner.describe([encoded]), encoded.heard.probabilities, strict=True):
                rows.append((found, traits(found.candidates, probabilities, known)))
        for scene, (found, told) in zip(batch, in_order(groups, rows), strict=True):
            best = found.candidates[0]
            parts = zip(scene.parts, (part.clip.seconds or 10.0 for part in scene.parts), strict=True)
            spans = tuple((part.start_s, min(scene.seconds, part.start_s + length)) for part, length in parts)
            yield HeardSound(
                scene.name, scene.kind, scene.seconds, scene.labels, spans, best.caption, best.words,
                best.token_times, told, found.embedding.hex(), rules.right(best.caption, scene),
            )  # fmt: skip
