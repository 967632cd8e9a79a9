"use strict";

// The graph as a tree: vertices inside the calls of modules, which of them show, and the edges between those.
// An item is a vertex or a group.  Groups carry `children`; a folded group shows as one node.

const LEAVES = new Set(["parameter", "buffer", "constant"]);

class Tree {
  constructor(data) {
    this.groups = data.groups.map((group, i) => ({ ...group, key: "g" + i, group: true, folded: false, children: [] }));
    this.vertices = data.vertices.map((vertex, i) => ({ ...vertex, order: i, rules: data.rules[vertex.rules] }));
    Object.assign(this, { notes: data.notes, hidden: data.hidden, bytes: data.bytes, part: data.part });
    this.byKey = new Map([...this.groups, ...this.vertices].map((item) => [item.key, item]));
    this.root = this.groups[0];
    for (const group of this.groups.slice(1)) adopt(this.groups[group.parent], group);
    for (const vertex of this.vertices) adopt(this.groups[vertex.parent], vertex);
    this.edges = data.edges.map(([source, target, argument, gradient, change]) => ({
      source: this.vertices[source], target: this.vertices[target], argument, gradient: gradient === 1, change,
    }));
    for (const edge of this.edges) edge.target.fed = true;
    measureGroups(this.root);
    findOutputs(this.edges, this.vertices);
    this.refresh();
  }

  // The item that stands for a vertex now: itself, or the outermost folded group around it.
  shown(item) {
    let found = item;
    for (let up = item.parent; up; up = up.parent) if (up.folded) found = up;
    return found;
  }

  // Work out anew what shows: `visible` items, `chips` (leaves that sit beside their only user) and `wires`.
  refresh() {
    this.visible = [];
    collect(this.root, this.visible);
    const stands = new Map();
    for (const item of this.visible) for (const vertex of item.group ? item.inside : [item]) stands.set(vertex, item);
    this.wires = wiresBetween(this.edges, stands, this.part !== "forward");
    findChips(this.visible, this.wires);
    this.stands = stands;
  }

  setFolded(group, folded) {
    group.folded = folded;
    this.refresh();
  }

  foldAll() {
    for (const group of this.groups.slice(1)) group.folded = true;
    this.refresh();
  }

  // Unfold every group that shows, if what then shows stays within `limit` nodes: last those of one operation.
  unfoldLevel(limit) {
    const folded = this.visible.filter((item) => item.group);
    const larger = folded.filter((group) => group.operations.length > 1);
    const next = larger.length ? larger : folded;
    const count = this.visible.length + next.reduce((sum, group) => sum + group.children.length - 1, 0);
    if (!next.length || count > limit) return false;
    for (const group of next) group.folded = false;
    for (const group of next) for (const child of group.children) if (child.group) child.folded = true;
    this.refresh();
    return true;
  }

  // Fold all but as many levels as `limit` nodes allow.
  foldBeyond(limit) {
    this.foldAll();
    while (this.unfoldLevel(limit));
  }

  // Unfold whatever hides an item.
  reveal(item) {
    for (let up = item.parent; up; up = up.parent) up.folded = false;
    this.refresh();
  }
}

function adopt(parent, child) {
  child.parent = parent;
  parent.children.push(child);
}

// Give each group the vertices inside it, how many of them are operations, and its place in the forward pass.
function measureGroups(group) {
  [group.inside, group.outputs] = [[], []];
  for (const child of group.children) {
    if (child.group) measureGroups(child);
    for (const vertex of child.group ? child.inside : [child]) group.inside.push(vertex);
  }
  group.operations = group.inside.filter((vertex) => !isTensor(vertex));
  const orders = (group.operations.length ? group.operations : group.inside).map((vertex) => vertex.order);
  group.order = Math.min(...orders.slice(0, 1), ...orders.slice(-1));
  group.last = Math.max(...orders.slice(0, 1), ...orders.slice(-1));
}

// The outputs of a group: what is used outside it, or was asked for.
function findOutputs(edges, vertices) {
  const leaving = new Map(vertices.filter((vertex) => vertex.output).map((vertex) => [vertex, [null]]));
  for (const { source, target } of edges) leaving.set(source, [...(leaving.get(source) ?? []), target]);
  for (const [vertex, targets] of leaving) {
    for (let up = vertex.parent; up; up = up.parent) {
      if (targets.some((target) => target === null || !isInside(target, up))) up.outputs.push(vertex);
    }
  }
}

function isInside(item, group) {
  for (let up = item.parent; up; up = up.parent) if (up === group) return true;
  return false;
}

function isTensor(vertex) {
  return LEAVES.has(vertex.kind) || vertex.kind === "input";
}

function collect(group, found) {
  for (const child of group.children) {
    if (child.group && !child.folded) collect(child, found);
    else found.push(child);
  }
}

// One wire for each pair of visible items, with the edges it stands for.
function wiresBetween(edges, stands, along) {
  const wires = new Map();
  for (const edge of edges) {
    const source = stands.get(edge.source), target = stands.get(edge.target);
    if (source === target) continue;
    const key = source.key + ">" + target.key;
    if (!wires.has(key)) wires.set(key, { key, source, target, edges: [], gradient: false, along: false });
    const wire = wires.get(key);
    wire.edges.push(edge);
    wire.gradient = wire.gradient || edge.gradient;
    wire.along = along && wire.gradient; // of a backward pass drawn as such, gradients go along the arrows
  }
  return [...wires.values()];
}

// A parameter, buffer or constant with one user in its own group becomes a chip beside that user.
function findChips(visible, wires) {
  const users = new Map();
  for (const item of visible) {
    item.chips = [];
    item.chipOf = null;
  }
  for (const wire of wires) users.set(wire.source, [...(users.get(wire.source) ?? []), wire.target]);
  for (const item of visible) {
    const [user, ...others] = users.get(item) ?? [];
    const alone = user && !others.length && !user.group && user.parent === item.parent;
    if (!alone || !LEAVES.has(item.kind) || item.fed) continue;
    item.chipOf = user;
    user.chips.push(item);
  }
}
