"use strict";
// Arithmetic first, without the page; then the page, made of text nodes only, since names come from services.

const HOUR_MS = 3600000;
const ORDER = ["network", "other", "preprocess", "retrieve", "generate", "postprocess"];

function moved(parts, techniques, on, factor) {
  return parts.map((part) => {
    let first = part.ms - part.after_ms, after = part.after_ms;
    for (const t of techniques) {
      if (!on[t.id] || t.effect !== "faster" || (t.moves !== part.kind && t.moves !== "every")) continue;
      if (!t.only_writing) first /= factor[t.id];
      after /= factor[t.id];
    }
    const share = changed(techniques, on)?.after_share;
    if (share != null) [first, after] = [(first + after) * (1 - share), (first + after) * share];
    return { ...part, first, after };
  });
}

// The change that `bench` has measured, if it is chosen: its TTFT is measured, too.
const changed = (techniques, on) => techniques.find((t) => t.id === "bench" && on.bench);

function times(parts) {
  const sum = (pick) => parts.reduce((total, part) => total + pick(part), 0);
  const e2e = sum((p) => p.first + p.after);
  return { e2e, ttft: sum((p) => p.first), server: sum((p) => (p.kind === "network" ? 0 : p.first + p.after)) };
}

function chosen(state, on = state.on) {
  const { budget, techniques } = state.data;
  const streamed = budget.streamed || on.stream || changed(techniques, on)?.after_share > 0;
  const parts = moved(state.parts, techniques, on, state.factor).map((p) => (streamed ? p : { ...p, first: p.first + p.after, after: 0 }));
  const found = times(parts);
  const hits = on.cache ? state.value.hits / 100 : 0;
  const mean = (budget.mean_ratio || 1) * found.server * (1 - hits + hits / (state.factor.cache || 1));
  return { ...found, parts, hits, mean, batch: on.batch ? state.factor.batch : 1 };
}

function cost(state, now) {
  const v = state.value;
  const machine = (v.hourly * now.mean * 1000) / HOUR_MS / (v.busy / 100) / now.batch;
  const tokens = ((v.read * v.in + v.written * v.out) / 1000) * (1 - now.hits);
  return machine + tokens;
}

const COUNTED = { read: "prompt_tokens", written: "tokens" }; // what a result may not know

// A sentence about the tokens that the cost leaves out; they are null until the user sets them.
function leftOut(state) {
  const missing = Object.keys(COUNTED).filter((key) => state.value[key] === null);
  return missing.length ? `The tokens ${missing.join(" and ")} are unknown, and the cost leaves them out until you set them` : "";
}

// Erlang's formula for the share of requests that wait, by the recursion of his B formula.
function waiting(perSecond, serviceMs, slots) {
  const load = (perSecond * serviceMs) / 1000;
  if (load >= slots) return { load: load / slots, p90: Infinity, mean: Infinity };
  let lost = 1;
  for (let n = 1; n <= slots; n += 1) lost = (load * lost) / (n + load * lost);
  const share = lost / (1 - (load / slots) * (1 - lost));
  const freed = (slots - load) / serviceMs; // requests a ms by which the servers outpace the arrivals
  return { load: load / slots, p90: share > 0.1 ? Math.log(share / 0.1) / freed : 0, mean: share / freed };
}

function slots(state, now) { return Math.max(1, Math.round(state.value.servers * now.batch)); }

const number = (value, digits = 0) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const ms = (value) => `${number(value, value >= 10 || value === 0 ? 0 : 1)} ms`;
const plain = (text) => String(text).replace(/[|\r\n`<>]/g, " ");

function options(state) {
  const { budget, techniques } = state.data;
  const all = Object.fromEntries(techniques.filter((t) => t.effect !== "caches" && t.id !== "bench").map((t) => [t.id, true]));
  const rows = [
    [budget.streamed ? "As it is, streamed" : "Stream what there is", budget.streamed ? {} : { stream: true }],
    [`The techniques chosen${Object.values(state.on).some(Boolean) ? "" : " (none yet)"}`, state.on],
    ["Every technique but the cache", all],
  ];
  return rows.map(([name, on]) => {
    const now = chosen(state, on), used = techniques.filter((t) => on[t.id] && !(t.id === "stream" && budget.streamed));
    return { name, ttft: now.ttft, e2e: now.e2e, cost: cost(state, now), gives: used.map((t) => t.costs).join("; ") || "nothing", assumed: used.some((t) => !t.measured) };
  });
}

// The options are ordered by effort: the first that meets the limit is enough.
function rule(found, limit) {
  const enough = (time) => found.find((o) => o[time] < limit);
  const first = enough("ttft"), whole = enough("e2e");
  const say = (option) => (option ? `“${option.name}” is enough` : "none of these options is enough");
  const both = first && first === whole;
  return (both ? `${say(whole)[0].toUpperCase()}${say(whole).slice(1)}, for the first words and for the whole answer. ` :
    `If the first words count, ${say(first)}; if the whole answer has to be there, ${say(whole)}. `) +
    "Either one only after an interleaved comparison (`under500 bench`) in which quality holds.";
}

function memo(state) {
  const { budget, techniques } = state.data, now = chosen(state), today = chosen(state, {}), found = options(state);
  const queue = waiting(state.value.arrivals, now.mean, slots(state, now));
  const used = techniques.filter((t) => state.on[t.id] || (t.effect !== "caches" && t.id !== "bench"));
  const elsewhere = (t) => (state.on[t.id] ? "" : `; only in ${t.id === "stream" ? "“Stream what there is” and " : ""}“Every technique but the cache”`);
  const interval = (t) => (t.low === null ? "" : `, 95 % interval ${number(t.low, 2)} to ${number(t.high, 2)}`);
  return [
    `# ${plain(budget.name)}: ${ms(today.e2e)}, ${today.e2e < budget.limit_ms ? "within" : "over"} ${number(budget.limit_ms)} ms`, "",
    ...(state.data.warning ? [`**${plain(state.data.warning)}**`, ""] : []),
    `Times: ${plain(budget.source)}. What follows from factors is computed, not measured.`, "",
    "## Where the time goes", "", "| part | now | with the techniques chosen |", "|---|---:|---:|",
    ...now.parts.map((p) => `| ${plain(p.name)} | ${ms(p.ms)} | ${ms(p.first + p.after)} |`),
    `| **end-to-end** | **${ms(today.e2e)}** | **${ms(now.e2e)}** |`, `| **first text (TTFT)** | **${ms(today.ttft)}** | **${ms(now.ttft)}** |`, "",
    "## Three options", "", "| option | first text | whole answer | cost of 1,000 answers | what it costs otherwise |", "|---|---:|---:|---:|---|",
    ...found.map((o) => `| ${o.name}${o.assumed ? " (in part assumed)" : ""} | ${ms(o.ttft)} | ${ms(o.e2e)} | ${number(o.cost, 2)} | ${o.gives} |`), "",
    `**Question:** ${plain(state.question)}`, "", `**Rule:** ${rule(found, budget.limit_ms)}`, "",
    "## Assumptions", "",
    ...used.filter((t) => t.id !== "stream" || !budget.streamed).map((t) => `* ${t.name}: ${t.id === "stream" ? "" : `× ${number(state.factor[t.id], 2)} `}(${origin(state, t)}${state.factor[t.id] === t.factor ? interval(t) : ""}${elsewhere(t)})`),
    `* Load (SIM, M/M/c): ${number(state.value.arrivals, 1)} requests a second, servers: ${state.value.servers}, service time: ${budget.mean_ratio ? "mean" : "median, because the mean is not known"}. ${loaded(queue, now)}.`,
    ...[now.hits ? `* ${number(100 * now.hits)} % of the questions are answered from the cache; the times above are those of the others.` : []].flat(),
    `* Prices: ${number(state.value.hourly, 2)} an hour for a server that is ${state.value.busy} % busy; ${number(state.value.in, 2)} and ${number(state.value.out, 2)} for a million tokens read and written.`,
    ...[leftOut(state)].filter(Boolean).map((said) => `* ${said}.`), "",
  ].join("\n");
}

function loaded(queue, now) {
  if (queue.load >= 1) return `That is ${number(100 * queue.load)} % of what the servers can do: the queue grows without end`;
  return `The servers are ${number(100 * queue.load)} % busy, and the wait is at most ${ms(queue.p90)} for 90 % of requests; added to the median: ${ms(now.e2e + queue.p90)}`;
}

function origin(state, t) {
  const elsewhere = state.data.budget.course ? "" : ", of the course's assistant";
  if (t.id === "stream") return "assumed: half of the model's time comes after its first text";
  if (state.factor[t.id] !== t.factor) return "set by hand";
  if (!t.measured) return `assumed${elsewhere && ", from the course's assistant"}`;
  return `measured${t.id === "bench" ? "" : ` in your lab${elsewhere}`}${t.n ? `, n = ${t.n}` : ""}`;
}

// The page.

const SVG = "http://www.w3.org/2000/svg";

function node(name, attributes = {}, ...children) {
  const made = name === "svg" || attributes.svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (key !== "svg") made.setAttribute(key, value);
  made.append(...children);
  return made;
}
const shape = (name, attributes, ...children) => node(name, { ...attributes, svg: true }, ...children);
const byId = (id) => document.getElementById(id);

function slider(label, { min, max, step, value }, show, changed, more = []) {
  const range = node("input", { type: "range", min, max, step });
  range.value = value;
  const output = node("output", {}, show(Number(range.value)));
  const tag = typeof label === "string" ? node("label", {}, label) : label;
  range.setAttribute("aria-label", tag.textContent);
  const write = () => { output.textContent = show(Number(range.value)); range.setAttribute("aria-valuetext", output.textContent); };
  range.addEventListener("input", () => { changed(Number(range.value)); write(); });
  write();
  return node("div", { class: "row" }, tag, range, output, ...more);
}

function swatch(colour) {
  const made = node("span", { class: "swatch", "aria-hidden": "true" });
  made.style.background = colour;
  return made;
}

function bars(state, today, now) {
  const limit = state.data.budget.limit_ms, width = byId("chart").clientWidth, end = Math.max(today.e2e, now.e2e, 1.2 * limit);
  const x = (value) => (value / end) * width, rows = [["now", today], ["chosen", now]], labels = [];
  const svg = node("svg", { viewBox: `0 0 ${width} 150`, role: "img", "aria-label": byId("finding").textContent });
  svg.append(shape("rect", { x: x(limit), y: 16, width: Math.max(0, width - x(limit)), height: 130, fill: "var(--tint)" }));
  rows.forEach(([name, found], index) => {
    const y = 52 + 62 * index;
    let at = 0;
    for (const late of [false, true]) for (const part of found.parts) {
      const long = late ? part.after : part.first;
      if (!long) continue;
      const bar = shape("rect", { x: x(at), y, width: Math.max(0.5, x(long) - 0.5), height: 24, fill: colour(state, part), opacity: late ? 0.55 : 1 });
      bar.append(shape("title", {}, `${part.name}: ${ms(long)}`));
      svg.append(bar);
      at += long;
    }
    const first = x(found.ttft);
    const said = `${name}: first text ${ms(found.ttft)}, whole answer ${ms(found.e2e)}`;
    labels.push(shape("text", { class: "over-bar", x: 0, y: y - 13 }, said));
    svg.append(shape("path", { d: `M${first - 6} ${y - 9}h12l-6 9z`, fill: "var(--ink)" }));
  });
  svg.append(shape("line", { x1: x(limit), x2: x(limit), y1: 16, y2: 146, stroke: "var(--limit)", "stroke-dasharray": "5 3" }));
  svg.append(...labels); // above the line
  const right = x(limit) > width - 90;
  svg.append(shape("text", { class: "limit", x: x(limit) + (right ? -4 : 4), y: 12, "text-anchor": right ? "end" : "start" }, `limit ${number(limit)} ms`));
  byId("chart").replaceChildren(svg);
}

const colour = (state, part) => state.data.colours[part.kind] || state.data.colours.other;

function curve(state, now) {
  const width = byId("curve").clientWidth, count = slots(state, now), most = (1.08 * count * 1000) / now.mean, limit = state.data.budget.limit_ms;
  const top = Math.max(3 * limit, 3 * now.e2e), y = (value) => 150 - (Math.min(value, top) / top) * 140, x = (rate) => (rate / most) * width;
  const rates = Array.from({ length: 120 }, (_, i) => ((i + 1) * most) / 120);
  const points = rates.map((rate) => [rate, now.e2e + waiting(rate, now.mean, count).p90]).filter(([, time]) => time < top);
  const svg = node("svg", { viewBox: `0 0 ${width} 174`, role: "img", "aria-label": "End-to-end time with the wait of the slowest tenth, by requests a second" });
  svg.append(shape("rect", { x: 0, y: 10, width, height: Math.max(0, y(limit) - 10), fill: "var(--tint)" }));
  svg.append(shape("line", { x1: 0, x2: width, y1: 150, y2: 150, stroke: "var(--faint)" }));
  svg.append(shape("line", { x1: 0, x2: width, y1: y(limit), y2: y(limit), stroke: "var(--limit)", "stroke-dasharray": "5 3" }));
  svg.append(shape("text", { class: "limit", x: width, y: y(limit) - 4, "text-anchor": "end" }, `limit ${number(limit)} ms`)); // the curve rises to the left of it
  svg.append(shape("polyline", { points: points.map(([rate, time]) => `${x(rate)},${y(time)}`).join(" "), fill: "none", stroke: "var(--accent)", "stroke-width": 2.5 }));
  const here = state.value.arrivals, time = now.e2e + waiting(here, now.mean, count).p90;
  if (here <= most) svg.append(shape("circle", { cx: x(here), cy: y(time), r: 6, fill: time < top ? "var(--accent)" : "var(--limit)" }));
  svg.append(shape("text", { class: "faint", x: 0, y: 168 }, "0"));
  svg.append(shape("text", { class: "faint", x: width, y: 168, "text-anchor": "end" }, `${number(most, 1)} requests a second`));
  byId("curve").replaceChildren(svg);
  byId("curve-note").textContent = `End-to-end with the p90 of the wait; the load chosen is ${here <= most ? "the dot" : "beyond the chart"}.`;
}

function optionsTable(state) {
  const heads = ["option", "first text", "whole answer", "cost of 1,000", "what it costs otherwise"], limit = state.data.budget.limit_ms;
  const head = node("thead", {}, node("tr", {}, ...heads.map((text) => node("th", { scope: "col" }, text))));
  const timed = (value) => [`${ms(value)} ${value < limit ? "✓" : "over"}`, value < limit ? "under" : "over"];
  const rows = options(state).map((o) => {
    const cells = [[o.name], timed(o.ttft), timed(o.e2e), [number(o.cost, 2)], [o.gives + (o.assumed ? " (in part assumed)" : "")]];
    return node("tr", {}, ...cells.map(([text, kind], i) => node("td", { "data-name": heads[i], class: kind || "" }, text)));
  });
  byId("options").replaceChildren(head, node("tbody", {}, ...rows));
}

function render(state) {
  const today = chosen(state, {}), now = chosen(state), { budget } = state.data, limit = budget.limit_ms;
  const under = now.e2e < limit ? "the whole answer is under" : now.ttft < limit ? "the first text is under" : "still over";
  const some = Object.values(state.on).some(Boolean), then = some ? ` now, ${ms(now.e2e)} with the techniques chosen` : "";
  byId("finding").textContent = `${budget.name}: ${ms(today.e2e)}${then}, ${under} ${number(limit)} ms`;
  bars(state, today, now);
  optionsTable(state);
  const unknown = leftOut(state);
  byId("cost-result").textContent = `${number(cost(state, now), 2)} for 1,000 answers; now ${number(cost(state, today), 2)}${unknown && `. ${unknown}`}`;
  const queue = waiting(state.value.arrivals, now.mean, slots(state, now));
  byId("load-result").textContent = loaded(queue, now);
  curve(state, now);
  byId("memo").value = memo(state);
}

function partSliders(state, draw) {
  byId("parts").replaceChildren(...state.parts.map((part) => {
    const label = node("label", {}, swatch(colour(state, part)), part.name), share = part.ms ? part.after_ms / part.ms : 0;
    const range = { min: 0, max: Math.max(10, Math.ceil(1.5 * part.ms)), step: part.ms < 20 ? 0.1 : 1, value: part.ms };
    return slider(label, range, ms, (value) => { part.ms = value; part.after_ms = share * value; draw(); });
  }));
}

function techniqueRows(state, draw) {
  const { techniques, budget } = state.data;
  byId("techniques").replaceChildren(...techniques.flatMap((t) => {
    const box = node("input", { type: "checkbox" }), already = t.id === "stream" && budget.streamed;
    box.checked = already || Boolean(state.on[t.id]);
    box.disabled = already;
    box.addEventListener("change", () => { state.on[t.id] = box.checked; draw(); });
    const about = node("small"), label = node("label", {}, box, t.name);
    const write = () => {
      const what = { streams: "moves the first text only", caches: "hits only, see the share below", batches: "answers a second, not one user's time" }[t.effect];
      about.textContent = [already ? "already so" : what, already ? "" : origin(state, t), t.costs, t.lab && `lab ${t.lab}`].filter(Boolean).join(" · ");
    };
    write();
    if (t.effect === "streams") return [node("div", { class: "row" }, label, about)];
    const range = { min: Math.min(0.5, t.factor), max: Math.max(20, Math.ceil(1.5 * t.factor)), step: 0.05, value: t.factor };
    const row = slider(label, range, (value) => `× ${number(value, 2)}`, (value) => { state.factor[t.id] = Math.abs(value - t.factor) < 0.03 ? t.factor : value; write(); draw(); }, [about]);
    return t.effect === "caches" ? [row, field(state, draw, ["hits", "questions asked before", 0, 95, 5, 20, (v) => `${v} %`])] : [row];
  }));
}

function field(state, draw, [key, label, min, max, step, value, show]) {
  state.value[key] = value;
  return slider(label, { min, max, step, value }, show, (changed) => { state.value[key] = changed; draw(); });
}

// A slider of tokens starts at 0 if their number is unknown.
function tokenField(state, draw, [key, label, most]) {
  const known = state.data.budget[COUNTED[key]], start = Math.round(known || 0);
  const show = (v) => (state.value[key] === null ? "unknown: set it" : number(v));
  state.value[key] = known === null ? null : start;
  return slider(label, { min: 0, max: Math.max(most, 2 * start), step: 1, value: start }, show, (v) => { state.value[key] = v; draw(); });
}

function start() {
  const data = JSON.parse(byId("data").textContent), { budget, techniques } = data;
  budget.parts.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const copy = () => budget.parts.map((part) => ({ ...part }));
  const state = { data, parts: copy(), on: {}, factor: Object.fromEntries(techniques.map((t) => [t.id, t.factor])), value: { hits: 20 }, question: byId("question").value };
  const ticked = budget.course ? ["stream", "kept", "search", "embed"] : ["bench"]; // of another service, only what was measured on it
  for (const t of techniques) if (ticked.includes(t.id)) state.on[t.id] = true;
  const draw = () => render(state), two = (v) => number(v, 2), whole = (v) => number(v);
  const add = (id, ...fields) => byId(id).append(...fields.map((f) => field(state, draw, f)));
  byId("cost").append(...[["read", "tokens read", 8000], ["written", "tokens written", 2000]].map((f) => tokenField(state, draw, f)));
  add("cost", ["hourly", "price of a server hour", 0, 20, 0.05, 1, two], ["busy", "busy share of a server", 5, 100, 5, 50, (v) => `${v} %`],
    ["in", "price of a million read", 0, 30, 0.05, 0, two], ["out", "price of a million written", 0, 90, 0.05, 0, two]);
  add("load", ["arrivals", "requests a second", 0.1, 50, 0.1, 0.5, (v) => number(v, 1)], ["servers", "servers", 1, 64, 1, 1, whole]);
  byId("warning").textContent = data.warning;
  byId("warning").hidden = !data.warning;
  byId("source").textContent = `Times: ${budget.source}. What follows from factors is computed, not measured.`;
  byId("question").addEventListener("input", (event) => { state.question = event.target.value; draw(); });
  byId("reset").addEventListener("click", () => { state.parts = copy(); partSliders(state, draw); draw(); });
  byId("save").addEventListener("click", () => {
    const link = node("a", { download: "memo.md", href: URL.createObjectURL(new Blob([memo(state)], { type: "text/markdown" })) });
    link.click();
    URL.revokeObjectURL(link.href);
  });
  partSliders(state, draw);
  techniqueRows(state, draw);
  new ResizeObserver(draw).observe(byId("chart"));
  draw();
}

start();
