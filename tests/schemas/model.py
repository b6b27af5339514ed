# SPDX-License-Identifier: Apache-2.0
"""What the C sources say that tfsecrets.yaml may hold: fields, types, words and limits. For the tests that
hold the JSON Schema and the manual against them."""
import re
from pathlib import Path

SETTING = "schemas/schema_setting.c"
CONSTRAINT = "schemas/schema_constraint.c"
ENVIRONMENT = "schemas/schema_environment.c"
OBJECT = "schemas/schema_object.c"
READ = "schemas/schema_read.c"


def source(path):
    """A file of C without its comments."""
    return re.sub(r"/\*.*?\*/", "", Path(path).read_text(encoding="utf-8"), flags=re.DOTALL)


def words(path, function, name):
    """The texts of `static const char *const NAME[]` in a function, or outside of all where it is None."""
    text = source(path)
    if function is not None:
        text = text[re.search(rf"^{function}\(", text, re.MULTILINE).start() :]
    found = re.search(rf"static const char \*const {name}\[\] = \{{(.*?)\}};", text, re.DOTALL)
    return re.findall(r'"([^"]*)"', found.group(1))


def limit(path, name):
    """The number of an enumerator."""
    found = re.search(rf"\b{name} = ([0-9]+)\b", source(path))
    return int(found.group(1))


def types():
    """The names of the types, in the order of their enumerators."""
    order = re.findall(r"\b(TYPE_[A-Z0-9]+),", source("schemas/type.h"))
    names = dict(re.findall(r'\[(TYPE_[A-Z0-9]+)\] = "([a-z0-9]+)"', source("schemas/type.c")))
    assert len(order) > 1 and order.pop() == "TYPE_COUNT" and set(order) == set(names)
    return [names[entry] for entry in order]


def _type_set(expression, macros):
    """Evaluates a set of types as C spells it: bits, macros, & | ~."""
    order = re.findall(r"\b(TYPE_[A-Z0-9]+),", source("schemas/type.h"))
    while re.search(r"[A-Z]+_TYPES", expression):
        expression = re.sub(r"[A-Z]+_TYPES", lambda m: f"({macros[m.group()]})", expression)
    expression = re.sub(r"TYPE_BIT\((\w+)\)", lambda m: str(1 << order.index(m.group(1))), expression)
    assert re.fullmatch(r"[0-9 ()&|~\s-]+", expression), expression
    bits = eval(expression)  # numbers and operators only, as the line above has seen
    return {name for at, name in enumerate(types()) if bits >> at & 1}


def setting_fields():
    """field: (kinds, types) of the table of a setting's fields."""
    text = source(SETTING)
    macros = {
        name: body.replace("\\\n", " ")
        for name, body in re.findall(r"#define ([A-Z]+_TYPES)\s((?:.*\\\n)*.*)", text)
    }
    table = re.search(r"field_table\[\] = \{(.*?)\n\};", text, re.DOTALL).group(1)
    kinds = {
        "FITS_BOTH": {"config", "secret"},
        "FITS_CONFIG": {"config"},
        "FITS_SECRET": {"secret"},
    }
    rows = re.findall(r'\{ "([a-z-]+)", \w+, (FITS_[A-Z]+),\s*(.*?) \},', table, re.DOTALL)
    assert len(rows) == table.count('{ "')
    return {name: (kinds[fits], _type_set(set_, macros)) for name, fits, set_ in rows}


def fields():
    """The fields of each map of tfsecrets.yaml whose fields are fixed."""
    return {
        "top": words(READ, "read_all", "fields"),
        "environment": words(ENVIRONMENT, "read_environment", "fields"),
        "target": words(ENVIRONMENT, "read_target", "fields"),
        "setting": list(setting_fields()),
        "generate": words(CONSTRAINT, "schema_read_generate", "fields"),
        "object": words(OBJECT, "read_object", "fields"),
    }


def choices():
    """The words that a field may have, where they are few."""
    return {
        ("environment", "deliver"): words(ENVIRONMENT, "read_environment", "deliveries"),
        ("setting", "kind"): words(SETTING, "read_kind", "kinds"),
        ("setting", "type"): types(),
        ("generate", "alphabet"): words(CONSTRAINT, "schema_read_generate", "alphabets"),
        ("object", "kind"): words(OBJECT, "read_object", "kinds"),
    }


def well_known_keys():
    """type of a Secret: the keys that it needs."""
    table = re.search(r"well_known_keys\[\] = \{(.*?)\n\};", source(OBJECT), re.DOTALL).group(1)
    keys = {}
    for type_, key in re.findall(r'\{ "([^"]+)", "([^"]+)",', table):
        keys.setdefault(type_, []).append(key)
    return keys


def limits():
    """The maxima, by what they are of."""
    return {
        "environments": limit("schemas/schema.h", "SCHEMA_ENVIRONMENTS_MAX"),
        "settings": limit("schemas/schema.h", "SCHEMA_SETTINGS_MAX"),
        "objects": limit(OBJECT, "OBJECTS_MAX"),
        "key": limit("schemas/schema.h", "OBJECT_KEY_MAX"),
        "object name": limit("schemas/schema.h", "OBJECT_NAME_MAX"),
        "object type": limit(OBJECT, "TYPE_TEXT_MAX"),
        "pattern": limit("schemas/schema.h", "PATTERN_MAX"),
        "value": limit("schemas/schema_parts.h", "VALUE_MAX"),
        "generate": limit(CONSTRAINT, "GENERATE_MAX"),
        "setting name": limit("base/text.h", "SETTING_NAME_MAX"),
        "label": limit("base/text.h", "LABEL_MAX"),
    }
