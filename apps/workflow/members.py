"""The records of a proposal about many: put down beside what is stored, compared with it later, written when approved.

All of it works by sets: twenty thousand records take a handful of statements, not twenty thousand.
"""

import json

from django.db import connection

from .models import ReviewMember, Step

BATCH = 2_000
# Triggers join the rows before with those after, by a plan that a session may have made for a single row: their work
# grows with the square of a statement's rows.
UPDATED = 250


def put_down(review, members, *, revision):
    """Store `Member`s as those of a revision of the review, each with what its row says now. Returns their hash.

    The database refuses it once the revision was asked for, and for a record that is not there, or already is.
    """
    by_table = {}
    for member in members:
        by_table.setdefault(member.model._meta.db_table, []).append(member)
    with connection.cursor() as cursor:
        for table, found in by_table.items():
            for start in range(0, len(found), BATCH):
                rows = [
                    {
                        "id": str(each.key),
                        "action": ReviewMember.Action.CREATE if each.new else ReviewMember.Action.CHANGE,
                        "title": each.title[:500],
                        "content": each.content,
                    }
                    for each in found[start : start + BATCH]
                ]
                cursor.execute(
                    "INSERT INTO review_members"
                    " (review_id, revision, subject_table, subject_id, action, title, base, content)"
                    " SELECT %s, %s, %s, m.id, m.action, m.title, dcs.part_of(to_jsonb(t), m.content),"
                    # As the row will say it: 99.50 as 99.5000, `7 years` as P7Y.
                    f" dcs.part_of(to_jsonb(jsonb_populate_record(NULL::{quoted(table)}, m.content)), m.content)"
                    " FROM jsonb_to_recordset(%s::jsonb) AS m(id uuid, action text, title text, content jsonb)"
                    f" LEFT JOIN {quoted(table)} t ON t.id = m.id",
                    [review.pk, revision, table, json.dumps(rows)],
                )
        cursor.execute("SELECT dcs.members_hash(%s, %s)", [review.pk, revision])
        return cursor.fetchone()[0]


def moved(review, *, lock=True):
    """Titles of the members whose row no longer is what it was when they were put down.

    The rows are locked first, in the order of their keys, so that none moves between the look and the writing.
    """
    found = []
    with connection.cursor() as cursor:
        for table in review.current_members.order_by().values_list("subject_table", flat=True).distinct():
            about = [review.pk, review.revision, table]
            if lock:
                cursor.execute(
                    f"SELECT FROM {quoted(table)} t WHERE t.id IN (SELECT m.subject_id FROM review_members m"
                    " WHERE m.review_id = %s AND m.revision = %s AND m.subject_table = %s)"
                    " ORDER BY t.id FOR NO KEY UPDATE",
                    about,
                )
            cursor.execute(
                f"SELECT m.title FROM review_members m LEFT JOIN {quoted(table)} t ON t.id = m.subject_id"
                " WHERE m.review_id = %s AND m.revision = %s AND m.subject_table = %s"
                " AND m.base IS DISTINCT FROM dcs.part_of(to_jsonb(t), m.content) ORDER BY m.title",
                about,
            )
            found += [title for (title,) in cursor.fetchall()]
    return found


def create(members, model, columns, **same):
    """Insert the rows of `model` that new `members` (a queryset) describe: their `columns`, and `same` for all.

    Returns how many.
    """
    sql, given = _keys_of(members.filter(action=ReviewMember.Action.CREATE))
    names = ", ".join(map(quoted, columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quoted(model._meta.db_table)} (id, {names}{''.join(f', {quoted(each)}' for each in same)})"
            f" SELECT m.subject_id, {', '.join(f'r.{quoted(each)}' for each in columns)}{', %s' * len(same)}"
            f" FROM review_members m, jsonb_populate_record(NULL::{quoted(model._meta.db_table)}, m.content) r"
            f" WHERE m.id IN ({sql})",
            [*same.values(), *given],
        )
        return cursor.rowcount


def change(members, model, columns, **same):
    """Update the rows of `model` as changed `members` (a queryset) say: what a content leaves out stays.

    Returns how many.
    """
    names = ", ".join(map(quoted, columns))
    keys = list(
        members.filter(action=ReviewMember.Action.CHANGE).order_by("subject_id").values_list("pk", flat=True)
    )
    with connection.cursor() as cursor:
        for start in range(0, len(keys), UPDATED):
            cursor.execute(
                f"UPDATE {quoted(model._meta.db_table)} t SET ({names}) = (SELECT {names}"
                f" FROM jsonb_populate_record(t, m.content)){''.join(f', {quoted(each)} = %s' for each in same)}"
                " FROM review_members m WHERE m.subject_id = t.id AND m.id = ANY(%s)",
                [*same.values(), keys[start : start + UPDATED]],
            )
    return len(keys)


def note_steps(members, *, review, name, state, start, reason, rank=2):
    """Write a step for every member: from the state that its base names (else `start`) to that of its content.

    `state` is the column of the state; `rank` is what a reader of the steps needs.
    """
    sql, given = _keys_of(members)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quoted(Step._meta.db_table)}"
            " (subject_table, subject_id, name, before, after, reason, review_id, visibility_rank)"
            " SELECT m.subject_table, m.subject_id, %s, coalesce(m.base ->> %s, %s), m.content ->> %s, %s, %s, %s"
            f" FROM review_members m WHERE m.id IN ({sql})",
            [name, state, start, state, reason, review.pk, rank, *given],
        )


def quoted(name):
    """A name of our own models as PostgreSQL reads it."""
    return connection.ops.quote_name(name)


def _keys_of(members):
    return members.order_by().values("pk").query.sql_with_params()
