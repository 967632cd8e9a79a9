"use strict";

// Colour by kind, with the style sheet's colours, or by a number, on a logarithmic scale.

const RAMP = [[255, 255, 240], [254, 221, 126], [249, 155, 87]]; // as in ag.draw
const NOT_FINITE = "#C4B5FD";
const legend = document.getElementById("legend");

const MEASURES = {
  gradient: { title: "gradient norm", words: number, of: gradientNorm, join: (a, b) => Math.max(a, b) },
  bytes: { title: "kept for backward", words: bytes, of: (vertex) => vertex.bytes, join: (a, b) => a + b },
  forward: { title: "forward time", words: seconds, of: (vertex) => vertex.forward, join: (a, b) => a + b },
  backward: { title: "backward time", words: seconds, of: (vertex) => vertex.backward, join: (a, b) => a + b },
};

// NaN where the gradient holds a NaN or an infinity.
function gradientNorm(vertex) {
  const stats = vertex.gradient;
  return stats ? (stats.nans || stats.infs ? NaN : stats.norm) : null;
}

function paint(tree, choice) {
  const measure = MEASURES[choice];
  if (!measure) {
    for (const item of tree.visible) {
      item.element?.classList.remove("unknown");
      for (const rect of rectsOf(item)) rect.style.fill = "";
    }
    return kindLegend(tree);
  }
  const values = new Map(tree.visible.map((item) => [item, measured(item, measure)]));
  const known = [...values.values()].filter((value) => value !== null && Number.isFinite(value) && value > 0);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  for (const [item, value] of values) {
    const share = value > 0 && high > low ? Math.log(value / low) / Math.log(high / low) : value > 0 ? 1 : 0;
    const fill = value === null ? "" : Number.isFinite(value) ? mixed(Math.max(0, Math.min(1, share))) : NOT_FINITE;
    for (const rect of rectsOf(item)) rect.style.fill = fill;
    item.element?.classList.toggle("unknown", value === null);
  }
  return rampLegend(measure, known.length ? [low, high] : null, [...values.values()]);
}

// One number for an item; null where it was computed for nothing in it.
function measured(item, measure) {
  const known = (item.inside ?? [item]).map(measure.of).filter((value) => value !== null);
  return known.length ? known.reduce(measure.join) : null;
}

function rectsOf(item) {
  return item.element ? item.element.querySelectorAll("rect:not(.behind)") : [];
}

function mixed(share) {
  const [from, to] = share < 0.5 ? [RAMP[0], RAMP[1]] : [RAMP[1], RAMP[2]];
  const part = share < 0.5 ? share * 2 : share * 2 - 1;
  return `rgb(${from.map((value, i) => Math.round(value + part * (to[i] - value))).join(" ")})`;
}

const SWATCHES = {
  operation: ["white", "#64748B"], group: ["#E0E7FF", "#4338CA"],
  parameter: ["#DBEAFE", "#1D4ED8"], input: ["#DCFCE7", "#15803D"],
  buffer: ["#F8FAFC", "#94A3B8"], constant: ["#F8FAFC", "#94A3B8"],
  gradient: ["#FCE7F3", "#BE185D"], output: ["#FEF3C7", "#B45309"],
};
const CHANGES = { added: "#15803D", removed: "#B91C1C", changed: "#B45309" };
const SWATCH_NAMES = { group: "folded module", gradient: "backward rule", output: "result", input: "input" };

function kindLegend(tree) {
  legend.replaceChildren();
  const kinds = new Set(tree.visible.map((item) => (item.group ? "group" : item.output ? "output" : item.kind)));
  for (const [kind, [fill, stroke]] of Object.entries(SWATCHES)) {
    if (!kinds.has(kind)) continue;
    addSwatch(SWATCH_NAMES[kind] ?? kind, fill, stroke, LEAVES.has(kind) || kind === "input" ? "square" : "");
  }
  const changes = new Set(tree.visible.flatMap((item) => (item.inside ?? [item]).map((vertex) => vertex.change)));
  for (const [change, stroke] of Object.entries(CHANGES)) {
    if (changes.has(change)) addSwatch(change, "white", stroke, change);
  }
}

function rampLegend(measure, range, values) {
  legend.replaceChildren();
  const line = element("span", measure.title, "", legend);
  if (range) {
    line.append(" ", measure.words(range[0]));
    const ramp = element("i", null, "ramp", line);
    ramp.style.background = `linear-gradient(to right, ${[0, 0.5, 1].map(mixed).join(",")})`;
    line.append(measure.words(range[1]));
  }
  if (values.includes(null)) addSwatch("not computed", "white", "#94A3B8", "unknown");
  if (values.some(Number.isNaN)) addSwatch("NaN or infinite", NOT_FINITE, "#6D28D9", "");
}

function addSwatch(words, fill, stroke, className) {
  const line = element("span", null, "", legend), swatch = element("i", null, className, line);
  [swatch.style.background, swatch.style.borderColor] = [fill, stroke];
  line.append(words);
}
