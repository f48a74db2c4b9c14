"""What a step of the caption phase learns: a plan, drawn by seed and step alone.

Every process of a distributed run draws the same plan and takes its own rows of it, so that what is learnt does not
depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

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
        data_set: Place of the data set in whose style it says it.
    """

    sound: int
    caption: Tokens
    beside: int | None = None
    beside_caption: Tokens = ()
    share: float = 1.0
    real: bool = True
    seed: int = 0
    data_set: int = 0


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


def chances(
    pool: Pool | LogMelPool, kept: Sequence[bool] | None = None, shares: Sequence[float] = (1.0,)
) -> NDArray[np.float64]:
    """How likely each sound is drawn: by the square root of its rarest label's count, so that rare ones come more.

    Args:
        pool: The sounds.
        kept: Which of them are drawn at all; by default all.
        shares: Of each data set in all that is drawn.
    """
    counts: dict[str, int] = {}
    for sound in pool.sounds:
        for label in sound.labels:
            counts[label] = counts.get(label, 0) + 1
    weights = np.array([min((counts[label] for label in sound.labels), default=400) ** -0.5 for sound in pool.sounds])
    if kept is not None:
        weights *= kept
    if len(shares) > 1:
        for rows, share in zip(_by_data_set(pool, len(shares)), shares, strict=True):
            weights[rows] *= share / max(weights[rows].sum(), 1e-300)
    found: NDArray[np.float64] = weights / weights.sum()
    return found


def _by_data_set(pool: Pool | LogMelPool, count: int) -> list[NDArray[np.intp]]:
    """The rows of each of the `count` data sets of a pool."""
    places = np.array([sound.data_set for sound in pool.sounds])
    return [np.flatnonzero(places == place) for place in range(count)]


def drawn_batches(
    pool: Pool | LogMelPool,
    batch_size: int,
    steps: int,
    seed: int,
    kept: Sequence[bool] | None = None,
    shares: Sequence[float] = (1.0,),
) -> Iterator[list[int]]:
    """Draw batches of sounds of similar length, balanced by label; the same seed draws the same.

    Args:
        pool: The sounds.
        batch_size: How many a batch has.
        steps: How many batches.
        seed: Decides everything.
        kept: See `chances`.
        shares: See `chances`.
    """
    rng, likely = np.random.default_rng(seed), chances(pool, kept, shares)
    seconds = pool.seconds.numpy()
    drawn_so_far = 0
    while drawn_so_far < steps:
        drawn = rng.choice(len(likely), size=16 * batch_size, p=likely)
        batches = drawn[np.argsort(seconds[drawn], kind="stable")].reshape(16, batch_size)
        for batch in rng.permutation(batches)[: steps - drawn_so_far]:
            yield batch.tolist()
        drawn_so_far += 16


def shuffled_batches(
    pool: Pool | LogMelPool, batch_size: int, steps: int, seed: int, shares: Sequence[float] = (1.0,)
) -> Iterator[list[int]]:
    """Every sound once an epoch, in a new order each time, neighbours of similar length; the same seed, the same order.

    Of several data sets each has its share of an epoch: the sounds of one come equally often, or almost so, but those
    of a small one more often than those of a large one. A last batch that is not full is filled from the epoch's
    beginning.
    """
    seconds, count = pool.seconds.numpy(), len(pool.sounds)
    done = 0
    for epoch in range(steps + 1):
        rng = np.random.default_rng([seed, epoch])
        several = len(shares) > 1
        chosen = rng.permutation(_epoch(pool, shares, seed, epoch)) if several else rng.permutation(count)
        order = np.resize(chosen, -(-len(chosen) // batch_size) * batch_size)
        for at in range(0, len(order), 16 * batch_size):
            part = order[at : at + 16 * batch_size]
            batches = part[np.argsort(seconds[part], kind="stable")].reshape(-1, batch_size)
            for batch in rng.permutation(batches):
                if done == steps:
                    return
                done += 1
                yield batch.tolist()


def _epoch(pool: Pool | LogMelPool, shares: Sequence[float], seed: int, epoch: int) -> NDArray[np.intp]:
    """The sounds of an epoch of several data sets: of each the next ones in an endless row of its permutations."""
    sets = _by_data_set(pool, len(shares))
    whole = sum(share for rows, share in zip(sets, shares, strict=True) if len(rows))
    chosen = []
    for place, (rows, share) in enumerate(zip(sets, shares, strict=True)):
        if len(rows) == 0:
            continue
        begin, end = (round(at * len(pool.sounds) * share / whole) for at in (epoch, epoch + 1))
        first, last = begin // len(rows), -(-end // len(rows))
        turns = [np.random.default_rng([seed, 3, place, turn]).permutation(rows) for turn in range(first, last)]
        chosen.append(np.concatenate(turns)[begin - first * len(rows) : end - first * len(rows)])
    return np.concatenate(chosen)


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
    sounds = lessons.pool.sounds
    rows = [Row(at, caption, data_set=sounds[at].data_set) for at, caption in zip(chosen, captions, strict=True)]
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
    return Plan(tuple(replace(row, seed=own) for row, own in zip(rows, seeds, strict=True)), keywords)


def _one_of(captions: Sequence[Tokens], rng: Random) -> Tokens:
    return captions[int(rng.integers(len(captions)))]


def _mixed(rows: Sequence[Row], strength: float, rng: Random) -> list[Row]:
    others = [rows[int(index)] for index in rng.permutation(len(rows))]
    shares = rng.beta(strength, strength, len(rows))
    pairs = zip(rows, others, np.maximum(shares, 1 - shares), strict=True)
    return [
        replace(row, beside=other.sound, beside_caption=other.caption, share=float(share))
        for row, other, share in pairs
    ]


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
