"""The glossary at 20,000 terms: list, letters, search and one term, as pages and over the API."""

import random

from django.db import connections
from django.test import Client

from apps.audit.context import acting
from apps.catalog.models import Domain
from apps.glossary.models import Term
from apps.people.models import User
from apps.people.reader import system
from benchmarks import measure

LIMIT = 50  # ms, p95
MARK = "benchmark"
NOUNS = "revenue margin order customer return discount shipment invoice payment store supplier product refund".split()
KINDS = "gross net daily monthly average total open closed late first last active planned booked".split()


def load(number):
    """Terms until there are `number` of ours; what an earlier run loaded is used again."""
    there = Term.objects.filter(category=MARK).count()
    if there >= number:
        return
    chance = random.Random(7)
    with acting(system("benchmark")):
        domains = list(Domain.objects.all()[:20]) or [
            Domain.objects.create(name=f"bench-{at}") for at in range(20)
        ]
        Term.objects.bulk_create(
            (
                Term(
                    name=f"{chance.choice(KINDS)} {chance.choice(NOUNS)} {at}",
                    definition=f"The {chance.choice(KINDS)} {chance.choice(NOUNS)} of a {chance.choice(NOUNS)}, number {at}.",
                    synonyms=[f"{chance.choice(NOUNS)} figure {at}"],
                    abbreviation=f"B{at}",
                    domain=chance.choice(domains),
                    category=MARK,
                )
                for at in range(there, number)
            ),
            batch_size=2000,
        )
    # What autovacuum would have done within minutes: statistics, and the words that wait to enter their index.
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE dcs.business_terms")


def run(small=False):
    """Load, then ask each question a hundred times."""
    load(20_000)
    user, _new = User.objects.get_or_create(
        username="bench-glossary", defaults={"email": "bench@example.org", "clearance": 3}
    )
    User.objects.filter(pk=user.pk).update(clearance=3)
    user.refresh_from_db()
    client = Client(headers={"host": "localhost"})
    client.force_login(user)

    def get(url):
        answer = client.get(url)
        assert answer.status_code == 200, url

    calls = 30 if small else 100
    names = list(Term.objects.filter(category=MARK).values_list("name", flat=True)[:calls])
    fragment = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "terms"}

    def part(url):
        answer = client.get(url, **fragment)
        assert answer.status_code == 200, url

    measure.tell("glossary page", measure.clock(get, ["/glossary/"] * calls), limit=LIMIT)
    letters = [f"/glossary/?letter={letter}" for letter in "GNDMATOCLFPB"] * (calls // 12)
    measure.tell("one letter, as a part", measure.clock(part, letters), limit=LIMIT)
    rare = [f"/glossary/?q={name.rsplit(' ', 1)[1]}" for name in names]
    measure.tell("search for a rare word", measure.clock(part, rare), limit=LIMIT)
    frequent = [f"/glossary/?q={noun[:5]}" for noun in NOUNS] * (calls // 12)
    measure.tell("search for a frequent word", measure.clock(part, frequent), limit=LIMIT)
    one = [f"/glossary/terms/{name}/" for name in names]
    measure.tell("one term", measure.clock(get, one), limit=LIMIT)
    api = [f"/api/v1/business-terms?q={noun}&approval_status=draft" for noun in NOUNS] * (calls // 12)
    measure.tell("search over the API", measure.clock(get, api), limit=LIMIT)
