"""Terms of capsules and columns in the API, and what could be: suggestions with their evidence."""

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from apps.catalog import access
from apps.catalog.api import addresses
from apps.glossary import suggestions, writing
from apps.glossary.filters import TermLinkFilter
from apps.glossary.models import Term, TermLink
from apps.people.rest.serializers import BodySerializer, RecordSerializer
from apps.people.rest.viewsets import PlainView, ReadingViewSet


class LinkSerializer(RecordSerializer):
    """A term on a capsule or a column."""

    term_name = serializers.CharField(source="term.name", read_only=True)
    definition = serializers.CharField(source="term.definition", read_only=True)
    approval_status = serializers.CharField(source="term.status", read_only=True)
    column_urn = serializers.CharField(source="column.urn", read_only=True, allow_null=True)
    subject = serializers.CharField(source="column.pk", read_only=True)

    class Meta:
        model = TermLink
        fields = [
            "id",
            "subject",
            "capsule_id",
            "column_id",
            "column_urn",
            "term_id",
            "term_name",
            "definition",
            "approval_status",
            "relationship_type",
            "added_by",
            "added_at",
        ]

    @classmethod
    def complete(cls, rows, reader, names):
        for row in rows:
            if "subject" in row:
                row["subject"] = "column" if row["subject"] else "capsule"


class TermsOfCapsule(addresses.UnderCapsule, ReadingViewSet):
    """The terms of a capsule and of its columns."""

    queryset = TermLink.objects.all()
    serializer_class = LinkSerializer
    filterset_class = TermLinkFilter
    orderings = {"term_name": "term__name", "added_at": "added_at"}
    default_order = ("term__name",)

    def get_queryset(self):
        found = super().get_queryset().about(self.capsule)
        return found.filter(term__visibility_rank__lte=self.request.reader.clearance)


class TermsOfColumn(addresses.UnderColumn, TermsOfCapsule):
    """The terms of a column."""

    def initial(self, request, *args, **kwargs):
        ReadingViewSet.initial(self, request, *args, **kwargs)
        self.column = addresses.column(self.kwargs["urn"], request.reader)

    def get_queryset(self):
        found = ReadingViewSet.get_queryset(self).filter(column=self.column)
        return found.filter(term__visibility_rank__lte=self.request.reader.clearance)


class RelationshipSerializer(BodySerializer):
    """How a term and its subject belong together."""

    relationship_type = serializers.ChoiceField(
        choices=TermLink.Relationship, default=TermLink.Relationship.IMPLEMENTS
    )


class Linking(PlainView):
    """Say that a term explains a capsule, or take that back."""

    permissions = {"post": "glossary.add_termlink", "delete": "glossary.delete_termlink"}
    query_parameters = frozenset({"relationship_type"})

    def subject(self):
        """{"capsule": …} or {"column": …}, locked; the reader may edit it."""
        capsule = addresses.capsule(self.kwargs["urn"], self.request.reader, lock=True)
        access.may_edit(self.request.reader, capsule).or_refuse()
        return {"capsule": capsule}

    def term(self):
        found = Term.objects.visible_to(self.request.reader).filter(pk=self.kwargs["term"]).first()
        if found is None:
            raise NotFound(_("There is no term with this id."))
        return found

    @extend_schema(request=RelationshipSerializer, responses={201: LinkSerializer})
    def post(self, request, urn, term):
        """Link; 409 if it is linked like that already."""
        body = RelationshipSerializer(data=request.data or {})
        body.is_valid(raise_exception=True)
        subject = self.subject()
        link = writing.link(
            self.term(),
            **subject,
            relationship=body.validated_data["relationship_type"],
            by=request.reader,
            reason=request.headers.get("X-Change-Reason", ""),
        )
        return Response(shown(link), status=201)

    @extend_schema(
        responses={204: None},
        parameters=[
            OpenApiParameter("relationship_type", str, description="Only this kind; all without it.")
        ],
    )
    def delete(self, request, urn, term):
        """Unlink: all kinds, or the one that is named."""
        kind = request.query_params.get("relationship_type")
        if kind and kind not in TermLink.Relationship.values:
            raise serializers.ValidationError(
                {"relationship_type": [_("Choose from %s.") % ", ".join(TermLink.Relationship.values)]}
            )
        subject = self.subject()
        if not writing.unlink(self.term(), **subject, relationship=kind, by=request.reader):
            raise NotFound(_("The term is not linked like that."))
        return Response(status=204)


class ColumnLinking(Linking):
    """Say that a term explains a column, or take that back."""

    def subject(self):
        column = addresses.column(self.kwargs["urn"], self.request.reader, lock=True)
        access.may_edit(self.request.reader, column.capsule).or_refuse()
        return {"column": column}


def shown(link):
    return {
        "id": link.pk,
        "subject": "column" if link.column_id else "capsule",
        "capsule_id": link.capsule_id,
        "column_id": link.column_id,
        "column_urn": link.column.urn if link.column_id else None,
        "term_id": link.term_id,
        "term_name": link.term.name,
        "definition": link.term.definition,
        "approval_status": link.term.status,
        "relationship_type": link.relationship,
        "added_by": link.added_by,
        "added_at": link.added_at,
    }


class AnswerSerializer(BodySerializer):
    """What becomes of a suggestion."""

    answer = serializers.ChoiceField(choices=["take", "refuse", "reconsider"])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=1000)


class Suggesting(PlainView):
    """Terms that could explain a capsule, with the evidence."""

    def subject(self, *, lock=False):
        return addresses.capsule(self.kwargs["urn"], self.request.reader, lock=lock)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request, urn):
        """The suggestions, strongest first; refused ones are left out."""
        subject = self.subject()
        found = suggestions.terms_for([subject], request.reader)[subject.pk]
        results = [
            {
                "term_id": one.term.pk,
                "term_name": one.term.name,
                "approval_status": one.term.status,
                "score": one.score,
                "evidence": one.evidence,
            }
            for one in found
        ]
        return Response({"results": results})


class ColumnSuggesting(Suggesting):
    """Terms that could explain a column, with the evidence."""

    def subject(self, *, lock=False):
        return addresses.column(self.kwargs["urn"], self.request.reader, lock=lock)


class Answering(PlainView):
    """Take a suggestion or refuse it; a refusal is remembered with its reason."""

    permissions = {"post": "glossary.add_termlink"}

    def subject(self):
        return addresses.capsule(self.kwargs["urn"], self.request.reader, lock=True)

    @extend_schema(request=AnswerSerializer, responses={200: OpenApiTypes.OBJECT})
    def post(self, request, urn, term):
        """Answer; 409 if it was answered so before."""
        body = AnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        subject = self.subject()
        found = Term.objects.visible_to(request.reader).filter(pk=term).first()
        if found is None:
            raise NotFound(_("There is no term with this id."))
        answer = body.validated_data["answer"]
        if answer == "take":
            return Response(shown(suggestions.accept(found, subject, by=request.reader)))
        if answer == "refuse":
            suggestions.refuse(
                found, subject, by=request.reader, reason=body.validated_data.get("reason", "")
            )
        elif not suggestions.reconsider(found, subject, by=request.reader):
            raise NotFound(_("It was not refused."))
        return Response({"term_id": found.pk, "answer": answer})


class ColumnAnswering(Answering):
    """Take a suggestion for a column or refuse it."""

    def subject(self):
        return addresses.column(self.kwargs["urn"], self.request.reader, lock=True)
