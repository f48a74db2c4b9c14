"""Settings as frozen dataclasses: help, unit and limits sit in the field, so docs, checks and forms have one source."""

from __future__ import annotations

import json
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from aaccore.errors import ConfigError

Config = TypeVar("Config")


def setting(
    default: Any,
    help: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """A field with its help, unit and limits (both ends included)."""
    return field(default=default, metadata={"help": help, "unit": unit, "low": low, "high": high})


@dataclass(frozen=True)
class FrontEnd:
    """Waveform to log-mel."""

    sample_rate: int = setting(32000, "rate that the waveform has", unit="Hz", low=1000, high=192000)
    n_fft: int = setting(1024, "length of the transform", unit="samples", low=16, high=65536)
    window_length: int = setting(1024, "length of the Hann window", unit="samples", low=16, high=65536)
    hop_length: int = setting(320, "distance between frames", unit="samples", low=1, high=65536)
    mels: int = setting(64, "number of mel bands", low=1, high=512)
    low_hz: float = setting(50.0, "lower edge of the lowest band", unit="Hz", low=0)
    high_hz: float = setting(14000.0, "upper edge of the highest band", unit="Hz", low=1)
    mel_scale: Literal["slaney", "htk"] = setting("slaney", "formula of the mel scale")
    mel_norm: Literal["none", "slaney", "sum"] = setting(
        "slaney", "bands of equal area, of weights that sum to 1, or raw"
    )
    centre: Literal["reflect", "zeros", "none"] = setting("reflect", "how frames reach over the ends")
    power: int = setting(2, "1: magnitude, 2: power", low=1, high=2)
    compression: Literal["db", "log", "log10"] = setting(
        "db", "10 log10(max(x, 1e-10)), log(x + 0.001), or aiSFX's log10"
    )
    divide_by_peak: bool = setting(False, "scale each window to a peak of 1 first")


PANNS_FRONT_END = FrontEnd()
"""The front end of the PANNs (Kong et al., 2020)."""

YAMNET_FRONT_END = FrontEnd(
    sample_rate=16000, n_fft=512, window_length=400, hop_length=160, mels=64, low_hz=125.0, high_hz=7500.0,
    mel_scale="htk", mel_norm="none", centre="none", power=1, compression="log",
)  # fmt: skip
"""The front end of YAMNet (Google)."""

AISFX_FRONT_END = FrontEnd(
    sample_rate=44100, n_fft=2048, window_length=2048, hop_length=1024, mels=96, low_hz=0.0, high_hz=22050.0,
    mel_scale="htk", mel_norm="sum", centre="zeros", power=2, compression="log10", divide_by_peak=True,
)  # fmt: skip
"""The front end of aiSFX (Ma and Lerch, 2022)."""

EncoderName = Literal["mobilenet_v1", "cnn10_sfx", "cnn10", "cnn14"]


@dataclass(frozen=True)
class Network:
    """The layers of a captioning model. The paper leaves most sizes open; these are ours."""

    encoders: tuple[EncoderName, ...] = setting(("mobilenet_v1", "cnn10_sfx"), "one CNN, or two side by side")
    window_s: float = setting(10.0, "sound that is captioned at once", unit="s", low=1, high=60)
    width: int = setting(256, "width of the transformer", low=8, high=4096)
    heads: int = setting(8, "attention heads", low=1, high=64)
    feedforward: int = setting(1024, "width inside the feed-forward layers", low=8, high=16384)
    encoder_layers: int = setting(2, "transformer layers on the CNN; 0 leaves them out", low=0, high=24)
    decoder_layers: int = setting(3, "transformer decoder layers", low=1, high=24)
    dropout: float = setting(0.1, "share of activations dropped in training", low=0, high=0.95)
    labels: tuple[str, ...] = setting((), "words for the sounds that the label head tells apart; empty leaves it out")
    tags: tuple[str, ...] = setting((), "words for AudioSet's 521 classes; empty leaves them out of the keywords")
    keywords: int = setting(4, "surest labels, and as many tags, given to the decoder as words", low=0, high=32)
    styles: tuple[str, ...] = setting(
        (), "data sets whose way of writing can be asked for, the usual one first; empty leaves their start tokens out"
    )

    def style(self, name: str) -> int:
        """The place of a style among `styles`; for an empty name the usual one's.

        Raises:
            ConfigError: There is no such style.
        """
        if not name:
            return 0
        if name not in self.styles:
            known = f"knows {', '.join(self.styles)}" if self.styles else "was taught no styles; leave it empty"
            raise ConfigError(f"style = {name!r}: this model {known}")
        return self.styles.index(name)


@dataclass(frozen=True)
class Decoding:
    """How a caption is searched."""

    beam_size: int = setting(8, "captions followed at once; 1 is greedy", low=1, high=64)
    min_tokens: int = setting(3, "shortest caption", unit="words", low=0, high=64)
    max_tokens: int = setting(26, "longest caption", unit="words", low=1, high=128)
    no_content_word_twice: bool = setting(True, "never say a content word a second time")
    label_weight: float = setting(
        1.5, "say of the label head in which of the captions found is the best; 0: none", low=0, high=10
    )
    style: str = setting("", "data set in whose style captions are written; empty: the model's usual one")


@dataclass(frozen=True)
class Live:
    """How live sound is captioned; `aaccore.changes` tells the rule by which something new is said.

    The defaults were chosen by `benchmarks/live.py`: what is said too often, too late or not at all pulls each of them
    one way or the other. A stream whose first gain is high hears its first seconds too loud, at a low one too faintly.
    """

    window_s: float = setting(4.0, "sound that is captioned at once", unit="s", low=1, high=60)
    step_s: float = setting(0.2, "time between two looks for something new", unit="s", low=0.1, high=10)
    silence_db: float = setting(
        -60.0, "where every 0.1 s is quieter than this, it is silent", unit="dBFS", low=-120, high=0
    )
    quiet_s: float = setting(1.0, "silence after which a sound has ended", unit="s", low=0.2, high=10)
    release_db: float = setting(
        0.5, "how fast the model hears quiet sound again after a loud one", unit="dB/s", low=0.1, high=100
    )
    highest_gain_db: float = setting(30.0, "how far quiet sound is amplified for the model", unit="dB", low=0, high=100)
    first_gain_db: float = setting(10.0, "how far sound is amplified when listening begins", unit="dB", low=0, high=100)
    split: float = setting(0.5, "below this likeness of before and after, a window begins anew", low=0, high=1)
    alike: float = setting(0.8, "from this likeness on two moments are the same scene", low=0, high=1)
    memory_s: float = setting(10.0, "a sound that was said is not news for so long", unit="s", low=0, high=600)
    sure: float = setting(0.35, "a label so probable is said at once", low=0, high=1)
    again_s: float = setting(3.0, "age at which a scene is looked at once more", unit="s", low=0, high=60)
    heard_s: float = setting(0.8, "any other new sound must be heard for so long", unit="s", low=0, high=10)


@dataclass(frozen=True)
class AlertRule:
    """A sound of live captions that is called out."""

    sound: str = setting("", "what to watch for, in the model's words")
    band: Literal["sure", "likely", "guess"] = setting("likely", "how far the caption must be trusted at least")
    cooldown_s: float = setting(60.0, "time before the same sound is called out again", unit="s", low=0, high=86400)


@dataclass(frozen=True)
class Windows:
    """How a long recording is cut."""

    window_s: float | None = setting(None, "length of a window; by default the model's", unit="s", low=1, high=60)
    silence_db: float = setting(
        -70.0, "a window whose loudest 0.1 s is quieter than this is silence", unit="dBFS", low=-120, high=0
    )
    merge_equal: bool = setting(True, "neighbours with the same caption become one segment")


ExportFormat = Literal["text", "json", "jsonl", "csv", "srt", "vtt", "audacity", "raven"]
SubtitleTimes = Literal["session", "clock"]


@dataclass(frozen=True)
class Cues:
    """How captions become subtitles."""

    style: Literal["brackets", "capitals", "none"] = setting(
        "brackets", "sound cues as [dog barks], as (DOG BARKS), or whole sentences"
    )
    line_characters: int = setting(42, "longest line", unit="characters", low=20, high=80)
    lines: int = setting(2, "most lines at once", low=1, high=3)
    min_s: float = setting(1.0, "shortest time that a cue stays", unit="s", low=0.5, high=3)
    max_s: float = setting(7.0, "longest time that a cue stays", unit="s", low=3, high=30)
    gap_s: float = setting(0.1, "shortest gap between two cues", unit="s", low=0, high=2)


@dataclass(frozen=True)
class Export:
    """What results are written as, and where to."""

    format: ExportFormat = setting("srt", "format of the files")
    folder: Path | None = setting(None, "folder of the files; none for beside each sound")
    replace: bool = setting(False, "replace files that are already there; else a new one gets a number")
    alternatives: int | None = setting(None, "other captions a segment; none for the format's usual number", low=0)
    dialogue: Path | None = setting(None, "SRT or WebVTT file whose gaps the sound cues go into")
    times: SubtitleTimes = setting("session", "subtitles of live sound by the time since its start, or that of the day")
    cues: Cues = field(default_factory=Cues)


def field_help(owner: type, name: str) -> str:
    """The help of a setting, with its unit."""
    metadata = next(f.metadata for f in fields(owner) if f.name == name)
    return f"{metadata['help']} ({metadata['unit']})" if metadata.get("unit") else str(metadata["help"])


def option_help(owner: type, name: str) -> str:
    """The help of a setting that is an option of the command line: with what it is where nobody says otherwise."""
    default = getattr(owner, name)
    return f"{field_help(owner, name)} (default: {f'{default:g}' if isinstance(default, float) else default})"


def check(config: object) -> None:
    """Check every limit of a config and of the configs inside it.

    Raises:
        ConfigError: A value lies outside its limits.
    """
    for f in fields(config):  # type: ignore[arg-type]
        value = getattr(config, f.name)
        if is_dataclass(value):
            check(value)
        elif isinstance(value, tuple):
            for item in value:
                if is_dataclass(item):
                    check(item)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            low, high = f.metadata.get("low"), f.metadata.get("high")
            if value != value or (low is not None and value < low) or (high is not None and value > high):
                limits = f"from {low} to {high}" if high is not None else f"at least {low}"
                raise ConfigError(f"{f.name} = {value}: must be {limits} {f.metadata.get('unit', '')}".rstrip())


def from_dict(kind: type[Config], values: Mapping[str, Any], where: str = "") -> Config:
    """Make a config out of plain values (of a TOML or JSON file) and check it.

    Args:
        kind: The dataclass to make.
        values: Its fields by name; what is left out keeps its default.
        where: Name of the table, for messages.

    Raises:
        ConfigError: A name is unknown, or a value has the wrong type or lies outside its limits.
    """
    hints = get_type_hints(kind)
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in known:
            raise ConfigError(f"{where}{name}: no such setting; known are {', '.join(sorted(known))}")
    config = kind(**{name: _converted(hints[name], value, f"{where}{name}") for name, value in values.items()})
    check(config)
    return config


def _converted(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _converted(next(a for a in arguments if a is not type(None)), value, where)
    if is_dataclass(hint) and isinstance(value, Mapping):
        return from_dict(hint, value, where + ".")  # type: ignore[arg-type]
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_converted(arguments[0], item, where) for item in value)
    if origin is Literal:
        if value not in arguments:
            raise ConfigError(f"{where} = {value!r}: must be one of {', '.join(map(repr, arguments))}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if origin is tuple:
        raise ConfigError(f"{where} = {value!r}: must be a list")
    if not isinstance(hint, type) or not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ConfigError(f"{where} = {value!r}: must be {getattr(hint, '__name__', hint)}")
    return value


def to_inline(config: object) -> str:
    """A config as TOML's inline table, without what has its default; `from_inline` reads it."""
    usual = type(config)()
    values = {f.name: getattr(config, f.name) for f in fields(config)}  # type: ignore[arg-type]
    changed = {name: value for name, value in values.items() if value != getattr(usual, name)}
    written = (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in changed.items())
    return "{" + ", ".join(written) + "}"


def from_inline(text: str) -> list[dict[str, Any]]:
    """The values of inline tables with commas between; `from_dict` makes configs of them.

    Raises:
        ConfigError: It is not that.
    """
    try:
        tables = tomllib.loads(f"tables = [{text}]")["tables"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f'must be like {{folder = "FOLDER"}}, {{folder = "FOLDER"}} ({error})') from error
    return [table if isinstance(table, dict) else {} for table in tables]


def from_toml(kind: type[Config], path: Path) -> Config:
    """Read a config from a TOML file; see `from_dict`."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file ({error})") from error
    return from_dict(kind, values)
