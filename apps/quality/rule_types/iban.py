"""The check digits of an IBAN (ISO 13616), by arithmetic that every engine has. Pure.

Its first four signs go to the end, letters become 10 to 35, and the number must leave 1 when divided by 97. Engines
have no integer of 68 digits: the rest is carried from piece to piece.
"""

import string

FIRST, STEP = 9, 7  # digits of a piece; with a rest of two digits before it, it stays well within a bigint
LONGEST = 68  # 34 signs, all letters


def checked(text, shaped):
    """Does the remainder say that the number is right? `shaped` is true of texts that can be read at all; of no text nothing is said."""
    # What is no IBAN would be no number: such rows divide a nought instead.
    digits = shaped.ifelse(text.substr(4) + text.substr(0, 4), "0")
    for value, letter in enumerate(string.ascii_uppercase, start=10):
        digits = digits.replace(letter, str(value))
    rest = digits.substr(0, FIRST).cast("int64") % 97
    for start in range(FIRST, LONGEST, STEP):
        rest = (rest.cast("string") + digits.substr(start, STEP)).cast("int64") % 97
    return text.isnull() | (rest == 1)
