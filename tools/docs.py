#!/usr/bin/env python3
"""docs.py ROOT - what the documents name exists: paths in backticks, links, and `make` targets.

A path is what begins with a folder of the tree (src/, docs/, …) or, inside src/, with a layer and ends
in .c or .h. `*` must match something; a word in capitals or <brackets> stands for a choice of the
reader; what the build makes is not looked for.
"""
import glob
import os
import re
import sys

PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
TOP = r"(?:src|tests|tools|docs|schema|web|demo|packaging|\.ci)"
PATH = re.compile(rf"^{TOP}/[\w./*{{}},<>-]*$")
IN_SRC = re.compile(r"^(?:base|core|store|net|channel|app|api|segue)/[\w./*-]+\.[ch]$")
MADE = re.compile(r"(^|/)(dist|gen|node_modules)(/|$)|\.gen\.|^build|/demo-data")
CHOICE = re.compile(r"<|NAME|NNNN|…|\.\.\.")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
TICKS = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def exists(base, name):
    many = re.search(r"\{([^}]*)\}", name)
    if many:
        return all(exists(base, name.replace(many.group(), one, 1)) for one in many.group(1).split(","))
    return bool(glob.glob(os.path.join(base, name))) if "*" in name else os.path.exists(os.path.join(base, name))


def named(root, tick):
    """What a piece in backticks names that is not there, or None."""
    words = tick.split()
    if words[:1] == ["make"] and os.path.exists(os.path.join(root, "Makefile")):
        with open(os.path.join(root, "Makefile"), encoding="utf-8") as f:
            targets = re.findall(r"^([\w-]+):", f.read(), re.M)
        missing = [w for w in words[1:] if re.fullmatch(r"[a-z][\w-]*", w) and w not in targets]
        return f"make {missing[0]}" if missing else None
    for word in words:
        path = re.sub(r"(:\d+(-\d+)?|#.*|[,;.])$", "", word)
        if MADE.search(path) or CHOICE.search(path):
            continue
        if PATH.match(path) and not exists(root, path):
            return path
        if IN_SRC.match(path) and not exists(os.path.join(root, "src"), path):
            return path
    return None


def check(root, page):
    with open(os.path.join(root, page), encoding="utf-8") as f:
        text = FENCE.sub("", f.read())
    for tick in TICKS.findall(text):
        missing = named(root, tick)
        if missing:
            yield f"{page}: `{missing}` does not exist"
    for link in LINK.findall(text):
        target = link.split("#")[0]
        if not target or re.match(r"[a-z][a-z0-9+.-]*:", target) or MADE.search(target):
            continue
        if not os.path.exists(os.path.join(root, os.path.dirname(page), target)):
            yield f"{page}: link to {link}, which does not exist"


def main(root):
    pages = [p for p in PAGES if os.path.exists(os.path.join(root, p))]
    for folder, _, names in sorted(os.walk(os.path.join(root, "docs"))):
        pages += [os.path.relpath(os.path.join(folder, n), root) for n in sorted(names) if n.endswith(".md")]
    bad = [b for p in pages for b in check(root, p)]
    print("\n".join(bad) or "docs: ok")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
