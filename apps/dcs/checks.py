"""Refuse to serve in a way that voids the database's own protection (trust.md, section 1.4)."""

from django.core.checks import Error, Tags, Warning, register
from django.db import connections, transaction
from django.db.utils import OperationalError

from . import hosts, keyring, signing


@register(Tags.database, deploy=False)
def serves_without_privilege(app_configs, databases, **kwargs):
    """The serving role is no superuser, does not bypass row security and owns no table of `dcs`."""
    if not databases or "default" not in databases:
        return []
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT current_user, rolsuper, rolbypassrls,"
                " EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('dcs') AND relowner = r.oid)"
                " FROM pg_roles r WHERE rolname = current_user"
            )
            name, superuser, bypasses, owns = cursor.fetchone()
    except OperationalError as error:
        return [Error(f"The database does not answer: {error}", id="dcs.E001")]
    faults = [
        (superuser, "is a superuser"),
        (bypasses, "bypasses row security"),
        (owns, "owns tables of the schema dcs"),
    ]
    return [
        Error(
            f"The portal would serve as {name}, which {words}.",
            hint="Let DATABASE_URL name dcs_app, or an account that may take that role on. `make sql-roles` prints it.",
            id="dcs.E002",
        )
        for wrong, words in faults
        if wrong
    ]


@register(Tags.database, deploy=False)
def is_believed(app_configs, databases, **kwargs):
    """The database takes what the key ring signs: otherwise it would show no row to anybody."""
    if not databases or "default" not in databases:
        return []
    try:
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SELECT to_regproc('dcs.clearance') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return []  # nothing has been migrated yet
            told = signing.sign(person="system:check", clearance=1)
            cursor.execute("SELECT set_config('dcs.ctx', %s, true)", [told])
            cursor.execute("SELECT dcs.clearance()")
            if cursor.fetchone() == (1,):
                return []
    except OperationalError:
        return []  # said above
    except keyring.NoKey as error:
        return [Error(f"Nobody can be named to the database: {error}", id="dcs.E006")]
    hint = "Run manage.py migrate with the same DCS_KEYS; compare the clocks of portal and database."
    return [Error("The database does not believe who the portal says is acting.", hint=hint, id="dcs.E006")]


@register(Tags.security)
def may_name_hosts(app_configs, **kwargs):
    """The operator's list of hosts and ports can be read: a misspelt network would allow another one."""
    try:
        hosts.allowed()
    except ValueError as error:
        return [Error(f"CONNECT_INTERNAL or CONNECT_PORTS: {error}.", id="dcs.E003")]
    return []


@register(Tags.security)
def has_keys(app_configs, **kwargs):
    """The key ring can be read; without it what is masked by a key, or kept in a vault, stays hidden."""
    try:
        found = keyring.ring()
        for purpose in keyring.PURPOSES:
            found.active(purpose)
    except keyring.NoKey as error:
        hint = "Let DCS_KEYS name the file of the key ring. Values that need a key are withheld until then."
        return [Warning(str(error), hint=hint, id="dcs.W004")]
    return []
