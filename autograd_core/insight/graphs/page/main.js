"use strict";

// The page: what a click, a key and a search do.

const READABLE = 40; // so many nodes show at first; the rest stays folded
const MOST = 2000; // "Unfold" shows no more than so many
const byId = (id) => document.getElementById(id);

class Page {
  constructor(data) {
    this.tree = new Tree(data);
    for (const group of this.tree.groups) group.titleWidth = boxTitleWidth(group);
    this.view = new View(byId("canvas"), byId("scene"));
    this.chosen = null;
    this.tree.foldBeyond(READABLE);
    this.player = new Player(this);
    byId("name").textContent = data.name;
    this.redraw();
    this.view.fit(this.size.width, this.size.height, 0.8);
    this.player.show();
  }

  // Lay out and draw anew; `anchor` stays where it is on the screen.
  redraw(anchor = null) {
    const before = anchor?.x === undefined ? null : this.view.at(anchor.x, anchor.y);
    const began = performance.now();
    for (const item of this.tree.visible) item.lines = null;
    this.size = layOut(this.tree, sizeOf);
    draw(this.tree);
    this.milliseconds = performance.now() - began;
    if (before) {
      const after = this.view.at(anchor.x, anchor.y);
      this.view.x += before[0] - after[0];
      this.view.y += before[1] - after[1];
      this.view.apply();
    }
    paint(this.tree, byId("colour").value);
    this.player.refold();
    this.player.mark();
    this.mark();
    this.count();
  }

  count() {
    const { tree } = this, operations = tree.vertices.filter((vertex) => !isTensor(vertex));
    const parameters = tree.vertices.filter((vertex) => vertex.kind === "parameter" && !vertex.fed).length;
    const words = [counted(operations.length, "operation")];
    if (parameters) words.push(counted(parameters, "parameter"));
    if (operations.some((vertex) => vertex.bytes !== null)) words.push(`${bytes(tree.bytes)} kept for backward`);
    if (tree.hidden) words.push(`${counted(tree.hidden, "earlier operation")} left out`);
    byId("counts").textContent = [...words, `${counted(tree.visible.length, "node")} shown`].join(" · ");
    byId("unfold").disabled = !tree.visible.some((item) => item.group);
    byId("fold").disabled = tree.groups.length < 2;
  }

  toggle(group) {
    this.tree.setFolded(group, !group.folded);
    this.redraw(group);
  }

  choose(item) {
    this.player.pause();
    if (this.tree.shown(item) !== item) {
      this.tree.reveal(item);
      this.redraw();
    }
    this.chosen = item;
    this.mark();
    if (item.element) this.view.bringIn(item);
    showItem(item);
  }

  clear() {
    this.chosen = null;
    this.mark();
    this.player.show();
  }

  // Mark the chosen item and the wires at it.
  mark(hovered = null) {
    const near = hovered ?? this.chosen;
    for (const item of [...this.tree.visible, ...this.tree.groups]) {
      item.element?.classList.toggle("chosen", item === this.chosen);
    }
    for (const wire of this.tree.wires) {
      wire.element?.classList.toggle("near", near !== null && (wire.source === near || wire.target === near));
    }
  }

  // Say something that goes away again.
  say(text) {
    const note = byId("note");
    [note.textContent, note.hidden] = [text, false];
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { note.hidden = true; }, 5000);
  }

  unfold() {
    if (this.tree.unfoldLevel(MOST)) this.redraw();
    else this.say(`More than ${counted(MOST, "node")} would show: unfold single modules with a double click.`);
  }

  fold() {
    this.tree.foldAll();
    this.redraw();
    this.view.fit(this.size.width, this.size.height, 0.8);
  }

  fit() {
    this.view.fit(this.size.width, this.size.height);
  }
}

// ---- search ---------------------------------------------------------------------------------------------------------

class Search {
  constructor(page) {
    Object.assign(this, { page, hits: [], at: 0, field: byId("search"), list: byId("found") });
    this.field.addEventListener("input", () => this.find());
    this.field.addEventListener("focus", () => this.find());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    this.field.addEventListener("blur", () => { this.list.hidden = true; });
  }

  find() {
    const words = this.field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const { tree } = this.page;
    const items = words.length ? [...tree.groups.slice(1), ...tree.vertices] : [];
    this.hits = items.filter((item) => words.every((word) => wordsOf(item).includes(word)));
    this.at = 0;
    const shown = new Set(this.hits.map((item) => tree.shown(item)));
    for (const item of tree.visible) item.element?.classList.toggle("found", shown.has(item));
    this.show(words.length > 0);
  }

  show(asked) {
    this.list.replaceChildren();
    this.list.hidden = !asked;
    this.hits.slice(0, 50).forEach((item, i) => {
      const line = element("li", item.title || item.kind, i === this.at ? "at" : "", this.list);
      element("small", item.group ? "module" : [item.module, shapeLine(item)].filter(Boolean).join(" · "), "", line);
      line.addEventListener("click", () => this.take(i));
    });
    const rest = this.hits.length - 50;
    if (rest > 0) element("li", `and ${rest.toLocaleString("en")} more`, "none", this.list);
    if (!this.hits.length) element("li", "nothing found", "none", this.list);
    this.list.querySelector(".at")?.scrollIntoView({ block: "nearest" });
  }

  take(i) {
    this.list.hidden = true;
    this.page.choose(this.hits[i]);
    this.page.view.centre(this.hits[i]);
  }

  key(event) {
    const last = Math.min(this.hits.length, 50) - 1;
    if (event.key === "Escape") this.field.blur();
    else if (event.key === "Enter" && this.hits.length) this.take(this.at);
    else if (event.key === "ArrowDown") this.at = Math.min(last, this.at + 1);
    else if (event.key === "ArrowUp") this.at = Math.max(0, this.at - 1);
    if (event.key.startsWith("Arrow") && this.hits.length) this.show(true);
    event.stopPropagation();
  }
}

function wordsOf(item) {
  const words = () => [item.title, item.kind, item.module, item.path, item.line, item.group ? "" : shapeLine(item)];
  item.words ??= words().join(" ").toLowerCase();
  return item.words;
}
