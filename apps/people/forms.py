"""Forms of people about themselves: signing in, passwords, tokens, the look of the portal."""

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from . import lockout, tokens
from .models import Token, User


def wait_in_words(seconds):
    """ "Wait 2 minutes, then try again."; seconds below one minute are counted singly."""
    if seconds < 60:
        return ngettext(
            "Wait %(number)d second, then try again.", "Wait %(number)d seconds, then try again.", seconds
        ) % {"number": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Wait %(number)d minute, then try again.", "Wait %(number)d minutes, then try again.", minutes
    ) % {"number": minutes}


class GuardedPassword:
    """A form that asks for a password: wrong ones count against guessing, in the words of the page.

    `must_wait` is the number of seconds until the next try counts, 0 if it counts now.
    """

    wrong = _("The password is not right.")
    must_wait = 0

    def guarded(self, name, request, check, field=None):
        """What `check()` returns; puts an error on `field` (the whole form by default) if it was wrong."""
        try:
            return lockout.guarded(name, request.META.get("REMOTE_ADDR", ""), check)
        except lockout.MustWait as error:
            self.must_wait = error.seconds
            self.add_error(field, ValidationError(wait_in_words(error.seconds), code="wait"))
        except lockout.Wrong as error:
            self.must_wait = error.seconds
            said = f"{self.wrong} {self._what_next(error)}"
            self.add_error(field, ValidationError(said, code="invalid_login"))
        return None

    @staticmethod
    def _what_next(error):
        if error.seconds:
            return wait_in_words(error.seconds)
        return ngettext("%(number)d try left.", "%(number)d tries left.", error.tries_left) % {
            "number": error.tries_left
        }


class SignInForm(GuardedPassword, AuthenticationForm):
    """Name and password. The answer is the same whether the name exists, is suspended, or the password is wrong."""

    wrong = _("The name or the password is not right.")

    def clean(self):
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name and password:
            self.user_cache = self.guarded(
                name, self.request, lambda: authenticate(self.request, username=name, password=password)
            )
        return self.cleaned_data


class PasswordForm(GuardedPassword, PasswordChangeForm):
    """A new password for oneself."""

    wrong = _("This is not your present password.")
    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_mismatch": _("The two are not the same."),
        "password_unchanged": _("Choose one that differs from the present one."),
    }

    def __init__(self, user, *args, request=None, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.request = request
        self.fields["old_password"].label = _("Present password")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = _(
            "12 to 128 characters; a few words that you remember are best. Not a common password, nothing like "
            "your name, and not this portal's own words. Your API tokens end with the old password."
        )
        self.fields["new_password2"].label = _("The new password again")
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self):
        old = self.cleaned_data["old_password"]
        self.guarded(
            self.user.get_username(), self.request, lambda: self.user.check_password(old), "old_password"
        )
        return old

    def clean(self):
        cleaned = super().clean()
        new = cleaned.get("new_password1")
        if new and new == cleaned.get("old_password"):
            raise ValidationError(
                {
                    "new_password1": ValidationError(
                        self.error_messages["password_unchanged"], code="password_unchanged"
                    )
                }
            )
        return cleaned

    def save(self):
        self.user.set_password(self.cleaned_data["new_password1"])
        self.user.must_change_password = False
        self.user.save(update_fields=["password", "must_change_password"])
        return self.user


class SettingsForm(forms.ModelForm):
    """How the portal looks and answers to keys, for one person."""

    class Meta:
        model = User
        fields = ["theme", "density", "single_keys"]
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}
        labels = {
            "theme": _("Theme"),
            "density": _("Density"),
            "single_keys": _("Single letters are shortcuts"),
        }
        help_texts = {
            "density": _("Compact shows more rows on a screen."),
            "single_keys": _("They move and open, never change anything. Switch them off for speech input."),
        }


class AppearanceForm(SettingsForm):
    """The quick switch of the person menu: one press sets one of the two."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in list(self.fields):
            if name not in self.data:
                del self.fields[name]

    class Meta(SettingsForm.Meta):
        fields = ["theme", "density"]


class TokenForm(GuardedPassword, forms.Form):
    """A new API token for oneself; asks for the password unless it was shown within five minutes."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What uses it, such as “dbt in CI”. It stands in the audit log."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        widget=forms.CheckboxSelectMultiple,
        initial=[Token.Scope.READ],
        help_text=_("Never more than you may yourself, and never decide on a review."),
    )
    days = forms.IntegerField(
        label=_("Days until it ends"),
        min_value=1,
        max_value=settings.TOKEN_MAX_DAYS,
        initial=settings.REST_KNOX["TOKEN_TTL"].days,
        help_text=_("From 1 to %(most)d.") % {"most": settings.TOKEN_MAX_DAYS},
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("A token acts in your name, so show that it is you."),
    )

    def __init__(self, *args, request, is_fresh, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["scopes"].choices = [
            (scope.value, scope.label) for scope in tokens.scopes_for(request.user)
        ]
        if is_fresh:
            del self.fields["password"]

    def clean_password(self):
        password, user = self.cleaned_data["password"], self.request.user
        self.guarded(user.get_username(), self.request, lambda: user.check_password(password), "password")
        return password
