"""What is around the capsules of a plan: facts for the comparison, contracts and people for the judgement."""

from collections import defaultdict

from apps.catalog.changes.facts import SENSITIVITY, Facts, ValueDomain
from apps.catalog.changes.notices import Dealings, SignOff
from apps.catalog.models import Capsule, Constraint
from apps.catalog.models import ValueDomain as Stored
from apps.contracts import announcing, overriding
from apps.contracts import document as contracts
from apps.people.roles import LEVELS, ROLES
from apps.provenance.models import CapsuleEdge

CLEARANCES = {role.name: LEVELS[role.clearance] for role in ROLES.values()}


class Surroundings:
    """Everything that comparing and judging many capsules asks of the database, in nine queries."""

    def __init__(self, capsules, states, author):
        self._author = author
        self._domains = _domains(states)
        self._sensitivities = _sensitivities(states)
        urns = [state["urn"] for state in states]
        self._referring = _referring(urns)
        self.downstream = _downstream(urns)
        self._contracts = contracts.stored(capsules)
        self._keys = dict(Capsule._base_manager.filter(pk__in=capsules).values_list("urn", "pk"))
        self._told, self._under = announcing.told(capsules)
        self._overrides = overriding.granted(capsules)

    def facts(self, urn, renames):
        """The `Facts` of one capsule's comparison."""
        return Facts(
            domains=self._domains,
            clearances=CLEARANCES,
            sensitivities=self._sensitivities,
            referenced_by=self._referring[urn],
            renames=[renames] if renames else (),
        )

    def contract(self, capsule_id):
        """The contract that judges: the one in force, else the newest, with its stored status; None for none."""
        rows = self._contracts.get(capsule_id, [])
        row = next((row for row in rows if row.is_in_force), rows[0] if rows else None)
        return None if row is None else {**contracts.entry(row), "status": row.status}

    def dealings(self, urn):
        """Who depends on the capsule, who asks, and what was announced, answered and signed so far."""
        key = self._keys.get(urn)
        held = next((row for row in self._contracts.get(key, []) if row.is_in_force), None)
        return Dealings(
            announcements=tuple(self._told.get(key, ())),
            downstream=frozenset(self.downstream[urn]),
            deprecation_announced=_deprecation_announced(held),
            author=self._author,
            sign_off=self._sign_off(key, held),
            override=self._override(key, held),
        )

    def _override(self, key, held):
        """What two people agreed to let through under the contract in force; the last of it."""
        version = held.version if held is not None else None
        found = [told for under, told in self._overrides.get(key, ()) if under == version]
        return found[-1] if found else None

    def _sign_off(self, key, held):
        """The version in force, where it was signed after the change was announced under another."""
        under = self._under.get(key)
        if held is None or under is None or under == held.version or not held.approved_by_user_id:
            return None
        return SignOff(held.version, held.approved_by_user.get_username(), replaces=under)


def _deprecation_announced(held):
    """The day on which the text with the last day was approved; every later approval counts anew."""
    if held is None or held.approved_at is None or held.deprecation_date is None:
        return None
    return held.approved_at.date()


def _domains(states):
    names = {
        entry["value_domain"]
        for state in states
        for entry in state.get("columns", {}).values()
        if "value_domain" in entry
    }
    found = {}
    for row in Stored._base_manager.filter(name__in=names):
        codes = row.allowed_values
        values = None
        if codes is not None:
            values = tuple(one.get("code") if isinstance(one, dict) else one for one in codes)
        found[row.name] = ValueDomain(values, row.is_extensible)
    return found


def _sensitivities(states):
    urns = {urn for state in states for urn in state.get("lineage", {}).get("upstream", ())}
    rows = Capsule._base_manager.filter(urn__in=urns).values_list("urn", "sensitivity_rank")
    return {urn: SENSITIVITY[rank - 1] for urn, rank in rows}


def _referring(urns):
    """{URN: {its column: URNs of columns elsewhere whose foreign keys point to it}}."""
    found = defaultdict(dict)
    rows = Constraint._base_manager.filter(
        kind=Constraint.Kind.FOREIGN_KEY, referenced_table_urn__in=urns, column__retired_at__isnull=True
    ).values_list("referenced_table_urn", "referenced_column_urn", "column__urn")
    for table, column, referring in rows:
        if column:
            name = column.removeprefix(f"{table}.")
            found[table].setdefault(name, []).append(referring)
    return found


def _downstream(urns):
    found = defaultdict(list)
    rows = CapsuleEdge._base_manager.filter(source_urn__in=urns).order_by("target_urn")
    for source, target in rows.values_list("source_urn", "target_urn"):
        found[source].append(target)
    return found
