
"use strict";
(() => {
const el = (id) => document.getElementById(id);
const read = (name) => JSON.parse(el(name).textContent);
/* A corpus each; of several, what they say together, too. */
const TOGETHER = el("corpora") ? read("corpora") : { keys: [""] };
const SUMMARIES = TOGETHER.keys.map((_, n) => read(`summary${n || ""}`));
const SEVERAL = !!el("corpora");
let chosen = 0;
const SVG = "http://www.w3.org/2000/svg";
const main = el("main");

/* Text is only ever set as text: nothing here parses markup. */
function put(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected" || name === "disabled") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
const h = (tag, attributes, ...children) => put(document.createElement(tag), attributes, children);
const fill = (node, ...children) => { node.replaceChildren(); return put(node, {}, children); };
const s = (tag, attributes, ...children) => put(document.createElementNS(SVG, tag), attributes, children);

const clipped = (text, length = 160) => (text.length <= length ? text : `${text.slice(0, length * 0.6)} … ${text.slice(-length * 0.35)}`);
const unique = (values) => [...new Set(values)];
/* G is the gold. */
const LETTERS = "ABCDEFHIJKLMNOPQRSTUVWXYZ";
const letter = (i) => LETTERS[i % LETTERS.length] + (i >= LETTERS.length ? Math.floor(i / LETTERS.length) + 1 : "");
const shortName = (name) => name.replace(/^(.*:)?.*\//, (_, kind) => kind ?? "");
const NAMES = unique(SUMMARIES.flatMap((S) => S.systems.map((system) => system.name)));
const tagOf = (name) => h("span", { class: "tag", title: name }, letter(NAMES.indexOf(name)));
const nameOf = (name) => [tagOf(name), h("bdi", { title: name }, shortName(name))];
/* A number in the middle of two goes to the even one, as in the terminal: 13/16 is .812. Sixteenths alone lie there. */
const halfway = (value) => Number.isInteger(value * 16) && (value * 1000) % 2 === 0.5;
const decimals = (value) => (value === null || value === undefined ? "–" : (halfway(value) ? Math.floor(value * 1000) / 1000 : value).toFixed(3));
const fixed = (value) => decimals(value).replace(/^0\./, ".");
const whole = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(1));
const many = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
const sum = (values) => values.reduce((a, b) => a + b, 0);

const SIGNS = { correct: "✓", label: "≠", boundary_smaller: "⊂", boundary_larger: "⊃", boundary_overlap: "↔",
  label_boundary: "≠↔", missed: "−", spurious: "+" };
const WORDS = { correct: "correct", label: "wrong label", boundary_smaller: "too short", boundary_larger: "too long",
  boundary_overlap: "shifted", label_boundary: "label and boundary", missed: "missed", spurious: "spurious" };
const SPEAKER_SCHEMAS = { strict: "a matched quote with the same speaker span", overlap: "a matched quote whose speaker span overlaps",
  entity: "a matched quote attributed to the right person" };
const JOINT_SCHEMAS = { strict: "content, type, cue and speaker all the same", overlap: "same type; cue and speaker overlap" };
const explain = (layer, schema) => {
  const [own, base] = [schema.split("/")[0], schema.split(/[@/]/)[0]], { says } = SUMMARIES[0];
  const words = { speakers: SPEAKER_SCHEMAS, joint: JOINT_SCHEMAS }[layer]?.[base] ?? says[own] ?? says[base];
  const of = layer.startsWith("links") ? "names" : "quotes";
  const setting = schema.endsWith("@matched") || layer.endsWith("@matched") ? `of matched ${of} only` : schema.endsWith("@gold") ? "given the gold quotes" : "";
  return [layer === "clusters" && "coreference", layer.startsWith("links") && "the link as label", words, setting].filter(Boolean).join("; ");
};

const VIEWS = ["overview", "phenomena", "errors", "breakdowns", "people"];
/* Where we are lives in the address, so that every view can be linked to. */
function where() {
  const [view, query] = location.hash.slice(1).split("?");
  const known = SEVERAL ? ["corpora", ...VIEWS] : VIEWS;
  return { view: known.includes(view) ? view : known[0], query: new URLSearchParams(query ?? "") };
}
function link(view, query = {}, n = chosen) {
  const text = new URLSearchParams(Object.entries({ corpus: view === "corpora" ? "" : TOGETHER.keys[n], ...query }).filter(([, value]) => value !== "" && value !== null && value !== undefined)).toString();
  return `#${view}${text ? `?${text}` : ""}`;
}
function go(hash, replace = true) {
  if (location.hash === hash) return;
  if (replace) history.replaceState(null, "", hash); else history.pushState(null, "", hash);
}
let said = 0;
function tell(text) {
  const node = el("live");
  node.textContent = text;
  const mine = ++said;
  setTimeout(() => { if (mine === said) node.textContent = ""; }, 4000);
}

function dialog(title, ...content) {
  const box = el("keys");
  fill(box, h("h2", { id: "keys-title" }, title), ...content, h("p", {}, h("button", { type: "button", onclick: () => box.close() }, "Close")));
  if (!box.open) box.showModal();
}
async function copy(text, what, button, label) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { readonly: true, "aria-label": what });
    area.value = text;
    dialog(`Copy ${what}`, h("p", {}, "The browser does not let this page write to the clipboard. The text is selected: copy it with your keys."), area);
    area.select();
    return;
  }
  tell(`Copied ${what}`);
  button.textContent = "Copied ✓";
  setTimeout(() => { button.textContent = label; }, 1500);
}
const copyButton = (label, what, text) => h("button", { type: "button", class: "copy", onclick: (event) => copy(text(), what, event.currentTarget, label) }, label);
const pick = (label, options, value, change, attributes = {}) => h("label", { class: "field" }, label,
  h("select", { ...attributes, onchange: (event) => change(event.target.value) }, options.map(([v, text]) => h("option", { value: v, selected: v === value }, text))));

const PLOT = 200;
function whisker(row, low = 0, high = 1, lines = [0, 0.25, 0.5, 0.75, 1]) {
  const x = (value) => ((value - low) / (high - low) * PLOT).toFixed(1);
  const svg = s("svg", { viewBox: `0 0 ${PLOT} 16`, width: "100%", height: 16, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const at of lines) svg.append(s("line", { class: "axis", x1: x(at), x2: x(at), y1: 0, y2: 16, "vector-effect": "non-scaling-stroke" }));
  if (row.i) svg.append(s("path", { class: "whisker", d: `M${x(row.i[0])} 8H${x(row.i[1])}M${x(row.i[0])} 4V12M${x(row.i[1])} 4V12`, "vector-effect": "non-scaling-stroke" }));
  for (const run of row.runs ?? []) if (run !== null) svg.append(s("path", { class: "point run", d: `M${x(run)} 8h0.001`, "vector-effect": "non-scaling-stroke" }));
  // A line of no length with a round end stays a circle however wide the cell is.
  if (row.f !== null) svg.append(s("path", { class: "point", d: row.u ? `M${x(row.f)} 8H${x(row.u.f)}` : `M${x(row.f)} 8h0.001`, "vector-effect": "non-scaling-stroke" }));
  return svg;
}
const axis = () => h("span", { class: "ticks", "aria-hidden": "true" }, ["0", ".25", ".5", ".75", "1"].map((text) => h("span", {}, text)));
const ci = (row) => (row.i ? `${fixed(row.i[0])}–${fixed(row.i[1])}${row.uneven ? "!" : ""}` : "–");
/* A score; its two ends where answers are words without offsets. */
const score = (row, key) => (row.u ? unique([row[key], row.u[key]].map(fixed)).join("–") : fixed(row[key]));

function table(caption, head, rows, attributes = {}) {
  return h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption }, h("table", attributes, h("caption", { class: "aside" }, caption), h("thead", {}, h("tr", {}, head.map((cell) => h("th", { scope: "col" }, cell)))), h("tbody", {}, rows)));
}
function limited(rows, most, render) {
  const box = h("div", {}, render(rows.slice(0, most)));
  if (rows.length > most) box.append(h("p", {}, h("button", { type: "button", class: "more", onclick: () => { fill(box, render(rows)); box.tabIndex = -1; box.focus({ preventScroll: true }); } }, `Show all ${rows.length.toLocaleString("en")} rows`)));
  return box;
}

/* ---------- Several corpora ---------- */

/* Never one F1 over different labels: each system on each corpus, then the mean of the differences. */
function corpora(lost) {
  const { names, pairs, says, notes, tables, why, own } = TOGETHER;
  const of = SUMMARIES.map((S) => S.scores.filter((row) => row.main).map((row) => ({ ...row, name: S.systems[row.system].name, place: `${row.layer}\n${row.schema}` })));
  const places = unique(of.flat().map((row) => row.place));
  const groups = (width, rowsOf) => places.map((place) => {
    const [layer, schema] = place.split("\n");
    const rows = rowsOf(place);
    return rows.length ? [h("tr", { class: "head" }, h("th", { scope: "rowgroup", colspan: width }, `${layer}, ${schema}`, h("small", {}, explain(layer, schema)))), rows] : null;
  });
  const on = (n, name, place) => {
    const row = of[n].find((one) => one.name === name && one.place === place);
    if (!row) return h("td", { class: "soft small" }, SUMMARIES[n].systems.find((one) => one.name === name)?.failed ? "failed" : "not scored");
    return h("td", {}, h(row.best ? "b" : "span", {}, score(row, "f")), h("div", { class: "small soft" }, ci(row), row.letters && h("i", {}, ` ${row.letters}`)));
  };
  const scores = groups(SUMMARIES.length + 1, (place) => NAMES.filter((name) => of.flat().some((row) => row.name === name && row.place === place))
    .map((name) => h("tr", {}, h("th", { scope: "row" }, nameOf(name)), SUMMARIES.map((_, n) => on(n, name, place)))));
  const reach = Math.max(0.1, ...pairs.flatMap((pair) => [...pair.i, ...pair.runs].map(Math.abs)));
  const differences = groups(8, (place) => pairs.filter((pair) => pair.place === place).map(({ cells, ...pair }) => h("tr", {},
    [pair.a, pair.b].map((name) => h("th", { scope: "row" }, nameOf(name))), h("td", {}, pair.best ? h("b", {}, cells[0]) : cells[0]), h("td", { class: "soft" }, cells[1]),
    h("td", { class: "plot" }, whisker(pair, -reach, reach, [-reach, 0, reach])), h("td", {}, cells[2]), [0, 1].map((k) => h("td", {}, cells[3 + k], h("div", { class: "small soft" }, pair.better[k]))))));
  // The longest explains the marks of all.
  const [legend] = SUMMARIES.map((S) => S.letters.says ?? "").sort((a, b) => b.length - a.length);
  const heading = (title, kind) => h("div", { class: "row spread" }, h("h2", {}, title), h("div", { class: "row copy" }, Object.entries(tables[kind] ?? {}).map(([name, text]) => copyButton(name, `the table as ${name}`, () => text))));
  fill(main, h("h1", { class: "aside" }, "Corpora"),
    lost && h("p", { class: "note" }, lost),
    SUMMARIES.flatMap((S, n) => S.systems.filter((system) => system.failed).map((system) => h("p", { class: "note bad" }, nameOf(system.name), " has no scores on ", h("bdi", {}, names[n]), `: ${system.failed}`))),
    heading("F1 on each corpus", "scores"),
    !places.length ? h("p", {}, "No system has scores.") : [
      table("F1 of each system on each corpus", ["System", ...SUMMARIES.map((S, n) => [h("a", { href: link("overview", {}, n) }, h("bdi", {}, names[n])), h("div", {}, many(S.corpus.documents, "document"))])], scores, { class: "corpora" }),
      h("p", { class: "small soft" }, "Below each F1 its interval. Scores on different corpora are not averaged: they have other labels, other guidelines and other sizes. Other roles and settings are in the overview of each."),
      legend && h("p", { class: "small soft" }, `${legend} On each corpus by itself.`)],
    SUMMARIES.map((S, n) => S.letters.why && h("p", { class: "small soft" }, h("bdi", {}, names[n]), `: ${S.letters.why}`)),
    own && [h("h2", {}, "By each corpus's own protocol, and as published"),
      table("F1 by each corpus's own protocol", own.heads, own.rows.map((row) => h("tr", {}, row.map((cell, i) => h(i < 4 ? "th" : "td", i < 4 ? { scope: "row" } : {}, h("bdi", {}, cell))))), { class: "corpora own" }),
      own.notes.map((text) => h("p", { class: "note small" }, text))],
    heading("Differences, mean over the corpora", "pairs"),
    why ? h("p", { class: "note" }, why) : [
      table("Mean differences of F1", ["A", "B", "A−B", "95%", "each and mean", "p Holm", "A>B", "B>A"], differences, { class: "corpora pairs" }),
      h("p", { class: "small soft" }, `Each corpus counts the same. Bold: p Holm below .05. A faint point is the difference on a corpus, the line the interval of their mean; the axis goes to ${fixed(reach)} on either side of 0. Below a count of corpora stands which, where not all.`)],
    says.map((text) => h("p", {}, text)), limited(notes, 6, (some) => some.map((text) => h("p", { class: "note small" }, text))));
}

/* ---------- One corpus ---------- */

function viewsOf(S, texts) {
const systems = S.systems.map((system, i) => ({ ...system, i, letter: letter(NAMES.indexOf(system.name)), short: shortName(system.name) }));
const tag = (i) => tagOf(systems[i].name);
const systemName = (i) => nameOf(systems[i].name);
const CLASS = S.classes;
const [CORRECT, LABEL, MISSED, SPURIOUS] = ["correct", "label", "missed", "spurious"].map((name) => CLASS.indexOf(name));
const word = (k, layer) => ((k === LABEL && { speakers: "somebody else", clusters: "another cluster" }[layer]) || WORDS[CLASS[k]]);
const sign = (k) => h("span", { class: `sign k-${CLASS[k]}`, "aria-hidden": "true" }, SIGNS[CLASS[k]]);

/* The texts are parsed when a view first asks for them. */
let parsed = null;
const documents = () => (parsed ??= read(texts));
const numberOf = (() => {
  let index = null;
  return (id) => (index ??= new Map(documents().map((d, i) => [d.id, i]))).get(id) ?? -1;
})();
const points = new WeakMap();
/* Offsets count code points, JavaScript counts UTF-16 units: the same unless the text has one above U+FFFF. */
function unit(d, offset) {
  let map = points.get(d);
  if (map === undefined) {
    map = null;
    if (/[\ud800-\udbff][\udc00-\udfff]/.test(d.t)) {
      map = new Uint32Array(d.t.length + 1);
      let n = 0, at = 0;
      for (const character of d.t) { map[n++] = at; at += character.length; }
      map[n] = at;
    }
    points.set(d, map);
  }
  return map === null ? offset : map[offset];
}
const pieces = (d, flat) => { const all = []; for (let k = 0; k < flat.length; k += 2) all.push([unit(d, flat[k]), unit(d, flat[k + 1])]); return all; };
const cover = (d, flat) => (flat ? pieces(d, flat).map(([a, b]) => d.t.slice(a, b)).join(" … ") : "");
const cite = (text, length) => h("span", { class: "cite", lang: "de" }, clipped(text, length));
const LAYERS = Object.keys(S.layers);
/* A quote is its type, its content, then a span for each role. */
const roleAt = (role) => S.roles.indexOf(role) + 2;
const ROLE = Object.fromEntries(Object.entries(S.layers).filter(([, role]) => S.roles.includes(role)).map(([layer, role]) => [layer, roleAt(role)]));
const ROLE_NAME = Object.fromEntries(S.roles.map((role) => [roleAt(role), role]));
/* Layers of labelled spans: where a document has the gold, a system the classes and what is wrong, and what their labels are called. */
const SPANS = { entities: { gold: "e", classes: "c", wrong: "w", names: S.names }, clusters: { gold: "m", classes: "k", wrong: "v", names: S.clusters } };
const span = (layer, item) => (SPANS[layer] ? item.slice(item.length % 2 ? 1 : 2) : item[ROLE[layer]] || item[1]);
const person = (item) => (item[6] >= 0 ? S.people[item[6]][0] : item[6] === -1 ? "no speaker" : item[7] || "unknown");
const labelOf = (layer, item) => (SPANS[layer] ? SPANS[layer].names[item[0]] : layer === "speakers" ? person(item) : layer === "quotes" ? S.types[item[0]] : "");
const wantedSpan = (layer, item) => (layer === "speakers" ? item[1] : span(layer, item));

/* Every error of a layer, in the order of the texts: {d, s, k, gold, found, at}. */
const collected = new Map();
function errorsOf(layer) {
  if (collected.has(layer)) return collected.get(layer);
  const all = [];
  documents().forEach((d, n) => {
    const here = [];
    const names = new Map();
    systems.forEach(({ i }) => {
      for (const pair of pairsOf(d, i, layer)) {
        if (pair.k === CORRECT) continue;
        const flat = wantedSpan(layer, pair.gold ?? pair.found);
        // A link names side and offsets, so it holds in a report made anew.
        let at = `${pair.gold ? "g" : "f"}${flat[0]}-${flat.at(-1)}`;
        const times = names.get(`${i} ${at}`) ?? 0;
        names.set(`${i} ${at}`, times + 1);
        if (times) at += `.${times + 1}`;
        here.push({ ...pair, d: n, s: i, at, start: flat[0], end: flat.at(-1) });
      }
    });
    here.sort((a, b) => a.start - b.start || b.end - a.end || a.s - b.s);
    for (const error of here) all.push(error);
  });
  collected.set(layer, all);
  return all;
}
/* Gold and found items of one system that answer each other: {k, gold, found, g, f}. */
function pairsOf(d, i, layer) {
  const f = d.f[i];
  const all = [];
  if (SPANS[layer]) {
    const at = SPANS[layer], wrong = f[at.wrong];
    if (wrong === undefined) return all;
    const partner = new Map(wrong.filter((w) => w[1] >= 0).map((w) => [w[1], w]));
    d[at.gold].forEach((gold, g) => {
      const k = Number(f[at.classes][g]);
      all.push({ k, gold, found: k === CORRECT ? gold : partner.get(g) ?? null, g });
    });
    for (const w of wrong) if (w[1] < 0) all.push({ k: SPURIOUS, gold: null, found: w, g: -1 });
  } else {
    const flat = f.p?.[layer] ?? [];
    for (let n = 0; n < flat.length; n += 3)
      all.push({ g: flat[n], k: flat[n + 2], gold: d.q[flat[n]] ?? null, found: f.q[flat[n + 1]] ?? null, f: flat[n + 1] });
  }
  return all;
}
const looksFor = (i, layer) => documents().some((d) => (SPANS[layer] ? d.f[i][SPANS[layer].wrong] !== undefined : d.f[i].p?.[layer] !== undefined));
const layersShown = () => LAYERS.filter((layer) => systems.some(({ i }) => looksFor(i, layer)));

/* ---------- Overview ---------- */

const sorting = { key: "", down: true, all: false };
const COLUMNS = [["system", "System"], ["p", "P"], ["r", "R"], ["f", "F1"], ["i", "95%"], ["sd", "SD"], ["plot", "F1 with interval"], ["letters", "Letters"], ["right", "right"], ["gold", "gold"], ["found", "found"]];
const several = () => S.scores.some((row) => row.runs);
function shownScores() {
  const rows = S.scores.filter((row) => sorting.all || row.main);
  const groups = Object.values(Object.groupBy ? Object.groupBy(rows, (row) => `${row.layer}\n${row.schema}`) : rows.reduce((all, row) => { (all[`${row.layer}\n${row.schema}`] ??= []).push(row); return all; }, {}));
  if (!sorting.key) return groups;
  const value = (row) => (sorting.key === "system" ? systems[row.system].short : sorting.key === "i" ? row.i?.[0] ?? -1 : row[sorting.key] ?? -1);
  const compare = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
  return groups.map((group) => [...group].sort((a, b) => (sorting.down ? compare(b, a) : compare(a, b)) || a.system - b.system));
}
function sortBy(key) {
  if (sorting.key === key) sorting.down = !sorting.down;
  else [sorting.key, sorting.down] = [key, key !== "system"];
  const table = scoresTable();
  main.querySelector("table.scores").replaceWith(table);
  table.querySelector(`[data-key="${key}"]`).focus();
  tell(`Sorted by ${key}, ${sorting.down ? "highest" : "lowest"} first, within each schema`);
}
function scoresTable() {
  const lettered = Boolean(S.letters.says);
  const columns = COLUMNS.filter(([key]) => (key !== "letters" || lettered) && (key !== "sd" || several()));
  const head = columns.map(([key, name]) => {
    const sortable = !["plot", "letters"].includes(key);
    return h("th", { scope: "col", class: key, role: "columnheader", "aria-sort": sorting.key === key ? (sorting.down ? "descending" : "ascending") : null },
      sortable ? h("button", { type: "button", "data-key": key, onclick: () => sortBy(key) }, name, sorting.key === key ? (sorting.down ? " ↓" : " ↑") : "") : key === "plot" ? axis() : name);
  });
  const bodies = shownScores().map((group) => {
    const { layer, schema } = group[0];
    const what = explain(layer, schema);
    return h("tbody", { role: "rowgroup" },
      h("tr", { class: "head", role: "row" }, h("th", { scope: "rowgroup", colspan: columns.length, role: "rowheader" }, `${layer}, ${schema}`, what && h("small", {}, what))),
      group.map((row) => h("tr", { class: "one", role: "row" }, columns.map(([key]) => {
        if (key === "system") return h("th", { scope: "row", role: "rowheader" }, systemName(row.system));
        if (key === "plot") return h("td", { class: "plot", role: "cell" }, whisker(row));
        if (key === "letters") return h("td", { class: "letters", role: "cell", "data-name": "letters" }, row.letters || "–");
        if (key === "i") return h("td", { class: "iv soft", role: "cell", "data-name": "95%" }, ci(row));
        const text = ["p", "r", "f"].includes(key) ? score(row, key) : key === "sd" ? fixed(row[key] ?? null) : `${key === "right" && row.u ? "≥" : ""}${whole(row[key])}`;
        return h("td", { class: key === "f" && row.best ? "best" : ["right", "gold", "found"].includes(key) ? "soft" : "", role: "cell", "data-name": COLUMNS.find(([k]) => k === key)[1] }, text);
      }))));
  });
  return h("table", { class: "scores", role: "table" }, h("caption", { class: "aside" }, "Scores of each system, by layer and schema"),
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)), bodies);
}

/* How F1 varies over runs, and what would make its interval narrower. */
function runsTable() {
  const names = ["F1 of each run", "by runs", "±", "one run more", `twice the ${S.units.kind}s`];
  const body = shownScores().flat().filter((row) => row.runs).map((row) => {
    const widths = row.widths.length ? row.widths : [null, null, null];
    const cells = [row.runs.map(fixed).join(" "), row.share === null ? "–" : `${Math.round(row.share * 100)}%`, ...widths.map(fixed)];
    return h("tr", { role: "row" }, h("th", { scope: "row", role: "rowheader" }, systemName(row.system), h("span", { class: "soft" }, ` ${row.layer}, ${row.schema}`)),
      cells.map((text, k) => h("td", { role: "cell", "data-name": names[k] }, text)));
  });
  return [h("h2", {}, "Runs"),
    h("table", { class: "scores runs", role: "table" }, h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["System", ...names].map((name) => h("th", { scope: "col", role: "columnheader" }, name)))), h("tbody", { role: "rowgroup" }, body)),
    h("p", { class: "small soft" }, `± is half the width of the interval of F1: now, with one run more, with twice the ${S.units.kind}s. By runs is their share of the variance. ! marks runs that are uneven: one may have failed, and the interval does not hold.`)];
}

/* The rows as they are sorted here, of a table that is written already; systems that failed come last. */
function written(kind) {
  const { head, rows, rule, foot } = S.tables[kind];
  const groups = shownScores().map((group) => group.map((row) => rows[S.scores.indexOf(row)]).join("\n"));
  const failed = rows.slice(S.scores.length);
  const body = [...groups, ...(failed.length ? [failed.join("\n")] : [])].join(rule ? `\n${rule}\n` : "\n");
  return [head, body, ...(foot ? [foot] : [""])].join("\n");
}

function overview() {
  const corpus = S.corpus;
  const hidden = S.scores.filter((row) => !row.main).length;
  const notes = new Map();
  const add = (text, name) => notes.set(text, unique([...(notes.get(text) ?? []), name]));
  for (const note of S.notes) add(note, "");
  for (const system of systems) for (const note of system.notes) add(note, system.letter);
  for (const row of S.scores) for (const note of row.notes) if (sorting.all || row.main) add(note, systems[row.system].letter);
  for (const note of S.letters.notes ?? []) add(note, "");
  fill(main, 
    h("h1", { class: "aside" }, "Overview"),
    h("dl", { class: "facts" },
      h("dt", {}, "Corpus"), h("dd", {}, h("bdi", {}, corpus.name), `, ${many(corpus.documents, "document")}`), h("dd", {}),
      h("dt", {}, "Hash"), h("dd", {}, h("code", {}, corpus.hash)), h("dd", {}, copyButton("Copy", "hash", () => corpus.hash)),
      h("dt", {}, "Signature"), h("dd", {}, h("code", {}, S.signature)), h("dd", {}, copyButton("Copy", "signature", () => S.signature))),
    systems.filter((system) => system.failed).map((system) => h("p", { class: "note bad" }, systemName(system.i), ` has no scores: ${system.failed}`)),
    omitted() && h("p", { class: "note small" }, omitted()),
    // Without intervals no note speaks of the one document.
    S.notes.some((note) => note.includes("one document")) ? null : ofOne(),
    [...notes].map(([text, names]) => h("p", { class: "note small" }, text, names[0] === "" ? null : h("span", { class: "soft" }, ` (${names.join(", ")})`))),
    h("div", { class: "row spread" },
      h("h2", {}, "Scores"),
      h("div", { class: "row copy" },
        hidden ? h("label", { class: "check" }, h("input", { type: "checkbox", id: "everything", checked: sorting.all, onchange: (event) => { sorting.all = event.target.checked; overview(); el("everything").focus(); } }), `all roles and settings (${hidden} more)`) : null,
        Object.keys(S.tables).map((kind) => copyButton(kind, `the table as ${kind}`, () => written(kind))))),
    S.scores.length ? scoresTable() : h("p", {}, "No system has scores."),
    h("p", { class: "small soft" }, "P precision, R recall, F1 their harmonic mean", S.scores.some((row) => row.i) ? `, with its interval over ${many(S.units.count, S.units.kind)}${several() ? ", and over runs where there are several: SD is the deviation of F1 over them, a faint point each of them" : ""}` : null, ". – is undefined (0/0). Headings sort within each schema."),
    h("p", { class: "small soft", id: "letters" }, S.letters.why ?? `${S.letters.says} ${S.letters.how}`),
    several() ? runsTable() : null);
}

/* ---------- Errors ---------- */

const view = { layer: "", system: "", right: "", label: "", phenomenon: "", find: "", words: "", exact: false, pair: null, off: new Set(), doc: -1, current: null, list: [], drawn: null };
/* What is looked for in names, texts and words: as it is written, whatever its case and its spaces. */
const sought = (text) => new RegExp(text.trim().replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+"), "giu");
const searched = { find: "", hits: [] };
function found(d) {
  if (view.phenomenon && documents()[d].x !== S.phenomena.names.indexOf(view.phenomenon)) return false;
  if (!view.find.trim()) return true;
  if (searched.find !== view.find) {
    const expression = sought(view.find);
    Object.assign(searched, { find: view.find, hits: documents().map((one) => one.id.search(expression) >= 0 || one.t.search(expression) >= 0) });
  }
  return searched.hits[d];
}
const squeezed = (text) => text.replace(/[ \t\n\r]+/g, " ").trim();
/* What is marked in an error, and the two labels of it, ∅ for nothing. */
const wordsOf = (e) => [e.gold, e.found].filter(Boolean).map((item) => squeezed(cover(documents()[e.d], wantedSpan(view.layer, item))));
const labelled = (item) => (item ? labelOf(view.layer, item) : "∅");
function filtered() {
  const right = view.right === "" ? -1 : Number(view.right);
  const hits = right < 0 ? null : new Map();
  const known = (d) => {
    let one = hits.get(d);
    if (!one) {
      const pairs = pairsOf(documents()[d], right, view.layer);
      const key = (p) => `${labelOf(view.layer, p.found)} ${wantedSpan(view.layer, p.found).join()}`;
      one = { gold: new Set(pairs.filter((p) => p.k === CORRECT).map((p) => p.g)), spurious: new Set(pairs.filter((p) => p.k === SPURIOUS).map(key)), key };
      hits.set(d, one);
    }
    return one;
  };
  const rightOne = (e) => {
    const one = known(e.d);
    return e.gold ? one.gold.has(e.g) : !one.spurious.has(one.key(e));
  };
  const words = view.words.trim() && !view.exact ? sought(view.words) : null;
  const base = errorsOf(view.layer).filter((e) =>
    (view.system === "" || e.s === Number(view.system)) &&
    found(e.d) &&
    (!view.exact || wordsOf(e).includes(view.words)) &&
    (!words || wordsOf(e).some((text) => text.search(words) >= 0)) &&
    (!view.pair || (labelled(e.gold) === view.pair[0] && labelled(e.found) === view.pair[1])) &&
    (view.label === "" || [e.gold, e.found].some((item) => item && labelOf(view.layer, item) === view.label)) &&
    (right < 0 || (e.s !== right && rightOne(e))));
  const counts = CLASS.map((_, k) => base.filter((e) => e.k === k).length);
  return { list: base.filter((e) => !view.off.has(CLASS[e.k])), counts };
}
/* The address of an error, and that of the view with all its filters. */
const permalink = (e) => link("errors", placeOf(e));
const placeOf = (e) => ({ layer: view.layer, doc: documents()[e.d].id, system: systems[e.s].name, at: e.at });
function stateLink() {
  const place = view.current ? placeOf(view.current) : { layer: view.layer, doc: view.doc >= 0 ? documents()[view.doc].id : "" };
  const name = (i) => (i === "" ? "" : systems[i].name);
  return link("errors", { ...place, of: name(view.system), right: name(view.right), label: view.label, phenomenon: view.phenomenon, find: view.find, words: view.words, exact: view.exact ? "1" : "", gold: view.pair?.[0], as: view.pair?.[1], off: [...view.off].join(" ") });
}
const systemNumber = (name) => { const i = systems.findIndex((one) => one.name === name); return i < 0 ? "" : String(i); };

function errors(query) {
  const layers = layersShown();
  if (!layers.length) {
    fill(main, h("h1", { class: "aside" }, "Errors"), h("p", { class: "note" }, documents().length || S.documents.kept ? omitted() ?? "No system has annotations to show." : omitted()));
    return;
  }
  if (query.has("layer") || query.has("doc") || !view.layer) {
    view.layer = layers.includes(query.get("layer")) ? query.get("layer") : layers[0];
    const at = query.get("at");
    view.system = systemNumber(query.get("of"));
    view.right = systemNumber(query.get("right"));
    view.label = query.get("label") ?? "";
    view.phenomenon = S.phenomena?.names.includes(query.get("phenomenon")) ? query.get("phenomenon") : "";
    view.find = query.get("find") ?? "";
    view.words = query.get("words") ?? "";
    view.exact = query.has("exact") && view.words !== "";
    view.pair = query.has("gold") && query.has("as") ? [query.get("gold"), query.get("as")] : null;
    view.off = new Set((query.get("off") ?? "").split(" ").filter((name) => CLASS.includes(name)));
    view.doc = query.has("doc") ? numberOf(query.get("doc")) : -1;
    const wanted = at ? errorsOf(view.layer).find((e) => e.d === view.doc && systems[e.s].name === query.get("system") && e.at === at) : null;
    view.current = wanted ?? null;
    if (query.has("doc") && view.doc < 0) tell(`${query.get("doc")} is not in this report`);
    view.lost = query.has("doc") && view.doc < 0 ? `The document ${query.get("doc")} is not in this file.` : at && !wanted ? "This error is not in this report: the system has it right here, or does not look for it." : "";
  }
  frame(layers);
  refresh();
}
const omitted = () => {
  const { all, kept, shown, left_out: some } = S.documents;
  const total = all.toLocaleString("en");
  if (!kept) return [`The texts of ${many(all, "document")} were not kept, so there are no errors and no quotes to show here. `, h("code", { class: "mono" }, "--items"), " keeps them."];
  return shown === all ? null : `${many(all - shown, "document")} of ${total} would make this file larger than 20 MB and ${all - shown === 1 ? "is" : "are"} left out of Errors and of the quotes of People: what these show is a sample, the same every time. Scores, breakdowns and the counts of people are about all ${total}. Left out, for example: ${some.slice(0, 5).map((id) => clipped(id, 60)).join(", ")}.`;
};
const ofOne = () => (S.corpus.documents === 1 ? h("p", { class: "note small" }, "All of this is about one document: it shows where errors lie, not which system is better on other texts.") : null);
function frame(layers) {
  const scored = systems.filter(({ i }) => looksFor(i, view.layer));
  const labels = unique(errorsOf(view.layer).flatMap((e) => [e.gold, e.found].filter(Boolean).map((item) => labelOf(view.layer, item)))).filter(Boolean).sort((a, b) => a.localeCompare(b, "de"));
  if (view.label && !labels.includes(view.label)) view.label = "";
  const change = (key) => (value) => { view[key] = value; view.current = null; view.lost = ""; if (key === "layer") { view.label = ""; frame(layers); } refresh(); el(`f-${key}`).focus(); };
  const names = scored.map(({ i }) => [String(i), `${systems[i].letter} ${systems[i].short}`]);
  fill(main, 
    h("h1", { class: "aside" }, "Errors"),
    S.documents.shown < S.documents.all ? h("p", { class: "note", id: "left-out" }, omitted()) : null,
    h("div", { class: "filters" },
      h("div", { class: "fields" },
        pick("Layer", layers.map((layer) => [layer, layer]), view.layer, change("layer"), { id: "f-layer" }),
        pick("Errors of", [["", "all systems"], ...names], view.system, change("system"), { id: "f-system" }),
        pick("Only where right in", [["", "–"], ...names], view.right, change("right"), { id: "f-right", disabled: scored.length < 2 }),
        pick(view.layer === "quotes" ? "Type" : view.layer === "speakers" ? "Person" : view.layer === "clusters" ? "Cluster" : "Label", [["", "all"], ...labels.map((label) => [label, clipped(label, 60)])], view.label, change("label"), { id: "f-label", disabled: !labels.length }),
        S.phenomena ? pick("Phenomenon", [["", "all"], ...S.phenomena.names.map((name) => [name, name])], view.phenomenon, change("phenomenon"), { id: "f-phenomenon" }) : null,
        search("Text or its name has", "find"), search("Marked words have", "words")),
      h("div", { class: "chips", id: "chips", role: "group", "aria-label": "Error classes" })),
    h("div", { class: "walk" },
      h("button", { type: "button", id: "previous", onclick: () => step(-1) }, "‹ Error", h("kbd", {}, "p")),
      h("button", { type: "button", id: "next", onclick: () => step(1) }, "Error ›", h("kbd", {}, "n")),
      h("span", { class: "where small", id: "count" }),
      h("button", { type: "button", id: "previous-doc", "aria-label": "Previous document", onclick: () => stepDocument(-1) }, "‹", h("kbd", {}, "[")),
      h("select", { id: "doc-pick", "aria-label": "Document", onchange: (event) => { view.current = null; showDocument(Number(event.target.value)); } }),
      h("button", { type: "button", id: "next-doc", "aria-label": "Next document", onclick: () => stepDocument(1) }, "›", h("kbd", {}, "]"))),
    h("div", { class: "read" }, h("div", { id: "text" }), h("div", { class: "side", id: "side" })));
}
const search = (label, key) => h("label", { class: "field" }, label, h("input", { type: "search", id: `f-${key}`, value: view[key],
  oninput: (event) => { view[key] = event.target.value; if (key === "words") view.exact = false; view.current = null; refresh(); } }));
/* What another view asked for, until it is taken back. */
function pinned() {
  const pin = (text, undo) => h("button", { type: "button", class: "chip pin", "aria-label": `Show others than ${text}, too`, onclick: () => { undo(); view.current = null; el("f-words").value = view.words; refresh(); el("f-layer").focus(); } }, h("bdi", {}, text), " ×");
  return [view.pair && pin(`gold ${view.pair[0]}, found ${view.pair[1]}`, () => { view.pair = null; }),
    view.exact && pin(`only “${clipped(view.words, 40)}”`, () => { view.exact = false; view.words = ""; })].filter(Boolean);
}
function chips(counts) {
  fill(el("chips"), ...CLASS.map((name, k) => {
    if (k === CORRECT || (["speakers", "clusters"].includes(view.layer) && ![LABEL, MISSED, SPURIOUS].includes(k))) return null;
    if (!SPANS[view.layer] && view.layer !== "quotes" && view.layer !== "speakers" && (name === "label" || name === "label_boundary")) return null;
    return h("button", { type: "button", class: `chip k k-${name}`, "aria-pressed": String(!view.off.has(name)), "data-class": name,
      onclick: () => { if (!view.off.delete(name)) view.off.add(name); view.current = null; refresh(); el("chips").querySelector(`[data-class="${name}"]`).focus(); } },
      sign(k), " ", word(k, view.layer), h("span", { class: "count" }, counts[k].toLocaleString("en")));
  }).filter(Boolean), ...pinned());
}
function refresh() {
  const { list, counts } = filtered();
  view.list = list;
  chips(counts);
  const perDocument = new Map();
  for (const e of list) perDocument.set(e.d, (perDocument.get(e.d) ?? 0) + 1);
  view.withErrors = [...perDocument.keys()].sort((a, b) => a - b);
  view.perDocument = perDocument;
  view.without = documents().map((_, d) => d).filter((d) => !perDocument.has(d) && found(d));
  view.screens = new Map([view.withErrors, view.without].flatMap(screensOf));
  if (view.current && !list.includes(view.current)) view.current = null;
  let d = view.current ? view.current.d : view.doc;
  if (d < 0 || !found(d)) d = view.withErrors[0] ?? view.without[0] ?? -1;
  el("doc-pick").replaceChildren();
  showDocument(d, !view.current);
}
/* Short texts stand several to a screen, always the same ones together; by the number of each. */
const SHORT = 800, SCREEN = 2500;
function screensOf(list) {
  const screens = [];
  let room = 0;
  for (const d of list) {
    // A line of its own for the name, and what the lanes take.
    const size = documents()[d].t.length > SHORT ? SCREEN : documents()[d].t.length + 80;
    if (size > room) { screens.push([]); room = SCREEN; }
    screens.at(-1).push(d);
    room -= size;
  }
  return screens.flatMap((screen) => screen.map((d) => [d, screen]));
}
function step(by) {
  if (!view.list.length) return;
  let at = view.current ? view.list.indexOf(view.current) + by : -1;
  if (!view.current) {
    at = by > 0 ? view.list.findIndex((e) => e.d >= view.doc) : view.list.findLastIndex((e) => e.d <= view.doc);
    if (at < 0) at = by > 0 ? 0 : view.list.length - 1;
  }
  view.current = view.list[(at + view.list.length) % view.list.length];
  showDocument(view.current.d, false);
}
function stepDocument(by) {
  const list = view.withErrors ?? [];
  if (!list.length) return;
  const next = by > 0 ? list.find((d) => d > view.doc) ?? list[0] : list.findLast((d) => d < view.doc) ?? list.at(-1);
  view.current = view.list.find((e) => e.d === next);
  showDocument(next, false);
}
/* The documents to choose from: all, or of very many those near the one that is shown. */
const MOST = 2000;
function pickDocument(d) {
  const node = el("doc-pick");
  if (!node.querySelector(`option[value="${d}"]`)) {
    const option = (one) => h("option", { value: one }, `${clipped(documents()[one].id, 60)} (${view.perDocument.get(one) ?? 0})`);
    const group = (label, list) => {
      const begin = Math.max(0, Math.min(list.findIndex((one) => one >= d) - MOST / 2, list.length - MOST));
      const some = list.slice(begin, begin + MOST);
      return some.length ? h("optgroup", { label: `${label}: ${list.length.toLocaleString("en")}${some.length < list.length ? `, of which ${MOST.toLocaleString("en")} are listed` : ""}` }, some.map(option)) : null;
    };
    fill(node, group("with these errors", view.withErrors), group("without", view.without));
  }
  node.value = String(d);
}
function showDocument(d, quiet = false) {
  view.doc = d;
  if (view.current) view.lost = "";
  if (d >= 0) pickDocument(d);
  const at = view.current ? view.list.indexOf(view.current) : -1;
  const place = view.withErrors.indexOf(d);
  el("count").textContent = !view.list.length ? "no such errors" : `${at >= 0 ? `${(at + 1).toLocaleString("en")} of ` : ""}${many(view.list.length, "error")}, ${place >= 0 ? `${(place + 1).toLocaleString("en")} of ` : "in "}${many(view.withErrors.length, "document")}`;
  for (const id of ["previous", "next"]) el(id).disabled = !view.list.length;
  for (const id of ["previous-doc", "next-doc"]) el(id).disabled = !view.withErrors.length;
  if (d < 0) {
    fill(el("text"), h("p", {}, "No document."));
    fill(el("side"));
    return;
  }
  const lanes = laneSystems();
  const docs = view.screens.get(d) ?? [d];
  const key = [view.layer, docs.join(), lanes.join()].join(" ");
  if (view.drawn?.key !== key || !view.drawn.root.isConnected) drawDocuments(docs, lanes, key);
  markSought(view.drawn);
  for (const part of view.drawn.parts) part.node.classList.toggle("here", docs.length > 1 && part.d === d);
  select(view.current);
  if (!view.current && d !== docs[0]) partOf(d).node.scrollIntoView({ block: "nearest" });
  go(stateLink());
  side();
  if (view.current && !quiet) {
    const e = view.current;
    tell(`${systems[e.s].short}: ${word(e.k, view.layer)}, ${clipped(cover(documents()[d], wantedSpan(view.layer, e.gold ?? e.found)), 60)}`);
  }
}
/* Marks what the text is searched for; a browser without highlights (before 2025) finds the texts and marks nothing. */
function markSought(drawn) {
  if (!globalThis.CSS?.highlights) return;
  const ranges = [];
  const blocks = drawn.parts.flatMap((part) => part.blocks);
  if (view.find.trim()) for (const block of blocks) for (const hit of block.nodes.map(({ node }) => node.data).join("").matchAll(sought(view.find))) {
    const ends = [hit.index, hit.index + hit[0].length].map((at, end) => { const one = block.nodes.findLast(({ from }) => (end ? from < at : from <= at)); return [one.node, at - one.from]; });
    const mark = new Range();
    mark.setStart(...ends[0]);
    mark.setEnd(...ends[1]);
    ranges.push(mark);
  }
  CSS.highlights.set("sought", new Highlight(...ranges));
}
/* The lanes: those that the filter is about, or all. */
function laneSystems() {
  const scored = systems.filter(({ i }) => looksFor(i, view.layer)).map(({ i }) => i);
  if (view.system === "") return scored;
  return scored.filter((i) => i === Number(view.system) || (view.right !== "" && i === Number(view.right)));
}

/* What stands in each lane: {flat, label, k, role, quote, error}. */
function laneItems(d, i, layer, errorsHere) {
  const doc = documents()[d];
  const items = [];
  if (SPANS[layer]) {
    const { gold: at, names } = SPANS[layer];
    if (i < 0) return doc[at].map((gold, g) => ({ flat: gold.slice(1), label: names[gold[0]], k: -1, gold, g }));
    for (const p of pairsOf(doc, i, layer)) {
      const error = p.k === CORRECT ? undefined : errorsHere[i].get(p.found ?? p.gold);
      items.push({ flat: span(layer, p.found ?? p.gold), label: names[(p.found ?? p.gold)[0]], k: p.k, error, ...p });
    }
    return items;
  }
  const roles = layer === "frames" ? [2, 3, 5] : [2, 3, 4];
  // One bar for a cue or speaker that several quotes share.
  const shared = new Map();
  const quoteItems = (quote, number, k, error) => {
    items.push({ flat: quote[1], label: `${number} ${layer === "speakers" ? person(quote) : S.types[quote[0]]}`, k, error, quote });
    for (const role of roles) {
      // In a found lane the role that the layer judges has bars of its own.
      if (!quote[role] || (ROLE[layer] === role && layer !== "speakers" && i >= 0)) continue;
      const key = `${role} ${quote[role].join()}`;
      const same = shared.get(key);
      if (same) {
        same.label = same.label.replace(" ", `,${number} `);
        same.more.push(quote);
      } else {
        const item = { flat: quote[role], label: `${number} ${ROLE_NAME[role]}`, k: -1, role, quote, more: [quote] };
        shared.set(key, item);
        items.push(item);
      }
    }
  };
  if (i < 0) { doc.q.forEach((quote, n) => quoteItems(quote, n + 1, -1)); return items; }
  const answer = new Map();
  for (const p of pairsOf(doc, i, "quotes")) if (p.gold && p.found) answer.set(p.f, p.g + 1);
  let extra = 0;
  const number = doc.f[i].q.map((_, n) => answer.get(n) ?? `+${++extra}`);
  const judged = pairsOf(doc, i, layer);
  const byFound = new Map(judged.filter((p) => p.found).map((p) => [p.f, p]));
  const errorOf = (p) => (p.k === CORRECT ? undefined : errorsHere[i].get(p.found ?? p.gold));
  const onContent = layer === "quotes" || layer === "speakers";
  doc.f[i].q.forEach((quote, n) => {
    const p = byFound.get(n);
    quoteItems(quote, number[n], onContent && p ? p.k : -1, onContent && p ? errorOf(p) : undefined);
    if (!onContent && p) items.push({ flat: quote[ROLE[layer]], label: `${number[n]} ${ROLE_NAME[ROLE[layer]]}`, k: p.k, role: ROLE[layer], quote, error: errorOf(p) });
  });
  for (const p of judged) if (!p.found)
    items.push({ flat: wantedSpan(layer, p.gold), label: `${p.g + 1} ${onContent ? labelOf(layer, p.gold) : ROLE_NAME[ROLE[layer]]}`, k: p.k, role: onContent ? undefined : ROLE[layer], quote: p.gold, error: errorOf(p), ghost: true });
  return items;
}

const PITCH = 15, LANE_GAP = 3, LINE = 27, BLOCK = 1500;
const range = document.createRange();
/* A text in blocks that are drawn when they come near: paragraphs, and long ones in parts. */
function blocksOf(text) {
  const blocks = [];
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf("\n", at);
    end = end < 0 ? text.length : end + 1;
    let cut = false;
    if (end - at > BLOCK * 1.5) {
      const space = text.lastIndexOf(" ", at + BLOCK);
      end = space > at + BLOCK / 2 ? space + 1 : at + BLOCK;
      const code = text.charCodeAt(end - 1);
      if (code >= 0xd800 && code < 0xdc00) end += 1;
      cut = true;
    }
    if (text.slice(at, end).trim() || cut) blocks.push({ from: at, to: end, cut });
    at = end;
  }
  return blocks;
}
const partOf = (d) => view.drawn.parts.find((part) => part.d === d);
function drawDocuments(docs, lanes, key) {
  view.drawn?.watch.disconnect();
  const root = h("div", { class: "doc", lang: "de", tabindex: 0, role: "group", "aria-label": "Text with its marks: arrow keys go from mark to mark, Enter chooses one", onkeydown: walkMarks });
  const watch = new IntersectionObserver((entries) => {
    const seen = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target.block);
    for (const block of seen) drawBlock(block.part, block);
    // A block is seldom just as high as was thought, and moves what is below it.
    for (const part of unique(seen.map((block) => block.part))) drawTies(part);
  }, { rootMargin: "600px" });
  const parts = docs.map((d) => textPart(d, lanes));
  for (const part of parts) {
    const { id } = documents()[part.d];
    if (parts.length > 1) part.node.prepend(h("p", { class: "name", lang: "en" }, h("button", { type: "button", class: "plain", tabindex: -1, onclick: () => { view.current = null; showDocument(part.d); } }, h("bdi", {}, clipped(id, 60)))));
    for (const block of part.blocks) watch.observe(block.node);
    root.append(part.node);
  }
  view.drawn = { key, root, watch, parts };
  fill(el("text"), legend(lanes), root);
}
/* One text with its lanes. */
function textPart(d, lanes) {
  const doc = documents()[d];
  const errorsHere = systems.map(() => new Map());
  for (const e of errorsOf(view.layer)) if (e.d === d) errorsHere[e.s].set(e.found ?? e.gold, e);
  const all = [-1, ...lanes].map((i) => ({ i, name: i < 0 ? "G" : systems[i].letter,
    items: laneItems(d, i, view.layer, errorsHere).map((item) => { const p = pieces(doc, item.flat); return { ...item, lane: i, pieces: p, from: p[0][0], to: p.at(-1)[1] }; }) }));
  for (const lane of all) lane.items.sort((a, b) => a.from - b.from || b.to - a.to);
  const blocks = blocksOf(doc.t);
  const part = { d, node: h("div", { class: "one" }), blocks, bars: new Map(), links: s("svg", { class: "links", "aria-hidden": "true" }), ties: [], lanes: all };
  const next = all.map(() => 0);
  for (const block of blocks) {
    block.part = part;
    block.lanes = [];
    let height = 0;
    all.forEach((lane, n) => {
      // Items are sorted, so what ended before this block is left behind as a whole.
      while (next[n] < lane.items.length && lane.items[next[n]].to <= block.from) next[n] += 1;
      const ends = [];
      const items = [];
      for (let m = next[n]; m < lane.items.length && lane.items[m].from < block.to; m += 1) {
        const item = lane.items[m];
        if (item.to <= block.from) continue;
        const row = ends.findIndex((end) => end <= item.from);
        ends[row < 0 ? ends.length : row] = item.to;
        items.push(item);
      }
      if (items.length) {
        block.lanes.push({ lane, items });
        height += ends.length * PITCH + LANE_GAP;
      }
    });
    block.height = height;
    part.node.append(blockNode(block, doc.t.slice(block.from, block.to).replace(/\n$/, "")));
  }
  part.node.append(part.links);
  return part;
}
/* One stop for the Tab key, whatever the text has. */
function walkMarks(event) {
  if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
  const marks = [...event.currentTarget.querySelectorAll("button.bar")];
  const at = marks.indexOf(document.activeElement), by = event.key === "ArrowRight" ? 1 : -1;
  marks[at < 0 ? 0 : at + by]?.focus();
  event.preventDefault();
}
function blockNode(block, text) {
  const shown = text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)));
  const node = document.createTextNode(shown);
  block.nodes = [{ node, from: 0 }];
  block.node = h("div", { class: `blk${block.cut ? " cut" : ""}` }, h("div", { class: "lanes" }), h("p", { dir: "auto" }, h("span", {}, node)));
  // About as high as it will be, so that drawing it moves little.
  if (block.height) block.node.style.minHeight = `${Math.ceil(shown.length / 80) * (LINE + block.height)}px`;
  block.node.block = block;
  return block.node;
}
/* Where a stretch of a block lies, line by line, from the block's corner. */
function rectsOf(block, from, to, base) {
  const last = block.nodes.at(-1);
  const size = last.from + last.node.length;
  const a = Math.max(0, from - block.from), b = Math.min(size, to - block.from);
  if (a >= b) return [];
  const ends = [a, b].map((at, end) => block.nodes.findLast((one) => (end ? one.from < at : one.from <= at)));
  range.setStart(ends[0].node, a - ends[0].from);
  range.setEnd(ends[1].node, b - ends[1].from);
  const lines = [];
  for (const r of range.getClientRects()) {
    if (!r.width) continue;
    const open = lines.at(-1);
    if (open && Math.abs(open.bottom - r.bottom) < 4) { open.left = Math.min(open.left, r.left); open.right = Math.max(open.right, r.right); }
    else lines.push({ left: r.left, right: r.right, top: r.top, bottom: r.bottom });
  }
  return lines.map((r) => ({ left: r.left - base.left, width: r.right - r.left, top: r.top - base.top, height: r.bottom - r.top, bottom: r.bottom - base.top }));
}
function legend(lanes) {
  return h("ul", { class: "key" }, h("li", {}, h("span", { class: "tag" }, "G"), "gold"), lanes.map((i) => h("li", {}, systemName(i))),
    SPANS[view.layer] ? null : h("li", {}, "numbers: which cue and speaker belong to which quote"));
}
/* The bars of a block, lane by lane and line by line: each in the first row that is free, a gap in a span taken, too. */
function laidOut(block) {
  const base = block.node.getBoundingClientRect();
  const out = [];
  const depth = new Map();
  for (const { lane, items } of block.lanes) {
    const lines = new Map();
    for (const item of items) {
      const parts = [];
      item.pieces.forEach(([from, to], n) => {
        if (n) parts.push(...rectsOf(block, item.pieces[n - 1][1], from, base).map((rect) => ({ rect, gap: true })));
        parts.push(...rectsOf(block, from, to, base).map((rect) => ({ rect, gap: false })));
      });
      const solid = parts.filter((part) => !part.gap);
      for (const part of parts) {
        const y = Math.round(part.rect.bottom);
        if (!lines.has(y)) lines.set(y, new Map());
        if (!lines.get(y).has(item)) lines.get(y).set(item, []);
        lines.get(y).get(item).push({ item, part, first: part === solid[0] && item.from >= block.from,
          open: [part !== solid[0] || item.from < block.from, part !== solid.at(-1) || item.to > block.to] });
      }
    }
    for (const [y, placed] of lines) {
      const top = y + 1 + (depth.get(y) ?? 0);
      const ends = [];
      for (const parts of placed.values()) {
        const left = Math.min(...parts.map(({ part }) => part.rect.left)), right = Math.max(...parts.map(({ part }) => part.rect.left + part.rect.width));
        let row = ends.findIndex((end) => end <= left + 0.5);
        if (row < 0) row = ends.length;
        ends[row] = right;
        for (const one of parts) out.push({ ...one, y: top + row * PITCH });
      }
      depth.set(y, (depth.get(y) ?? 0) + ends.length * PITCH + LANE_GAP);
      out.push({ name: lane.name, y: top });
    }
  }
  return { out, depth };
}
/* Room under each line for just the bars that it has: one strut a line, which is as wide as nothing. */
function makeRoom(block, depth) {
  const base = block.node.getBoundingClientRect();
  const { node } = block.nodes[0];
  const lineAt = (at) => { const r = rectsOf(block, block.from + at, block.from + at + 1, base)[0]; return r ? Math.round(r.bottom) : null; };
  const cuts = [];
  for (const [y, height] of depth) {
    let [low, high] = [0, node.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      let at = middle, found = lineAt(at);
      while (found === null && at < high) found = lineAt(++at);
      if (found !== null && found < y - 3) low = at + 1; else high = middle;
    }
    // Behind the line's first word a strut of no width fits, and parts nothing that was whole.
    let at = low;
    while (at < node.length && /\s/.test(node.data[at])) at += 1;
    while (at < node.length && !/\s/.test(node.data[at])) at += 1;
    const found = lineAt(at - 1);
    cuts.push([found !== null && Math.abs(found - y) < 4 ? at : low + 1, height]);
  }
  cuts.sort((a, b) => b[0] - a[0]);
  for (const [at, height] of cuts) {
    const strut = h("i", { class: "strut" });
    strut.style.verticalAlign = `${-height - 7}px`;
    const rest = at > 0 && at < node.length ? node.splitText(at) : at > 0 ? null : node;
    if (rest === null) { node.after(strut); continue; }
    rest.before(strut);
    if (rest !== node) block.nodes.splice(1, 0, { node: rest, from: at });
  }
}
function drawBlock(drawn, block) {
  if (block.drawn) return;
  block.drawn = true;
  block.node.style.minHeight = "";
  if (!block.lanes.length) return;
  makeRoom(block, laidOut(block).depth);
  const { out } = laidOut(block);
  const box = block.node.firstChild;
  for (const one of out) {
    if (one.name) {
      const node = h("span", { class: "lane-name", "aria-hidden": "true" }, one.name);
      node.style.top = `${one.y}px`;
      box.append(node);
      continue;
    }
    const { item, part } = one;
    const kind = item.k < 0 ? "" : ` k-${CLASS[item.k]}`;
    const node = part.gap ? h("span", { class: `bar gap k${kind}` }) : h("button", {
      type: "button", tabindex: -1, title: barTitle(item),
      class: `bar k${kind}${item.role && item.k < 0 ? " role" : ""}${one.open[0] && !one.first ? " open-left" : ""}${one.open[1] ? " open-right" : ""}`,
      onclick: () => { if (item.error) { view.current = item.error; if (!view.list.includes(item.error)) { view.off.clear(); view.label = ""; frame(layersShown()); refresh(); } else showDocument(drawn.d); } else { view.doc = drawn.d; select(null, item); } },
    }, one.first && item.k > CORRECT ? sign(item.k) : null, one.first ? item.label : "\u00a0");
    node.style.left = `${part.rect.left}px`;
    node.style.top = `${one.y}px`;
    node.style.width = `${Math.max(part.rect.width, 3)}px`;
    box.append(node);
    if (!part.gap) { if (!drawn.bars.has(item)) drawn.bars.set(item, []); drawn.bars.get(item).push(node); }
  }
}
function barTitle(item) {
  const who = item.lane < 0 ? "gold" : systems[item.lane].short;
  return `${who}: ${item.label}${item.k < 0 ? "" : `, ${word(item.k, view.layer)}`}`;
}
/* Marks an error (or any bar), and ties a quote to its cue, speaker and addressee in every lane that has them. */
function select(error, clicked = null) {
  for (const node of view.drawn.root.querySelectorAll(".cur, .kin")) node.classList.remove("cur", "kin");
  for (const node of view.drawn.root.querySelectorAll(".hl")) node.remove();
  for (const part of view.drawn.parts) { part.ties = []; drawTies(part); }
  const drawn = partOf(view.doc);
  const items = drawn.lanes.flatMap((lane) => lane.items);
  const chosen = clicked ?? (error ? items.find((item) => item.error === error) : null);
  if (!chosen) return;
  const blocks = drawn.blocks.filter((block) => chosen.from < block.to && chosen.to > block.from);
  for (const block of blocks) drawBlock(drawn, block);
  for (const node of drawn.bars.get(chosen) ?? []) node.classList.add("cur");
  const quotes = unique([chosen.quote, error?.gold, error?.found].filter((q) => q && !SPANS[view.layer]));
  for (const quote of quotes) {
    const kin = items.filter((item) => item.quote === quote || item.more?.includes(quote));
    for (const item of kin) for (const block of drawn.blocks) if (item.from < block.to && item.to > block.from) drawBlock(drawn, block);
    const content = kin.find((item) => !item.role && item.quote === quote);
    for (const item of kin) {
      if (item !== chosen) for (const node of drawn.bars.get(item) ?? []) node.classList.add("kin");
      if (item.role && content) drawn.ties.push([content, item]);
    }
  }
  drawTies(drawn);
  // The other mentions of the chosen one's cluster, in its lane.
  if (view.layer === "clusters") for (const item of items) if (item !== chosen && item.lane === chosen.lane && item.label === chosen.label && item.k !== MISSED) {
    for (const block of drawn.blocks) if (item.from < block.to && item.to > block.from) drawBlock(drawn, block);
    for (const node of drawn.bars.get(item) ?? []) node.classList.add("kin");
  }
  const gold = error?.gold && SPANS[view.layer] ? items.find((item) => item.lane < 0 && item.gold === error.gold) : null;
  for (const node of (gold && drawn.bars.get(gold)) ?? []) node.classList.add("kin");
  const [from, to] = [chosen.from, chosen.to];
  for (const block of blocks) for (const [a, b] of chosen.pieces) {
    if (a >= block.to || b <= block.from) continue;
    for (const r of rectsOf(block, a, b, block.node.getBoundingClientRect())) {
      const node = h("span", { class: "hl" });
      Object.assign(node.style, { left: `${r.left}px`, top: `${r.top}px`, width: `${r.width}px`, height: `${r.height}px` });
      block.node.firstChild.append(node);
    }
  }
  const first = (drawn.bars.get(chosen) ?? [])[0];
  if (first && !clicked) {
    const box = first.getBoundingClientRect();
    const top = document.querySelector(".top").getBoundingClientRect().bottom;
    // On a phone the card covers what is below the middle.
    const low = matchMedia("(max-width: 40rem)").matches ? innerHeight * 0.5 : innerHeight - 40;
    if (box.top < top + 60 || box.bottom > low) scrollBy(0, box.top - Math.max(top + 80, innerHeight * 0.4));
  }
}
function drawTies(drawn) {
  drawn.links.replaceChildren();
  for (const [content, role] of drawn.ties) tie(drawn, content, role);
}
function tie(drawn, content, role) {
  const a = (drawn.bars.get(content) ?? [])[0], b = (drawn.bars.get(role) ?? [])[0];
  if (!a || !b) return;
  const base = drawn.node.getBoundingClientRect();
  const from = a.getBoundingClientRect(), to = b.getBoundingClientRect();
  const x1 = from.left - base.left + Math.min(12, from.width / 2), x2 = to.left - base.left + to.width / 2;
  const y1 = from.top - base.top + from.height / 2, y2 = to.top - base.top + to.height / 2;
  const bend = Math.abs(y1 - y2) < 20 ? 16 : 0;
  const path = bend ? `M${x1} ${y1 + 6}C${x1} ${y1 + 6 + bend} ${x2} ${y2 + 6 + bend} ${x2} ${y2 + 6}` : `M${x1} ${y1}C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}`;
  drawn.links.append(s("path", { d: path, class: ROLE_NAME[role.role] }));
}

function side() {
  const e = view.current;
  const docs = view.drawn.parts.map((part) => part.d);
  const here = view.list.filter((one) => docs.includes(one.d));
  const parts = [];
  if (view.lost) parts.push(h("p", { class: "note" }, view.lost));
  if (e) parts.push(card(e));
  else if (here.length) parts.push(h("p", { class: "soft small" }, "Press ", h("kbd", {}, "n"), " or choose an error."));
  if (here.length) {
    const most = 200;
    // A part of a long list around the error that is shown.
    const begin = Math.max(0, Math.min(here.indexOf(e) - most / 2, here.length - most));
    parts.push(h("h3", {}, many(here.length, "error"), docs.length > 1 ? ` in these ${docs.length} texts` : " in this document", here.length > most ? `, ${begin + 1} to ${begin + most} listed` : ""),
      h("ul", { class: "list", id: "list" }, here.slice(begin, begin + most).map((one) => h("li", {}, h("a", { href: permalink(one), "aria-current": one === e ? "true" : null,
        onclick: (event) => { if (event.ctrlKey || event.metaKey || event.shiftKey) return; event.preventDefault(); view.current = one; showDocument(one.d); } },
        sign(one.k), h("span", { class: "aside" }, word(one.k, view.layer)), tag(one.s), cite(cover(documents()[one.d], wantedSpan(view.layer, one.gold ?? one.found)), 60))))));
  } else parts.push(h("p", { class: "soft" }, "None of these errors in this document."));
  // Whoever steps by keys from inside the list, or the card, stays there.
  const inside = document.activeElement?.closest("#list, .card");
  const name = inside && document.activeElement.getAttribute("aria-label");
  fill(el("side"), ...parts);
  if (inside) (inside.id === "list" ? el("side").querySelector("[aria-current]") : el("side").querySelector(`.card [aria-label="${name}"]`))?.focus({ preventScroll: true });
  const list = el("list"), current = list?.querySelector("[aria-current]")?.parentNode;
  if (current) list.scrollTop = Math.max(0, current.offsetTop - list.offsetTop - list.clientHeight / 2);
}
function card(e) {
  const d = documents()[e.d];
  const row = (name, item) => {
    const text = cover(d, wantedSpan(view.layer, item));
    const label = labelOf(view.layer, item);
    return [h("dt", {}, name), h("dd", {}, cite(text, 220), " ", label && h("b", { class: "small" }, label), h("span", { class: "soft small num" }, ` ${offsets(wantedSpan(view.layer, item))}`))];
  };
  const roles = (name, item) => (SPANS[view.layer] || !item ? [] : [2, 3, 4].filter((role) => item[role]).map((role) =>
    [h("dt", {}, `${name} ${ROLE_NAME[role]}`), h("dd", {}, cite(cover(d, item[role]), 120), role === 3 && view.layer !== "speakers" && item[6] !== -1 ? h("span", { class: "soft small" }, ` (${person(item)})`) : null)]));
  const others = e.gold ? systems.filter(({ i }) => i !== e.s && looksFor(i, view.layer)).map(({ i }) => [i, pairsOf(d, i, view.layer).find((p) => p.gold === e.gold)?.k]).filter(([, k]) => k !== undefined) : [];
  return h("section", { class: `card k k-${CLASS[e.k]}`, "aria-label": "The error" },
    h("h3", {}, sign(e.k), " ", word(e.k, view.layer), h("span", { class: "soft" }, " by "), systemName(e.s)),
    h("dl", {},
      e.gold ? row("gold", e.gold) : [h("dt", {}, "gold"), h("dd", { class: "soft" }, "nothing")],
      e.found ? row("found", e.found) : [h("dt", {}, "found"), h("dd", { class: "soft" }, "nothing")],
      roles("gold", e.gold), roles("found", e.found),
      others.length ? [h("dt", {}, "others"), h("dd", {}, others.map(([i, k], n) => [n ? ", " : "", tag(i), sign(k), ` ${word(k, view.layer)}`]))] : null),
    h("p", { class: "row" }, h("span", { class: "near" }, h("button", { type: "button", "aria-label": "Previous error", onclick: () => step(-1) }, "‹"), h("button", { type: "button", "aria-label": "Next error", onclick: () => step(1) }, "›")), copyButton("Copy link", "a link to this error", () => location.href.split("#")[0] + permalink(e)), h("span", { class: "soft small" }, h("bdi", {}, clipped(d.id, 60)))));
}
const offsets = (flat) => { const all = []; for (let k = 0; k < flat.length; k += 2) all.push(`[${flat[k]}, ${flat[k + 1]})`); return all.join(" "); };
let width = innerWidth;
addEventListener("resize", () => {
  // The height alone changes whenever a phone's address bar comes and goes.
  if (where().view === "errors" && view.drawn && innerWidth !== width) redraw();
  width = innerWidth;
});
function redraw() {
  if (!view.drawn?.root.isConnected) return;
  drawDocuments(view.drawn.parts.map((part) => part.d), laneSystems(), view.drawn.key);
  markSought(view.drawn);
  select(view.current);
}
addEventListener("beforeprint", () => {
  if (!view.drawn?.root.isConnected) return;
  // Lanes lie where this width breaks the lines: paper gets the same width.
  el("text").style.width = "640px";
  redraw();
  for (const part of view.drawn.parts) for (const block of part.blocks) drawBlock(part, block);
});
addEventListener("afterprint", () => { const node = el("text"); if (node) { node.style.width = ""; redraw(); } });

/* ---------- Breakdowns ---------- */

const broken = { layer: "", schema: "" };
const brokenDown = () => unique([...S.errors, ...S.labels, ...S.lengths, ...S.groups, ...S.strings].map((row) => row.layer)).filter((layer) => !layer.endsWith("@matched"));
function breakdowns() {
  const layers = brokenDown();
  if (!layers.length) { fill(main, h("h1", { class: "aside" }, "Breakdowns"), h("p", {}, "No layer has a breakdown.")); return; }
  if (!layers.includes(broken.layer)) broken.layer = layers[0];
  const of = (rows) => rows.filter((row) => row.layer === broken.layer);
  const schemas = unique([...of(S.labels), ...of(S.groups)].map((row) => row.schema));
  if (!schemas.includes(broken.schema)) broken.schema = schemas[0] ?? "";
  const change = (key) => (value) => { broken[key] = value; breakdowns(); el(`b-${key}`).focus(); };
  fill(main, 
    h("h1", { class: "aside" }, "Breakdowns"), ofOne(),
    h("div", { class: "options" }, pick("Layer", layers.map((layer) => [layer, layer]), broken.layer, change("layer"), { id: "b-layer" }),
      schemas.length ? pick("Schema of labels and groups", schemas.map((schema) => [schema, schema]), broken.schema, change("schema"), { id: "b-schema" }) : null),
    errorClasses(of(S.errors)), byLabel(of(S.labels).filter((row) => row.schema === broken.schema)), confusions(of(S.confusion)), strings(of(S.strings)),
    byGroup("Length of the span, in characters (strict)", of(S.lengths)), otherGroups(of(S.groups).filter((row) => row.schema === broken.schema)), curves(of(S.curves)), speed());
}
/* How fast the extractors were in this run: a picture of it only where there was enough to time. */
const LEAST = 50_000;
function speed() {
  const title = h("h2", {}, "Quality against speed");
  const bench = [h("code", { class: "mono" }, "wortlaut bench --plot"), " measures both: warmed up, repeated, with intervals."];
  const schema = broken.schema || "strict";
  const rows = systems.filter(({ pace }) => pace && pace[0] >= LEAST && pace[1] > 0.05)
    .map(({ i, pace }) => ({ system: i, rate: pace[0] / pace[1], pace, f: S.scores.find((row) => row.system === i && row.layer === broken.layer && row.schema === schema)?.f ?? null }))
    .filter((row) => row.f !== null);
  if (!rows.length) return [title, h("p", {}, `Not known here: speed is told of extractors that ran for this page on ${LEAST.toLocaleString("en")} characters or more beyond their first 32 documents. `, bench)];
  const low = Math.floor(Math.log10(Math.min(...rows.map((row) => row.rate)))), high = Math.ceil(Math.log10(Math.max(...rows.map((row) => row.rate))) + 1e-9);
  return [title, scatter(rows, schema, low, Math.max(high, low + 1)),
    table("Quality against speed", ["System", "characters a second", "characters timed", "seconds", `F1 ${schema}`], rows.map((row) => h("tr", {}, h("th", { scope: "row" }, systemName(row.system)),
      [Number(row.rate.toPrecision(2)), row.pace[0]].map((v) => h("td", {}, v.toLocaleString("en"))), h("td", {}, row.pace[1].toFixed(1)), h("td", {}, fixed(row.f))))),
    h("p", { class: "small soft" }, "One pass on the machine that made this page, with whatever else it did; the first 32 documents, at which models load, are not timed. Predictions read from a file have no speed. ", bench)];
}
function scatter(rows, schema, low, high) {
  const [w, height, left, bottom] = [400, 290, 48, 40];
  const x = (rate) => left + (Math.log10(rate) - low) / (high - low) * (w - left - 26), y = (v) => height - bottom - v * (height - bottom - 14);
  const svg = s("svg", { viewBox: `0 0 ${w} ${height}`, width: w, height, role: "img", "aria-label": "F1 against characters a second; the table below has the numbers" });
  for (const v of [0, 0.25, 0.5, 0.75, 1]) svg.append(s("line", { class: "axis", x1: left, x2: w - 26, y1: y(v), y2: y(v) }), s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)));
  for (let power = low; power <= high; power += 1) svg.append(s("line", { class: "axis", x1: x(10 ** power), x2: x(10 ** power), y1: y(0), y2: y(1) }), s("text", { x: x(10 ** power), y: y(0) + 15, "text-anchor": "middle" }, (10 ** power).toLocaleString("en")));
  svg.append(s("text", { x: (left + w - 26) / 2, y: height - 5, "text-anchor": "middle" }, "characters a second"), s("text", { x: 10, y: y(0.5), "text-anchor": "middle", transform: `rotate(-90 10 ${y(0.5)})` }, `F1 ${schema}`));
  for (const row of rows) svg.append(s("path", { class: "point", d: `M${x(row.rate).toFixed(1)} ${y(row.f).toFixed(1)}h0.001` }), s("text", { class: "name", x: x(row.rate) + 8, y: y(row.f) + 4 }, systems[row.system].letter));
  return h("div", { class: "charts" }, h("figure", {}, svg));
}
function errorClasses(rows) {
  if (!rows.length) return null;
  const classes = CLASS.filter((name) => rows.some((row) => row.counts[name]));
  const top = Math.max(...rows.map((row) => sum(classes.map((name) => row.counts[name]))));
  return [h("h2", {}, "Errors by class"),
    table("Errors by class", ["System", "", ...classes.map((name) => [h("span", { class: `sign k-${name}`, "aria-hidden": "true" }, `${SIGNS[name]} `), WORDS[name]]), "F1", "fair F1"],
      rows.map((row) => h("tr", {}, h("th", { scope: "row" }, systemName(row.system)),
        h("td", {}, h("div", { class: "stack", "aria-hidden": "true" }, classes.filter((name) => row.counts[name]).map((name) => {
          const part = h("span", { class: `k k-${name}`, title: `${row.counts[name]} ${WORDS[name]}` }, row.counts[name] / top > 0.07 ? SIGNS[name] : "");
          part.style.flex = `${row.counts[name]} 0 0`;
          return part;
        }))),
        classes.map((name) => h("td", {}, row.counts[name] ? jump(row, name) : "0")), h("td", {}, fixed(row.traditional)), h("td", {}, fixed(row.fair))))),
    h("p", { class: "small soft" }, "Every span is in one class (Ortmann 2022). The fair F1 counts a near miss as one error, not as a missed and a spurious span.")];
}
const inTexts = (row) => S.documents.kept > 0 && LAYERS.includes(row.layer);
const jump = (row, name) => (name === "correct" || !inTexts(row) ? row.counts[name].toLocaleString("en")
  : h("a", { href: link("errors", { layer: row.layer, of: systems[row.system].name, off: CLASS.filter((one) => one !== name && one !== "correct").join(" ") }) }, row.counts[name].toLocaleString("en")));
function byLabel(rows) {
  if (!rows.length) return null;
  return [h("h2", {}, `By label, ${broken.schema}`), grid("Label", rows, (row) => row.label)];
}
/* One row a group, F1 of each system beside it. */
function grid(name, rows, group) {
  const who = unique(rows.map((row) => row.system)).sort((a, b) => a - b);
  const groups = unique(rows.map(group));
  const at = new Map(rows.map((row) => [`${group(row)}\n${row.system}`, row]));
  return limited(groups, 60, (some) => table(name, [name, "gold", ...who.flatMap((i) => [[tag(i), "P"], "R", "F1"])], some.map((one) => {
    const gold = who.map((i) => at.get(`${one}\n${i}`)?.gold).find((n) => n !== undefined);
    return h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, one)), h("td", { class: "soft" }, gold),
      who.map((i) => { const row = at.get(`${one}\n${i}`); return row ? [h("td", {}, score(row, "p")), h("td", {}, score(row, "r")), h("td", { title: row.i ? `95%: ${ci(row)}` : null }, h("b", {}, score(row, "f")))] : [h("td", {}, "–"), h("td", {}, "–"), h("td", {}, "–")]; }));
  })));
}
/* What is missed and what is invented most often, by the words that are marked. */
function strings(rows) {
  const show = (name, title, head) => {
    const some = rows.filter((row) => row.kind === name).sort((a, b) => sum(b.counts) - sum(a.counts));
    if (!some.length) return null;
    const who = systems.filter(({ i }) => S.scores.some((row) => row.system === i && row.layer === rows[0].layer));
    const to = (row, n, of) => (n ? h("a", { href: link("errors", { layer: row.layer, of, words: row.text, exact: "1", off: CLASS.filter((one) => one !== name && one !== "correct").join(" ") }) }, n.toLocaleString("en")) : "0");
    return h("div", {}, h("h3", {}, title), limited(some, 10, (few) => table(title, [head, who.length > 1 ? "all" : null, ...who.map(({ i }) => tag(i))].filter(Boolean), few.map((row) => h("tr", {}, h("th", { scope: "row" }, cite(row.text, 60)),
      who.length > 1 ? h("td", {}, to(row, sum(row.counts), "")) : null, who.map(({ i, name }) => h("td", {}, to(row, row.counts[i], name))))))));
  };
  if (!rows.length) return null;
  return [h("h2", {}, "Most missed and most invented"), h("div", { class: "charts" }, show("missed", "Missed", "In the gold"), show("spurious", "Invented", "Found")),
    h("p", { class: "small soft" }, "The same words count together, over all texts; what is found with other bounds or another label is neither. A number leads to its errors.")];
}
function byGroup(title, rows) {
  if (!rows.length) return null;
  const order = unique(S.lengths.map((row) => row.group)).sort((a, b) => parseInt(a.replace("over ", "")) - parseInt(b.replace("over ", "")) || a.startsWith("over") - b.startsWith("over"));
  return [h("h2", {}, title), grid("Characters", [...rows].sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group) || a.system - b.system), (row) => row.group),
    ofGroups()];
}
const ofGroups = () => h("p", { class: "small soft" }, "R is about a row’s gold items, P about its found ones, whichever row answers them. No P (–) where nothing found is of the group, no R where the gold has nothing of it, and no F1 then unless the other is 0.");
function otherGroups(rows) {
  // Lengths in characters have a table of their own.
  const by = unique(rows.map((row) => row.by)).filter((one) => one !== "length (characters)");
  const names = { surface: "Seen or unseen names", level: "Nesting level" };
  const called = (one) => names[one] ?? one[0].toUpperCase() + one.slice(1);
  const parts = by.map((one) => [h("h2", {}, `${called(one)}, ${broken.schema}`), grid(called(one), rows.filter((row) => row.by === one), (row) => row.group)]);
  if (parts.length) parts.push(ofGroups());
  if (broken.layer === "entities" && !by.includes("surface"))
    parts.push(h("h2", {}, "Seen or unseen names"), h("p", {}, "Not known here. ", h("code", { class: "mono" }, "--by surface --seen REF"), " tells names that the training data has from others."));
  return parts;
}
function confusions(rows) {
  if (!rows.length) return null;
  const show = (row) => {
    if (!row.matrix) return h("p", {}, `The matrix has ${row.labels.length} labels: too many for a page. `, h("code", { class: "mono" }, "--json"), " has it.");
    const top = Math.max(...row.matrix.flatMap((counts, a) => counts.filter((_, b) => a !== b)), 1);
    const name = (label) => (label === "∅" ? h("span", { title: "nothing" }, "∅") : h("bdi", {}, label));
    return table(`Confusion of ${systems[row.system].short}`, ["gold \\ found", ...row.labels.map(name)], row.matrix.map((counts, a) => h("tr", {}, h("th", { scope: "row" }, name(row.labels[a])),
      counts.map((n, b) => { const cell = h("td", { class: n === 0 ? "zero" : a === b ? "k k-correct" : "k k-label" }, n === 0 ? "·" : a === b ? h("b", {}, n) : inTexts(row) ? h("a", { href: link("errors", { layer: row.layer, of: systems[row.system].name, gold: row.labels[a], as: row.labels[b] }), "aria-label": `${n}: gold ${row.labels[a]}, found ${row.labels[b]}` }, n) : n); cell.style.setProperty("--w", n === 0 ? 0 : a === b ? 100 : 25 + 75 * Math.sqrt(n / top)); return cell; }))), { class: "matrix" });
  };
  return [h("h2", {}, "Confusion of labels"), h("p", { class: "small soft" }, "Rows are gold labels, columns found ones; ∅ is nothing: the last column is missed, the last row spurious. A number off the diagonal leads to its errors."), h("div", { class: "charts" }, rows.map((row) => h("figure", {}, h("figcaption", {}, systemName(row.system)), show(row))))];
}
const DASH = ["", "7 3", "2 3", "9 3 2 3", "4 2"];
function chart(title, xName, yName, series) {
  const [w, height, left, bottom] = [400, 310, 48, 40];
  const x = (v) => left + v * (w - left - 26), y = (v) => height - bottom - v * (height - bottom - 14);
  const svg = s("svg", { viewBox: `0 0 ${w} ${height}`, width: w, height, role: "img", "aria-label": title });
  for (const v of [0, 0.25, 0.5, 0.75, 1]) svg.append(s("line", { class: "axis", x1: x(v), x2: x(v), y1: y(0), y2: y(1) }), s("line", { class: "axis", x1: x(0), x2: x(1), y1: y(v), y2: y(v) }),
    s("text", { x: x(v), y: y(0) + 15, "text-anchor": "middle" }, String(v)), s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)));
  svg.append(s("text", { x: x(0.5), y: height - 5, "text-anchor": "middle" }, xName), s("text", { x: 10, y: y(0.5), "text-anchor": "middle", transform: `rotate(-90 10 ${y(0.5)})` }, yName));
  if (title === "Calibration") svg.append(s("line", { class: "frame", x1: x(0), y1: y(0), x2: x(1), y2: y(1), "stroke-dasharray": "2 4" }));
  // Letters at the ends of the lines, moved apart where they would meet.
  const ends = series.filter(({ data }) => data.length).map(({ system, data }) => ({ system, x: x(data.at(-1)[0]) + 6, y: y(data.at(-1)[1]) + 4 })).sort((a, b) => a.y - b.y);
  ends.forEach((end, n) => { if (n) end.y = Math.max(end.y, ends[n - 1].y + 12); });
  for (const { system, data } of series) {
    if (!data.length) continue;
    svg.append(s("polyline", { class: `line s${system % 5}`, points: data.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" "), "stroke-dasharray": DASH[system % 5] }));
    if (title === "Calibration") for (const [a, b] of data) svg.append(s("circle", { class: `line s${system % 5}`, cx: x(a), cy: y(b), r: 2.5 }));
  }
  for (const end of ends) svg.append(s("text", { class: "name", x: Math.max(...ends.map((one) => one.x)), y: end.y }, systems[end.system].letter));
  return h("figure", {}, h("figcaption", {}, title), svg);
}
function curves(rows) {
  const title = h("h2", {}, "Confidence");
  if (!rows.length) return [title, h("p", {}, "No system gives every span of this layer a score, so there is no precision–recall curve and no calibration.")];
  return [title, h("div", { class: "charts" },
    chart("Precision by recall", "recall", "precision", rows.map((row) => ({ system: row.system, data: row.points }))),
    chart("Calibration", "mean score", "share that is right", rows.map((row) => ({ system: row.system, data: row.calibration })))),
  table("Confidence", ["System", "average precision", "best threshold", "its F1", "calibration error"], rows.map((row) => h("tr", {}, h("th", { scope: "row" }, systemName(row.system)), [row.average_precision, row.best_threshold, row.best_f1, row.calibration_error].map((v) => h("td", {}, fixed(v)))))),
  h("p", { class: "small soft" }, "Strict; a prediction is kept from its score upwards. The best threshold was chosen on these documents, so its F1 is optimistic.")];
}

/* ---------- Phenomena ---------- */

function phenomena() {
  const told = S.phenomena;
  if (!told) { fill(main, h("h1", { class: "aside" }, "Phenomena"), h("p", {}, "The documents of this corpus name no phenomena.")); return; }
  const who = (rows) => unique(rows.map((row) => row.system)).sort((a, b) => a - b);
  const share = (value, all) => (value === null ? "–" : `${whole(Math.round(value * all * 10) / 10)}/${all}`);
  const range = (ends) => (ends ? `95%: ${ends.map(fixed).join("–")}` : null);
  const place = { joint: "quotes", coreference: "clusters" };
  const cells = (row) => {
    if (!row) return ["–", "–", "–", ""].map((text) => h("td", {}, text));
    const right = share(row.right, row.documents);
    const wrong = S.documents.kept && row.right < 1 ? h("a", { href: link("errors", { layer: place[row.tests] ?? row.tests, of: systems[row.system].name, phenomenon: row.phenomenon }), "aria-label": `${right} right: errors of ${systems[row.system].short} in ${row.phenomenon}` }, right) : right;
    return [h("td", { title: range(row.f1_interval) }, h("b", {}, fixed(row.f1))), h("td", { title: range(row.right_interval) }, wrong), h("td", {}, share(row.pairs_right, row.pairs)),
      h("td", { title: row.below ? "the mean of the other phenomena" : null }, row.below ? [h("span", { class: "sign k-missed" }, "↓"), ` ${fixed(row.others)}`] : "")];
  };
  const of = (rows, name) => { const at = new Map(rows.map((row) => [`${row[name]}\n${row.system}`, row])); return (one, i) => at.get(`${one}\n${i}`); };
  const task = (tests) => {
    const rows = told.rows.filter((row) => row.tests === tests), at = of(rows, "phenomenon"), names = who(rows);
    return [h("h2", {}, tests), table(`Phenomena that test ${tests}`, ["Phenomenon", ...names.flatMap((i) => [[tag(i), " F1"], "right", "pairs", "↓"])],
      unique(rows.map((row) => row.phenomenon)).map((one) => h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, one)), names.map((i) => cells(at(one, i))))))];
  };
  const contrasts = () => {
    const at = of(told.contrasts, "contrast"), names = who(told.contrasts);
    return [h("h2", {}, "Minimal pairs"), table("Minimal pairs", ["Contrast", ...names.flatMap((i) => [[tag(i), " both right"], "95%", "one side"])],
      unique(told.contrasts.map((row) => row.contrast)).map((one) => h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, one)), names.map((i) => {
        const row = at(one, i);
        return row ? [h("td", {}, h("b", {}, share(row.right, row.pairs))), h("td", {}, row.right_interval?.map(fixed).join("–") ?? "–"), h("td", {}, share(row.one, row.pairs))] : [0, 1, 2].map(() => h("td", {}, "–"));
      }))))];
  };
  fill(main, h("h1", { class: "aside" }, "Phenomena"), h("p", { class: "small" }, systems.map(({ i }) => [systemName(i), " "])),
    h("p", { class: "small soft" }, told.says, " A number of right documents leads to the errors in the others."),
    told.notes.map((note) => h("p", { class: "note small" }, note)),
    unique(told.rows.map((row) => row.tests)).map(task), told.contrasts.length ? contrasts() : null);
}

/* ---------- People ---------- */

const folk = { find: "", open: new Set() };
let spoken = null;
function quotesBy() {
  if (spoken) return spoken;
  spoken = new Map();
  const add = (p, row) => { if (!spoken.has(p)) spoken.set(p, []); spoken.get(p).push(row); };
  documents().forEach((d, n) => {
    const fates = systems.map(({ i }) => new Map(pairsOf(d, i, "speakers").filter((p) => p.gold).map((p) => [p.g, p])));
    d.q.forEach((quote, g) => { if (quote[6] !== -2) add(quote[6], { d: n, quote, fates: fates.map((one) => one.get(g)) }); });
    systems.forEach(({ i }) => {
      for (const p of pairsOf(d, i, "speakers"))
        if (p.found && p.k !== CORRECT && p.found[6] >= -1) add(p.found[6], { d: n, quote: p.found, wrongly: i, gold: p.gold });
    });
  });
  return spoken;
}
function people() {
  const who = systems.filter(({ i }) => S.people.some((row) => row[2][i]));
  const rows = S.people.map((row, n) => [...row, n === S.people.length - 1 ? -1 : n]).filter((row) => row[1] || row[2].some(Boolean));
  if (!who.length || !rows.some((row) => row[3] >= 0)) {
    fill(main, h("h1", { class: "aside" }, "People"), h("p", { class: "note" }, !S.documents.kept ? omitted() : !who.length ? "No system looks for quotes and speakers." : ["The gold of this corpus marks speakers in the text and does not say who they are. ", h("a", { href: link("errors", { layer: "speakers" }) }, "Errors of speakers"), " compares the marks."]));
    return;
  }
  rows.sort((a, b) => (a[3] < 0) - (b[3] < 0) || b[1] - a[1] || a[0].localeCompare(b[0], "de"));
  const body = h("div", { id: "folk" });
  const list = () => {
    const some = rows.filter((row) => row[0].toLowerCase().includes(folk.find.toLowerCase()));
    fill(body, some.length ? limited(some, 100, (few) => table("People", ["Who", "quotes", ...who.map(({ i }) => systemName(i))], few.map((row) => personRows(row, who)), { class: "people" })) : h("p", {}, "Nobody has that name."));
  };
  fill(main, h("h1", { class: "aside" }, "People"), ofOne(),
    S.documents.shown < S.documents.all ? h("p", { class: "note" }, omitted()) : null,
    h("div", { class: "options" }, h("label", { class: "field" }, "Name has", h("input", { type: "search", id: "p-find", value: folk.find, oninput: (event) => { folk.find = event.target.value; list(); } }))),
    h("p", { class: "small soft" }, "Of each person’s quotes: ", fate(CORRECT), " found as theirs, ", fate(LABEL), " given to somebody else or nobody, ", fate(MISSED), " missed; ", fate(SPURIOUS), " put into their mouth.",
      S.unsaid ? ` The gold does not say who speaks in ${many(S.unsaid, "quote")}: they are left out.` : ""), body);
  list();
}
const fate = (k) => h("span", { class: `sign k-${CLASS[k]}` }, SIGNS[CLASS[k]]);
function personRows([name, quotes, counts, n], who) {
  const detail = h("tr", { hidden: true }, h("td", { class: "quotes", colspan: 2 + who.length }));
  const toggle = (event) => {
    const open = detail.hidden;
    detail.hidden = !open;
    event.currentTarget.setAttribute("aria-expanded", String(open));
    if (open && !detail.firstChild.firstChild) detail.firstChild.append(quoteList(n));
  };
  return [h("tr", {}, h("th", { scope: "row" }, h("button", { type: "button", class: "plain", "aria-expanded": "false", onclick: toggle }, h("bdi", {}, name))), h("td", {}, quotes),
    who.map(({ i }) => {
      const c = counts[i] ?? [0, 0, 0, 0];
      return h("td", {}, h("span", { class: "fate" }, [CORRECT, LABEL, MISSED, SPURIOUS].map((k, at) => (at < 3 ? quotes : c[3]) ? h("span", { title: at === 3 ? "put into their mouth" : at === 1 ? "given to somebody else" : word(k, "speakers") }, fate(k), " ", h("span", { class: c[at] ? "" : "soft" }, c[at])) : null)));
    })), detail];
}
function quoteList(n) {
  const rows = quotesBy().get(n) ?? [];
  const render = (some) => h("ul", {}, some.map((row) => {
    const d = documents()[row.d];
    const to = (i, gold, found) => { const e = errorsOf("speakers").find((one) => one.d === row.d && one.s === i && one.gold === gold && one.found === found); return e && link("errors", { layer: "speakers", doc: d.id, system: systems[i].name, at: e.at }); };
    const told = row.wrongly === undefined
      ? row.fates.map((p, i) => p && h("span", {}, tag(i), p.k === CORRECT ? [fate(CORRECT), " found"] : h("a", { href: to(i, p.gold, p.found) }, fate(p.k), p.k === MISSED ? " missed" : [" given to ", h("bdi", {}, person(p.found))])))
      : h("span", {}, tag(row.wrongly), h("a", { href: to(row.wrongly, row.gold, row.quote) }, fate(SPURIOUS), row.gold ? [" said by ", h("bdi", {}, person(row.gold))] : " no quote in the gold"));
    return h("li", {}, h("div", {}, cite(cover(d, row.quote[1]), 300), " ", h("span", { class: "soft small" }, S.types[row.quote[0]], ", ", h("bdi", {}, clipped(d.id, 50)))), h("div", { class: "fate" }, told));
  }));
  return rows.length ? limited(rows, 50, render) : h("p", { class: "soft" }, "Their quotes are in documents that this file leaves out.");
}

/* A tab with nothing in it is not offered; its address says why there is nothing. */
const tabs = VIEWS.filter((name) => ({
  phenomena: Boolean(S.phenomena),
  errors: S.documents.shown > 0 && S.scores.some((row) => LAYERS.includes(row.layer) && !row.words),
  breakdowns: brokenDown().length > 0,
  people: S.documents.kept > 0 && S.people.some(([, quotes, counts], n) => n < S.people.length - 1 && (quotes || counts.some(Boolean))) && S.people.some((row) => row[2].some(Boolean)),
})[name] ?? true);
const KEYS = [["n, p", "next, previous error"], ["], [", "next, previous document"], ["→, ←", "in the text: from mark to mark; Enter chooses one"], [`1 – ${tabs.length + (SEVERAL ? 1 : 0)}`, "the views, from the left"], ["t", "colours: as the system has them, light, dark"], ["?", "this help"], ["Esc", "close"]];
function help() {
  dialog("Keys and signs",
    h("table", {}, KEYS.map(([key, what]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, what)))),
    h("p", {}, h("label", { class: "check" }, h("input", { type: "checkbox", checked: single, onchange: (event) => { single = event.target.checked; } }), "single-key shortcuts")),
    h("p", {}, CLASS.map((name, k) => [k ? " · " : "", sign(k), ` ${WORDS[name]}`])),
    h("p", { class: "small soft" }, "Lanes lie under the text: G is the gold, letters are systems. A dashed frame is what a system missed; a dashed line joins the parts of one span. Every error has an address: copy it from the card."));
}
return { tabs, help, step, stepDocument, show: { overview, phenomena, errors, breakdowns, people } };
}

/* ---------- Keys, colours, start ---------- */

const made = [];
/* The views of a corpus keep what was chosen in them. */
const viewsOfCorpus = () => (made[chosen] ??= viewsOf(SUMMARIES[chosen], `documents${chosen || ""}`));
const tabsShown = () => [...(SEVERAL ? ["corpora"] : []), ...viewsOfCorpus().tabs];
let single = true;
const THEMES = ["system", "light", "dark"];
let theme = 0;
function setTheme(n) {
  theme = n % 3;
  document.documentElement.setAttribute("data-theme", THEMES[theme]);
  el("theme").textContent = ["◐", "☀", "☾"][theme];
  el("theme").setAttribute("aria-label", `Colours: ${["as the system has them", "light", "dark"][theme]}`);
  try { localStorage.setItem("wortlaut-theme", THEMES[theme]); } catch { /* A page from disk may have no storage. */ }
}
try { setTheme(Math.max(0, THEMES.indexOf(localStorage.getItem("wortlaut-theme")))); } catch { setTheme(0); }
el("theme").addEventListener("click", () => { setTheme(theme + 1); tell(el("theme").getAttribute("aria-label")); });
el("help").addEventListener("click", () => viewsOfCorpus().help());
addEventListener("keydown", (event) => {
  if (!single || event.ctrlKey || event.metaKey || event.altKey || el("keys").open) return;
  if (/^(INPUT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
  // Who has just chosen a filter wants the next error; other letters find an option by its name.
  if (event.target.tagName === "SELECT" && !"np][".includes(event.key)) return;
  const tabs = tabsShown();
  if (event.key === "?") viewsOfCorpus().help();
  else if (event.key === "t") el("theme").click();
  else if (/^[1-6]$/.test(event.key)) { if (tabs[event.key - 1]) location.hash = link(tabs[event.key - 1]); }
  else if ("np][".includes(event.key) && event.key.length === 1) {
    if (where().view !== "errors") { if (event.key !== "n" || !tabs.includes("errors")) return; location.hash = link("errors"); show(); }
    if (!el("next")) return;
    const { step, stepDocument } = viewsOfCorpus();
    if (event.key === "n") step(1); else if (event.key === "p") step(-1); else stepDocument(event.key === "]" ? 1 : -1);
  } else return;
  event.preventDefault();
});
const links = [...document.querySelectorAll(".top nav a")].map((a) => [a, a.hash.slice(1)]);
if (SEVERAL) {
  fill(el("corpus"), h("option", { value: "" }, `${SUMMARIES.length} corpora`), SUMMARIES.map((_, n) => h("option", { value: n }, clipped(TOGETHER.names[n], 60))));
  el("corpus").addEventListener("change", ({ target }) => {
    if (target.value) chosen = Number(target.value);
    location.hash = target.value ? link(viewsOfCorpus().tabs.includes(where().view) ? where().view : "overview") : link("corpora");
  });
}
let shown = "";
function show() {
  const { view, query } = where();
  const asked = query.get("corpus"), known = TOGETHER.keys.includes(asked);
  if (known) chosen = TOGETHER.keys.indexOf(asked);
  const lost = SEVERAL && asked && !known ? `The corpus ${asked} is not in this report.` : "";
  const name = lost ? "corpora" : view;
  const tabs = tabsShown();
  for (const [a, to] of links) {
    a.hidden = !tabs.includes(to);
    a.href = link(to);
    if (to === name) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
  }
  if (SEVERAL) el("corpus").value = name === "corpora" ? "" : String(chosen);
  const place = `${name} ${chosen}`;
  if (shown !== place) scrollTo(0, 0);
  shown = place;
  if (name === "corpora") corpora(lost); else viewsOfCorpus().show[name](query);
  document.documentElement.setAttribute("data-view", name);
}
addEventListener("hashchange", () => { if (location.hash !== "#main") show(); });
show();
})();
