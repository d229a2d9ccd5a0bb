"""Who may do what: one table, from which groups, checks and documentation are made (trust.md, section 1.1)."""

from dataclasses import dataclass

PUBLIC, INTERNAL, CONFIDENTIAL, RESTRICTED, SECRET = range(1, 6)


@dataclass(frozen=True)
class Role:
    """A role: its word in policies, its name for people, what its holders see and may do.

    `clearance` is the rank (1 public to 5 secret) up to which they see values. `permissions` are
    Django permissions, `app.codename`.
    """

    name: str
    title: str
    clearance: int
    permissions: frozenset[str]
    summary: str


def _crud(app, *models, verbs=("add", "change")):
    return {f"{app}.{verb}_{model}" for model in models for verb in verbs}


# One line an app: a later app adds its own words here, not in its views.
EDIT = _crud("catalog", "capsule", "column", "constraint", "index", "dataproduct") | {"catalog.edit_capsule"}
EDIT |= _crud("glossary", "term") | _crud("glossary", "termlink", verbs=("add", "delete"))
EDIT |= _crud("quality", "qualityrule")
STEWARD = EDIT | _crud("catalog", "domain", "owner", "tag", "valuedomain") | {"catalog.retire_capsule"}
STEWARD |= {"glossary.review_term", "catalog.review_valuedomain", "deploy.take_over_plan"}
RUN = {"catalog.ingest", "catalog.cancel_ingestion"}
CHECK = {"quality.run_quality"}

ROLES = {
    role.name: role
    for role in (
        Role(
            "analyst",
            "Analyst",
            INTERNAL,
            frozenset(),
            "Finds data, reads lineage, decides whether to trust it.",
        ),
        Role(
            "steward",
            "Steward",
            CONFIDENTIAL,
            frozenset(STEWARD | RUN | CHECK),
            "Keeps a domain's words, rules and owners; decides on its terms.",
        ),
        Role(
            "policy_admin",
            "Policy admin",
            RESTRICTED,
            frozenset({"catalog.edit_policy"}),
            "Sets the rules for handling data and decides on changes to them.",
        ),
        Role(
            "contract_owner",
            "Contract owner",
            CONFIDENTIAL,
            frozenset({"catalog.edit_contract"}),
            "Makes promises about data and answers for them.",
        ),
        Role(
            "producer",
            "Producer",
            CONFIDENTIAL,
            frozenset(EDIT | RUN | CHECK),
            "Owns capsules and ships changes to them.",
        ),
        Role(
            "auditor",
            "Auditor",
            SECRET,
            frozenset({"audit.view_change"}),
            "Reads everything, changes nothing.",
        ),
        Role(
            "administrator",
            "Administrator",
            INTERNAL,
            frozenset(
                _crud("people", "user", "membership", "token", verbs=("add", "change", "delete", "view"))
                | _crud("catalog", "sourcesystem", verbs=("add", "change", "delete"))
                | {"audit.view_change", "catalog.purge_capsule", "discovery.refresh_summary"}
                | RUN
            ),
            "Runs the portal: accounts, connections, settings. Decides nothing about data.",
        ),
    )
}


LEVELS = {
    PUBLIC: "public",
    INTERNAL: "internal",
    CONFIDENTIAL: "confidential",
    RESTRICTED: "restricted",
    SECRET: "secret",
}


def clearance_of(role_names):
    """The highest rank (0 to 5) that any of the roles gives; 0 without a role."""
    return max((ROLES[name].clearance for name in role_names if name in ROLES), default=0)


def level(rank):
    """The word of a rank: 3 is `confidential`; empty for 0, which sees nothing."""
    return LEVELS.get(rank, "")


def held(role_names):
    """The roles among `role_names` that this table knows, in its order."""
    names = set(role_names)
    return [role for role in ROLES.values() if role.name in names]


def words(role_names):
    """The roles as people read them, in order: `Steward, Producer`."""
    return ", ".join(str(role.title) for role in held(role_names))


def able(permission):
    """The roles that hold `permission` (`app.codename`), in order."""
    return [role for role in ROLES.values() if permission in role.permissions]
