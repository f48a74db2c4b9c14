"""What is heard in a stream, look by look: features, a window, its caption, and whether that is news."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

import numpy as np
import torch
from torch.nn.functional import layer_norm

from aaccore.captioner import Captioner, Found
from aaccore.changes import Changes, Look, Names, Scene, last_change
from aaccore.config import Live
from aaccore.events import Candidate, LiveCaption, LiveGap, LiveGoesOn, LiveSound, Segment
from aaccore.incremental import CausalGain, StreamedFeatures
from aaccore.panns import Encoder

FRAME_S = 0.1
"""Silence is looked for in pieces of this length."""
MARGIN_S = 0.2
"""Silence that is left before a sound."""
FILLED_S = 1.0
"""A gap that is shorter is filled with silence; after a longer one a new stream begins."""


class Listener:
    """A stream's listener.

    Args:
        captioner: The model.
        live: Windows, steps and the thresholds of the change rule.
        started: Local time at second 0.

    Attributes:
        heard_s: How far it has listened, s since the session began.
    """

    def __init__(self, captioner: Captioner, live: Live, started: datetime) -> None:
        self.captioner, self.live, self.started = captioner, live, started
        self.heard_s = 0.0
        self._changes = Changes(live)
        self._names = Names(captioner.model.network)
        self._features: StreamedFeatures | None = None
        self._rate = 0
        self._offset_s = 0.0
        self._held = np.zeros(0, np.float32)
        self._levels: deque[tuple[float, float]] = deque()  # end of each piece in s, its level in dBFS
        self._count = 0

    def hear(self, blocks: list[LiveSound | LiveGap]) -> list[LiveCaption | LiveGoesOn]:
        """Listen to what came and look once at the window that ends with it."""
        found: list[LiveCaption | LiveGoesOn] = []
        samples: list[np.ndarray] = []
        for block in blocks:
            if isinstance(block, LiveGap) and block.end_s is None:
                self._listen(samples)
                samples = []
                found += self._look() + self.end()
                self._features = None
                continue
            missing_s = (block.start_s if isinstance(block, LiveSound) else block.end_s or 0.0) - self.heard_s
            rate = block.sample_rate if isinstance(block, LiveSound) else self._rate
            if self._features is None or missing_s > FILLED_S or rate != self._rate:
                self._listen(samples)
                samples = []
                found += self.end()
                self._begin(rate, block)
            elif missing_s > 1e-3:
                samples.append(np.zeros(round(missing_s * self._rate), np.float32))
                self.heard_s += missing_s
            if isinstance(block, LiveSound):
                samples.append(block.samples)
                self.heard_s = block.start_s + len(block.samples) / block.sample_rate
        self._listen(samples)
        return found + (self._look() if self._features is not None else [])

    def end(self) -> list[LiveCaption | LiveGoesOn]:
        """The stream is over: so is what was heard."""
        scene = self._changes.silence(self.heard_s)
        return [self._goes_on(scene, True)] if scene else []

    def _begin(self, rate: int, block: LiveSound | LiveGap) -> None:
        gain = None
        start_s = block.start_s if isinstance(block, LiveSound) else block.end_s or 0.0
        self.heard_s = self._offset_s = start_s
        self._levels.clear()
        self._held = self._held[:0]
        if rate:
            gain = CausalGain(rate, self.live.release_db, self.live.highest_gain_db, self.live.first_gain_db)
            self._features = StreamedFeatures(self.captioner.model, rate, gain, self.live.window_s)
            self._rate = rate

    def _listen(self, parts: list[np.ndarray]) -> None:
        if not parts or self._features is None:
            return
        samples = np.concatenate(parts)
        for begin in range(0, len(samples), self._rate):  # memory of a second, however long was to be caught up with
            self._features.hear(samples[begin : begin + self._rate])
        held = np.concatenate([self._held, samples])
        frame = round(FRAME_S * self._rate)
        count = len(held) // frame
        powers = held[: count * frame].reshape(count, frame).var(axis=1, dtype=np.float64)
        self._held = held[count * frame :]
        last_s = self._levels[-1][0] if self._levels else self._offset_s
        for index, power in enumerate(powers):
            self._levels.append((last_s + (index + 1) * FRAME_S, 10 * float(np.log10(max(power, 1e-20)))))
        while self._levels and self._levels[0][0] < self.heard_s - self.live.window_s - self.live.quiet_s:
            self._levels.popleft()

    def _look(self) -> list[LiveCaption | LiveGoesOn]:
        start_s = self._sound_start()
        if start_s is None:
            return self.end()
        if self._features is None or self._features.heard_s < self.captioner.model.step_s:
            return []
        with torch.inference_mode():
            features, embedding, begin_s = self._window(start_s)
            if self._changes.heard_again(self.heard_s, embedding):
                return self._still()
            look, found = self._captioned(features, embedding, begin_s)
        news = self._changes.look(look)
        if news is None:
            return self._still()
        self._count += 1
        candidates = tuple(_later(candidate, begin_s) for candidate in found.candidates)
        segment = Segment(news.start_s, look.end_s, look.caption, candidates, found.band, found.embedding)
        clock = self.started + timedelta(seconds=news.start_s)
        return [LiveCaption(self._count, segment, clock, look.end_s)]

    def _still(self) -> list[LiveCaption | LiveGoesOn]:
        scene = self._changes.scene
        return [self._goes_on(scene, False)] if scene else []

    def _sound_start(self) -> float | None:
        """Where the window begins: not before the last silence. None where it is silent now."""
        quiet = round(self.live.quiet_s / FRAME_S)
        levels = list(self._levels)
        heard = [index for index, (_, level) in enumerate(levels) if level >= self.live.silence_db]
        if not heard or len(levels) - heard[-1] > quiet:
            return None
        first = heard[-1]
        for index in reversed(heard):
            if first - index > quiet:
                break
            first = index
        return max(self.heard_s - self.live.window_s, levels[first][0] - FRAME_S - MARGIN_S)

    def _window(self, start_s: float) -> tuple[torch.Tensor, np.ndarray, float]:
        """The features from `start_s`, or the last change after it, to now; their embedding and where they begin."""
        assert self._features is not None
        features, begin_s = self._features.window(start_s - self._offset_s)
        steps = self._levelled(features)
        first = last_change(steps, self.live.split)
        embedding = steps[first:].mean(axis=0)
        embedding /= max(1e-9, float(np.linalg.norm(embedding)))
        return features[:, first:], embedding, begin_s + self._offset_s + first * self.captioner.model.step_s

    def _captioned(self, features: torch.Tensor, embedding: np.ndarray, begin_s: float) -> tuple[Look, Found]:
        padding = torch.zeros(features.shape[:2], dtype=torch.bool, device=features.device)
        encoded = self.captioner.model.listen(features, padding)
        (found,) = self.captioner.describe([encoded])
        best = found.candidates[0]
        labels = encoded.label_probabilities
        probable = {} if labels is None else self._names.probable(labels[0].tolist())
        return Look(begin_s, self.heard_s, best.caption, self._names.of(best.words), embedding, probable), found

    def _levelled(self, features: torch.Tensor) -> np.ndarray:
        """Each CNN's channels of each step at mean 0 and deviation 1, so that none outweighs the other."""
        sizes = [encoder.channels for encoder in self.captioner.model.encoders if isinstance(encoder, Encoder)]
        parts = features[0].float().split(sizes, dim=1)  # type: ignore[no-untyped-call]
        return np.concatenate([layer_norm(part, part.shape[1:]).cpu().numpy() for part in parts], axis=1)

    def _goes_on(self, scene: Scene, ended: bool) -> LiveGoesOn:
        return LiveGoesOn(self._count, scene.start_s, scene.end_s, ended)


def _later(candidate: Candidate, start_s: float) -> Candidate:
    times = tuple(None if time is None else time + start_s for time in candidate.token_times)
    return Candidate(candidate.caption, candidate.log_probability, candidate.tokens, candidate.words, times)
