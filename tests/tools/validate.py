"""Holds texts against a JSON Schema: a list of true (valid), false, or null (no JSON).

usage: validate.py SCHEMA TEXTS

TEXTS is a file with a JSON list of texts. The validator is Debian's python3-jsonschema.
"""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)


def verdict(text):
    try:
        return validator.is_valid(json.loads(text))
    except ValueError:
        return None


with open(sys.argv[2], encoding="utf-8") as file:
    print(json.dumps([verdict(text) for text in json.load(file)]))
