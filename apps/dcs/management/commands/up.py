"""The whole portal by one command: database, migrations, demo data, web server and worker."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

STOP_SECONDS = 10
RESTARTS = 5  # of one part within a minute; a part that dies faster is broken


class Command(BaseCommand):
    help = "Start everything and keep it running until Ctrl-C."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
        parser.add_argument("--no-demo", action="store_true", help="Leave an empty portal empty.")
        parser.add_argument(
            "--threads", type=int, default=4, help="Requests served at the same time (default 4)."
        )

    def handle(self, *args, host, port, no_demo, threads, **options):
        with self._only_one(host, port):
            self._need_port(host, port)
            begun = time.monotonic()
            call_command("migrate", verbosity=0, interactive=False)
            call_command("sync_roles", verbosity=0)
            if not no_demo:
                call_command("seed_demo", "--if-empty", verbosity=1, stdout=self.stdout)
            connections.close_all()
            self._supervise(host, port, threads, begun)

    @contextlib.contextmanager
    def _only_one(self, host, port):
        """Hold the portal's lock; a second start leaves with a word."""
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        with (settings.VAR_DIR / "up.lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise CommandError(
                    f"The portal already runs{lock.read()}. Stop it there with Ctrl-C."
                ) from None
            lock.truncate(0)
            lock.write(f" at http://{host}:{port} (process {os.getpid()})")
            lock.flush()
            yield
            lock.truncate(0)

    @staticmethod
    def _need_port(host, port):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} on {host} is taken ({error.strerror}). Choose another: make run PORT={port + 1}"
                ) from None

    def _supervise(self, host, port, threads, begun):
        environment = {
            **os.environ,
            "DCS_POOL": str(threads + 2),
            "DCS_SERVING": "1",
            "PYTHONUNBUFFERED": "1",
        }
        web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
        web += ["--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning"]
        web += ["portal.wsgi:application"]
        worker = [sys.executable, "manage.py", "worker"]
        parts = {"web": (web, environment), "worker": (worker, {**os.environ, "PYTHONUNBUFFERED": "1"})}
        running = {name: self._launch(*parts[name]) for name in parts}
        starts = {name: [time.monotonic()] for name in parts}
        stop = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, frame: stop.append(received))
        announced = False
        try:
            while not stop:
                if not announced and self._answers(host, port):
                    self._announce(host, port, time.monotonic() - begun)
                    announced = True
                for name, process in running.items():
                    if process.poll() is not None:
                        starts[name] = [moment for moment in starts[name] if time.monotonic() - moment < 60]
                        if len(starts[name]) >= RESTARTS:
                            raise CommandError(
                                f"The {name} part stops again and again (exit {process.returncode})."
                            )
                        self.stderr.write(
                            f"The {name} part ended (exit {process.returncode}) and is started again."
                        )
                        starts[name].append(time.monotonic())
                        self._clear(process)
                        running[name] = self._launch(*parts[name])
                time.sleep(0.1)
        finally:
            self._stop(running)
            self._seal()
        self.stdout.write("Stopped.")

    @staticmethod
    def _launch(command, environment):
        # A group of its own: Ctrl-C reaches this process alone, which then stops the parts in order.
        return subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )

    @staticmethod
    def _stop(running):
        for name in ("web", "worker"):
            process = running[name]
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            Command._clear(process)

    def _seal(self):
        """Seal what the log still holds open, now that nobody writes; a stop does not fail for it."""
        try:
            call_command("audit", "seal", stdout=open(os.devnull, "w"))  # noqa: SIM115 - ends with the process
        except Exception as error:
            self.stderr.write(f"The change log was not sealed ({error}). The next start does it.")
        finally:
            connections.close_all()

    @staticmethod
    def _clear(process):
        """End what an ended part has left: its own children, when it could not end them itself."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    @staticmethod
    def _answers(host, port):
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=0.2):
            return True
        return False

    def _announce(self, host, port, seconds):
        from django.contrib.auth import get_user_model

        self.stdout.write("")
        self.stdout.write(
            self.style.SUCCESS(f"The portal is ready at http://{host}:{port} ({seconds:.1f} s)")
        )
        people = get_user_model().objects.filter(is_active=True).prefetch_related("groups")[:20]
        password = settings.VAR_DIR / "demo_password"
        if password.exists():
            self.stdout.write(f"Sign in as one of these, password: {password.read_text().strip()}")
        for person in people:
            words = ", ".join(sorted(group.name.replace("_", " ") for group in person.groups.all()))
            self.stdout.write(f"  {person.username:<16}{words}")
        self.stdout.write("Ctrl-C stops everything.")
        connections.close_all()
