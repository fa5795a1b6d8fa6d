// The page's modules without a browser: texts, filters, the layout against the text ladder.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { moduleOf, need, needProgram, root, runPage } from "./fixtures.mjs";

need("esbuild");
needProgram();
const { dropText, texts, useLanguage } = await moduleOf("texts.ts");
const { parsePageData } = await moduleOf("data.ts");
const { parseFilter } = await moduleOf("batch/table.ts");
const { shareWithin } = await moduleOf("batch/plots.ts");
const { beatenText, standings } = await moduleOf("batch/tradeoff.ts");
const { claimText, namesOf } = await moduleOf("batch/claims.ts");
const { metricsShown } = await moduleOf("batch/table.ts");
const { buildRun } = await moduleOf("run/model.ts");
const { layOut, timeOfY, yOfTime } = await moduleOf("run/layout.ts");

test("both languages have the same texts with the same places", () => {
  assert.deepEqual(Object.keys(texts.zh).sort(), Object.keys(texts.en).sort());
  for (const key of Object.keys(texts.en)) {
    const places = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(places(texts.zh[key]), places(texts.en[key]), key);
    assert.ok(texts.zh[key].length > 0, key);
  }
});

test("whatever a segment may be lost or discarded for has words in both languages", () => {
  const namesIn = (file, reason) => {
    const cases = new RegExp(`case ${reason}::\\w+: return "(\\w+)"`, "g");
    const names = [...readFileSync(join(root, file), "utf8").matchAll(cases)].map(([, name]) => name);
    assert.ok(names.length > 5, `${file} names reasons in another way now`);
    return names;
  };
  for (const name of [...namesIn("sim/tcp/state.cpp", "DiscardReason"), ...namesIn("sim/event/drop_reason.cpp", "LossReason")]) {
    for (const language of ["en", "zh"]) {
      useLanguage(language);
      assert.equal(dropText(name), `${name}: ${texts[language][`drop_${name}`]}`);
    }
  }
  useLanguage("en");
  assert.equal(dropText("of_tomorrow"), "of_tomorrow");
});

test("data that is missing, cut short or of another version is named", () => {
  assert.throws(() => parsePageData("null"), /holds no data/);
  assert.throws(() => parsePageData('{"kind":"ru'), /cut short/);
  assert.throws(() => parsePageData('{"kind":"run","format":7}'), /want 1, have 7/);
  assert.throws(() => parsePageData('{"kind":"x","format":1}'), /want "run", "batch" or "tune", have "x"/);
  const empty = { kind: "run", format: 1, scenario: "x", hosts: [], summary: {}, events: [] };
  assert.throws(() => parsePageData(JSON.stringify(empty)), /at least one event/);
});

const batch = {
  axes: [{ name: "loss", path: "links.0.loss", role: "condition", values: [0.1, 0.2], default: null },
         { name: "delay", path: "links.0.delay", role: "condition", values: ["5ms", "1s"], default: null }],
  metrics: [{ name: "connect_ok", unit: "share", better: "more" }, { name: "syn_sent", unit: "count", better: "less" }],
  combinations: [[0, 0, 0.9, 1], [0, 1, 0.9, 2], [1, 0, 0.99, 3], [1, 1, 0.5, 0.5]].map(([a, b, ok, syn], index) =>
    ({ index, at: [a, b], runs: 10, values: [[ok, ok, ok, 10], [syn, syn, syn, 10]] })),
};

test("the filter compares numbers, durations and shares, and names what it does not know", () => {
  const matching = (text) => batch.combinations.filter(parseFilter(batch, text)).map((one) => one.index);
  assert.deepEqual(matching("loss=0.2"), [2, 3]);
  assert.deepEqual(matching("delay>=1000ms"), [1, 3]);
  assert.deepEqual(matching("connect_ok<90%"), [3]);
  assert.deepEqual(matching("loss=0.1 syn_sent!=1"), [1]);
  assert.deepEqual(matching("=1s"), matching("delay=1s"), "a word without a name is looked for in the settings");
  assert.equal(parseFilter(batch, "los=1"), "los");
});

test("a condition's name with spaces can be filtered by, in quotes", () => {
  const named = { ...batch, axes: [{ name: "under", path: "under", role: "condition", values: ["dead server", "5 % loss"] }, batch.axes[1]] };
  const matching = named.combinations.filter(parseFilter(named, 'under="dead server" delay=1s')).map((one) => one.index);
  assert.deepEqual(matching, [1]);
});

// --- Trade-offs ---

const measures = [{ name: "cost", unit: "s", better: "less", tolerance: 0 }, { name: "late", unit: "share", better: "less", tolerance: 0 }];
const points = (...places) => places.map(([name, x, y, alike]) => ({ name, label: name, values: [x, y], alike: alike ?? name }));
const stand = (places) => standings(points(...places), measures, 0, 1, (measure) => measure === 1);

test("the front has what nothing else beats, and equals of it", () => {
  const all = stand([["a", 1, 0.9], ["b", 2, 0.5], ["c", 3, 0.6], ["d", 2, 0.5], ["e", 2, 0.7]]);
  assert.deepEqual(all.filter((one) => !one.beaten).map((one) => one.point.name), ["a", "b", "d"]);
});

test("a point that is beaten is called worse in both only where it is", () => {
  const words = Object.fromEntries(stand([["a", 1, 0.5], ["both", 2, 0.6], ["one", 1, 0.7]])
    .map((one) => [one.point.name, beatenText(one, ...measures)]));
  assert.equal(words.a, "not beaten");
  assert.equal(words.both, "beaten by a: worse in both");
  assert.equal(words.one, "beaten by a: worse in “late”, and as good in “cost”");
  for (const text of Object.values(words)) assert.doesNotMatch(text, /to gain nothing/);
});

test("what is not told apart does not beat by the little that it differs", () => {
  const all = stand([["cheap", 1, 0.5010, 7], ["dear", 9, 0.5000, 7]]);
  const dear = all.find((one) => one.point.name === "dear");
  assert.equal(beatenText(dear, ...measures), "beaten by cheap: worse in “cost”, and as good in “late”");
  assert.equal(all.find((one) => one.point.name === "cheap").beaten, false);
});

// --- The decision in words ---

const claim = (kind, more) => ({ kind, candidates: [], cheapest: [], conditions: [], figure: null, steps: [], shown: true, ...more });
const step = (candidates, least, most = least, at_least = false) => ({ candidates, least, most, at_least });
const decided = {
  metrics: [{ name: "connect_error.ETIMEDOUT", unit: "count" }],
  axes: [{ name: "under", path: "under", role: "condition", values: ["1 % loss", "5 % loss", "10 % loss", "40 % loss", "dead server"], default: null },
         { name: "tcp_syn_retries", path: "hosts.a.sysctl.tcp_syn_retries", role: "setting", values: [1, 2, 3, 6], default: 6 }],
  decision: {
    confidence: 0.95, candidates: [[0], [1], [2], [3]], claims: [],
    figures: [{ name: "connect_ok", kind: "outcome", unit: "share", better: "more" },
              { name: "connected.p99", kind: "outcome", unit: "s", better: "less" },
              { name: "time_in.SYN_SENT", kind: "cost", unit: "s", better: "less" }],
    conditions: [0, 1, 2, 3, 4].map((i) => ({ at: [i], dead: i === 4 })),
  },
};
const say = (one) => claimText(decided, one, namesOf(decided));

test("claims are said as they were worked out: who, where, by how much", () => {
  for (const [one, text] of [
    [claim("choice", { candidates: [2, 3], cheapest: [2] }),
      "tcp_syn_retries 3 and 6 (default) do best, and alike, wherever connects succeed. Of these, 3 is the first to give up where nobody answers."],
    [claim("choice", { candidates: [0, 1, 2, 3], shown: false }), /^No value is shown to do better than another/],
    [claim("alike", { candidates: [0, 1, 2, 3], conditions: [0, 1, 2] }), "All values are alike at 1 to 10 % loss."],
    [claim("alike", { candidates: [2, 3], conditions: [0, 1] }), "tcp_syn_retries 3 and 6 (default) are alike at 1 and 5 % loss."],
    [claim("alike", { candidates: [2, 3], conditions: [0, 1, 3] }), "tcp_syn_retries 3 and 6 (default) are alike at 1, 5 and 40 % loss."],
    [claim("alike", { candidates: [2, 3], conditions: [3], shown: false }), /^These runs do not tell tcp_syn_retries 3 and 6 \(default\) apart at 40 % loss/],
    [claim("worse", { figure: 0, candidates: [2, 3], conditions: [3], steps: [step([1], 0.0198), step([0], 0.0412)] }),
      "40 % loss, compared with 3 and 6 (default): with 2: 2 % fewer connects succeed; with 1: 4.1 % fewer connects succeed."],
    [claim("worse", { figure: 1, candidates: [3], conditions: [3], steps: [step([1], 1.5, null), step([0], null)] }),
      /with 2: it takes 1.5 s longer .* or they never are; with 1: fewer than 99 % of connects ever succeed/],
    [claim("gives_up", { conditions: [4], steps: [step([0], 7), step([1], 15), step([2, 3], 133.7, 134.2, true)] }),
      "Dead server: no connect succeeds, and each fails after 7 s with 1, 15 s with 2, at least 134 s with 3 and 6 (default)."],
    [claim("gives_up", { conditions: [4] }), /time_in\.SYN_SENT/],
    [claim("dead_untried"), /was not tried/],
  ]) {
    if (text instanceof RegExp) assert.match(say(one), text);
    else assert.equal(say(one), text);
  }
});

test("a cost that may be greater says which metric would tell", () => {
  const one = claim("gives_up", { conditions: [4], steps: [step([0], 7, 7, true)] });
  const without = { ...decided, metrics: [] };
  assert.match(claimText(without, one, namesOf(decided)), /at least 7 s with 1\. Keep the metric connect_error as well/);
  assert.doesNotMatch(say(one), /Keep the metric/);
});

test("a trade-off names what is worth considering, unless that is all", () => {
  assert.match(say(claim("no_choice", { candidates: [1, 2] })), /a trade-off: .* Worth considering: tcp_syn_retries 2 and 3\. Each of the others loses to one of these/);
  assert.doesNotMatch(say(claim("no_choice", { candidates: [0, 1, 2, 3] })), /Worth considering/);
});

test("requests are told from connects", () => {
  const figures = [{ name: "request_ok", kind: "outcome", unit: "share", better: "more" }, { name: "answered.p99", kind: "outcome", unit: "s", better: "less" }];
  const data = { ...decided, decision: { ...decided.decision, figures } };
  const said = (figure, ...steps) => claimText(data, claim("worse", { figure, candidates: [3], conditions: [3], steps }), namesOf(data));
  assert.match(said(0, step([0], 0.02)), /with 1: 2 % fewer requests are answered/);
  assert.match(said(1, step([0], 2), step([1], null)), /with 1: it takes 2 s longer until 99 % of all requests are done; with 2: fewer than 99 % of requests ever succeed/);
});

test("a range of conditions leaves none out that lies within", () => {
  assert.doesNotMatch(say(claim("alike", { candidates: [0, 1], conditions: [0, 2, 3] })), / to /);
});

test("of several settings those that go with each other are named together, and others one by one", () => {
  const names = namesOf({
    axes: [{ name: "a", path: "x.sysctl.a", role: "setting", values: [1, 2, 3], default: null },
           { name: "b", path: "x.sysctl.b", role: "setting", values: [0, 1], default: 0 }],
    decision: { candidates: [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]], conditions: [] },
  }).settings;
  assert.equal(names.full([0, 1, 2, 3]), "a 1 and 2, any b");
  assert.equal(names.full([0, 4]), "a 1 and 3, b 0 (default)");
  assert.equal(names.full([0, 3]), "a / b 1 / 0; 2 / 1");
});

test("many values that follow each other are a range, which holds none that was not tried", () => {
  const names = (values) => namesOf({
    axes: [{ name: "a", path: "x.sysctl.a", role: "setting", values, default: 6 }],
    decision: { candidates: values.map((_, i) => [i]), conditions: [] },
  }).settings;
  assert.equal(names([1, 2, 3, 4, 5, 6]).values([1, 2, 3, 4, 5]), "2 to 6 (default: 6)");
  assert.equal(names([0, 3, 4, 5, 6, 7, 8]).values([0, 1, 2, 3, 4, 5, 6]), "0 and 3 to 8 (default: 6)");
  assert.equal(names([1, 2, 3, 4, 6]).values([0, 1, 2, 3, 4]), "1, 2, 3, 4 and 6 (default)");
});

test("settings that a sweep zips are one", () => {
  const axis = (name, values) => ({ name, path: `x.sysctl.${name}`, role: "setting", values, default: null });
  const names = namesOf({
    axes: [axis("backlog", [16, 128]), axis("somaxconn", [16, 128]), axis("c", [0, 1])],
    decision: { candidates: [[0, 0, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]], conditions: [] },
  }).settings;
  assert.equal(names.full([2, 3]), "backlog and somaxconn 128, any c");
  assert.equal(names.full([0]), "backlog and somaxconn 16, c 0");
});

test("columns without a value or with zeros alone are left out", () => {
  const data = { metrics: [{ name: "connect_ok", unit: "share" }, { name: "close_time.mean", unit: "s" }, { name: "rst_sent", unit: "count" }, { name: "syn_sent", unit: "count" }],
    combinations: [{ values: [[0, 0, 0, 5], null, [0, 0, 0, 5], [1, 1, 1, 5]] }, { values: [[0, 0, 0, 5], null, [0, 0, 0, 5], null] }] };
  assert.deepEqual(metricsShown(data), [0, 3]);
});

test("the share within a time counts those that failed", () => {
  const distribution = { count: 3, of: 4, seconds: [1, 2], upto: [1, 3] };
  assert.deepEqual([0.5, 1, 1.5, 2, 9].map((s) => shareWithin(distribution, s)), [0, 0.25, 0.25, 0.75, 0.75]);
});

const CATALOGUE = [
  "handshake/three_way.json", "handshake/simultaneous_open.json", "close/simultaneous_close.json",
  "fin_lost/first_fin_orphan_3_linux.json", "loss/synack_lost_each_gives_up_linux.json",
  "old_segments/old_syn_when_established_linux.json", "queues/accept_queue_drains.json",
  "reset/forged_rst_in_window.json", "keepalive/power_off_keepalive.json", "keepalive/reboot_data.json",
  "teaching/datagrams_beside_tcp.json", "handshake/third_ack_lost_linux.json", "what_if/repeated_syn_two_way.json",
];

/** What stands on the arrows of the text ladder, and beside its lines. */
function textLabels(text) {
  const words = /((?:forged )?(?:no flags|(?:SYN|FIN|RST|PSH|ACK)(?: (?:SYN|FIN|RST|PSH|ACK))*)(?: (?:seq|ack|len|win)=\d+(?: abs)?)*(?: · [a-z0-9. ]*[a-z0-9…])*|datagram \d+(?: len=\d+)?)(?= |─|▶|◀|$)/;
  return text.split("\n").filter((line) => /[├┤◀▶]/.test(line) && /─/.test(line))
    .flatMap((line) => (words.test(line) ? [words.exec(line)[1].trim()] : []));
}

for (const file of CATALOGUE) {
  test(`${file}: the page has the arrows, ends and states of the text ladder`, () => {
    const { data, text } = runPage(file.replace(/\W/g, "_"), file);
    const model = buildRun(data);
    const arrows = model.conversations.flatMap((one) => one.arrows);
    const mine = arrows.map((arrow) => arrow.label);
    const labels = textLabels(text);
    assert.ok(labels.length > 0 && labels.length <= arrows.length, `${labels.length} of ${arrows.length}`);
    for (const label of labels) {
      // The text cuts what has no room.
      const fits = (mine) => (label.endsWith("…") ? mine.startsWith(label.slice(0, -1)) : mine === label);
      const place = mine.findIndex((one) => fits(one.text) || fits(one.brief));
      assert.ok(place >= 0, `the page has no "${label}"`);
      mine.splice(place, 1);
    }
    for (const conversation of model.conversations) {
      for (const end of conversation.ends) assert.ok(text.includes(end), end);
      for (const note of conversation.notes) {
        if (note.note === "state") assert.ok(text.includes(note.text), note.text);
      }
    }
  });
  test(`${file}: time runs down, and every segment arrives below where it left`, () => {
    const { data } = runPage(`l${file.replace(/\W/g, "_")}`, file);
    for (const conversation of buildRun(data).conversations) {
      const layout = layOut(conversation, data.ended_ns);
      for (let i = 1; i < layout.tops.length; ++i) {
        assert.ok(layout.times[i] >= layout.times[i - 1] && layout.tops[i] > layout.bottoms[i - 1] - 1e-9);
      }
      for (const { arrow, y, ends } of layout.arrows) {
        arrow.legs.forEach((leg, i) => assert.ok(leg.at === arrow.event.t_ns || ends[i] > y, arrow.label.text));
      }
      const middle = data.ended_ns * 0.37;
      assert.ok(Math.abs(timeOfY(layout, yOfTime(layout, middle)) - middle) <= 1e-6 * data.ended_ns + 1);
    }
  });
}

test("a loss says at which router it happened, as the text ladder does; a host's discard says no place", () => {
  const { data, text } = runPage("router", {
    hosts: { client: {}, server: {} }, routers: ["r1"], stop_at: "30s", seed: 3,
    links: [{ a: "client", b: "r1", delay: "5ms" }, { a: "r1", b: "server", delay: "5ms", loss: 0.6 }],
    apps: [{ host: "server", listen: 80 }, { host: "client", connect: "server:80" }],
  });
  const conversations = buildRun(data).conversations;
  const lost = conversations.flatMap((one) => one.arrows.flatMap((arrow) => arrow.legs)).filter((leg) => leg.fate === "lost");
  const count = (reason) => lost.filter((leg) => leg.reason === reason).length;
  assert.ok(count("loss at r1") > 0 && count("loss") > 0);
  assert.equal(count("loss at r1"), text.match(/lost: loss at r1/g).length);
  assert.equal(count("loss at r1") + count("loss"), lost.length);
  const discards = conversations.flatMap((one) => one.notes).filter((note) => note.note === "discard");
  assert.ok(discards.length > 0);
  for (const { text: reason } of discards) assert.ok(!reason.includes(" at "), reason);
});

test("within one instant nothing stands above what caused it", () => {
  for (const file of ["limits/accept_emfile.json", ...CATALOGUE]) {
    const { data } = runPage(`c${file.replace(/\W/g, "_")}`, file);
    for (const conversation of buildRun(data).conversations) {
      const { yOfEvent } = layOut(conversation, data.ended_ns);
      for (const { n, cause } of data.events) {
        if (!yOfEvent.has(n) || !yOfEvent.has(cause)) continue;
        assert.ok(yOfEvent.get(n) >= yOfEvent.get(cause), `${file}: ${n} above ${cause}`);
      }
    }
  }
});
