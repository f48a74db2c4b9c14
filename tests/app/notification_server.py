"""A desktop of its own for notifications: a private D-Bus with a server on it that keeps what it is sent."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusVirtualObject

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"


class NotificationServer(QDBusVirtualObject):
    """Answers as a desktop's notification server does.

    Attributes:
        shown: Program, title and text of each notification.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, str, str]] = []

    def introspect(self, path: str) -> str:
        return ""

    def handleMessage(self, message: QDBusMessage, connection: QDBusConnection) -> bool:  # noqa: N802 - Qt's name
        answers = {
            "GetServerInformation": ["test", "test", "1", "1.2"], "GetCapabilities": [["body"]], "Notify": [1],
        }  # fmt: skip
        if message.member() not in answers:
            return False
        if message.member() == "Notify":
            program, _, _, title, text, *_ = message.arguments()
            self.shown.append((program, title, text))
        reply = message.createReply()
        reply.setArguments(answers[message.member()])
        connection.send(reply)
        return True


@contextmanager
def notification_server() -> Iterator[tuple[NotificationServer, str]]:
    """A server on a bus of its own, and the bus's address."""
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert daemon.stdout is not None
    try:
        address = daemon.stdout.readline().strip()
        bus = QDBusConnection.connectToBus(address, "notifications")
        server = NotificationServer()
        assert bus.registerVirtualObject(PATH, server)
        assert bus.registerService(NAME)
        yield server, address
        QDBusConnection.disconnectFromBus("notifications")
    finally:
        daemon.terminate()
        daemon.wait()
        daemon.stdout.close()
