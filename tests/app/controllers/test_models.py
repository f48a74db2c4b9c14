"""The models page, used through the real window."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from aaccore import downloads
from aaccore.model_archive import pack_model
from aaccore.panns import Cnn10
from aaccore.weights import CATALOGUE
from app.main_window import MainWindow
from app.views.models_page import ModelsPage
from tests.aaccore.file_server import FileServer, served

PATIENCE_MS = 40_000
OpenWindow = Callable[[], MainWindow]


def open_models(open_window: OpenWindow, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """The window with its models page in front, once the bundled model was looked at."""
    window = open_window()
    window.captions.hold("not in this test")
    window.models.weights.cache = tmp_path / "cache"
    window.show_page(window.pages.indexOf(window.models.page))
    qtbot.waitUntil(lambda: window.models.page.list.count() > 0 and not window.models.busy(), timeout=PATIENCE_MS)
    return window


@pytest.fixture
def window(open_window: OpenWindow, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    return open_models(open_window, tmp_path, qtbot)


@pytest.fixture
def page(window: MainWindow) -> ModelsPage:
    return window.models.page


@pytest.fixture
def packed(tiny_model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "little.zip"
    list(pack_model(tiny_model, path))
    return path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A server of one PANNs file, as Zenodo names it."""
    file = io.BytesIO()
    torch.manual_seed(1)
    torch.save({"model": Cnn10().state_dict()}, file)
    content = file.getvalue()
    md5 = hashlib.md5(content).hexdigest()
    monkeypatch.setitem(CATALOGUE, "cnn10", replace(CATALOGUE["cnn10"], md5=md5, size=len(content)))
    monkeypatch.setattr(downloads, "PAUSES_S", (0.0,))
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with served({"/record/3987831/files/Cnn10_mAP=0.380.pth": content}) as server:
        yield server


def names(page: ModelsPage) -> list[str]:
    return [page.list.item(row).text() for row in range(page.list.count())]


def drop(page: ModelsPage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    button, key, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(9, 9), copy, data, button, key)
    QApplication.sendEvent(page, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(page, QDropEvent(QPointF(9, 9), copy, data, button, key))


def use(page: ModelsPage, name: str) -> None:
    page.list.setCurrentRow(names(page).index(name))
    page.detail.use_button.click()


def caption(window: MainWindow, path: Path, qtbot: QtBot) -> tuple[str, str]:
    """Caption a file; which model said what."""
    clips = window.captions.page.table.clips
    window.captions.hold(None)
    before = clips.rowCount()
    window.offer([path])

    def done() -> bool:
        return clips.rowCount() > before and clips.row(clips.index(before, 0)).state == "done"

    qtbot.waitUntil(done, timeout=PATIENCE_MS)
    row = clips.row(clips.index(before, 0))
    return row.model, row.caption


def test_the_bundled_model_is_told_of_and_cannot_be_removed(page: ModelsPage) -> None:
    detail = page.detail
    assert names(page) == ["starter"]
    assert detail.card.toPlainText().startswith("Starter")
    assert detail.scores.topLevelItemCount() > 3
    assert detail.labels.topLevelItemCount() > 300
    assert detail.remove_button.isHidden()
    assert detail.use_button.isHidden()
    assert "in use" in page.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_a_card_fetches_and_opens_nothing(page: ModelsPage, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    card = page.detail.card
    card.show_card(f"![a](file://{secret}) <img src='http://127.0.0.1:9/x.png'> [b](file://{secret})")
    assert card.loadResource(2, QUrl.fromLocalFile(str(secret))) is None
    assert not card.openLinks()


def test_a_dropped_zip_becomes_a_model_and_says_the_next_caption(
    window: MainWindow, page: ModelsPage, packed: Path, tiny_model: Path, sounds: Path, qtbot: QtBot
) -> None:
    window.settings.change(model=str(tiny_model), device="cpu")
    assert caption(window, sounds / "tone.wav", qtbot)[0] == "tiny"
    window.show_page(window.pages.indexOf(page))
    drop(page, packed)
    qtbot.waitUntil(lambda: names(page) == ["starter", "little"], timeout=PATIENCE_MS)
    use(page, "little")
    assert caption(window, sounds / "noise.flac", qtbot)[0] == "little"
    assert Path(window.settings.value.model).name == "little"


def test_a_chosen_model_stays_chosen_after_a_restart(
    window: MainWindow, page: ModelsPage, packed: Path, open_window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    drop(page, packed)
    qtbot.waitUntil(lambda: "little" in names(page), timeout=PATIENCE_MS)
    use(page, "little")
    window.close()
    again = open_models(open_window, tmp_path, qtbot).models.page
    assert names(again) == ["starter", "little"]
    assert again.detail.model is not None
    assert again.detail.model.name == "little"
    assert again.detail.use_button.isHidden()


def test_a_folder_is_added_and_removed_again_after_a_question(
    window: MainWindow, page: ModelsPage, tiny_model: Path, qtbot: QtBot
) -> None:
    qtbot.mouseClick(page.add_folder, Qt.MouseButton.LeftButton)
    dialog = window.findChild(QFileDialog)
    dialog.filesSelected.emit([str(tiny_model)])
    dialog.close()
    qtbot.waitUntil(lambda: "tiny" in names(page), timeout=PATIENCE_MS)
    use(page, "tiny")
    for answer, left in ((QMessageBox.StandardButton.Cancel, True), (QMessageBox.StandardButton.Ok, False)):
        qtbot.mouseClick(page.detail.remove_button, Qt.MouseButton.LeftButton)
        box = window.findChild(QMessageBox)
        assert "in use" in box.informativeText()
        box.button(answer).click()
        qtbot.waitUntil(lambda: not window.models.busy(), timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda left=left: ("tiny" in names(page)) is left, timeout=PATIENCE_MS)
    assert window.settings.value.model == ""
    assert tiny_model.is_dir()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [("../outside.json", "leads out of its folder"), ("model.pkl", "it holds 'model.pkl'")],
)
def test_a_hostile_zip_is_refused_with_its_reason(
    window: MainWindow, page: ModelsPage, packed: Path, tmp_path: Path, entry: str, reason: str, qtbot: QtBot
) -> None:
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(entry, "x")
    drop(page, packed)
    qtbot.waitUntil(lambda: reason in page.notice.words.text() and not window.models.busy(), timeout=PATIENCE_MS)
    assert names(page) == ["starter"]
    assert not (tmp_path / "outside.json").exists()
    assert page.notice.words.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse


def test_a_damaged_model_in_the_folder_says_what_is_wrong(
    open_window: OpenWindow, tiny_model: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    shutil.copytree(tiny_model, tmp_path / "models" / "broken")
    (tmp_path / "models" / "broken" / "model.safetensors").write_bytes(b"damaged")
    page = open_models(open_window, tmp_path, qtbot).models.page
    page.list.setCurrentRow(names(page).index("broken"))
    assert "model.safetensors" in page.detail.problem.text()
    assert page.detail.problem.isVisible()
    assert not page.detail.use_button.isEnabled()


def test_sounds_dropped_on_the_models_page_are_captioned(
    window: MainWindow, page: ModelsPage, sounds: Path, qtbot: QtBot
) -> None:
    for place in (sounds / "tone.wav", sounds):
        with qtbot.assertNotEmitted(page.dropped), qtbot.waitSignal(window.files_offered):
            drop(page, place)
    clips = window.captions.page.table.clips
    qtbot.waitUntil(lambda: clips.rowCount() == 5, timeout=PATIENCE_MS)


def test_a_download_is_cancelled_and_goes_on_where_it_was(
    window: MainWindow, page: ModelsPage, server: FileServer, qtbot: QtBot
) -> None:
    window.models.weights.server = server.url
    page.show_way(1)
    row = page.weights.rows["cnn10"]
    assert row.state.text() == "Not here"
    assert server.asked == []
    server.hangs = True
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row.bar.value() > 400, timeout=PATIENCE_MS)
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "are here already" in row.state.text(), timeout=PATIENCE_MS)
    server.hangs = False
    server.released.set()
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: row.state.text() == "Here" and not window.models.busy(), timeout=PATIENCE_MS)
    assert server.asked[-1][1] is not None  # only the rest was asked for
    assert row.button.isHidden()


def test_a_download_that_fails_says_why_and_offers_another_try(
    window: MainWindow, page: ModelsPage, server: FileServer, qtbot: QtBot
) -> None:
    window.models.weights.server = server.url
    server.files.clear()
    page.show_way(1)
    row = page.weights.rows["cnn10"]
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "is refused (404" in row.state.text(), timeout=PATIENCE_MS)
    assert row.button.text() == "Download"
    assert not row.button.isHidden()


def test_weights_are_taken_from_a_file(
    window: MainWindow, page: ModelsPage, server: FileServer, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "got by hand.pth"
    file.write_bytes(next(iter(server.files.values())))
    page.show_way(1)
    qtbot.mouseClick(page.weights.file_button, Qt.MouseButton.LeftButton)
    dialog = window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(file))
    dialog.close()
    qtbot.waitUntil(
        lambda: page.weights.rows["cnn10"].state.text() == "Here" and not window.models.busy(), timeout=PATIENCE_MS
    )
    assert "cnn10: ready" in page.weights.notice.words.text()
    assert server.asked == []


def test_a_file_without_weights_is_refused_with_its_reason(
    window: MainWindow, page: ModelsPage, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "evil.pth"
    file.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    page.show_way(1)
    window.models.weights.take(str(file))
    qtbot.waitUntil(lambda: "evil.pth" in page.weights.notice.words.text() and not window.models.busy(),
                    timeout=PATIENCE_MS)  # fmt: skip
    assert page.weights.notice.close_button.isVisible()
