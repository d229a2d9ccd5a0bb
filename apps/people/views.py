"""Pages of people: signing in and out, one's own settings, sessions and tokens, and who somebody is."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from . import roles, sessions, tokens
from .about import answers_for, held_by
from .forms import AppearanceForm, PasswordForm, SettingsForm, SignInForm, TokenForm
from .models import Token, User

DEMO_PASSWORD = settings.VAR_DIR / "demo_password"


class SignIn(views.LoginView):
    """Sign in; after too many wrong passwords from one address that name waits there for a while (429)."""

    authentication_form = SignInForm

    def get(self, request, *args, **kwargs):
        if request.htmx:
            # A page whose session has ended asked for a part of itself: show the door, not a door in a box.
            here = request.htmx.current_url_abs_path or "/"
            return HttpResponseClientRedirect(views.redirect_to_login(here, "login").url)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form):
        answer = super().form_valid(form)
        sessions.begin(self.request)
        return answer

    def form_invalid(self, form):
        answer = self.render_to_response(
            self.get_context_data(form=form), status=429 if form.must_wait else 422
        )
        if form.must_wait:
            answer["Retry-After"] = str(form.must_wait)
        return answer

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            organisation=getattr(settings, "ORGANISATION", ""),
            contact=getattr(settings, "CONTACT", ""),
            demo_people=demo_people(),
            **kwargs,
        )


def demo_people():
    """Who can be tried out, with the demo's password; nobody unless the demo runs for this machine alone."""
    if not (settings.LOOPBACK and DEMO_PASSWORD.exists()):
        return []
    password = DEMO_PASSWORD.read_text().strip()
    people = (
        User.objects.filter(is_active=True, groups__isnull=False).distinct().prefetch_related("groups")[:10]
    )
    return [
        {
            "username": person.username,
            "role": roles.words(each.name for each in person.groups.all()),
            "password": password,
        }
        for person in people
    ]


class ChangePassword(views.PasswordChangeView):
    """Choose a new password; all other browsers of this person and their tokens end."""

    form_class = PasswordForm
    success_url = reverse_lazy("password_change_done")

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form):
        answer = super().form_valid(form)
        sessions.prove(self.request)
        return answer

    def form_invalid(self, form):
        return self.render_to_response(
            self.get_context_data(form=form), status=429 if form.must_wait else 422
        )


@login_required
def me(request):
    """What the portal knows of its reader, and how it looks to them."""
    form = SettingsForm(request.POST or None, instance=_row_of(request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("people:me")
    context = {
        "form": form,
        "person": request.user,
        "held": held_by(request.user),
        "clearance": roles.level(request.reader.clearance),
        "sessions": sessions.of(request.user, current=request.session.session_key),
        "token_count": request.user.tokens.count(),
        **answers_for(request.user, request.reader),
    }
    return TemplateResponse(request, "people/me.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def appearance(request):
    """Switch theme or density with one press, and stay on the page."""
    form = AppearanceForm(request.POST, instance=_row_of(request.user))
    if form.is_valid():
        form.save()
    return HttpResponseRedirect(own_page(request, request.POST.get("next")) or reverse("people:me"))


@require_POST
@login_required
def end_sessions(request):
    """Sign out of one other browser, or of all others."""
    if handle := request.POST.get("session"):
        ended = int(sessions.end(request.user, handle) > 0)
    else:
        ended = sessions.end_others(request.user, current=request.session.session_key)
    said = ngettext("%(number)d browser signed out.", "%(number)d browsers signed out.", ended) % {
        "number": ended
    }
    messages.success(request, said)
    return redirect("people:me")


@sensitive_post_parameters("password")
@login_required
def own_tokens(request):
    """The reader's API tokens; a new one is shown once, on the page that answers its creation."""
    is_fresh = sessions.is_fresh(request)
    form = TokenForm(request.POST or None, request=request, is_fresh=is_fresh)
    made = secret = None
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        made, secret = tokens.issue(
            request.user, name=wanted["name"], scopes=wanted["scopes"], days=wanted["days"]
        )
        sessions.prove(request)
        form = TokenForm(request=request, is_fresh=True)
    status = 429 if form.must_wait else 422 if form.errors else 200
    context = {"form": form, "tokens": request.user.tokens.all(), "made": made, "secret": secret}
    return TemplateResponse(request, "people/tokens.html", context, status=status)


@login_required
def revoke_token(request, pk):
    """Ask, then end a token of one's own (administrators: anyone's) at once."""
    token = get_object_or_404(Token.objects.visible_to(request.reader).select_related("user"), pk=pk)
    if request.method == "POST":
        token.delete()
        messages.success(
            request,
            _("Revoked. %(name)s can no longer act for %(person)s.") % {"name": token, "person": token.user},
        )
        return redirect("people:tokens")
    return TemplateResponse(request, "people/revoke_token.html", {"token": token})


def own_page(request, url):
    """`url` if it leads to a page of this portal, else nothing."""
    if url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return url
    return ""


def _row_of(user):
    # The form gets a row of its own: one that fails must not leave its values on the reader of this page.
    return User.objects.get(pk=user.pk)
