#!/usr/bin/env python3
"""prefixes.py ROOT BUILD LIB... - what a file exports begins with its name, so a reader of a call knows
where to look.

A module split over files (route.c, route_memory.c) keeps the name of its header (route.h) in all of
them. A module or a folder whose names begin otherwise is registered below.
"""
import os
import re
import subprocess
import sys

# "folder/stem": patterns of the names it exports.
REGISTERED = {
    # Names too general to own.
    "base/status": [r"sg_status_\w+", r"sg_panic"],
    "base/id": [r"sg_id_\w+"],
    "base/metrics": [r"metrics?_\w+"],
    # Tables generated from the schemas, and what reads them.
    "core/event.gen": [r"\w+_names", r"(fact|event)_desc"],
    "core/event": [r"event_\w+", r"enum_parse"],
    "store/views.gen": [r"(table|index)_desc"],
    "api/api.gen": [r"api_\w+"],
    "api/match": [r"api_\w+"],
    # One header, two kinds of thing: a server's requests and its WebSockets, a flow and its work.
    "net/http": [r"http_\w+", r"ws_\w+"],
    "net/websocket": [r"ws_\w+", r"http_upgrade"],
    "app/flow": [r"flow_\w+", r"work_\w+"],
    "app/project": [r"project", r"row_\w+"],
    # The front is what api.h declares; operations are named after the schema.
    "api/front": [r"front_\w+", r"api_\w+"],
    "api/live": [r"live_\w+", r"frame_\w+"],
    "api/live_watch": [r"watch_\w+", r"live_typing"],
    "api/live_push": [r"push_\w+"],
    # One and many.
    "net/addresses": [r"address(es)?_\w+"],
    "app/aggregate": [r"aggregates?_\w+"],
    "app/rows": [r"rows?_\w+"],
}
# Inside these, names are shared under the folder's own prefix.
FOLDERS = {"store/sqlite": r"sq_\w+", "store/memory": r"mem_\w+"}
MEMBER = re.compile(r"\[(.+)\.o\]$")
SANITIZER = re.compile(r"^(__(asan|odr_asan|ubsan|tsan|gcov|llvm|sancov)|_sub_[DI]_)")


def patterns(root, folder, stem):
    if f"{folder}/{stem}" in REGISTERED:
        return REGISTERED[f"{folder}/{stem}"]
    allowed = [rf"{stem}(_\w+)?", FOLDERS.get(folder, "(?!)")]
    if folder == "api" and stem.startswith("ops"):
        allowed.append(r"ops?_\w+")
    if stem == "main":
        return ["main"]
    part = stem
    while "_" in part:
        part = part.rpartition("_")[0]
        if os.path.exists(os.path.join(root, "src", folder, part + ".h")):
            allowed.append(rf"{part}(_\w+)?")
    return allowed


def source_of(root, folder, member):
    """(folder, stem) of what an object was made from: route.c; meson-generated_.._event.gen.c, which the
    build made; console_console.c, which is console/console.c."""
    name = re.sub(r"^meson-generated_(\.\._)*", "", os.path.basename(member))
    if not os.path.exists(os.path.join(root, "src", folder, name)):
        for m in re.finditer("_", name):
            below = os.path.join(folder, name[:m.start()])
            if os.path.exists(os.path.join(root, "src", below, name[m.end():])):
                folder, name = below, name[m.end():]
                break
    return folder, name[:-2] if name.endswith(".c") else name


def main(root, build, libs):
    bad = []
    for lib in libs:
        folder = os.path.relpath(os.path.dirname(os.path.abspath(lib)), os.path.join(os.path.abspath(build), "src"))
        out = subprocess.run(["nm", "-A", "--defined-only", "--extern-only", "--format=posix", lib],
                             capture_output=True, text=True, check=True).stdout
        for row in out.splitlines():
            where, _, rest = row.partition(": ")
            member = MEMBER.search(where)
            if not member or not rest or SANITIZER.match(rest):
                continue
            (where, stem), symbol = source_of(root, folder, member.group(1)), rest.split()[0]
            if not any(re.fullmatch(p, symbol) for p in patterns(root, where, stem)):
                bad.append(f"src/{where}/{stem}.c: exports {symbol}")
    print("\n".join(bad) or "prefixes: ok")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
