"""The application's window: its six pages, their controllers, and what passes between them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.controllers.captions import CaptionsController
from app.controllers.library import LibraryController
from app.controllers.live import LiveController
from app.controllers.models import ModelsController
from app.controllers.settings import SettingsController
from app.controllers.training import TrainingController
from app.settings import Settings
from app.views.caption_page import CaptionPage
from app.views.library_page import LibraryPage
from app.views.live_page import LivePage
from app.views.models_page import ModelsPage
from app.views.settings_page import SettingsPage
from app.views.training_page import TrainingPage
from app.window_frame import WindowFrame


class MainWindow(WindowFrame):
    """The window with its pages.

    Args:
        settings: What the user has chosen.
        library_path: The library's file.
        log_folder: Where the log lies.
        parent: Owner.
    """

    def __init__(self, settings: Settings, library_path: Path, log_folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(settings, log_folder, parent)
        self._library_path = library_path
        self._make_pages()

    def find_recordings(self) -> None:
        """Let the user type what to search the library for."""
        self.show_page(self.pages.indexOf(self.library.page))
        self.library.page.focus_search()

    def show_training(self) -> None:
        """Bring the page of the runs to the front."""
        self.show_page(self.pages.indexOf(self.training.page))

    def _make_pages(self) -> None:
        settings, library = self.settings, self._library_path
        captions = CaptionPage()
        self.captions = CaptionsController(captions, library, settings, self)
        captions.add_requested.connect(self.open_files)
        captions.folder_requested.connect(self.open_folder)
        self.captions.device_found.connect(self.show_device)
        self.captions.queue_changed.connect(self.show_queue)
        self.files_offered.connect(self.captions.add)
        self.add_page(self.tr("Captions"), "captions", captions, self.captions)
        self._add_live()
        self._add_library()
        models = ModelsPage()
        self.models = ModelsController(models, library.parent / "models", settings, self)
        self.add_page(self.tr("Models"), "models", models, self.models)
        training = TrainingPage()
        self.training = TrainingController(training, library, settings, self)
        self.training.holding.connect(partial(self.captions.hold, by="training"))
        self.live.holding.connect(self.training.evaluation.note_live)
        self.training.teaching.ready.connect(self.show_training)
        self.menus.teach_asked.connect(self.training.teach)
        self.library.page.teach_requested.connect(self.training.teach)
        self.add_page(self.tr("Training"), "training", training, self.training)
        folders = {
            self.tr("Library"): library.parent,
            self.tr("Settings"): settings.path.parent,
            self.tr("Log"): self.log_folder,
        }
        page = SettingsPage(settings.value, folders)
        page.folder_requested.connect(self.open_in_system)
        for controller in (self.captions, self.live):
            controller.styles_found.connect(page.show_styles)
        self.add_page(self.tr("Settings"), "settings", page, SettingsController(page, settings, self), last=True)

    def _add_live(self) -> None:
        page = LivePage()
        self.live = LiveController(page, self._library_path, self.settings, self)
        self.live.device_found.connect(self.show_device)
        self.live.holding.connect(partial(self.captions.hold, by="live"))
        self.live.holding.connect(self._mark_live)
        self._live_index = self.pages.count()
        self.live.rescued.connect(self.captions.add)
        self.live.microphones.about_to_reset.connect(self.captions.clip.clip.pause)
        self.add_page(self.tr("Live"), "live", page, self.live)

    def _mark_live(self, reason: str | None) -> None:
        """Whoever looks at another page sees that something is listened to."""
        if reason:
            self.rail.mark(self._live_index, "record", "error", self.tr("listening"))
        else:
            self.rail.mark(self._live_index, "live", "text", "")

    def _add_library(self) -> None:
        page = LibraryPage()
        self.library = LibraryController(page, self._library_path, self.settings, self)
        self.live.microphones.about_to_reset.connect(self.library.clip.clip.pause)
        page.empty.add_requested.connect(self.open_files)
        self.captions.captioned.connect(self.library.searching.note_change)
        self.library.deleted.connect(self.captions.take_away)
        self.library.changed.connect(self.captions.refresh)
        self.library.retry_requested.connect(self.captions.retry)
        self.menus.find_asked.connect(self.find_recordings)
        self.add_page(self.tr("Library"), "library", page, self.library)
