"""The settings of a training run in groups: the everyday ones, and all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from PySide6.QtCore import QCoreApplication

from aaccore.recipe import Training
from app.views.config_field import ConfigField
from app.views.config_form import ConfigForm

HIDDEN = {"network": ("labels", "tags", "styles"), "data": ("folder",)}
"""Settings that the form leaves alone: they come from the data set, or have a field of their own."""


@dataclass(frozen=True, eq=False)
class Section:
    """A group of settings.

    Attributes:
        title: What it is called.
        part: The part of `Training` that it shows; empty for `Training` itself.
        names: The settings that it shows.
        labels: What some are called, where their names say too little.
        helps: What some do, in the words of this form.
        choices: The values of some, with their words.
    """

    title: str
    part: str
    names: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    helps: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)


def everyday() -> tuple[Section, ...]:
    """What most people set."""
    return (
        Section(
            _tr("Data set"), "data", ("kind", "development", "validation"),
            {"kind": _tr("Kind"), "development": _tr("Trained on"), "validation": _tr("Judged on")},
            {
                "development": _tr("Folds or splits that the model learns from, with commas between."),
                "validation": _tr("Folds or splits that its captions are scored on; may be empty."),
            },
            {"kind": {"folds": _tr("CSV with folds"), "clotho": "Clotho", "audiocaps": "AudioCaps"}},
        ),
        Section(
            _tr("Model"), "network", ("encoders", "encoder_layers", "decoder_layers"),
            {"encoders": _tr("CNN"), "encoder_layers": _tr("Encoder layers"), "decoder_layers": _tr("Decoder layers")},
            {}, {"encoders": ENCODERS},
        ),
        Section(
            _tr("CNN's start"), "encoder", ("weights", "trained"),
            {"weights": _tr("Weights"), "trained": _tr("Learns too")}, {},
            {"trained": {"none": _tr("Nothing: frozen"), "last": _tr("Its last block"), "all": _tr("All of it")}},
        ),
        Section(
            _tr("Learning"), "captions", ("epochs", "batch_size", "learning_rate", "rlssr", "rlssr_weight", "score"),
            {"rlssr": "RLSSR", "rlssr_weight": _tr("RLSSR weight"), "score": _tr("Best by")}, {},
            {"rlssr": {"none": _tr("Off"), "l1": "L1", "l2": "L2"}, "score": SCORES},
        ),
        Section(
            _tr("Machine"), "", ("device", "precision", "threads", "seed"), {"device": _tr("Runs on")},
            {"seed": _tr("Of everything that is drawn: the same seed gives the same model.")},
            {
                "device": {"auto": _tr("Automatic"), "cpu": _tr("Processor (CPU)"), "cuda": _tr("NVIDIA GPU (CUDA)"),
                           "mps": _tr("Apple GPU (MPS)")},
                "precision": {"fp32": "fp32", "bf16": "bf16", "fp16": "fp16"},
            },
        ),
    )  # fmt: skip


def others(shown: tuple[Section, ...]) -> tuple[Section, ...]:
    """All settings that `shown` leaves out."""
    titles = {
        "network": _tr("Network"),
        "data": _tr("Sounds"),
        "encoder": _tr("CNN"),
        "labels": _tr("First phase: labels"),
        "captions": _tr("Second phase: captions"),
        "": _tr("Run"),
    }
    found = []
    for part, title in titles.items():
        taken = {name for section in shown if section.part == part for name in section.names}
        kind = part_of(Training(), part)
        names = tuple(
            f.name for f in fields(kind) if f.name not in taken and f.name not in HIDDEN.get(part, ())
            and not is_dataclass(getattr(kind, f.name))
        )  # fmt: skip
        if names:
            found.append(
                Section(title, part, names, {"rlssr_detach": _tr("RLSSR detach"), "rlssr_place": _tr("RLSSR place")})
            )
    return tuple(found)


class Sections:
    """The forms of all sections, read and shown as one `Training`."""

    def __init__(self, options: Training) -> None:
        self.options = options
        self.everyday = everyday()
        self.others = others(self.everyday)
        self.forms = {
            section: ConfigForm(
                part_of(options, section.part), section.names, section.labels, section.helps, section.choices
            )
            for section in (*self.everyday, *self.others)
        }

    def show(self, options: Training) -> None:
        """Show other settings."""
        self.options = options
        for section, form in self.forms.items():
            form.show_config(part_of(options, section.part))

    def read(self) -> Training:
        """The settings as edited.

        Raises:
            ConfigError: One is wrong; see `wrong`.
        """
        found = self.options
        for section, form in self.forms.items():
            values = {name: one.value() for name, one in form.fields.items()}
            part = replace(part_of(found, section.part), **values)
            found = replace(found, **{section.part: part}) if section.part else part
        return found

    def wrong(self) -> dict[str, str]:
        """What is wrong, in words, by the dotted name of the setting."""
        found: dict[str, str] = {}
        for section, form in self.forms.items():
            found |= {_dotted(section.part, name): words for name, words in form.wrong().items()}
        return found

    def field(self, dotted: str) -> ConfigField | None:
        """The field of a setting; None where there is none."""
        for section, form in self.forms.items():
            for name, one in form.fields.items():
                if _dotted(section.part, name) == dotted:
                    return one
        return None

    def is_everyday(self, dotted: str) -> bool:
        """Whether a setting is among those that are always shown."""
        return any(_dotted(section.part, name) == dotted for section in self.everyday for name in section.names)


ENCODERS = {
    ("mobilenet_v1", "cnn10_sfx"): "YAMNet + aiSFX",
    ("mobilenet_v1",): "YAMNet (MobileNetV1)",
    ("cnn10",): "PANNs Cnn10",
    ("cnn14",): "PANNs Cnn14",
}
SCORES = {
    "cider_d": "CIDEr-D", "bleu_4": "BLEU-4", "rouge_l": "ROUGE-L", "meteor": "METEOR", "spice": "SPICE",
    "sbert_sim": "SBERT-sim", "loss": "Validation loss",
}  # fmt: skip


def part_of(options: Training, part: str) -> Any:
    """A part of a run's settings by its name; all of them for an empty name."""
    return getattr(options, part) if part else options


def _dotted(part: str, name: str) -> str:
    return f"{part}.{name}" if part else name


def _tr(text: str) -> str:
    return QCoreApplication.translate("run_sections", text)
