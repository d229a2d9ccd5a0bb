"""Which columns hold personal data, told by their names and by the values of a sample (trust.md, section 5). Pure.

Of the values only counts leave this package.
"""

from .judging import VERSION, Detection, detect

__all__ = ["VERSION", "Detection", "detect"]
