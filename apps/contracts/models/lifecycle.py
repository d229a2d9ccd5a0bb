"""How contracts change: what a proposal holds, how risky it is, and the steps from draft to the end."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.catalog.changes.change import N
from apps.catalog.changes.classify import classify
from apps.catalog.models import Capsule
from apps.catalog.remainder import meta_with
from apps.dcs.canonical import plain
from apps.people.reader import system
from apps.workflow import reviews
from apps.workflow.reviewable import Affected, Reviewable, Risk
from apps.workflow.transitions import Stateful, as_reader, transition

from ..access import CONTRACT, may_write

SHOWN = 20


class ContractStatus(models.TextChoices):
    """Where a contract stands; `breached` is one in force whose promises are broken, which monitoring alone says."""

    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Proposed")
    ACTIVE = "active", _("Active")
    DEPRECATED = "deprecated", _("Deprecated")
    BREACHED = "breached", _("Breached")
    SUPERSEDED = "superseded", _("Superseded")


IN_FORCE = (ContractStatus.ACTIVE, ContractStatus.BREACHED)
TO_COME = (ContractStatus.DRAFT, ContractStatus.PROPOSED)


def wrote_it_or_may_write(contract, reader):
    """Drafts are proposed by their author, or by whoever may write contracts of the capsule."""
    if reader.user is not None and reader.user.pk == contract.author_id:
        return True
    verdict = may_write(reader, contract.capsule)
    return True if verdict else verdict.reason


class Lifecycle(Reviewable, Stateful):
    """Mixin of `Contract`: its reviews and its steps (errata rows B23, B24 and B34)."""

    # Changes of these need a review once the contract is in force; the trigger `govern` has the same list.
    governed_fields = (
        "capsule",
        "status",
        "version",
        "freshness_sla",
        "freshness_schedule",
        "completeness_sla",
        "expected_row_count_min",
        "expected_row_count_max",
        "availability_sla",
        "max_downtime",
        "max_downtime_period",
        "quality_score_sla",
        "critical_quality_rules",
        "query_latency_p95",
        "query_latency_p99",
        "schema_change_policy",
        "breaking_change_notice_days",
        "support_level",
        "support_contact",
        "support_slack_channel",
        "support_oncall",
        "maintenance_windows",
        "deprecation_policy",
        "deprecation_date",
        "replacement_capsule_urn",
        "known_consumers",
        "consumer_notification_required",
        "target_row_count",
        "target_size_bytes",
        "target_column_count",
        "cost_center",
        "billing_tags",
    )
    review_kind = "contract"
    review_permission = CONTRACT
    review_icon = "handshake"
    review_domain = None
    becomes = ""

    # ---------- review ----------

    @property
    def is_in_force(self):
        """True if the contract holds, kept or broken."""
        return self.status in IN_FORCE

    def canonical_content(self):
        """Its governed fields; what holds, or is to hold, is active: whether it is kept is no part of a text."""
        found = {
            column: field.get_prep_value(getattr(self, field.attname))
            for column, field in self.governed().items()
        }
        if self.status in (*TO_COME, ContractStatus.BREACHED):
            found["contract_status"] = ContractStatus.ACTIVE
        return plain(found)

    def checked(self, content):
        if not self.is_in_force:
            # Force is given by the approval; until then another version may hold.
            content = {column: value for column, value in content.items() if column != "contract_status"}
        elif content.get("contract_status", "active") not in ("active", "deprecated"):
            raise ValidationError({"contract_status": [_("A contract in force stays so, or is deprecated.")]})
        return super().checked(content)

    @classmethod
    def lock_around(cls, pk):
        """The capsule first, in which order whoever applies a plan locks them too; then its other versions."""
        home = cls._base_manager.filter(pk=pk).values("capsule")
        list(Capsule._base_manager.select_for_update(no_key=True).filter(pk__in=home).values_list("pk"))

    def lock(self):
        self.lock_around(self.pk)
        super().lock()

    def take_over(self, content):
        """Set the governed fields; the state moves by steps alone."""
        super().take_over({column: value for column, value in content.items() if column != "contract_status"})

    def note_writer(self, review):
        """Author and submitter are those of the text that is in force: they never approve it."""
        self.author_id = review.created_by_id or self.author_id
        self.submitted_by_id = review.submitted_by_id or self.submitted_by_id
        self.becomes = review.proposal["contract_status"]

    def move(self, spec, *, by, reason, review=None, name="", **given):
        if spec.review == "approve" and self.becomes == ContractStatus.DEPRECATED:
            name = "deprecate"
        super().move(spec, by=by, reason=reason, review=review, name=name, **given)

    def risk_of(self, base, proposal):
        """High where somebody is promised less than now, medium otherwise; one who signs is enough (errata row D4)."""
        before = base if base is not None else self._held()
        if before is None:
            return Risk("medium")
        if proposal["contract_status"] == ContractStatus.DEPRECATED:
            return Risk("high")
        weaker = any(
            change.consumer >= N for change in classify(self._document(before), self._document(proposal))
        )
        return Risk("high", marks=("looser",)) if weaker else Risk("medium")

    def _held(self):
        """What the version in force promises, which this one would replace; None if there is none."""
        held = (
            type(self)._base_manager.filter(capsule=self.capsule_id, status__in=IN_FORCE).exclude(pk=self.pk)
        )
        return next((row.canonical_content() for row in held), None)

    def _document(self, content):
        """A capsule of which nothing but its contract is known, for the comparison; the version is not a promise."""
        from ..document import entry

        draft = type(self)(capsule_id=self.capsule_id)
        super(Lifecycle, draft).take_over(content)
        capsule = self.capsule
        said = entry(draft) | {"version": "", "status": "active"}
        return {
            "urn": capsule.urn,
            "name": capsule.name,
            "capsule_type": capsule.capsule_type,
            "contract": said,
        }

    def in_short(self, base, proposal, changed):
        if base is not None and "contract_status" in changed:
            return str(ContractStatus(proposal["contract_status"]).label)
        if base is None:
            return str(
                _("Version %(version)s of what is promised") % {"version": proposal["contract_version"]}
            )
        return super().in_short(base, proposal, changed)

    def in_words(self, column, value):
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        return super().in_words(column, value)

    def affected(self, reader):
        """Those who are known to use the data."""
        from ..consumers import consumers

        found = consumers(self.capsule, {"consumers": self.known_consumers})
        url = self.get_absolute_url()
        return len(found), [Affected(each["name"], url, each["team"]) for each in found[:SHOWN]]

    # ---------- steps ----------

    @transition(
        source=[ContractStatus.DRAFT],
        target=ContractStatus.PROPOSED,
        permission="",
        guard=wrote_it_or_may_write,
        label=_("Propose"),
        review="submit",
    )
    def propose(self, *, by, comment):
        self.submitted_by = by

    @transition(
        source=[ContractStatus.PROPOSED],
        target=ContractStatus.ACTIVE,
        permission=CONTRACT,
        label=_("Sign"),
        review="approve",
    )
    def approve(self, *, by, comment):
        """It takes force, and the version that held until now is superseded in the same transaction."""
        self.approved_by_user, self.approved_by, self.approved_at = by, str(by), timezone.now()
        self.meta = meta_with(self.meta, status=None)
        if self.becomes == ContractStatus.DEPRECATED:
            self.status = ContractStatus.DEPRECATED
        elif self.status in TO_COME:
            self._supersede(by, comment)

    def _supersede(self, by, comment):
        former = type(self)._base_manager.filter(capsule=self.capsule_id, status__in=IN_FORCE)
        for row in former.exclude(pk=self.pk).select_for_update(no_key=True):
            row.give_way(by=by, comment=comment)

    def give_way(self, *, by, comment):
        """The next version takes its place; inside the approval of that version."""
        self.meta = meta_with(self.meta, status=None, current=None)
        self._end(ContractStatus.SUPERSEDED, "supersede", comment)

    def expire(self):
        """Its approved last day has come."""
        self.meta = meta_with(self.meta, status=None)
        self._end(ContractStatus.DEPRECATED, "expire", "")

    def _end(self, status, name, reason):
        from apps.workflow.models import Step

        before, self.status = self.status, status
        self.save(update_fields=["status", "meta"])
        for incident in self.incidents.unresolved():
            # What is promised no more is broken no more.
            incident.close(by=system("contracts.end"), comment=str(_("The contract has ended.")))
        Step.objects.create(
            subject_table=self._meta.db_table,
            subject_id=self.pk,
            name=name,
            before=before,
            after=status,
            reason=reason,
            visibility_rank=self.visibility_rank,
        )

    @transition(
        source=[ContractStatus.PROPOSED],
        target=ContractStatus.DRAFT,
        permission=CONTRACT,
        label=_("Request changes"),
        needs_reason=True,
        review="request_changes",
    )
    def send_back(self, *, by, comment):
        """The author works on it again; why is on the step and on the review."""

    @transition(
        source=[ContractStatus.PROPOSED],
        target=ContractStatus.DRAFT,
        permission="",
        label=_("Withdraw"),
        review="withdraw",
    )
    def withdraw(self, *, by, comment):
        """The author takes it back; it is a draft again."""

    @transition(
        source=IN_FORCE,
        target=ContractStatus.DEPRECATED,
        permission="",
        guard=wrote_it_or_may_write,
        label=_("Deprecate"),
        needs_reason=True,
        review="propose",
    )
    def deprecate(self, *, by, comment):
        """It is given up: at once when that is approved, or on the day that is approved with it."""

    def take(self, name, *, by, comment="", **given):
        if name == "deprecate":
            return self.announce_end(by=by, comment=comment, **given)
        return super().take({"sign": "approve"}.get(name, name), by=by, comment=comment, **given)

    def announce_end(self, *, by, comment, day=None, replacement=None, shown=None):
        """Propose that the contract ends: on `day`, else at once; `replacement` is the URN of what to use instead.

        Raises `IllegalTransition` unless it is in force, `PermissionDenied`, and `ValidationError` by column.
        """
        from apps.audit.context import acting

        spec = self.transition_for("propose")
        with acting(by, reason=comment):
            self.lock()
            self.require(spec, reader=as_reader(by), reason=comment)
            problems = {}
            if replacement:
                if replacement == self.capsule.urn:
                    problems["replacement_capsule_urn"] = [_("The replacement is another capsule.")]
                elif not Capsule.objects.visible_to(as_reader(by)).filter(urn=replacement).exists():
                    problems["replacement_capsule_urn"] = [_("There is no capsule with this URN.")]
            if problems:
                raise ValidationError(problems)
            wanted = {}
            if replacement:
                wanted["replacement_capsule_urn"] = replacement
            if day is not None and day > timezone.now().date():
                wanted["deprecation_date"] = day.isoformat()
            else:
                wanted["contract_status"] = ContractStatus.DEPRECATED
            reviews.propose(self, wanted, by=by, reason=comment)
            self.refresh_from_db()
        return self
