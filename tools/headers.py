#!/usr/bin/env python3
"""headers.py ROOT BUILD CC... - every header under src/ compiles alone, so that including one never
depends on what stands before it. Generated headers are found in the build's src/."""
import concurrent.futures
import os
import subprocess
import sys

FLAGS = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-"]


def headers(top):
    for folder, _, names in sorted(os.walk(top)):
        for name in sorted(n for n in names if n.endswith(".h")):
            yield os.path.relpath(os.path.join(folder, name), top)


def main(root, build, cc):
    tops = [os.path.join(root, "src"), os.path.join(build, "src")]
    includes = [f"-I{t}" for t in tops]

    def compile_alone(header):
        # Twice: the second time the guard must hold.
        run = subprocess.run([*cc, *includes, *FLAGS], input=f'#include "{header}"\n#include "{header}"\n',
                             capture_output=True, text=True)
        return f"{header}: does not compile alone\n{run.stderr}" if run.returncode else None

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        bad = [b for b in pool.map(compile_alone, sorted({h for t in tops for h in headers(t)})) if b]
    print("\n".join(bad) or "headers: ok")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
