"""Lineage in the API: what lies around a capsule or a column, and edges that people add."""

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from apps.catalog import access
from apps.catalog.api import addresses
from apps.catalog.api.words import check_words
from apps.catalog.comparison import moment
from apps.catalog.models import Capsule, Column
from apps.catalog.vocabularies import EDGE_TYPES
from apps.people.rest.fields import SubjectReference
from apps.people.rest.refusals import UnknownSubject
from apps.people.rest.serializers import RecordSerializer
from apps.people.rest.viewsets import PlainView, RecordViewSet
from apps.provenance import graph, then
from apps.provenance.filters import CapsuleEdgeFilter, ColumnEdgeFilter
from apps.provenance.models import CapsuleEdge, ColumnEdge

from .impact import number

DEPTH = 3
WAYS = (graph.UPSTREAM, graph.DOWNSTREAM)


class NodeSerializer(serializers.Serializer):
    """A capsule or column of the graph; `distance` is 0 for the one that was asked for."""

    id = serializers.UUIDField()
    urn = serializers.CharField()
    name = serializers.CharField()
    distance = serializers.IntegerField()
    direction = serializers.ChoiceField(choices=[graph.UPSTREAM, graph.DOWNSTREAM], allow_null=True)
    capsule_type = serializers.CharField(required=False)
    layer = serializers.CharField(required=False, allow_null=True)
    capsule_id = serializers.UUIDField(required=False)
    capsule_urn = serializers.CharField(required=False)
    data_type = serializers.CharField(required=False, allow_null=True)


class EdgeSerializer(serializers.Serializer):
    """An edge of the graph."""

    id = serializers.UUIDField()
    source_id = serializers.UUIDField()
    target_id = serializers.UUIDField()
    source_urn = serializers.CharField()
    target_urn = serializers.CharField()
    edge_type = serializers.CharField(required=False)
    transformation = serializers.CharField(allow_null=True, required=False)
    transformation_type = serializers.CharField(allow_null=True, required=False)
    transformation_expr = serializers.CharField(allow_null=True, required=False)
    since = serializers.ChoiceField(choices=[then.REMOVED], allow_null=True, required=False)


class LineageSerializer(serializers.Serializer):
    """What lies around a capsule or column: nodes, nearest first, and every edge between them.

    `more` counts the nodes that did not fit; the walk ends there. With `as_of` the edges are those of that moment, each with
    `since`: removed, or null where it is still there; `known_from` is the moment at which the log of removals begins.
    """

    id = serializers.UUIDField()
    urn = serializers.CharField()
    direction = serializers.ChoiceField(choices=[graph.UPSTREAM, graph.DOWNSTREAM, graph.BOTH])
    depth = serializers.IntegerField()
    nodes = NodeSerializer(many=True)
    edges = EdgeSerializer(many=True)
    more = serializers.IntegerField()
    as_of = serializers.DateTimeField(required=False)
    known_from = serializers.DateTimeField(required=False, allow_null=True)


PARAMETERS = [
    OpenApiParameter(
        "direction", str, enum=[graph.UPSTREAM, graph.DOWNSTREAM, graph.BOTH], default=graph.BOTH
    ),
    OpenApiParameter("depth", {"type": "integer", "minimum": 1, "maximum": graph.DEEPEST, "default": DEPTH}),
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": graph.MOST, "default": graph.MOST}
    ),
    OpenApiParameter("as_of", str, description="A day (its end, UTC) or a moment, ISO 8601."),
]
EXAMPLE = {
    "id": "0198c0de-0000-7000-8000-000000000001",
    "urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
    "direction": "upstream",
    "depth": 1,
    "nodes": [
        {
            "id": "0198c0de-0000-7000-8000-00000000000b",
            "urn": "urn:dcs:dbt:model:jaffle_shop.staging:stg_orders",
            "name": "stg_orders",
            "distance": 1,
            "direction": "upstream",
        }
    ],
    "edges": [],
    "more": 0,
}


class CapsuleLineage(PlainView):
    """What feeds a capsule and what it feeds, with distances; circles end."""

    query_parameters = frozenset({"direction", "depth", "limit", "as_of"})
    kind = then.CAPSULES
    examples = {"get": EXAMPLE}
    described = ("urn", "name", "capsule_type", "layer")
    edge_facts = ("source_urn", "target_urn", "edge_type", "transformation")
    model = Capsule

    @extend_schema(parameters=PARAMETERS, responses=LineageSerializer)
    def get(self, request, urn):
        """The nodes around it, nearest first, and every edge between them."""
        start = self.start(urn)
        asked = self.asked(request.query_params)
        if (text := request.query_params.get("as_of")) is not None:
            return self.answer(self.past(start, asked, text))
        edges = self.edges(start)
        found = graph.around(start.pk, edges, **asked)
        return self.answer(
            {
                "id": start.pk,
                "urn": start.urn,
                "direction": asked["direction"],
                "depth": asked["depth"],
                "nodes": self.nodes(found),
                "edges": list(
                    graph.between(edges, found.keys)
                    .order_by("source_urn", "target_urn", "pk")
                    .values("id", "source_id", "target_id", *self.edge_facts)
                ),
                "more": found.more,
            }
        )

    def past(self, start, asked, text):
        """The same at an earlier moment."""
        at = moment(text)
        if at is None:
            raise serializers.ValidationError({"as_of": [_("Write a day or a moment, such as 2026-03-01.")]})
        depth = {way: asked["depth"] if asked["direction"] in (way, graph.BOTH) else 0 for way in WAYS}
        up, down = depth[graph.UPSTREAM], depth[graph.DOWNSTREAM]
        most = asked["most"]
        around = then.around(self.kind, start.pk, self.request.reader, at, up=up, down=down, most=most)
        distance = {start.pk: (0, "")}
        for way in WAYS:
            for key, steps in around.steps[way].items():
                if key not in distance or steps < distance[key][0]:
                    distance[key] = (steps, way)
        nearest = dict(sorted(distance.items(), key=lambda pair: pair[1][0]))
        return {
            "id": start.pk,
            "urn": start.urn,
            "direction": asked["direction"],
            "depth": asked["depth"],
            "nodes": self.nodes(graph.Neighbourhood(start.pk, nearest, 0)),
            "edges": [
                {
                    "id": edge.pk,
                    "source_id": edge.source_id,
                    "target_id": edge.target_id,
                    "source_urn": edge.source_urn,
                    "target_urn": edge.target_urn,
                    self.kind.how: edge.how or None,
                    "since": edge.since or None,
                }
                for edge in around.edges
            ],
            "more": sum(around.more.values()),
            "as_of": at,
            "known_from": then.known_from(),
        }

    def start(self, urn):
        return addresses.capsule(urn, self.request.reader)

    def edges(self, start):
        return graph.capsule_edges(self.request.reader, start=start.pk)

    def nodes(self, found):
        """The nodes as they are shown, in the order in which they were found."""
        rows = self.model.objects.visible_to(self.request.reader).filter(pk__in=found.keys)
        told = {row["id"]: self.told(row) for row in rows.values("id", *self.described)}
        return [
            {**told[key], "distance": steps, "direction": way or None}
            for key, (steps, way) in found.distance.items()
            if key in told
        ]

    def told(self, row):
        return row

    def asked(self, parameters):
        """Direction, depth and limit, checked."""
        direction = parameters.get("direction", graph.BOTH)
        if direction not in (graph.UPSTREAM, graph.DOWNSTREAM, graph.BOTH):
            raise serializers.ValidationError({"direction": [_("Choose from upstream, downstream, both.")]})
        return {
            "direction": direction,
            "depth": number(parameters, "depth", DEPTH, graph.DEEPEST),
            "most": number(parameters, "limit", graph.MOST, graph.MOST),
        }


class ColumnLineage(CapsuleLineage):
    """What feeds a column and what it feeds, with distances; circles end."""

    described = ("urn", "name", "data_type", "capsule_id", "capsule__urn")
    edge_facts = ("source_urn", "target_urn", "transformation_type", "transformation_expr")
    kind = then.COLUMNS
    model = Column

    def start(self, urn):
        return addresses.column(urn, self.request.reader)

    def edges(self, start):
        return graph.column_edges(self.request.reader, start=start.pk)

    def told(self, row):
        return {**row, "capsule_urn": row.pop("capsule__urn")}


class EndsSerializer(RecordSerializer):
    """What edges have in common: each end is named by its id or by its URN."""

    def to_internal_value(self, data):
        if isinstance(data, dict):
            data = {**data}
            for end, name in self.Meta.ends.items():
                urn = data.pop(f"{end}_urn", None)
                if urn is None:
                    continue
                key = str(self._key(end, urn))
                if data.setdefault(name, key) != key:
                    problem = _("This is the address of another %(end)s.") % {"end": name}
                    raise serializers.ValidationError({f"{end}_urn": [problem]})
        return super().to_internal_value(data)

    def _key(self, end, urn):
        reader = self.context["request"].reader
        found = self.Meta.ends_in.objects.visible_to(reader).filter(addresses.matching(str(urn)))
        key = found.values_list("pk", flat=True).first()
        if key is None:
            raise UnknownSubject(**{f"{end}_urn": _("Nothing has this address.")})
        return key

    def validate(self, values):
        if values["source"] == values["target"]:
            (name,) = [self.Meta.ends["target"]]
            raise serializers.ValidationError({name: [_("Nothing flows into itself.")]})
        return values


class CapsuleEdgeSerializer(EndsSerializer):
    """Data flows from one capsule to another; each end is named by its id or by its URN."""

    source_id = SubjectReference(source="source", queryset=Capsule.objects)
    target_id = SubjectReference(source="target", queryset=Capsule.objects)

    class Meta:
        model = CapsuleEdge
        ends = {"source": "source_id", "target": "target_id"}
        ends_in = Capsule
        fields = [
            "id",
            "source_id",
            "target_id",
            "source_urn",
            "target_urn",
            "edge_type",
            "transformation",
            "meta",
            "ingestion_id",
            "created_at",
        ]
        read_only_fields = ["ingestion_id"]
        extra_kwargs = {"source_urn": {"required": False}, "target_urn": {"required": False}}
        example = {
            "id": "0198c0de-0000-7000-8000-00000000000c",
            "source_urn": "urn:dcs:dbt:model:jaffle_shop.staging:stg_orders",
            "target_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders",
            "edge_type": "flows_to",
        }

    def validate(self, values):
        check_words(values, {"edge_type": EDGE_TYPES})
        return super().validate(values)


class EdgeViewSet(RecordViewSet):
    """Edges by hand: they belong to whoever may change the end that they flow into."""

    def check_may(self, record):
        access.may_edit(self.request.reader, self.capsule_of(record.target)).or_refuse()

    def capsule_of(self, end):
        return end

    def create_record(self, values):
        edge = self.queryset.model(**values)
        self.check_may(edge)
        edge.source_urn, edge.target_urn = edge.source.urn, edge.target.urn
        edge.save(force_insert=True)
        return edge

    def location(self, record):
        return reverse(f"api:{self.basename}-detail", args=[record.pk])


class CapsuleEdgeViewSet(EdgeViewSet):
    """Edges between capsules."""

    queryset = CapsuleEdge.objects.all()
    serializer_class = CapsuleEdgeSerializer
    filterset_class = CapsuleEdgeFilter
    orderings = {
        "source_urn": ("source_urn", "target_urn"),
        "target_urn": ("target_urn", "source_urn"),
        "created_at": "created_at",
    }
    default_order = ("source_urn", "target_urn")


class ColumnEdgeSerializer(EndsSerializer):
    """Values of one column become values of another; each end is named by its id or by its URN."""

    source_column_id = SubjectReference(source="source", queryset=Column.objects)
    target_column_id = SubjectReference(source="target", queryset=Column.objects)

    class Meta:
        model = ColumnEdge
        ends = {"source": "source_column_id", "target": "target_column_id"}
        ends_in = Column
        fields = [
            "id",
            "source_column_id",
            "target_column_id",
            "source_urn",
            "target_urn",
            "transformation_type",
            "transformation_expr",
            "ingestion_id",
            "created_at",
        ]
        read_only_fields = ["ingestion_id"]
        extra_kwargs = {
            "source_urn": {"required": False},
            "target_urn": {"required": False},
            "transformation_expr": {"trim_whitespace": False},
        }
        example = {
            "id": "0198c0de-0000-7000-8000-00000000000d",
            "source_urn": "urn:dcs:dbt:model:jaffle_shop.staging:stg_orders.amount_cents",
            "target_urn": "urn:dcs:dbt:model:jaffle_shop.marts:orders.amount",
            "transformation_type": "expression",
            "transformation_expr": "amount_cents / 100.0",
        }


class ColumnEdgeViewSet(EdgeViewSet):
    """Edges between columns."""

    queryset = ColumnEdge.objects.all()
    serializer_class = ColumnEdgeSerializer
    filterset_class = ColumnEdgeFilter
    orderings = {
        "source_urn": ("source_urn", "target_urn"),
        "target_urn": ("target_urn", "source_urn"),
        "created_at": "created_at",
    }
    default_order = ("source_urn", "target_urn")

    def capsule_of(self, end):
        return end.capsule
