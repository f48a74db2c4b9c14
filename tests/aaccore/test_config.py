from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from aaccore.config import (
    AISFX_FRONT_END,
    PANNS_FRONT_END,
    YAMNET_FRONT_END,
    Decoding,
    FrontEnd,
    Network,
    Windows,
    check,
    field_help,
    from_dict,
    from_toml,
)
from aaccore.errors import ConfigError
from aaccore.recipe import CaptionTraining, DataSet, EncoderTraining, LabelTraining, Training

KINDS = (FrontEnd, Network, Decoding, Windows, DataSet, EncoderTraining, LabelTraining, CaptionTraining, Training)


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_are_within_their_limits(kind: Any) -> None:
    check(kind())


@pytest.mark.parametrize("front_end", [PANNS_FRONT_END, YAMNET_FRONT_END, AISFX_FRONT_END])
def test_the_published_front_ends_are_within_the_limits(front_end: FrontEnd) -> None:
    check(front_end)
    assert front_end.high_hz <= front_end.sample_rate / 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_has_its_help(kind: Any) -> None:
    for field in fields(kind):
        if not is_dataclass(getattr(kind(), field.name)):
            assert len(field.metadata["help"]) > 5, field.name


def test_help_names_the_unit_where_there_is_one() -> None:
    assert field_help(Network, "window_s") == "sound that is captioned at once (s)"
    assert field_help(Network, "heads") == "attention heads"


@pytest.mark.parametrize(("value", "allowed"), [(1, True), (64, True), (0, False), (65, False), (-3, False)])
def test_both_ends_of_a_limit_are_allowed_and_nothing_beyond(value: int, allowed: bool) -> None:
    if allowed:
        check(Decoding(beam_size=value))
    else:
        with pytest.raises(ConfigError, match=f"beam_size = {value}: must be from 1 to 64"):
            check(Decoding(beam_size=value))


def test_a_message_tells_the_unit_of_the_limit() -> None:
    with pytest.raises(ConfigError, match=r"^window_s = 61.0: must be from 1 to 60 s$"):
        check(Windows(window_s=61.0))


def test_a_limit_with_one_end_is_told_as_such() -> None:
    with pytest.raises(ConfigError, match=r"low_hz = -1\.0: must be at least 0 Hz"):
        check(FrontEnd(low_hz=-1.0))


def test_what_is_not_a_number_is_outside_every_limit() -> None:
    with pytest.raises(ConfigError, match="learning_rate = nan"):
        check(LabelTraining(learning_rate=float("nan")))


def test_configs_within_a_config_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"dropout = 1\.5"):
        check(replace(Training(), network=Network(dropout=1.5)))


def test_plain_values_become_a_config_and_what_is_left_out_keeps_its_default() -> None:
    training = from_dict(
        Training, {"seed": 7, "network": {"encoders": ["cnn10"], "dropout": 0}, "data": {"development": ["a", "b"]}}
    )
    assert training == Training(
        seed=7, network=Network(encoders=("cnn10",), dropout=0.0), data=DataSet(development=("a", "b"))
    )
    assert isinstance(training.network.dropout, float)


@pytest.mark.parametrize("config", [Training(), Network(labels=("dog", "rain")), Windows(), Windows(window_s=5.0)])
def test_a_config_survives_being_written_as_plain_values(config: Any) -> None:
    assert from_dict(type(config), asdict(config)) == config


def test_an_unknown_name_is_told_with_its_table_and_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"^network\.depth: no such setting; known are decoder_layers, dropout, "):
        from_dict(Training, {"network": {"depth": 3}})


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (Training, {"seed": "1"}, r"seed = '1': must be int"),
        (Training, {"seed": 1.0}, r"seed = 1\.0: must be int"),
        (Training, {"seed": True}, r"seed = True: must be int"),
        (Training, {"seed": None}, r"seed = None: must be int"),
        (Training, {"network": 3}, r"network = 3: must be Network"),
        (Training, {"data": {"altered": []}}, r"data\.altered = \[\]: must be int"),
        (Training, {"captions": {"rlssr": "l3"}}, r"captions\.rlssr = 'l3': must be one of 'none', 'l1', 'l2'"),
        (Training, {"captions": {"rlssr": ["l1"]}}, r"captions\.rlssr = \['l1'\]: must be one of"),
        (Network, {"dropout": True}, r"dropout = True: must be float"),
        (Network, {"dropout": "0.1"}, r"dropout = '0\.1': must be float"),
        (Network, {"encoders": ["cnn99"]}, r"encoders = 'cnn99': must be one of 'mobilenet_v1'"),
        (DataSet, {"development": "12"}, r"development = '12': must be "),
        (DataSet, {"development": [1]}, r"development = 1: must be str"),
        (Decoding, {"no_content_word_twice": 1}, r"no_content_word_twice = 1: must be bool"),
        (Windows, {"window_s": "10"}, r"window_s = '10': must be float"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_dict(kind, values)


def test_plain_values_are_checked_against_the_limits() -> None:
    with pytest.raises(ConfigError, match="threads = 0: must be from 1 to 256"):
        from_dict(Training, {"threads": 0})


def test_nothing_is_a_value_only_where_it_is_allowed() -> None:
    assert from_dict(Windows, {"window_s": None}) == Windows(window_s=None)
    with pytest.raises(ConfigError, match="beam_size = None"):
        from_dict(Decoding, {"beam_size": None})


def test_a_toml_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('seed = 3\n[captions]\nrlssr = "l1"\nepochs = 2\n[network]\nencoders = ["mobilenet_v1"]\n')
    training = from_toml(Training, path)
    assert training.seed == 3
    assert training.captions == CaptionTraining(rlssr="l1", epochs=2.0)
    assert training.network.encoders == ("mobilenet_v1",)


@pytest.mark.parametrize("content", [b"seed = ", b"seed = 1\nseed = 2\n", b"\xff\xfe\x00", b"[network\n"])
def test_a_file_that_is_no_toml_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"run\.toml: not a TOML file"):
        from_toml(Training, path)


def test_a_missing_toml_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"run\.toml: cannot be read \(No such file"):
        from_toml(Training, tmp_path / "run.toml")
