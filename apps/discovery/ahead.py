"""What a process of the web server keeps in memory, read when it starts: whoever comes first does not wait for it."""

import logging
import threading

from django.db import DatabaseError, connection

from apps.audit.context import acting
from apps.people.reader import system
from apps.provenance import reach

from . import kept

log = logging.getLogger(__name__)


def begin():
    """Start reading behind everything else; returns the thread."""
    thread = threading.Thread(target=read, name="read ahead", daemon=True)
    thread.start()
    return thread


def read():
    """The facts of the catalogue, then the lineage of capsules and of columns."""
    try:
        with acting(system("read catalogue")):
            kept.current()
    except DatabaseError:
        log.exception("The catalogue could not be read ahead; the first who needs it reads it.")
    finally:
        connection.close()
    reach.read_ahead(reach.CAPSULES, reach.COLUMNS)
