#!/usr/bin/env python3
"""check_documents.py GEN EVENTS TYPES OPERATIONS LIVE OPENAPI HTML CSS - are the served documents sound?

The OpenAPI document: references resolve, operationIds are unique, paths declare their parameters, every
operation of the schema is there. The page: well nested, headings in order, unique ids, links that lead
somewhere, no scripts and no inline styles (a strict Content-Security-Policy holds). The generator: refuses
schemas that contradict themselves.
"""
import json
import re
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

GEN, EVENTS, TYPES, OPERATIONS, LIVE, OPENAPI, HTML, CSS = map(Path, sys.argv[1:9])
METHODS = {"get", "put", "post", "delete", "patch", "head"}


def walk(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from walk(child)


class OpenApi(unittest.TestCase):
    def setUp(self):
        self.doc = json.loads(OPENAPI.read_text(encoding="utf-8"))
        self.rows = json.loads(OPERATIONS.read_text(encoding="utf-8"))["operations"]
        self.ops = [(path, method, op) for path, item in self.doc["paths"].items() for method, op in item.items()]

    def resolve(self, ref):
        self.assertTrue(ref.startswith("#/"), ref)
        node = self.doc
        for part in ref[2:].split("/"):
            self.assertIn(part, node, ref)
            node = node[part]
        return node

    def test_is_3_1_and_has_what_must_be_there(self):
        self.assertEqual(self.doc["openapi"], "3.1.0")
        self.assertLessEqual({"title", "version"}, set(self.doc["info"]))
        self.assertEqual(self.doc["servers"], [{"url": "/api/v1"}])

    def test_every_reference_resolves_and_every_component_is_used(self):
        refs = {n["$ref"] for n in walk(self.doc) if isinstance(n, dict) and isinstance(n.get("$ref"), str)}
        self.assertGreater(len(refs), 50)
        for ref in refs:
            self.resolve(ref)
        for group in ("parameters", "responses"):
            for name in self.doc["components"][group]:
                self.assertIn(f"#/components/{group}/{name}", refs)
        for event in (n for n in walk(self.doc) if isinstance(n, dict) and "mapping" in n):
            for ref in event["mapping"].values():
                self.resolve(ref)

    def test_every_operation_of_the_schema_is_there_once(self):
        ids = [op["operationId"] for _, _, op in self.ops]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(set(ids), {row["name"] for row in self.rows} | {"live"})
        for path, method, op in self.ops:
            self.assertIn(method, METHODS)
            self.assertTrue(op["responses"])

    def test_methods_and_statuses_are_those_of_the_schema(self):
        got = {op["operationId"]: (method.upper(), re.sub(r"{\w+}", "{}", path), op) for path, method, op in self.ops}
        for row in self.rows:
            method, path, op = got[row["name"]]
            self.assertEqual((method, path), (row["method"], re.sub(r"{\w+}", "{}", row["path"])))
            success = op["responses"][str(row.get("status", 200))]
            if "returns" in row:
                self.assertEqual(success["content"]["application/json"]["schema"]["$ref"],
                                 f"#/components/schemas/{row['returns']}")
            self.assertEqual("requestBody" in op, "body" in row or bool(row.get("upload")))

    def test_paths_declare_exactly_their_parameters(self):
        for path, _, op in self.ops:
            params = [self.resolve(p["$ref"]) if "$ref" in p else p for p in op.get("parameters", [])]
            keys = [(p["in"], p["name"]) for p in params]
            self.assertEqual(len(keys), len(set(keys)), op["operationId"])
            self.assertEqual({p["name"] for p in params if p["in"] == "path"}, set(re.findall(r"{(\w+)}", path)))
            for p in params:
                self.assertIn("schema", p)
                self.assertTrue(p["in"] != "path" or p["required"])

    def test_no_two_templates_are_the_same_path(self):
        shapes = [re.sub(r"{\w+}", "{}", path) for path in self.doc["paths"]]
        self.assertEqual(len(shapes), len(set(shapes)))

    def test_changes_ask_for_the_csrf_header_and_reads_do_not(self):
        for path, method, op in self.ops:
            refs = [p.get("$ref") for p in op.get("parameters", [])]
            for name in ("csrf", "idempotency_key"):
                self.assertEqual(f"#/components/parameters/{name}" in refs, method != "get", op["operationId"])

    def test_refusals_are_problems_and_security_is_declared(self):
        schemes = set(self.doc["components"]["securitySchemes"])
        self.assertEqual(schemes, {"cookie", "bearer"})
        tags = {t["name"] for t in self.doc["tags"]}
        for _, _, op in self.ops:
            self.assertLessEqual(set(op["tags"]), tags)
            self.assertTrue(op["security"])
            for need in op["security"]:
                self.assertLessEqual(set(need), schemes)
            for code, answer in op["responses"].items():
                if code == "default" or code >= "400":
                    content = self.resolve(answer["$ref"])["content"]
                    self.assertEqual(content["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem")

    def test_schemas_are_json_schemas(self):
        kinds = {"string", "integer", "boolean", "object", "array", "null"}
        for node in walk(self.doc["components"]["schemas"]):
            if not isinstance(node, dict) or not isinstance(node.get("type"), (str, list)):
                continue
            types = node["type"] if isinstance(node["type"], list) else [node["type"]]
            self.assertLessEqual(set(types), kinds)
            if "array" in types:
                self.assertIn("items", node)
            if isinstance(node.get("required"), list) and "properties" in node:
                self.assertLessEqual(set(node["required"]), set(node["properties"]))
            if "pattern" in node:
                re.compile(node["pattern"])

    def test_bounds_and_optional_fields_are_those_of_the_types(self):
        send = self.doc["components"]["schemas"]["MessageSend"]
        self.assertNotIn("required", send)
        self.assertIs(send["additionalProperties"], False)
        self.assertEqual(send["properties"]["text"]["maxLength"], 4000)
        self.assertEqual(send["properties"]["text"]["type"], ["string", "null"])
        row = self.doc["components"]["schemas"]["CaseRow"]
        self.assertIn("due_at", row["required"])
        line = self.doc["components"]["schemas"]["SignIn"]["properties"]["email"]["pattern"]
        self.assertTrue(re.search(line, "a@example.org") and not re.search(line, "a\tb") and not re.search(line, "a\u0085"))


VOID = {"meta", "link", "br", "img", "hr", "input"}
ALLOWED = {"html", "head", "meta", "title", "link", "body", "a", "header", "nav", "main", "section", "h1", "h2", "h3", "h4",
           "p", "ul", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td", "code", "em"}


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.faults, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag in ("p", "h1", "h2", "h3", "h4") and "p" in self.open:
            self.faults.append(f"<{tag}> in a paragraph")
        if tag == "li" and (not self.open or self.open[-1] != "ul"):
            self.faults.append("<li> outside a list")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another")

    def handle_data(self, data):
        self.text.append(data)


class Page(unittest.TestCase):
    def setUp(self):
        self.reader = Reader()
        self.reader.feed(HTML.read_text(encoding="utf-8"))

    def test_is_well_nested_and_plain(self):
        self.assertEqual(self.reader.faults, [])
        self.assertEqual(self.reader.open, [])
        self.assertLessEqual({tag for tag, _ in self.reader.seen}, ALLOWED)

    def test_holds_under_a_strict_policy(self):
        for tag, attrs in self.reader.seen:
            self.assertNotIn("style", attrs)
            self.assertFalse([a for a in attrs if a.startswith("on")], tag)
            for name in ("href", "src"):
                self.assertNotRegex(attrs.get(name, ""), r"^\s*(?!#|/)\S")
        sheets = [a["href"] for t, a in self.reader.seen if t == "link"]
        self.assertEqual(sheets, ["/api/docs.css"])
        css = CSS.read_text(encoding="utf-8")
        self.assertNotRegex(css, r"@import|url\(|expression")
        self.assertEqual(css.count("{"), css.count("}"))

    def test_links_lead_somewhere_and_ids_are_unique(self):
        ids = [a["id"] for _, a in self.reader.seen if "id" in a]
        self.assertEqual(len(ids), len(set(ids)))
        targets = [a["href"][1:] for t, a in self.reader.seen if t == "a" and a["href"].startswith("#")]
        self.assertGreater(len(targets), 100)
        for t in targets:
            self.assertIn(t, ids)
        for _, attrs in self.reader.seen:
            if "aria-labelledby" in attrs:
                self.assertIn(attrs["aria-labelledby"], ids)

    def test_is_accessible(self):
        tags = [tag for tag, _ in self.reader.seen]
        self.assertEqual((tags.count("h1"), tags.count("main"), tags.count("title")), (1, 1, 1))
        self.assertEqual(self.reader.seen[0], ("html", {"lang": "en"}))
        last = 0
        for level in (int(t[1]) for t in tags if re.fullmatch(r"h\d", t)):
            self.assertLessEqual(level, last + 1)
            last = level
        self.assertEqual(tags.count("table"), tags.count("caption"))
        for tag, attrs in self.reader.seen:
            if tag == "th":
                self.assertIn(attrs.get("scope"), ("row", "col"))

    def test_tells_of_everything(self):
        ids = {a["id"] for _, a in self.reader.seen if "id" in a}
        for row in json.loads(OPERATIONS.read_text(encoding="utf-8"))["operations"]:
            self.assertIn(f"op-{row['name']}", ids)
        for name in json.loads(TYPES.read_text(encoding="utf-8"))["types"]:
            self.assertIn(f"type-{name}", ids)
        said = re.sub(r"\s+", " ", "".join(self.reader.text))
        for line in LIVE.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                plain = re.sub(r"\s+", " ", line.removeprefix("- ").replace("`", "")).strip()
                self.assertIn(plain, said)


class Generator(unittest.TestCase):
    """What contradicts itself is refused when it is built, not when it runs."""

    def run_with(self, change):
        events, types, operations = (json.loads(p.read_text(encoding="utf-8")) for p in (EVENTS, TYPES, OPERATIONS))
        change(types["types"], operations["operations"])
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, data in (("e", events), ("t", types), ("o", operations)):
                paths.append(str(Path(folder, name)))
                Path(folder, name).write_text(json.dumps(data), encoding="utf-8")
            return subprocess.run([sys.executable, str(GEN), "c-c", *paths, str(Path(folder, "out"))],
                                  capture_output=True, check=False).returncode

    def test_takes_the_schema_as_it_is(self):
        self.assertEqual(self.run_with(lambda types, ops: None), 0)

    def test_refuses_contradictions(self):
        def set_field(expr):
            return lambda types, ops: types["MessageSend"].__setitem__("text", expr)

        def add_op(**row):
            base = {"name": "new", "method": "GET", "path": "/new", "roles": ["any"]}
            return lambda types, ops: ops.append({**base, **row})

        bad = [set_field(e) for e in ("txt", "text(5..1)", "enum:nope", "enum", "id(1..2)", "[id](3..1)", "text(1.2)", "")]
        bad += [add_op(name="typing"), add_op(path="/session"), add_op(roles=["nobody"]), add_op(body="Nope"),
                add_op(returns="Nope"), add_op(query={"a": "[id](0..1)"}), add_op(live=True, query={"a": "id?"}),
                add_op(path="/cases/new"), add_op(path="/interactions/{interaction}/{what}"), add_op(body="Session"),
                add_op(path="/new/{text}", body="MessageSend")]
        for i, change in enumerate(bad):
            with self.subTest(i):
                self.assertNotEqual(self.run_with(change), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
