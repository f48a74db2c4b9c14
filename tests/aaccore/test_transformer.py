"""The transformer: what may look at what, and that token by token is all at once."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aaccore.errors import ConfigError
from aaccore.transformer import TransformerDecoder, TransformerEncoder, positions

WIDTH, STEPS = 16, 7


@pytest.fixture
def decoder() -> TransformerDecoder:
    torch.manual_seed(1)
    return TransformerDecoder(WIDTH, heads=2, feedforward=32, layers=2, dropout=0.1).eval()


@pytest.fixture
def encoder() -> TransformerEncoder:
    torch.manual_seed(2)
    return TransformerEncoder(WIDTH, heads=2, feedforward=32, layers=2, dropout=0.1).eval()


def padded(*lengths: int) -> Tensor:
    """A mask (clips, STEPS) of clips with so many steps."""
    return torch.arange(STEPS)[None] >= torch.tensor(lengths)[:, None]


def test_positions_are_those_of_the_paper() -> None:
    table = positions(50, WIDTH)
    for place, pair in ((0, 0), (3, 1), (49, 7)):
        angle = torch.tensor(place / 10000 ** (2 * pair / WIDTH))
        torch.testing.assert_close(table[place, 2 * pair : 2 * pair + 2], torch.stack((angle.sin(), angle.cos())))


def test_more_steps_than_the_table_of_positions_has_are_taken(encoder: TransformerEncoder) -> None:
    x = torch.randn(1, 300, WIDTH)
    whole = encoder.positions(x)
    fresh = TransformerEncoder(WIDTH, heads=2, feedforward=32, layers=2, dropout=0.1).eval()
    assert whole.shape == x.shape
    torch.testing.assert_close(whole[:, :100], fresh.positions(x[:, :100]))


def test_padding_has_no_influence_on_the_encoder(encoder: TransformerEncoder) -> None:
    x = torch.randn(2, STEPS, WIDTH)
    other = x.clone()
    other[0, 4:] = 100.0
    torch.testing.assert_close(encoder(x, padded(4, 7))[0, :4], encoder(other, padded(4, 7))[0, :4])
    torch.testing.assert_close(encoder(x, padded(4, 7))[0, :4], encoder(x[:1, :4], padded(4)[:, :4])[0])


def test_a_clip_of_padding_alone_gives_finite_numbers(encoder: TransformerEncoder, decoder: TransformerDecoder) -> None:
    memory = encoder(torch.randn(2, STEPS, WIDTH), padded(0, 7))
    hidden = decoder(torch.randn(2, 3, WIDTH), memory, padded(0, 7))
    assert memory.isfinite().all()
    assert hidden.isfinite().all()


def test_token_by_token_is_teacher_forcing(decoder: TransformerDecoder) -> None:
    memory, padding = torch.randn(3, STEPS, WIDTH), padded(7, 2, 5)
    x = torch.randn(6, 9, WIDTH)  # two beams a clip
    whole = decoder(x, memory.repeat_interleave(2, 0), padding.repeat_interleave(2, 0))
    cache = decoder.start(memory, padding, beams=2)
    for token in range(9):
        hidden, attention = decoder.step(x[:, token : token + 1], cache)
        torch.testing.assert_close(hidden[:, 0], whole[:, token], atol=1e-5, rtol=0)
        torch.testing.assert_close(attention.sum(dim=1), torch.ones(6))
        assert (attention[padding.repeat_interleave(2, 0)] == 0).all()
    assert cache.length == 9


def test_the_cache_follows_a_new_order_of_beams_and_fewer_clips(decoder: TransformerDecoder) -> None:
    memory, padding = torch.randn(3, STEPS, WIDTH), padded(7, 2, 5)
    x = torch.randn(6, 3, WIDTH)
    cache = decoder.start(memory, padding, beams=2)
    for token in (0, 1):
        decoder.step(x[:, token : token + 1], cache)
    rows = torch.tensor([1, 1, 5, 4])  # of the first and the last clip
    cache.keep(torch.tensor([0, 2]))
    cache.reorder(rows)
    hidden, _ = decoder.step(x[:4, 2:], cache)
    history = torch.cat((x[rows, :2], x[:4, 2:]), dim=1)
    clips = torch.tensor([0, 0, 2, 2])
    torch.testing.assert_close(hidden, decoder(history, memory[clips], padding[clips])[:, 2:], atol=1e-5, rtol=0)


def test_no_token_sees_the_future(decoder: TransformerDecoder) -> None:
    memory, x = torch.randn(1, STEPS, WIDTH), torch.randn(1, 5, WIDTH)
    changed = x.clone()
    changed[:, 3:] += 1.0
    before, after = decoder(x, memory, padded(7)), decoder(changed, memory, padded(7))
    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


def test_padded_memory_has_no_influence_on_the_decoder(decoder: TransformerDecoder) -> None:
    memory, x = torch.randn(1, STEPS, WIDTH), torch.randn(1, 5, WIDTH)
    other = torch.cat((memory[:, :4], torch.full((1, 3, WIDTH), 100.0)), dim=1)
    torch.testing.assert_close(decoder(x, memory, padded(4)), decoder(x, other, padded(4)))


def test_the_order_of_steps_and_of_tokens_matters(encoder: TransformerEncoder, decoder: TransformerDecoder) -> None:
    x = torch.randn(1, STEPS, WIDTH)
    assert not torch.allclose(encoder(x.flip(1), padded(7)).flip(1), encoder(x, padded(7)), atol=1e-3)
    tokens = torch.randn(1, 3, WIDTH)
    swapped = tokens[:, [1, 0, 2]]
    assert not torch.allclose(decoder(tokens, x, padded(7))[:, 2], decoder(swapped, x, padded(7))[:, 2], atol=1e-4)


def test_every_weight_learns(encoder: TransformerEncoder, decoder: TransformerDecoder) -> None:
    memory = encoder.train()(torch.randn(2, STEPS, WIDTH), padded(7, 4))
    hidden = decoder.train()(torch.randn(2, 5, WIDTH), memory, padded(7, 4))
    (hidden * torch.randn_like(hidden)).sum().backward()
    for name, weight in [*encoder.named_parameters(), *decoder.named_parameters()]:
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().max() > 0, name


def test_a_width_that_heads_cannot_share_is_refused() -> None:
    with pytest.raises(ConfigError, match="width = 18"):
        TransformerEncoder(18, heads=4, feedforward=32, layers=1, dropout=0.0)
