from __future__ import annotations

import threading
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QObject, QThread
from pytestqt.qtbot import QtBot

from app.worker import Worker


class Listener(QObject):
    """Remembers what a Worker tells, and in which thread."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.heard: list[object] = []
        self.threads: set[QThread] = set()
        self.crashes: list[str] = []
        worker.happened.connect(self.hear)
        worker.crashed.connect(self.crash)

    def hear(self, event: object) -> None:
        self.heard.append(event)
        self.threads.add(QThread.currentThread())

    def crash(self, error: Exception, details: str) -> None:
        self.crashes.append(f"{error}\n{details}")


def test_events_come_in_order_and_in_the_window_s_thread_before_the_end(qtbot: QtBot) -> None:
    worker = Worker(lambda: iter(range(100)))
    listener = Listener(worker)
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert listener.heard == list(range(100))
    assert listener.threads == {QThread.currentThread()}


def test_once_cancelled_not_even_what_was_on_its_way_is_told(qtbot: QtBot) -> None:
    ready, closed = threading.Event(), []

    def job() -> Iterator[int]:
        try:
            yield 1
            yield 2
            ready.set()
            while True:
                yield 3
        finally:
            closed.append(True)

    worker = Worker(job)
    listener = Listener(worker)
    worker.start()
    assert ready.wait(10)  # both lie in the window's queue now
    worker.cancel()
    assert worker.wait(10_000)
    QCoreApplication.processEvents()
    assert listener.heard == []
    assert closed == [True]


def test_what_a_job_raises_is_told_with_its_traceback(qtbot: QtBot) -> None:
    def job() -> Iterator[int]:
        yield 1
        raise ValueError("seven is right out")

    worker = Worker(job)
    listener = Listener(worker)
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert listener.heard == [1]
    assert listener.crashes[0].startswith("seven is right out\nTraceback")
