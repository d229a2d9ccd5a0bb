"""The page that takes files whose schema is to be read."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from . import reading, uploads, views
from .read_forms import FORMS


@require_POST
@login_required
def read(request, kind):
    """Keep the files and queue the job that reads them; its page leads to the plan."""
    views.need_ingest(request)
    if kind not in FORMS:
        raise Http404
    form = FORMS[kind](request.POST, request.FILES)
    if not form.is_valid():
        return views.jobs(request, form=form, kind=kind, status=422)
    try:
        job = reading.accept(
            kind, reader=request.reader, choices=form.choices, files=form.brought, application="page"
        )
    except uploads.TooLarge as error:
        form.add_error(next(name for name in ("file", "files") if name in form.fields), str(error))
        return views.jobs(request, form=form, kind=kind, status=422)
    reading.enqueue(job)
    return redirect(job)
