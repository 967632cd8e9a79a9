"use strict";

// From a layout to SVG.  Whatever the user named goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const FONT = getComputedStyle(document.body).fontFamily;
const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();
const SHADES = ["#F8FAFC", "#EEF2F7", "#E2E8F0"];

function widthOf(text, size, weight) {
  const key = `${weight} ${size}px|${text}`;
  if (!widths.has(key)) {
    pen.font = `${weight} ${size}px ${FONT}`;
    widths.set(key, pen.measureText(text).width);
  }
  return widths.get(key);
}

function svg(name, attributes, parent, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
}

function shorten(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

// ---- what stands in a node ------------------------------------------------------------------------------------------

// The two lines in a node: what it is, and its shape.
function linesOf(item) {
  item.lines ??= item.group ? [groupTitle(item), groupSub(item)] : [vertexTitle(item), shapeLine(item)];
  return item.lines;
}

function vertexTitle(vertex) {
  const title = vertex.chipOf || LEAVES.has(vertex.kind) ? tail(vertex.title, vertex.parent.path) : vertex.title;
  return shorten(title, 40);
}

// A dotted path below the path of the module around it.
function tail(path, outer) {
  return outer && path.startsWith(outer + ".") ? path.slice(outer.length + 1) : path;
}

function groupTitle(group) {
  const path = tail(group.path, group.parent?.path ?? "");
  const repeat = group.repeat > 1 && group.kind ? `  ×${group.repeat}` : "";
  return shorten(path || group.kind || group.title, 40) + repeat;
}

// The class, where the title is the path, and which call it is, where there are several.
function groupKind(group) {
  return [group.path ? group.kind : "", group.number > 1 ? `call ${group.number}` : ""].filter(Boolean).join(", ");
}

function groupSub(group) {
  const shapes = new Set(group.outputs.map(shapeLine));
  const words = groupKind(group) ? [groupKind(group)] : [];
  return shorten([...words, ...(shapes.size === 1 ? shapes : [])].join(" · "), 44);
}

function shapeLine(vertex) {
  const shapes = vertex.shapes.map(shapeText).join(", ");
  const dtypes = vertex.dtypes.filter((dtype) => dtype !== "float32");
  return shorten([shapes, ...new Set(dtypes)].filter(Boolean).join(" · "), 44);
}

function shapeText(shape) {
  return shape.join(" × ") || "scalar";
}

// `core` × `tall` is the node itself; around it there is room for its chips, which stand to the left.
function sizeOf(item) {
  const [title, sub] = linesOf(item);
  if (item.chipOf) return chipSize(title, sub);
  const sign = item.group ? 22 : 0;
  const core = Math.max(54, widthOf(title, 12.5, 600), widthOf(sub, 11, 400)) + 24 + sign;
  const tall = sub ? 40 : 27;
  const chips = (item.chips ?? []).map((chip) => chipSize(...linesOf(chip)));
  const stack = chips.reduce((sum, chip) => sum + chip.height + SPACE.chip, -SPACE.chip);
  const height = Math.max(tall, stack);
  const beside = chips.length ? SPACE.x + Math.max(...chips.map((chip) => chip.width)) : 0;
  return { core, tall, left: core / 2 + beside, right: core / 2, height, inset: (height - tall) / 2 };
}

function chipSize(title, sub) {
  const width = widthOf(title, 11, 600) + (sub ? widthOf(sub, 10.5, 400) + 7 : 0) + 15;
  return { width, left: width / 2, right: width / 2, height: 21 };
}

// ---- drawing --------------------------------------------------------------------------------------------------------

const sheets = Object.fromEntries(["boxes", "wires", "titles", "nodes"].map((id) => [id, document.getElementById(id)]));

function draw(tree) {
  for (const sheet of Object.values(sheets)) sheet.replaceChildren();
  for (const group of tree.groups) group.element = null;
  for (const vertex of tree.vertices) vertex.element = null;
  drawBoxes(tree.root, 0);
  for (const wire of tree.wires) {
    const path = pathOf(wire.points, wire.source.chipOf);
    wire.element = svg("path", { d: path, class: classesOfWire(wire), "data-key": wire.key }, sheets.wires);
  }
  for (const item of tree.visible) item.chipOf ? drawChip(item) : drawNode(item);
}

function drawBoxes(group, depth) {
  for (const child of group.children) {
    if (!child.group || child.folded) continue;
    const { left, right, height } = child.box, x = child.x - left, y = child.y;
    const fill = SHADES[depth % SHADES.length];
    child.element = svg("g", { class: "box", "data-key": child.key }, sheets.boxes);
    svg("rect", { x, y, width: left + right, height, rx: 10, fill }, child.element);
    const heading = svg("g", { class: "title", "data-key": child.key }, sheets.titles);
    drawSign(heading, x + 16, y + 16, false);
    const title = svg("text", { x: x + 29, y: y + 20, stroke: fill }, heading, groupTitle(child));
    svg("tspan", { "font-weight": 400, "font-size": 11, fill: "#64748B", dx: 7 }, title, groupKind(child));
    drawBoxes(child, depth + 1);
  }
}

function boxTitleWidth(group) {
  return 29 + widthOf(groupTitle(group), 12.5, 600) + 7 + widthOf(groupKind(group), 11, 400);
}

// A small + (folded) or − (unfolded) in a circle.
function drawSign(parent, x, y, plus) {
  svg("circle", { cx: x, cy: y, r: 6.5, fill: "white", stroke: "#94A3B8" }, parent);
  svg("path", { d: `M${x - 3} ${y}h6` + (plus ? `M${x} ${y - 3}v6` : ""), class: "sign" }, parent);
}

function drawNode(item) {
  const [title, sub] = linesOf(item), { core, tall, inset } = item.size;
  const x = item.x - core / 2, y = item.y + inset;
  item.element = svg("g", { class: "node " + classesOf(item), "data-key": item.key }, sheets.nodes);
  if (item.group) svg("rect", { class: "behind", x: x + 4, y: y + 4, width: core, height: tall, rx: 8 }, item.element);
  svg("rect", { x, y, width: core, height: tall, rx: isTensor(item) ? 0 : 8 }, item.element);
  if (item.group) drawSign(item.element, x + 17, y + tall / 2, true);
  const middle = item.x + (item.group ? 10 : 0);
  svg("text", { x: middle, y: y + (sub ? 17 : 18), "text-anchor": "middle" }, item.element, title);
  if (sub) svg("text", { x: middle, y: y + 31.5, "text-anchor": "middle", class: "sub" }, item.element, sub);
}

function drawChip(chip) {
  const [title, sub] = linesOf(chip), { width, height } = chip.size, x = chip.x - width / 2;
  chip.element = svg("g", { class: "node chip " + classesOf(chip), "data-key": chip.key }, sheets.nodes);
  svg("rect", { x, y: chip.y, width, height }, chip.element);
  svg("text", { x: x + 7, y: chip.y + 14.5 }, chip.element, title);
  const end = { x: x + width - 7, y: chip.y + 14.5, "text-anchor": "end", class: "sub" };
  if (sub) svg("text", end, chip.element, sub);
}

function classesOfWire(wire) {
  const { argument, change } = wire.edges[0];
  const more = [wire.source.chipOf && "chip", wire.along && "along", argument === "saved" && "saved", change];
  return ["wire", ...more].filter(Boolean).join(" ");
}

function classesOf(item) {
  if (item.group) return "group" + (item.inside.some((vertex) => vertex.output) ? " holds-output" : "");
  const more = [item.output && "output", item.freed && "freed", item.change];
  return [item.kind, ...more].filter(Boolean).join(" ");
}
