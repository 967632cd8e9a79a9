"use strict";

// The backward pass, step by step, over what shows: a folded module is one step; "Step into" unfolds it.
// In a graph of the forward pass, gradients go against the arrows; in one of the backward pass itself, along them.

const PACE = 900; // milliseconds
const LISTED = 12; // gradients named in the panel, of those that come together

class Player {
  constructor(page) {
    this.page = page;
    this.at = -1; // before the first step
    this.timer = null;
    this.collect();
  }

  // Find the steps in what shows now: the newest first, as the engine walks.
  collect() {
    const { tree } = this.page;
    const takesPart = (item) => (item.inside ?? [item]).some((vertex) => vertex.passes && !isTensor(vertex));
    const sign = tree.part === "forward" ? -1 : 1;
    this.steps = tree.visible.filter(takesPart).sort((a, b) => sign * (placeOf(a) - placeOf(b)));
  }

  // The wires that bring the gradient to an item, and those that take it on.
  arriving(item) {
    return this.page.tree.wires.filter((wire) => wire.gradient && (wire.along ? wire.target : wire.source) === item);
  }

  leaving(item) {
    return this.page.tree.wires.filter((wire) => wire.gradient && (wire.along ? wire.source : wire.target) === item);
  }

  // What shows has changed: stay at the same place of the pass.
  refold() {
    const before = this.steps[this.at];
    this.collect();
    if (!before) return;
    const vertex = before.group ? before.operations.at(this.page.tree.part === "forward" ? -1 : 0) : before;
    this.at = this.steps.indexOf(this.page.tree.stands.get(vertex));
  }

  get now() {
    return this.steps[this.at] ?? null;
  }

  go(at) {
    this.at = Math.max(-1, Math.min(this.steps.length - 1, at));
    if (this.at === this.steps.length - 1) this.pause();
    this.show();
    if (this.now) this.page.view.bringIn(this.now);
  }

  // Back to before the first step, without a panel.
  leave() {
    this.pause();
    this.at = -1;
    this.mark();
  }

  play() {
    if (this.timer) return this.pause();
    if (this.at >= this.steps.length - 1) this.at = -1;
    this.timer = setInterval(() => this.go(this.at + 1), PACE);
    return this.go(this.at + 1);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.controls();
  }

  stepInto() {
    const group = this.now;
    if (group?.group) this.page.toggle(group);
    this.show();
  }

  show() {
    this.mark();
    if (this.now) this.describe(this.now);
    else showHelp(this.page.tree);
  }

  // Mark nodes and wires: those the gradient has passed, those it takes now.
  mark() {
    const { tree } = this.page;
    const passed = new Set(this.steps.slice(0, Math.max(0, this.at)));
    const reached = new Set();
    for (const wire of tree.wires) {
      const state = this.stateOf(wire, passed);
      if (state === "now" || state === "passed") reached.add(wire.along ? wire.target : wire.source);
      for (const name of ["now", "came", "passed"]) wire.element?.classList.toggle(name, state === name);
    }
    for (const item of tree.visible) {
      const went = passed.has(item) || (isTensor(item) && reached.has(item));
      item.element?.classList.toggle("passed", went && item !== this.now);
      item.element?.classList.toggle("now", item === this.now);
    }
    this.controls();
  }

  stateOf(wire, passed) {
    if (!wire.gradient || !this.now) return "";
    const [giver, taker] = wire.along ? [wire.source, wire.target] : [wire.target, wire.source];
    if (giver === this.now) return "now";
    if (taker === this.now) return "came";
    return passed.has(giver) ? "passed" : "";
  }

  controls() {
    const last = this.steps.length - 1, none = last < 0;
    const disable = (id, off) => { document.getElementById(id).disabled = off; };
    disable("first", this.at < 0);
    disable("previous", this.at < 0);
    disable("next", none || this.at >= last);
    disable("play", none);
    disable("inside", !this.now?.group);
    document.getElementById("play").textContent = this.timer ? "Pause" : "Play";
    const slider = document.getElementById("slider");
    [slider.max, slider.value] = [this.steps.length, this.at + 1];
    const place = this.at < 0 ? counted(this.steps.length, "step") : `step ${this.at + 1} of ${this.steps.length}`;
    document.getElementById("counter").textContent = none ? "no gradient flows" : place;
  }

  // ---- the panel ----------------------------------------------------------------------------------------------------

  describe(item) {
    panel.replaceChildren();
    element("p", `Backward pass, step ${this.at + 1} of ${this.steps.length}`, "quiet", panel);
    element("h2", item.title, "", panel);
    const size = () => `folded module · ${counted(item.operations.length, "operation")}`;
    element("p", item.group ? size() : shapeLine(item), "quiet", panel);
    this.incoming(item);
    this.rule(item);
    this.outgoing(item);
    if (item.line) element("h3", "The line that ran it", "", panel);
    if (item.line) element("pre", item.line, "", panel);
  }

  incoming(item) {
    element("h3", "Incoming gradient g", "", panel);
    const list = element("ul", null, "", panel);
    const wires = this.arriving(item);
    for (const wire of wires.slice(0, LISTED)) this.entry(list, "from ", wire.along ? wire.source : wire.target, "");
    if (wires.length > LISTED) element("li", `and ${wires.length - LISTED} more`, "quiet", list);
    if ((item.inside ?? [item]).some((vertex) => vertex.output)) {
      element("li", "the start: the gradient given to backward(), 1 for a scalar", "", list);
    }
    if (wires.length > 1) element("p", `g is the sum of these ${wires.length}.`, "quiet", panel);
    const stats = (item.group ? item.outputs.at(-1) : item)?.gradient;
    element("p", describeNorm(stats), stats ? "" : "missing", panel);
  }

  rule(item) {
    element("h3", item.group ? "Rules" : "Rule", "", panel);
    if (item.group) {
      const names = [...new Set([...item.operations].reverse().map((vertex) => vertex.title))];
      element("p", `Those of ${shorten(names.join(", "), 160)}: step into the module to see each.`, "", panel);
      return;
    }
    if (item.kind === "gradient") {
      element("pre", item.note || item.title, "", panel);
      return;
    }
    const taken = new Set(this.page.tree.edges.filter((e) => e.target === item && e.gradient).map((e) => e.argument));
    const rules = Object.entries(item.rules ?? {}).filter(([name]) => !taken.size || taken.has(name) || taken.has(""));
    for (const [argument, text] of rules) element("pre", `grad_${argument} = ${text}`, "", panel);
    if (!rules.length) element("p", "no rule on record for this operation", "missing", panel);
  }

  outgoing(item) {
    element("h3", "Outgoing gradients", "", panel);
    const list = element("ul", null, "", panel);
    const wires = this.leaving(item);
    for (const wire of wires) {
      const taker = wire.along ? wire.target : wire.source;
      const named = [...new Set(wire.edges.map((edge) => edge.argument).filter(Boolean))];
      const words = item.group || wire.along || !named.length ? "to " : `grad_${named.join(", grad_")} to `;
      const line = this.entry(list, words, taker, this.fate(wire, taker));
      const [result, ...others] = taker.group ? taker.outputs : [taker];
      if (!others.length) element("div", describeNorm(result.gradient), result.gradient ? "" : "missing", line);
    }
    if (!wires.length) element("li", "none: everything it took is a constant", "quiet", list);
  }

  // Whether a gradient is added to others, and where it stays.
  fate(wire, taker) {
    const uses = this.page.tree.edges.filter((edge) => edge.source === taker && edge.gradient).length;
    const words = wire.along || taker.group || uses < 2 ? "" : `, one of ${uses} that are added up`;
    return isTensor(taker) ? `${words}; it stays in .grad` : words;
  }

  entry(list, words, item, after) {
    const line = element("li", words, "", list);
    const link = element("span", item.title || item.kind, "link", line);
    link.addEventListener("click", () => this.page.choose(item));
    line.append(after);
    return line;
  }
}

function placeOf(item) {
  return item.last ?? item.order;
}

function describeNorm(stats) {
  if (!stats) return "its numbers: not computed";
  const words = [`norm ${number(stats.norm)}`, `mean ${number(stats.mean)}`, rangeOf(stats)];
  for (const [count, name] of [[stats.nans, "NaN"], [stats.infs, "Inf"]]) if (count) words.push(`${count} ${name}`);
  return words.join(", ");
}
