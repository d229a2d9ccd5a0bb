"""`docs/permissions.md`, written from the table of roles so that the two cannot disagree."""

from . import roles

HEAD = """# Who may do what

Written by `manage.py sync_roles --document` from `apps/people/roles.py`; a test compares the two. Roles say what
one may do, clearance what one may see: an administrator of accounts sees no confidential value by that fact alone.
Every signed-in person may search, read what their clearance opens, follow lineage and propose changes.

Clearance is a rank: public 1, internal 2, confidential 3, restricted 4, secret 5. A person with several roles has
the highest of theirs; a rank set on the person wins over it. A token never sees or does more than its owner.
"""


def as_markdown(table=roles.ROLES):
    """The document: one row a role, then one row a permission with a mark for each role that holds it."""
    held = list(table.values())
    permissions = sorted(set().union(*(role.permissions for role in held)))
    lines = [HEAD, "## Roles", "", "| role | group | clearance | what for |", "|---|---|---|---|"]
    lines += [
        f"| {r.title} | `{r.name}` | {roles.level(r.clearance)} {r.clearance} | {r.summary} |" for r in held
    ]
    lines += ["", "## Permissions", "", "| permission | " + " | ".join(str(r.title) for r in held) + " |"]
    lines.append("|---|" + "---|" * len(held))
    for permission in permissions:
        marks = " | ".join("●" if permission in role.permissions else "" for role in held)
        lines.append(f"| `{permission}` | {marks} |")
    return "\n".join(lines) + "\n"
