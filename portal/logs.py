"""Log lines: one JSON object each, with the id of the request that caused it."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

current_request_id = ContextVar("request_id", default="")


class AddRequestId(logging.Filter):
    """Put the id of the running request on the record."""

    def filter(self, record):
        record.request_id = current_request_id.get()
        return True


class OneLine(logging.Formatter):
    """A record as one line of JSON, in which nobody can forge another line."""

    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if getattr(record, "request_id", ""):
            line["request_id"] = record.request_id
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)
