"""What a step of the caption phase learns: a plan, drawn by seed and step alone.

Every process of a distributed run draws the same plan and takes its own rows of it, so that what is learnt does not
depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from aaccore.data.pool import LogMelPool, Pool
from aaccore.model import Keywords
from aaccore.recipe import CaptionTraining

Tokens = tuple[int, ...]
Random = np.random.Generator


@dataclass(frozen=True)
class Lessons:
    """What the caption phase learns from.

    Attributes:
        pool: The sounds.
        keywords: Their surest labels and tags, (sounds, keywords).
        captions: Token ids of each sound's captions.
        tags: Rows of the keyword table that have captions of their own, with those captions' token ids.
    """

    pool: Pool | LogMelPool
    keywords: Keywords | None
    captions: tuple[tuple[Tokens, ...], ...]
    tags: tuple[tuple[int, tuple[Tokens, ...]], ...]


@dataclass(frozen=True)
class Row:
    """One row of a step.

    Attributes:
        sound: Its place in the pool.
        caption: What it learns to say.
        beside: A sound that is mixed in.
        beside_caption: That one's words, mixed in alike; empty where only the sounds are mixed.
        share: Of `sound` in the mixture.
        real: Whether the caption belongs to the sound; if not, the row learns words from a keyword alone.
        seed: Of its masks.
    """

    sound: int
    caption: Tokens
    beside: int | None = None
    beside_caption: Tokens = ()
    share: float = 1.0
    real: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """All rows of a step, and the keywords each is given."""

    rows: tuple[Row, ...]
    keywords: Keywords | None

    @property
    def tokens(self) -> int:
        """Tokens that are learnt, in all rows."""
        return sum(len(row.caption) - 1 for row in self.rows)

    @property
    def real(self) -> int:
        """How many rows have sounds of their own."""
        return sum(row.real for row in self.rows)


def chances(pool: Pool | LogMelPool, without: str | None = None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How likely each sound is drawn: by the square root of its rarest label's count, so that rare ones come more.

    Args:
        pool: The sounds.
        without: A fold that is never drawn.
    """
    counts: dict[str, int] = {}
    for sound in pool.sounds:
        for label in sound.labels:
            counts[label] = counts.get(label, 0) + 1
    weights = np.array([min((counts[label] for label in sound.labels), default=400) ** -0.5 for sound in pool.sounds])
    weights *= [sound.fold != without for sound in pool.sounds]
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = weights / weights.sum()
    return found


def drawn_batches(
    pool: Pool | LogMelPool, batch_size: int, steps: int, seed: int, without: str | None = None
) -> Iterator[list[int]]:
    """Draw batches of sounds of similar length, balanced by label; the same seed draws the same."""
    rng, likely = np.random.default_rng(seed), chances(pool, without)
    seconds = pool.seconds.numpy()
    drawn_so_far = 0
    while drawn_so_far < steps:
        drawn = rng.choice(len(likely), size=16 * batch_size, p=likely)
        batches = drawn[np.argsort(seconds[drawn], kind="stable")].reshape(16, batch_size)
        for batch in rng.permutation(batches)[: steps - drawn_so_far]:
            yield batch.tolist()
        drawn_so_far += 16


def shuffled_batches(pool: Pool | LogMelPool, batch_size: int, steps: int, seed: int) -> Iterator[list[int]]:
    """Every sound once an epoch, in a new order each time, neighbours of similar length; the same seed, the same order.

    A last batch that is not full is filled from the epoch's beginning.
    """
    seconds, count = pool.seconds.numpy(), len(pool.sounds)
    done = 0
    for epoch in range(steps + 1):
        rng = np.random.default_rng([seed, epoch])
        order = np.resize(rng.permutation(count), -(-count // batch_size) * batch_size)
        for at in range(0, len(order), 16 * batch_size):
            part = order[at : at + 16 * batch_size]
            batches = part[np.argsort(seconds[part], kind="stable")].reshape(-1, batch_size)
            for batch in rng.permutation(batches):
                if done == steps:
                    return
                done += 1
                yield batch.tolist()


def plan(lessons: Lessons, chosen: Sequence[int], options: CaptionTraining, seed: int, step: int) -> Plan:
    """Decide what a step learns, and doubt its keywords: some are left out, and some sounds get none.

    Rows for tag captions hear two unrelated sounds averaged, and one AudioSet tag as a sure keyword: the decoder learns
    to trust a sure tag about sounds that the corpus does not have. With `mixup`, features and input words of two sounds
    are mixed, and the caption of the first is learnt (Labbé, Pellegrini and Pinquier, 2024).

    Args:
        lessons: What there is to learn.
        chosen: The sounds of this step.
        options: How it is learnt.
        seed: The run's.
        step: The step: with the seed it decides all that is drawn.
    """
    rng = np.random.default_rng([seed, 2, step])
    captions = [_one_of(lessons.captions[sound], rng) for sound in chosen]
    rows = [Row(sound, caption) for sound, caption in zip(chosen, captions, strict=True)]
    keywords = _doubted(lessons, chosen, options, rng)
    if options.mixup:
        rows = _mixed(rows, options.mixup, rng)
    extra = round(options.tag_captions * len(chosen)) if lessons.tags else 0
    if extra and keywords is not None:
        told = [lessons.tags[int(index)] for index in rng.integers(len(lessons.tags), size=extra)]
        for _, said in told:
            sound, beside = (int(row) for row in rng.choice(chosen, 2))
            rows.append(Row(sound, _one_of(said, rng), beside, share=0.5, real=False))
        keywords = _with_tags(keywords, [row for row, _ in told], lessons, rng)
    seeds = rng.integers(2**62, size=len(rows)).tolist()
    seeded = (
        Row(r.sound, r.caption, r.beside, r.beside_caption, r.share, r.real, s)
        for r, s in zip(rows, seeds, strict=True)
    )
    return Plan(tuple(seeded), keywords)


def _one_of(captions: Sequence[Tokens], rng: Random) -> Tokens:
    return captions[int(rng.integers(len(captions)))]


def _mixed(rows: Sequence[Row], strength: float, rng: Random) -> list[Row]:
    others = [rows[int(index)] for index in rng.permutation(len(rows))]
    shares = rng.beta(strength, strength, len(rows))
    pairs = zip(rows, others, np.maximum(shares, 1 - shares), strict=True)
    return [Row(row.sound, row.caption, other.sound, other.caption, float(share)) for row, other, share in pairs]


def _doubted(lessons: Lessons, chosen: Sequence[int], options: CaptionTraining, rng: Random) -> Keywords | None:
    if lessons.keywords is None:
        return None
    ids, scores = lessons.keywords.ids[list(chosen)], lessons.keywords.scores[list(chosen)]
    dropped = torch.from_numpy(rng.random(ids.shape) < options.keyword_dropout)
    dropped |= torch.from_numpy(rng.random((len(chosen), 1)) < options.no_keywords)
    return Keywords(ids.masked_fill(dropped, -1), scores)


def _with_tags(keywords: Keywords, told: Sequence[int], lessons: Lessons, rng: Random) -> Keywords:
    """Add rows whose keywords are weak ones of other sounds and one sure tag."""
    assert lessons.keywords is not None
    others = torch.from_numpy(rng.integers(len(lessons.pool.sounds), size=len(told)))
    ids, scores = lessons.keywords.ids[others].clone(), lessons.keywords.scores[others].clone()
    weak = torch.from_numpy(rng.uniform(0.02, 0.3, ids.shape)).to(scores)
    scores = torch.minimum(scores, weak)
    place = ids.shape[1] - torch.from_numpy(rng.integers(1, max(2, ids.shape[1] // 2), size=len(told)))
    line = torch.arange(len(told))
    ids[line, place] = torch.tensor(told)
    scores[line, place] = torch.from_numpy(rng.uniform(0.3, 1.0, len(told))).to(scores)
    ids = ids.masked_fill(scores < 0.05, -1)
    return Keywords(torch.cat([keywords.ids, ids]), torch.cat([keywords.scores, scores]))
