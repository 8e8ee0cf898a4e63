"""A private PostgreSQL server for a test session: Debian's, in a temporary folder, on a Unix socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg


class Cluster:
    """Starts, stops and starts again. Refuses to run as root, as PostgreSQL does; root's tests lend it the user `postgres`."""

    def __init__(self, fsync: bool = False) -> None:
        self.fsync = fsync
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(path) for path in [shutil.which("initdb")] if path]
        assert found, "no PostgreSQL server here; run `make setup`, which installs Debian's package postgresql"
        self.programs = found[-1].resolve().parent
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path may have 107 characters: not below pytest's folder
        self.user: dict[str, str | list[str]] = {}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self._run("initdb", "-U", "desk", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D", str(self.data))
        self.start()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        # Without fsync: tests kill processes, not machines.
        options = f"-k {self.folder} -c listen_addresses= -c fsync={'on' if self.fsync else 'off'} -c max_connections=60"
        self._run("pg_ctl", "-w", "-t", "120", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-w", "-t", "120", "-D", str(self.data), "-m", mode, "stop")

    def promote(self) -> None:
        """End recovery."""
        self._run("pg_ctl", "-w", "-D", str(self.data), "promote")

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    close = remove

    def new(self, name: str) -> str:
        """An empty database's URL."""
        with psycopg.connect(host=str(self.folder), user="desk", dbname="postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://desk@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        # Into a file, not a pipe: the server inherits it and would keep it open.
        with tempfile.TemporaryFile() as output:
            command = [str(self.programs / program), *arguments]
            done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, **self.user)  # type: ignore[call-overload]
            output.seek(0)
            assert done.returncode == 0, output.read().decode(errors="replace")
