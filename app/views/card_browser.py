"""A model card, rendered from Markdown; whoever wrote it, nothing is fetched or opened for it."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QTextBrowser, QWidget

from app import theme


class CardBrowser(QTextBrowser):
    """Shows Markdown without its HTML, pictures or links that lead anywhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Model card"))
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self._text = ""
        theme.themed.connect(self._follow_theme)

    def show_card(self, text: str) -> None:
        """Show a card."""
        self._text = text
        markdown = QTextDocument.MarkdownFeature
        self.document().setDocumentMargin(theme.space(3))
        self.document().setMarkdown(text, markdown.MarkdownDialectGitHub | markdown.MarkdownNoHTML)
        self.verticalScrollBar().setValue(0)

    def loadResource(self, kind: int, name: QUrl | str) -> None:
        """Give nothing, whatever a card names: no file and no address."""
        return

    def _follow_theme(self) -> None:
        self.show_card(self._text)
