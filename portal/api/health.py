"""Is the portal alive, and is it ready? For probes that know nothing, and with details for those who signed in."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from drf_spectacular.utils import extend_schema, inline_serializer
from psycopg_pool import PoolTimeout
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from .exceptions import body

WORKER_SECONDS = 60  # without a sign of life, a worker is gone
WAITING_SECONDS = 300  # a job that waits longer than this tells that nobody works

OLDEST = """
SELECT extract(epoch FROM now() - min(event.at)) FROM procrastinate_jobs job
JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
"""
WORKERS = (
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"
)

_migrated = False


def findings():
    """What is known of the parts, and whether the portal can do its work: (dict, True or False)."""
    global _migrated
    found = {"database": False, "migrations": False, "workers": 0, "oldest_waiting_job_seconds": None}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            found["database"] = True
            if not _migrated:
                executor = MigrationExecutor(connection)
                _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
            found["migrations"] = _migrated
            if _migrated:
                cursor.execute(WORKERS, [WORKER_SECONDS])
                (found["workers"],) = cursor.fetchone()
                cursor.execute(OLDEST)
                (seconds,) = cursor.fetchone()
                found["oldest_waiting_job_seconds"] = None if seconds is None else round(seconds)
    except (Error, PoolTimeout):
        return found, False
    abandoned = not found["workers"] and (found["oldest_waiting_job_seconds"] or 0) > WAITING_SECONDS
    return found, found["migrations"] and not abandoned


HEALTH = inline_serializer(
    "Health", {"status": serializers.CharField(), "checks": serializers.DictField(required=False)}
)


class Live(APIView):
    """The process answers; nothing else is asked."""

    open_to_all = True
    examples = {"get": {"status": "ok"}}
    authentication_classes = []
    throttle_classes = []

    @extend_schema(responses=HEALTH, auth=[])
    def get(self, request):
        return Response({"status": "ok"})


class Ready(APIView):
    """The database answers, its tables are as the code needs them, and no job waits in vain; else 503."""

    open_to_all = True
    examples = {"get": {"status": "ok"}}
    throttle_classes = []

    @extend_schema(responses={200: HEALTH, 503: HEALTH}, auth=[])
    def get(self, request):
        checks, ready = findings()
        signed_in = checks["database"] and request.reader.is_authenticated
        if not ready:
            shape = body(request, "not_ready", "The portal is not ready.")
            return Response(
                shape | ({"checks": checks} if signed_in else {}), status=503, headers={"Retry-After": "5"}
            )
        return Response({"status": "ok"} | ({"checks": checks} if signed_in else {}))


live, ready = Live.as_view(), Ready.as_view()
live.without_database = ready.without_database = True
