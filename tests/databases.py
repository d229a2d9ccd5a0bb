"""A port of this machine that leads to the tests' server, and servers that misbehave on purpose."""

import contextlib
import socket
import struct
import threading


class Listener:
    """A port of 127.0.0.1 whose connections `answer(client)` deals with, each in a thread; `.accepted` counts them."""

    def __init__(self, answer):
        self.answer, self.accepted = answer, 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _address = self.door.accept()
                self.accepted += 1
                threading.Thread(target=self._deal, args=[client], daemon=True).start()

    def _deal(self, client):
        with client, contextlib.suppress(OSError):
            self.answer(client)

    def close(self):
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


def bridge_to(host, port):
    """A `Listener` that hands on to a server, by its socket's folder or by its name."""

    def answer(client):
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.{port}")
        else:
            server = socket.create_connection((host, port))
        back = threading.Thread(target=_pour, args=[server, client], daemon=True)
        back.start()
        _pour(client, server)
        back.join(5)
        server.close()

    return Listener(answer)


def _pour(source, target):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def refusing(code, message):
    """A `Listener` that speaks PostgreSQL and refuses every sign-in with these words."""

    def answer(client):
        while True:
            (length,) = struct.unpack("!I", _exactly(client, 4))
            asked = _exactly(client, length - 4)
            if asked[:4] in (struct.pack("!I", 80877103), struct.pack("!I", 80877104)):
                client.sendall(b"N")  # no encryption here
                continue
            parts = [b"SFATAL", b"VFATAL", b"C" + code.encode(), b"M" + message.encode()]
            body = b"".join(part + b"\0" for part in parts) + b"\0"
            client.sendall(b"E" + struct.pack("!I", len(body) + 4) + body)
            return

    return Listener(answer)


def silent():
    """A `Listener` that takes connections and never says a word."""
    return Listener(lambda client: client.recv(1) and threading.Event().wait(20))


def _exactly(client, size):
    found = b""
    while len(found) < size:
        piece = client.recv(size - len(found))
        if not piece:
            raise OSError
        found += piece
    return found
