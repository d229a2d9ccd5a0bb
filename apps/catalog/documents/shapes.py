"""What the JSON Schema says, compiled: texts taken as written, and a quick answer whether a value fits.

The schema library names what is wrong but needs milliseconds a document; most documents have nothing wrong.
`fits` gives the library's own answer (a test compares them on generated documents) about ten times faster.
"""

import re

from .numbers import Inexact
from .trees import Mapping, Scalar, Sequence

KINDS = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
}
SAID = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "null": "nothing",
    "number": "a number",
    "integer": "a whole number",
}
IGNORED = {"$schema", "$id", "$defs", "title", "description", "default", "then"}


class Shapes:
    """One JSON Schema, compiled part by part when first needed."""

    def __init__(self, schema):
        self.root = schema
        self._fits, self._readers = {}, {}

    def resolved(self, schema):
        """`schema`, or what its `$ref` points to."""
        while "$ref" in schema:
            found = self.root
            for key in schema["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            schema = found
        return schema

    def fits(self, value, schema=None):
        """True if the plain `value` is valid."""
        return self._test(self.root if schema is None else schema)(value)

    def read(self, tree, report, schema=None, path=()):
        """`tree` as plain values, each scalar as a text where the schema takes texts and not what it looks like.

        `report(path, message)` is told of numbers that cannot be kept.
        """
        return self._read(tree, self.root if schema is None else schema, report, path)

    # --- texts as written ---

    def _read(self, tree, schema, report, path):
        kind = type(tree)
        if kind is str:
            return tree
        if kind is Mapping:
            known, others = self._object(schema)
            return {
                key: self._read(value, known.get(key, others), report, (*path, key))
                for key, value in tree.items()
            }
        if kind is Sequence:
            inner = self._items(schema)
            return [self._read(value, inner, report, (*path, i)) for i, value in enumerate(tree)]
        if kind is Scalar:
            return self._scalar(tree, schema, report, path)
        return tree

    def _scalar(self, scalar, schema, report, path):
        value, kinds = scalar.value, self._kinds(schema)
        if value is None or value.__class__ not in (int, float, bool, Inexact):
            return value
        if "string" in kinds and "any" not in kinds:
            own = "boolean" if isinstance(value, bool) else "number"
            if own not in kinds and not (own == "number" and "integer" in kinds):
                return scalar.text
        if isinstance(value, Inexact):
            report(path, str(value))
            return scalar.text
        return value

    def _branches(self, schema):
        """The alternatives that `schema` offers a value, references followed."""
        schema = self.resolved(schema)
        found = [schema] if not schema.keys() >= {"oneOf"} else []
        for branch in schema.get("oneOf", ()):
            found += self._branches(branch)
        return found

    def _cached(self, name, schema, make):
        key = (name, id(schema))
        if key not in self._readers:
            self._readers[key] = make()
        return self._readers[key]

    def _kinds(self, schema):
        def make():
            kinds = set()
            for branch in self._branches(schema):
                named = branch.get("type")
                if named:
                    kinds |= {named} if isinstance(named, str) else set(named)
                elif "enum" in branch or "const" in branch:
                    values = branch.get("enum", [branch.get("const")])
                    kinds |= {"string" if isinstance(value, str) else "any" for value in values}
                else:
                    kinds.add("any")
            return frozenset(kinds)

        return self._cached("kinds", schema, make)

    def _object(self, schema):
        def make():
            for branch in self._branches(schema):
                if branch.get("properties") or isinstance(branch.get("additionalProperties"), dict):
                    others = branch.get("additionalProperties")
                    return branch.get("properties", {}), others if isinstance(others, dict) else ANYTHING
            return {}, ANYTHING

        return self._cached("object", schema, make)

    def _items(self, schema):
        def make():
            return next((b["items"] for b in self._branches(schema) if "items" in b), ANYTHING)

        return self._cached("items", schema, make)

    # --- the quick answer ---

    def _test(self, schema):
        found = self._fits.get(id(schema))
        if found is None:
            # A column holds columns: what is being compiled is looked up again when it is called.
            self._fits[id(schema)] = lambda value: self._fits[id(schema)](value)
            found = self._fits[id(schema)] = self._compiled(schema)
        return found

    def _compiled(self, schema):
        tests = []
        for keyword, said in schema.items():
            if keyword in IGNORED or keyword in ("patternProperties", "properties", "additionalProperties"):
                continue
            tests.append(getattr(self, f"_{keyword.lstrip('$')}_test")(said, schema))
        if schema.keys() & {"patternProperties", "properties", "additionalProperties"}:
            tests.append(self._object_test(schema))
        if len(tests) == 1:
            return tests[0]
        return lambda value: all(test(value) for test in tests)

    def _object_test(self, schema):
        known = {key: self._test(part) for key, part in schema.get("properties", {}).items()}
        prefixes = [pattern.removeprefix("^") for pattern in schema.get("patternProperties", {})]
        others = schema.get("additionalProperties", True)
        other = self._test(others) if isinstance(others, dict) else lambda value: others

        def test(value):
            if not isinstance(value, dict):
                return True
            for key, inner in value.items():
                check = known.get(key)
                if check is not None:
                    if not check(inner):
                        return False
                elif not any(key.startswith(prefix) for prefix in prefixes) and not other(inner):
                    return False
            return True

        return test

    def _ref_test(self, said, schema):
        return self._test(self.resolved(schema))

    def _type_test(self, said, schema):
        if isinstance(said, str):
            return KINDS[said]
        tests = [KINDS[name] for name in said]
        return lambda value: any(test(value) for test in tests)

    def _enum_test(self, said, schema):
        return lambda value: isinstance(value, str) and value in said

    def _const_test(self, said, schema):
        return lambda value: type(value) is type(said) and value == said

    def _required_test(self, said, schema):
        return lambda value: not isinstance(value, dict) or all(key in value for key in said)

    def _pattern_test(self, said, schema):
        search = re.compile(said).search
        return lambda value: not isinstance(value, str) or search(value) is not None

    def _minLength_test(self, said, schema):
        return lambda value: not isinstance(value, str) or len(value) >= said

    def _maxLength_test(self, said, schema):
        return lambda value: not isinstance(value, str) or len(value) <= said

    def _minimum_test(self, said, schema):
        return lambda value: not KINDS["number"](value) or value >= said

    def _maximum_test(self, said, schema):
        return lambda value: not KINDS["number"](value) or value <= said

    def _minItems_test(self, said, schema):
        return lambda value: not isinstance(value, list) or len(value) >= said

    def _minProperties_test(self, said, schema):
        return lambda value: not isinstance(value, dict) or len(value) >= said

    def _uniqueItems_test(self, said, schema):
        def test(value):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                return True  # the items' own type is texts, and says so
            return len(set(value)) == len(value)

        return test

    def _items_test(self, said, schema):
        inner = self._test(said)
        return lambda value: not isinstance(value, list) or all(inner(item) for item in value)

    def _allOf_test(self, said, schema):
        tests = [self._test(part) for part in said]
        return lambda value: all(test(value) for test in tests)

    def _anyOf_test(self, said, schema):
        tests = [self._test(part) for part in said]
        return lambda value: any(test(value) for test in tests)

    def _oneOf_test(self, said, schema):
        tests = [self._test(part) for part in said]
        return lambda value: sum(test(value) for test in tests) == 1

    def _not_test(self, said, schema):
        inner = self._test(said)
        return lambda value: not inner(value)

    def _if_test(self, said, schema):
        condition, then = self._test(said), self._test(schema["then"])
        return lambda value: not condition(value) or then(value)


ANYTHING: dict = {}
