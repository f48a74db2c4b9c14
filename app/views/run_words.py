"""A run's state and figures in words and icons."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.run_row import RunRow, RunState

STATE_ICONS: dict[RunState, tuple[str, str]] = {
    "starting": ("clock", "accent"), "running": ("processor", "accent"), "finished": ("check", "success"),
    "stopped": ("pause", "muted"), "failed": ("error", "error"), "vanished": ("warning", "warning"),
    "new": ("clock", "muted"),
}  # fmt: skip
"""Icon and tint of each state."""


def state_word(row: RunRow) -> str:
    """A run's state in a word or two, with how far it is."""
    share = "" if row.done is None or row.state == "finished" else f" · {row.done:.0%}"
    words = {
        "starting": _tr("Starting…"),
        "running": _tr("Running"),
        "finished": _tr("Finished"),
        "stopped": _tr("Stopped"),
        "failed": _tr("Failed"),
        "vanished": _tr("No sign of life"),
        "new": _tr("Not started yet"),
    }
    used = _tr(" · in use") if row.in_use is not None else ""
    return words[row.state] + ("" if row.state in ("starting", "new") else share) + used


def state_sentence(row: RunRow) -> str:
    """What a run is doing, or why it does not go on."""
    if row.state == "failed":
        return row.words or _tr("It failed without a word; the log may tell more.")
    if row.teaching is not None and row.state in ("vanished", "stopped"):
        return _tr("It has not come to an end. “Start again” begins anew; the model in use is as it was.")
    if row.state == "vanished":
        ended = _tr(
            "Its process was killed, ended without a word, or its machine is out of reach. Resume goes on from the "
            "last checkpoint."
        )
        return f"{ended} {row.words}".rstrip()
    if row.state == "starting":
        return _tr("Its process has been started; the first words come in some seconds.")
    if row.state == "stopped":
        return _tr("Resume goes on from the last checkpoint.")
    return row.words if row.state == "running" and not row.words.startswith("captions: step") else ""


def model_word(model: Path) -> str:
    """What one of a run's models is called."""
    if model.name.startswith("step-"):
        return _tr("Checkpoint of step {step}").format(step=int(model.name.removeprefix("step-")))
    return _tr("Best checkpoint") if model.name == "best" else _tr("Final model")


def figures(row: RunRow) -> list[tuple[str, str]]:
    """What is measured of a run: what it is called, and its value with the unit."""
    found = []
    if row.last is not None:
        found.append((_tr("Step"), _tr("{step} of {steps}").format(step=row.last.step, steps=row.last.steps)))
        found.append((_tr("Learning rate"), number_text(row.last.learning_rate)))
        if row.last.clips_per_s:
            found.append((_tr("Speed"), _tr("{n} clips/s").format(n=number_text(row.last.clips_per_s))))
        if row.teaching is None:
            found.append((_tr("Waiting for data"), f"{row.last.waited:.0%}"))
        if row.last.memory_mb:
            found.append((_tr("Memory"), f"{row.last.memory_mb / 1000:.1f} GB"))
    if row.left_s is not None:
        found.append((_tr("Time left"), duration_text(row.left_s)))
    if row.device:
        found.append((_tr("Runs on"), row.device.split(":")[0]))
    return found


def duration_text(seconds: float) -> str:
    """A rough time for people: 40 s, 12 min, 3.5 h, 2 days."""
    if seconds < 90:
        return _tr("{n} s").format(n=round(seconds))
    if seconds < 90 * 60:
        return _tr("{n} min").format(n=round(seconds / 60))
    if seconds < 48 * 3600:
        return _tr("{n} h").format(n=f"{seconds / 3600:.1f}")
    return _tr("{n} days").format(n=round(seconds / 86400))


def _tr(text: str) -> str:
    return QCoreApplication.translate("run_words", text)


def number_text(value: float) -> str:
    """A number on an axis or in a readout: 0.125, 12k, 3e-05."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:.3g}M"
    if size >= 1e4:
        return f"{value / 1e3:.3g}k"
    return f"{value:.4g}" if size >= 1e-3 or value == 0 else f"{value:.2g}"
