"""A running portal with the demo in it, and a real browser to walk through it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "the walk of ten minutes"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            # Each worker has a portal and a browser of its own; the walks of one file share theirs.
            item.add_marker(pytest.mark.xdist_group(f"browser {item.path.stem}"))


@pytest.fixture(scope="session")
def chromium():
    """The browser's program; required in CI, otherwise the walks are left out where there is none."""
    if CHROMIUM is None:
        if os.environ.get("BROWSER") == "required":
            pytest.fail("Chromium is required and not installed: apt-get install chromium")
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return CHROMIUM


class Portal:
    """A portal that runs for the length of the walks: its address, and a hand to fetch pages without a browser."""

    def __init__(self, url, environment, log):
        self.url, self.environment, self.log = url, environment, log

    def sign_in(self, person):
        """The cookies of `person`, signed in at the door as a browser does it, in Playwright's form."""
        jar = CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        door = f"{self.url}/sign-in/"
        opener.open(door, timeout=60).close()
        token = next(cookie.value for cookie in jar if cookie.name.endswith("dcs_csrf"))
        fields = {"username": person, "password": PASSWORD, "csrfmiddlewaretoken": token}
        request = urllib.request.Request(  # noqa: S310 - our own
            door, urllib.parse.urlencode(fields).encode(), {"Referer": door}
        )
        try:
            answer = opener.open(request, timeout=60)
        except OSError as error:
            said = error.read().decode() if isinstance(error, urllib.error.HTTPError) else ""
            pytest.fail(f"{person} was not let in: {error}\n{said}\n{self.last_lines()}")
        with answer:
            if answer.url == door:
                pytest.fail(f"{person} was not let in:\n{answer.read().decode()}\n{self.last_lines()}")
        return [{"name": cookie.name, "value": cookie.value, "url": self.url} for cookie in jar]

    def last_lines(self):
        """The end of what the web server and the worker wrote."""
        return Path(self.log.name).read_text()[-3000:]

    def manage(self, *arguments):
        """Run a management command against the portal's database; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            pytest.fail(f"manage.py {' '.join(arguments)}:\n{done.stderr[-3000:]}")
        return done.stdout


@pytest.fixture(scope="session")
def portal(server, template_database, chromium, tmp_path_factory):
    """The demo, served by the web server and with the worker that users run."""
    name = f"dcs_walk_{os.getpid()}"
    server.create(name, template=template_database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "DCS_DATABASE": name,
        "DEMO_PASSWORD": PASSWORD,
        "SECRET_KEY": "only for tests, and long enough to be no warning",
        "THROTTLE_SIGN_IN": "1000/min",
        "PYTHONUNBUFFERED": "1",
    }
    log = (tmp_path_factory.mktemp("portal") / "log").open("w+")
    portal = Portal(f"http://127.0.0.1:{port}", environment, log)
    portal.manage("seed_demo")
    web = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--blocking-threads",
        "4",
    ]
    processes = [
        subprocess.Popen(
            [*web, "portal.wsgi:application"],
            cwd=ROOT,
            env={**environment, "DCS_POOL": "6", "DCS_SERVING": "1"},
            stdout=log,
            stderr=log,
        ),
        subprocess.Popen(
            [sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment, stdout=log, stderr=log
        ),
    ]
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{portal.url}/api/v1/health/ready", timeout=5)  # noqa: S310 - our own
                break
            except OSError:
                if time.monotonic() > deadline:
                    pytest.fail(f"The portal did not start:\n{portal.last_lines()}")
                time.sleep(0.2)
        yield portal
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
        server.drop(name)


@pytest.fixture(scope="session")
def browser(chromium):
    """Chromium, headless; one process for all walks."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps a loop in this thread; the other tests of the worker use the database as ever.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, portal):
    """`visit("steward", theme="dark", width=375)`: a page of a signed-in person; closes by itself.

    Any error on the page's console, a violated content policy among them, fails the test at its end.
    """
    contexts, errors = [], []

    def open_as(person=None, *, theme="light", width=1440, height=900, scripts=True, policy=True):
        context = browser.new_context(
            base_url=portal.url,
            color_scheme=theme,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            # Axe draws inline styles while it measures; everybody else lives with the content policy.
            bypass_csp=not policy,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if person is not None:
            context.add_cookies(portal.sign_in(person))
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        if person is not None:
            page.goto("/")
        return page

    open_as.errors = errors
    yield open_as
    for context in contexts:
        context.close()
    expected = [text for text in errors if "status of 4" not in text]
    assert expected == []
