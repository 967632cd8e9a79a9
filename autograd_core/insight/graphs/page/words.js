"use strict";

// What the panel and the tooltip say.  Everything is set as text.

const panel = document.getElementById("panel");

function element(name, text, className, parent) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const far = value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6);
  return (far ? value.toExponential(2) : String(Number(value.toPrecision(4)))).replaceAll("-", "−");
}

function scaled(value, step, units) {
  let i = 0;
  while (value >= step * 0.9995 && i < units.length - 1) [value, i] = [value / step, i + 1];
  return `${Number(value.toPrecision(3))} ${units[i]}`;
}

function bytes(count) {
  return scaled(count, 1000, ["B", "kB", "MB", "GB"]);
}

function seconds(time) {
  return time >= 1 ? `${Number(time.toPrecision(3))} s` : scaled(time * 1e6, 1000, ["µs", "ms"]);
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

const KINDS = {
  operation: "operation", gradient: "rule of the backward pass", parameter: "parameter", buffer: "buffer",
  input: "input", constant: "constant", module: "folded module", hidden: "left out",
};

// ---- one vertex, one group ------------------------------------------------------------------------------------------

function describe(item, parent) {
  element("h2", item.group ? item.title : item.title || item.kind, "", parent);
  element("p", item.group ? groupLine(item) : kindLine(item), "quiet", parent);
  if (item.note) element("p", item.note, "", parent);
  if (item.change) element("p", `In the comparison: ${item.change}.`, "alarm", parent);
  const list = element("dl", null, "", parent);
  for (const [term, text] of item.group ? groupFacts(item) : vertexFacts(item)) {
    element("dt", term, "", list);
    element("dd", text ?? "not computed", text === null ? "missing" : "", list);
  }
}

function groupLine(group) {
  return `${group.number ? "module" : "a run of operations"} · ${counted(group.operations.length, "operation")}`;
}

function kindLine(vertex) {
  const words = [KINDS[vertex.kind] ?? vertex.kind];
  if (vertex.output) words.push("a result that was asked for");
  return words.join(" · ");
}

function vertexFacts(vertex) {
  const facts = [
    ["shape", vertex.shapes.map(shapeText).join(", ") || "unknown"],
    ["dtype", [...new Set(vertex.dtypes)].join(", ") || "unknown"],
  ];
  if (vertex.device) facts.push(["device", vertex.device]);
  if (vertex.module) facts.push(["module", vertex.module]);
  if (vertex.line) facts.push(["line", vertex.line]);
  if (isTensor(vertex)) return facts;
  facts.push(["kept", vertex.freed ? "let go of by a backward pass" : orNull(vertex.bytes, bytes)]);
  if (vertex.kept.length) facts.push(["", vertex.kept.join("\n")]);
  facts.push(["forward", orNull(vertex.forward, seconds)], ["backward", orNull(vertex.backward, seconds)]);
  return facts;
}

function orNull(value, words) {
  return value === null ? null : words(value);
}

function groupFacts(group) {
  const facts = group.path || group.number ? [["class", group.kind]] : [];
  if (group.path) facts.push(["path", group.path]);
  const parameters = group.inside.filter((vertex) => vertex.kind === "parameter");
  if (parameters.length) {
    const numbers = parameters.reduce((sum, vertex) => sum + vertex.shapes.flat().reduce((a, b) => a * b, 1), 0);
    facts.push(["parameters", `${parameters.length.toLocaleString("en")}, of ${counted(numbers, "number")}`]);
  }
  facts.push(["kept", orNull(sumOf(group, "bytes"), bytes)], ["forward", orNull(sumOf(group, "forward"), seconds)]);
  facts.push(["backward", orNull(sumOf(group, "backward"), seconds)]);
  return facts;
}

// The sum over a group's operations; null where it was computed for none of them.
function sumOf(group, name) {
  const known = group.operations.map((vertex) => vertex[name]).filter((value) => value !== null);
  return known.length ? known.reduce((a, b) => a + b, 0) : null;
}

function describeStats(title, stats, parent) {
  element("h3", title, "", parent);
  if (!stats) return element("p", "not computed", "missing", parent);
  const list = element("dl", null, "", parent);
  for (const name of ["norm", "mean", "std", "min", "max"]) {
    element("dt", name, "", list);
    element("dd", number(stats[name]), "", list);
  }
  for (const [name, term] of [["zeros", "zeros"], ["nans", "NaN"], ["infs", "Inf"]]) {
    if (name !== "zeros" && !stats[name]) continue;
    element("dt", term, "", list);
    const share = `${stats[name].toLocaleString("en")} of ${stats.size.toLocaleString("en")}`;
    element("dd", share, name === "zeros" ? "" : "alarm", list);
  }
  return list;
}

// ---- the panel and the tooltip --------------------------------------------------------------------------------------

function showItem(item) {
  panel.replaceChildren();
  describe(item, panel);
  if (item.group) return;
  describeStats("Value", item.value, panel);
  describeStats("Gradient", item.gradient, panel);
  showRules(item, panel);
}

function showRules(vertex, parent) {
  const rules = Object.entries(vertex.rules ?? {});
  if (!rules.length) return;
  element("h3", "Backward rule, with g the incoming gradient", "", parent);
  for (const [argument, text] of rules) element("pre", `grad_${argument} = ${text}`, "", parent);
}

const ARROWS = {
  forward: "Arrows follow the values of the forward pass; gradients take the same way back.",
  backward: "Arrows follow the gradients, from the results to the tensors that gather them.",
  both: "Arrows follow the values, then the gradients (pink); dotted: what a rule needs of the forward pass.",
};

function showHelp(tree) {
  panel.replaceChildren();
  element("h2", "Reading this page", "", panel);
  element("p", ARROWS[tree.part], "", panel);
  const keys = [
    ["drag, wheel", "move, zoom"], ["click", "what is known of a node"],
    ["double click, ±", "fold or unfold a module"], ["/", "search"], ["f", "show all"],
    ["← →", "step through the backward pass"], ["space", "play it"], ["i", "step into a module"],
  ];
  const list = element("dl", null, "", panel);
  for (const [key, text] of keys) {
    element("kbd", key, "", element("dt", null, "", list));
    element("dd", text, "", list);
  }
  if (tree.notes.length) element("h3", "About this graph", "", panel);
  for (const note of tree.notes) element("p", note, "", panel);
}

function tipFor(item, tip) {
  tip.replaceChildren();
  element("strong", item.title || item.kind, "", tip);
  if (item.group) {
    element("p", `${groupLine(item)} · double click to unfold`, "quiet", tip);
    return;
  }
  const result = [item.shapes.map(shapeText).join(", "), ...new Set(item.dtypes), item.device];
  element("p", result.filter(Boolean).join(" · "), "", tip);
  if (item.line) element("p", item.line, "quiet", tip);
  tipLine(tip, "value", item.value);
  tipLine(tip, "gradient", item.gradient);
  if (!isTensor(item) && item.bytes !== null) element("p", `keeps ${bytes(item.bytes)} for backward`, "quiet", tip);
}

function rangeOf(stats) {
  return `from ${number(stats.min)} to ${number(stats.max)}`;
}

function tipLine(tip, name, stats) {
  const words = stats ? `norm ${number(stats.norm)}, ${rangeOf(stats)}` : "not computed";
  element("p", `${name}: ${words}`, stats ? "" : "missing", tip);
}
