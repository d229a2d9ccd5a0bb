"""The embedded server starts anywhere, serves every process of a checkout, and recovers by itself."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from apps.dcs.embedded import Cluster, EmbeddedError, _may_enter, _runs_in

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def home(tmp_path):
    """A checkout's folder on a path with a blank; whatever lies beside it for root goes as well."""
    home = tmp_path / "a checkout" / "var" / "postgres"
    yield home
    cluster = Cluster(home)
    pid = cluster._pid()
    if pid is not None and _runs_in(pid, cluster.data):
        os.kill(pid, signal.SIGQUIT)
        time.sleep(0.3)
    if cluster.base != home:
        shutil.rmtree(cluster.base, ignore_errors=True)


@pytest.fixture
def cluster(home):
    """A running server of its own."""
    cluster = Cluster(home, unsafe=True)
    cluster.attach()
    yield cluster
    cluster.detach()


def answer_of(cluster):
    with cluster.connect() as connection:
        return connection.execute("SELECT 1").fetchone()[0]


def test_it_starts_on_a_path_with_a_blank_and_has_the_roles(cluster):
    with cluster.connect("dcs") as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper FROM pg_roles WHERE rolname IN ('dcs_app', 'dcs_owner')"
        ).fetchall()
        owner = connection.execute(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'dcs'"
        ).fetchone()

    assert sorted(roles) == [("dcs_app", False), ("dcs_owner", False)]
    assert owner == ("dcs_owner",)


def test_a_long_path_gets_a_short_socket(tmp_path):
    home = tmp_path / ("long" * 40) / "var"
    cluster = Cluster(home, unsafe=True)

    cluster.attach()
    try:
        assert answer_of(cluster) == 1
        assert len(str(cluster.socket_dir)) < 100
    finally:
        cluster.detach()
        if cluster.base != home:
            shutil.rmtree(cluster.base)


def test_nobody_else_can_enter_the_data_or_the_socket(cluster):
    for folder in (cluster.data, cluster.socket_dir):
        assert folder.stat().st_mode & 0o077 == 0


def test_it_listens_on_no_network_address(cluster):
    with cluster.connect() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_the_server_never_runs_as_root(cluster):
    assert os.stat(f"/proc/{cluster._pid()}").st_uid != 0


def test_the_last_process_to_leave_stops_it(home):
    first, second = Cluster(home, unsafe=True), Cluster(home, unsafe=True)
    first.attach()
    second.attach()

    first.detach()
    still = answer_of(second)
    second.detach()

    assert still == 1
    with pytest.raises(psycopg.OperationalError):
        second.connect()


def test_rows_survive_a_stop_and_a_killed_server(home):
    cluster = Cluster(home)
    cluster.attach()
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (42)")
    os.kill(cluster._pid(), signal.SIGKILL)
    time.sleep(0.1)

    again = Cluster(home)
    again.attach()
    with again.connect() as connection:
        found = connection.execute("SELECT n FROM kept").fetchone()
    cluster._shared.close()
    again.detach()

    assert found == (42,)


def test_a_pid_file_that_names_another_program_is_cleared_and_the_program_lives(home):
    cluster = Cluster(home)
    cluster.attach()
    cluster.detach()
    other = subprocess.Popen(["sleep", "60"])
    (cluster.data / "postmaster.pid").write_text(f"{other.pid}\n{cluster.data}\n1700000000\n5432\n\n\n")

    cluster.attach()
    alive = other.poll() is None
    found = answer_of(cluster)
    cluster.detach()
    other.kill()
    other.wait()

    assert alive
    assert found == 1


def test_half_a_first_start_is_made_whole(home):
    cluster = Cluster(home, unsafe=True)
    cluster._private(cluster.base)
    cluster.data.mkdir()
    (cluster.data / "base").mkdir()

    cluster.attach()
    found = answer_of(cluster)
    cluster.detach()

    assert found == 1


def test_many_first_starts_at_once_give_one_server(home):
    clusters = [Cluster(home, unsafe=True) for _each in range(6)]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(Cluster.attach, clusters))
    pids = {cluster._pid() for cluster in clusters}
    answers = {answer_of(cluster) for cluster in clusters}
    for cluster in clusters:
        cluster.detach()

    assert len(pids) == 1
    assert answers == {1}


def test_a_link_in_place_of_the_folder_is_refused(home, tmp_path):
    cluster = Cluster(home)
    cluster.base.parent.mkdir(parents=True, exist_ok=True)
    cluster.base.symlink_to(tmp_path)

    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        cluster._private(cluster.base)

    cluster.base.unlink()


def test_an_ordinary_user_runs_it_in_the_checkout_itself():
    folder = Path(tempfile.mkdtemp(prefix="dcs-", dir="/tmp"))
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    if os.geteuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)
    cluster = Cluster(folder / "my var" / "postgres", unsafe=True)
    programs = cluster._programs()
    if os.geteuid() == 0 and not _may_enter(user, programs / "postgres"):
        shutil.copytree(programs.parent, folder / "programs", symlinks=True)
        programs = folder / "programs" / "bin"

    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
            cluster.programs = programs
            cluster.attach()
            code = (
                0 if answer_of(cluster) == 1 and cluster.data.parent == folder / "my var" / "postgres" else 2
            )
            cluster.detach()
        finally:
            os._exit(code)
    _pid, status = os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)

    assert os.waitstatus_to_exitcode(status) == 0


def test_a_process_killed_without_warning_does_not_keep_the_server(home):
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]);"
        "from apps.dcs.embedded import Cluster; c = Cluster(sys.argv[2]); c.attach(); print('up', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(ROOT), str(home)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"up\n"
    process.kill()
    process.wait()

    last = Cluster(home)
    last.attach()
    last.detach()

    with pytest.raises(psycopg.OperationalError):
        last.connect()
