#!/usr/bin/env python3
"""gen.py WHAT SCHEMA OUT - writes the C generated from schema/api/events.json, schema/db/views.json and
schema/config/settings.json.

WHAT: events-h events-c views-h views-c config-h config-c. The schemas are the source; nothing generated is edited or
committed. TypeScript, OpenAPI and the API's tables come from gen_api.py.
"""
import json
import sys

C_WORDS = {"case": "case_id", "interaction": "interaction", "file": "file"}
FACT_C = {"id": "struct sg_id", "text": "struct str", "json": "struct str", "int": "int64_t",
          "time": "int64_t", "bool": "bool"}


def c_name(name):
    return C_WORDS.get(name, name)


def c_list(rows, width=92):
    """Comma-separated cells folded to lines."""
    out, line = [], "\t"
    for cell in rows:
        if len(line) + len(cell) > width:
            out.append(line.rstrip())
            line = "\t"
        line += cell + ", "
    return "\n".join(out + [line.rstrip()])


def head(what, src):
    return f"/* {what} - generated from {src} by tools/gen.py; do not edit. */\n"


def enum_decls(schema):
    for name, values in schema["enums"].items():
        cells = [f"{name.upper()}_{v.upper()}" for v in values]
        yield f"enum {name} {{\n{c_list(cells)}\n\t{name.upper()}_N\n}};\n"


def enum_tables(schema):
    for name, values in schema["enums"].items():
        cells = ['"%s"' % ("" if v == "none" else v) for v in values]
        yield f"const char *const {name}_names[{name.upper()}_N] = {{\n{c_list(cells)}\n}};\n"


def all_events(schema):
    for stream, events in schema["streams"].items():
        for name, ev in events.items():
            yield stream, name, ev


def events_h(schema):
    out = [head("core/event.gen.h", "schema/api/events.json"),
           "#ifndef SG_CORE_EVENT_GEN_H\n#define SG_CORE_EVENT_GEN_H\n",
           "#include <stdbool.h>\n#include <stdint.h>\n",
           '#include "base/id.h"\n#include "base/str.h"\n']
    out += enum_decls(schema)
    out += [f"extern const char *const {n}_names[{n.upper()}_N];" for n in schema["enums"]]
    out.append("\nenum stream_kind {\n" + c_list(["STREAM_NONE"] + [f"STREAM_{s.upper()}" for s in schema["streams"]]) +
               "\n\tSTREAM_KIND_N\n};\n")
    out.append("enum event_kind {\n" + c_list(["EVENT_NONE"] + [f"EVENT_{n.upper()}" for _, n, _ in all_events(schema)]) +
               "\n\tEVENT_KIND_N\n};\n")
    out.append("enum fact {\n" + c_list([f"FACT_{f.upper()}" for f in schema["facts"]]) + "\n\tFACT_N\n};\n")
    out.append("/* Everything an event or a command may say; what it does not say is zero. Texts are lent. */\nstruct facts {")
    for name, f in schema["facts"].items():
        kind = f"enum {f['enum']}" if f["type"] == "enum" else FACT_C[f["type"]]
        out.append(f"\t{kind} {c_name(name)};")
    out.append("};\n\n#endif")
    return "\n".join(out) + "\n"


def events_c(schema):
    out = [head("event.gen.c", "schema/api/events.json"), '#include "core/event.h"\n\n#include <stddef.h>\n']
    out += enum_tables(schema)
    out.append("const char *const stream_names[STREAM_KIND_N] = {\n" +
               c_list(['""'] + [f'"{s}"' for s in schema["streams"]]) + "\n};\n")
    out.append("const struct fact_desc fact_desc[FACT_N] = {")
    for name, f in schema["facts"].items():
        names = f", .names = {f['enum']}_names, .n_names = {f['enum'].upper()}_N" if f["type"] == "enum" else ""
        limit = f", .max = {f['max']}" if "max" in f else ""
        out.append(f"\t[FACT_{name.upper()}] = {{.name = \"{name}\", .type = FACT_TYPE_{f['type'].upper()}, "
                   f".offset = offsetof(struct facts, {c_name(name)}){limit}{names}}},")
    out.append("};\n")
    for _, name, ev in all_events(schema):
        out.append(f"static const enum fact {name}_facts[] = {{\n" +
                   c_list([f"FACT_{f.upper()}" for f in ev["facts"]]) + "\n};")
    out.append("\nconst struct event_desc event_desc[EVENT_KIND_N] = {")
    out.append('\t[EVENT_NONE] = {.name = ""},')
    for stream, name, ev in all_events(schema):
        aud = ev.get("audience", "agent").upper()
        out.append(f"\t[EVENT_{name.upper()}] = {{.name = \"{name}\", .stream = STREAM_{stream.upper()}, "
                   f".audience = AUDIENCE_{aud}, .facts = {name}_facts, .n = {len(ev['facts'])}}},")
    out.append("};")
    return "\n".join(out) + "\n"


def col_type(t):
    return ("ENUM", t[5:]) if t.startswith("enum:") else (t.upper(), None)


def views_h(schema):
    out = [head("store/views.gen.h", "schema/db/views.json"),
           "#ifndef SG_STORE_VIEWS_GEN_H\n#define SG_STORE_VIEWS_GEN_H\n"]
    tables = schema["tables"]
    out.append("enum table {\n" + c_list([f"TABLE_{t.upper()}" for t in tables]) + "\n\tTABLE_N\n};\n")
    for name, t in tables.items():
        cells = [f"{name.upper()}_COL_{c.upper()}" for c in t["columns"]]
        out.append(f"enum {name}_col {{\n{c_list(cells)}\n\t{name.upper()}_COL_N\n}};\n")
    cells = [f"INDEX_{n.upper()}_{i.upper()}" for n, t in tables.items() for i in t["indexes"]]
    out.append("enum index {\n" + c_list(cells) + "\n\tINDEX_N\n};\n")
    widest = max(len(t["columns"]) for t in tables.values())
    out.append(f"enum {{ COLS_MAX = {widest} }};\n\n#endif")
    return "\n".join(out) + "\n"


def views_c(schema):
    out = [head("views.gen.c", "schema/db/views.json"), '#include "store/table.h"\n']
    for name, t in schema["tables"].items():
        out.append(f"static const struct col_desc {name}_cols[] = {{")
        for c, kind in t["columns"].items():
            kind, enum = col_type(kind)
            names = f", .names = {enum}_names, .n_names = {enum.upper()}_N" if enum else ""
            out.append(f'\t{{.name = "{c}", .type = COL_{kind}{names}}},')
        out.append("};")
        order = list(t["columns"])
        for i, cols in t["indexes"].items():
            out.append(f"static const unsigned char {name}_{i}_cols[] = {{" +
                       ", ".join(str(order.index(c)) for c in cols) + "};")
        assert order[:len(t["key"])] == t["key"], name
        out.append("")
    out.append("const struct table_desc table_desc[TABLE_N] = {")
    for name, t in schema["tables"].items():
        out.append(f"\t[TABLE_{name.upper()}] = {{.name = \"{name}\", .cols = {name}_cols, .n_cols = {len(t['columns'])}, "
                   f".n_key = {len(t['key'])}, .is_view = {str(t['kind'] == 'view').lower()}}},")
    out.append("};\n\nconst struct index_desc index_desc[INDEX_N] = {")
    for name, t in schema["tables"].items():
        for i, cols in t["indexes"].items():
            out.append(f"\t[INDEX_{name.upper()}_{i.upper()}] = {{.name = \"{name}_{i}\", .table = TABLE_{name.upper()}, "
                       f".cols = {name}_{i}_cols, .n_cols = {len(cols)}}},")
    out.append("};")
    return "\n".join(out) + "\n"


SETTING_C = {"text": "const char *", "path": "const char *", "list": "const char *", "int": "int64_t ",
             "duration": "int64_t ", "bool": "bool "}


def config_h(schema):
    out = [head("segue/config.gen.h", "schema/config/settings.json"),
           "#ifndef SG_SEGUE_CONFIG_GEN_H\n#define SG_SEGUE_CONFIG_GEN_H\n",
           "#include <stdbool.h>\n#include <stdint.h>\n",
           "/* Texts are owned by the config; a duration is in ms. */\nstruct settings {"]
    for name, s in schema["settings"].items():
        ms = "_ms" if s["type"] == "duration" else ""
        out.append(f"\t{SETTING_C[s['type']]}{name}{ms};")
    out.append(f"}};\n\nenum {{ SETTINGS_N = {len(schema['settings'])} }};\n\n#endif")
    return "\n".join(out) + "\n"


def config_c(schema):
    out = [head("config.gen.c", "schema/config/settings.json"), '#include "segue/config.h"\n\n#include <stddef.h>\n',
           "const struct setting_desc setting_desc[SETTINGS_N] = {"]
    for name, s in schema["settings"].items():
        ms = "_ms" if s["type"] == "duration" else ""
        doc = s["doc"].replace('"', '\\"')
        out.append(f'\t{{.name = "{name}", .type = SETTING_{s["type"].upper()}, .offset = offsetof(struct settings, {name}{ms}),\n'
                   f'\t .min = {s.get("min", 0)}, .max = {s.get("max", 0)}, .otherwise = "{s["default"]}",\n\t .doc = "{doc}"}},')
    out.append("};")
    return "\n".join(out) + "\n"


WHAT = {"events-h": events_h, "events-c": events_c, "views-h": views_h, "views-c": views_c,
        "config-h": config_h, "config-c": config_c}

if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as src:
        text = WHAT[sys.argv[1]](json.load(src))
    with open(sys.argv[3], "w", encoding="utf-8") as dst:
        dst.write(text)
