"""What the portal knows beyond the file, for the rules that a file alone cannot answer."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

ENVIRONMENTS = frozenset({"production", "non_production", "development", "test", "staging"})


@dataclass(frozen=True)
class StoredVersion:
    """A version as it is stored; `date` is an ISO date or empty, None if no history has told of it yet."""

    version: str
    date: str | None = ""
    changes: str = ""
    breaking: bool = False


@dataclass(frozen=True)
class Known:
    """Answers that need the portal's records or settings. A part left `None` is not asked, and its rule skipped.

    capsule          URN → whether it is stored (R11)
    columns          URN of a capsule → its stored column names, None if the capsule is new (S2b, S11)
    tables           (`table` text, URN of the referring capsule) → URNs it may mean, nearest first (R7)
    term             name → whether a term, synonym or abbreviation is called so
    value_domain     name → its codes, [] for one without a list, None if unknown (S16)
    domain           name → whether it is stored
    owner_email      team → the e-mail stored for it, None if none
    versions         URN → its stored versions, oldest first (S12)
    contract         (URN, contract version) → the stored status, None if new
    upstream         URN → URNs directly upstream in the portal (S10)
    may_change       (URN, section) → whether the user may change it (S19)
    may_see          URN → whether the user may know of it (S19)
    """

    capsule: Callable[[str], bool] | None = None
    columns: Callable[[str], Iterable[str] | None] | None = None
    tables: Callable[[str, str], list[str]] | None = None
    term: Callable[[str], bool] | None = None
    value_domain: Callable[[str], list | None] | None = None
    domain: Callable[[str], bool] | None = None
    owner_email: Callable[[str], str | None] | None = None
    versions: Callable[[str], list[StoredVersion]] | None = None
    contract: Callable[[str, str], str | None] | None = None
    upstream: Callable[[str], Iterable[str]] | None = None
    may_change: Callable[[str, str], bool] | None = None
    may_see: Callable[[str], bool] | None = None
    environments: frozenset[str] = ENVIRONMENTS
    today: datetime.date | None = None

    @property
    def day(self):
        """The day on which the document is judged, in UTC."""
        return self.today or datetime.datetime.now(datetime.UTC).date()
