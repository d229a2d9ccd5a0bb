"""Conditions for CHECK constraints, in the spelling of the reference schema.

Django's own `__isnull` vanishes where a form is validated and the answer is known; these stay expressions
and can be counted and compared.
"""

import operator
from functools import reduce

from django.db import models
from django.db.models.functions import Cast
from django.db.models.lookups import Exact


class Filled(models.Func):
    """True if the field has a value."""

    template = "(%(expressions)s IS NOT NULL)"
    arity = 1
    output_field = models.BooleanField()


class Missing(models.Func):
    """True if the field has no value."""

    template = "(%(expressions)s IS NULL)"
    arity = 1
    output_field = models.BooleanField()


def exactly_one(*names):
    """Exactly one of the named fields has a value."""
    return Exact(reduce(operator.add, (Cast(Filled(name), models.IntegerField()) for name in names)), 1)


def both_or_neither(one, other):
    """Two fields have a value together, or none."""
    return Exact(Missing(one), Missing(other))
