"""Who is known to consume a capsule, and which of its contracts says so."""

from django.db.models import Case, IntegerField, Value, When


def effective(contracts):
    """The contract in force first, else the newest: what "the contract" of a capsule means (errata row A2)."""
    holds = Case(
        When(status__in=["active", "breached"], then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return contracts.order_by(holds, "-created_at", "-id")


def stated(capsule):
    """What the source itself says of promises and consumers, without being a contract of the portal."""
    return (capsule.meta.get("doc") or {}).get("contract") or {}


def consumers(capsule, contract):
    """Who is known to use the capsule: the contract's list, and what the source states (dbt exposures)."""
    return known(contract.get("consumers"), stated(capsule).get("known_consumers"))


def known(listed, said):
    """Consumers in one shape: those that a contract lists, and those that a source says there are."""
    found = {}
    for source, some in (("contract", listed), ("source", said)):
        for each in some or []:
            consumer = _consumer({"team": each} if isinstance(each, str) else each)
            if consumer["name"]:
                found.setdefault((consumer["name"], consumer["team"]), {**consumer, "from": source})
    return list(found.values())


def _consumer(said):
    """A consumer in one shape, whoever wrote it down."""
    dbt = (said.get("meta") or {}).get("dbt") or {}
    url = str(dbt.get("url") or said.get("url") or "")
    return {
        "name": said.get("use_case") or said.get("name") or said.get("consumer") or said.get("team") or "",
        "team": said.get("team") or "",
        "contact": said.get("contact") or "",
        "kind": said.get("type") or dbt.get("type") or "",
        "maturity": dbt.get("maturity") or said.get("criticality") or "",
        "description": dbt.get("description") or said.get("description") or "",
        "url": url if url.startswith(("https://", "http://")) else "",
    }
