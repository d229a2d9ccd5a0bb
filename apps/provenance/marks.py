"""What nodes of the lineage are marked by: sensitivity, quality, freshness, owner, as the dimensions know them."""

from django.utils.translation import gettext as _

from apps.catalog import dimensions, facts
from apps.ui import words
from apps.ui.formats import points

from . import explorer

# Which dimensions know what a mark says; the later knows it better.
KNOWERS = {"sensitivity": ("policy",), "quality": ("quality",), "freshness": ("quality", "contract")}


def marks(capsules, overlay, reader):
    """{capsule id: {word, hue}} of the chosen mark; where nothing is known the word says so."""
    if overlay == "owner":
        names = {one.pk: one.owner.name if one.owner_id else _("no owner yet") for one in capsules}
        return {key: {"word": name, "short": name, "hue": ""} for key, name in names.items()}
    found = {}
    capsules = list({one.pk: one for one in capsules}.values())
    slugs = [
        slug for slug in KNOWERS.get(overlay, ()) if slug in {one.slug for one in dimensions.everything()}
    ]
    facts.learn(capsules, reader, slugs=slugs)
    for slug in slugs:
        for key, items in dimensions.get(slug).strip(capsules, reader).items():
            for item in items:
                if item["key"] == overlay:
                    found[key] = _said(item, overlay)
    return found


def _said(item, overlay):
    """An item of the trust strip in a word for the drawing, a shorter one for the list, and a hue."""
    hue = item.get("hue", "")
    if level := item.get("sensitivity"):
        word = str(words.SENSITIVITY[level][1]).lower()
    elif item.get("score") is not None:
        score = points(item["score"])
        return {"word": _("quality %(score)s") % {"score": score}, "short": score, "hue": hue}
    elif item.get("vocabulary") == "health":
        word = _("%(mark)s unknown") % {"mark": overlay_title(overlay).lower()}
        return {"word": word, "short": _("unknown"), "hue": ""}
    elif item.get("vocabulary"):
        known = words.word(item["vocabulary"], item["value"])
        word, hue = str(known.text).lower(), known.hue if known.hue in ("caution", "critical") else ""
    else:
        word = str(item.get("value") or "")
    return {"word": word, "short": word, "hue": hue}


def overlay_title(overlay):
    """What a mark is called."""
    return {
        "sensitivity": _("Sensitivity"),
        "quality": _("Quality"),
        "freshness": _("Freshness"),
        "owner": _("Owner"),
    }[overlay]


def overlays():
    """(name, title) of every mark."""
    return [(name, overlay_title(name)) for name in explorer.OVERLAYS]
