#!/usr/bin/env python3
"""test_lints.py CC... - each lint passes on a sound little tree and names the fault planted in it."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
CC = ["cc"]
GUARDED = "#ifndef H\n#define H\n{}\n#endif\n"


class LintCase(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        return full

    def lint(self, name, *args):
        run = subprocess.run([sys.executable, os.path.join(TOOLS, name + ".py"), *args], capture_output=True,
                             text=True)
        # 1 is a fault that was found; a script that broke says so on stderr.
        self.assertEqual(run.stderr, "")
        self.assertIn(run.returncode, (0, 1))
        return run.returncode, run.stdout

    def passes(self, name, *args):
        self.assertEqual(self.lint(name, *args), (0, f"{name}: ok\n"))

    def fails(self, said, name, *args):
        code, out = self.lint(name, *args)
        self.assertEqual(code, 1, f"not found: {said}")
        self.assertIn(said, out)

    def library(self, path, sources):
        """An archive at build/path of {file name: text}, each an object named as meson names it."""
        lib = os.path.join(self.root, "build", path)
        os.makedirs(os.path.dirname(lib), exist_ok=True)
        objects = []
        for name, text in sources.items():
            source = self.write(os.path.join("objects", path, name), text)
            subprocess.run([*CC, "-w", "-fno-builtin", "-c", source, "-o", source + ".o"], check=True)
            objects.append(source + ".o")
        if os.path.exists(lib):
            os.remove(lib)
        subprocess.run(["ar", "rcs", lib, *objects], check=True)
        return lib


class Layers(LintCase):
    def setUp(self):
        super().setUp()
        self.write("src/base/str.h", "")
        self.write("src/core/route.c", '#include "core/route.h"\n#include "base/str.h"\n#include "core/event.gen.h"\n'
                                       '#include "core/core_priv.h"\n')
        self.write("src/store/sqlite/a.c", '#include "store/sqlite/a.h"\n#include "store/store.h"\n')
        self.write("src/api/a.c", '#include "store/table.h"\n#include "app/flow.h"\n')
        self.write("src/segue/main.c", '#include "store/sqlite/a.h"\n#include "channel/console/console.h"\n')

    def test_a_sound_tree_passes(self):
        self.passes("layers", self.root)

    def test_no_tree_passes(self):
        shutil.rmtree(os.path.join(self.root, "src"))
        self.passes("layers", self.root)

    def test_faults(self):
        faults = [
            ("src/base/x.c", "core/route.h", "base may not include core/route.h"),
            ("src/core/x.c", "store/store.h", "core may not include store/store.h"),
            ("src/core/x.h", "net/loop.h", "core may not include net/loop.h"),
            ("src/store/x.c", "app/flow.h", "store may not include app/flow.h"),
            ("src/net/x.c", "core/route.h", "net may not include core/route.h"),
            ("src/channel/x.c", "store/store.h", "channel may not include store/store.h"),
            ("src/app/x.c", "api/a.h", "app may not include api/a.h"),
            ("src/app/x.c", "net/http.h", "app may not include net/http.h"),
            ("src/api/x.c", "channel/channel.h", "api may not include channel/channel.h"),
            ("src/app/x.c", "store/sqlite/a.h", "only segue may include store/sqlite/a.h"),
            ("src/api/x.c", "store/memory/m.h", "only segue may include store/memory/m.h"),
            ("src/store/x.c", "store/sqlite/a.h", "only segue may include store/sqlite/a.h"),
            ("src/store/memory/x.c", "store/sqlite/a.h", "only segue may include store/sqlite/a.h"),
            ("src/app/x.c", "core/core_priv.h", "core/core_priv.h is private to src/core"),
            ("src/segue/x.c", "app/flow_priv.h", "app/flow_priv.h is private to src/app"),
            ("src/core/x.c", "../store/store.h", "is not named from src/"),
            ("src/core/x.c", "route.h", "is not named from src/"),
            ("src/wild/x.c", "base/str.h", "src/wild/x.c: no layer of this name"),
        ]
        for path, inc, said in faults:
            with self.subTest(said=said):
                planted = self.write(path, f'  #  include "{inc}"\n')
                self.fails(said, "layers", self.root)
                os.remove(planted)


class Sizes(LintCase):
    SOUND = """#include <x.h>
#define LONG(a, b, c, d, e, f, g, h) if (a && b && c)
/* if (a) { if (b) { */
static const char *text = "if (a) { { {";
static int table[] = {1, 2, 3};
struct point { int x, y; };

int sound(int a, const char *(*b)(int, int), int c, int d, int e, int f)
{
	if (a)
		return 1;
	else if (b)
		return 2;
	else if (c)
		return 3;
	else if (d)
		return 4;
	else if (e)
		return 5;
	switch (f) {
	case 1:
		while (a) {
			struct point p = {.x = (int){3}, .y = 4};
			if (p.x)
				a--;
		}
		break;
	default:
		do {
			a++;
		} while (a < 3);
	}
	return 0;
}
"""

    def setUp(self):
        super().setUp()
        self.write("src/base/sound.c", self.SOUND)

    def planted(self, text, said, path="src/base/bad.c"):
        planted = self.write(path, text)
        self.fails(said, "sizes", self.root)
        os.remove(planted)

    def test_a_sound_tree_passes(self):
        self.passes("sizes", self.root)

    def test_no_tree_passes(self):
        shutil.rmtree(os.path.join(self.root, "src"))
        self.passes("sizes", self.root)

    def test_the_limits_themselves_pass(self):
        self.write("src/base/limit.c", "int f(int a)\n{\n" + "\ta++;\n" * 77 + "}\n" + "\n" * 719)
        self.write("src/base/limit.h", "\n" * 300)
        self.write("src/base/more.c", "int f(int a, int b, int c, int d, int e, int g)\n{\n\treturn " +
                   " && ".join("abcdeg" * 2 + "abc") + ";\n}\n"
                   "int g(int a)\n{\n\tif (a)\n\t\tif (a)\n\t\t\tif (a)\n\t\t\t\tif (a)\n\t\t\t\t\ta++;\n}\n")
        self.passes("sizes", self.root)

    def test_faults(self):
        head = "int f(int a)\n{\n"
        self.planted(head + "\ta++;\n" * 78 + "}\n", "f: lines 81, limit 80")
        self.planted(head + "\tif (a) a++;\n" * 15 + "}\n", "f: complexity 16, limit 15")
        self.planted(head + "\treturn " + " || ".join("a" * 16) + ";\n}\n", "f: complexity 16, limit 15")
        self.planted(head + "\treturn " + "a ? a : " * 15 + "a;\n}\n", "f: complexity 16, limit 15")
        self.planted(head + "if (a) " * 5 + "a++;\n}\n", "f: nesting 5, limit 4")
        self.planted(head + "for (;;) { while (a) { switch (a) { case 1: do { if (a) a++; } while (a); } } }\n}\n",
                     "f: nesting 5, limit 4")
        self.planted(head + "if (a) a++; else { if (a) for (;;) each (a, a) { if (a) a++; } }\n}\n",
                     "f: nesting 5, limit 4")
        self.planted("int f(int a, int b, int c, int d, int e, int g, int h)\n{\n}\n", "f: parameters 7, limit 6")
        self.planted("int f(int a, int b, int c, int d, int e, int g, int h) __attribute__((cold))\n{\n}\n",
                     "f: parameters 7, limit 6")
        self.planted("\n" * 801, "bad.c: 801 lines, limit 800")
        self.planted("\n" * 301, "bad.h: 301 lines, limit 300", "src/base/bad.h")
        self.planted("static inline int f(int a)\n{\n" + "\ta++;\n" * 78 + "}\n", "f: lines 81", "src/base/bad.h")


class Purity(LintCase):
    SOUND = ("void *memcpy(void *, const void *, unsigned long); void *arena_alloc(void *, unsigned long);\n"
             "int route_other(void); void f(void *a, void *b, unsigned long n);\n"
             "void f(void *a, void *b, unsigned long n) { memcpy(arena_alloc(a, n), b, n + route_other()); }\n")

    def test_a_pure_core_passes(self):
        self.passes("purity", self.library("core.a", {"a.c": self.SOUND, "b.c": "int route_other(void) { return 1; }\n"}))

    def test_faults(self):
        calls = ("time", "clock_gettime", "malloc", "calloc", "free", "rand", "write", "printf", "fopen", "qsort",
                 "strdup", "getenv", "json_init", "log_write", "metric_add", "pthread_mutex_lock", "store_write",
                 "sqlite3_open", "strtok", "sleep")
        for called in calls:
            with self.subTest(called=called):
                lib = self.library("core.a", {"a.c": f"int {called}(void);\nint f(void) {{ return {called}(); }}\n"})
                self.fails(f"impure: {called}\n", "purity", lib)

    def test_one_impure_object_among_pure_ones(self):
        lib = self.library("core.a", {"a.c": self.SOUND, "b.c": "int route_other(void) { return 1; }\n",
                                      "c.c": "long time(long *); long g(void) { return time(0); }\n"})
        self.fails("impure: time\n", "purity", lib)


class Banned(LintCase):
    def setUp(self):
        super().setUp()
        self.write("src/core/a.c", '/* time(NULL) */\n// rand()\nint f(int time) { return time; } /* gets(x) */\n'
                                   'const char *s = "system(1)"; char c = \'"\';\n'
                                   'void g(struct x *x) { x->time(x); x->ops.signal(x); json_time(x); my_system(x); }\n')
        self.write("src/net/a.c", "void f(void) { clock_gettime(0, 0); getenv(\"A\"); }\n")
        self.write("src/segue/main.c", "void f(void) { time(0); }\n")
        self.write("src/base/log.c", "void f(void) { clock_gettime(0, 0); }\n")

    def test_a_sound_tree_passes(self):
        self.passes("banned", self.root)

    def test_no_tree_passes(self):
        shutil.rmtree(os.path.join(self.root, "src"))
        self.passes("banned", self.root)

    def test_what_is_banned_anywhere(self):
        for name in ("strcpy", "strcat", "sprintf", "strtok", "atoi", "gets", "localtime", "gmtime", "rand", "signal",
                     "system"):
            for folder in ("net", "base", "segue"):
                with self.subTest(name=name, folder=folder):
                    planted = self.write(f"src/{folder}/x.c", f"\nvoid f(void) {{ {name} (1); }}\n")
                    self.fails(f"src/{folder}/x.c:2: {name} is banned", "banned", self.root)
                    os.remove(planted)

    def test_what_is_banned_above_the_clock(self):
        for name in ("time", "gettimeofday", "clock_gettime", "usleep", "sleep", "getenv"):
            for path in ("src/core/x.h", "src/app/x.c", "src/store/sqlite/x.c", "src/base/x.c"):
                with self.subTest(name=name, path=path):
                    planted = self.write(path, f"int f(void) {{ return {name}(0); }}\n")
                    self.fails(f"{path}:1: {name} is for src/net/ and src/segue/ only", "banned", self.root)
                    os.remove(planted)

    def test_an_exemption_is_for_one_call(self):
        self.write("src/base/log.c", "void f(void) { clock_gettime(0, 0); sleep(1); }\n")
        self.fails("src/base/log.c:1: sleep is for", "banned", self.root)


class Headers(LintCase):
    def setUp(self):
        super().setUp()
        self.write("src/base/a.h", GUARDED.format("#include <stddef.h>\nstruct a { size_t n; };"))
        self.write("src/core/b.h", '#pragma once\n#include "base/a.h"\n#include "core/c.gen.h"\nstruct b { struct a a; };\n')
        self.write("build/src/core/c.gen.h", "#pragma once\nenum c { C };\n")

    def headers(self):
        return "headers", self.root, os.path.join(self.root, "build"), *CC

    def test_a_sound_tree_passes(self):
        self.passes(*self.headers())

    def test_no_tree_passes(self):
        self.passes("headers", self.root + "/none", self.root + "/none", *CC)

    def test_faults(self):
        for said, text in {
            "leans on another": "#pragma once\nstruct x { size_t n; };\n",
            "has no guard": "struct x { int n; };\n",
            "includes what is not there": '#include "core/none.h"\n',
            "misses a semicolon": GUARDED.format("struct x { int n; }"),
        }.items():
            with self.subTest(said):
                planted = self.write("src/base/x.h", text)
                self.fails("base/x.h: does not compile alone", *self.headers())
                os.remove(planted)
        self.write("build/src/core/c.gen.h", "#pragma once\nstruct c { size_t n; };\n")
        self.fails("core/c.gen.h: does not compile alone", *self.headers())


class Prefixes(LintCase):
    def judge(self, path, sources):
        return "prefixes", self.root, os.path.join(self.root, "build"), self.library(path, sources)

    def test_a_sound_library_passes(self):
        self.write("src/core/route.h", "")
        self.passes(*self.judge("src/core/libcore.a", {
            "route.c": "int route_next(void) { return 1; } static int helper(void) { return 1; }\n"
                       "int (*route_hook)(void) = helper;\n",
            "route_memory.c": "int route_init(void) { return 1; } int route_memory_size = 1;\n",
            "meson-generated_.._event.gen.c": "const char *ring_names[1]; int event_desc = 1;\n"}))
        self.passes(*self.judge("src/base/libbase.a", {
            "id.c": "int sg_id_make(void) { return 1; }\n", "metrics.c": "int metric_add, metrics_write;\n",
            "status.c": "void sg_panic(void) {}\n"}))
        self.write("src/channel/console/console.c", "")
        self.passes(*self.judge("src/channel/libx.a", {"console_console.c": "int console_init = 1;\n"}))
        self.passes(*self.judge("src/store/sqlite/libx.a", {"query.c": "int sq_read, query_run;\n"}))
        self.passes(*self.judge("src/app/libapp.a", {"project.c": "int project(void) { return 1; }\n"}))

    def test_a_source_below_the_library_is_named_by_its_own_folder(self):
        self.write("src/channel/console/console.c", "")
        self.fails("src/channel/console/console.c: exports init",
                   *self.judge("src/channel/libx.a", {"console_console.c": "int init = 1;\n"}))

    def test_no_library_passes(self):
        self.passes("prefixes", self.root, self.root)

    def test_faults(self):
        self.write("src/core/route.h", "")
        faults = [
            ("src/core", "route.c", "int next(void) { return 1; }", "next"),
            ("src/core", "route.c", "int router_x = 1;", "router_x"),
            ("src/core", "case_memory.c", "int case_size = 1;", "case_size"),  # there is no case.h
            ("src/core", "route_memory.c", "int memory_size = 1;", "memory_size"),
            ("src/base", "id.c", "int id_make(void) { return 1; }", "id_make"),
            ("src/base", "status.c", "int sg_id_make(void) { return 1; }", "sg_id_make"),
            ("src/store", "query.c", "int sq_read = 1;", "sq_read"),  # of src/store/sqlite only
            ("src/net", "id.c", "int sg_id_make(void) { return 1; }", "sg_id_make"),  # registered for base only
            ("src/core", "meson-generated_.._event.gen.c", "int ring_count = 1;", "ring_count"),
        ]
        for folder, name, text, symbol in faults:
            with self.subTest(symbol=symbol, name=name):
                stem = name.replace("meson-generated_.._", "")
                self.fails(f"{folder}/{stem}: exports {symbol}", *self.judge(f"{folder}/libx.a", {name: text + "\n"}))


class Docs(LintCase):
    def setUp(self):
        super().setUp()
        self.write("src/core/route.c", "")
        self.write("docs/images/a.png", "")
        self.write("Makefile", "B ?= build\nall: ; @true\nmake-it: all\n\t@true\n")
        self.write("docs/decisions/0001-x.md", "[up](../guide.md) [top](../../README.md)\n")
        self.write("docs/guide.md", "![a](images/a.png) [web](https://example.org/none) [here](#there)\n")
        self.write("README.md", "`src/core/route.c`, `src/core/route.c:12`, `core/route.c`, `src/core/`, `src/*/route.c` "
                                "`src/core/{route}.c` `make all` `make all B=x` `docs/decisions/NNNN-title.md` "
                                "`web/desk/dist/index.html` `core/event.gen.h` `a/b` `/api/v1/x` `text/html`\n"
                                "```\nsrc/none.c\n`src/none.c`\n```\n[guide](docs/guide.md#part)\n")

    def test_a_sound_tree_passes(self):
        self.passes("docs", self.root)

    def test_no_documents_pass(self):
        self.passes("docs", self.root + "/none")

    def test_faults(self):
        for page in ("ARCHITECTURE.md", "CONTRIBUTING.md", "docs/deep/er/page.md"):
            for text, said in (
                ("`src/core/none.c`", "`src/core/none.c` does not exist"),
                ("`src/core/none.c:12`", "`src/core/none.c` does not exist"),
                ("`core/none.h`", "`core/none.h` does not exist"),
                ("run `python3 tools/none.py .`", "`tools/none.py` does not exist"),
                ("`src/*/none.c`", "`src/*/none.c` does not exist"),
                ("`src/core/{route,none}.c`", "`src/core/{route,none}.c` does not exist"),
                ("`make nothing`", "`make nothing` does not exist"),
                ("[x](none.md)", "link to none.md"),
                ("![x](images/none.png)", "link to images/none.png"),
            ):
                with self.subTest(page=page, text=text):
                    planted = self.write(page, f"Words.\n\n{text}\n")
                    self.fails(f"{page}: {said}", "docs", self.root)
                    os.remove(planted)


if __name__ == "__main__":
    CC = sys.argv[1:] or CC
    unittest.main(argv=sys.argv[:1])
