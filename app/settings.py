"""What the user has chosen, kept at once in one JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path
from PySide6.QtCore import QObject, Signal

from aaccore.config import AlertRule, Cues, Export, ExportFormat, Live, SubtitleTimes, from_dict, setting
from aaccore.errors import ConfigError

Theme = Literal["system", "light", "dark", "contrast"]
ColourMap = Literal["viridis", "cividis", "magma", "grey"]
FrequencyScale = Literal["mel", "linear", "log"]
StripColours = Literal["white", "yellow", "theme"]
AlertEdge = Literal["off", "soft", "strong"]


@dataclass(frozen=True)
class Preferences:
    """Every setting of the application, with the value that it starts with."""

    device: str = setting("auto", "where the model runs: auto, cpu, cuda or mps")
    model: str = setting("", "folder of the model that captions; empty for the one that comes with Auricle")
    run_folders: tuple[str, ...] = setting((), "runs from elsewhere that the training page follows")
    beam_size: int = setting(8, "captions followed at once; the more, the slower", low=1, high=64)
    window_s: float | None = setting(None, "sound captioned at once; empty for the model's", unit="s", low=1, high=60)
    style: str = setting("", "data set in whose style captions are written, where the model knows several")
    theme: Theme = setting("system", "colours of the window")
    font_scale: float = setting(1.0, "size of all text", low=0.8, high=2.5)
    frequency_scale: FrequencyScale = setting("mel", "frequency axis of the spectrogram")
    colour_map: ColourMap = setting("viridis", "colours of the spectrogram")
    range_db: float = setting(80.0, "from the darkest to the brightest colour", unit="dB", low=20, high=140)
    low_hz: float = setting(0.0, "lower end of the frequency axis", unit="Hz", low=0, high=96000)
    high_hz: float = setting(16000.0, "upper end of the frequency axis", unit="Hz", low=100, high=192000)
    volume: float = setting(0.8, "of the player", low=0, high=1)
    export_format: ExportFormat = setting("srt", "format that the export dialog starts with")
    export_folder: str = setting("", "where exports go; empty for beside the sound")
    export_automatically: bool = setting(False, "write an export after each caption")
    export_replace: bool = setting(False, "replace files that are already there; else a new one gets a number")
    export_times: SubtitleTimes = setting("session", "times of live sound in subtitles: since its start, or of the day")
    cue_style: Literal["brackets", "capitals", "none"] = setting(
        "brackets", "sound cues as [dog barks], as (DOG BARKS), or whole sentences"
    )
    line_characters: int = setting(42, "longest line of a subtitle", unit="characters", low=20, high=80)
    cue_lines: int = setting(2, "most lines of a subtitle", low=1, high=3)
    cue_min_s: float = setting(1.0, "shortest time that a subtitle stays", unit="s", low=0.5, high=3)
    cue_max_s: float = setting(7.0, "longest time that a subtitle stays", unit="s", low=3, high=30)
    live: Live = setting(Live(), "when live captions say something new")
    live_source: str = setting("", "what was listened to last; empty for the system's choice")
    live_gain_db: float = setting(0.0, "amplification of what is listened to", unit="dB", low=-20, high=40)
    strip_points: int = setting(32, "size of the caption strip's text", unit="pt", low=18, high=96)
    strip_colours: StripColours = setting("white", "colours of the caption strip")
    strip_shown: bool = setting(False, "show the caption strip while listening")
    strip_place: tuple[int, ...] = setting((), "where the caption strip stands: left, top, width, height")
    alert_rules: tuple[AlertRule, ...] = setting((), "sounds that are called out while listening")
    alert_edge: AlertEdge = setting("soft", "how the screen's edge lights up on an alert")
    alert_notification: bool = setting(True, "show a desktop notification on an alert")
    cue_gap_s: float = setting(0.1, "shortest gap between two subtitles", unit="s", low=0, high=2)

    def export(self) -> Export:
        """What exports are written as, and where to."""
        cues = Cues(
            self.cue_style, self.line_characters, self.cue_lines, self.cue_min_s, self.cue_max_s, self.cue_gap_s
        )
        return Export(
            self.export_format,
            folder=Path(self.export_folder) if self.export_folder else None,
            replace=self.export_replace,
            times=self.export_times,
            cues=cues,
        )


def model_name(folder: str) -> str:
    """What a model is called, by its folder as in `Preferences`."""
    return Path(folder).name or "starter"


def settings_file() -> Path:
    """Where the settings of this user lie."""
    return user_config_path("auricle", appauthor=False) / "settings.json"


class Settings(QObject):
    """The settings at work; `changed` brings the new `Preferences`.

    Args:
        path: The file; by default this user's.
        parent: Owner.

    Attributes:
        value: The preferences at present.
        complaint: What was wrong with the file, in words; empty where nothing was.
    """

    changed = Signal(object)

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path or settings_file()
        self.value, self.complaint = _read(self.path)

    def change(self, **values: Any) -> None:
        """Change some settings and keep them.

        Raises:
            ConfigError: A value lies outside its limits; nothing is changed.
        """
        self._take(from_dict(Preferences, asdict(replace(self.value, **values))))

    def reset(self) -> None:
        """Go back to what the application starts with; the model, alert rules and followed runs stay."""
        value = self.value
        self._take(Preferences(model=value.model, alert_rules=value.alert_rules, run_folders=value.run_folders))

    def _take(self, value: Preferences) -> None:
        if value == self.value:
            return
        self.value = value
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
            part.write_text(json.dumps(asdict(value), indent=1), encoding="utf-8")
            part.replace(self.path)
        except OSError as error:
            self.complaint = f"The settings cannot be kept: {self.path} ({error.strerror})"
        self.changed.emit(value)


def _read(path: Path) -> tuple[Preferences, str]:
    """The kept preferences: each that is readable and within its limits, the others at their start."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        known = {f.name for f in fields(Preferences)}
        values = {name: value for name, value in kept.items() if name in known}
    except FileNotFoundError:
        return Preferences(), ""
    except (OSError, ValueError, AttributeError) as error:
        return Preferences(), f"The settings could not be read and start afresh: {path} ({error})"
    good, bad = {}, []
    for name, value in values.items():
        try:
            from_dict(Preferences, {name: value})
            good[name] = value
        except ConfigError as error:
            bad.append(str(error))
    return from_dict(Preferences, good), f"Some settings start afresh: {'; '.join(bad)}" if bad else ""
