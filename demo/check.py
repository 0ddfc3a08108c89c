#!/usr/bin/env python3
"""Checks the content of the demo company: counts, references, uniqueness, lengths, coverage.

Run it from anywhere: `python3 demo/check.py [folder]`. It prints every fault and exits 1 if there is one.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

KINDS = ("purchase", "quote", "enquiry", "marketing", "contract")
OUTCOMES = ("resolved", "partly", "unresolved", "follow_up")
PLACEHOLDERS = {"first_name", "agent_name", "case_number"}
KEY = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
ZIP = re.compile(r"^750\d\d$")
EMAIL_DOMAIN = re.compile(r"^([a-z]+\.)?example\.(com|org|net)$")
TITLE_MAX, SUMMARY_MAX, TEXT_MAX, NEXT_STEP_MAX, BODY_MAX = 200, 140, 2000, 500, 65536
WORDS_MIN, WORDS_MAX = 120, 350

faults = []


def expect(ok, text):
    """Remembers a fault; all of them are told at the end, not only the first."""
    if not ok:
        faults.append(text)


def load(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def text_ok(where, text, longest=TEXT_MAX, empty=False):
    expect(isinstance(text, str), f"{where}: is not a text")
    if not isinstance(text, str):
        return
    expect(empty or text.strip(), f"{where}: is empty")
    expect(len(text) <= longest, f"{where}: {len(text)} characters, at most {longest}")
    expect(text == text.strip(), f"{where}: blanks at an end")


def keys_ok(where, rows, field="key"):
    for key, times in Counter(row[field] for row in rows).items():
        expect(times == 1, f"{where}: {key} stands {times} times")
        expect(KEY.match(key), f"{where}: {key} is not a good key")


def check_company(company):
    text_ok("company name", company["name"], TITLE_MAX)
    text_ok("company tagline", company["tagline"], TITLE_MAX)
    for theme in ("light", "dark"):
        expect(company["accent"][theme].startswith("oklch("), f"company: the {theme} accent is not OKLCH")
    zips = company["zips"]
    expect(len(zips) >= 8, "company: fewer than 8 zip codes")
    expect(len({z["zip"] for z in zips}) == len(zips), "company: a zip code stands twice")
    expect(len({z["town"] for z in zips}) == len(zips), "company: a town stands twice")
    for z in zips:
        expect(ZIP.match(z["zip"]), f"company: {z['zip']} is not a 750xx zip code")
        expect(z["weight"] > 0, f"company: {z['zip']} has no weight")
    curve = company["weekday_hour_curve"]
    expect(len(curve) == 7 and all(len(day) == 24 for day in curve), "company: the curve is not 7 x 24")
    expect(all(hour > 0 for day in curve for hour in day), "company: an hour of the curve has no weight")
    workday = min(sum(day) for day in curve[:5])
    expect(max(sum(day) for day in curve[5:]) < workday, "company: the weekend is not lower than a workday")
    expect(abs(sum(curve[2]) - 100) < 1, "company: Wednesday does not add up to 100")


def check_names(names):
    for field, count in (("given", 200), ("surnames", 300), ("email_domains", 40)):
        rows = names[field]
        expect(len(rows) == count, f"names: {len(rows)} {field}, not {count}")
        expect(len(set(rows)) == len(rows), f"names: {field} are not unique")
        for row in rows:
            text_ok(f"names {field}", row, 60)
    for field in ("given", "surnames"):
        expect(any(not name.isascii() for name in names[field]), f"names: no accents in {field}")
    for domain in names["email_domains"]:
        expect(EMAIL_DOMAIN.match(domain), f"names: {domain} is not under example.com, .org or .net")


def check_queues(queues):
    expect(len(queues) == 4, f"queues: {len(queues)}, not 4")
    keys_ok("queues", queues)
    for queue in queues:
        text_ok(f"queue {queue['key']}", queue["name"], TITLE_MAX)
        expect(queue["offer_ms"] == 20000, f"queue {queue['key']}: offer_ms is not 20000")


def check_agents(agents, queue_keys):
    expect(len(agents) == 20, f"agents: {len(agents)}, not 20")
    keys_ok("agents", agents)
    expect(len({a["email"] for a in agents}) == len(agents), "agents: an e-mail stands twice")
    for a in agents:
        where = f"agent {a['key']}"
        text_ok(where, a["name"], TITLE_MAX)
        expect(a["email"].endswith("@halden.example"), f"{where}: e-mail is not @halden.example")
        expect(a["role"] in ("agent", "manager", "admin"), f"{where}: role {a['role']}")
        expect(a["queues"] and set(a["queues"]) <= queue_keys, f"{where}: unknown queue or none")
        expect(2 <= a["capacity"] <= 4, f"{where}: capacity {a['capacity']}")
    roles = Counter(a["role"] for a in agents)
    expect(roles["admin"] == 1, "agents: not exactly one admin")
    expect(("Ruth Okafor", "ruth@halden.example", "manager") in [(a["name"], a["email"], a["role"]) for a in agents],
           "agents: Ruth Okafor is not a manager")
    first = [(a["name"], a["email"], a["queues"]) for a in agents[:2]]
    expect(first == [("Maya Lindqvist", "maya@halden.example", ["billing", "technical"]),
                     ("Omar Haddad", "omar@halden.example", ["technical", "orders"])],
           "agents: the first two are not Maya and Omar with their queues")
    for queue in queue_keys:
        serving = sum(queue in a["queues"] for a in agents if a["role"] == "agent")
        expect(serving >= 3, f"agents: only {serving} agents serve {queue}")


def check_topic(topic, queue_keys, queue_needed):
    where = f"topic {topic['key']}"
    text_ok(where, topic["title"], 60)
    if queue_needed or "queue" in topic:
        expect(topic.get("queue") in queue_keys, f"{where}: queue {topic.get('queue')}")
    expect(isinstance(topic.get("urgent", False), bool), f"{where}: urgent is not true or false")
    synonyms = topic["synonyms"]
    expect(len(synonyms) >= 3, f"{where}: fewer than 3 synonyms")
    expect(len(set(synonyms)) == len(synonyms), f"{where}: a synonym stands twice")


def check_topics(topics, queue_keys):
    expect(len(topics) == 10, f"topics: {len(topics)} of the first level, not 10")
    children = [child for topic in topics for child in topic["children"]]
    keys_ok("topics", topics + children)
    for topic in topics:
        check_topic(topic, queue_keys, True)
        expect(len(topic["children"]) == 5, f"topic {topic['key']}: {len(topic['children'])} children, not 5")
        expect(set(topic["kinds"]) <= set(KINDS), f"topic {topic['key']}: unknown kind")
    for child in children:
        check_topic(child, queue_keys, False)
    titles = Counter(t["title"] for t in topics + children)
    expect(max(titles.values()) == 1, f"topics: title {titles.most_common(1)[0][0]} stands twice")
    for kind in KINDS:
        count = sum(not topic["kinds"] or kind in topic["kinds"] for topic in topics)
        expect(3 <= count <= 6, f"topics: {count} for kind {kind}, not 3 to 6")


def check_quote(quote, product_keys):
    where = f"quote {quote['key']}"
    expect(0 < quote["price_min_cents"] < quote["price_max_cents"], f"{where}: price range")
    expect(quote["parts"], f"{where}: no parts")
    for part in quote["parts"]:
        expect(part["qty"] >= 1, f"{where}: a part without quantity")
        expect(("product" in part) != ("text" in part), f"{where}: a part is neither a product nor a text")
        expect(part.get("product", None) in product_keys or "text" in part, f"{where}: unknown {part.get('product')}")


def check_products(stuff):
    wanted = {"products": (115, "purchase"), "contracts": (15, "contract"), "quotes": (30, "quote"),
              "enquiries": (30, "enquiry"), "marketing": (30, "marketing")}
    everything = []
    for name, (least, kind) in wanted.items():
        rows = stuff[name]
        expect(len(rows) >= least, f"products: {len(rows)} {name}, at least {least}")
        for row in rows:
            expect(row["kind"] == kind, f"{row['key']}: kind {row['kind']}, not {kind}")
            text_ok(row["key"], row["title"], TITLE_MAX)
            text_ok(f"{row['key']} category", row["category"], 40)
        everything += rows
    keys_ok("products", everything)
    expect(len({p["attrs"]["model"] for p in stuff["products"]}) == len(stuff["products"]), "products: a model stands twice")
    for product in stuff["products"]:
        expect(isinstance(product["price_cents"], int) and product["price_cents"] > 0, f"{product['key']}: price")
    for contract in stuff["contracts"]:
        expect((contract["price_cents"] > 0) == (contract["per"] == "month"), f"{contract['key']}: price and per")
        expect("term_months" in contract["attrs"], f"{contract['key']}: no term")
    product_keys = {p["key"] for p in stuff["products"]}
    for quote in stuff["quotes"]:
        check_quote(quote, product_keys)
    for row in stuff["enquiries"] + stuff["marketing"]:
        text_ok(row["key"], row["text"], 300)
        expect("\n" not in row["text"], f"{row['key']}: more than one line")


def check_articles(articles, child_keys):
    keys_ok("articles", articles)
    counts = Counter(a["audience"] for a in articles)
    expect(counts == {"public": 60, "agent": 12}, f"articles: {dict(counts)}, not 60 public and 12 agent")
    expect(len({a["title"] for a in articles}) == len(articles), "articles: a title stands twice")
    covered = Counter()
    for a in articles:
        where = f"article {a['key']}"
        text_ok(where, a["title"], TITLE_MAX)
        text_ok(f"{where} summary", a["summary"], SUMMARY_MAX)
        text_ok(f"{where} body", a["body"], BODY_MAX)
        words = len(re.findall(r"[A-Za-z0-9][\w'.,°&-]*", a["body"]))
        expect(WORDS_MIN <= words <= WORDS_MAX, f"{where}: {words} words")
        expect(re.search(r"^## ", a["body"], re.M) or "|---" in a["body"] or "\n1. " in a["body"], f"{where}: no structure")
        expect(a["topics"] and set(a["topics"]) <= child_keys, f"{where}: unknown topic or none")
        check_tables(where, a["body"])
        if a["audience"] == "public":
            covered.update(a["topics"])
    for key in sorted(child_keys):
        expect(covered[key] >= 1, f"articles: nothing public for topic {key}")


def check_tables(where, body):
    """Every row of a table has as many cells as the row above it."""
    width = 0
    for line in body.split("\n"):
        cells = line.count("|") if line.startswith("|") else 0
        expect(not (width and cells and cells != width), f"{where}: uneven table row {line!r}")
        width = cells


def check_canned(canned):
    expect(len(canned) == 24, f"canned: {len(canned)}, not 24")
    keys_ok("canned", canned, "name")
    for c in canned:
        where = f"canned {c['name']}"
        expect(len(c["name"]) <= 12, f"{where}: the shortcut is long")
        text_ok(where, c["title"], TITLE_MAX)
        text_ok(where, c["text"])
        expect(set(re.findall(r"\{([^}]*)\}", c["text"])) <= PLACEHOLDERS, f"{where}: unknown placeholder")
        expect(c["text"].count("{") == c["text"].count("}"), f"{where}: open brace")


def check_dialogue(number, d, kinds_of, categories_of):
    where = f"dialogue {number} ({d['topic']})"
    expect(d["topic"] in kinds_of, f"{where}: unknown topic")
    expect(d["kind"] in kinds_of.get(d["topic"], ()), f"{where}: kind {d['kind']} does not have this topic")
    expect(d["categories"] and set(d["categories"]) <= categories_of[d["kind"]], f"{where}: unknown category or none")
    expect(4 <= len(d["turns"]) <= 10, f"{where}: {len(d['turns'])} turns")
    for turn in d["turns"]:
        expect(turn["who"] in ("customer", "agent"), f"{where}: who {turn['who']}")
        text_ok(where, turn["text"])
    expect(d["turns"][0]["who"] == "customer", f"{where}: does not begin with the customer")
    expect({t["who"] for t in d["turns"]} == {"customer", "agent"}, f"{where}: only one of them speaks")
    text_ok(f"{where} note", d["note"], empty=True)
    text_ok(f"{where} summary", d["summary"])
    text_ok(f"{where} next step", d["next_step"], NEXT_STEP_MAX, empty=True)
    expect(d["outcome"] in OUTCOMES, f"{where}: outcome {d['outcome']}")
    expect(d["next_step"] or d["outcome"] == "resolved", f"{where}: {d['outcome']} without a next step")


def check_dialogues(dialogues, topics, stuff):
    parent_of = {child["key"]: topic for topic in topics for child in topic["children"]}
    kinds_of = {key: topic["kinds"] or KINDS for key, topic in parent_of.items()}
    categories_of = {kind: set() for kind in KINDS}
    for rows in stuff.values():
        for row in rows:
            categories_of[row["kind"]].add(row["category"])
    expect(len(dialogues) >= 70, f"dialogues: {len(dialogues)}, at least 70")
    for number, dialogue in enumerate(dialogues, 1):
        check_dialogue(number, dialogue, kinds_of, categories_of)
    per_child = Counter(d["topic"] for d in dialogues)
    for topic in topics:
        count = sum(per_child[child["key"]] for child in topic["children"])
        expect(count >= 6, f"dialogues: {count} for {topic['key']}, at least 6")
    for key in parent_of:
        expect(per_child[key], f"dialogues: none for {key}")
    for kind in KINDS:
        expect(any(d["kind"] == kind for d in dialogues), f"dialogues: none for kind {kind}")
    for outcome in OUTCOMES:
        expect(any(d["outcome"] == outcome for d in dialogues), f"dialogues: none with outcome {outcome}")
    openings = Counter(d["turns"][0]["text"] for d in dialogues)
    expect(max(openings.values()) == 1, "dialogues: two begin alike")


def check_feedback(feedback):
    expect(len(feedback) == 60, f"feedback: {len(feedback)}, not 60")
    expect(len({f["text"] for f in feedback}) == len(feedback), "feedback: a comment stands twice")
    for f in feedback:
        text_ok("feedback", f["text"])
        for score in ("outcome_score", "feeling_score"):
            expect(f[score] in range(1, 6), f"feedback: {score} {f[score]}")
    for score in ("outcome_score", "feeling_score"):
        expect({f[score] for f in feedback} == {1, 2, 3, 4, 5}, f"feedback: not every {score} is there")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    queues, topics, stuff = (load(folder, n + ".json") for n in ("queues", "topics", "products"))
    queue_keys = {q["key"] for q in queues}
    child_keys = {child["key"] for topic in topics for child in topic["children"]}
    check_company(load(folder, "company.json"))
    check_names(load(folder, "names.json"))
    check_queues(queues)
    check_agents(load(folder, "agents.json"), queue_keys)
    check_topics(topics, queue_keys)
    check_products(stuff)
    check_articles(load(folder, "articles.json"), child_keys)
    check_canned(load(folder, "canned.json"))
    check_dialogues(load(folder, "dialogues.json"), topics, stuff)
    check_feedback(load(folder, "feedback.json"))
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"demo content: {len(faults)} faults" if faults else "demo content: good")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
