"""Accessibility of a page, in both themes."""

from axe_playwright_python.sync_playwright import Axe

# The themes are two sets of colours for one markup: what axe says of anything else holds in both.
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def violations(page):
    """What axe finds on the page as it stands: (theme, rule, first three targets), in light and in dark."""
    found = []
    for theme, options in (("light", {}), ("dark", OF_COLOURS)):
        page.emulate_media(color_scheme=theme)
        for each in Axe().run(page, options=options).response["violations"]:
            found.append((theme, each["id"], [node["target"] for node in each["nodes"]][:3]))
    page.emulate_media(color_scheme="light")
    return found
