"use strict";

// Panning and zooming: the scene's place and scale in the canvas.

class View {
  constructor(canvas, scene) {
    Object.assign(this, { canvas, scene, x: 0, y: 0, scale: 1, held: null, moved: false });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.grab(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", () => this.release());
    canvas.addEventListener("pointercancel", () => this.release());
  }

  apply() {
    this.scene.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
  }

  get size() {
    return this.canvas.getBoundingClientRect();
  }

  // Zoom by a factor around a point of the canvas.
  zoom(factor, x = this.size.width / 2, y = this.size.height / 2) {
    const scale = Math.max(0.02, Math.min(4, this.scale * factor));
    this.x = x - (x - this.x) * (scale / this.scale);
    this.y = y - (y - this.y) * (scale / this.scale);
    this.scale = scale;
    this.apply();
  }

  wheel(event) {
    event.preventDefault();
    const box = this.size, step = event.deltaMode === 1 ? 30 : 1; // lines or pixels
    this.zoom(Math.exp(-event.deltaY * step * 0.0015), event.clientX - box.left, event.clientY - box.top);
  }

  grab(event) {
    if (event.button !== 0) return;
    this.held = { x: event.clientX - this.x, y: event.clientY - this.y, fromX: event.clientX, fromY: event.clientY };
    this.moved = false;
  }

  drag(event) {
    if (!this.held) return;
    if (!this.moved && Math.hypot(event.clientX - this.held.fromX, event.clientY - this.held.fromY) < 4) return;
    if (!this.moved) this.canvas.setPointerCapture(event.pointerId);
    this.moved = true;
    this.canvas.classList.add("held");
    [this.x, this.y] = [event.clientX - this.held.x, event.clientY - this.held.y];
    this.apply();
  }

  release() {
    this.held = null;
    this.canvas.classList.remove("held");
  }

  // Show a drawing of this size whole; where that would make it too small to read, its beginning.
  fit(width, height, least = 0) {
    const box = this.size;
    const room = box.height - 80; // below there is the legend
    const whole = Math.min(1.25, (box.width - 40) / width, room / height);
    this.scale = Math.max(whole, Math.min(least, 1.25), 0.02);
    this.x = (box.width - width * this.scale) / 2;
    this.y = 20 + Math.max(0, (room - height * this.scale) / 2);
    this.apply();
  }

  // Where a point of the scene is in the canvas.
  at(x, y) {
    return [this.x + x * this.scale, this.y + y * this.scale];
  }

  centre(item) {
    const [x, y] = this.at(item.x, item.y + (item.size?.height ?? 0) / 2), box = this.size;
    this.x += box.width / 2 - x;
    this.y += box.height / 2 - y;
    this.apply();
  }

  // Move a node into the canvas if it is near or beyond its border.
  bringIn(item) {
    const [x, y] = this.at(item.x, item.y), box = this.size;
    if (x < 90 || y < 70 || x > box.width - 90 || y > box.height - 110) this.centre(item);
  }
}
