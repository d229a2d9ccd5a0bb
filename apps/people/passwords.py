"""Rules for passwords beyond Django's own: length matters, composition does not (trust.md, section 7)."""

import secrets

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CONTEXT_WORDS = ("capsule", "portal", "steward", "dataportal")
# Without letters and digits that look alike: a one-time password may be read aloud.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def one_time():
    """A password for somebody's first sign-in: four groups of five characters, 99 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _each in range(5)) for _group in range(4))


class MaximumLengthValidator:
    """At most 128 characters, so that hashing a password cannot be made to cost minutes."""

    most = 128

    def validate(self, password, user=None):
        if len(password) > self.most:
            raise ValidationError(
                _("Use at most %(most)d characters.") % {"most": self.most}, code="password_too_long"
            )

    def get_help_text(self):
        return _("At most %(most)d characters.") % {"most": self.most}


class ContextWordsValidator:
    """No password that is little more than the product's own words."""

    def validate(self, password, user=None):
        rest = password.lower()
        for word in CONTEXT_WORDS:
            rest = rest.replace(word, "")
        if len(rest) < 6:
            raise ValidationError(
                _("Choose words that do not come from this portal."), code="password_of_context"
            )

    def get_help_text(self):
        return _("Not made of this portal's own words.")


class EndsTokens:
    """A new password ends the tokens of its owner, whichever way it was set; sessions end by themselves.

    Every password may pass. Django tells validators of a change, but not of a mere renewal of the hash.
    """

    def validate(self, password, user=None):
        """Nothing to refuse."""

    def get_help_text(self):
        return _("Your API tokens end when the password changes.")

    def password_changed(self, password, user=None):
        if user is not None and not user._state.adding:
            user.tokens.all().delete()
