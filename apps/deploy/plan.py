"""Plans: what documents would change, by capsule and dimension, judged by the contracts in force (format, section 7)."""

from collections import Counter
from dataclasses import asdict, dataclass, field

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalog import documents, snapshots
from apps.catalog.changes.advice import advise, concerned, suggestions
from apps.catalog.changes.change import B
from apps.catalog.changes.classify import classify
from apps.catalog.changes.codes import DIMENSIONS
from apps.catalog.changes.judge import BLOCKED, judge
from apps.catalog.documents.lineage import cycles
from apps.catalog.models import Capsule, CapsuleVersion, Column
from apps.dcs.refusals import Conflict
from apps.glossary import late

from . import contradictions, exporting, holding, origins, rights, unseen, wanted
from .known import known_to
from .models import LASTS, Plan
from .surroundings import Surroundings

ADD_TERM = "glossary.add_term"
READ = (
    "origin",
    "source",
    "name",
    "scope",
    "job",
    "places",
    "missed",
    "missed_count",
)  # of a reading, what no plan works out
NAMED = 3  # capsules that lists tell by name


class DocumentInvalid(Exception):
    """The file cannot be planned; `problems` say why, each with its place."""

    def __init__(self, reading):
        self.reading = reading
        self.problems, self.too_large = reading.problems, reading.too_large
        super().__init__(_("The document has %(n)s problems.") % {"n": len(reading.problems)})


@dataclass(frozen=True)
class Options:
    """How documents are taken: what is not named stays, people's values give way, warnings are errors.

    `create_terms` makes drafts of the terms that are named and not there.
    """

    keep_unlisted: bool = False
    overwrite: bool = False
    strict: bool = False
    create_terms: bool = False


@dataclass
class Step:
    """What one document does to one capsule; `before` is the stored state, None if there is none in use."""

    urn: str
    capsule: Capsule | None
    before: dict | None
    wanted: dict
    renames: dict
    base: str
    version: int
    changes: list = field(default_factory=list)
    decision: object = None
    held: dict = field(default_factory=dict)
    kept: list = field(default_factory=list)
    unlisted: list = field(default_factory=list)
    awaiting: list = field(default_factory=list)

    @property
    def compared(self):
        """What is wanted, without observations and the past, which are no part of a state."""
        return {key: value for key, value in self.wanted.items() if key not in wanted.PAST}

    @property
    def moves(self):
        """True if something is to be written; equal normal forms are not."""
        return bool(self.changes)


@dataclass
class Draft:
    """A plan before it is stored: steps in order of dependency, with everything they were judged by."""

    documents: list
    steps: list
    around: Surroundings
    options: Options
    warnings: list
    new_terms: list = field(default_factory=list)
    read: dict = field(default_factory=dict)

    @property
    def moves(self):
        return bool(self.new_terms) or self.marks or any(step.moves for step in self.steps)

    @property
    def marks(self):
        """True if a capsule has vanished from what was read, and does not say so yet, or one is back."""
        gone = self.read.get("vanished", ())
        return bool(self.read.get("back")) or any(not each["since"] for each in gone)

    @property
    def blocked(self):
        return [step for step in self.steps if step.decision.outcome == BLOCKED]


def limits():
    """How large documents may be; the setting `DOCUMENT_LIMITS` changes single bounds."""
    return documents.Limits(**settings.DOCUMENT_LIMITS)


def read(data, reader, options=Options()):  # noqa: B008 - frozen
    """The documents of a file as this reader may plan them. Raises `DocumentInvalid`."""
    reading = documents.read(data, known=known_to(reader), strict=options.strict, limits=limits())
    if not reading.valid:
        raise DocumentInvalid(reading)
    if partial := exporting.refuse_incomplete(reading.documents):
        raise Conflict(_incomplete(partial[0]), code="export_incomplete")
    return reading


def _incomplete(urn):
    said = _("%(urn)s was exported with parts hidden; planning it would retire them (E402).")
    return said % {"urn": urn}


def draft(found, reader, options, warnings=(), read=None):
    """Compare documents with what is stored and judge the changes; writes nothing.

    `read` is what the reader that made the documents said besides (`origins.read_by`); nothing for a person's.
    Raises `PermissionDenied` where the reader may not change what a document changes.
    """
    urns = [document.urn for document in found]
    capsules = {
        capsule.urn: capsule
        for capsule in Capsule._base_manager.filter(urn__in=urns).select_related(
            "owner", "domain", "source_system"
        )
    }
    _all_seen(capsules, reader)
    used = {
        urn: one for urn, one in capsules.items() if one.retired_at is None and "placeholder" not in one.meta
    }
    states = snapshots.states_of(used.values())
    bases = base_hashes(capsules, {urn: states[capsule.pk] for urn, capsule in used.items()})
    steps = []
    for document in _in_order(found):
        capsule = capsules.get(document.urn)
        before = states.get(capsule.pk) if capsule and document.urn in used else None
        state, renames = wanted.of(document, before)
        base = (bases[document.urn], bases.numbers.get(document.urn, 0) if before is not None else 0)
        steps.append(Step(document.urn, capsule, before, state, renames, *base))
    origins.keep(steps, read)
    unseen.keep(steps, reader)
    _keep(steps, reader, options)
    holding.await_decisions(steps)
    everything = [state for step in steps for state in (step.before, step.wanted) if state]
    around = Surroundings([capsule.pk for capsule in used.values()], everything, reader.name)
    today = timezone.now().date()
    for step in steps:
        step.changes = classify(step.before, step.compared, around.facts(step.urn, step.renames))
        contract = around.contract(step.capsule.pk) if step.before is not None else None
        step.decision = judge(step.changes, contract, today=today, dealings=around.dealings(step.urn))
    contradictions.block(steps, on=today)
    rights.permit(steps, reader)
    holding.hold(steps)
    new_terms = _new_terms(steps, reader) if options.create_terms else []
    if read:
        gone, back = origins.vanished(read, urns, reader)
        read = {key: read[key] for key in READ} | {"vanished": gone, "back": back}
    return Draft(found, steps, around, options, list(warnings), new_terms, read or {})


def _new_terms(steps, reader):
    found = late.missing(step.wanted for step in steps)
    if found and not reader.may(ADD_TERM):
        raise PermissionDenied(_("You may not write the term %(name)s.") % {"name": found[0]})
    return found


def base_hashes(capsules, states):
    """{URN: state hash} of stored capsules; `absent` for what is not in use."""
    numbers = dict(
        CapsuleVersion._base_manager.filter(
            capsule__in=[capsule.pk for capsule in capsules.values()], is_current=True
        ).values_list("capsule__urn", "number")
    )
    found = _Bases({urn: documents.state_hash(state, numbers.get(urn, 0)) for urn, state in states.items()})
    found.numbers = numbers
    return found


class _Bases(dict):
    numbers = {}  # {URN: number of the current version}

    def __missing__(self, urn):
        return documents.state_hash(None, 0)


def _all_seen(capsules, reader):
    """Nobody plans what they cannot see: what is hidden from them would be retired (errata row E12)."""
    seen = set(Capsule.objects.visible_to(reader).filter(urn__in=capsules).values_list("urn", flat=True))
    if hidden := sorted(capsules.keys() - seen):
        raise PermissionDenied(_("You may not change %(urn)s.") % {"urn": hidden[0]})


def _in_order(found):
    """Documents so that what others are made of comes first; those of a cycle as they were written."""
    by_urn = {document.urn: document for document in found}
    graph = {
        urn: [one for one in document.canonical.get("lineage", {}).get("upstream", ()) if one in by_urn]
        for urn, document in by_urn.items()
    }
    circled = {urn for circle in cycles(graph) for urn in circle}
    done, order = set(), []
    for root in by_urn:
        stack = [(root, False)]
        while stack:
            urn, ready = stack.pop()
            if urn in done:
                continue
            if ready or urn in circled:
                done.add(urn)
                order.append(by_urn[urn])
            else:
                stack.append((urn, True))
                stack += [(one, False) for one in reversed(graph[urn]) if one not in done]
    return order


def _keep(steps, reader, options):
    stored = [step for step in steps if step.before is not None]
    columns = {}
    if stored and not options.overwrite:
        edited = Column._base_manager.filter(
            capsule__in=[step.capsule for step in stored], meta__has_key="provenance", retired_at__isnull=True
        ).only("capsule_id", "name", "meta")
        for column in edited:
            columns.setdefault(column.capsule_id, []).append(column)
    for step in stored:
        if options.keep_unlisted:
            step.unlisted = wanted.keep_unlisted(step.wanted, step.before)
        if not options.overwrite:
            mine = columns.get(step.capsule.pk, [])
            step.kept += wanted.keep_by_hand(step.wanted, step.before, step.capsule, mine, reader.name)


def make(data, reader, options=Options()):  # noqa: B008 - frozen
    """Read a file, plan it and store the plan; returns the `Plan`. Raises `DocumentInvalid`, `PermissionDenied`."""
    reading = read(data, reader, options)
    return keep(draft(reading.documents, reader, options, reading.warnings), reader)


def again(made, reader):
    """Plan the documents of a stored plan once more, over what is stored now; returns the new `Plan`."""
    found = documents_of(made)
    if partial := exporting.refuse_incomplete(found):
        raise Conflict(_incomplete(partial[0]), code="export_incomplete")
    return keep(draft(found, reader, Options(**made.options), read=made.reading), reader)


def documents_of(made):
    """The documents of a stored plan."""
    return [
        documents.Document(number, entry["canonical"], frozenset(entry["sections"]), None, None)
        for number, entry in enumerate(made.content, 1)
    ]


def keep(drafted, reader):
    """Store a draft as a `Plan` that lasts a day."""
    plan = Plan(
        author=reader.user,
        document_hash=documents.bundle_hash(document.hash for document in drafted.documents),
        base={step.urn: step.base for step in drafted.steps},
        options=asdict(drafted.options),
        reading=drafted.read,
        content=[
            {"canonical": document.canonical, "sections": sorted(document.sections)}
            for document in drafted.documents
        ],
        expires_at=timezone.now() + LASTS,
    )
    plan.result = {"plan_id": str(plan.pk), "document_hash": plan.document_hash, **result(drafted)}
    plan.save(force_insert=True)
    plan.refresh_from_db(fields=["number", "created_at", "updated_at"])
    return plan


def result(drafted):
    """The answer of section 7, JSON values only."""
    return {
        "result": "changes" if drafted.moves else "no_change",
        "summary": summary(drafted),
        "capsules": [_capsule(step, drafted.around) for step in drafted.steps],
        "new_terms": drafted.new_terms,
        "warnings": [problem_json(problem) for problem in drafted.warnings],
    }


def summary(drafted):
    """The plan in short, for lists: its first capsules by name, and how many are made, changed, broken and blocked."""
    actions = Counter(action(step) for step in drafted.steps)
    changes = [change for step in drafted.steps for change in step.changes]
    return {
        "named": [step.wanted["name"] for step in drafted.steps[:NAMED]],
        "capsules": len(drafted.steps),
        **{action: actions[action] for action in ("create", "change", "no_change")},
        "changes": len(changes),
        "breaking": sum(max(change.consumer, change.producer) is B for change in changes),
        "blocked": len(drafted.blocked),
    }


def action(step):
    """What happens to the capsule of a step: create, change or no_change."""
    return "no_change" if not step.moves else "create" if step.before is None else "change"


def problem_json(problem):
    """A problem of the document as the API and the command line show it."""
    return asdict(problem)


def _capsule(step, around):
    items = {name: [] for name in DIMENSIONS}
    for change in step.changes:
        items[change.dimension].append(change.item())
    found = {
        "urn": step.urn,
        "base_state_hash": step.base,
        "base_version": step.version,
        "action": action(step),
        "dimensions": {name: dimension(items[name]) for name in DIMENSIONS},
        "verdict": _verdict(step.decision),
        "kept": step.kept,
        "unlisted": step.unlisted,
        "awaiting": step.awaiting,
        "approvals": holding.approvals(step),
        "touched": {
            "consumers": list(step.decision.notify),
            "downstream": around.downstream[step.urn],
            "upstream": sorted({urn for one in concerned(step.changes, step.wanted) for urn in one.upstream}),
        },
        "suggestions": [asdict(one) for one in suggestions(step.before, step.wanted)] if step.before else [],
        "advice": [],
    }
    before = step.before or {}
    if advice := advise(step.changes, before.get("version"), step.wanted.get("version")):
        found["advice"] = [asdict(advice)]
    return found


def dimension(items):
    """The items of one dimension with their numbers, and the one word for all of them."""
    count = Counter(item["action"] for item in items)
    if not items:
        return {"result": "no_change", "create": 0, "change": 0, "retire": 0, "items": []}
    word = next(iter(count)) if len(count) == 1 else "change"
    return {"result": word, **{name: count[name] for name in ("create", "change", "retire")}, "items": items}


def _verdict(decision):
    return {
        "consumer": str(decision.consumer),
        "producer": str(decision.producer),
        "policy": decision.policy,
        "decision": decision.outcome,
        "reasons": [
            {"rule": reason.rule, "codes": list(reason.codes), "text": str(reason.text)}
            for reason in decision.reasons
        ],
        "unblocks_at": decision.unblocks_at.isoformat() if decision.unblocks_at else None,
    }
