"""The catalogue's own tables say at any moment what the other tables say, whoever wrote them and how."""

import json
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.context import acting
from apps.catalog.models import Capsule, CapsuleTag, Column, Domain, IngestionJob, Tag
from apps.catalog.vocabularies import LAYERS
from apps.contracts.models import Contract, Watch
from apps.glossary.models import Term, TermLink
from apps.people.reader import system
from apps.policy.models import MaskingRule, Policy
from apps.provenance.models import CapsuleEdge, RunCapsule
from apps.quality.models import QualityCheck, QualityRule
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    CapsuleTagFactory,
    ColumnFactory,
    ContractFactory,
    DomainFactory,
    IngestionJobFactory,
    MaskingRuleFactory,
    OwnerFactory,
    PolicyFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    TagFactory,
    TermFactory,
    TermLinkFactory,
    UserFactory,
    WatchFactory,
)
from tests.factories.approvals import approved

pytestmark = pytest.mark.django_db
SECRET = 5


def facts(capsule, clearance=2):
    """The row that somebody of that clearance sees."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(f) FROM dcs.capsule_facts f"
            " WHERE capsule_id = %s AND %s BETWEEN visible_from AND visible_to",
            [capsule.pk, clearance],
        )
        ((row,),) = cursor.fetchall()
        return json.loads(row)


def everything():
    """All that is derived, in a form that can be compared."""
    found = {}
    with connection.cursor() as cursor:
        for table in ("capsule_facts", "capsule_search", "capsule_words", "search_names"):
            cursor.execute(f"SELECT to_jsonb(t) - 'computed_on' - 'ord' FROM dcs.{table} t")
            found[table] = sorted(row for (row,) in cursor)
        cursor.execute("SELECT DISTINCT name FROM dcs.columns EXCEPT SELECT name FROM dcs.column_names")
        found["names nobody learned"] = [name for (name,) in cursor]
    return found


def recount():
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.refresh_capsule_facts(NULL)")
        return cursor.fetchone()[0]


# ---------- what is counted ----------


def test_a_new_capsule_is_listed_at_once():
    capsule = CapsuleFactory(name="Orders", columns=["order_id", "amount"], complete=True)

    row = facts(capsule)
    assert row["name_key"] == "orders"
    assert row["column_count"] == row["described_columns"] == 2
    assert row["domain_key"] == capsule.domain.name.lower()
    assert row["completeness"] == 2, "it lies somewhere and has columns"
    assert row["quality_score"] is None


def test_every_kind_of_row_below_a_capsule_counts_for_it():
    capsule = CapsuleFactory(columns=["email"])
    column = capsule.columns.get()

    Column.objects.filter(pk=column.pk).update(pii_type="email")
    TermLinkFactory(column=column)
    QualityRuleFactory(column=column)
    QualityRuleFactory(capsule=capsule, is_enabled=False)
    PolicyFactory(column=column, active=True, sensitivity_level="restricted")
    MaskingRuleFactory(column=column)
    ContractFactory(capsule=capsule, active=True)
    CapsuleEdgeFactory(target=capsule)
    CapsuleTagFactory(capsule=capsule, tag__name="daily")

    row = facts(capsule)
    assert (row["pii_columns"], row["term_count"], row["rule_count"], row["enabled_rules"]) == (1, 1, 2, 1)
    assert (row["sensitivity_rank"], row["has_masking"], row["frameworks"]) == (4, True, ["GDPR"])
    assert (row["contract_status"], row["freshness_sla"]) == ("active", "PT4H")
    assert (row["upstream_count"], row["downstream_count"]) == (1, 0)
    assert (row["tags"], row["completeness"]) == (["daily"], 7)


def test_what_the_monitor_found_of_the_contract_in_force_is_listed_at_once():
    watch = WatchFactory()
    capsule, now = watch.contract.capsule, timezone.now()
    assert (facts(capsule)["health"], facts(capsule)["data_updated_at"]) == ("unknown", None)

    Watch.objects.filter(pk=watch.pk).update(health="at_risk", data_updated_at=now)

    assert facts(capsule)["health"] == "at_risk"
    assert datetime.fromisoformat(facts(capsule)["data_updated_at"]) == now
    watch.delete()
    assert facts(capsule)["health"] == "unknown", "in force, and nobody has looked"


def test_what_a_hidden_contract_promises_is_not_told():
    capsule = CapsuleFactory()
    contract = ContractFactory(capsule=capsule, active=True, visibility_rank=SECRET)

    WatchFactory(contract=contract, health="broken", data_updated_at=timezone.now())

    assert (facts(capsule)["health"], facts(capsule)["data_updated_at"]) == (None, None)
    assert facts(capsule, SECRET)["health"] == "broken"


def test_data_is_as_new_as_the_last_completed_run_that_wrote_it_and_that_everybody_sees():
    capsule, now = CapsuleFactory(), timezone.now()
    hidden = IngestionJobFactory(completed_at=now, visibility_rank=SECRET)
    read = IngestionJobFactory(completed_at=now)
    run = IngestionJobFactory(status="running")
    RunCapsule.objects.create(run=hidden, capsule=capsule, role="output")
    RunCapsule.objects.create(run=read, capsule=capsule, role="input")
    RunCapsule.objects.create(run=run, capsule=capsule, role="output")
    assert facts(capsule)["data_updated_at"] is None

    done = now - timedelta(hours=2)
    IngestionJob.objects.filter(pk=run.pk).update(status="completed", completed_at=done)

    assert datetime.fromisoformat(facts(capsule)["data_updated_at"]) == done
    IngestionJob.objects.filter(pk=run.pk).delete()
    assert facts(capsule)["data_updated_at"] is None


def test_the_score_is_the_weighted_share_of_rules_whose_latest_check_passed():
    capsule = CapsuleFactory(columns=["amount"])
    column = capsule.columns.get()
    light = QualityRuleFactory(capsule=capsule)
    heavy = QualityRuleFactory(column=column, meta={"weight": 3})
    skipped, never, disabled = (QualityRuleFactory(capsule=capsule) for _ in range(3))
    now = timezone.now()

    QualityCheckFactory(rule=light, status="passed", checked_at=now)
    QualityCheckFactory(rule=heavy, status="passed", checked_at=now - timedelta(days=1))
    QualityCheckFactory(rule=heavy, status="warning", checked_at=now)
    QualityCheckFactory(rule=skipped, status="skipped", checked_at=now)
    QualityCheckFactory(rule=disabled, status="failed", checked_at=now)
    QualityRule.objects.filter(pk=disabled.pk).update(is_enabled=False)

    row = facts(capsule)
    assert row["quality_score"] == pytest.approx(25)
    assert row["worst_outcome"] == "warning"
    assert row["rule_count"] == 5
    assert row["enabled_rules"] == 4
    assert never is not None


def test_nothing_but_skipped_checks_is_no_score():
    rule = QualityRuleFactory()

    QualityCheckFactory(rule=rule, status="skipped")

    assert facts(rule.home)["quality_score"] is None


def test_the_contract_in_force_stands_for_the_capsule():
    capsule = CapsuleFactory()
    ContractFactory(capsule=capsule, active=True)

    ContractFactory(capsule=capsule, proposed=True)

    assert facts(capsule)["contract_status"] == "active"


def test_layers_are_ranked_as_the_vocabulary_has_them():
    with connection.cursor() as cursor:
        cursor.execute("SELECT dcs.layer_rank(layer) FROM unnest(%s::text[]) layer", [[*LAYERS, "elsewhere"]])
        ranks = [rank for (rank,) in cursor]

    assert ranks == [*range(1, len(LAYERS) + 1), None]


def test_a_policy_counts_from_the_day_it_begins_to_the_day_it_ends():
    today = timezone.localdate()
    begun, future, past = (CapsuleFactory() for _ in range(3))
    PolicyFactory(capsule=begun, active=True, effective_from=today, effective_to=today)
    PolicyFactory(capsule=future, active=True, effective_from=today + timedelta(days=1))
    PolicyFactory(capsule=past, active=True, effective_to=today - timedelta(days=1))

    assert [facts(capsule)["sensitivity_rank"] for capsule in (begun, future, past)] == [3, 2, 2]


# ---------- what is hidden ----------


def test_a_secret_column_is_counted_for_those_who_may_know_of_it_alone():
    capsule = CapsuleFactory(columns=["order_id", "margin_secret"])
    secret = capsule.columns.get(name="margin_secret")
    QualityRuleFactory(column=secret)

    Column.objects.filter(pk=secret.pk).update(visibility_rank=SECRET)

    assert facts(capsule, clearance=2)["column_count"] == 1
    assert facts(capsule, clearance=2)["rule_count"] == 0
    assert facts(capsule, clearance=5)["column_count"] == 2
    assert facts(capsule, clearance=5)["rule_count"] == 1


def test_a_secret_neighbour_is_counted_for_those_who_may_know_of_it_alone():
    edge = CapsuleEdgeFactory()

    Capsule.objects.filter(pk=edge.target_id).update(visibility_rank=SECRET)

    assert facts(edge.source, clearance=4)["downstream_count"] == 0
    assert facts(edge.source, clearance=5)["downstream_count"] == 1


def test_a_retired_neighbour_is_not_counted_and_comes_back_when_restored():
    edge = CapsuleEdgeFactory()

    Capsule.objects.filter(pk=edge.target_id).update(retired_at=timezone.now())
    assert facts(edge.source)["downstream_count"] == 0

    Capsule.objects.filter(pk=edge.target_id).update(retired_at=None)
    assert facts(edge.source)["downstream_count"] == 1


# ---------- how it is kept ----------


def test_a_bulk_load_keeps_nothing_until_it_is_told_to():
    with acting(system("load"), bulk=True):
        capsule = CapsuleFactory(columns=["order_id"])
        other = CapsuleEdgeFactory(source=capsule).target
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM dcs.capsule_facts WHERE capsule_id = %s", [capsule.pk])
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT dcs.refresh_capsule_facts(%s)", [[capsule.pk]])

    assert facts(capsule)["column_count"] == 1
    assert facts(other)["upstream_count"] == 1, "the neighbours are recounted too"
    assert recount() == 0


def test_counting_again_writes_nothing():
    CapsuleFactory(columns=["order_id"], complete=True)
    QualityCheckFactory()

    assert recount() == 0


def test_a_deleted_capsule_leaves_nothing_behind():
    edge = CapsuleEdgeFactory()
    ColumnFactory(capsule=edge.source)

    edge.source.delete()

    assert facts(edge.target)["upstream_count"] == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM dcs.capsule_facts UNION ALL SELECT count(*) FROM dcs.capsule_search"
        )
        assert cursor.fetchall() == [(1,), (1,)]


# ---------- whatever is written ----------


class World:
    """A few rows of each kind, and the ways in which they are changed."""

    def __init__(self):
        self.user = UserFactory()
        self.domains = [DomainFactory(), DomainFactory()]
        self.owner = OwnerFactory()
        self.tags = [TagFactory(), TagFactory()]
        self.terms = [TermFactory(author=self.user), TermFactory(author=self.user)]
        self.capsules = [CapsuleFactory(columns=["order_id", "amount"]) for _ in range(3)]

    def pick(self, manager, n):
        """The n-th row there is, or None."""
        rows = list(manager.order_by("pk"))
        return rows[n % len(rows)] if rows else None

    def change(self, verb, n, m):
        getattr(self, verb)(n, m)

    def add_capsule(self, n, m):
        CapsuleFactory(
            columns=["amount"] if n % 2 else [], domain=self.domains[m % 2], layer=("gold", None)[n % 2]
        )

    def rename_capsule(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            Capsule.objects.filter(pk=capsule.pk).update(
                name=f"renamed_{m}", description="Text." if m % 2 else None
            )

    def move_capsule(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            Capsule.objects.filter(pk=capsule.pk).update(
                domain=self.domains[0] if m % 2 else None, owner=self.owner if m % 3 else None
            )

    def tag_in_place(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            Capsule.objects.filter(pk=capsule.pk).update(tags=["hourly"] if m % 2 else [])

    def retire_capsule(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            Capsule.objects.filter(pk=capsule.pk).update(retired_at=timezone.now() if m % 2 else None)

    def hide_capsule(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            Capsule.objects.filter(pk=capsule.pk).update(visibility_rank=(1, 2, 5)[m % 3])

    def delete_capsule(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM dcs.capsules WHERE id = %s", [capsule.pk])

    def add_columns(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            for at in range(m % 3):
                ColumnFactory(capsule=capsule, pii_type="email" if at else None)

    def change_column(self, n, m):
        if column := self.pick(Column.objects, n):
            Column.objects.filter(pk=column.pk).update(
                name=f"column_{uuid.uuid4().hex[:6]}" if m % 2 else column.name,
                description="" if m % 3 else "What it is.",
                pii_type=None if m % 5 else "phone",
            )

    def retire_column(self, n, m):
        if column := self.pick(Column.objects, n):
            Column.objects.filter(pk=column.pk).update(retired_at=timezone.now() if m % 2 else None)

    def hide_column(self, n, m):
        if column := self.pick(Column.objects, n):
            Column.objects.filter(pk=column.pk).update(visibility_rank=(2, 3, 5)[m % 3])

    def delete_columns(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM dcs.columns WHERE capsule_id = %s AND name > %s", [capsule.pk, "am"]
                )

    def add_rule(self, n, m):
        if m % 2 and (column := self.pick(Column.objects, n)):
            QualityRuleFactory(column=column, is_enabled=bool(m % 3), meta={"weight": m})
        elif capsule := self.pick(Capsule.objects, n):
            QualityRuleFactory(capsule=capsule)

    def change_rule(self, n, m):
        if rule := self.pick(QualityRule.objects, n):
            QualityRule.objects.filter(pk=rule.pk).update(is_enabled=bool(m % 2), meta={"weight": m % 4})

    def delete_rule(self, n, m):
        if rule := self.pick(QualityRule.objects, n):
            rule.delete()

    def add_check(self, n, m):
        if rule := self.pick(QualityRule.objects, n):
            QualityCheckFactory(rule=rule, status=("passed", "failed", "warning", "error", "skipped")[m % 5])

    def change_check(self, n, m):
        if check := self.pick(QualityCheck.objects, n):
            QualityCheck.objects.filter(pk=check.pk).update(status=("passed", "failed")[m % 2])

    def delete_check(self, n, m):
        if check := self.pick(QualityCheck.objects, n):
            check.delete()

    def add_policy(self, n, m):
        level = ("public", "internal", "confidential", "restricted")[m % 4]
        about = (
            {"column": self.pick(Column.objects, n)} if m % 2 else {"capsule": self.pick(Capsule.objects, n)}
        )
        if all(about.values()):
            PolicyFactory(
                **about,
                author=self.user,
                active=bool(m % 4),
                sensitivity_level=level,
                requires_masking=bool(m % 3),
            )

    def change_policy(self, n, m):
        if policy := self.pick(Policy.objects, n):
            approved(
                [policy],
                effective_to=timezone.localdate() - timedelta(days=m % 3),
                compliance_frameworks=["HIPAA"][: m % 2],
            )

    def delete_policy(self, n, m):
        if policy := self.pick(Policy.objects.filter(status="draft"), n):
            policy.delete()

    def add_mask(self, n, m):
        if column := self.pick(Column.objects, n):
            MaskingRuleFactory(column=column, enabled=bool(m % 2))

    def change_mask(self, n, m):
        if rule := self.pick(MaskingRule.objects, n):
            approved([rule], is_enabled=bool(m % 2))

    def delete_mask(self, n, m):
        if rule := self.pick(MaskingRule.objects.filter(is_enabled=False), n):
            rule.delete()

    def add_contract(self, n, m):
        if capsule := self.pick(Capsule.objects, n):
            ContractFactory(capsule=capsule, author=self.user, proposed=bool(m % 2))

    def delete_contract(self, n, m):
        if contract := self.pick(Contract.objects, n):
            contract.delete()

    def add_edge(self, n, m):
        source, target = self.pick(Capsule.objects, n), self.pick(Capsule.objects, m)
        if (
            source
            and source != target
            and not CapsuleEdge.objects.filter(source=source, target=target).exists()
        ):
            CapsuleEdgeFactory(source=source, target=target)

    def delete_edge(self, n, m):
        if edge := self.pick(CapsuleEdge.objects, n):
            edge.delete()

    def link_term(self, n, m):
        about = (
            {"column": self.pick(Column.objects, n)} if m % 2 else {"capsule": self.pick(Capsule.objects, n)}
        )
        term = self.pick(Term.objects, m)
        if term and all(about.values()) and not TermLink.objects.filter(**about, term=term).exists():
            TermLinkFactory(**about, term=term)

    def rename_term(self, n, m):
        if term := self.pick(Term.objects, n):
            Term.objects.filter(pk=term.pk).update(display_name=f"Net {m}", synonyms=[f"turnover {m}"])

    def delete_term(self, n, m):
        if term := self.pick(Term.objects, n):
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM dcs.business_terms WHERE id = %s", [term.pk])

    def tag(self, n, m):
        capsule, tag = self.pick(Capsule.objects, n), self.pick(Tag.objects, m)
        if capsule and tag and not CapsuleTag.objects.filter(capsule=capsule, tag=tag).exists():
            CapsuleTagFactory(capsule=capsule, tag=tag)

    def rename_tag(self, n, m):
        if tag := self.pick(Tag.objects, n):
            Tag.objects.filter(pk=tag.pk).update(name=f"weekly-{uuid.uuid4().hex[:6]}")

    def delete_tag(self, n, m):
        if tag := self.pick(Tag.objects, n):
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM dcs.tags WHERE id = %s", [tag.pk])

    def rename_domain(self, n, m):
        if domain := self.pick(Domain.objects, n):
            Domain.objects.filter(pk=domain.pk).update(name=f"Finance {uuid.uuid4().hex[:6]}")

    def delete_domain(self, n, m):
        domain = self.pick(Domain.objects, n)
        if domain and domain != self.domains[0]:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM dcs.domains WHERE id = %s", [domain.pk])
            self.domains[1] = self.domains[0]

    def delete_everything_of_a_kind(self, n, m):
        kind = (CapsuleEdge, QualityRule, Policy, TermLink, Column, Capsule)[n % 6]
        kind.objects.all().delete()


VERBS = [verb for verb in vars(World) if not verb.startswith("_") and verb not in ("pick", "change")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=14
    )
)
def test_after_any_changes_the_facts_are_what_a_full_recount_gives(changes):
    with transaction.atomic():
        world = World()
        for verb, n, m in changes:
            world.change(verb, n, m)
        kept = everything()

        recount()

        counted = everything()
        wrong = [row for table in kept for row in set(kept[table]) ^ set(counted[table])]
        assert not wrong, "\n".join(sorted(wrong))
        transaction.set_rollback(True)
