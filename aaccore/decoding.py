"""Memory -> captions: batched beam search over all clips and beams at once; a beam of one is greedy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from aaccore.config import Decoding
from aaccore.events import Candidate
from aaccore.model import CaptioningModel, Encoded
from aaccore.tokenizer import Tokenizer
from aaccore.word_times import meanings, moments
from aaccore.words import STOP_WORDS, stem

OPEN_WORDS = frozenset(
    ", a an the and or but nor while as of its his her their this these those from into onto with between very".split()  # noqa: SIM905
)
"""Words no sentence ends with."""

JOINING_WORDS = frozenset((",", "and", "or", "nor", "of"))
"""Words no sentence begins with."""


@dataclass(frozen=True)
class _Rules:
    """What the words of a vocabulary allow.

    Attributes:
        never: Tokens that are never written, (vocab,) bool.
        open: Tokens that cannot be the last, (vocab,) bool.
        joining: Tokens that cannot be the first, (vocab,) bool.
        stems: The same number for words of one stem, -1 for stop words, (vocab,) long.
    """

    never: Tensor
    open: Tensor
    joining: Tensor
    stems: Tensor


@dataclass
class _Beams:
    """Captions under way or finished, of `count` clips.

    Attributes:
        scores: Sum of log-probabilities, or their mean once finished, (count, beams); -inf where there is none.
        tokens: (count, beams, max tokens) long, PAD from the end on.
        looks: Attention to the memory at each token, (count, beams, max tokens, steps).
    """

    scores: Tensor
    tokens: Tensor
    looks: Tensor

    def take(self, clips: Tensor) -> _Beams:
        """Those of some clips only."""
        return _Beams(self.scores[clips], self.tokens[clips], self.looks[clips])

    def best(self, other: _Beams) -> _Beams:
        """The best of both, as many as these, best first."""
        scores, places = torch.cat((self.scores, other.scores), dim=1).topk(self.scores.shape[1], dim=1)
        tokens, looks = torch.cat((self.tokens, other.tokens), dim=1), torch.cat((self.looks, other.looks), dim=1)
        return _Beams(scores, _picked(tokens, places), _picked(looks, places))


def _picked(x: Tensor, places: Tensor) -> Tensor:
    """For each clip the beams at `places`: (count, beams, ...) and (count, picked) -> (count, picked, ...)."""
    return x[torch.arange(len(x), device=x.device).unsqueeze(1), places]


@torch.inference_mode()
def beam_search(
    model: CaptioningModel, encoded: Encoded, tokenizer: Tokenizer, options: Decoding
) -> list[list[Candidate]]:
    """Find the likeliest captions of each clip.

    A caption's score is the mean log-probability of its tokens and its end. A clip is done when it has `beam_size`
    captions and none under way has a better mean so far.

    Args:
        model: In evaluation mode.
        encoded: What `model.encode` made of the clips.
        tokenizer: The model's.
        options: Beam size, length limits, whether a content word may come twice, and the style.

    Returns:
        For each clip `options.beam_size` different candidates (fewer where the vocabulary has no more), best first.
        Token times are seconds from the start of the window.

    Raises:
        ConfigError: The model knows no such style.
    """
    style = model.network.style(options.style)
    if len(encoded.memory) == 0:
        return []
    rules = _rules(tokenizer)
    memory, padding = encoded.memory, encoded.audio_padding
    count, beams, device = len(memory), options.beam_size, memory.device
    rules = _Rules(*(tensor.to(device) for tensor in (rules.never, rules.open, rules.joining, rules.stems)))
    blank = torch.full((count, beams, options.max_tokens), Tokenizer.PAD, device=device)
    unseen = memory.new_zeros((*blank.shape, memory.shape[1]))
    finished = _Beams(memory.new_full((count, beams), -math.inf, dtype=torch.float32), blank, unseen)
    # All beams of a clip begin alike: only the first may be continued.
    running = _Beams(finished.scores.index_fill(1, torch.zeros(1, dtype=torch.long, device=device), 0.0), blank, unseen)
    cache = model.decoder.start(memory, padding, beams)
    last = torch.full((count * beams,), Tokenizer.START, device=device)
    banned = rules.never.repeat(count * beams, 1)  # (rows, vocab), row = clip * beams + beam
    active = torch.arange(count, device=device)
    results: list[list[Candidate]] = [[] for _ in range(count)]

    for length in range(options.max_tokens + 1):
        hidden, attention = model.decoder.step(model.embed(last.unsqueeze(1), style), cache)
        gains = model.logits(hidden).squeeze(1).float().log_softmax(dim=1)
        gains = _ruled(gains, banned, running.tokens[:, :, :length].flatten(0, 1), last, rules, options)
        ended, running, rows = _extended(running, gains, attention.view(-1, beams, attention.shape[1]), length)
        finished = finished.best(ended)
        done = finished.scores[:, -1] >= running.scores[:, 0] / (length + 1)
        done |= running.scores[:, 0] == -math.inf
        if beams == 1:
            done |= finished.scores[:, 0] > -math.inf  # greedy ends at the first end
        if length == options.max_tokens:
            done[:] = True
        if bool(done.any()):
            found = _candidates(finished.take(done), active[done], model, tokenizer, encoded)
            for clip, candidates in zip(active[done].tolist(), found, strict=True):
                results[clip] = candidates
            kept = (~done).nonzero().squeeze(1)
            if len(kept) == 0:
                break
            active, finished, running = active[kept], finished.take(kept), running.take(kept)
            rows = rows.view(-1, beams)[kept].flatten()
            cache.keep(kept)
        cache.reorder(rows)
        last = running.tokens[:, :, length].flatten()
        banned = banned[rows]
        if options.no_content_word_twice:
            stem = rules.stems[last]
            banned |= (rules.stems == stem.unsqueeze(1)) & (stem >= 0).unsqueeze(1)
    return results


def _ruled(gains: Tensor, banned: Tensor, said: Tensor, last: Tensor, rules: _Rules, options: Decoding) -> Tensor:
    """Set the log-probabilities, (rows, vocab), of what must not come now to -inf; something is always left."""
    end, length = gains[:, Tokenizer.END].clone(), said.shape[1]
    ruled = _without_echo(gains.masked_fill(banned, -math.inf), said)
    ruled.scatter_(1, last.unsqueeze(1), -math.inf)  # nothing twice in a row
    if length == 0:
        ruled[:, rules.joining] = -math.inf
    if length < options.min_tokens:
        ruled[:, Tokenizer.END] = -math.inf
    elif length == options.max_tokens:
        ruled[:] = -math.inf
        ruled[:, Tokenizer.END] = end
    else:
        ruled[:, Tokenizer.END] = end.masked_fill(rules.open[last], -math.inf)
    if length == options.max_tokens - 1:
        ruled[:, rules.open] = -math.inf
    # A caption that has nothing left to say ends, whatever the rules.
    stuck = ruled.amax(dim=1) == -math.inf
    ruled[:, Tokenizer.END] = torch.where(stuck, end, ruled[:, Tokenizer.END])
    return ruled


def _without_echo(gains: Tensor, said: Tensor) -> Tensor:
    """Keep three words in a row from coming a second time ("again and again and again").

    Args:
        gains: Log-probability of every next token, (rows, vocab).
        said: The tokens so far, (rows, tokens) long.
    """
    if said.shape[1] < 4:
        return gains
    echo = (said[:, :-2] == said[:, -2:-1]) & (said[:, 1:-1] == said[:, -1:])  # (rows, tokens - 2)
    third = torch.where(echo, said[:, 2:], Tokenizer.PAD)  # what is no echo names padding, which never comes
    return gains.scatter(1, third, -math.inf)


def _extended(running: _Beams, gains: Tensor, look: Tensor, length: int) -> tuple[_Beams, _Beams, Tensor]:
    """Follow the best continuations of each clip.

    Args:
        running: Captions of `length` tokens, with summed scores.
        gains: Log-probability of every next token, (count * beams, vocab).
        look: Each beam's attention to the memory, (count, beams, steps).
        length: Tokens so far.

    Returns:
        The captions that end here, with mean scores; those that go on; and the rows of `gains` the latter come from.
    """
    count, beams = running.scores.shape
    vocab = gains.shape[1]
    totals = (running.scores.unsqueeze(2) + gains.view(count, beams, vocab)).flatten(1)
    # At most one end a beam: among twice as many there are always enough that go on.
    scores, places = totals.topk(min(2 * beams, totals.shape[1]), dim=1)  # (count, 2 * beams)
    origin, token = places // vocab, places % vocab
    tokens, looks = _picked(running.tokens, origin), _picked(running.looks, origin)
    ends = token == Tokenizer.END
    in_beam = torch.arange(scores.shape[1], device=scores.device) < beams
    ended = _Beams((scores / (length + 1)).masked_fill(~(ends & in_beam), -math.inf), tokens, looks)
    if length < tokens.shape[2]:
        tokens, looks = tokens.clone(), looks.clone()
        tokens[:, :, length], looks[:, :, length] = token, _picked(look, origin)
    scores, order = scores.masked_fill(ends, -math.inf).topk(beams, dim=1)
    rows = origin.gather(1, order) + torch.arange(count, device=order.device).unsqueeze(1) * beams
    return ended, _Beams(scores, _picked(tokens, order), _picked(looks, order)), rows.flatten()


def _candidates(
    finished: _Beams, clips: Tensor, model: CaptioningModel, tokenizer: Tokenizer, encoded: Encoded
) -> list[list[Candidate]]:
    """Put finished beams of some clips into words, clip by clip."""
    seconds = moments(encoded, clips, finished.tokens, finished.looks, meanings(tokenizer, model.network))
    found = []
    for scores, captions, times in zip(
        finished.scores.tolist(), finished.tokens.tolist(), seconds.tolist(), strict=True
    ):
        candidates = []
        for score, caption, heard_at in zip(scores, captions, times, strict=True):
            if score > -math.inf:
                tokens = tuple(token for token in caption if token != Tokenizer.PAD)
                token_times = tuple(None if math.isnan(time) else time for time in heard_at[: len(tokens)])
                words = tuple(tokenizer.words(tokens))
                candidates.append(Candidate(tokenizer.decode(tokens), score, tokens, words, token_times))
        found.append(candidates)
    return found


@lru_cache(maxsize=4)
def _rules(tokenizer: Tokenizer) -> _Rules:
    special = [Tokenizer.PAD, Tokenizer.START, Tokenizer.UNKNOWN]
    words = ["", "", "", "", *(word.lower() for word in tokenizer.words(range(len(tokenizer))))]
    never = torch.zeros(len(words), dtype=torch.bool)
    never[special] = True
    numbers: dict[str, int] = {}
    stems = [-1 if not word or word in STOP_WORDS else numbers.setdefault(stem(word), len(numbers)) for word in words]
    # The start counts as open: no caption is empty, even if the shortest allowed has no words.
    ends_open = [word in OPEN_WORDS or number == Tokenizer.START for number, word in enumerate(words)]
    joining = [word in JOINING_WORDS for word in words]
    return _Rules(never, torch.tensor(ends_open), torch.tensor(joining), torch.tensor(stems))
