"""A way to a server whose open connections can fall silent, without an error on either side."""

from __future__ import annotations

import contextlib
import socket
import threading


class HalfOpen:
    """Forwards connections; what is open when :meth:`fall_silent` is called is never forwarded again."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._silent: set[threading.Event] = set()
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> int:
        """From now on nothing passes through the connections that are open; says how many there are."""
        open_now = list(self._silent)
        for silent in open_now:
            silent.set()
        self._silent.clear()
        return len(open_now)

    def close(self) -> None:
        """Ends everything."""
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.create_connection(self._server)
                self._sockets += [near, far]
                silent = threading.Event()
                self._silent.add(silent)
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=_forward, args=(source, target, silent), daemon=True).start()


def _forward(source: socket.socket, target: socket.socket, silent: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            if not silent.is_set():
                target.sendall(data)
