"""JSON Schemas of parameters: what forms, the API and the page of rule types say of each. Pure."""

PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
OPERATORS = [">", ">=", "<", "<=", "=", "!="]

CONDITION = {
    "title": "Only rows where",
    "description": "An expression over the columns; rows for which it is not true are left out.",
    "type": "string",
    "minLength": 1,
    "examples": ["status = 'completed'"],
}
NAN = {
    "title": "NaN is no value",
    "description": "Whether “not a number” counts as a missing value.",
    "type": "boolean",
    "default": True,
}
# Told by whoever asks, not by people: when a rule runs, where a list came from, what the importer kept.
CARRIED = ("schedule", "from_domain", "meta")


def parameters(title, description, properties=None, *, required=(), examples=({},), any_of=(), **more):
    """The schema of a type's parameters; every type takes a condition."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        "type": "object",
        "properties": {**(properties or {}), "apply_condition": CONDITION} | {key: {} for key in CARRIED},
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
        "examples": list(examples),
        **more,
    }
    if required:
        schema["required"] = list(required)
    if any_of:
        schema["anyOf"] = [{"required": [key]} for key in any_of]
    return schema


def told(title, description, kind, *, column=None, **more):
    """One parameter; `column` is the column of `quality_rules` that holds it."""
    found = {"title": title, "description": description, **more}
    if kind is not None:
        found["type"] = kind
    if column:
        found["x-column"] = column
    return found


def share(title, description, **more):
    """A percentage that is stored as `threshold_percent`."""
    return told(title, description, "number", column="threshold_percent", minimum=0, maximum=100, **more)


def threshold(description, **more):
    """The number and the operator by which a result is judged."""
    return {
        "threshold_value": told("Threshold", description, "number", column="threshold_value", **more),
        "threshold_operator": told(
            "Compared", "How the number is compared.", "string", column="threshold_operator", enum=OPERATORS
        ),
    }


def tolerance():
    """What rules about rows take: how many or how large a share may fail."""
    return {
        "threshold_percent": share("Share that must pass", "At least this percentage of rows passes."),
        "max_failure_percent": told(
            "Share that may fail", "The same the other way round: 100 less the share that must pass.", "number",
            minimum=0, maximum=100,
        ),
        **threshold("How many rows may fail."),
    }  # fmt: skip


def column_names(title, description, least):
    """A list of columns."""
    return told(
        title,
        description,
        "array",
        items={"type": "string", "minLength": 1},
        minItems=least,
        uniqueItems=True,
    )
