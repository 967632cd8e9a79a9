"use strict";

// A layered layout, group inside group.  Each unfolded group is laid out by itself, innermost first, and then stands
// as one box in the group around it.  A wire that leaves a group does so through a port on the group's border.
// Within a group: layers by longest path, lanes for wires that pass a layer, order by barycentres, then places.

const SPACE = { x: 24, lane: 14, y: 28, pad: 18, header: 30, chip: 6, lead: 8, most: 30000 };

// Lay out everything that shows.  Items get `x` (of their anchor) and `y` (of their top); wires get `points`.
function layOut(tree, sizeOf) {
  const plan = { links: linksByGroup(tree), boxes: new Map(), sizeOf };
  const box = layOutGroup(tree.root, plan);
  place(tree.root, box.left, 0, plan);
  for (const wire of tree.wires) wire.points = wire.source.chipOf ? chipLine(wire) : pointsOf(wire, plan);
  return { width: box.left + box.right, height: box.height };
}

// ---- which group a wire is drawn in ---------------------------------------------------------------------------------

// The groups around an item, outermost first, and the item itself at the end.
function chain(item) {
  const found = [];
  for (let up = item; up; up = up.parent) found.unshift(up);
  return found;
}

// Cut each wire at the borders of the groups it crosses.  Wires from one source share their pieces.
function linksByGroup(tree) {
  const links = new Map();
  for (const wire of tree.wires) {
    if (wire.source.chipOf) continue;
    wire.pieces = [];
    const down = chain(wire.target), up = chain(wire.source);
    let common = 0;
    while (up[common + 1] === down[common + 1]) common++;
    wire.upward = orderOf(up[common + 1]) > orderOf(down[common + 1]);
    for (let i = up.length - 2; i > common; i--) addLink(links, wire, up[i], up[i + 1], null);
    addLink(links, wire, up[common], up[common + 1], down[common + 1]);
    for (let i = common + 1; i < down.length - 1; i++) addLink(links, wire, down[i], null, down[i + 1]);
  }
  return links;
}

// In `group`, from one child to another; null stands for the port of the wire's source on the group's border.
function addLink(links, wire, group, from, to) {
  const net = wire.source.key + (wire.upward ? "^" : ""), key = `${net}|${from?.key ?? ""}|${to?.key ?? ""}`;
  if (!links.has(group)) links.set(group, new Map());
  const here = links.get(group);
  const weight = isTensor(wire.source) ? 1 : 40; // what operations hand on is the trunk
  if (!here.has(key)) here.set(key, { net, from, to, weight, upward: wire.upward });
  wire.pieces.push([group, here.get(key)]);
}

// ---- one group ------------------------------------------------------------------------------------------------------

function layOutGroup(group, plan) {
  for (const child of group.children) if (child.group && !child.folded) layOutGroup(child, plan);
  const links = [...(plan.links.get(group)?.values() ?? [])];
  const slots = slotsOf(group, links, plan);
  assignLayers(slots);
  const layers = addLanes(slots, links);
  orderLayers(layers);
  placeAcross(layers);
  const box = placeDown(layers, group);
  for (const link of links) link.points = routeOf(link, box);
  plan.boxes.set(group, box);
  return box;
}

function newSlot(item, left, right, height, order) {
  return { item, left, right, height, order, layer: 0, rank: 0, x: 0, above: [], below: [], ports: null, inset: 0 };
}

// A slot for each child and each port.  The links learn their upper and lower slot: a wire that would go up is turned.
function slotsOf(group, links, plan) {
  const slots = new Map();
  for (const child of group.children) {
    if (child.chipOf) continue;
    const size = child.group && !child.folded ? plan.boxes.get(child) : plan.sizeOf(child);
    const slot = newSlot(child, size.left, size.right, size.height, orderOf(child));
    slot.ports = size.ports ?? null;
    slot.inset = size.inset ?? 0;
    slots.set(child.key, slot);
  }
  for (const link of links) {
    const top = link.upward ? Infinity : -Infinity; // a wire that goes up enters from below
    const from = link.from ? slots.get(link.from.key) : port(slots, "in:" + link.net, top);
    const to = link.to ? slots.get(link.to.key) : port(slots, "out:" + link.net, -top);
    link.turned = from.order > to.order;
    [link.upper, link.lower] = link.turned ? [to, from] : [from, to];
    link.upper.follows = [...(link.upper.follows ?? []), link.lower];
    link.offsets = [offset(link.upper, link, link.turned), offset(link.lower, link, !link.turned)];
  }
  return [...slots.values()];
}

// Where in the pass an item stands; tensors that nothing flows into come first.
function orderOf(item) {
  return item.group || item.fed || !isTensor(item) ? item.order : -1;
}

function port(slots, key, order) {
  if (!slots.has(key)) slots.set(key, Object.assign(newSlot(null, 6, 6, 0, order), { port: key }));
  return slots.get(key);
}

// Where on a slot a wire ends: at its anchor, or at a port of the group it stands for.
function offset(slot, link, entering) {
  return slot.ports?.get((entering ? "in:" : "out:") + link.net) ?? 0;
}

function assignLayers(slots) {
  slots.sort((a, b) => a.order - b.order);
  const fed = new Set(slots.flatMap((slot) => slot.follows ?? []));
  const first = slots.length && slots[0].order === -Infinity ? 1 : 0;
  for (const slot of slots) if (slot.order !== -Infinity) slot.layer = first;
  for (const slot of slots) for (const next of slot.follows ?? []) next.layer = Math.max(next.layer, slot.layer + 1);
  for (const slot of [...slots].reverse()) {
    if (fed.has(slot) || slot.order === -Infinity || !slot.follows) continue;
    slot.layer = Math.min(...slot.follows.map((next) => next.layer)) - 1; // a source stands right above its first user
  }
  const last = Math.max(0, ...slots.filter((slot) => slot.order !== Infinity).map((slot) => slot.layer)) + 1;
  for (const slot of slots) if (slot.order === Infinity) slot.layer = last;
}

// Give wires that pass layers a lane through each; wires from one port share it.  Returns the layers.
function addLanes(slots, links) {
  const layers = [];
  for (const slot of slots) (layers[slot.layer] ??= []).push(slot);
  for (let i = 0; i < layers.length; i++) layers[i] ??= [];
  const room = { left: SPACE.most };
  for (const bundle of bundles(links)) addLane(bundle, layers, room);
  return layers;
}

function bundles(links) {
  const found = new Map(), ids = new Map();
  for (const link of links) {
    if (!ids.has(link.upper)) ids.set(link.upper, ids.size);
    const key = ids.get(link.upper) + "|" + link.net;
    found.set(key, [...(found.get(key) ?? []), link]);
  }
  return found.values();
}

function addLane(bundle, layers, room) {
  const { upper, net } = bundle[0];
  const depth = Math.max(...bundle.map((link) => link.lower.layer)) - upper.layer - 1;
  if (depth > room.left) {
    for (const link of bundle) link.lane = []; // too many for a tidy drawing: these run straight
    return;
  }
  room.left -= depth;
  const lane = [];
  for (let i = 0; i < depth; i++) {
    const slot = Object.assign(newSlot(null, 3, 3, 0, upper.order), { layer: upper.layer + 1 + i });
    layers[slot.layer].push(slot);
    join(lane[i - 1] ?? upper, slot, i ? [0, 0] : [bundle[0].offsets[0], 0], i ? 4 : 1);
    lane.push(slot);
  }
  for (const link of bundle) {
    link.lane = lane.slice(0, link.lower.layer - upper.layer - 1);
    const last = link.lane.at(-1);
    join(last ?? upper, link.lower, [last ? 0 : link.offsets[0], link.offsets[1]], last ? 1 : link.weight);
  }
}

function join(upper, lower, offsets, weight) {
  upper.below.push({ slot: lower, here: offsets[0], there: offsets[1], weight });
  lower.above.push({ slot: upper, here: offsets[1], there: offsets[0], weight });
}

// ---- order within the layers ----------------------------------------------------------------------------------------

function orderLayers(layers) {
  rankAll(layers);
  if (layers.every((layer) => layer.length < 2)) return;
  let best = null, fewest = Infinity;
  for (let sweep = 0; sweep < 9 && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      for (const slot of layer) slot.middle = barycentre(slot, down ? slot.above : slot.below);
      layer.sort((a, b) => a.middle - b.middle);
      layer.forEach((slot, i) => { slot.rank = i; });
    }
    const count = layers.reduce((sum, layer) => sum + crossings(layer), 0);
    if (count < fewest) [fewest, best] = [count, layers.map((layer) => [...layer])];
  }
  best.forEach((layer, i) => layers[i].splice(0, Infinity, ...layer));
  rankAll(layers);
}

function rankAll(layers) {
  for (const layer of layers) layer.forEach((slot, i) => { slot.rank = i; });
}

function barycentre(slot, ends) {
  if (!ends.length) return slot.rank;
  return ends.reduce((sum, end) => sum + position(end.slot, end.there), 0) / ends.length;
}

// A rank, and within it how far to the right a port lies.
function position(slot, offset) {
  return slot.rank + (offset + slot.left) / (slot.left + slot.right + 1) - 0.5;
}

// How many pairs of wires cross below a layer: inversions, counted with a Fenwick tree.
function crossings(layer) {
  const ends = [];
  for (const slot of layer) {
    for (const end of slot.below) ends.push([position(slot, end.here), position(end.slot, end.there)]);
  }
  const places = [...new Set(ends.map((end) => end[1]))].sort((a, b) => a - b);
  const ranks = new Map(places.map((place, i) => [place, i + 1]));
  ends.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const counts = new Array(ranks.size + 1).fill(0);
  let crossed = 0;
  ends.forEach((end, seen) => {
    let smaller = 0;
    for (let i = ranks.get(end[1]); i > 0; i -= i & -i) smaller += counts[i];
    crossed += seen - smaller;
    for (let i = ranks.get(end[1]); i < counts.length; i += i & -i) counts[i]++;
  });
  return crossed;
}
