from datetime import timedelta
from functools import lru_cache

import factory
from django.contrib.auth.hashers import get_hasher, make_password
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.people.models import Membership, Token, User

PASSWORD = "correct horse battery"


def hashed(password):
    """The stored form of a password, worked out once: hashing is slow on purpose."""
    return _hashed(password, get_hasher().algorithm)


@lru_cache
def _hashed(password, algorithm):
    return make_password(password, hasher=algorithm)


class UserFactory(DjangoModelFactory):
    """A person who can sign in; `role="steward"`, `roles=[…]` or `permissions=["glossary.review_term"]`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence("ada{}".format)
    first_name = "Ada"
    last_name = factory.Sequence("Lovelace {}".format)
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = factory.Transformer(PASSWORD, transform=hashed)

    @factory.post_generation
    def role(self, create, name, **kwargs):
        if create and name:
            _join(self, name)

    @factory.post_generation
    def roles(self, create, names, **kwargs):
        if create:
            for name in names or ():
                _join(self, name)

    @factory.post_generation
    def permissions(self, create, names, **kwargs):
        if create:
            for name in names or ():
                app, codename = name.split(".")
                self.user_permissions.add(
                    Permission.objects.get(content_type__app_label=app, codename=codename)
                )


def _join(user, name):
    group, _made = Group.objects.get_or_create(name=name)
    Membership.objects.create(user=user, group=group)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    group = factory.LazyFunction(lambda: Group.objects.get_or_create(name="analyst")[0])


class TokenFactory(DjangoModelFactory):
    """A token whose secret nobody knows; `Token.objects.create(user, …)` gives one to use."""

    class Meta:
        model = Token

    user = factory.SubFactory(UserFactory)
    name = "dbt in CI"
    scopes = factory.LazyFunction(lambda: ["read", "ingest"])
    expiry = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    digest = factory.Sequence("{:0128x}".format)
    token_key = factory.Sequence("dcs_{:011x}".format)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        # The manager's create() makes a secret of its own; a factory makes a row.
        token = model_class(*args, **kwargs)
        token.save(force_insert=True)
        return token
