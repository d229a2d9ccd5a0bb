"""Days on which people decide: Monday to Friday."""

from datetime import timedelta


def after(day, number):
    """The day that lies `number` working days after `day`."""
    while number > 0:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def between(first, last):
    """How many working days have passed since `first` on `last`; 0 if it is not later."""
    days = (last - first).days
    return sum((first + timedelta(days=n)).weekday() < 5 for n in range(1, days + 1))
