"""The page of one profile: what each column looked like, what moved since another one, and rules that suggest themselves."""

from datetime import datetime

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.people.roles import CONFIDENTIAL
from apps.ui import charts, paging
from apps.ui.formats import count, when

from . import drift, profile_store, run_page, running, writing
from .models import ColumnProfile, QualityRule, QualityRun
from .suggest import suggestions

SHOWN = 50
HISTORY = 5  # profiles of a column that suggestions look at
OTHERS = 12  # profiles to compare with
TOP = 5
WHY = {
    "no_nulls": gettext_noop("No value was missing in %(rows)s rows."),
    "few_nulls": gettext_noop("%(nulls)s of %(rows)s rows lacked a value."),
    "all_different": gettext_noop("All %(rows)s values are different, and the name sounds like a key."),
    "few_values": gettext_noop("%(rows)s rows hold %(values)s different values."),
    "one_shape": gettext_noop("%(matching)s of %(rows)s values looked at have the shape %(shape)s."),
    "stable_range": gettext_noop("In %(profiles)s profiles it lay between %(low)s and %(high)s."),
    "stable_mean": gettext_noop("In %(profiles)s profiles its mean lay between %(low)s and %(high)s."),
    "moves_on": gettext_noop(
        "In %(profiles)s profiles the newest value moved on by about %(hours)s hours each time."
    ),
}
FIGURES = {
    "data_type": gettext_noop("type"),
    "null_percentage": gettext_noop("missing %%"),
    "unique_percentage": gettext_noop("different %%"),
    "completeness_score": gettext_noop("filled %%"),
    "total_count": gettext_noop("rows"),
    "distinct_count": gettext_noop("different values"),
    "mean_value": gettext_noop("mean"),
    "median_value": gettext_noop("median"),
    "min_value": gettext_noop("smallest"),
    "max_value": gettext_noop("largest"),
    "most_common_values": gettext_noop("frequent values"),
}
OF_VALUES = frozenset({"mean_value", "median_value", "min_value", "max_value", "most_common_values"})


def context(run, request):
    """What the template of a profile wants; at most eight queries, however many columns there are."""
    reader = request.reader
    other = against(run, request)
    page = _compared(run, other, request) if other else _listed(run, request)
    for profile in page:
        tell(profile, open_=reader.clearance >= CONFIDENTIAL)
    may_write = writing.may_write(reader, run.capsule, writing.ADD)
    suggest(list(page), reader)
    return {
        "run": run,
        "capsule": run.capsule,
        "page": page,
        "other": other,
        "others": _others(run, reader),
        "moved": sum(drift.is_notable(each.movements) for each in page) if other else None,
        "values_shown": reader.clearance >= CONFIDENTIAL,
        "may_write": may_write,
        "progress": progress_of(run),
    }


def against(run, request):
    """The other profile of this capsule that `against=` names, None if there is none to be seen."""
    asked = request.GET.get("against", "").removeprefix("Q-")
    if not asked.isdecimal() or len(asked) > 15:
        return None
    return _profiles_of(run, request.reader).filter(number=int(asked)).exclude(pk=run.pk).first()


def _profiles_of(run, reader):
    return QualityRun.objects.visible_to(reader).filter(
        capsule=run.capsule_id,
        kind=QualityRun.Kind.PROFILE,
        state__in=[QualityRun.State.FINISHED, QualityRun.State.PARTLY],
    )


def _others(run, reader):
    return list(_profiles_of(run, reader).exclude(pk=run.pk).order_by("-number")[:OTHERS])


def _listed(run, request):
    profiles = profile_store.of_run(run, request.reader).select_related("column")
    order = ("column__ordinal_position", "column__name")
    return paging.page(profiles, request, order=order, size=SHOWN)


def _compared(run, other, request):
    """All columns of both, those that moved most first."""
    older = {each.column_id: each for each in profile_store.of_run(other, request.reader)}
    profiles = list(profile_store.of_run(run, request.reader).select_related("column"))
    open_ = request.reader.clearance >= CONFIDENTIAL
    for profile in profiles:
        before = older.get(profile.column_id)
        found = drift.movements(before, profile) if before else []
        profile.movements = [each for each in found if open_ or each.figure not in OF_VALUES]
        profile.before = before
        profile.much = drift.much(profile.movements)
        profile.name = profile.column.name
    profiles.sort(key=lambda each: (-each.much, each.name))
    return paging.page(profiles, request, order=("-much", "name"), size=SHOWN)


def tell(profile, *, open_):
    """Give a profile what its row shows; values only if they may be seen and are known."""
    profile.name = profile.column.name
    profile.withheld = bool(profile.meta.get("withheld"))
    profile.blank_count = profile.meta.get("blank_count") or 0
    profile.nan_count = profile.meta.get("nan_count") or 0
    profile.values_open = open_ and not profile.withheld
    profile.error = profile.meta.get("error", "")
    profile.moves = [_movement(each) for each in getattr(profile, "movements", ())][:TOP]
    profile.type_before = next(
        (each.before for each in getattr(profile, "movements", ()) if each.figure == "data_type"), ""
    )
    if not profile.values_open:
        return profile
    profile.spread = _spread(profile)
    profile.top = (profile.most_common_values or [])[:TOP]
    profile.mini = mini(profile)
    profile.figure = figure(profile)
    return profile


def _movement(move):
    name = _(FIGURES[move.figure]).replace("%%", "%")
    if move.figure == "most_common_values":
        said = [_("new: %s") % ", ".join(move.after[:3])] if move.after else []
        said += [_("gone: %s") % ", ".join(move.before[:3])] if move.before else []
        return f"{name}: {'; '.join(said) or _('other shares')}"
    return _("%(name)s: %(before)s → %(after)s") % {
        "name": name,
        "before": plain(move.before),
        "after": plain(move.after),
    }


def plain(value):
    """A figure as people read it."""
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, str) or value is None:
        return value or "?"
    if isinstance(value, int):
        return count(value)
    return f"{float(value):,.4g}" if abs(float(value)) < 1e15 else f"{float(value):.4g}"


def _spread(profile):
    if profile.min_value is not None:
        return f"{plain(profile.min_value)} – {plain(profile.max_value)}"
    if profile.earliest_timestamp is not None:
        return f"{profile.earliest_timestamp:%Y-%m-%d} – {profile.latest_timestamp:%Y-%m-%d}"
    if profile.min_text is not None:
        return f"{profile.min_text[:20]} – {profile.max_text[:20]}"
    return ""


def counts_of(profile):
    """[(label, rows)] of the bins or frequencies of a profile, [] if nothing is known."""
    told = profile.value_distribution
    if not isinstance(told, dict):
        return []
    if told.get("kind") == "frequencies":
        return [(str(each["value"]), each["count"]) for each in told.get("values", ())]
    counts = told.get("counts") or []
    return list(zip(_edges(told, len(counts)), counts, strict=True))


def _edges(told, bins):
    low, high = told.get("low"), told.get("high")
    if isinstance(low, str):
        low, high = datetime.fromisoformat(low), datetime.fromisoformat(high)
        return [f"{low + (high - low) * at / bins:%Y-%m-%d %H:%M}" for at in range(bins)]
    return [plain(low + (high - low) * at / bins) for at in range(bins)]


def mini(profile):
    """The histogram in the height of a line, None without one."""
    found = counts_of(profile)
    if not found:
        return None
    return charts.shape([rows for _label, rows in found], title=_("How %s spreads") % profile.name)


def figure(profile):
    """The histogram with its table, None without one."""
    found = counts_of(profile)
    if not found:
        return None
    bins = [(label, "", rows) for label, rows in found]
    drawn = charts.histogram(
        bins,
        nulls=float(profile.null_percentage or 0),
        nulls_label=_("missing"),
        nulls_share=f"{float(profile.null_percentage or 0):.4g} %",
        low=found[0][0],
        high=found[-1][0] if len(found) > 1 else "",
        title=_("How values of %s spread") % profile.name,
        head=(_("From"), _("Rows")),
    )
    return charts.Chart(drawn.svg, drawn.title, drawn.head, tuple(found))


# ---------- suggestions ----------


def suggest(profiles, reader):
    """Give each profile the rules that it and those before suggest and that its column lacks. Two queries."""
    if not profiles:
        return
    open_ = reader.clearance >= CONFIDENTIAL
    columns = [profile.column_id for profile in profiles]
    known = {}
    rules = QualityRule._base_manager.filter(column__in=columns).exclude(meta__has_key="retired_at")
    for column, kind in rules.order_by().values_list("column", "rule_type"):
        known.setdefault(column, set()).add(kind)
    past = _history(columns, max(each.profiled_at for each in profiles)) if open_ else {}
    for profile in profiles:
        found = suggestions(profile.column.name, past.get(profile.column_id, [])) if open_ else []
        profile.suggestions = [
            {
                "key": each.key,
                "title": QualityRule(rule_type=each.rule_type).get_rule_type_display(),
                "why": why(each),
                "draft": each,
            }
            for each in found
            if each.rule_type not in known.get(profile.column_id, ())
        ]


def _history(columns, until):
    """{column: its newest profiles until then, newest first}. One query."""
    newest_first = Window(RowNumber(), partition_by=F("column"), order_by=F("profiled_at").desc())
    rows = ColumnProfile._base_manager.filter(column__in=columns, profiled_at__lte=until)
    found = {}
    for profile in rows.annotate(place=newest_first).filter(place__lte=HISTORY).order_by("column", "place"):
        found.setdefault(profile.column_id, []).append(profile)
    return found


def why(suggestion):
    """The sentence for what speaks for a suggestion."""
    evidence = {
        name: value if isinstance(value, str) else plain(value) for name, value in suggestion.evidence.items()
    }
    return _(WHY[suggestion.why]) % evidence


def accept(profile, key, *, by):
    """Make the rule that a profile of a column suggests under `key`; None if it does so no longer."""
    suggest([profile], by)
    chosen = next((each["draft"] for each in profile.suggestions if each["key"] == key), None)
    if chosen is None:
        return None
    values = {
        "column": profile.column,
        "rule_type": chosen.rule_type,
        "config": dict(chosen.config),
        **chosen.values,
    }
    values["meta"] = {"suggested_by": f"profile of {profile.profiled_at:%Y-%m-%d}"}
    return writing.create(values, by=by, reason=_("Suggested by a profile"))


def draft(number, column, key, reader):
    """The rule that the profile of a number suggests for a column, not saved, with its reason; None if it does not."""
    runs = QualityRun.objects.visible_to(reader).filter(kind=QualityRun.Kind.PROFILE)
    run = runs.filter(number=number, capsule=column.capsule_id).first()
    found = run and profile_store.of_run(run, reader).filter(column=column).select_related("column").first()
    if not found:
        return None
    suggest([found], reader)
    chosen = next((each for each in found.suggestions if each["key"] == key), None)
    if chosen is None:
        return None
    told = chosen["draft"]
    return QualityRule(
        column=column,
        rule_type=told.rule_type,
        config=dict(told.config),
        description=chosen["why"],
        **told.values,
    )


def of_column(column, reader):
    """What the page of a column shows: its latest profile, and whether the reader may ask for another."""
    profile = profile_store.latest(column, reader)
    if profile is not None:
        profile.column = column
        tell(profile, open_=reader.clearance >= CONFIDENTIAL)
    may = bool(running.may_run(reader, column.capsule))
    return {"profile": profile, "may_profile": may, "urn": column.capsule.urn, "column": column.name}


def progress_of(run):
    """What the progress region shows of a profile."""
    told = run_page.progress_of(run)
    note = (
        _("%(done)d of %(total)d columns") % {"done": told["done"], "total": told["total"]}
        if told["total"]
        else ""
    )
    return {**told, "note": note, "url": reverse("quality:profile", args=[run.number])}
