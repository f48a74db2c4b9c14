"""The transformer on the CNN (encoder) and the one that writes captions (decoder, with a key/value cache).

Pre-norm layers with GELU (Xiong et al., 2020, "On Layer Normalization in the Transformer Architecture"), which train
without a long warm-up. Masks are bool, True = padding; padding never influences what is computed for the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aaccore.errors import ConfigError


def positions(steps: int, width: int) -> Tensor:
    """Sinusoidal positions (Vaswani et al., 2017, section 3.5), sines in the even places.

    Args:
        steps: Number of positions.
        width: Width of the transformer, even.

    Returns:
        (steps, width) float32, in [-1, 1].
    """
    angles = torch.arange(steps).unsqueeze(1) * torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    return torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)  # (steps, width)


class Positions(nn.Module):
    """Adds a learned multiple of the sinusoidal positions, then drops activations.

    The multiple starts at a half, so that an input of unit variance is not drowned in its position.
    """

    table: Tensor

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.5))
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("table", positions(128, width), persistent=False)

    def forward(self, x: Tensor, first: int = 0) -> Tensor:
        """Add the positions `first`, `first + 1`, ... to x, (batch, steps, width)."""
        steps = first + x.shape[1]
        if steps > len(self.table):
            self.table = positions(2 * steps, x.shape[2]).to(self.table)
        placed: Tensor = self.dropout(x + self.scale * self.table[first:steps])
        return placed


class SelfAttention(nn.Module):
    """Multi-head attention of a sequence to itself; one matrix makes queries, keys and values."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ConfigError(f"width = {width}: must be a multiple of twice the {heads} heads")
        self.heads = heads
        self.dropout = dropout
        self.inputs = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def projected(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of x, each (batch, heads, steps, width / heads)."""
        batch, steps, width = x.shape
        split = self.inputs(x).view(batch, steps, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return split[0], split[1], split[2]

    def forward(self, x: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """Attend within x.

        Args:
            x: (batch, steps, width).
            mask: True where attention is allowed, broadcast to (batch, heads, steps, steps).
            causal: A step sees itself and what came before.

        Returns:
            (batch, steps, width).
        """
        query, key, value = self.projected(x)
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=causal)
        mixed: Tensor = self.output(_joined(y))
        return mixed


class CrossAttention(nn.Module):
    """Multi-head attention of tokens to the memory."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.memory = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)

    def projected(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values of the memory, each (batch, heads, steps, width / heads)."""
        batch, steps, width = memory.shape
        split = self.memory(memory).view(batch, steps, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return split[0], split[1]

    def queries(self, x: Tensor) -> Tensor:
        """Queries of x, (batch, heads, tokens, width / heads)."""
        query: Tensor = self.query(x)
        return query.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Attend from x, (batch, tokens, width), to memory where mask, (batch, 1, 1, steps), is True."""
        key, value = self.projected(memory)
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(self.queries(x), key, value, attn_mask=mask, dropout_p=dropout)
        mixed: Tensor = self.output(_joined(y))
        return mixed


def _joined(y: Tensor) -> Tensor:
    """The heads of y, (batch, heads, tokens, size), side by side: (batch, tokens, width)."""
    return y.transpose(1, 2).flatten(2)


class FeedForward(nn.Sequential):
    """Two linear layers around a GELU, on each step alone."""

    def __init__(self, width: int, feedforward: int, dropout: float) -> None:
        super().__init__(nn.Linear(width, feedforward), nn.GELU(), nn.Dropout(dropout), nn.Linear(feedforward, width))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each normalised before and added after."""

    def __init__(self, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, dropout)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = FeedForward(width, feedforward, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Transform x, (batch, steps, width); mask as in `SelfAttention`."""
        x = x + self.dropout(self.attention(self.attention_norm(x), mask))
        transformed: Tensor = x + self.dropout(self.feedforward(self.feedforward_norm(x)))
        return transformed


class TransformerEncoder(nn.Module):
    """Lets every step of a sound know the whole of it."""

    def __init__(self, width: int, heads: int, feedforward: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.positions = Positions(width, dropout)
        self.layers = nn.ModuleList(EncoderLayer(width, heads, feedforward, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        initialise(self)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """Encode.

        Args:
            x: (batch, steps, width) float.
            padding: True where x is padding, (batch, steps) bool.

        Returns:
            (batch, steps, width); rows of padding hold nothing of meaning.
        """
        mask = allowed(padding)
        x = self.positions(x)
        for layer in self.layers:
            x = layer(x, mask)
        normed: Tensor = self.norm(x)
        return normed


@dataclass
class Cache:
    """What the decoder keeps between tokens.

    There are `clips` memories and `beams` captions of each under way; row `clip * beams + beam` of `tokens` is one.

    Attributes:
        cross: Per layer the memory's keys and values, each (clips, heads, steps, size); the beams share them.
        mask: True where memory may be attended to, (clips, 1, 1, steps).
        tokens: Per layer the captions' own keys and values, (2, clips * beams, heads, tokens so far, size).
    """

    cross: list[tuple[Tensor, Tensor]]
    mask: Tensor
    tokens: list[Tensor]

    @property
    def length(self) -> int:
        """Number of tokens seen."""
        return self.tokens[0].shape[3]

    def reorder(self, rows: Tensor) -> None:
        """Make caption i the continuation of the former caption rows[i], (clips * new beams,) long, within its clip."""
        self.tokens = [kept.index_select(1, rows) for kept in self.tokens]

    def keep(self, clips: Tensor) -> None:
        """Go on with these clips only, (kept clips,) long; call `reorder` with their rows as well."""
        self.cross = [(key.index_select(0, clips), value.index_select(0, clips)) for key, value in self.cross]
        self.mask = self.mask.index_select(0, clips)


class DecoderLayer(nn.Module):
    """Causal self-attention, attention to the memory and feed-forward, each normalised before and added after."""

    def __init__(self, width: int, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, dropout)
        self.cross_norm = nn.LayerNorm(width)
        self.cross_attention = CrossAttention(width, heads, dropout)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = FeedForward(width, feedforward, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Transform x, (batch, tokens, width), all tokens at once."""
        x = x + self.dropout(self.attention(self.attention_norm(x), causal=True))
        x = x + self.dropout(self.cross_attention(self.cross_norm(x), memory, mask))
        transformed: Tensor = x + self.dropout(self.feedforward(self.feedforward_norm(x)))
        return transformed

    def step(self, x: Tensor, cache: Cache, layer: int) -> tuple[Tensor, Tensor]:
        """Transform the newest token of each caption.

        Args:
            x: (clips * beams, 1, width).
            cache: Extended by this token in place.
            layer: This layer's number.

        Returns:
            The transformed token, like x, and its attention to the memory, (clips * beams, steps), mean of the heads.
        """
        query, key, value = self.attention.projected(self.attention_norm(x))
        cache.tokens[layer] = torch.cat((cache.tokens[layer], torch.stack((key, value))), dim=3)
        y = F.scaled_dot_product_attention(query, cache.tokens[layer][0], cache.tokens[layer][1])
        x = x + self.attention.output(_joined(y))
        y, attention = self._look(self.cross_norm(x), cache, layer)
        x = x + y
        return x + self.feedforward(self.feedforward_norm(x)), attention

    def _look(self, x: Tensor, cache: Cache, layer: int) -> tuple[Tensor, Tensor]:
        """Attend to the memory; a clip's beams are queries side by side, so its keys need no copy for each."""
        key, value = cache.cross[layer]
        clips, heads, steps, size = key.shape
        query = (
            self.cross_attention.query(x).view(clips, -1, heads, size).transpose(1, 2)
        )  # (clips, heads, beams, size)
        scores = (query @ key.transpose(2, 3)) * size**-0.5  # (clips, heads, beams, steps)
        weights = scores.masked_fill(~cache.mask, -math.inf).softmax(dim=3)
        y = (weights @ value).transpose(1, 2).reshape(x.shape)  # (clips * beams, 1, width)
        return self.cross_attention.output(y), weights.mean(dim=1).view(-1, steps)


class TransformerDecoder(nn.Module):
    """Turns token embeddings and a memory into hidden states, for all tokens at once or token by token."""

    def __init__(self, width: int, heads: int, feedforward: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.positions = Positions(width, dropout)
        self.layers = nn.ModuleList(DecoderLayer(width, heads, feedforward, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        initialise(self)

    def forward(self, x: Tensor, memory: Tensor, memory_padding: Tensor) -> Tensor:
        """Teacher forcing: token k sees tokens 0 to k.

        Args:
            x: Token embeddings, (batch, tokens, width) float; padding only at the end.
            memory: (batch, steps, width) float.
            memory_padding: True where memory is padding, (batch, steps) bool.

        Returns:
            Hidden states, (batch, tokens, width).
        """
        mask = allowed(memory_padding)
        x = self.positions(x)
        for layer in self.layers:
            x = layer(x, memory, mask)
        normed: Tensor = self.norm(x)
        return normed

    def start(self, memory: Tensor, memory_padding: Tensor, beams: int = 1) -> Cache:
        """Begin `beams` captions of each memory, (clips, steps, width), with its padding, (clips, steps) bool."""
        clips, _, width = memory.shape
        empty = memory.new_zeros((2, clips * beams, self.heads, 0, width // self.heads))
        layers = [layer for layer in self.layers if isinstance(layer, DecoderLayer)]
        cross = [layer.cross_attention.projected(memory) for layer in layers]
        return Cache(
            [(k.contiguous(), v.contiguous()) for k, v in cross], allowed(memory_padding), [empty] * len(cross)
        )

    def step(self, x: Tensor, cache: Cache) -> tuple[Tensor, Tensor]:
        """Take one more token of each caption; for evaluation mode.

        Args:
            x: Its embedding, (clips * beams, 1, width).
            cache: From `start`; extended in place.

        Returns:
            Hidden states, like x, and the last layer's attention to the memory, (clips * beams, steps); it sums to 1.
        """
        x = self.positions(x, cache.length)
        attention = x.new_zeros(0)
        for number, layer in enumerate(self.layers):
            x, attention = layer.step(x, cache, number)  # type: ignore[operator]
        return self.norm(x), attention


def masked_mean(x: Tensor, padding: Tensor) -> Tensor:
    """Mean over the steps that are not padding: (batch, steps, width) -> (batch, width)."""
    keep = (~padding)[:, :, None].to(x.dtype)
    return (x * keep).sum(dim=1) / keep.sum(dim=1).clamp_min(1)


def allowed(padding: Tensor) -> Tensor:
    """Where attention may look, (batch, 1, 1, steps) bool; a clip of padding alone looks everywhere: no NaN."""
    return (~padding | padding.all(dim=1, keepdim=True))[:, None, None, :]


def initialise(module: nn.Module) -> None:
    """Xavier uniform weights and zero biases; each part of a fused projection counts as a matrix of its own."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Linear):
            fused = part.out_features // part.in_features if name.endswith((".inputs", ".memory")) else 1
            for weight in part.weight.chunk(fused):
                nn.init.xavier_uniform_(weight)
            nn.init.zeros_(part.bias)
