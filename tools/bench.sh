#!/bin/bash
# bench.sh - measures Segue beside the least any server must do (tests/bench/limit.c) and prints one table.
#
# BENCH_RUNS (3) runs, of which the median counts; BENCH_SECONDS (2) a phase; BENCH_PERSONS (200000) in the large
# database; BENCH_FOLDER: where to write, which decides the disk that is measured. Servers listen on 127.0.0.1 only.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${B:-build}
tools=$build/tests/bench
runs=${BENCH_RUNS:-3}
seconds=${BENCH_SECONDS:-2}
persons=${BENCH_PERSONS:-200000}
folder=$(mktemp -d "${BENCH_FOLDER:-${TMPDIR:-/tmp}}/segue-bench-XXXXXX")
found=$folder/found
server=
limit=

stop() {
	for pid in $server $limit; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	server=
	limit=
}
trap 'stop; rm -rf "$folder"' EXIT

say() { echo "$*" >&2; }

# start DATA: serves it; sets server (pid), port, start_ms (from the call to "ready").
start() {
	local began
	: >"$folder/err" # the last one said it was ready, too
	began=$(date +%s%N)
	"$build/segue" serve --data "$1" --listen 127.0.0.1:0 --web web --live_per_s 1000000 --connections_max 30000 \
		--per_address_max 0 --websockets_max 20000 --agents_max 2000 --open_max 50000 --agent_gone 1h \
		>"$folder/out" 2>"$folder/err" &
	server=$!
	until port=$(sed -n 's/.*event=ready url=[^ ]*:\([0-9]*\) .*/\1/p' "$folder/err") && [ -n "$port" ]; do
		kill -0 $server || { cat "$folder/err" >&2; exit 1; }
		sleep .01
	done
	start_ms=$((($(date +%s%N) - began) / 1000000))
}

start_limit() {
	: >"$folder/limit.out"
	"$tools/bench_limit" "$folder/log" >"$folder/limit.out" &
	limit=$!
	until limit_port=$(cat "$folder/limit.out") && [ -n "$limit_port" ]; do
		kill -0 $limit
		sleep .01
	done
}

# note NAME LINE: keeps each "key value" of a line of load as NAME.key
note() {
	set -- "$1" $2
	local name=$1
	shift
	while [ $# -ge 2 ]; do
		echo "$name.$1 $2" >>"$found"
		shift 2
	done
}

# median NAME: of all that was noted under it
median() {
	awk -v n="$1" '$1 == n {print $2}' "$found" | sort -g | awk '{v[NR] = $1} END {if (NR) print v[int((NR + 1) / 2)]}'
}

# ratio NAME: segue's by limit's, of each run (what the neighbours did hit both), then the median
ratio() {
	paste <(awk -v n="segue.$1" '$1 == n {print $2}' "$found") <(awk -v n="limit.$1" '$1 == n {print $2}' "$found") |
		awk '{print $1 / $2}' | sort -g | awk '{v[NR] = $1} END {printf "%.2f", v[int((NR + 1) / 2)]}'
}

measure_chat() {
	local run n who line
	for run in $(seq "$runs"); do
		say "chat, run $run of $runs"
		cp -r "$folder/chat" "$folder/data"
		start "$folder/data"
		start_limit
		for n in 1 100 1000; do
			for who in segue limit; do
				local args=(--port "$port" --pid $server)
				[ $who = segue ] || args=(--port "$limit_port" --pid $limit --raw)
				# One conversation takes 10,000 messages at most: half the time is enough to stay below.
				"$tools/bench_load" chat "${args[@]}" --plan "$folder/chat.plan" --count $n \
					--seconds "$([ $n = 1 ] && echo 1 || echo "$seconds")" >"$folder/lines"
				while read -r line; do
					set -- $line
					note "$who.$1.$n" "${line#* * }"
				done <"$folder/lines"
			done
		done
		stop
		rm -rf "$folder/data" "$folder/log"
	done
}

measure_offers() {
	local run line
	for run in $(seq "$runs"); do
		say "offers, run $run of $runs"
		cp -r "$folder/queue" "$folder/data"
		start "$folder/data"
		line=$("$tools/bench_load" offers --port "$port" --pid $server --plan "$folder/queue.plan" --count 100000 \
			--rate 100 --seconds 6)
		note offers "$line"
		stop
		rm -rf "$folder/data"
	done
}

measure_sockets() {
	say "idle sockets"
	start "$folder/sockets"
	sleep 1
	note idle "rss_kb $(awk '/VmRSS/ {print $2}' /proc/$server/status)"
	note sockets "$("$tools/bench_load" sockets --port "$port" --pid $server --plan "$folder/sockets.plan" --count 10000 --seconds 2)"
	stop
}

measure_large() {
	local run
	say "a company of $persons persons and things"
	local began
	began=$(date +%s%N)
	"$build/segue" demo --data "$folder/large" --persons "$persons" --items "$persons" --contacts $((persons / 20)) >&2
	note large "fill_ms $((($(date +%s%N) - began) / 1000000))"
	"$tools/bench_fill" "$folder/large" stuff 10000 >"$folder/large.plan"
	note large "db_mb $(($(stat -c %s "$folder/large/segue.db") >> 20))"
	for run in $(seq "$runs"); do
		start "$folder/large"
		note large "start_ms $start_ms"
		set -- $("$tools/bench_load" stuff --port "$port" --pid $server --plan "$folder/large.plan" --count 1000)
		note first "$3 $4 $5 $6"
		note later "$8 $9 ${10} ${11}"
		note large "rss_kb $(awk '/VmRSS/ {print $2}' /proc/$server/status)"
		stop
	done
}

row() { echo "| $1 | $2 | $3 | $4 |"; }

print_chat() {
	local n p
	echo "| durable chat messages | Segue | limit program | Segue / limit |"
	echo "|---|---|---|---|"
	for n in 1 100 1000; do
		p=closed.$n
		row "$n conversations, messages/s" "$(median segue.$p.rate)" "$(median limit.$p.rate)" "$(ratio $p.rate)"
		row "… p50 / p99, ms" "$(median segue.$p.p50) / $(median segue.$p.p99)" \
			"$(median limit.$p.p50) / $(median limit.$p.p99)" ""
		row "… CPU of the server, µs a message" "$(median segue.$p.server_us)" "$(median limit.$p.server_us)" ""
		p=half.$n
		row "… at half of that load: p50 / p99, ms" "$(median segue.$p.p50) / $(median segue.$p.p99)" \
			"$(median limit.$p.p50) / $(median limit.$p.p99)" ""
	done
}

print_rest() {
	echo "| what | measured |"
	echo "|---|---|"
	echo "| a place falls free → the next offer is on the agent's desk; 10,000 waiting, 1,000 agents, $(median offers.rate) a second: p50 / p99, ms | $(median offers.p50) / $(median offers.p99) |"
	echo "| CPU of the server for one such round, wrap-up and offer and accept, µs | $(median offers.server_us) |"
	echo "| RSS of an idle server after start, MB | $(($(median idle.rss_kb) / 1024)) |"
	echo "| RSS for each of 10,000 idle live WebSockets, bytes | $(median sockets.bytes_each) |"
	echo "| CPU for 10,000 idle live WebSockets, % of a core | $(median sockets.idle_cpu_percent) |"
	echo "| start with $persons persons and as many things ($(median large.db_mb) MB), ms until ready | $(median large.start_ms) |"
	echo "| My Stuff of somebody with 10,000 things, first page of 50: p50 / p99, ms | $(median first.p50) / $(median first.p99) |"
	echo "| … any later page of 50: p50 / p99, ms | $(median later.p50) / $(median later.p99) |"
	echo "| RSS after that, MB | $(($(median large.rss_kb) / 1024)) |"
}

say "preparing in $folder"
"$tools/bench_fill" "$folder/chat" chat 1000 >"$folder/chat.plan"
"$tools/bench_fill" "$folder/queue" queue 10000 1000 3 >"$folder/queue.plan"
"$tools/bench_fill" "$folder/sockets" sockets 10000 >"$folder/sockets.plan"
measure_chat
measure_offers
measure_sockets
measure_large
machine() {
	local cpu memory
	cpu=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)
	memory=$(awk '/MemTotal/ {print int($2 / 1048576 + .5)}' /proc/meminfo)
	echo "$(date +%F), $cpu, $(nproc) cores, $memory GB; medians of $runs runs of $seconds s."
}

{
	machine
	echo
	print_chat
	echo
	print_rest
} | tee "$build/benchmarks.md"
