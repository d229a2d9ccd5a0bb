"""The business glossary: terms, and what they explain."""

from .imports import TermImport
from .links import Refusal, TermLink
from .terms import Term

__all__ = ["Refusal", "Term", "TermImport", "TermLink"]
