"use strict";

// Wiring: from the browser's events to the page.

function itemAt(page, event) {
  const key = event.target.closest?.("[data-key]")?.dataset.key;
  return key ? page.tree.byKey.get(key) ?? null : null;
}

function listenToCanvas(page) {
  const canvas = byId("canvas"), tip = byId("tip");
  canvas.addEventListener("click", (event) => {
    if (page.view.moved) return;
    const item = itemAt(page, event);
    if (!item) page.clear();
    else if (event.target.closest("circle, .sign")) page.toggle(item);
    else page.choose(item);
  });
  canvas.addEventListener("dblclick", (event) => {
    const item = itemAt(page, event);
    if (item?.group && !event.target.closest("circle, .sign")) page.toggle(item);
  });
  canvas.addEventListener("pointermove", (event) => {
    const item = page.view.held ? null : itemAt(page, event);
    if (!item || (item.group && !item.folded)) tip.hidden = true;
    else showTip(tip, item, event);
    if (item !== page.hovered) page.mark((page.hovered = item));
  });
  canvas.addEventListener("pointerleave", () => {
    tip.hidden = true;
    page.mark((page.hovered = null));
  });
}

function showTip(tip, item, event) {
  tipFor(item, tip);
  tip.hidden = false;
  const box = byId("canvas").getBoundingClientRect();
  const x = event.clientX - box.left + 16, y = event.clientY - box.top + 16;
  tip.style.left = `${Math.max(4, Math.min(x, box.width - tip.offsetWidth - 8))}px`;
  tip.style.top = `${y + tip.offsetHeight > box.height ? y - tip.offsetHeight - 28 : y}px`;
}

function listenToButtons(page) {
  const { player, view } = page;
  const actions = {
    fold: () => page.fold(), unfold: () => page.unfold(), fit: () => page.fit(),
    closer: () => view.zoom(1.3), further: () => view.zoom(1 / 1.3),
    first: () => player.go(-1), previous: () => player.go(player.at - 1), next: () => player.go(player.at + 1),
    play: () => player.play(), inside: () => player.stepInto(),
  };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
  byId("slider").addEventListener("input", (event) => player.go(Number(event.target.value) - 1));
  byId("colour").addEventListener("change", (event) => paint(page.tree, event.target.value));
}

function listenToKeys(page) {
  const { player, view } = page;
  const keys = {
    ArrowRight: () => player.go(player.at + 1), ArrowLeft: () => player.go(player.at - 1), Home: () => player.go(-1),
    " ": () => player.play(), i: () => player.stepInto(), f: () => page.fit(), "/": () => byId("search").focus(),
    "+": () => view.zoom(1.3), "=": () => view.zoom(1.3), "-": () => view.zoom(1 / 1.3), Escape: () => page.clear(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.(event.key === " " ? "input, select, button" : "input, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}

// JSON has no NaN and no infinity: statistics carry them as words.
const STATISTICS = new Set(["mean", "std", "min", "max", "norm"]);
const revive = (key, value) => (STATISTICS.has(key) ? Number(value) : value);
const page = new Page(JSON.parse(byId("data").textContent, revive));
const search = new Search(page);
listenToCanvas(page);
listenToButtons(page);
listenToKeys(page);
