"""Who may write policies: asked by pages, API and back office alike (trust.md, section 1.1)."""

from django.utils.translation import gettext as _

from apps.catalog.access import YES, Verdict, may_edit

DECIDE = "catalog.edit_policy"


def may_write(reader, capsule):
    """May the reader draft and propose policies for the capsule and its columns?

    Policy admins may everywhere, producers for what their team owns, stewards in their domain.
    """
    return YES if reader.may(DECIDE) else may_edit(reader, capsule)


def may_remove(reader, policy):
    """May the reader delete this draft? Its author, and whoever may write it."""
    if policy.status != policy.Status.DRAFT:
        return Verdict(False, _("Only drafts are deleted; what was in force is deprecated."))
    if reader.user is not None and policy.author_id == reader.user.pk:
        return YES
    return may_write(reader, policy.home)
