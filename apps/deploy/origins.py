"""What a plan made by a reader leaves alone, and what has vanished from its source (interop.md, errata row E34).

A reader owns the rows that it brought. Columns, keys and indexes of others stay; a description that somebody has
written since the last reading stays; capsules that vanished are marked, and retired only by choice.
"""

from dataclasses import asdict

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalog import access, key_entries, retirement
from apps.catalog.documents.renames import HINT
from apps.catalog.models import Capsule, Column, Index
from apps.catalog.retirement import MISSING
from apps.dcs.refusals import Conflict
from apps.policy import holds

from .readers.found import COLUMN_META
from .wanted import declared

SAID = "read_from"  # in the meta of a capsule: what its reader said last
MOST = 1_000  # missed statements and vanished capsules that a plan keeps


def read_by(found, job=None):
    """What a plan keeps of the reading that it comes from; JSON values."""
    return {
        "origin": found.origin,
        "source": found.source,
        "name": found.name or found.source,
        "scope": list(found.scope) if found.is_whole else [],
        "job": job.number if job is not None else None,
        "places": found.places or {},
        "missed": [asdict(each) for each in found.missed[:MOST]],
        "missed_count": len(found.missed),
    }


# ---------- while planning ----------


def with_renames(contents):
    """The documents with hints at columns that have another name now: formats with field ids know them by these."""
    named = {}
    for content in contents:
        columns = content.get("schema", {}).get("columns", ())
        ids = {each.get("meta", {}).get("field_id"): each["name"] for each in columns}
        ids.pop(None, None)
        if ids:
            named[content["urn"]] = ids
    if not named:
        return contents
    rows = Column._base_manager.filter(
        capsule__urn__in=named, retired_at__isnull=True, meta__doc__schema__meta__has_key="field_id"
    )
    hints = {}
    for urn, name, number in rows.values_list("capsule__urn", "name", "meta__doc__schema__meta__field_id"):
        now = named[urn].get(number)
        if now is not None and now != name and name not in named[urn].values() and "." not in name:
            hints[urn, now] = name
    return tuple(_hinted(content, hints) for content in contents) if hints else contents


def _hinted(content, hints):
    columns = [
        each if (before := hints.get((content["urn"], each["name"]))) is None else {**each, HINT: before}
        for each in content.get("schema", {}).get("columns", ())
    ]
    return {**content, "schema": {**content["schema"], "columns": columns}} if columns else content


def keep(steps, read):
    """Put back into what is wanted the things of other origins, and texts that were written since; notes what is kept."""
    stored = [step for step in steps if step.before is not None]
    if not read or not stored:
        return
    capsules = [step.capsule for step in stored]
    foreign = _foreign(capsules, read["origin"])
    for step in stored:
        columns, keys, indexes = (kept.get(step.capsule.pk) for kept in foreign)
        _keep_columns(step, columns or set())
        _keep_keys(step, keys or ({}, []))
        _keep_indexes(step, indexes or set())
        _keep_words(step, read)
        _keep_upstream(step)


def _foreign(capsules, origin):
    """What others brought: {capsule id: names of columns}, {capsule id: keys as in documents}, {capsule id: indexes}."""
    columns, indexes = {}, {}
    others = ~Q(meta__origin=origin) | Q(meta__origin__isnull=True)
    current = Column._base_manager.filter(others, capsule__in=capsules, retired_at__isnull=True)
    for capsule, name in current.values_list("capsule_id", "name"):
        columns.setdefault(capsule, set()).add(name)
    rows = Index._base_manager.filter(others, capsule__in=capsules)
    for capsule, name in rows.values_list("capsule_id", "name"):
        indexes.setdefault(capsule, set()).add(name)
    return columns, key_entries.constraints(capsules, but_of=origin), indexes


def _keep_columns(step, names):
    schema, before = step.wanted.get("schema"), step.before.get("schema", {})
    if schema is None:
        return
    known = {name for name, _entry in declared(step.wanted)}
    schema["columns"] = [*schema.get("columns", ())]
    for entry in before.get("columns", ()):
        if entry["name"] in names and entry["name"] not in known:
            schema["columns"].append(entry)
    for key in before:
        if key == "meta" or key.startswith("x-"):
            schema.setdefault(key, before[key])


def _keep_keys(step, keys):
    own, wide = keys
    schema = step.wanted.get("schema")
    if schema is None:
        return
    mine = {_key(entry, names) for entry, names in _keys_of(schema)}
    has_primary = any(key[0] == "primary_key" for key in mine)

    def stays(entry, names):
        return _key(entry, names) not in mine and not (entry["type"] == "primary_key" and has_primary)

    names = {name for name, _entry in declared(step.wanted)}
    by_name = dict(declared(step.wanted))
    for name, entries in own.items():
        kept = [entry for entry in entries if stays(entry, [name])]
        if name in names and kept:
            by_name[name]["constraints"] = [*by_name[name].get("constraints", ()), *kept]
            if any(entry["type"] in ("primary_key", "not_null") for entry in kept):
                by_name[name]["is_nullable"] = False
    kept = [entry for entry in wide if stays(entry, entry["columns"]) and names.issuperset(entry["columns"])]
    if kept:
        schema["constraints"] = [*schema.get("constraints", ()), *kept]


def _keys_of(schema):
    for name, entry in declared({"schema": schema}):
        for one in entry.get("constraints", ()):
            yield one, [name]
    for one in schema.get("constraints", ()):
        yield one, one["columns"]


def _key(entry, names):
    """What tells a key from others of its table: on the same columns there is one of a kind; checks differ by what they say."""
    return entry["type"], tuple(names), entry.get("expression") if entry["type"] == "check" else None


def _keep_indexes(step, names):
    schema = step.wanted.get("schema")
    if schema is None:
        return
    known = {entry["name"] for entry in schema.get("indexes", ())}
    kept = [
        entry
        for entry in step.before.get("schema", {}).get("indexes", ())
        if entry["name"] in names and entry["name"] not in known
    ]
    if kept:
        schema["indexes"] = [*schema.get("indexes", ()), *kept]


def _keep_words(step, read):
    """Descriptions that the source does not give stay, and those that differ from what it gave last time."""
    said = (step.capsule.meta.get(SAID) or {}).get("texts") or {}
    mine = step.wanted.get("description", "")
    kept = _settled(mine, step.before.get("description", ""), said.get("", ""))
    if kept != mine:
        _note(step, "/description", read, kept, mine)
        step.wanted["description"] = kept
    before = dict(declared(step.before))
    for name, entry in declared(step.wanted):
        if name not in before:
            continue
        theirs, text = before[name].get("description", ""), entry.get("description", "")
        kept = _settled(text, theirs, said.get(name, ""))
        if kept != text:
            if text:
                _note(step, f"/schema/columns/{name}/description", read, kept, text)
            entry["description"] = kept
        meta = {k: v for k, v in before[name].get("meta", {}).items() if k not in COLUMN_META}
        if meta:
            entry["meta"] = {**meta, **entry.get("meta", {})}
        for key, value in before[name].items():
            if key.startswith("x-"):
                entry.setdefault(key, value)


def _settled(new, stored, last):
    """The text that holds: the source's, unless it gives none, or somebody has written another since it gave `last`."""
    return new if new and (not stored or stored == last) else stored or new


def _note(step, pointer, read, kept, offered):
    if offered:
        by = _("somebody since %(source)s was read") % {"source": read["source"]}
        step.kept.append({"pointer": pointer, "by": by, "at": "", "kept": kept, "document": offered})


def _keep_upstream(step):
    """What somebody else declared to flow into a view stays beside what its query reads."""
    said = (step.capsule.meta.get(SAID) or {}).get("upstream") or []
    wanted, before = step.wanted.get("lineage"), step.before.get("lineage", {})
    if not wanted:
        return
    found = list(wanted.get("upstream", ()))
    found += [urn for urn in before.get("upstream", ()) if urn not in said and urn not in found]
    if found:
        step.wanted["lineage"] = {**wanted, "upstream": found}


def texts(document):
    """{name of a column, "" for the capsule: the description that a document gives}."""
    found = {"": document.get("description", "")}
    found |= {name: entry.get("description", "") for name, entry in declared(document)}
    return {name: text for name, text in found.items() if text}


def notes(documents, read):
    """{URN: what is kept in the meta of each capsule} of the documents of a plan."""
    if not read:
        return {}
    return {
        document.urn: {
            "origin": read["origin"],
            SAID: {
                "source": read["source"],
                "job": read["job"],
                "texts": texts(document.canonical),
                "upstream": document.canonical.get("lineage", {}).get("upstream", []),
            },
        }
        for document in documents
    }


def vanished(read, urns, reader):
    """(those that are gone, those that are back) of a complete reading: [{urn, name, since}], [urn].

    Only capsules that the reader sees and may edit are told of.
    """
    if not read:
        return [], []
    back = Capsule.objects.visible_to(reader).filter(urn__in=urns, meta__has_key=MISSING)
    gone = []
    if read["scope"]:
        inside = Q()
        for start in read["scope"]:
            inside |= Q(urn__startswith=start)
        found = (
            Capsule.objects.visible_to(reader)
            .filter(inside, meta__origin=read["origin"], retired_at__isnull=True)
            .exclude(urn__in=urns)
            .select_related("owner", "domain")
            .order_by("urn")
        )
        verdicts = {}
        for capsule in found[:MOST]:
            place = (capsule.owner_id, capsule.domain_id)
            if place not in verdicts:
                verdicts[place] = access.may_edit(reader, capsule)
            if verdicts[place]:
                gone.append(
                    {"urn": capsule.urn, "name": capsule.name, "since": capsule.meta.get(MISSING, "")}
                )
    return gone, sorted(back.values_list("urn", flat=True))


def told_to(reader, reading):
    """What a plan keeps of its reading, without the capsules that `reader` may not know of."""
    named = [*reading.get("places", ()), *(each["urn"] for each in reading.get("vanished", ()))]
    hidden = hidden_among(named, reader)
    if not hidden:
        return reading
    places = {urn: line for urn, line in reading.get("places", {}).items() if urn not in hidden}
    gone = [each for each in reading.get("vanished", ()) if each["urn"] not in hidden]
    back = [urn for urn in reading.get("back", ()) if urn not in hidden]
    return {**reading, "places": places, "vanished": gone, "back": back}


def hidden_among(urns, reader):
    """Those of some capsules that a reader may not know of."""
    found = Capsule._base_manager.filter(urn__in=urns, visibility_rank__gt=reader.clearance)
    return set(found.values_list("urn", flat=True)) if urns else set()


# ---------- deciding and applying ----------


def decide(plan, *, reader, accept="", retire=()):
    """Note what a person decides about a plan of a reader: that it is partial, by its name, and who may go.

    Raises `Conflict` with code plan_partial where the name is another, no_such_capsule where one has not vanished.
    """
    if accept:
        if accept.strip() != plan.reading.get("name") or not plan.is_partial:
            raise Conflict(
                _("%(plan)s is accepted by the name of what was read: %(name)s.")
                % {"plan": plan, "name": plan.reading.get("name", "")},
                code="plan_partial",
                fields={"accept_partial": [_("Write the name exactly: %s") % plan.reading.get("name", "")]},
            )
        plan.reading["accepted"] = {"by": reader.name, "at": timezone.now().isoformat()}
    known = {each["urn"] for each in plan.reading.get("vanished", ())}
    if strangers := sorted(set(retire) - known):
        raise Conflict(
            _("%(urn)s has not vanished by this plan.") % {"urn": strangers[0]},
            code="no_such_capsule",
            fields={"retire": [strangers[0]]},
        )
    if retire:
        _refuse_held(retire)
        plan.reading["retire"] = sorted(retire)
    if accept or retire:
        plan.save(update_fields=["reading"])


def _refuse_held(urns):
    """Raise `Conflict` where a legal hold stands on one of them."""
    found = {capsule.pk: capsule for capsule in Capsule._base_manager.filter(urn__in=urns).order_by("urn")}
    held = holds.held(found)
    if said := [retirement.held(capsule) for key, capsule in found.items() if key in held]:
        raise Conflict(said[0], code="legal_hold", fields={"retire": said})


def require_accepted(plan):
    """Raise `Conflict` with code plan_partial for a plan that misses something, and nobody has said that this is right."""
    if plan.is_partial and not plan.reading.get("accepted"):
        missed = plan.reading["missed"]
        said = [_line(each) for each in missed[:20]]
        words = _(
            "%(n)d statements of %(name)s were not understood. Accept that by its name, or mend the file and read it again."
        )
        raise Conflict(
            words % {"n": plan.reading["missed_count"], "name": plan.reading["name"]},
            code="plan_partial",
            fields={"accept_partial": said},
        )


def _line(each):
    place = _("line %(line)s: ") % {"line": each["line"]} if each["line"] else ""
    return f"{place}{each['text'][:120]} ({each['why']})"


def named_besides(plan):
    """URNs of the capsules that an apply may touch besides those of its documents."""
    return [each["urn"] for each in plan.reading.get("vanished", ())] + plan.reading.get("back", [])


def settle(plan, reader):
    """Mark what has vanished, retire what was chosen, and take the mark off what is back; within the apply's transaction.

    Returns the keys of the capsules that were touched.
    """
    if not plan.reading:
        return []
    retire, touched = set(plan.reading.get("retire", ())), []
    gone = [each["urn"] for each in plan.reading.get("vanished", ())]
    found = Capsule._base_manager.filter(
        urn__in=gone, retired_at__isnull=True, meta__origin=plan.reading["origin"]
    )
    for capsule in found.select_related("owner", "domain").order_by("urn"):
        if capsule.urn in retire:
            access.may_retire(reader, capsule).or_refuse()
            retirement.retire(capsule)
        elif MISSING not in capsule.meta:
            access.may_edit(reader, capsule).or_refuse()
            capsule.meta[MISSING] = timezone.now().isoformat()
            capsule.save(update_fields=["meta"])
        else:
            continue
        touched.append(capsule.pk)
    back = Capsule._base_manager.filter(urn__in=plan.reading.get("back", ()), meta__has_key=MISSING)
    for capsule in back:
        del capsule.meta[MISSING]
        capsule.save(update_fields=["meta"])
        touched.append(capsule.pk)
    return touched
