"""Announcements of coming changes in the API, and the answers of consumers."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.catalog.api import addresses
from apps.contracts import announcing
from apps.contracts.models import Announcement, Answer
from apps.people.rest.fields import JSONField
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import PlainView, ReadingViewSet


class ConsumerAnswerSerializer(serializers.Serializer):
    """What one consumer said last."""

    consumer = serializers.CharField()
    says = serializers.ChoiceField(choices=Answer.Says.choices)


@extend_schema_field(ConsumerAnswerSerializer(many=True))
class AnswersField(serializers.Field):
    pass


class AnnouncementSerializer(RecordSerializer):
    """A change to come, as consumers were told of it; `effective_on` is the first day on which its notice is kept."""

    capsule_urn = serializers.CharField(source="capsule.urn", read_only=True)
    covers = JSONField(read_only=True, help_text="[{code, pointer, text, fingerprint}], one for each change.")
    carried_out = JSONField(
        read_only=True, help_text="{fingerprint: the plan that did it}, for what is done."
    )
    answers = AnswersField(read_only=True)

    class Meta:
        model = Announcement
        fields = [
            "id", "number", "capsule_urn", "contract_version", "covers", "carried_out", "told", "text", "effective_on",
            "announced_at", "answers",
        ]  # fmt: skip
        read_only_fields = fields
        example = {
            "id": "0198c0de-0000-7000-8000-0000000000f1",
            "number": 7,
            "capsule_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "contract_version": "2.1.0",
            "told": ["finance"],
            "text": "The column discount goes; use net_amount.",
            "effective_on": "2026-12-24",
        }

    @classmethod
    def paths(cls):
        return {name: path for name, path in super().paths().items() if name != "answers"}

    @classmethod
    def complete(cls, rows, reader, names):
        if "answers" not in names or not rows:
            return
        found = announcing.last_answers(Announcement._base_manager.filter(pk__in=[row["id"] for row in rows]))
        for row in rows:
            row["answers"] = [{"consumer": name, "says": says} for name, says in found[row["id"]].items()]


class AnnouncementViewSet(ReadingViewSet):
    """Announcements of all capsules, newest first."""

    queryset = Announcement.objects.all()
    serializer_class = AnnouncementSerializer
    orderings = {"announced_at": "announced_at", "effective_on": ("effective_on", "number")}
    default_order = ("-announced_at", "-id")


class AnnouncementsOfCapsule(addresses.UnderCapsule, AnnouncementViewSet):
    """What was announced of one capsule, newest first."""

    def get_queryset(self):
        return super().get_queryset().filter(capsule=self.capsule)


class AnswerAsked(BodySerializer):
    """What a consumer says; an objection, and an answer in somebody's place, need a reason."""

    consumer = serializers.CharField(max_length=255)
    says = serializers.ChoiceField(choices=Answer.Says.choices)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=5000)


class AnswersOfAnnouncement(PlainView):
    """Answers to one announcement."""

    @extend_schema(request=AnswerAsked, responses={201: ConsumerAnswerSerializer})
    def post(self, request, pk):
        """Answer for a consumer. 403 for a token, and for those who do not speak for it; 409 if it was not told."""
        found = (
            Announcement.objects.visible_to(request.reader).select_related("capsule").filter(pk=pk).first()
        )
        if found is None:
            raise NotFound(_("There is no announcement with this address."))
        body = AnswerAsked(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        made = announcing.answer(
            found, said["consumer"], said["says"], by=request.reader, reason=said.get("reason", "")
        )
        return Response({"consumer": made.consumer, "says": made.says}, status=201)
