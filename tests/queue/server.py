"""A real PostgreSQL server in tests: other connections, and a proxy that loses an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.queue.engines import SERVER

Connection = psycopg.Connection[tuple[Any, ...]]


@contextmanager
def other_connection(schema: str) -> Iterator[Connection]:
    """Yield a connection in autocommit that is not the queue's, inside the queue's schema."""
    with psycopg.connect(SERVER, autocommit=True) as conn:
        conn.execute(f"SET search_path TO {schema}".encode())
        yield conn


def end_backends(conn: Connection, application: str) -> int:
    """End the server's processes of all connections with this application name."""
    sql = (
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
        "WHERE application_name = %s AND pid <> pg_backend_pid()"
    )
    return int((conn.execute(sql, (application,)).fetchone() or (0,))[0])


_BACKEND = b"K\x00\x00\x00\x0c"
"""The head of the message in which a server gives the number of its process."""


class Proxy:
    """Forwards connections to the server.

    loses_commits: True to cut one off before the server answers a COMMIT.
    hides_backends: True to give other numbers of processes than the server's, as a pooler does.
    """

    def __init__(self) -> None:
        parts = conninfo_to_dict(SERVER)
        self._host = str(parts.get("host") or "/var/run/postgresql")
        self._port = int(parts.get("port") or 5432)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.loses_commits = self.hides_backends = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, self._connected() as server:
            answers = threading.Thread(target=self._forward, args=(server, client), daemon=True)
            answers.start()
            with suppress(OSError):
                while data := client.recv(65536):
                    if self.loses_commits and b"COMMIT" in data:
                        self.loses_commits = False
                        client.shutdown(socket.SHUT_RDWR)  # no answer reaches the client
                    server.sendall(data)
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            answers.join(timeout=30)

    def _connected(self) -> socket.socket:
        if self._host.startswith("/"):
            local = socket.socket(socket.AF_UNIX)
            local.connect(f"{self._host}/.s.PGSQL.{self._port}")
            return local
        return socket.create_connection((self._host, self._port))

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                head, message, rest = data.partition(_BACKEND)
                if self.hides_backends and message:
                    data = head + message + bytes(4) + rest[4:]
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def url_to(self, schema: str) -> str:
        """Return the URL of a schema on the server through this proxy."""
        parts = conninfo_to_dict(SERVER)
        options = {"host": "127.0.0.1", "port": self.port, "schema": schema}
        options |= {name: parts[name] for name in ("user", "password") if parts.get(name)}
        return f"postgresql:///{parts.get('dbname', '')}?{urlencode(options)}"

    def close(self) -> None:
        """Accept no more connections."""
        self._listening.close()
