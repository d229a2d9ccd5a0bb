"""What a refused query, expression or pattern is told: what is not taken, and what to do instead."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SAID = {
    "empty": gettext_noop("There is nothing to run. Write one SELECT, or one expression."),
    "long": gettext_noop("The text is longer than %(most)s characters. Put a part of it into a view."),
    "deep": gettext_noop(
        "The text is nested too deeply. Split it into steps with WITH, or into several rules."
    ),
    "sign": gettext_noop("The text holds a control character. Type it again instead of pasting it."),
    "unreadable": gettext_noop("The text cannot be read: %(why)s. Correct it and try again."),
    "several": gettext_noop(
        "Only one statement is taken. Leave one SELECT and make further rules of the others."
    ),
    "statement": gettext_noop(
        "Rules only read, and “%(what)s” is no SELECT. Write a SELECT of the rows that are wrong."
    ),
    "part": gettext_noop("“%(name)s” is not allowed in a rule. Write it with plain SELECT, JOIN and WHERE."),
    "clause": gettext_noop("“%(name)s” is not allowed in a rule. Leave it out."),
    "function": gettext_noop(
        "The function “%(name)s” is not on the list of functions that rules may call. Use another, or ask for it."
    ),
    "table_function": gettext_noop(
        "Rows may not come from “%(name)s”. Name the capsule's table or one that the rule lists."
    ),
    "table": gettext_noop("The rule may not read “%(name)s”. Name one of: %(known)s."),
    "column": gettext_noop("There is no column “%(name)s” here. Name one of the capsule's columns."),
    "qualified_column": gettext_noop("Write the column's name alone instead of “%(name)s”."),
    "whole_row": gettext_noop("“%(name)s” means whole rows here. Name a column instead."),
    "common_table": gettext_noop("WITH may not name a table “%(name)s” again. Choose another name."),
    "with_inside": gettext_noop("WITH stands once, at the beginning. Move it there."),
    "query_inside": gettext_noop(
        "An expression looks at one row and holds no query. Use a rule with its own SQL."
    ),
    "over_rows": gettext_noop(
        "An expression looks at one row, and “%(what)s” needs several. Use a rule with its own SQL."
    ),
    "no_condition": gettext_noop(
        "The expression gives a value instead of true or false. Compare it with something."
    ),
    "name": gettext_noop("The name “%(name)s” has unusual characters. Put it in quotation marks."),
    "number": gettext_noop("“%(name)s” is no number that every engine reads. Write it with digits."),
    "type": gettext_noop(
        "“%(name)s” is no type that rules may cast to. Use text, a number, a date or a time."
    ),
    "dialect": gettext_noop("SQL cannot be checked for “%(name)s”. Use a rule without SQL."),
    "unstable": gettext_noop("The text can be read in two ways. Write it more plainly."),
    "pattern_computed": gettext_noop("A pattern has to be written down as a text. Put it between quotes."),
    "pattern_empty": gettext_noop("The pattern is empty. Write what the values look like."),
    "pattern_long": gettext_noop("The pattern is longer than %(most)s characters. Shorten or split it."),
    "pattern_unreadable": gettext_noop("The pattern cannot be read: %(why)s. Correct it and try again."),
    "pattern_lookaround": gettext_noop(
        "Looking ahead or behind (sign %(at)s) is not supported. Make two rules, one for each condition."
    ),
    "pattern_group": gettext_noop("A group beginning with (? (sign %(at)s) is not supported. Use ( or (?:."),
    "pattern_backreference": gettext_noop(
        "The pattern refers back with \\%(sign)s, which is not supported. Write the part out again."
    ),
    "pattern_lazy": gettext_noop(
        "A ? or + after a repetition (sign %(at)s) is not supported. Leave it out: only whether something matches counts."
    ),
    "pattern_brace": gettext_noop(
        "The { at sign %(at)s is no repetition such as {2,5}. Write \\{ for the sign itself."
    ),
    "pattern_repeated": gettext_noop("A repetition goes up to %(most)s. Use + or a rule for the length."),
    "pattern_repeats_nothing": gettext_noop(
        "The repetition at sign %(at)s has nothing before it. Write \\ before it."
    ),
    "pattern_escape": gettext_noop(
        "“%(sign)s” does not mean the same everywhere. Use \\d, \\w, \\s, \\b or a class such as [A-Z]."
    ),
    "pattern_class_open": gettext_noop(
        "A [ is never closed. Write ] at its end, or \\[ for the sign itself."
    ),
    "pattern_class_empty": gettext_noop("A class [] is empty. Write \\] to have the bracket in it."),
    "pattern_class_bracket": gettext_noop("A [ within a class does not mean the same everywhere. Write \\[."),
    "pattern_class_dash": gettext_noop(
        "The - at sign %(at)s can be read in two ways. Write \\- for the sign itself."
    ),
}


def sentence(refused):
    """The sentence for a `Refused`."""
    values = {
        name: ", ".join(value) if isinstance(value, list) else value for name, value in refused.values.items()
    }
    return _(SAID[refused.code]) % values
