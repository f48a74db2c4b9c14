"""What teaching a model has brought: scores before and after, the held-back sounds, and what else has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from aaccore.events import Compared, Taught
from app import theme
from app.run_row import RunRow

SCORES = {"cider_d": "CIDEr-D", "bleu_4": "BLEU-4", "rouge_l": "ROUGE-L"}
"""The scores that are shown, and what they are called."""
NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
FEW = 10
"""With fewer held-back sounds the scores tell little."""


class TaughtView(QWidget):
    """The verdict in words, the scores, and what both models say sound by sound."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._taught: Taught | None = None
        self._left_out: tuple[str, ...] = ()
        self.verdict, self.cost, self.hint = QLabel(), QLabel(), QLabel()
        self.verdict.setProperty("kind", "heading")
        self.hint.setProperty("kind", "muted")
        for label, name in (
            (self.verdict, self.tr("Verdict")),
            (self.cost, self.tr("What it cost")),
            (self.hint, self.tr("How to read it")),
        ):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setAccessibleName(name)
        self.scores = _tree(self.tr("Scores before and after"))
        self.scores.setHeaderLabels([self.tr("On the held-back corrections"), self.tr("Before"), self.tr("After")])
        self.scores.header().setStretchLastSection(False)
        self.scores.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in (1, 2):
            self.scores.headerItem().setTextAlignment(place, NUMBERS)
        self.clips = _tree(self.tr("Captions before and after"))
        self.clips.setHeaderLabels([self.tr("Sound"), self.tr("Caption")])
        self.clips.setRootIsDecorated(True)
        self.clips.setMinimumHeight(theme.space(24))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.space(2), 0, 0)
        column.setSpacing(theme.space(2))
        for widget in (self.verdict, self.cost, self.scores, self.hint):
            column.addWidget(widget)
        column.addWidget(self.clips, 100)
        column.addStretch(1)

    def show_run(self, row: RunRow) -> None:
        """Show what came of a run, or that it is not yet known."""
        taught = row.taught
        for widget in (self.cost, self.scores, self.clips):
            widget.setVisible(taught is not None)
        if taught is None:
            self._taught = None
            waiting = self.tr("The scores come when it is done.")
            self.verdict.setText(waiting if row.alive else self.tr("It has not ended, so there are no scores."))
            self.hint.setText(
                self.tr(
                    "It goes on when this window is closed. Until you choose the taught model, the present one goes on "
                    "captioning."
                )
            )
        elif taught is not self._taught or row.left_out != self._left_out:
            self._taught, self._left_out = taught, row.left_out
            self._show(taught, row.left_out)

    def _show(self, taught: Taught, left_out: Sequence[str]) -> None:
        before, after = (scores.get("cider_d", 0.0) for scores in (taught.before, taught.after))
        verdict = self.tr("It names the held-back sounds more as you did than before.")
        if after <= before:
            verdict = self.tr(
                "It names the held-back sounds no better than before: the old model is the better choice."
            )
        self.verdict.setText(verdict)
        self.cost.setText(self._cost(taught))
        words = self.tr(
            "Learnt: {learnt} captions, {words} new words. Held back and judged on: {held}. Higher scores are better."
        ).format(learnt=taught.learnt, words=taught.new_words, held=len(taught.held_back))
        if len(taught.held_back) < FEW:
            words += " " + self.tr("So few sounds tell little: read the captions below.")
        if left_out:
            words += " " + self.tr("Left out: {reasons}").format(reasons="; ".join(left_out[:3]))
        self.hint.setText(words)
        self.scores.clear()
        for name, title in SCORES.items():
            if name in taught.before:
                values = (taught.before[name], taught.after[name])
                item = QTreeWidgetItem([title, *(f"{value:.3f}" for value in values)])
                for place in (1, 2):
                    item.setTextAlignment(place, NUMBERS)
                self.scores.addTopLevelItem(item)
        rows = self.scores.sizeHintForRow(0) * self.scores.topLevelItemCount()
        self.scores.setFixedHeight(self.scores.header().sizeHint().height() + rows + theme.space(2))
        self.clips.clear()
        self._add(self.tr("Held back"), taught.held_back)
        self._add(self.tr("Other sounds that it says something else of now"), _changed(taught.others))

    def _cost(self, taught: Taught) -> str:
        """What it says of sounds that it was not taught."""
        warning = self.tr("Other sounds may be named worse than before.")
        if not taught.others:
            return warning
        same = len(taught.others) - len(_changed(taught.others))
        counted = self.tr(
            "Of {count} other recordings in your library, which it was not taught, it says the same as before of "
            "{same}."
        )
        return f"{warning} {counted.format(count=len(taught.others), same=same)}"

    def _add(self, title: str, sounds: Sequence[Compared]) -> None:
        if not sounds:
            return
        top = QTreeWidgetItem([f"{title} ({len(sounds)})"])
        self.clips.addTopLevelItem(top)
        top.setFirstColumnSpanned(True)
        for one in sounds:
            sound = QTreeWidgetItem([one.name, one.after])
            sound.setToolTip(0, one.name)
            lines = [(self.tr("you"), one.written)] if one.written else []
            for who, caption in [*lines, (self.tr("before"), one.before), (self.tr("after"), one.after)]:
                sound.addChild(QTreeWidgetItem([who, caption]))
            top.addChild(sound)
            sound.setExpanded(True)
        top.setExpanded(True)


def _changed(sounds: Iterable[Compared]) -> list[Compared]:
    return [one for one in sounds if one.before != one.after]


def _tree(name: str) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName(name)
    tree.setRootIsDecorated(False)
    tree.setWordWrap(True)
    tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    tree.header().setStretchLastSection(True)
    return tree
