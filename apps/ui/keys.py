"""The key map: what a key does, per scope. The script, the help page and a test read this one list.

A single letter never changes data. Pages bind a key to a control with `data-key="e"`; the script presses
or focuses that control. The table of the experience design, section 6.
"""

from django.utils.translation import gettext_lazy as _

# URL → second key after `g`. The navigation marks its links with these.
GO_TO = {
    "/": "h",
    "/capsules/": "c",
    "/glossary/": "t",
    "/quality/": "q",
    "/policies/": "p",
    "/contracts/": "k",
    "/reviews/": "r",
    "/lineage/": "l",
    "/incidents/": "i",
    "/audit/": "u",
}

SCOPES = [
    (_("Everywhere"), [
        (["/"], _("Search or go to")),
        (["?"], _("Show these keys")),
        (["."], _("Actions of this page")),
        (["Esc"], _("Close what is open, then back to the list")),
        (["g", "h"], _("Home")),
        (["g", "c"], _("Catalog")),
        (["g", "t"], _("Glossary")),
        (["g", "q"], _("Quality")),
        (["g", "p"], _("Policies")),
        (["g", "k"], _("Contracts")),
        (["g", "r"], _("Reviews")),
        (["g", "l"], _("Lineage")),
        (["g", "i"], _("Incidents")),
        (["g", "u"], _("Audit")),
    ]),
    (_("Home"), [
        (["["], _("Previous block")),
        (["]"], _("Next block")),
    ]),
    (_("Lists"), [
        (["j"], _("Next row")),
        (["k"], _("Previous row")),
        (["Enter"], _("Open")),
        (["Space"], _("Tick the row")),
        (["o"], _("Preview at the side")),
        (["f"], _("First filter")),
    ]),
    (_("Object pages"), [
        (["1–9"], _("Tabs, in order")),
        (["e"], _("Propose a change")),
        (["d"], _("Compare with the previous version")),
        (["y"], _("Copy the name")),
        (["s"], _("Subscribe")),
        (["["], _("Previous column")),
        (["]"], _("Next column")),
    ]),
    (_("Diff, plan, review"), [
        (["["], _("Previous change")),
        (["]"], _("Next change")),
        (["n"], _("Next breaking change")),
        (["b"], _("Group identical changes")),
        (["c"], _("Comment on this line")),
        (["a"], _("Choose Approve")),
        (["r"], _("Choose Request changes")),
        (["x"], _("Choose Reject")),
        (["w"], _("Choose Hand over")),
        (["Ctrl+Enter"], _("Record the decision")),
    ]),
    (_("Matrix and grid"), [
        (["↑ ↓ ← →"], _("Move by a cell")),
        (["Home"], _("First cell of the row")),
        (["End"], _("Last cell of the row")),
        (["Ctrl+Home"], _("First cell")),
        (["Ctrl+End"], _("Last cell")),
        (["Enter"], _("Open or edit")),
        (["Esc"], _("Leave the cell")),
    ]),
    (_("Lineage"), [
        (["↑ ↓ ← →"], _("Walk along the edges")),
        (["Enter"], _("Open")),
        (["f"], _("Put the focus here")),
        (["m"], _("Graph or list")),
    ]),
]  # fmt: skip
