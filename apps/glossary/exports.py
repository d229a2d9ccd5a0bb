"""The glossary as a file: CSV that runs nothing, or SKOS in Turtle, RDF/XML or JSON-LD."""

from django.http import HttpResponse

from . import sheets, skos

SUFFIXES = {"csv": "csv", "ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}


def answer(terms, suffix):
    """The response with these terms (a queryset) as a download. Raises `KeyError` for an unknown suffix."""
    format = SUFFIXES[suffix]
    if format == "csv":
        content, kind = "".join(sheets.write(terms.as_entries())), "text/csv; charset=utf-8"
    else:
        content, kind = skos.write(terms.as_entries(), format=format), skos.TYPES[format]
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="glossary.{suffix}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
