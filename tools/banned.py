#!/usr/bin/env python3
"""banned.py ROOT - calls that have no place in src/.

ANYWHERE is unsafe, has hidden state, or has a better form here. CLOCK is what a simulation could not
replay: above the seam (base/sched.h) time is asked of the scheduler, and settings come as arguments.
"""
import os
import re
import sys

ANYWHERE = {
    "strcpy": "str_copy", "strcat": "buf_add", "sprintf": "snprintf or buf_addf", "vsprintf": "vsnprintf",
    "strtok": "a loop over a struct str", "atoi": "strtol with its checks", "atol": "strtol with its checks",
    "gets": "fgets", "localtime": "json_format_time", "gmtime": "json_format_time",
    "rand": "the tape or libsodium", "srand": "the tape or libsodium", "signal": "loop_on_signal or sigaction",
    "system": "posix_spawn",
}
CLOCK = {"time", "gettimeofday", "clock_gettime", "usleep", "sleep", "nanosleep", "getenv", "secure_getenv"}
CLOCK_FREE = ("src/net/", "src/segue/")
EXEMPT = {
    ("src/base/log.c", "clock_gettime"): "a line says when it was written, from any thread; nothing reads it back",
}
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
# A name that is called; x->time(...) and x.signal(...) are members of ours.
CALL = re.compile(r"(?<![\w.])(?<!->)(" + "|".join(sorted([*ANYWHERE, *CLOCK], key=len, reverse=True)) + r")\s*\(")


def judge(rel, name):
    if (rel, name) in EXEMPT:
        return None
    if name in ANYWHERE:
        return f"{name} is banned, use {ANYWHERE[name]}"
    if not rel.startswith(CLOCK_FREE):
        return f"{name} is for {' and '.join(CLOCK_FREE)} only"
    return None


def main(root):
    bad = []
    for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
        for name in sorted(n for n in names if n.endswith((".c", ".h"))):
            path = os.path.join(folder, name)
            rel = os.path.relpath(path, root).replace(os.sep, "/")
            with open(path, encoding="utf-8") as f:
                text = NOISE.sub(lambda m: " " + "\n" * m.group().count("\n"), f.read())
            for m in CALL.finditer(text):
                what = judge(rel, m.group(1))
                if what:
                    bad.append(f"{rel}:{text.count(chr(10), 0, m.start()) + 1}: {what}")
    print("\n".join(bad) or "banned: ok")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
