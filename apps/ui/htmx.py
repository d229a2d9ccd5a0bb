"""Which part of the page htmx asks for."""


def is_for(request, target):
    """True if htmx wants only the element with id `target` (htmx 2 sends `id`, htmx 4 `tag#id`)."""
    htmx = request.htmx
    if not htmx or htmx.history_restore_request:
        return False
    return (htmx.target or "").rpartition("#")[2] == target


def fragment(request, template, name):
    """The template, or its partial `name` when that is all htmx asks for."""
    return f"{template}#{name}" if is_for(request, name) else template
