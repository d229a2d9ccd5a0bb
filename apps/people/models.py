"""People, what they belong to, and the tokens that act for them."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken, AuthTokenManager

from apps.dcs.fields import Moment, NewKey, StringListField
from apps.dcs.keys import uuid7
from apps.dcs.models import Keyed
from apps.dcs.prepared import prepared

STANDING = """
SELECT ARRAY(SELECT g.name::text FROM public.auth_group g JOIN dcs.memberships m ON m.group_id = g.id WHERE m.user_id = %(user)s),
    ARRAY(SELECT t.app_label || '.' || p.codename
        FROM public.auth_permission p JOIN public.django_content_type t ON t.id = p.content_type_id
        WHERE p.id IN (
            SELECT o.permission_id FROM dcs.users_user_permissions o WHERE o.user_id = %(user)s
            UNION ALL
            SELECT r.permission_id FROM public.auth_group_permissions r JOIN dcs.memberships m ON m.group_id = r.group_id
            WHERE m.user_id = %(user)s))
"""


class User(AbstractUser):
    """A person who signs in, with the rank up to which they may see values."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=NewKey(), editable=False)
    groups = models.ManyToManyField(Group, through="Membership", related_name="user_set", blank=True)
    clearance = models.SmallIntegerField(
        null=True,
        blank=True,
        help_text=_("1 public to 5 secret. Empty: the highest that the person's roles give."),
    )
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.AUTO, db_default=Theme.AUTO)
    density = models.CharField(
        max_length=20, choices=Density, default=Density.COMFORTABLE, db_default=Density.COMFORTABLE
    )
    single_keys = models.BooleanField(_("single-letter keys"), default=True, db_default=True)
    must_change_password = models.BooleanField(
        default=False,
        db_default=False,
        help_text=_(
            "The password was given by somebody else; nothing else can be done until it is replaced."
        ),
    )
    created_at = models.DateTimeField(db_default=Moment(), editable=False)
    updated_at = models.DateTimeField(db_default=Moment(), editable=False)

    objects = UserManager()

    class Meta:
        db_table = "users"
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(name="clearance_valid", condition=models.Q(clearance__range=(0, 5))),
        ]

    def __str__(self):
        return self.get_full_name() or self.username

    def get_absolute_url(self):
        return reverse("discovery:person", args=[self.username])

    def has_perm(self, perm, obj=None):
        """True if the person holds `perm`, by a role or by themselves; asked of the database once."""
        if obj is not None or not self.is_active or self.is_superuser:
            return super().has_perm(perm, obj)
        return perm in self._held

    @cached_property
    def _held(self):
        return self.standing()[1]

    def standing(self):
        """(names of the person's roles, permissions they hold by a role or by themselves), as they are now.

        One statement, written out: building it anew would cost every page more than running it.
        """
        with prepared() as cursor:
            cursor.execute(STANDING, {"user": self.pk})
            names, held = cursor.fetchone()
        self.__dict__["_held"] = frozenset(held)
        return frozenset(names), self._held

    @property
    def initials(self):
        """One or two letters that stand for the person where there is no room for the name."""
        names = [self.first_name, self.last_name] if self.first_name and self.last_name else [self.username]
        return "".join(name[:1] for name in names).upper()


class Membership(Keyed):
    """A person's role, since when."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships", verbose_name=_("role"))
    since = models.DateTimeField(db_default=Moment(), editable=False)

    class Meta:
        db_table = "memberships"
        ordering = ["group__name"]
        constraints = [models.UniqueConstraint(fields=["user", "group"], name="membership_unique")]

    def __str__(self):
        return f"{self.user}: {self.group}"


class TokenQuerySet(models.QuerySet):
    def usable(self):
        """Tokens that have not expired, of people who may still sign in."""
        return self.filter(expiry__gt=timezone.now(), user__is_active=True)

    def visible_to(self, reader):
        """One's own tokens; everybody's for those who run the portal."""
        if reader.user is None:
            return self.none()
        return self.all() if reader.may("people.view_token") else self.filter(user=reader.user)


class Token(AbstractAuthToken):
    """A program's key to the API: stored as a digest, always expiring, with a list of what it may do."""

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Write")
        EXECUTE = "execute", _("Run checks")
        INGEST = "ingest", _("Ingest")
        AUDIT = "audit", _("Read the audit log")

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=NewKey(), editable=False)
    digest = models.CharField(max_length=128, unique=True)
    token_key = models.CharField(max_length=25, db_index=True, null=True, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text=_("What uses it, such as “dbt in CI”."))
    scopes = StringListField()
    created = models.DateTimeField(db_default=Moment(), editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = AuthTokenManager.from_queryset(TokenQuerySet)()

    class Meta:
        db_table = "api_tokens"
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(name="tokens_expire", condition=models.Q(expiry__isnull=False)),
        ]

    def __str__(self):
        return self.name

    @property
    def scope_words(self):
        """What the token may do, in words: `Read, Ingest`."""
        return ", ".join(str(self.Scope(scope).label) for scope in self.scopes if scope in self.Scope.values)

    @property
    def is_expired(self):
        """True if the token has come to its end; it opens nothing any more."""
        return self.expiry <= timezone.now()


class SignInAttempt(Keyed):
    """Wrong passwords in a row for one name from one address, under a digest of the name; not audited."""

    name = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    failures = models.IntegerField(default=0, db_default=0)
    last_failure = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_in_attempts"
        default_permissions = ()
        indexes = [models.Index(fields=["last_failure"], name="sign_in_attempts_last_failure")]
        constraints = [models.UniqueConstraint(fields=["name", "address"], name="sign_in_attempt_unique")]

    def __str__(self):
        return f"{self.address}: {self.failures}"
