"""Teach a model one's own sounds: a short fine-tune on corrected captions, judged on some that are held back.

Transformer and decoder learn on the features of the CNN, which stays as it is; words the model does not know yet are
added to its vocabulary. A model that learns something new forgets: it learns slowly (a low learning rate, few steps,
averaged weights), and of the way from the former weights to the learnt ones it goes only as much as the corrections
need (weights in between: Wortsman et al., *Robust fine-tuning of zero-shot models*, 2022). The former model stays; the
new one is a model folder of its own.

Measured by CIDEr-D, with 40 captions in a wholly different style and a model that had heard none of the sounds: on
held-back ones .55 before, 2.31 after half of the way, which was enough; on 70 other sounds in the usual style .58
before, .57 after. With 24 captions and the bundled model .56 and 1.66, .92 and .90; all of the way after half as many
steps gave 1.71 and .87. Going over its own captions of 100 other sounds as well took three times as long, and was no
better a bargain than weights in between. All this was measured before the average of weights followed faster in short
trainings (`schedule.average_decay`), and was not measured again.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aaccore.caption_training import CaptionLesson, prepare
from aaccore.config import Decoding, check
from aaccore.data import pool as pools
from aaccore.data import shards
from aaccore.data.batches import gather, moved
from aaccore.data.corpus import whole_sounds
from aaccore.data.folder import Clip
from aaccore.data.lessons import Lessons, plan, shuffled_batches
from aaccore.data.pool import Pool, heard, taken
from aaccore.devices import choose_device
from aaccore.distributed import Ranks
from aaccore.errors import DatasetError
from aaccore.evaluation import validation_loss
from aaccore.events import Compared, RunStarted, StepDone, Taught, Working
from aaccore.learner import Learner
from aaccore.metrics.corpus import QUICK, score_corpus
from aaccore.model import CaptioningModel
from aaccore.model_folder import CARD, load_model, save_model
from aaccore.recipe import FEWEST, CaptionTraining, FineTuning, Training
from aaccore.search import search
from aaccore.tokenizer import Tokenizer

SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Of the way to the learnt weights; the first that is enough is gone."""
BATCH = 8
"""Sounds that are captioned at once."""

Event = Working | RunStarted | StepDone | Taught


def fine_tune(
    former: Path, corrections: Sequence[Clip], others: Sequence[Clip], target: Path, options: FineTuning
) -> Iterator[Event]:
    """Teach a model corrected captions.

    Args:
        former: The model folder that is gone out from; it stays as it is.
        corrections: What shall be learnt.
        others: Sounds that nobody corrected, to see what else changes; may be empty.
        target: The new model's folder; a model that was there is replaced.
        options: How.

    Yields:
        Signs of life, what it runs on, steps, at last `Taught`.

    Raises:
        ConfigError: A setting is out of its limits.
        DatasetError: There are too few corrections, or a sound cannot be read.
        ModelError: The former model cannot be read, or there is something else at `target`.
    """
    check(options)
    learnt, held_back = divided(corrections, options)
    yield Working("loading the model")
    device, why = choose_device(options.device)
    yield RunStarted(device, why, 1, 0)
    model, known = load_model(former, device)
    tokenizer = known.extended(caption for clip in learnt for caption in clip.captions)
    learn, judge, watch = yield from _pools(model, (learnt, held_back, others), options.threads)
    before = yield from _said(model, known, judge, "what the model says of the held-back sounds")
    usual = yield from _said(model, known, watch, "what the model says of other sounds")
    model = widened(model, len(tokenizer)).to(device)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    lessons = prepare(model, tokenizer, learn, {}, ())
    taught = yield from _learn(model, lessons, options)
    share = yield from _far_enough(taught, start, lessons, options.enough)
    after = yield from _said(taught, tokenizer, judge, "what the taught model says of the held-back sounds")
    changed = yield from _said(taught, tokenizer, watch, "what the taught model says of other sounds")
    scores = _scores(judge, before), _scores(judge, after)
    story = {"learnt": len(learnt), "held_back": len(held_back), "before": scores[0], "after": scores[1]}
    story["share"] = share
    save_model(target, taught, tokenizer, _card(former, len(learnt)), {"taught": story})
    yield Taught(
        target, *scores, len(learnt), _compared(judge, before, after, True), len(tokenizer) - len(known),
        _compared(watch, usual, changed, False),
    )  # fmt: skip


def divided(clips: Sequence[Clip], options: FineTuning) -> tuple[list[Clip], list[Clip]]:
    """Divide corrections into what is learnt and what is held back.

    Raises:
        DatasetError: There are too few recordings.
    """
    recordings = sorted({_recording(clip) for clip in clips})
    if len(recordings) < FEWEST:
        raise DatasetError(
            f"{len(recordings)} recordings are too few to learn from and be judged on; correct captions of {FEWEST} or "
            "more"
        )
    drawn = np.random.default_rng(options.seed).permutation(recordings)
    held = set(drawn[: options.judged_on(len(recordings))].tolist())
    kept = [clip for clip in clips if _recording(clip) in held]
    return [clip for clip in clips if _recording(clip) not in held], kept


def _recording(clip: Clip) -> str:
    return clip.recording or clip.file_name


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


def part_of_the_way(start: Mapping[str, Tensor], end: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """A model's state between two others of the same network.

    Args:
        start: Its state before it learnt.
        end: Its state afterwards.
        share: Of the way from the one to the other, 0 to 1.
    """
    return {
        name: torch.lerp(start[name], value, share) if value.is_floating_point() else value
        for name, value in end.items()
    }


def _far_enough(
    model: CaptioningModel, start: Mapping[str, Tensor], lessons: Lessons, enough: float
) -> Generator[Working, None, float]:
    """Bring a taught model back to where it has just learnt its lessons; returns the share of the way."""
    end = {name: value.clone() for name, value in model.state_dict().items()}
    for share in SHARES:
        yield Working("how far to go")
        model.load_state_dict(part_of_the_way(start, end, share))
        if (yield from validation_loss(model, lessons)) <= enough:
            break
    return share


def _pools(
    model: CaptioningModel, parts: Sequence[Sequence[Clip]], threads: int
) -> Generator[Working, None, list[Pool]]:
    """The features of each part's sounds, computed in one go."""
    with tempfile.TemporaryDirectory(prefix="auricle-") as name:
        sounds = whole_sounds([clip for part in parts for clip in part], model.network.window_s)
        for event in shards.build(Path(name), sounds, model, threads):
            yield Working("listening to the sounds", event.done)
        whole = pools.load(Path(name), (sounds,), model)
    starts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    return [taken(whole, range(first, end)) for first, end in pairwise(starts)]


def _said(model: CaptioningModel, tokenizer: Tokenizer, pool: Pool, words: str) -> Generator[Working, None, list[str]]:
    """What a model says of each sound, as it is searched for when recordings are captioned."""
    captions: list[str] = []
    for at in range(0, len(pool.sounds), BATCH):
        yield Working(words, at / len(pool.sounds))
        chosen = range(at, min(at + BATCH, len(pool.sounds)))
        with torch.inference_mode():
            found = search(model.eval(), model.listen(*heard(model, pool, chosen)), tokenizer, Decoding())
        captions += [candidates[0].caption for candidates in found]
    return captions


def _scores(pool: Pool, captions: list[str]) -> dict[str, float]:
    return dict(score_corpus(captions, [list(sound.captions) for sound in pool.sounds], QUICK).scores)


def _compared(pool: Pool, before: list[str], after: list[str], written: bool) -> tuple[Compared, ...]:
    return tuple(
        Compared(sound.name, former, new, sound.captions[0] if written else "")
        for sound, former, new in zip(pool.sounds, before, after, strict=True)
    )


def _card(former: Path, learnt: int) -> str:
    """The former model's card, and what came after it."""
    card = (former / CARD).read_text(encoding="utf-8").rstrip()
    return (
        f"{card}\n\n## Taught\n\nAfter all that is told above this model was taught {learnt} corrected captions. The "
        "scores above are the former model's, and how far its captions can be trusted was not measured again.\n"
    )


def _learn(model: CaptioningModel, lessons: Lessons, options: FineTuning) -> Generator[StepDone, None, CaptioningModel]:
    size = min(options.batch_size, len(lessons.pool.sounds))
    steps = options.steps(len(lessons.pool.sounds))
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
