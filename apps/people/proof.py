"""Showing again that it is oneself: a signature needs a password of the last five minutes (trust.md, section 2)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from . import sessions
from .forms import GuardedPassword
from .middleware import reader_for


class ProofForm(GuardedPassword, forms.Form):
    """The password of whoever is signed in; wrong ones count against guessing."""

    password = forms.CharField(label=_("Your password"), strip=False)

    def __init__(self, data, *, request):
        super().__init__(data)
        self.request = request

    def clean_password(self):
        password, user = self.cleaned_data["password"], self.request.user
        self.guarded(user.get_username(), self.request, lambda: user.check_password(password), "password")
        return password


def show(request):
    """Take the password that came with a request; empty, or the sentence for a wrong one.

    A request without one proves nothing: the verb that needs a proof refuses it.
    """
    if request.reader.is_fresh or not request.POST.get("password"):
        return ""
    form = ProofForm(request.POST, request=request)
    if not form.is_valid():
        return " ".join(said for errors in form.errors.values() for said in errors)
    sessions.prove(request)
    request.reader = reader_for(request)
    return ""
