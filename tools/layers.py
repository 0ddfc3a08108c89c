#!/usr/bin/env python3
"""layers.py ROOT - refuses an include that points up or sideways.

ALLOWED is the architecture; changing it is an architectural decision (docs/decisions/). Generated
headers (*.gen.h) are named like the others, core/event.gen.h, and count as their folder.
"""
import os
import re
import sys

ALLOWED = {
    "base": {"base"},
    "core": {"core", "base"},
    "store": {"store", "core", "base"},
    "net": {"net", "base"},
    "channel": {"channel", "net", "core", "base"},
    "app": {"app", "store", "channel", "core", "base"},
    # Queries pass the core by and read views, so the API sees the store's port.
    "api": {"api", "app", "net", "store", "core", "base"},
    "segue": {"segue", "api", "app", "channel", "store", "net", "core", "base"},
}
# Layers made of a port and its implementations (store/store.h, store/sqlite/...). An implementation
# is known to itself and to the wiring, to nobody else below src/.
PORTS = {"store", "channel"}
WIRING = "segue"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def judge(rel, inc):
    """What is wrong with this include in src/rel, or None."""
    layer, *rest = rel.split("/")
    to, *to_rest = inc.split("/")
    if not to_rest or to in ("..", "."):
        return f"{inc} is not named from src/"
    if to not in ALLOWED[layer]:
        return f"{layer} may not include {inc}"
    if to in PORTS and len(to_rest) > 1 and layer != WIRING and (to != layer or rest[:1] != to_rest[:1]):
        return f"only {WIRING} may include {inc}"
    if inc.endswith("_priv.h") and os.path.dirname(rel) != os.path.dirname(inc):
        return f"{inc} is private to src/{os.path.dirname(inc)}"
    return None


def main(root):
    bad = []
    src = os.path.join(root, "src")
    for folder, _, names in sorted(os.walk(src)):
        for name in sorted(n for n in names if n.endswith((".c", ".h"))):
            path = os.path.join(folder, name)
            rel = os.path.relpath(path, src).replace(os.sep, "/")
            if rel.split("/")[0] not in ALLOWED or "/" not in rel:
                bad.append(f"src/{rel}: no layer of this name")
                continue
            with open(path, encoding="utf-8") as f:
                found = (judge(rel, inc) for inc in INCLUDE.findall(f.read()))
                bad += [f"src/{rel}: {what}" for what in found if what]
    print("\n".join(bad) or "layers: ok")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
