"""Pages as a browser without a script receives them."""

import re
from html import unescape

from tests.factories import UserFactory

ROW = re.compile(r'<th scope="row" class="name full[^"]*"><a href="[^"]*">(.*?)</a>', re.S)
TAG = re.compile(r"<[^>]+>")


def signed_in(client, *roles, **about):
    """A client of somebody who holds `roles`."""
    client.user = UserFactory(roles=roles or ("analyst",), **about)
    client.force_login(client.user)
    return client


def page(client, url, **headers):
    """The body of a page that must answer 200."""
    answer = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def text(html):
    """What is read on a page: no tags, blanks made one."""
    return " ".join(unescape(TAG.sub(" ", html)).split())


def names(html):
    """The names in the first column of the page's table, in order."""
    return [unescape(TAG.sub("", name)).strip() for name in ROW.findall(html)]
