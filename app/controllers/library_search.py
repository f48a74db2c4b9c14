"""What is looked for on the library page: words, likeness and filters, and what there is to look around in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from aaccore.events import Working
from aaccore.library_likeness import Embeddings
from aaccore.records import Filters
from app import library_jobs
from app.library_jobs import Found, Overview, Wanted
from app.views.day import day_words
from app.views.library_page import LibraryPage
from app.worker import Worker

RELOAD_MS = 700
"""What comes into the library while its page is in front is shown that much later, all at once."""


class LibrarySearchController(QObject):
    """Asks the library what the page wants to know; one search at a time, the newest wish next.

    Args:
        page: The page.
        library_path: The library's file.
        parent: Owner.
    """

    failed = Signal(str, str)

    def __init__(self, page: LibraryPage, library_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.page, self._library_path = page, library_path
        self._embeddings = Embeddings()
        self.wanted = Wanted()
        self._like_name = ""
        self._searcher: Worker | None = None
        self._next: Wanted | None = None
        self._looker: Worker | None = None
        self._look_again = self._closing = False
        self._reload_timer = QTimer(self)
        self._reload_timer.setSingleShot(True)
        self._reload_timer.setInterval(RELOAD_MS)
        self._reload_timer.timeout.connect(self.reload)
        page.text_changed.connect(self.search)
        page.filters.changed.connect(self.narrow)
        page.scope_removed.connect(self._widen)
        page.cleared.connect(self.show_everything)
        page.day_chosen.connect(self._show_day)
        page.folder_chosen.connect(self._show_folder_within)
        page.shown.connect(self.reload)
        page.hits.hits.more_wanted.connect(self._more)

    def busy(self) -> bool:
        """Whether something is being looked for."""
        return self._searcher is not None or self._looker is not None

    def search(self, text: str) -> None:
        """Look for words, instead of for what is alike."""
        self._want(replace(self.wanted, text=text, like=None))

    def narrow(self, filters: Filters) -> None:
        """Look only among these."""
        self._want(replace(self.wanted, filters=filters))

    def look_like(self, clip: int, name: str) -> None:
        """Look for recordings that sound like one, of this name."""
        self._like_name = name
        self.page.show_searching()  # the first time all embeddings are read
        self.page.show_text("")
        self._want(Wanted(like=clip))

    def show_everything(self) -> None:
        """Look for nothing any more."""
        self.page.show_text("")
        self._want(Wanted())

    def look_again(self) -> None:
        """Look for the same again, as files were marked."""
        self._start_search(self.wanted)

    def reload(self) -> None:
        """Look again, as the library may have changed."""
        if not self._closing:
            self._start_search(self.wanted)
            self._look_around()

    def note_change(self) -> None:
        """Something came into the library; show it soon, if anybody looks."""
        if self.page.isVisible() and not self._reload_timer.isActive():
            self._reload_timer.start()

    def shut_down(self) -> None:
        """Stop, and wait for the end."""
        self._closing = True
        self._reload_timer.stop()
        for worker in (self._searcher, self._looker):
            if worker is not None:
                worker.cancel()
                worker.wait()

    def _want(self, wanted: Wanted) -> None:
        self.wanted = replace(wanted, limit=library_jobs.PAGE_HITS)
        if self._searcher is not None:
            self._searcher.cancel()  # nobody wants any more what it looks for
        self.page.filters.show_filters(wanted.filters)
        self.page.show_scope(self._chips(), self._searching())
        self._start_search(self.wanted)

    def _searching(self) -> bool:
        wanted = self.wanted
        return bool(wanted.text.strip()) or wanted.like is not None or wanted.filters != Filters()

    def _more(self) -> None:
        self.wanted = replace(self.wanted, limit=2 * self.wanted.limit)
        self._start_search(self.wanted)

    def _start_search(self, wanted: Wanted | None = None) -> None:
        """Search, or remember to as soon as the search under way has ended."""
        self._next = wanted or self._next
        if self._searcher is not None or self._next is None or self._closing:
            return
        wanted, self._next = self._next, None
        self._searcher = Worker(partial(library_jobs.find, self._library_path, wanted, self._embeddings), self)
        self._searcher.happened.connect(self._on_found)
        self._searcher.crashed.connect(self._on_crashed)
        self._searcher.finished.connect(self._on_searched)
        self._searcher.start()

    def _on_found(self, found: Found | Working) -> None:
        if isinstance(found, Working):
            return  # the page says already that it searches
        if found.wanted != self.wanted or self._closing:
            return  # something else is wanted by now
        if not found.hits:
            self.page.nothing_found.show_reason(*self._in_vain(found))
        self.page.show_hits(found.hits, found.complete, found.wanted.like is not None, self._searching())

    def _on_searched(self) -> None:
        if self._searcher is not None:
            self._searcher.wait()
            self._searcher.deleteLater()
            self._searcher = None
        self._start_search()

    def _look_around(self) -> None:
        if self._looker is not None:
            self._look_again = True
            return
        self._looker = Worker(partial(library_jobs.look_around, self._library_path), self)
        self._looker.happened.connect(self._on_looked)
        self._looker.crashed.connect(self._on_crashed)
        self._looker.finished.connect(self._on_looked_around)
        self._looker.start()

    def _on_looked(self, overview: Overview) -> None:
        if not self._closing:
            self.page.show_overview(overview.days, overview.folders, overview.words, overview.models)

    def _on_looked_around(self) -> None:
        if self._looker is not None:
            self._looker.wait()
            self._looker.deleteLater()
            self._looker = None
        again, self._look_again = self._look_again, False
        if again and not self._closing:
            self._look_around()

    def _on_crashed(self, error: Exception, details: str) -> None:
        self.failed.emit(str(error) or type(error).__name__, details)

    def _in_vain(self, found: Found) -> tuple[str, str]:
        """What was not found, and what may help."""
        if found.problem:
            return self.tr("Nothing to compare with"), found.problem
        text = found.wanted.text.strip()
        heading = self.tr("Nothing found for “{text}”").format(text=text) if text else self.tr("Nothing found")
        if found.wanted.filters != Filters():
            return heading, self.tr("The filter may leave out what you look for.")
        if text:
            return heading, self.tr("Try fewer words, or one that is heard often:")
        return heading, self.tr("Nothing else here sounds like it; caption more recordings.")

    # What the search is narrowed to

    def _chips(self) -> list[tuple[str, str]]:
        """What the search is narrowed to, in words."""
        filters, chips = self.wanted.filters, []
        if self.wanted.like is not None:
            chips.append(("like", self.tr("Sounds like {name}").format(name=self._like_name)))
        if filters.first_day or filters.last_day:
            chips.append(("days", _days(filters, self.tr("{first} – {last}"))))
        if filters.shortest_s or filters.longest_s:
            shortest, longest = filters.shortest_s or 0.0, filters.longest_s
            words = self.tr("{low:g} to {high:g} s") if longest else self.tr("{low:g} s and longer")
            chips.append(("length", words.format(low=shortest, high=longest)))
        if filters.model:
            chips.append(("model", self.tr("Model {name}").format(name=filters.model)))
        if filters.corrected is not None:
            chips.append(("corrected", self.tr("Edited") if filters.corrected else self.tr("Not edited")))
        if filters.missing is not None:
            chips.append(("missing", self.tr("File missing") if filters.missing else self.tr("File there")))
        if filters.folder is not None:
            chips.append(("folder", str(filters.folder)))
        return chips

    def _widen(self, key: str) -> None:
        """Leave out one thing that the search was narrowed to."""
        filters = self.wanted.filters
        wider = {
            "days": replace(filters, first_day=None, last_day=None),
            "length": replace(filters, shortest_s=None, longest_s=None),
            "model": replace(filters, model=""),
            "corrected": replace(filters, corrected=None),
            "missing": replace(filters, missing=None),
            "folder": replace(filters, folder=None),
        }
        like = None if key == "like" else self.wanted.like
        self._want(replace(self.wanted, filters=wider.get(key, filters), like=like))

    def _show_day(self, day: date) -> None:
        self.narrow(replace(self.wanted.filters, first_day=day, last_day=day))

    def _show_folder_within(self, folder: Path) -> None:
        self.narrow(replace(self.wanted.filters, folder=folder))


def _days(filters: Filters, between: str) -> str:
    """The days of a filter, as people write them."""
    first, last = (day_words(day) if day else "" for day in (filters.first_day, filters.last_day))
    return first if first == last else between.format(first=first, last=last).strip()
