"""Reports for whoever answers for handling data as it has to be: what is open, where nothing says how, and what is due."""

from collections import Counter, defaultdict
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.discovery.conditions import all_of, conditions
from apps.discovery.filters import NONE, PRESENT
from apps.discovery.matching import Condition
from apps.policy import retention
from apps.policy.exposure import CONSUMED
from apps.ui import formats

from . import drawn
from .base import CAPSULES, NUMBER, PLACE, TEXT, Column, Figure, Found, Query, Report, Table
from .capsules import DOMAIN, LAYER, OWNER, URN, Ownerless
from .columns import (
    BARE,
    IN_FORCE,
    OF_COLUMNS,
    SENSITIVE,
    SENSITIVE_FROM,
    SENSITIVE_ONE,
    SENSITIVE_ONES,
    TABLES,
    Columns,
    columns_where,
)
from .dates import REVIEWS, SUBJECT_COLUMNS, WITHIN, last_day

# ---------- columns ----------

OPEN = "NOT (rule.masked OR own.required OR whole.required)"


def exposed(filters, reader, _choice):
    where = Condition(
        f"{SENSITIVE_ONE} AND {OPEN} AND lower(f.layer) = ANY (%s)", (SENSITIVE_FROM, list(CONSUMED))
    )
    return Columns("exposed", columns_where(where, reader), filters, reader)


EXPOSED = Report(
    slug="exposed",
    title=gettext_lazy("Exposed data"),
    question=gettext_lazy("Which personal or sensitive data can people read as it is?"),
    definition=gettext_lazy(
        "Columns of the inventory in layers that people read, gold and marts, that no enabled rule masks and no policy in force "
        "asks to mask. Where masking is required and nobody has named the method, values are redacted: those have a report of their own."
    ),
    nothing=gettext_lazy("Nothing personal or sensitive stands open where people read."),
    columns=tuple(column for column in OF_COLUMNS if column.key not in ("consumed", "masked")),
    rows=exposed,
)


# Follows from what is asked of each column, and leaves few of them to ask.
ASKING = "p.requires_masking AND p.policy_status = 'active'"
ASKED = f"""(k.id IN (SELECT p.column_id FROM dcs.data_policies p WHERE p.column_id IS NOT NULL AND {ASKING})
    OR k.capsule_id IN (SELECT p.capsule_id FROM dcs.data_policies p WHERE p.capsule_id IS NOT NULL AND {ASKING}))"""  # noqa: S608


def unsettled(filters, reader, _choice):
    where = Condition(f"{ASKED} AND {BARE} AND (own.required OR whole.required)")
    return Columns("masking-unsettled", columns_where(where, reader), filters, reader)


UNSETTLED = Report(
    slug="masking-unsettled",
    title=gettext_lazy("Masking required, no rule"),
    question=gettext_lazy("Where must data be masked, and nobody has said how?"),
    definition=gettext_lazy(
        "Columns that a policy in force, their own or their capsule's, requires to be masked, while no such policy names a method "
        "and the column has no enabled rule. Until that is settled their values are redacted."
    ),
    nothing=gettext_lazy("Wherever masking is required a method is named."),
    columns=tuple(column for column in OF_COLUMNS if column.key not in ("consumed", "masked")),
    rows=unsettled,
)

# ---------- capsules ----------


def without_policy(filters, reader, _choice):
    query = Query(
        fields=(*PLACE, ("personal", "f.pii_columns"), ("sensitivity", "f.sensitivity_rank"),
                ("feeds", "f.downstream_count"), ("updated", "f.updated_at")),
        tables=CAPSULES,
        params=(reader.clearance,) * 2,
        where=Condition("f.present & %s = 0", (PRESENT["policy"],)),
        order=(("-f.pii_columns", NUMBER), ("-f.downstream_count", NUMBER), ("f.name_key", TEXT), ("f.ord", NUMBER)),
    )  # fmt: skip
    return Ownerless("without-policy", query, filters, reader)


WITHOUT_POLICY = Report(
    slug="without-policy",
    title=gettext_lazy("Without a policy"),
    question=gettext_lazy("For which capsules does nothing say how to handle them?"),
    definition=gettext_lazy(
        "Capsules in use without an active policy, of their own or of a column. Those with most personal data come first, then those "
        "that feed most others."
    ),
    nothing=gettext_lazy("Each of these capsules has a policy."),
    columns=(
        URN,
        Column("capsule", gettext_lazy("Capsule"), drawn.tab("policy")),
        DOMAIN,
        OWNER,
        LAYER,
        Column("personal", gettext_lazy("Personal columns"), drawn.number("personal"), num=True),
        Column("sensitivity", gettext_lazy("Sensitivity"), drawn.sensitivity),
        Column("feeds", gettext_lazy("Feeds"), drawn.number("feeds"), num=True),
        Column("updated", gettext_lazy("Updated"), drawn.day("updated"), num=True),
    ),
    rows=without_policy,
)

# ---------- what has to go ----------

PLACED = f"""
SELECT f.capsule_id, c.urn, c.name, d.name, o.name, f.layer, f.domain_id IS NULL
FROM {CAPSULES} WHERE {{where}} AND f.capsule_id = ANY (%s)
"""  # noqa: S608 - no value in it


def due(filters, reader, days):
    """What has to be deleted or anonymized by the last day of the period, and is not held; three queries."""
    last = last_day(days)
    kept = [
        each
        for each in retention.kept(reader, on=timezone.localdate(), due_by=last)
        if each.due is not None and each.due <= last and not each.held
    ]
    places = _placed({each.home.pk for each in kept}, filters, reader)
    return Table([_due(each, places[each.home.pk]) for each in kept if each.home.pk in places])


def _placed(capsules, filters, reader):
    visible = all_of(conditions(filters, reader))
    with connection.cursor() as cursor:
        params = [reader.clearance, reader.clearance, *visible.params, list(capsules)]
        cursor.execute(PLACED.format(where=visible.sql), params)
        keys = ("urn", "capsule", "domain", "owner", "layer", "nowhere")
        return {key: dict(zip(keys, found, strict=True)) for key, *found in cursor}


def _due(each, place):
    column = each.subject.name if each.subject != each.home else None
    return place | {
        "column": column,
        "kept": str(each.most_said),
        "policies": [policy.label for policy in each.policies],
        "due": each.due,
    }


def late(found, _filters, _reader, _days):
    today = timezone.localdate()
    number = sum(row["due"] < today for row in found.rows)
    return [Figure(formats.grouped(number), _("overdue"))]


RETENTION = Report(
    slug="retention-due",
    title=gettext_lazy("Retention due"),
    question=gettext_lazy("Which data has to go?"),
    definition=gettext_lazy(
        "Capsules and columns whose longest period under the policies in force ends on or before the last day, counted from when the "
        "portal first knew the capsule, and on which no legal hold stands. Periods that begin at a date in the data are left out: only "
        "the source knows the day."
    ),
    nothing=gettext_lazy("Nothing has to go in this time."),
    columns=(
        *SUBJECT_COLUMNS,
        Column("kept", gettext_lazy("Kept at most")),
        Column("policies", gettext_lazy("Because of"), lambda row: ", ".join(row["policies"])),
        Column("due", gettext_lazy("Due"), drawn.deadline("due"), num=True),
    ),
    rows=due,
    figures=late,
    choice=WITHIN,
)

# ---------- frameworks ----------

HELD = f"""
    SELECT coalesce(p.capsule_id, k.capsule_id) AS capsule_id, bool_or(p.retention_period IS NOT NULL) AS retained,
           bool_or(p.audit_log_required) AS logged
    FROM dcs.data_policies p LEFT JOIN dcs.columns k ON k.id = p.column_id AND k.retired_at IS NULL
    WHERE {IN_FORCE} AND (p.column_id IS NULL OR k.visibility_rank <= %s) GROUP BY 1
"""  # noqa: S608 - no value in it
# A capsule that names no framework counts where it holds personal data: somebody should have asked.
NAMED = "unnest(CASE WHEN cardinality(f.frameworks) = 0 THEN ARRAY[NULL]::text[] ELSE f.frameworks END) named(word)"
CAPSULES_OF = f"""
SELECT named.word, count(*), count(*) FILTER (WHERE held.retained), count(*) FILTER (WHERE held.logged)
FROM {CAPSULES} LEFT JOIN ({HELD}) held ON held.capsule_id = f.capsule_id CROSS JOIN LATERAL {NAMED}
WHERE {{where}} AND (named.word IS NOT NULL OR f.pii_columns > 0) GROUP BY 1
"""  # noqa: S608 - no value in it
COLUMNS_OF = f"""
SELECT named.word, count(*), count(*) FILTER (WHERE {BARE}) FROM {TABLES} CROSS JOIN LATERAL {NAMED}
WHERE {{where}} AND {SENSITIVE_ONES} AND (named.word IS NOT NULL OR f.pii_columns > 0) GROUP BY 1
"""  # noqa: S608 - no value in it


def frameworks(filters, reader, _choice):
    """The frameworks that policies in force name, most capsules first; two queries."""
    visible = all_of(conditions(filters, reader))
    clearance = reader.clearance
    with connection.cursor() as cursor:
        cursor.execute(CAPSULES_OF.format(where=visible.sql), [*[clearance] * 4, *visible.params])
        capsules = cursor.fetchall()
        cursor.execute(
            COLUMNS_OF.format(where=visible.sql), [*[clearance] * 6, *visible.params, SENSITIVE_FROM]
        )
        columns = {word: numbers for word, *numbers in cursor}
    kept = [pair for pair in filters.pairs() if pair[0] not in ("framework", "sort")]
    asked = filters.framework
    rows = [
        _framework(*row, *columns.get(row[0], (0, 0)), kept)
        for row in capsules
        if not asked or (row[0] or NONE) in asked
    ]
    return Table(
        sorted(rows, key=lambda row: (row["framework"] is None, -row["capsules"], row["framework"] or ""))
    )


def _framework(word, capsules, retained, logged, sensitive, bare, kept):
    within = [*kept, ("framework", word or NONE)]
    if not word:
        within = [pair for pair in within if pair[0] != "pii"] + [("pii", "yes")]
    return {
        "framework": word,
        "capsules": capsules,
        "columns": sensitive,
        "unmasked": bare,
        "masked": round(100 * (sensitive - bare) / sensitive, 1) if sensitive else None,
        "retained": retained,
        "logged": logged,
        "within": within,
    }


FRAMEWORKS = Report(
    slug="frameworks",
    title=gettext_lazy("Frameworks"),
    question=gettext_lazy("Which data falls under which framework, and how far is it looked after?"),
    definition=gettext_lazy(
        "Frameworks that policies in force name, of a capsule or of its columns; a capsule under several is counted with each. The last "
        "row are capsules with personal data for which nobody has named one. Columns are those of the inventory in these capsules; a "
        "period and an audit log count if a policy in force on the capsule or on a column asks for them."
    ),
    nothing=gettext_lazy("No policy in force names a framework, and no capsule without one holds personal data."),
    columns=(
        Column("framework", gettext_lazy("Framework"), lambda row: row["framework"] or _("None named")),
        Column("capsules", gettext_lazy("Capsules"), drawn.listed("capsules"), num=True),
        Column("columns", gettext_lazy("Sensitive columns"), drawn.reported("columns", "sensitive"), num=True),
        Column("unmasked", gettext_lazy("Not masked"), drawn.reported("unmasked", "unmasked"), num=True),
        Column("masked", gettext_lazy("Masked"), drawn.percent("masked")),
        Column("retained", gettext_lazy("With a period"), drawn.number("retained"), num=True),
        Column("logged", gettext_lazy("With an audit log"), drawn.number("logged"), num=True),
    ),
    rows=frameworks,
)  # fmt: skip

# ---------- all together ----------

NOW = {"days": "0"}
# (key, the report behind it, its choice, the column's title, the sentence of the figure)
FINDINGS = (
    ("inventory", SENSITIVE, {}, gettext_lazy("Inventory"), gettext_lazy("columns with personal or sensitive data")),
    ("exposed", EXPOSED, {}, gettext_lazy("Exposed"), gettext_lazy("of them stand open where people read")),
    ("unsettled", UNSETTLED, {}, gettext_lazy("No masking rule"), gettext_lazy("columns must be masked, nobody said how")),
    ("policy", WITHOUT_POLICY, {}, gettext_lazy("No policy"), gettext_lazy("capsules without a policy")),
    ("retention", RETENTION, NOW, gettext_lazy("Retention due"), gettext_lazy("capsules and columns whose data has to go")),
    ("reviews", REVIEWS, NOW, gettext_lazy("Reviews due"), gettext_lazy("policies to be looked at again")),
)  # fmt: skip
# No domain is the empty text, one that the reader may not know of is null.
BY_DOMAIN = "SELECT '{key}', CASE WHEN f.domain_id IS NULL THEN '' ELSE d.name END, count(*) FROM {tables} WHERE {where} GROUP BY 2"


def compliance(filters, reader, _choice):
    """What each finding counts in each domain; three queries."""
    numbers, texts, params = defaultdict(Counter), [], []
    for key, asked, choice, *_words in FINDINGS:
        found = asked.rows(filters, reader, choice.get("days", ""))
        if isinstance(found, Found):
            texts.append(BY_DOMAIN.format(key=key, tables=found.query.tables, where=found.where.sql))
            params += [*found.query.params, *found.where.params]
        else:
            for row in found.rows:
                numbers["" if row["nowhere"] else row["domain"]][key] += 1
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), params)
        for key, domain, number in cursor:
            numbers[domain][key] = number
    kept = [pair for pair in filters.pairs() if pair[0] not in ("domain", "sort")]
    rows = [
        {key: found[key] for key, *_rest in FINDINGS}
        | {"domain": domain, "within": [*kept, ("domain", domain or NONE)]}
        for domain, found in numbers.items()
    ]
    return Table(
        sorted(rows, key=lambda row: (not row["domain"], row["domain"] is None, row["domain"] or ""))
    )


def _place(row):
    if row["domain"] is None:
        return _("Domains that you may not see")
    return drawn.domain(row) if row["domain"] else _("No domain")


def _opens(key, asked, choice):
    """The number, as the way to the rows that it counts."""
    link = drawn.reported(key, asked.slug, **choice)
    return lambda row: formats.grouped(row[key]) if row["domain"] is None else link(row)


def found_in_all(found, filters, _reader, _choice):
    """Each finding over all domains, as the way to its list."""
    kept = [pair for pair in filters.pairs() if pair[0] != "sort"]
    return [
        Figure(
            formats.grouped(sum(row[key] for row in found.rows)),
            str(sentence),
            _address(asked, [*kept, *choice.items()]),
        )
        for key, asked, choice, _title, sentence in FINDINGS
    ]


def _address(asked, pairs):
    url = reverse("discovery:report", args=[asked.slug])
    return f"{url}?{urlencode(pairs)}" if pairs else url


COMPLIANCE = Report(
    slug="compliance",
    title=gettext_lazy("Compliance"),
    question=gettext_lazy("What has to be put right, and in whose domain?"),
    definition=gettext_lazy(
        "Each number counts the rows of the report behind it, which says what it counts. Domains that lie in others are counted by "
        "themselves."
    ),
    nothing=gettext_lazy("Nothing is open: nothing sensitive is known, each capsule has a policy, and nothing is due."),
    columns=(
        Column("domain", gettext_lazy("Domain"), _place),
        *(
            Column(key, title, _opens(key, asked, choice), num=True)
            for key, asked, choice, title, _sentence in FINDINGS
        ),
    ),
    rows=compliance,
    figures=found_in_all,
)  # fmt: skip
