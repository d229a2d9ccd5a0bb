"""Many wrong passwords at the same moment count like many in a row."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from apps.people import lockout


def test_ten_guesses_at_once_get_five_tries(own_database):
    checked = []

    def guess(number):
        try:
            with transaction.atomic():
                return try_once(number)
        finally:
            connection.close()

    def try_once(number):
        try:
            lockout.guarded("ana.ruiz", "192.0.2.1", lambda: checked.append(number))
        except lockout.MustWait:
            return "waits"
        except lockout.Wrong:
            return "was wrong"

    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(guess, range(10)))

    assert len(checked) == answers.count("was wrong") == 5
    assert answers.count("waits") == 5
