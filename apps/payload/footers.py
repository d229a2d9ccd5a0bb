"""What footers said, remembered by fingerprint: a folder of small files, none of which is code. Pure."""

import contextlib
import os
import tempfile
from pathlib import Path

from .engines import wire
from .engines.base import ColumnBounds, TableMetadata

KEPT = 2_000  # files; the oldest go first


class Footers:
    """`TableMetadata` by the fingerprint of the data, in `folder`."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def known(self, fingerprint):
        """The metadata of this state of the data, or None."""
        try:
            told = wire.message((self.folder / f"{fingerprint}.json").read_bytes())
            columns = {name: ColumnBounds(*bounds) for name, bounds in told["columns"].items()}
            return TableMetadata(told["rows"], told["files"], told["bytes"], columns, told["changed_at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, fingerprint, metadata):
        """Keep the metadata of this state; a folder that cannot be written to is no hindrance."""
        columns = {name: [one.nulls, one.lowest, one.highest] for name, one in metadata.columns.items()}
        line = wire.line(
            {
                "rows": metadata.rows,
                "files": metadata.files,
                "bytes": metadata.bytes,
                "columns": columns,
                "changed_at": metadata.changed_at,
            }
        )
        with contextlib.suppress(OSError):
            self._tidy()
            # Whole or not at all: another process may read it now.
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(line)
            os.replace(file.name, self.folder / f"{fingerprint}.json")

    def _tidy(self):
        kept = list(self.folder.iterdir())
        if len(kept) < KEPT:
            return
        for old in sorted(kept, key=lambda one: one.stat().st_mtime)[: KEPT // 10]:
            old.unlink(missing_ok=True)
