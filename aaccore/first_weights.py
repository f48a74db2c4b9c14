"""The model before training: its vocabulary and keywords out of the data set, its CNN from published weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from aaccore import published
from aaccore.config import EncoderName
from aaccore.data.corpus import Corpus, TagCaptions, read_label_words, read_tag_captions
from aaccore.errors import ModelError
from aaccore.model import KEYWORD_WORDS, CaptioningModel
from aaccore.panns import Encoder, load_published
from aaccore.recipe import Training, recipes, set_names
from aaccore.tokenizer import Tokenizer
from aaccore.weight_files import read_checkpoint

PUBLISHED: dict[EncoderName, str] = {
    "mobilenet_v1": "yamnet", "cnn10_sfx": "aisfx", "cnn10": "cnn10", "cnn14": "cnn14"
}  # fmt: skip
"""Whose weights an encoder starts from where the recipe names none."""


def untrained(
    corpus: Corpus, options: Training, cache: Path | None = None
) -> tuple[CaptioningModel, Tokenizer, tuple[TagCaptions, ...]]:
    """Make the model that a run starts with.

    Args:
        corpus: The sounds; the vocabulary comes from the captions that are trained on.
        options: The run's settings.
        cache: Replaces the user's cache folder, where the published weights lie.

    Returns:
        The model, its tokenizer, and what is said of AudioSet's classes (none where they are no keywords).

    Raises:
        ModelError: Weights are missing or not of this encoder.
    """
    network = options.network
    guided = network.keywords > 0
    tags = tuple(read_tag_captions(recipes() / "audioset_captions.csv"))
    tags = tags if guided and "mobilenet_v1" in network.encoders else ()
    words = read_label_words(recipes() / "labels.csv")
    with_labels = guided and options.labels.epochs > 0
    labels = tuple(words.get(label, label.replace("_", " ")) for label in corpus.labels) if with_labels else ()
    styles = set_names(options) if options.captions.data_set_token else ()
    network = replace(network, labels=labels, tags=tuple(tag.word for tag in tags), styles=styles)
    told = [caption for tag in tags for caption in tag.captions]
    keywords = [*network.labels, *network.tags]
    tokenizer = Tokenizer.train([*corpus.captions, *told], extra_words=" ".join(keywords).split())
    table = torch.zeros(len(keywords), KEYWORD_WORDS, dtype=torch.long)
    for row, keyword in zip(table, keywords, strict=True):
        ids = tokenizer.ids(keyword)[:KEYWORD_WORDS]
        row[: len(ids)] = torch.tensor(ids, dtype=torch.long)
    model = CaptioningModel(network, len(tokenizer), table)
    for name, encoder in zip(network.encoders, model.encoders, strict=True):
        assert isinstance(encoder, Encoder)
        _start(encoder, name, options.encoder.weights, cache)
    return model, tokenizer, tags


def _start(encoder: Encoder, name: EncoderName, weights: str, cache: Path | None) -> None:
    if weights == "none":
        for module in encoder.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")  # keeps deep ones without norms alive
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        return
    called = PUBLISHED[name] if weights == "published" else weights
    path = Path(weights)
    if not path.suffix and not path.is_file():
        path = published.weights_path(called, cache)
    try:
        load_published(encoder, read_checkpoint(path))
    except ModelError as error:
        raise ModelError(f"{path}: cannot be used for {name} ({error})") from error
