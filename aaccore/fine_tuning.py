"""Teach a model one's own sounds: a short fine-tune on corrected captions, judged on some that are held back.

Transformer and decoder learn on the features of the CNN, which stays as it is; words the model does not know yet are
added to its vocabulary. Nothing of what the model learnt from is here to be rehearsed, so it learns little and slowly:
a low learning rate, few steps, averaged weights. The former model stays; the new one is a model folder of its own.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from aaccore.caption_training import CaptionLesson, prepare
from aaccore.config import Decoding, check, setting
from aaccore.data import pool as pools
from aaccore.data import shards
from aaccore.data.batches import gather, moved
from aaccore.data.corpus import whole_sounds
from aaccore.data.folder import Clip, read_folder
from aaccore.data.lessons import Lessons, plan, shuffled_batches
from aaccore.data.pool import Pool
from aaccore.devices import choose_device
from aaccore.distributed import Ranks
from aaccore.errors import DatasetError
from aaccore.evaluation import caption_pool
from aaccore.events import StepDone, Working
from aaccore.learner import Learner
from aaccore.metrics.corpus import QUICK, score_corpus
from aaccore.model import CaptioningModel
from aaccore.model_folder import CARD, load_model, save_model
from aaccore.recipe import CaptionTraining, Training
from aaccore.tokenizer import Tokenizer

FEWEST = 5
"""Recordings that are needed: one is held back."""


@dataclass(frozen=True)
class FineTuning:
    """How a model is taught one's own sounds."""

    epochs: float = setting(12.0, "passes over the corrections", low=0.1, high=1000)
    most_steps: int = setting(600, "steps at most", low=1, high=100_000)
    batch_size: int = setting(8, "captions in a step", low=1, high=512)
    learning_rate: float = setting(2e-4, "highest learning rate", low=0, high=1)
    average: float = setting(0.95, "decay of the moving average of weights that is kept", low=0, high=0.99999)
    held_back: float = setting(0.2, "share of the recordings that are only judged on", low=0.01, high=0.9)
    seed: int = setting(1, "of everything that is drawn", low=0, high=2**31 - 1)
    threads: int = setting(2, "processes that compute features", low=1, high=256)
    device: str = setting("cpu", "cpu, cuda or mps; auto takes a GPU where there is one")


@dataclass(frozen=True)
class Taught:
    """A model has learnt; its folder lies complete on disk.

    Attributes:
        folder: The new model.
        before: Scores of the former model on the held-back corrections, by name.
        after: Those of the new one.
        learnt: Corrections that were learnt.
        held_back: The held-back ones: what was written, what the former model says and what the new one does.
        new_words: How many words were added to the vocabulary.
    """

    folder: Path
    before: dict[str, float]
    after: dict[str, float]
    learnt: int
    held_back: tuple[tuple[str, str, str], ...]
    new_words: int


Event = Working | StepDone | Taught


def fine_tune(former: Path, csv_path: Path, clips: Path, target: Path, options: FineTuning) -> Iterator[Event]:
    """Teach a model corrected captions.

    Args:
        former: The model folder that is gone out from; it stays as it is.
        csv_path: The corrections, as `library_data.write_corrected` or a person writes them.
        clips: Where their sounds lie.
        target: The new model's folder; a model that was there is replaced.
        options: How.

    Yields:
        Signs of life, steps, at last `Taught`.

    Raises:
        ConfigError: A setting is out of its limits.
        DatasetError: There are too few corrections, or they cannot be read.
        ModelError: The former model cannot be read, or there is something else at `target`.
    """
    check(options)
    learnt, held_back = divided(read_folder(csv_path, clips), options.held_back, options.seed)
    yield Working("loading the model")
    device, _ = choose_device(options.device)
    model, known = load_model(former, device)
    tokenizer = known.extended(caption for clip in learnt for caption in clip.captions)
    with tempfile.TemporaryDirectory(prefix="auricle-") as name:
        kept = []
        for part in (learnt, held_back):
            sounds = whole_sounds(part, model.network.window_s)
            yield from shards.build(Path(name), sounds, model, options.threads)
            kept.append(pools.load(Path(name), (sounds,), model))
    before, said_before = yield from _judged(model, known, kept[1])
    model = widened(model, len(tokenizer)).to(device)
    lessons = prepare(model, tokenizer, kept[0], {}, ())
    taught = yield from _learn(model, lessons, options)
    after, said_after = yield from _judged(taught, tokenizer, kept[1])
    story = {"learnt": len(learnt), "held_back": len(held_back), "before": before, "after": after}
    save_model(target, taught, tokenizer, _card(former, len(learnt)), {"taught": story})
    written = [sound.captions[0] for sound in kept[1].sounds]
    compared = tuple(zip(written, said_before, said_after, strict=True))
    yield Taught(target, before, after, len(learnt), compared, len(tokenizer) - len(known))


def divided(clips: Sequence[Clip], share: float, seed: int) -> tuple[list[Clip], list[Clip]]:
    """Divide clips into what is learnt and what is held back; pieces of one recording stay together.

    Raises:
        DatasetError: There are too few recordings.
    """
    recordings = sorted({clip.recording or clip.file_name for clip in clips})
    if len(recordings) < FEWEST:
        raise DatasetError(
            f"{len(recordings)} recordings are too few to learn from and be judged on; correct captions of {FEWEST} or "
            "more"
        )
    count = max(1, min(len(recordings) - 1, round(share * len(recordings))))
    held = set(np.random.default_rng(seed).permutation(recordings)[:count].tolist())
    kept = [clip for clip in clips if (clip.recording or clip.file_name) in held]
    return [clip for clip in clips if clip not in kept], kept


def widened(model: CaptioningModel, vocabulary: int) -> CaptioningModel:
    """The same model with room for more words; a new one begins near the mean of the others."""
    wide = CaptioningModel(model.network, vocabulary, model.keyword_tokens)
    state = model.state_dict()
    words, bias = state["embedding.weight"], state["output_bias"]
    more = vocabulary - len(words)
    noise = 0.3 * words.std() * torch.randn(more, words.shape[1], generator=torch.Generator().manual_seed(0))
    state["embedding.weight"] = torch.cat([words, words.mean(dim=0, keepdim=True) + noise.to(words)])
    state["output_bias"] = torch.cat([bias, bias.median().expand(more)])
    wide.load_state_dict(state)
    return wide.eval()


def _judged(
    model: CaptioningModel, tokenizer: Tokenizer, pool: Pool
) -> Generator[Working, None, tuple[dict[str, float], list[str]]]:
    """Scores of a model's captions of the held-back sounds, and these captions."""
    candidates = yield from caption_pool(model.eval(), tokenizer, pool, Decoding())
    captions = [found[0].caption for found in candidates]
    scores = score_corpus(captions, [list(sound.captions) for sound in pool.sounds], QUICK).scores
    return dict(scores), captions


def _card(former: Path, learnt: int) -> str:
    """The former model's card, and what came after it."""
    card = (former / CARD).read_text(encoding="utf-8").rstrip()
    return (
        f"{card}\n\n## Taught\n\nAfter all that is told above this model was taught {learnt} corrected captions. The "
        "scores above are the former model's, and how far its captions can be trusted was not measured again.\n"
    )


def _learn(model: CaptioningModel, lessons: Lessons, options: FineTuning) -> Generator[StepDone, None, CaptioningModel]:
    size = min(options.batch_size, len(lessons.pool.sounds))
    steps = max(1, min(options.most_steps, round(options.epochs * len(lessons.pool.sounds) / size)))
    captions = CaptionTraining(
        batch_size=size,
        learning_rate=options.learning_rate,
        warm_up=math.ceil(steps / 10),
        weight_decay=0.0,
        rlssr="none",  # its layers are not kept in a model folder
        tag_captions=0.0,
        average=options.average,
    )
    training = Training(network=model.network, captions=captions, seed=options.seed)
    torch.manual_seed(options.seed)
    lesson = CaptionLesson(model, captions, training.encoder)
    learner = Learner(lesson, training, steps, Ranks())
    for step, chosen in enumerate(shuffled_batches(lessons.pool, size, steps, options.seed)):
        planned = plan(lessons, chosen, captions, options.seed, step)
        batches = [moved(gather(lessons, planned, part), learner.device) for part in learner.parts(planned)]
        losses = learner.learn(planned, batches, step)
        rate = captions.learning_rate * learner.factor(step)
        yield StepDone(step + 1, steps, {f"captions/{name}": value for name, value in losses.items()}, rate, 0.0)
    return learner.model
