#!/usr/bin/env python3
"""purity.py LIB - the core calls nothing that could do I/O, tell the time, allocate or roll dice.

Asks the object files what they import; everything must be on this list or be one of the parts of
base that are pure. A comment can lie, the symbol table cannot.
"""
import re
import subprocess
import sys

LIBC = {"memcpy", "memmove", "memset", "memcmp", "memchr", "bcmp", "strlen", "strnlen", "strcmp", "strncmp", "strchr",
        "strrchr", "strspn", "strcspn", "strstr"}
# Not json_, log_, metric_: they write, and log_ tells the time.
BASE = re.compile(r"^(sg|str|buf|arena|idmap|tape)_")
# The fortified forms, and what compilers and sanitizers put in: guards, arithmetic the machine lacks.
COMPILER = re.compile(r"^(_GLOBAL_OFFSET_TABLE_|__(memcpy|memmove|memset)_chk|__stack_chk_fail"
                      r"|__(popcount|parity|ffs|u?div|u?mod|u?divmod|mul)[dt]i[234]"
                      r"|__(asan|ubsan|tsan|msan|sanitizer|gcov|llvm|sancov)_.*|mcount|__start___.*|__stop___.*"
                      r"|__cyg_profile.*)$")


def symbols(which, lib):
    out = subprocess.run(["nm", which, "--format=posix", lib], capture_output=True, text=True, check=True).stdout
    return {row.split()[0] for row in out.splitlines() if len(row.split()) >= 2}


def main(lib):
    asked = symbols("--undefined-only", lib) - symbols("--defined-only", lib) - LIBC
    bad = sorted(s for s in asked if not BASE.match(s) and not COMPILER.match(s))
    print("impure: " + " ".join(bad) if bad else "purity: ok")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
