#!/usr/bin/env python3
"""gen_api.py WHAT EVENTS TYPES OPERATIONS [LIVE] OUT - everything that follows from schema/api.

WHAT: ts       the types and the table of operations for the web
      c-h c-c  the same for the server: src/api/api.gen.h and api.gen.c
      openapi  the OpenAPI 3.1 document
      docs     the reference as one static HTML page (takes LIVE, the Markdown of the live protocol)
      docs-css its style sheet (OUT only)
      embed    JSON HTML CSS OUT: these three files as byte arrays

The schemas are the source; nothing generated is edited or committed.
"""
import html
import json
import re
import sys

INT_MAX = 9007199254740991  # what JSON readers hold exactly
UNBOUNDED_TEXT = 65536      # characters of a text that names no bound
# Parameters of a path are ids, but for these.
PATH_TYPES = {"external_id": "line(1..200)", "kind": "line(1..40)"}
# Types whose role may be "": nobody signed in, and Segue itself as the actor.
NO_ROLE = {"Session", "Actor"}
NOTE = "generated from schema/api by tools/gen_api.py; do not edit."
BASE = re.compile(r"^(\w+)(?::(\w+))?(?:\((-?\d+)\.\.(-?\d+)\))?$")
LIST = re.compile(r"^\[(.+)\](?:\((\d+)\.\.(\d+)\))?$")


class Field:
    """One field: its kind, bounds (of characters or value), and bounds of the list when it is one."""

    def __init__(self, name, expr, owner=""):
        self.name, self.expr = name, expr
        self.optional = expr.endswith("?")
        expr = expr.rstrip("?")
        lst = LIST.match(expr)
        self.is_list = bool(lst)
        self.items = (int(lst[2] or 0), int(lst[3] or 1000)) if lst else (0, 0)
        base = BASE.match(lst[1] if lst else expr)
        assert base, f"{name}: {self.expr} is no type"
        word, self.enum, lo, hi = base.groups()
        self.kind = word if word in ("id", "time", "bool", "json", "text", "line", "int", "enum") else "object"
        self.ref = word if self.kind == "object" else None
        self.bounded = lo is not None
        if self.kind == "int":
            self.min, self.max = (int(lo), int(hi)) if self.bounded else (-INT_MAX, INT_MAX)
        elif self.kind in ("text", "line"):
            self.min, self.max = (int(lo), int(hi)) if self.bounded else (0, UNBOUNDED_TEXT)
        else:
            assert not self.bounded, f"{name}: {self.expr} has no bounds"
            self.min = self.max = 0
        assert self.min <= self.max and self.items[0] <= self.items[1], f"{name}: {self.expr} is empty"
        assert (self.kind == "enum") == bool(self.enum), f"{name}: {self.expr} names no enum"
        self.may_be_none = self.enum == "role" and owner in NO_ROLE


class Operation:
    def __init__(self, row):
        self.name, self.method, self.path = row["name"], row["method"], row["path"]
        self.roles, self.doc = row["roles"], row.get("doc", "")
        self.live, self.upload, self.download = (bool(row.get(k)) for k in ("live", "upload", "download"))
        self.body, self.returns, self.status = row.get("body"), row.get("returns"), row.get("status", 200)
        self.segments = self.path.strip("/").split("/")
        names = [s[1:-1] for s in self.segments if s.startswith("{")]
        self.params = [Field(n, PATH_TYPES.get(n, "id")) for n in names]
        self.query = [Field(n, e) for n, e in row.get("query", {}).items()]
        assert not any(f.is_list or f.kind in ("json", "object") for f in self.query), self.name


class Api:
    def __init__(self, events, types, operations):
        self.events, self.enums = events, events["enums"]
        self.types = {t: [Field(n, e, t) for n, e in fields.items()] for t, fields in types["types"].items()}
        self.ops = [Operation(row) for row in operations["operations"]]
        self.doc = operations["doc"]
        self.bodies = self.reach([op.body for op in self.ops if op.body])
        self.check()

    def reach(self, names):
        """These types and all they are made of, in the schema's order."""
        seen, todo = set(), list(names)
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += [f.ref for f in self.types[name] if f.ref]
        return [t for t in self.types if t in seen]

    def check(self):
        for name, fields in self.types.items():
            for f in fields:
                assert not f.ref or f.ref in self.types, f"{name}.{f.name}: no type {f.ref}"
                assert not f.enum or f.enum in self.enums, f"{name}.{f.name}: no enum {f.enum}"
        roles = set(self.enums["role"]) | {"any"}
        assert len({op.name for op in self.ops}) == len(self.ops), "two operations of one name"
        for op in self.ops:
            for t in (op.body, op.returns):
                assert not t or t in self.types, f"{op.name}: no type {t}"
            assert set(op.roles) <= roles, f"{op.name}: no such role"
            given = [f.name for f in op.params + op.query + (self.types[op.body] if op.body else [])]
            assert len(given) == len(set(given)), f"{op.name}: a parameter is named twice"
            assert not (op.live and (op.query or op.upload or op.download)), f"{op.name}: cannot be live"
        shared = set(self.bodies) & set(self.reach([op.returns for op in self.ops if op.returns]))
        assert not shared, f"both body and resource: {shared}"

    def values(self, enum, none=False):
        """Names on the wire; the value 0 ("none") is the empty text."""
        return ([""] if none else []) + [v for v in self.enums[enum] if v != "none"]

    def all_events(self):
        for stream, events in self.events["streams"].items():
            for name, ev in events.items():
                yield stream, name, ev


# ---- TypeScript

TS_WORD = {"id": "Id", "time": "Time", "bool": "boolean", "json": "Json", "text": "string", "line": "string",
           "int": "number"}


def pascal(name):
    return "".join(w.capitalize() for w in name.split("_"))


def camel(name):
    return name[0] + pascal(name)[1:]


def ts_type(f):
    t = TS_WORD.get(f.kind) or f.ref or pascal(f.enum)
    if f.may_be_none:
        t += " | ''"
    if f.is_list:
        return f"({t})[]" if " " in t else f"{t}[]"
    return t


def ts_member(f, resource):
    if resource:
        return f"{f.name}: {ts_type(f)}{' | null' if f.optional else ''}"
    return f"{f.name}{'?' if f.optional else ''}: {ts_type(f)}{' | null' if f.optional else ''}"


def ts_object(fields):
    return "{" + "; ".join(ts_member(f, False) for f in fields) + "}" if fields else "Empty"


def ts_limits(fields):
    rows = []
    for f in fields:
        cells = []
        if f.kind in ("text", "line", "int"):
            cells.append(f"min: {f.min}, max: {f.max}")
        if f.is_list:
            cells.append(f"items: {{min: {f.items[0]}, max: {f.items[1]}}}")
        if cells:
            rows.append(f"{f.name}: {{{', '.join(cells)}}}")
    return "{" + ", ".join(rows) + "}"


def ts_facts(api, names):
    out = []
    for n in names:
        fact = api.events["facts"][n]
        t = pascal(fact["enum"]) if fact["type"] == "enum" else \
            {"json": "unknown"}.get(fact["type"]) or TS_WORD[fact["type"]]
        out.append(f"{n}?: {t}")
    return "{" + "; ".join(out) + "}"


TS_HEAD = """\
/** A UUID in its canonical form. */
export type Id = string;
/** RFC 3339, UTC. */
export type Time = string;
export type Json = Record<string, unknown>;
export type Empty = Record<never, never>;

/** What a refusal says (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** A short stable token; what programs look at. */
  code: string;
  /** The field it is about, as in "articles[2].helped". */
  field?: string;
}
"""

TS_LIVE = """
/** Frames the client sends on /api/v1/live. */
export type ClientFrame =
  | {[N in CommandName]: {type: 'command'; id: string; name: N; params: Operations[N]['params']}}[CommandName]
  | {type: 'watch'; topic: string; after?: number}
  | {type: 'unwatch'; topic: string}
  | {type: 'ping'};

/** Frames the server sends. */
export type ServerFrame =
  | {type: 'hello'; session: Session; server: string; at: Time}
  | {type: 'ack'; id: string; result: unknown}
  | {type: 'error'; id?: string; problem: Problem}
  | {type: 'watching'; topic: string; head: number}
  | {type: 'event'; topic: string; event: Event}
  | {type: 'typing'; topic: string; actor: Actor}
  | {type: 'position'; topic: string; position: number; wait_s: number | null; agents: number}
  | {type: 'snapshot'; topic: string; desk?: Desk; board?: Board; me?: OpenNow}
  | {
      type: 'change';
      topic: string;
      interaction?: InteractionRow;
      case?: CaseRow;
      presence?: Presence;
      presence_reason?: Reason | null;
    }
  | {type: 'bye'; reason: string}
  | {type: 'pong'};
"""


def ts_operations(api):
    out = ["", "/** What each operation takes and gives; params is path, query and body in one object. */",
           "export interface Operations {"]
    for op in api.ops:
        path, query = ts_object(op.params), ts_object(op.query)
        body = "Blob" if op.upload else op.body or "Empty"
        result = "Blob" if op.download else op.returns or "Empty"
        parts = [t for t in (path, query, "Empty" if op.upload else body) if t != "Empty"]
        if op.doc:
            out.append(f"  /** {op.doc} */")
        out.append(f"  {op.name}: {{\n    path: {path};\n    query: {query};\n    body: {body};\n"
                   f"    params: {' & '.join(parts) or 'Empty'};\n    result: {result};\n  }};")
    out += ["}", "", "export type OperationName = keyof Operations;",
            "export type Params<N extends OperationName> = Operations[N]['params'];",
            "export type Result<N extends OperationName> = Operations[N]['result'];", "",
            "/** Operations that are also commands of the live connection. */",
            "export type CommandName =\n  | " + "\n  | ".join(f"'{op.name}'" for op in api.ops if op.live) + ";", "",
            "export interface Operation {", "  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';",
            "  /** Below apiBase. */", "  readonly path: string;", "  /** Names in the path; the rest is query or body. */",
            "  readonly params: readonly string[];", "  readonly query: readonly string[];", "  readonly body: boolean;",
            "  readonly live: boolean;", "  /** The body is the bytes of a file. */", "  readonly upload: boolean;",
            "  /** The answer is the bytes of a file. */", "  readonly download: boolean;", "  readonly status: number;",
            "}", "", "export const apiBase = '/api/v1';", "",
            "export const operations: {readonly [N in OperationName]: Operation} = {"]
    for op in api.ops:
        names = [", ".join(f"'{f.name}'" for f in fields) for fields in (op.params, op.query)]
        flags = ", ".join(f"{k}: {str(bool(v)).lower()}" for k, v in (
            ("body", op.body), ("live", op.live), ("upload", op.upload), ("download", op.download)))
        out.append(f"  {op.name}: {{method: '{op.method}', path: '{op.path}', params: [{names[0]}], "
                   f"query: [{names[1]}], {flags}, status: {op.status}}},")
    return out + ["};"]


def ts_event(api, fields):
    """Event, with its kind telling its facts."""
    out = ["", "/** Kinds of event with their facts; a fact left out is absent. */", "export type EventFacts ="]
    for stream, name, ev in api.all_events():
        out.append(f"  /** {ev['doc']} */")
        out.append(f"  | {{stream: '{stream}'; kind: '{name}'; facts: {ts_facts(api, ev['facts'])}}}")
    out[-1] += ";"
    head = "; ".join(ts_member(f, True) for f in fields if f.name not in ("stream", "kind", "facts"))
    return out + ["", "export type EventKind = EventFacts['kind'];", "", f"export type Event = {{{head}}} & EventFacts;"]


def ts(api):
    out = [f"// {NOTE}", "", TS_HEAD]
    for name in api.enums:
        out.append(f"export const {camel(name)}Values = [" + ", ".join(f"'{v}'" for v in api.values(name)) + "] as const;")
        out.append(f"export type {pascal(name)} = (typeof {camel(name)}Values)[number];")
    for name, fields in api.types.items():
        if name == "Event":
            out += ts_event(api, fields)
            continue
        out += ["", f"export interface {name} {{"]
        out += [f"  {ts_member(f, name not in api.bodies)};" for f in fields] + ["}"]
    out += ts_operations(api)
    out += ["", "/** Bounds the server holds bodies to: characters (code points) of a text, value of a number. */",
            "export const limits = {"]
    out += [f"  {t}: {ts_limits(api.types[t])}," for t in api.bodies] + ["} as const;", "",
            "/** The same for the queries of operations. */", "export const queryLimits = {"]
    out += [f"  {op.name}: {ts_limits(op.query)}," for op in api.ops if op.query] + ["} as const;"]
    return "\n".join(out) + "\n" + TS_LIVE


# ---- C

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]  # order of enum http_method


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def c_text(text):
    return json.dumps(text, ensure_ascii=False)


def c_cells(cells, width=92):
    """Comma-separated cells folded to lines."""
    out, line = [], "\t"
    for cell in cells:
        if len(line) + len(cell) > width and line != "\t":
            out.append(line.rstrip())
            line = "\t"
        line += cell + ", "
    return "\n".join(out + [line.rstrip()])


C_H = """\
#ifndef SG_API_API_GEN_H
#define SG_API_API_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/schema.h"
#include "core/event.gen.h"
#include "net/http.h"

#define API_BASE "/api/v1"

enum {{ API_PARAMS_MAX = 4, API_NODES = {nodes} }};

enum api_op {{
{ops}
	API_OP_N
}};

struct api_operation {{
	const char *name;
	enum http_method method;
	const char *path;            /* template below API_BASE, as "/cases/{{case}}" */
	const char *const *segments; /* of the template; a parameter begins with '{{' */
	unsigned n_segments;
	unsigned roles; /* bit (1u << enum role); "any" is all bits, ROLE_NONE among them */
	bool live;      /* also a command of the live connection */
	bool upload;    /* the body is the bytes of a file */
	bool download;  /* the answer is the bytes of a file */
	unsigned status; /* of success */
	/* NULL where there is none. command (live only): params and body in one object. */
	const struct schema *params, *query, *body, *command, *result;
	const char *doc;
}};

extern const struct api_operation api_operations[API_OP_N];

/* The templates as a tree: literal children lie side by side, sorted. Node 0 is API_BASE. */
struct api_node {{
	const char *segment;
	uint16_t first, n;          /* literal children */
	uint16_t param;             /* child that takes any segment, 0: none */
	uint8_t ops[HTTP_METHOD_N]; /* enum api_op + 1 of what ends here, 0: none */
}};

extern const struct api_node api_nodes[API_NODES];
extern const uint8_t api_by_name[API_OP_N]; /* enum api_op in the order of names */

{schemas}

/* The documents served as they are. */
extern const unsigned char api_openapi_json[], api_docs_html[], api_docs_css[];
extern const size_t api_openapi_json_len, api_docs_html_len, api_docs_css_len;

#endif
"""


class Node:
    def __init__(self, segment):
        self.segment, self.literals, self.param, self.ops = segment, {}, None, {}


def trie(api):
    """Nodes in an order that puts the literal children of each side by side."""
    root = Node("")
    for at, op in enumerate(api.ops):
        node = root
        for s in op.segments:
            if s.startswith("{"):
                node.param = node.param or Node("{}")
                node = node.param
            else:
                node = node.literals.setdefault(s, Node(s))
        assert op.method not in node.ops, f"{op.name}: {op.method} {op.path} is taken"
        node.ops[op.method] = at
    order, todo = [root], [root]
    while todo:
        node = todo.pop(0)
        assert not (node.literals and node.param), f"beside {node.segment} a word would hide a parameter"
        kids = [node.literals[k] for k in sorted(node.literals)] + ([node.param] if node.param else [])
        node.first = len(order)
        order += kids
        todo += kids
    return order


def c_field(f):
    cells = [f'.name = "{f.name}"', f".kind = SCHEMA_{f.kind.upper()}"]
    if f.optional:
        cells.append(".optional = true")
    if f.kind in ("text", "line", "int"):
        cells.append(f".min = {f.min}, .max = {f.max}")
    if f.is_list:
        cells.append(f".list = true, .items_min = {f.items[0]}, .items_max = {f.items[1]}")
    if f.enum:
        cells.append(f".names = {f.enum}_names, .n_names = {f.enum.upper()}_N")
    if f.may_be_none:
        cells.append(".may_be_none = true")
    if f.ref:
        cells.append(f".nested = &api_schema_{snake(f.ref)}")
    return "\t{" + ", ".join(cells) + "},"


def c_schema(name, shown, fields, linkage="static "):
    head = [f"static const struct schema_field {name}_fields[] = {{"] + [c_field(f) for f in fields] + ["};"]
    return head + [f'{linkage}const struct schema {name} = {{.name = "{shown}", .fields = {name}_fields, '
                   f".n = {len(fields)}}};", ""]


def c_h(api):
    names = [snake(t) for t in api.types]
    assert len(set(names)) == len(names), "two types of one name in C"
    assert all(len(op.params) <= 4 for op in api.ops) and len(api.ops) < 255
    schemas = "\n".join(f"extern const struct schema api_schema_{n};" for n in names)
    body = C_H.format(nodes=len(trie(api)), ops=c_cells([f"API_OP_{op.name.upper()}" for op in api.ops]), schemas=schemas)
    return f"/* api/api.gen.h - {NOTE} */\n{body}"


def c_roles(op):
    if "any" in op.roles:
        return "(1u << ROLE_N) - 1"
    return " | ".join(f"1u << ROLE_{r.upper()}" for r in op.roles)


def c_operation(api, op):
    refs = []
    for what, fields in (("params", op.params), ("query", op.query)):
        if fields:
            refs.append(f".{what} = &{op.name}_{what}")
    if op.body:
        refs.append(f".body = &api_schema_{snake(op.body)}")
    if op.live:
        refs.append(f".command = &{op.name}_command")
    if op.returns:
        refs.append(f".result = &api_schema_{snake(op.returns)}")
    flags = [f".{k} = true" for k in ("live", "upload", "download") if getattr(op, k)]
    cells = [f'.name = "{op.name}"', f".method = HTTP_{op.method}", f'.path = "{op.path}"',
             f".segments = {op.name}_segments", f".n_segments = {len(op.segments)}", f".roles = {c_roles(op)}",
             *flags, f".status = {op.status}", *refs, f".doc = {c_text(op.doc)}"]
    return f"\t[API_OP_{op.name.upper()}] = {{\n" + c_cells(cells).replace("\t", "\t\t") + "\n\t},"


def c_c(api):
    out = [f"/* api.gen.c - {NOTE} */", '#include "api/api.gen.h"', ""]
    for name, fields in api.types.items():
        out += c_schema(f"api_schema_{snake(name)}", name, fields, "")
    for op in api.ops:
        if op.params:
            out += c_schema(f"{op.name}_params", f"{op.name}.params", op.params)
        if op.query:
            out += c_schema(f"{op.name}_query", f"{op.name}.query", op.query)
        if op.live:
            body = api.types[op.body] if op.body else []
            out += c_schema(f"{op.name}_command", f"{op.name}.params", op.params + body)
        out += [f"static const char *const {op.name}_segments[] = {{" + ", ".join(f'"{s}"' for s in op.segments) + "};", ""]
    out += ["const struct api_operation api_operations[API_OP_N] = {"] + [c_operation(api, op) for op in api.ops] + ["};", ""]
    nodes = trie(api)
    out.append("const struct api_node api_nodes[API_NODES] = {")
    for node in nodes:
        param = nodes.index(node.param) if node.param else 0
        ops = ", ".join(f"[HTTP_{m}] = API_OP_{api.ops[at].name.upper()} + 1" for m, at in node.ops.items()) or "0"
        out.append(f'\t{{.segment = "{node.segment}", .first = {node.first}, .n = {len(node.literals)}, .param = {param}, '
                   f".ops = {{{ops}}}}},")
    out += ["};", "", "const uint8_t api_by_name[API_OP_N] = {"]
    out += [c_cells([f"API_OP_{op.name.upper()}" for op in sorted(api.ops, key=lambda o: o.name)]), "};"]
    return "\n".join(out) + "\n"


def embed(*args):
    """The documents as C; NUL-ended beyond their length, so that tests can read them as text."""
    out = [f"/* api_embed.gen.c - {NOTE} */", '#include "api/api.gen.h"', ""]
    for name, path in zip(("api_openapi_json", "api_docs_html", "api_docs_css"), args):
        with open(path, "rb") as src:
            data = src.read()
        out.append(f"const unsigned char {name}[] = {{")
        for at in range(0, len(data), 32):
            out.append("\t" + ",".join(str(b) for b in data[at:at + 32]) + ",")
        out += ["\t0};", f"const size_t {name}_len = {len(data)};", ""]
    return "\n".join(out)


# ---- OpenAPI

def oa_ref(kind, name):
    return {"$ref": f"#/components/{kind}/{name}"}


def oa_scalar(f):
    """The schema of one value, without list and null."""
    if f.kind in ("id", "time"):
        return oa_ref("schemas", pascal(f.kind))
    if f.kind == "enum":
        ref = oa_ref("schemas", pascal(f.enum))
        return {"anyOf": [ref, {"const": ""}]} if f.may_be_none else ref
    if f.kind == "object":
        return oa_ref("schemas", f.ref)
    if f.kind == "int":
        out = {"type": "integer", "format": "int64"}
        return {**out, "minimum": f.min, "maximum": f.max} if f.bounded else out
    if f.kind in ("text", "line"):
        out = {"type": "string", "pattern": LINE_PATTERN if f.kind == "line" else TEXT_PATTERN}
        if f.min:
            out["minLength"] = f.min
        return {**out, "maxLength": f.max} if f.bounded else out
    return {"type": "boolean"} if f.kind == "bool" else {"type": "object"}


LINE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f]*$"
TEXT_PATTERN = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"


def oa_field(f, nullable=True):
    out = oa_scalar(f)
    if f.is_list:
        out = {"type": "array", "items": out, "minItems": f.items[0], "maxItems": f.items[1]}
    if not f.optional or not nullable:
        return out
    return {**out, "type": [out["type"], "null"]} if "type" in out else {"anyOf": [out, {"type": "null"}]}


def oa_type(api, name):
    """A body may leave optional fields out; a resource says null."""
    fields, is_body = api.types[name], name in api.bodies
    out = {"type": "object", "properties": {f.name: oa_field(f) for f in fields}}
    required = [f.name for f in fields if not (is_body and f.optional)]
    if required:
        out["required"] = required
    if is_body:
        out["additionalProperties"] = False
    return out


def oa_fact(api, name):
    fact = api.events["facts"][name]
    if fact["type"] == "enum":
        return oa_ref("schemas", pascal(fact["enum"]))
    if fact["type"] in ("id", "time"):
        return oa_ref("schemas", pascal(fact["type"]))
    plain = {"int": {"type": "integer", "format": "int64"}, "bool": {"type": "boolean"}, "json": {}}
    return plain.get(fact["type"]) or ({"type": "string", "maxLength": fact["max"]} if "max" in fact else {})


def oa_events(api, out):
    """Event is one of its kinds; each says which facts it may carry."""
    head = oa_type(api, "Event")
    for key in ("stream", "kind", "facts"):
        del head["properties"][key]
        head["required"].remove(key)
    out["EventHead"] = head
    mapping = {}
    for stream, name, ev in api.all_events():
        own = {"type": "object", "required": ["stream", "kind", "facts"], "properties": {
            "stream": {"const": stream}, "kind": {"const": name},
            "facts": {"type": "object", "properties": {n: oa_fact(api, n) for n in ev["facts"]}}}}
        out[f"Event{pascal(name)}"] = {"description": ev["doc"], "allOf": [oa_ref("schemas", "EventHead"), own]}
        mapping[name] = f"#/components/schemas/Event{pascal(name)}"
    out["Event"] = {"oneOf": [{"$ref": ref} for ref in mapping.values()],
                    "discriminator": {"propertyName": "kind", "mapping": mapping}}


def oa_schemas(api):
    uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    out = {"Id": {"type": "string", "format": "uuid", "pattern": f"^{uuid}$"},
           "Time": {"type": "string", "format": "date-time"},
           "Problem": {"type": "object", "description": "Why something was refused (RFC 9457).",
                       "required": ["type", "title", "status", "code"],
                       "properties": {"type": {"type": "string", "format": "uri-reference"}, "title": {"type": "string"},
                                      "status": {"type": "integer", "minimum": 400, "maximum": 599},
                                      "detail": {"type": "string"},
                                      "code": {"type": "string", "description": "A short stable token."},
                                      "field": {"type": "string", "description": "As \"articles[2].helped\"."}}}}
    for name in api.enums:
        out[pascal(name)] = {"type": "string", "enum": api.values(name)}
    for name in api.types:
        if name != "Event":
            assert name not in out, f"the type {name} has the name of an enum"
            out[name] = oa_type(api, name)
    oa_events(api, out)
    return out


REFUSALS = {
    "400": ("BadRequest", "Malformed: JSON or query cannot be read."),
    "401": ("Unauthorized", "Not signed in, or the session has ended."),
    "403": ("Forbidden", "Not for this role, or the header Segue-Csrf or the Origin is wrong."),
    "404": ("NotFound", "It does not exist, or is not yours."),
    "409": ("Conflict", "Not possible at this moment; code tells why."),
    "413": ("TooLarge", "The body is too large."),
    "422": ("Invalid", "A field is not what it must be; field names it."),
    "429": ("TooMany", "Too much, too fast."),
    "503": ("Unavailable", "Not for the moment."),
    "507": ("StorageFull", "No room to store it."),
    "default": ("Refused", "Refused."),
}


def is_change(op):
    return op.method not in ("GET", "HEAD")


def refusals(op):
    """The statuses an operation may be refused with, beside the default."""
    when = {"400": op.query or op.body, "401": "any" not in op.roles or op.body, "403": "any" not in op.roles or is_change(op),
            "404": op.params or op.body, "409": is_change(op), "413": op.body or op.upload,
            "422": op.params or op.query or op.body, "429": True, "503": True, "507": op.upload}
    return [code for code in when if when[code]] + ["default"]


def oa_responses():
    out = {}
    for code, (name, text) in REFUSALS.items():
        out[name] = {"description": text,
                     "content": {"application/problem+json": {"schema": oa_ref("schemas", "Problem")}}}
        if code in ("429", "503"):
            out[name]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return out


def oa_success(op):
    if op.download:
        content = {"application/octet-stream": {}}
    elif op.returns:
        content = {"application/json": {"schema": oa_ref("schemas", op.returns)}}
    else:
        content = {}
    return {"description": {200: "Done.", 201: "Created.", 202: "Accepted."}.get(op.status, "Done."),
            **({"content": content} if content else {})}


def oa_security(op):
    if "any" in op.roles:
        return [{}, {"cookie": []}, {"bearer": []}]
    return [{"bearer": []}] if op.roles == ["integrator"] else [{"cookie": []}, {"bearer": []}]


def tag(op):
    return op.segments[0]


def words(name):
    return name.replace("_", " ").capitalize()


def oa_operation(op, names):
    """names: those of the path's parameters, in order."""
    params = [{"name": n, "in": "path", "required": True, "schema": oa_field(f),
               **({} if n == f.name else {"description": words(f.name) + "."})} for n, f in zip(names, op.params)]
    params += [{"name": f.name, "in": "query", "required": not f.optional, "schema": oa_field(f, False)} for f in op.query]
    if is_change(op):
        params += [oa_ref("parameters", "csrf"), oa_ref("parameters", "idempotency_key")]
    out = {"operationId": op.name, "summary": words(op.name), "tags": [tag(op)], "security": oa_security(op),
           "x-roles": op.roles, "x-live": op.live}
    if op.doc:
        out["description"] = op.doc
    if params:
        out["parameters"] = params
    if op.body:
        out["requestBody"] = {"required": True,
                              "content": {"application/json": {"schema": oa_ref("schemas", op.body)}}}
    elif op.upload:
        out["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    out["responses"] = {str(op.status): oa_success(op),
                        **{code: oa_ref("responses", REFUSALS[code][0]) for code in refusals(op)}}
    return out


def openapi(api):
    paths, templates = {}, {}
    for op in api.ops:
        # Templates that differ in names only are one path to OpenAPI (3.1, 4.8.8.1): the first one names it.
        path = templates.setdefault(re.sub(r"{\w+}", "{}", op.path), op.path)
        paths.setdefault(path, {})[op.method.lower()] = oa_operation(op, re.findall(r"{(\w+)}", path))
    paths["/live"] = {"get": {
        "operationId": "live", "summary": "Live connection", "tags": ["live"],
        "description": "A WebSocket (RFC 6455) of JSON text frames; the protocol is described in /api/docs#live.",
        "security": [{"cookie": []}, {"bearer": []}],
        "responses": {"101": {"description": "Switched to WebSocket."},
                      **{c: oa_ref("responses", REFUSALS[c][0]) for c in ("401", "403", "503", "default")}}}}
    tags = list(dict.fromkeys([tag(op) for op in api.ops] + ["live"]))
    doc = {"openapi": "3.1.0",
           "info": {"title": "Segue", "version": "1", "summary": "Customer contact: one conversation with one company.",
                    "description": api.doc},
           "externalDocs": {"description": "The same to read", "url": "/api/docs"},
           "servers": [{"url": "/api/v1"}], "tags": [{"name": t} for t in tags], "paths": paths,
           "components": {
               "schemas": oa_schemas(api), "responses": oa_responses(),
               "parameters": {
                   "csrf": {"name": "Segue-Csrf", "in": "header", "required": True, "schema": {"const": "1"},
                            "description": "Shows that the request was not made by another site's form."},
                   "idempotency_key": {"name": "Idempotency-Key", "in": "header", "required": False,
                                       "schema": {"type": "string", "minLength": 1, "maxLength": 64},
                                       "description": "Unique for this person: a repeat is answered as before and done once."}},
               "securitySchemes": {
                   "cookie": {"type": "apiKey", "in": "cookie", "name": "segue",
                              "description": "Set by sign_in, redeem_link and host_sign_in."},
                   "bearer": {"type": "http", "scheme": "bearer", "description": "An integrator's token."}}}}
    return json.dumps(doc, ensure_ascii=False, indent=1) + "\n"


# ---- the reference as HTML

def esc(text):
    return html.escape(text, quote=True)


def inline(text):
    """Text of the schemas: `code` and nothing else."""
    parts = text.split("`")
    return "".join(f"<code>{esc(p)}</code>" if i % 2 else esc(p) for i, p in enumerate(parts))


def markdown(text):
    """Paragraphs and lists with continued lines; headings are the page's own."""
    out, kind, lines = [], None, []

    def flush():
        nonlocal kind, lines
        if lines:
            out.append(f"<{kind}>{inline(' '.join(lines))}</{kind}>")
        kind, lines = None, []

    in_list = False
    for line in text.splitlines() + [""]:
        is_item = line.startswith("- ")
        is_more = bool(lines) and line.strip() and not is_item
        if line.startswith("#"):
            flush()
            continue
        if not is_more:
            flush()
        if is_item and not in_list:
            out.append("<ul>")
        if in_list and not is_item and not is_more and line.strip():
            out.append("</ul>")
        if is_item or (not is_more and line.strip()):
            in_list = is_item
            kind = "li" if is_item else "p"
        if line.strip():
            lines.append(line[2:] if is_item else line.strip())
    return "\n".join(out + (["</ul>"] if in_list else []))


def doc_link(name):
    return f'<a href="#type-{name}">{name}</a>'


def doc_type(f):
    bounds = f" ({f.min} to {f.max})" if f.bounded else ""
    if f.ref:
        text = doc_link(f.ref)
    elif f.enum:
        text = f'<a href="#enum-{f.enum}">{f.enum}</a>'
    else:
        text = {"id": "id", "time": "time", "bool": "true or false", "json": "any object", "text": "text",
                "line": "line", "int": "whole number"}[f.kind] + bounds
    return f"list of {text} ({f.items[0]} to {f.items[1]} items)" if f.is_list else text


def doc_fields(caption, fields, is_body=True):
    rows = [f'<tr><th scope="row"><code>{f.name}</code></th><td>{doc_type(f)}</td>'
            f"<td>{('may be left out' if is_body else 'may be null') if f.optional else 'always'}</td></tr>" for f in fields]
    return (f"<table>\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Type</th>"
            f"<th scope=\"col\">Given</th></tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>")


def doc_operation(op):
    out = [f'<section aria-labelledby="op-{op.name}">', f'<h4 id="op-{op.name}"><code>{op.name}</code></h4>',
           f"<p><code>{op.method} /api/v1{esc(op.path)}</code></p>"]
    if op.doc:
        out.append(f"<p>{inline(op.doc)}</p>")
    out.append(f"<dl>\n<dt>For</dt><dd>{'anybody' if 'any' in op.roles else ', '.join(op.roles)}</dd>")
    if op.live:
        out.append('<dt>Live</dt><dd>also a command of the <a href="#live">live connection</a></dd>')
    if op.upload:
        out.append("<dt>Body</dt><dd>the bytes of the file</dd>")
    if op.body:
        out.append(f"<dt>Body</dt><dd>{doc_link(op.body)}</dd>")
    result = "the bytes of the file" if op.download else doc_link(op.returns) if op.returns else "nothing"
    refused = ", ".join(c for c in refusals(op) if c != "default")
    out.append(f"<dt>Answer</dt><dd>{op.status}: {result}</dd>\n<dt>May refuse with</dt><dd>{refused}</dd>\n</dl>")
    if op.params:
        out.append(doc_fields(f"In the path of <code>{op.name}</code>", op.params))
    if op.query:
        out.append(doc_fields(f"In the query of <code>{op.name}</code>", op.query))
    return "\n".join(out + ["</section>"])


def doc_event(api, stream, name, ev):
    facts = []
    for n in ev["facts"]:
        fact = api.events["facts"][n]
        facts.append(Field(n, f"enum:{fact['enum']}" if fact["type"] == "enum" else
                           f"text(0..{fact['max']})" if "max" in fact else fact["type"]))
    for f in facts:
        f.optional = True
    return "\n".join([f'<section aria-labelledby="event-{name}">', f'<h4 id="event-{name}"><code>{name}</code></h4>',
                      f"<p>{inline(ev['doc'])}</p>",
                      f"<p>Of a stream of kind <code>{stream}</code>; shown to "
                      f"{'the person, too' if ev.get('audience') == 'public' else 'the company only'}.</p>",
                      doc_fields(f"Facts of <code>{name}</code>", facts), "</section>"])


DOC_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Segue: the API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/api/docs.css">
</head>
<body>
<a href="#content">Skip to the content</a>
<header>
<h1>Segue: the API</h1>
<p>Version 1, below <code>/api/v1</code>. For programs: <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
</header>
<nav aria-label="Contents">
<ul>
{contents}
</ul>
</nav>
<main id="content">
{main}
</main>
</body>
</html>
"""


def doc_sections(api, live):
    """(id, heading, HTML) of each chapter."""
    codes = "\n".join(f'<tr><th scope="row">{c}</th><td>{esc(t)}</td></tr>' for c, (_, t) in REFUSALS.items() if c != "default")
    yield "rules", "Rules", (
        f"<p>{inline(api.doc)}</p>\n<table>\n<caption>Refusals are <code>application/problem+json</code>: <code>type</code>, "
        "<code>title</code>, <code>status</code>, <code>detail</code>, <code>code</code> (a short stable token) and "
        "<code>field</code></caption>\n<thead><tr><th scope=\"col\">Status</th><th scope=\"col\">When</th></tr></thead>\n"
        f"<tbody>\n{codes}\n</tbody>\n</table>\n<p>A <em>line</em> has no control characters, a <em>text</em> only line ends "
        "and tabs. Lengths count characters. Fields that are not known are refused. In a body, <code>null</code> is the same "
        "as leaving a field out.</p>")
    groups = dict.fromkeys(tag(op) for op in api.ops)
    yield "operations", "Operations", "\n".join(
        f'<h3 id="tag-{g}">{words(g)}</h3>\n' + "\n".join(doc_operation(op) for op in api.ops if tag(op) == g) for g in groups)
    yield "live", "The live connection", markdown(live)
    yield "types", "Types", "\n".join(
        f'<h3 id="type-{t}"><code>{t}</code></h3>\n' + doc_fields(f"Fields of <code>{t}</code>", fields, t in api.bodies)
        for t, fields in api.types.items())
    yield "names", "Names", "\n".join(
        f'<h3 id="enum-{e}"><code>{e}</code></h3>\n<p>' + ", ".join(f"<code>{v}</code>" for v in api.values(e)) + "</p>"
        for e in api.enums)
    yield "events", "Events", "\n".join(
        f"<h3 id=\"stream-{s}\">{words(s)}</h3>\n" + "\n".join(doc_event(api, s, n, ev) for n, ev in events.items())
        for s, events in api.events["streams"].items())


def docs(api, live):
    with open(live, encoding="utf-8") as src:
        sections = list(doc_sections(api, src.read()))
    contents = []
    for anchor, heading, _ in sections:
        inner = ""
        if anchor == "operations":
            items = "\n".join(f'<li><a href="#op-{op.name}"><code>{op.name}</code></a></li>' for op in api.ops)
            inner = f"\n<ul>\n{items}\n</ul>\n"
        contents.append(f'<li><a href="#{anchor}">{heading}</a>{inner}</li>')
    main = "\n".join(f'<section aria-labelledby="{a}">\n<h2 id="{a}">{h}</h2>\n{body}\n</section>' for a, h, body in sections)
    return DOC_PAGE.format(contents="\n".join(contents), main=main)


DOC_CSS = f"""\
/* {NOTE} */
:root {{ color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --faint: #57606a; --line: #d0d7de; --link: #0550ae; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e6edf3; --paper: #0d1117; --faint: #9da7b3; --line: #3d444d; --link: #79b8ff; }}
}}
body {{ margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }}
body > a {{ position: absolute; left: -100vw; }}
body > a:focus {{ left: 1rem; background: var(--paper); padding: .5rem; }}
a {{ color: var(--link); }}
:focus-visible {{ outline: 3px solid var(--link); outline-offset: 2px; }}
code {{ font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }}
nav ul ul {{ columns: 14rem; }}
main > section {{ border-top: 1px solid var(--line); margin-top: 2rem; }}
h4 {{ margin-bottom: .25rem; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .125rem 1rem; }}
dt {{ color: var(--faint); }}
dd {{ margin: 0; }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }}
caption {{ text-align: left; color: var(--faint); }}
th, td {{ text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); padding: .25rem .5rem; overflow-wrap: anywhere; }}
@media print {{ nav {{ display: none; }} }}
"""


def docs_css():
    return DOC_CSS


WHAT = {"ts": ts, "c-h": c_h, "c-c": c_c, "openapi": openapi, "docs": docs}
WITHOUT_SCHEMA = {"docs-css": docs_css, "embed": embed}


def load(path):
    with open(path, encoding="utf-8") as src:
        return json.load(src)


def main(what, *args):
    *given, out = args
    if what in WITHOUT_SCHEMA:
        text = WITHOUT_SCHEMA[what](*given)
    else:
        text = WHAT[what](Api(*(load(p) for p in given[:3])), *given[3:])
    with open(out, "w", encoding="utf-8") as dst:
        dst.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
