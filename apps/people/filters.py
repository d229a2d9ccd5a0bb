"""How lists of tokens are narrowed."""

from apps.ui.filters import FilterSet, OneOf

from .models import Token


class TokenFilter(FilterSet):
    """The filters of the list of tokens; another person's are there for administrators alone."""

    username = OneOf(field_name="user__username")
    name = OneOf(field_name="name")

    class Meta:
        model = Token
        fields = []
