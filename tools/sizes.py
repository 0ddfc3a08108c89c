#!/usr/bin/env python3
"""sizes.py ROOT - the size limits, as a test.

Nesting counts control statements, with or without braces; "else if" does not deepen. Complexity is
McCabe's with a switch counted once, however many cases it has.
"""
import os
import re
import sys

LINES_MAX, FILE_MAX, HEADER_MAX, MCCABE_MAX, NESTING_MAX, PARAMS_MAX = 80, 800, 300, 15, 4, 6
# (function, what): why. Reviewed like any other line; the list may only shrink after version 1.
EXEMPT = {
    ("http_request_step", "parameters"): "the signature is libmicrohttpd's MHD_AccessHandlerCallback",
    ("on_upgrade", "parameters"): "the signature is libmicrohttpd's MHD_UpgradeHandler",
}

NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
TOKEN = re.compile(r"[A-Za-z_]\w*|&&|\|\||[^\s\w]")
BRANCH = {"if", "for", "while", "switch", "&&", "||", "?"}
OPEN, CLOSE = {"(": ")", "[": "]", "{": "}"}, {")", "]", "}"}


def code_only(text):
    """The text without comments, literals and directives; lines stay where they are."""
    def keep_lines(m):
        fill = "0" if m.group()[0] in "\"'" else " "
        return fill + "\n" * m.group().count("\n")
    return DIRECTIVE.sub(lambda m: "\n" * m.group().count("\n"), NOISE.sub(keep_lines, text))


def skip_group(tok, i):
    """Past the bracket that closes the one at i."""
    depth = 0
    while i < len(tok):
        depth += (tok[i] in OPEN) - (tok[i] in CLOSE)
        i += 1
        if depth == 0:
            return i
    return i


def plain(tok, i):
    """Past an expression or a declaration."""
    while i < len(tok) and tok[i] not in (";", "}"):
        i = skip_group(tok, i) if tok[i] in OPEN else i + 1
    return i + 1 if i < len(tok) and tok[i] == ";" else i


def statement(tok, i, depth):
    """(index past the statement at i, how deep control statements go in it)."""
    word, after = tok[i], tok[i + 1] if i + 1 < len(tok) else ""
    if word == "{":
        return block(tok, i + 1, depth)
    if word == "case" or word == "default" or (after == ":" and re.match(r"[A-Za-z_]", word)):
        while i < len(tok) and tok[i] != ":":
            i += 1
        return i + 1, depth
    if word == "do":
        i, deep = statement(tok, i + 1, depth + 1)
        return plain(tok, i), max(deep, depth + 1)
    if word in ("if", "for", "while", "switch") or loop_macro(tok, i):
        i, deep = statement(tok, skip_group(tok, i + 1), depth + 1)
        if word == "if" and i < len(tok) and tok[i] == "else":
            chained = i + 1 < len(tok) and tok[i + 1] == "if"
            i, more = statement(tok, i + 1, depth if chained else depth + 1)
            deep = max(deep, more)
        return i, max(deep, depth + 1)
    return max(plain(tok, i), i + 1), depth


def loop_macro(tok, i):
    """name (...) { : a loop like json_array_foreach."""
    if not re.match(r"[A-Za-z_]", tok[i]) or tok[i + 1:i + 2] != ["("]:
        return False
    return tok[skip_group(tok, i + 1):][:1] == ["{"]


def block(tok, i, depth):
    deepest = depth
    while i < len(tok) and tok[i] != "}":
        i, deep = statement(tok, i, depth)
        deepest = max(deepest, deep)
    return i + 1, deepest


def parameters(signature):
    inner = signature.strip()[1:-1].strip()
    if inner in ("", "void"):
        return 0
    depth = commas = 0
    for c in inner:
        depth += (c in "([{") - (c in ")]}")
        commas += c == "," and depth == 0
    return commas + 1


def group_start(tok, i):
    """The bracket that the one at i closes."""
    depth = 0
    while i > 0:
        depth += (tok[i] in CLOSE) - (tok[i] in OPEN)
        if depth == 0:
            return i
        i -= 1
    return i


def functions(tok):
    """(index of the name, of the brace that opens the body, past the one that closes it) of each."""
    i = 0
    while i < len(tok):
        if tok[i] not in OPEN:
            i += 1
            continue
        end = skip_group(tok, i)
        if tok[i] == "{" and i > 0 and tok[i - 1] == ")":
            name = group_start(tok, i - 1) - 1
            while tok[name] == "__attribute__" and tok[name - 1] == ")":
                name = group_start(tok, name - 1) - 1
            yield name, i, end
        i = end


def measure(code):
    """(name, its line, {what: (value, limit)}) of each function."""
    found = list(TOKEN.finditer(code))
    tok = [m.group() for m in found]
    line_of = [0] * len(tok)
    line = at = 0
    for k, m in enumerate(found):
        line += code.count("\n", at, m.start())
        at, line_of[k] = m.start(), line + 1
    for name, brace, end in functions(tok):
        body = tok[brace + 1:end - 1]
        params = "".join(tok[name + 1:skip_group(tok, name + 1)])
        yield tok[name], line_of[name], {
            "lines": (line_of[end - 1] - line_of[name] + 1, LINES_MAX),
            "complexity": (1 + sum(t in BRANCH for t in body), MCCABE_MAX),
            "nesting": (block(body, 0, 0)[1], NESTING_MAX),
            "parameters": (parameters(params), PARAMS_MAX),
        }


def main(root):
    bad = []
    for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
        for name in sorted(n for n in names if n.endswith((".c", ".h"))):
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            n, limit = text.count("\n"), HEADER_MAX if name.endswith(".h") else FILE_MAX
            if n > limit:
                bad.append(f"{path}: {n} lines, limit {limit}")
            for function, line, values in measure(code_only(text)):
                bad += [f"{path}:{line}: {function}: {what} {value}, limit {most}"
                        for what, (value, most) in values.items()
                        if value > most and (function, what) not in EXEMPT]
    print("\n".join(bad) or "sizes: ok")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
