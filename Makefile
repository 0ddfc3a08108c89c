# A front door for people; meson does the work.
B ?= build
PORT ?= 8080
SEED ?= 1
SEEDS ?= 2000
ROUNDS ?= 50
SECS ?= 30
.PHONY: all setup demo test check sim fuzz asan tsan bench crash format tidy cover lint web clean

all: web $(B)/build.ninja ; @ninja -C $(B)
setup: ; @tools/setup.sh
$(B)/build.ninja: ; @tools/setup.sh && meson setup $(B) --fatal-meson-warnings
web: ; @tools/setup.sh && tools/web.sh
demo: all ; @$(B)/segue demo --data demo-data --serve --listen 127.0.0.1:$(PORT)
check: $(B)/build.ninja ; @ninja -C $(B) && meson test -C $(B) --print-errorlogs
test: all ; @tools/test.sh
lint: $(B)/build.ninja ; @meson test -C $(B) --suite lint --print-errorlogs
sim: $(B)/build.ninja ; @ninja -C $(B) && $(B)/tests/sim/sim $(SEED) $(SEEDS)
crash: all ; @node tests/system/crash.mjs $(ROUNDS)
bench: all ; @tools/bench.sh
asan: ; @tools/setup.sh; test -d build-asan || meson setup build-asan -Db_sanitize=address,undefined -Dbuildtype=debug ; meson test -C build-asan --print-errorlogs
tsan: ; @tools/setup.sh; test -d build-tsan || meson setup build-tsan -Db_sanitize=thread -Dbuildtype=debug ; meson test -C build-tsan --print-errorlogs
fuzz: ; @tools/setup.sh clang; test -d build-fuzz || CC=clang meson setup build-fuzz -Dfuzzers=true -Db_sanitize=address,undefined -Db_lundef=false ; tools/fuzz.sh build-fuzz $(SECS)
tidy: ; @test -d build-clang || CC=clang meson setup build-clang ; ninja -C build-clang && clang-tidy -p build-clang --quiet $$(find src -name '*.c')
format: ; @clang-format -i $$(find src tests -name '*.[ch]')
cover: ; @test -d build-cover || meson setup build-cover -Db_coverage=true ; meson test -C build-cover && ninja -C build-cover coverage-text && cat build-cover/meson-logs/coverage.txt
clean: ; @rm -rf build build-* web/*/dist
