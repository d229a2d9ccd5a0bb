"""Rules for passwords beyond Django's own: length matters, composition does not (trust.md, section 7)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CONTEXT_WORDS = ("capsule", "portal", "steward", "dataportal")


class MaximumLengthValidator:
    """At most 128 characters, so that hashing a password cannot be made to cost minutes."""

    most = 128

    def validate(self, password, user=None):
        if len(password) > self.most:
            raise ValidationError(_("Use at most %(most)d characters.") % {"most": self.most}, code="password_too_long")

    def get_help_text(self):
        return _("At most %(most)d characters.") % {"most": self.most}


class ContextWordsValidator:
    """No password that is little more than the product's own words."""

    def validate(self, password, user=None):
        rest = password.lower()
        for word in CONTEXT_WORDS:
            rest = rest.replace(word, "")
        if len(rest) < 6:
            raise ValidationError(_("Choose words that do not come from this portal."), code="password_of_context")

    def get_help_text(self):
        return _("Not made of this portal's own words.")
