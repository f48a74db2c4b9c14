"""When something new is said: the change-only rule of live captions.

Windows overlap, so most of them hold what the last one held. The rule looks at every window and lets through:
- nothing while it is silent; silence for `quiet_s` ends what was said;
- nothing that is like the scene that was said last: an embedding that is `alike`, or no sound named that was not named
  in the last `memory_s`: other words for the same are a repeat;
- what names a new sound: at once where the label of that sound is as probable as `sure`, else after `heard_s`;
- once, after `again_s`, a new sound of the same scene, if its label is `sure`: what was said after a moment may have
  been wrong, or only a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aaccore.config import Live, Network
from aaccore.words import STOP_WORDS, stem

DRIFT = 0.2
"""How far a scene's embedding follows each window."""
BEFORE_STEPS, AFTER_STEPS = 6, 2
"""A change is looked for between so many steps and the ones after them."""


@dataclass(frozen=True)
class Look:
    """A window that was captioned.

    Attributes:
        start_s: Its start.
        end_s: Its end, which is now.
        caption: What it says.
        named: The sounds that it names, as stems.
        embedding: What is heard, (size,) of unit length.
        probabilities: How probable each sound is by the label head; none is without one.
    """

    start_s: float
    end_s: float
    caption: str
    named: frozenset[str]
    embedding: NDArray[np.float32]
    probabilities: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Scene:
    """What was said last and still goes on.

    Attributes:
        start_s: Since when it is heard.
        end_s: Until when it was heard.
        embedding: Its mean so far.
        named: The sounds that were named when it was said.
        settled: It was looked at once more when more of it had been heard.
    """

    start_s: float
    end_s: float
    embedding: NDArray[np.float32]
    named: frozenset[str]
    settled: bool = False


@dataclass(frozen=True)
class News:
    """Something new: to be said with its start."""

    look: Look
    start_s: float


@dataclass
class Changes:
    """The rule, and what it remembers.

    Attributes:
        live: Its thresholds.
        scene: What goes on, None in silence.
        last: What was said last, over or not.
        said: When each sound was last heard after it was said.
    """

    live: Live
    scene: Scene | None = None
    last: Scene | None = None
    said: dict[str, float] = field(default_factory=dict)
    _new: list[Look] = field(default_factory=list)
    _old_s: float = 0.0  # until when nothing new was heard

    def silence(self, time_s: float) -> Scene | None:
        """Nothing is heard; returns the scene that ended with it."""
        ended, self.scene = self.scene, None
        self._new.clear()
        self._old_s = time_s
        return ended

    def heard_again(self, end_s: float, embedding: NDArray[np.float32]) -> bool:
        """Whether a window, by its embedding, is the scene that goes on; then its caption does not matter."""
        if self.scene is None or not self._is_alike(embedding):
            return False
        if not self.scene.settled and end_s - self.scene.start_s >= self.live.again_s:
            self.scene.settled = True
            return False
        self._go_on(self.scene, end_s, embedding)
        return True

    def look(self, look: Look) -> News | None:
        """Judge a window that is not `heard_again`."""
        self.said = {name: at for name, at in self.said.items() if look.end_s - at <= self.live.memory_s}
        scene = self.scene
        news = look.named - set(self.said)
        if scene is not None and self._is_alike(look.embedding):
            if self._is_sure(look, news):
                return self._news(look, scene.start_s)
            news = frozenset()
        if scene is None and self.last is not None and look.named and not news:
            scene = self.scene = self.last  # a pause between two barks is not an end
        if scene is not None and not news:
            self.said |= dict.fromkeys(look.named & set(self.said), look.end_s)
            self._go_on(scene, look.end_s, look.embedding)
            return None
        self._new.append(look)
        if self._is_sure(look, news):
            self._new = [look]
        elif look.end_s - self._old_s < self.live.heard_s - 1e-6:
            return None
        common = frozenset.intersection(*(one.named for one in self._new)) - set(self.said)
        if not common and self.scene is not None:  # it wavers: wait for windows that agree
            self._new.pop(0)
            return None
        return self._news(look, max(self._old_s, look.start_s))

    def _news(self, look: Look, start_s: float) -> News:
        self._new.clear()
        self.scene = self.last = Scene(start_s, look.end_s, look.embedding, look.named)
        self.said |= dict.fromkeys(look.named, look.end_s)
        self._old_s = look.end_s
        return News(look, start_s)

    def _is_sure(self, look: Look, news: Iterable[str]) -> bool:
        return any(look.probabilities.get(name, 0.0) >= self.live.sure for name in news)

    def _is_alike(self, embedding: NDArray[np.float32]) -> bool:
        return self.scene is not None and float(embedding @ self.scene.embedding) >= self.live.alike

    def _go_on(self, scene: Scene, end_s: float, embedding: NDArray[np.float32]) -> None:
        self._new.clear()
        self._old_s = scene.end_s = end_s
        mixed = (1 - DRIFT) * scene.embedding + DRIFT * embedding
        scene.embedding = np.asarray(mixed / max(1e-9, float(np.linalg.norm(mixed))), np.float32)
        self.said |= dict.fromkeys(scene.named, end_s)


def last_change(steps: NDArray[np.float32], split: float) -> int:
    """Where in a window the sound last became another one.

    Args:
        steps: What is heard step by step, (steps, channels), each of mean 0.
        split: A change is where the likeness of the steps before and after is below this.

    Returns:
        The first step after the change; 0 where there is none.
    """
    found = 0
    least = split
    for at in range(len(steps) - AFTER_STEPS, 0, -1):
        before, after = steps[max(0, at - BEFORE_STEPS) : at].mean(axis=0), steps[at : at + AFTER_STEPS].mean(axis=0)
        likeness = float(before @ after / max(1e-9, np.linalg.norm(before) * np.linalg.norm(after)))
        if likeness < least:
            found, least = at, likeness
        elif found and likeness > least:
            break  # the valley of the last change was crossed
    return found


class Names:
    """Which words of a caption name sounds: those of the network's labels and tags, all content words without these.

    Args:
        network: Of the model that captions.
    """

    def __init__(self, network: Network) -> None:
        words = {word for label in (*network.labels, *network.tags) for word in label.split()}
        self.known = _stems(words)
        self._labels = [_stems(label.split()) for label in network.labels]

    def of(self, words: Iterable[str]) -> frozenset[str]:
        """The sounds that a caption's words name, as stems."""
        found = _stems(words)
        return found & self.known if self.known else found

    def probable(self, labels: Sequence[float]) -> dict[str, float]:
        """How probable each sound is: the likeliest label's that it is part of.

        Args:
            labels: Probability of each of the network's labels.
        """
        found: dict[str, float] = {}
        for name, probability in zip(self._labels, labels, strict=True):
            found |= {word: max(probability, found.get(word, 0.0)) for word in name}
        return found


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word.lower()) for word in words if word.lower() not in STOP_WORDS)
