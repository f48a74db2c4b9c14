"""Time of our scores against pycocoevalcap's on the same made-up captions: 1,045 clips, five references each.

`.venv/bin/python benchmarks/metrics.py` prints the rows of the table: median seconds of five runs and their ratio. Both
sides start from tokens, but for the last row, where the other side is the Java tokenizer (left out without one).
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import statistics
import time
from collections.abc import Callable

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

from aaccore.metrics.bleu import bleu
from aaccore.metrics.cider_d import cider_d
from aaccore.metrics.rouge_l import rouge_l
from aaccore.metrics.tokens import ptb_tokens

CLIPS = 1045
REFERENCES = 5
RUNS = 5

_WHO = [
    "A dog",
    "Two men",
    "A crowd",
    "An old engine",
    "Someone",
    "A flock of birds",
    "Heavy rain",
    "A small bell",
    "The wind",
    "A kettle",
]
_DOES = [
    "barks",
    "talks",
    "hums",
    "rattles",
    "falls",
    "rings",
    "whistles",
    "passes by",
    "slows down",
    "grows louder",
    "stops",
    "starts again",
]
_HOW = [
    "twice",
    "in the distance",
    "on a tin roof",
    "without a pause",
    "in a large hall",
    "near a road",
    "for a while",
    "at last",
]
_JOIN = [", and ", " while ", " and then ", " as "]


def _caption(draw: random.Random) -> str:
    parts = [f"{draw.choice(_WHO)} {draw.choice(_DOES)} {draw.choice(_HOW)}" for _ in range(draw.choice((1, 2, 2)))]
    return draw.choice(_JOIN).join([parts[0], *(part[0].lower() + part[1:] for part in parts[1:])]) + "."


def _seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    draw = random.Random(0)
    written = [_caption(draw) for _ in range(CLIPS)]
    written_references = [[_caption(draw) for _ in range(REFERENCES)] for _ in range(CLIPS)]
    candidates = [ptb_tokens(caption) for caption in written]
    references = [[ptb_tokens(caption) for caption in clip] for clip in written_references]
    theirs = {i: [" ".join(tokens)] for i, tokens in enumerate(candidates)}
    their_references = {i: [" ".join(tokens) for tokens in clip] for i, clip in enumerate(references)}
    sentences = [sentence for clip in written_references for sentence in clip]

    def our_tokens() -> None:
        ptb_tokens.cache_clear()
        for sentence in sentences:
            ptb_tokens(sentence)

    rows: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("BLEU-1..4", lambda: bleu(candidates, references), lambda: Bleu(4).compute_score(their_references, theirs, 0)),
        (
            "ROUGE-L",
            lambda: [rouge_l(*clip) for clip in zip(candidates, references, strict=True)],
            lambda: Rouge().compute_score(their_references, theirs),
        ),
        ("CIDEr-D", lambda: cider_d(candidates, references), lambda: Cider().compute_score(their_references, theirs)),
    ]
    if shutil.which("java"):
        asked = {i: [{"caption": sentence}] for i, sentence in enumerate(sentences)}
        rows.append(("tokens of the references", our_tokens, lambda: PTBTokenizer().tokenize(asked)))
    for name, ours, others in rows:
        our_s, their_s = _seconds(ours), _seconds(others)
        print(f"| {name} | {our_s:.3f} s | {their_s:.3f} s | {their_s / our_s:.1f}x |")


if __name__ == "__main__":
    main()
