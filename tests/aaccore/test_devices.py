from __future__ import annotations

import pytest
import torch

from aaccore.devices import choose_device
from aaccore.errors import ConfigError


def test_the_choice_is_explained() -> None:
    device, why = choose_device("auto")
    assert device == ("cuda" if torch.cuda.is_available() else "cpu")
    assert "torch" in why


def test_a_device_that_is_not_there_falls_back_and_says_so() -> None:
    device, why = choose_device("cuda:99")
    assert device == "cpu"
    assert "cuda:99" in why


@pytest.mark.parametrize("name", ["gpu please", "", "meta", "cuda:-2"])
def test_a_device_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="device"):
        choose_device(name)
