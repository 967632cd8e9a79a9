"use strict";

// The second half of the layout: from layers in order to places, and the wires' way through them.

// ---- across ---------------------------------------------------------------------------------------------------------

function placeAcross(layers) {
  for (const layer of layers) settle(layer, layer.map(() => 0), layer.map(() => 1));
  for (let sweep = 0; sweep < 10; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) pull(layer, (slot) => (down ? slot.above : slot.below));
  }
  for (const layer of layers) pull(layer, (slot) => [...slot.above, ...slot.below]);
  for (const layer of layers) pull(layer, (slot) => (slot.above.length ? slot.above : slot.below));
  if (layers.length) pull(layers[0], (slot) => slot.below); // what enters, right above what takes it
}

// Move a layer's slots to where their wires run straight, as far as order and room allow.
function pull(layer, endsOf) {
  const wishes = [], weights = [];
  for (const slot of layer) {
    const ends = endsOf(slot);
    wishes.push(ends.length ? median(ends) : slot.x);
    weights.push(ends.length ? ends.reduce((sum, end) => sum + end.weight, 0) : 0.1);
  }
  settle(layer, wishes, weights);
}

function median(ends) {
  const places = ends.map((end) => [end.slot.x + end.there - end.here, end.weight]).sort((a, b) => a[0] - b[0]);
  const half = places.reduce((sum, place) => sum + place[1], 0) / 2;
  let seen = 0;
  for (let i = 0; i < places.length; i++) {
    seen += places[i][1];
    if (seen > half) return places[i][0];
    if (seen === half) return (places[i][0] + places[i + 1][0]) / 2;
  }
  return places.at(-1)[0];
}

// The places nearest to the wishes (least weighted squares) that keep the order and the room between neighbours:
// isotonic regression by pooling adjacent violators.
function settle(layer, wishes, weights) {
  const blocks = [], rooms = [];
  layer.forEach((slot, i) => {
    rooms.push(i ? rooms[i - 1] + layer[i - 1].right + between(layer[i - 1], slot) + slot.left : 0);
    let block = { sum: weights[i] * (wishes[i] - rooms[i]), weight: weights[i], count: 1 };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).weight >= block.sum / block.weight) {
      const left = blocks.pop();
      block = { sum: left.sum + block.sum, weight: left.weight + block.weight, count: left.count + block.count };
    }
    blocks.push(block);
  });
  let i = 0;
  for (const block of blocks) {
    for (let n = 0; n < block.count; n++, i++) layer[i].x = block.sum / block.weight + rooms[i];
  }
}

function between(a, b) {
  return a.item && b.item ? SPACE.x : SPACE.lane;
}

// ---- down -----------------------------------------------------------------------------------------------------------

// Give the layers their heights; return the group's box, with its ports' places, around an anchor at x = 0.
function placeDown(layers, group) {
  const inner = group.parent !== undefined;
  const ports = new Map();
  let y = inner && !(layers[0] ?? []).some((slot) => slot.port) ? SPACE.header : inner ? 0 : SPACE.pad;
  let left = 0, right = inner ? group.titleWidth + SPACE.pad : 0;
  const box = { layers: [], ports };
  layers.forEach((layer, i) => {
    const height = Math.max(0, ...layer.map((slot) => slot.height));
    box.layers.push({ top: y, bottom: y + height });
    for (const slot of layer) slot.y = y + (height - slot.height) / 2;
    if (i < layers.length - 1) y += height + gapBelow(layer, leastGap(layers, i, inner));
    else y += height;
  });
  const slots = layers.flat();
  if (slots.length) {
    const far = Math.max(...slots.map((slot) => slot.x + slot.right)) + SPACE.pad;
    left = SPACE.pad - Math.min(...slots.map((slot) => slot.x - slot.left));
    right = Math.max(far, right - left);
  }
  for (const slot of slots) if (slot.port) ports.set(slot.port, slot.x);
  const open = (layers.at(-1) ?? []).some((slot) => slot.port);
  return Object.assign(box, { left, right, height: y + (open ? 0 : SPACE.pad), slots });
}

// Below the ports on a group's upper border there is its title; above those on its lower border, only padding.
function leastGap(layers, i, inner) {
  if (inner && i === 0 && layers[0].some((slot) => slot.port)) return SPACE.header + 6;
  return layers[i + 1].some((slot) => slot.port) ? SPACE.pad : SPACE.y;
}

// Room below a layer: more where wires run far across.
function gapBelow(layer, least) {
  let far = 0;
  for (const slot of layer) {
    for (const end of slot.below) far = Math.max(far, Math.abs(slot.x + end.here - end.slot.x - end.there));
  }
  return Math.max(least, Math.min(90, least + far * 0.1 - 6));
}

// ---- wires ----------------------------------------------------------------------------------------------------------

// The points of a link within its group, from its upper to its lower end, or turned.
function routeOf(link, box) {
  const { upper, lower } = link;
  const start = upper.x + link.offsets[0], end = lower.x + link.offsets[1];
  const points = [[start, upper.y + upper.height - upper.inset], [start, box.layers[upper.layer].bottom]];
  for (const { x, layer } of link.lane) points.push([x, box.layers[layer].top], [x, box.layers[layer].bottom]);
  const lead = lower.item && !link.turned ? SPACE.lead : 0; // so that an arrow arrives from straight above
  points.push([end, box.layers[lower.layer].top - lead], [end, lower.y + lower.inset]);
  return link.turned ? points.reverse() : points;
}

// Place a group's children in the page, and theirs.
function place(group, x, y, plan) {
  const box = plan.boxes.get(group);
  Object.assign(group, { x, y, box });
  for (const slot of box.slots) {
    const item = slot.item;
    if (!item) continue;
    if (item.group && !item.folded) place(item, x + slot.x, y + slot.y, plan);
    else Object.assign(item, { x: x + slot.x, y: y + slot.y, size: plan.sizeOf(item) });
    if (item.chips?.length) placeChips(item, plan);
  }
}

// Chips stand to the left of their operation, one above the other, around its middle.
function placeChips(item, plan) {
  const sizes = item.chips.map((chip) => plan.sizeOf(chip));
  const height = sizes.reduce((sum, size) => sum + size.height + SPACE.chip, -SPACE.chip);
  let y = item.y + (item.size.height - height) / 2;
  item.chips.forEach((chip, i) => {
    const x = item.x - item.size.core / 2 - SPACE.x - sizes[i].right;
    Object.assign(chip, { x, y, size: sizes[i] });
    y += sizes[i].height + SPACE.chip;
  });
}

function chipLine(wire) {
  const chip = wire.source, user = wire.target;
  const y = chip.y + chip.size.height / 2, middle = user.y + user.size.height / 2;
  const from = chip.x + chip.size.right, to = user.x - user.size.core / 2;
  const aim = middle + Math.max(-0.32, Math.min(0.32, (y - middle) / 60)) * user.size.tall;
  return [[from, y], [to, aim]];
}

// A wire's whole way, group by group.
function pointsOf(wire) {
  const points = [];
  for (const [group, link] of wire.pieces) {
    for (const [x, y] of link.points) points.push([group.x + x, group.y + y]);
  }
  return points;
}

// An SVG path along points: straight down within a layer, an S-bend between layers.
function pathOf(points, sideways) {
  let path = `M${round(points[0][0])} ${round(points[0][1])}`;
  for (let i = 1; i < points.length; i++) {
    const [[x, y], [toX, toY]] = [points[i - 1], points[i]];
    if (Math.abs(x - toX) < 0.5 && i < points.length - 1 && Math.abs(points[i + 1][0] - toX) < 0.5) continue;
    if (Math.abs(x - toX) < 0.5 || Math.abs(y - toY) < 0.5) path += `L${round(toX)} ${round(toY)}`;
    else if (sideways) path += bend(x, y, toX, toY, (x + toX) / 2, y, (x + toX) / 2, toY);
    else path += bend(x, y, toX, toY, x, (y + toY) / 2, toX, (y + toY) / 2);
  }
  return path;
}

function bend(x, y, toX, toY, ...middle) {
  return "C" + middle.map(round).join(" ") + ` ${round(toX)} ${round(toY)}`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
