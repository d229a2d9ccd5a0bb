"""JSON Schemas of the methods' options: what forms, the API and the checks say of each. Pure."""


def options(title, description, properties, *, examples=({},), **more):
    """The schema of a method's options."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        "type": "object",
        "properties": properties,
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
        "examples": list(examples),
        **more,
    }


def told(title, description, kind=None, **more):
    """One option."""
    return {"title": title, "description": description, **({"type": kind} if kind else {}), **more}


def count(title, description, default=0, least=0):
    return told(title, description, "integer", default=default, minimum=least, maximum=1000)


CHAR = told(
    "Mark", "The sign that stands for each hidden one.", "string", default="*",
    minLength=1, maxLength=1, pattern=r"^[!-~\u00a1-\u00ac\u00ae-\u00ff\u2022\u25a0-\u25ff]$",
)  # fmt: skip
SALTS = ["per_column", "use_system_salt"]

SCHEMAS = {
    "redaction": options(
        "Redaction", "Marks instead of the value; eight of them, unless the length is kept.",
        {
            "redaction_char": CHAR,
            "full_redaction": told("Hide all signs", "Off: punctuation and blanks stay.", "boolean", default=True),
            "constant": told("Constant", "What stands for each value instead of marks.", ["string", "number", "boolean"]),
        },
    ),
    "partial_redaction": options(
        "Partial redaction", "Marks instead of a part; what is too short for its visible part is hidden whole.",
        {
            "preserve_prefix": count("Signs at the beginning", "So many stay."),
            "preserve_suffix": count("Signs at the end", "So many stay."),
            "preserve_domain": told("Keep the domain", "What follows the last @ of an e-mail address stays.", "boolean", default=False),
            "min_masked": count("Hidden at least", "So many signs are always hidden.", default=1, least=1),
            "redaction_char": CHAR,
        },
        examples=[{"preserve_prefix": 2, "preserve_domain": True}],
    ),
    "substitution": options(
        "Substitution", "Another value: named for each, or drawn from a list by a key.",
        {
            "values": told("List", "Values of which one is drawn, the same one for the same value.", "array",
                           items={"type": ["string", "number"]}, minItems=2, maxItems=1000, uniqueItems=True),
            "mapping": told("Named", "What stands for which value.", "object",
                            additionalProperties={"type": ["string", "number"]}, maxProperties=1000, minProperties=1),
            "default": told("Otherwise", "What stands for a value that is not named.", ["string", "number"]),
        },
        examples=[{"values": ["Alpha", "Bravo", "Charlie"]}], anyOf=[{"required": ["values"]}, {"required": ["mapping"]}],
    ),
    "hashing": options(
        "Hashing", "A keyed hash: the same for the same value, and not to be undone.",
        {
            "algorithm": told("Algorithm", "sha256 works in every engine.", "string", enum=["sha256", "sha512", "blake2b"], default="sha256"),
            "salt": told("Key", "One key for the column, or one for all columns so that they can be joined.", "string", enum=SALTS, default="per_column"),
            "pepper": told("Second key", "Another key besides.", "boolean", default=True),
            "truncate": told("Signs", "So many hexadecimal digits are kept.", "integer", minimum=24, maximum=128),
        },
        examples=[{"salt": "use_system_salt"}],
    ),
    "tokenization": options(
        "Tokenization", "A random token from a vault, in which the value is kept encrypted.",
        {
            "vault_id": told("Vault", "Values of one vault have the same token everywhere.", "string", minLength=1, maxLength=255),
            "deterministic": told("One token for a value", "Off: another token each time.", "boolean", default=True),
        },
        examples=[{"vault_id": "customers"}],
    ),
    "encryption": options(
        "Encryption", "Encrypted with AES; who holds the key can read it again.",
        {"mode": told("Mode", "gcm gives another text each time, siv the same for the same value.", "string", enum=["gcm", "siv"], default="gcm")},
    ),
    "pseudonymization": options(
        "Pseudonymization", "A name that stands for the person behind a value, the same in all columns of a namespace.",
        {
            "namespace": told("Namespace", "Columns of one namespace share their pseudonyms; by itself each column has its own.", "string", minLength=1, maxLength=200),
            "prefix": told("Prefix", "What each pseudonym begins with.", "string", default="P-", maxLength=40, pattern=r"^[!-~]*$"),
        },
        examples=[{"namespace": "customer"}],
    ),
    "generalization": options(
        "Generalization", "A wider value: a step of a number, a month of a date, the beginning of a text.",
        {
            "step": told("Step", "Numbers become the lower end of their step.", "number", exclusiveMinimum=0, maximum=1e15),
            "edges": told("Edges", "Numbers become the lower end of their interval.", "array",
                          items={"type": "number"}, minItems=1, maxItems=200, uniqueItems=True),
            "top": told("Top", "Numbers from here on become this one.", "number"),
            "bottom": told("Bottom", "Numbers below become this one.", "number"),
            "unit": told("Unit", "Dates become the beginning of theirs.", "string",
                         enum=["year", "quarter", "month", "week", "day", "hour", "minute"]),
            "keep_prefix": count("Signs at the beginning", "So many of a text stay, at least one is hidden."),
            "hierarchy": told("Hierarchy", "The wider value of each; others become empty.", "object",
                              additionalProperties={"type": "string"}, minProperties=1, maxProperties=1000),
        },
        examples=[{"step": 10}, {"unit": "month"}, {"keep_prefix": 3}],
    ),
    "noise_addition": options(
        "Noise", "Numbers moved by chance, always alike for the same value. It is not differential privacy.",
        {
            "distribution": told("Distribution", "Which moves are how likely.", "string", enum=["laplace", "gaussian", "uniform"], default="laplace"),
            "scale": told("Scale", "How far numbers move, in their own unit; days for dates.", "number", exclusiveMinimum=0, maximum=1e9),
            "percent": told("Percent", "How far they move, as a part of each.", "number", exclusiveMinimum=0, maximum=1000),
            "min": told("Least", "No number is less.", "number"),
            "max": told("Most", "No number is more.", "number"),
            "round": told("Places", "Places behind the point of numbers that float.", "integer", minimum=0, maximum=12, default=6),
            "seed": told("Drawn", "keyed: asking again cannot average it away; random: another noise each time.", "string",
                         enum=["keyed", "random"], default="keyed"),
        },
        examples=[{"scale": 10}], oneOf=[{"required": ["scale"]}, {"required": ["percent"]}],
    ),
    "format_preserving_encryption": options(
        "Format-preserving encryption", "FF1: letters and digits become others, separators stay; who holds the key can undo it.",
        {
            "alphabet": told("Signs", "Which are encrypted among themselves; by itself those of the value.", "string",
                             enum=["detected", "digits", "lower", "upper", "letters", "alphanumeric"], default="detected"),
            "keep_prefix": count("Signs at the beginning", "So many stay."),
            "keep_suffix": count("Signs at the end", "So many stay."),
            "luhn": told("Check digit", "Card numbers that pass Luhn's check pass it afterwards.", "boolean", default=False),
        },
        examples=[{"alphabet": "digits", "luhn": True}],
    ),
    "data_masking": options(
        "Shape-preserving substitution", "Letter for letter and digit for digit; punctuation and length stay.",
        {"mode": told("Mode", "shape: x, X and 9; scramble: other letters and digits, by a key.", "string", enum=["shape", "scramble"], default="shape")},
    ),
    "custom": options(
        "Custom", "An expression of your own over the column.",
        {
            "expression": told("Expression", "LEFT, RIGHT, SUBSTRING, REPLACE, LENGTH, CASE and || over the column.", "string", minLength=1, maxLength=2000),
            "deterministic": told("Always alike", "The same value always becomes the same.", "boolean", default=True),
        },
        examples=[{"expression": "LEFT(postcode, 2) || '***'"}], required=["expression"],
    ),
}  # fmt: skip
