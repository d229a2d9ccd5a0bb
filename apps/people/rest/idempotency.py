"""Repeated requests: a POST with an `Idempotency-Key` happens once, and its first answer is given again."""

import hashlib

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from apps.dcs.models import IdempotencyKey
from apps.dcs.refusals import Conflict

LONGEST = 255
KEPT_HEADERS = ("Content-Type", "ETag", "Location", "Retry-After")


def answer_once(view, handler, request, *args, **kwargs):
    """The answer of `handler`, or the one it gave before to the same caller, route and key.

    Raises `Conflict` if the key came with another body, or while the first request still runs.
    """
    key = request.headers["Idempotency-Key"]
    if not key or len(key) > LONGEST or not key.isprintable():
        raise ValidationError({"Idempotency-Key": [_("Write 1 to 255 printable characters.")]})
    caller, route, digest = str(request.reader.user.pk), request.path.rstrip("/")[:1000], _digest(request)
    if not _lock(f"{caller} {route} {key}"):
        raise Conflict(_("The first request with this key still runs."), code="idempotency_key_running")
    IdempotencyKey.objects.outdated(at=timezone.now()).delete()
    before = IdempotencyKey.objects.filter(caller=caller, route=route, key=key).first()
    if before is not None:
        if before.digest != digest:
            raise Conflict(_("This key came with another body before."), code="idempotency_key_reused")
        return _replay(before)
    response = _answer(view, handler, request, *args, **kwargs)
    IdempotencyKey.objects.create(
        caller=caller,
        route=route,
        key=key,
        digest=digest,
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body=response.content,
    )
    return response


def _answer(view, handler, request, *args, **kwargs):
    """The rendered answer. A refusal undoes what the handler did, but not the note of it."""
    with transaction.atomic():
        try:
            response = handler(request, *args, **kwargs)
        except Exception as error:
            response = view.handle_exception(error)  # raises again what is nobody's fault but ours
            response.exception = True
    view.finalize_response(request, response)
    return response.render() if hasattr(response, "render") else response


def _replay(before):
    response = HttpResponse(bytes(before.body), status=before.status)
    for name, value in before.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _lock(name):
    """Take a lock that ends with the transaction; False if another request holds it."""
    number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return cursor.fetchone()[0]


def _digest(request):
    """What tells one body from another, uploads by their content."""
    digest = hashlib.sha256(request.META.get("QUERY_STRING", "").encode())
    if request.content_type.startswith("multipart/"):
        for name in sorted(request.data):
            for value in request.data.getlist(name):
                digest.update(f"{name}:".encode())
                if hasattr(value, "chunks"):
                    for chunk in value.chunks():
                        digest.update(chunk)
                    value.seek(0)
                else:
                    digest.update(str(value).encode())
    else:
        digest.update(request._request.body)
    return digest.hexdigest()
