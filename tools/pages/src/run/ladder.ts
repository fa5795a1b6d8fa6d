/** The ladder with everything around it: scrolling, zooming, choosing, playing. */
import { fill, h } from "../dom";
import { secondsText } from "../format";
import { t } from "../texts";
import { showCard, showDetails } from "./details";
import { Canvas, originOf } from "./canvas";
import { drawPart, geometryFor, stateAt, type View } from "./draw";
import { timeOfY } from "./layout";
import type { Conversation, RunModel } from "./model";
import { itemOf, makeScene, spanOf, type Key, type Scene } from "./scene";

const ZOOM_MIN = 0.15;
const ZOOM_MAX = 6;
/** Browsers do not scroll farther than some thirty million pixels. */
const HEIGHT_MAX = 2.5e7;
/** How fast the drawing runs down while playing, in unzoomed pixels a second. */
const PLAY_SPEED = 70;
/** More than this is printed in part. */
const PRINT_HEIGHT_MAX = 60_000;

export interface LadderView {
  element: HTMLElement;
  show(conversation: Conversation): void;
  /** Stops timers and listeners; requires that the view is not used again. */
  stop(): void;
}

export function makeLadder(model: RunModel): LadderView {
  return new Ladder(model);
}

class Ladder implements LadderView {
  readonly element: HTMLElement;
  private readonly scroll = h("div", {
    class: "ladder-scroll", id: "ladder", tabindex: 0, role: "application",
    "aria-label": t("ladder"), "aria-describedby": "ladder-help",
  });
  private readonly stack = h("div", { class: "ladder-stack" });
  private readonly stage = h("div", { class: "ladder-stage" });
  private readonly head = h("div", { class: "ladder-head" });
  private readonly card = h("div", { class: "card", hidden: true });
  private readonly panel = h("div", { class: "details-body" }, h("p", { class: "hint" }, t("details_hint")));
  private readonly live = h("div", { class: "off", "aria-live": "polite" });
  private readonly clock = h("output", { class: "clock" });
  private readonly playButton = h("button", { type: "button", class: "play" }, "▶ ", t("play"));
  private readonly paper = h("div", { class: "paper" });
  private readonly aborter = new AbortController();
  private readonly canvas = new Canvas(this.stage);
  private scene: Scene | null = null;
  private sceneNumber = 0;
  private zoom = 1;
  private selected: Key | null = null;
  private hovered: Key | null = null;
  private playY: number | null = null;
  private speed = 1;
  private playing = 0;
  private drawing = 0;

  constructor(private readonly model: RunModel) {
    this.stack.append(this.stage);
    this.scroll.append(this.head, this.stack);
    this.element = h("section", { class: "ladder", "aria-label": t("ladder") },
      this.controls(),
      h("p", { id: "ladder-help", class: "hint screen" }, t("ladder_help")),
      h("div", { class: "ladder-body" },
        h("div", { class: "ladder-frame" }, this.scroll, this.paper),
        h("aside", { class: "details", "aria-label": t("details") }, h("h2", {}, t("details")), this.panel)),
      this.card, this.live);
    this.listen();
  }

  show(conversation: Conversation): void {
    this.pause();
    this.playY = null;
    this.selected = this.hovered = null;
    this.scene = makeScene(conversation, this.model.data.ended_ns);
    ++this.sceneNumber;
    this.zoom = 1;
    fill(this.panel, h("p", { class: "hint" }, t("details_hint")));
    this.resize();
    this.scroll.scrollTop = 0;
    this.draw();
  }

  stop(): void {
    this.pause();
    this.aborter.abort();
  }

  // --- Controls ---

  private controls(): HTMLElement {
    const button = (sign: string, label: string, act: () => void): HTMLElement =>
      h("button", { type: "button", "aria-label": label, title: label, click: act }, sign);
    const speed = h("select", { "aria-label": t("speed") },
      ...[0.25, 0.5, 1, 2, 4, 8].map((x) => h("option", { value: x, selected: x === 1 }, `${x}×`)));
    speed.addEventListener("change", () => (this.speed = Number(speed.value)));
    this.playButton.addEventListener("click", () => this.togglePlay());
    return h("div", { class: "controls", role: "toolbar", "aria-label": t("ladder") },
      button("|◀", t("step_back"), () => this.stepTime(-1)), this.playButton,
      button("▶|", t("step_on"), () => this.stepTime(1)), speed, this.clock,
      button(t("show_all"), t("show_all"), () => this.showAll()),
      h("span", { class: "grow" }),
      button("−", t("zoom_out"), () => this.zoomTo(this.zoom / 1.3)),
      button("+", t("zoom_in"), () => this.zoomTo(this.zoom * 1.3)),
      button(t("zoom_fit"), t("zoom_fit"), () => this.zoomFit()));
  }

  private listen(): void {
    const { signal } = this.aborter;
    this.scroll.addEventListener("scroll", () => this.draw(), { signal, passive: true });
    this.scroll.addEventListener("keydown", (event) => this.key(event), { signal });
    this.scroll.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    this.stage.addEventListener("pointermove", (event) => this.point(event), { signal });
    this.stage.addEventListener("pointerleave", () => this.hover(null), { signal });
    this.stage.addEventListener("click", (event) => {
      const key = keyUnder(event.target);
      if (key) this.select(key, false);
    }, { signal });
    this.listenForPan(signal);
    window.addEventListener("resize", () => this.resize(), { signal });
    window.addEventListener("beforeprint", () => this.drawPaper(), { signal });
    window.addEventListener("afterprint", () => fill(this.paper), { signal });
  }

  /** Dragging the background moves the drawing. */
  private listenForPan(signal: AbortSignal): void {
    let from: { y: number; top: number } | null = null;
    this.stage.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button === 0) {
        from = { y: event.clientY, top: this.scroll.scrollTop };
      }
    }, { signal });
    window.addEventListener("pointermove", (event) => {
      if (from && Math.abs(event.clientY - from.y) > 3) {
        this.scroll.scrollTop = from.top - (event.clientY - from.y);
      }
    }, { signal });
    window.addEventListener("pointerup", () => (from = null), { signal });
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return; // scrolls
    event.preventDefault();
    const box = this.scroll.getBoundingClientRect();
    this.zoomTo(this.zoom * Math.exp(-event.deltaY / 300), event.clientY - box.top - this.head.offsetHeight);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts: Record<string, () => void> = {
      ArrowDown: () => this.walk(1), ArrowUp: () => this.walk(-1),
      ArrowRight: () => this.walkTime(1), ArrowLeft: () => this.walkTime(-1),
      Home: () => this.walkTo(0), End: () => this.walkTo(Infinity),
      "+": () => this.zoomTo(this.zoom * 1.3), "=": () => this.zoomTo(this.zoom * 1.3),
      "-": () => this.zoomTo(this.zoom / 1.3), "0": () => this.zoomFit(),
      " ": () => this.togglePlay(), ",": () => this.stepTime(-1), ".": () => this.stepTime(1),
      Escape: () => this.escape(),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private escape(): void {
    this.selected = null;
    this.hover(null);
    this.showAll();
  }

  // --- Size ---

  private get viewHeight(): number {
    return Math.max(100, this.scroll.clientHeight - this.head.offsetHeight);
  }

  private resize(): void {
    if (!this.scene) return;
    this.setHeight();
    this.draw();
  }

  /** A short run takes no more room than it needs. */
  private setHeight(): void {
    const height = (this.scene?.layout.height ?? 0) * this.zoom;
    this.stack.style.height = `${height}px`;
    this.scroll.style.height = `${Math.ceil(height + this.head.offsetHeight + 3)}px`;
  }

  private zoomTo(wanted: number, anchor = this.viewHeight / 2): void {
    if (!this.scene) return;
    const most = Math.min(ZOOM_MAX, HEIGHT_MAX / this.scene.layout.height);
    const zoom = Math.max(Math.min(ZOOM_MIN, most), Math.min(most, wanted));
    const y = (this.scroll.scrollTop + anchor) / this.zoom;
    this.zoom = zoom;
    this.setHeight();
    this.scroll.scrollTop = y * zoom - anchor;
    this.draw();
  }

  private zoomFit(): void {
    if (this.scene) this.zoomTo(Math.min(1.6, this.viewHeight / this.scene.layout.height));
  }

  // --- Drawing ---

  private draw(): void {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.drawNow();
    });
  }

  private view(scene: Scene, width: number, top: number, height: number): View {
    const { zoom, playY } = this;
    return { scene, geometry: geometryFor(width), zoom, origin: originOf(top), top, height, playY };
  }

  private drawNow(): void {
    const { scene } = this;
    if (!scene) return;
    const width = this.scroll.clientWidth;
    const height = this.viewHeight;
    const top = Math.max(0, Math.min(this.scroll.scrollTop, scene.layout.height * this.zoom - height));
    const view = this.view(scene, width, top, height);
    this.stage.style.height = `${height}px`;
    this.stage.style.top = `${this.head.offsetHeight}px`;
    this.canvas.draw(view, this.sceneNumber, this.selected);
    this.drawHead(scene, view);
    this.clock.textContent = `${secondsText(timeOfY(scene.layout, this.moment(view) ?? top / this.zoom))} s`;
    if (this.selected) this.scroll.setAttribute("aria-activedescendant", `k-${this.selected}`);
    else this.scroll.removeAttribute("aria-activedescendant");
  }

  /** Of what the clock and the head speak: what is playing, else what is selected and in sight. */
  private moment({ scene, top, height }: View): number | null {
    if (this.playY !== null || this.selected === null) return this.playY;
    const y = spanOf(scene, this.selected).top;
    return y * this.zoom >= top && y * this.zoom <= top + height ? y : null;
  }

  private drawHead(scene: Scene, view: View): void {
    const y = this.moment(view) ?? (view.top + 20) / this.zoom;
    const states = ([0, 1] as const).map((side) => stateAt(scene, side, y));
    const shown = `${this.sceneNumber} ${states.join(" ")}`;
    if (this.head.dataset["shown"] === shown) return;
    this.head.dataset["shown"] = shown;
    const end = (side: 0 | 1): HTMLElement => {
      const state = states[side] ?? "";
      return h("div", { class: `end end-${side}` },
        h("strong", {}, scene.conversation.ends[side]),
        scene.conversation.datagrams ? null : h("span", { class: `chip st-${state}` }, state));
    };
    fill(this.head, h("span", { class: "head-time" }, `${t("time")}/s`), end(0), end(1));
  }

  /** For paper everything is drawn, or what is in sight of a very long run. */
  private drawPaper(): void {
    const { scene } = this;
    if (!scene) return;
    const width = 700;
    const whole = scene.layout.height <= PRINT_HEIGHT_MAX;
    const zoom = this.zoom;
    const top = whole ? 0 : this.scroll.scrollTop / zoom;
    const height = whole ? scene.layout.height : Math.min(PRINT_HEIGHT_MAX / 10, scene.layout.height - top);
    this.zoom = 1;
    const view = { ...this.view(scene, width, top, height), origin: top, playY: null };
    const markup = `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${drawPart(view)}</svg>`;
    this.zoom = zoom;
    this.paper.innerHTML = markup;
    const ends = scene.conversation.ends;
    const note = whole ? null : h("p", {}, t("print_part", {
      a: secondsText(timeOfY(scene.layout, top)), b: secondsText(timeOfY(scene.layout, top + height)),
      n: this.model.data.events.length,
    }));
    this.paper.prepend(h("div", { class: "paper-ends" }, h("strong", {}, ends[0]), h("strong", {}, ends[1])));
    if (note) this.paper.prepend(note);
  }

  // --- Choosing ---

  private point(event: PointerEvent): void {
    this.hover(keyUnder(event.target), event);
  }

  private hover(key: Key | null, event?: PointerEvent): void {
    if (key !== this.hovered) {
      this.canvas.element(this.hovered)?.classList.remove("hovered");
      this.hovered = key;
      this.canvas.element(key)?.classList.add("hovered");
    }
    const item = key && this.scene ? itemOf(this.scene, key) : undefined;
    this.card.hidden = !item || !event || event.pointerType === "touch";
    if (item && this.scene && event && !this.card.hidden) {
      if (this.card.dataset["key"] !== key) showCard(this.card, item, this.scene);
      this.card.dataset["key"] = key ?? "";
      placeCard(this.card, event.clientX, event.clientY);
    }
  }

  private select(key: Key, moveThere: boolean): void {
    const { scene } = this;
    const item = scene && itemOf(scene, key);
    if (!scene || !item) return;
    this.selected = key;
    showDetails(this.panel, item, { model: this.model, scene, goTo: (n) => this.goTo(n) });
    this.live.textContent = this.panel.querySelector("h3")?.textContent ?? "";
    if (moveThere) this.bringIntoSight(spanOf(scene, key).top);
    this.draw();
  }

  private goTo(event: number): void {
    const key = this.scene?.keyOfEvent.get(event);
    if (key) this.select(key, true);
  }

  private bringIntoSight(y: number): void {
    const place = y * this.zoom;
    const top = this.scroll.scrollTop;
    if (place < top + 40 || place > top + this.viewHeight - 70) {
      this.scroll.scrollTop = place - this.viewHeight / 3;
    }
    const inWindow = this.stack.getBoundingClientRect().top + place;
    if (inWindow < 40 || inWindow > window.innerHeight - 40) {
      window.scrollBy({ top: inWindow - window.innerHeight / 2 });
    }
  }

  private walk(by: number): void {
    const { scene } = this;
    if (!scene) return;
    const place = this.selected === null ? undefined : scene.walkPlace.get(this.selected);
    if (place === undefined) this.walkTo(this.firstInSight(scene));
    else this.walkTo(place + by);
  }

  private firstInSight(scene: Scene): number {
    const y = this.scroll.scrollTop / this.zoom;
    return Math.max(0, scene.walk.findIndex((key) => spanOf(scene, key).top >= y));
  }

  private walkTo(place: number): void {
    const { scene } = this;
    if (!scene) return;
    const key = scene.walk[Math.max(0, Math.min(scene.walk.length - 1, place))];
    if (key) this.select(key, true);
  }

  /** To the next thing that stands elsewhere. */
  private walkTime(by: number): void {
    const { scene } = this;
    if (!scene) return;
    let place = this.selected === null ? undefined : scene.walkPlace.get(this.selected);
    if (place === undefined) return this.walk(by);
    const y = spanOf(scene, scene.walk[place] as Key).top;
    while (place > 0 && place < scene.walk.length - 1) {
      place += by;
      if (Math.abs(spanOf(scene, scene.walk[place] as Key).top - y) > 20) break;
    }
    this.walkTo(place === 0 && by > 0 ? 1 : place);
  }

  // --- Playing ---

  private togglePlay(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  private play(): void {
    const { scene } = this;
    if (!scene) return;
    const end = scene.layout.tops[scene.layout.tops.length - 1] as number;
    if (this.playY === null || this.playY >= end) this.playY = 0;
    fill(this.playButton, "❚❚ ", t("pause"));
    let last = performance.now();
    const frame = (now: number): void => {
      this.playY = Math.min(end, (this.playY ?? 0) + ((now - last) / 1000) * PLAY_SPEED * this.speed);
      last = now;
      this.follow();
      if (this.playY >= end) this.pause();
      else this.playing = requestAnimationFrame(frame);
    };
    this.playing = requestAnimationFrame(frame);
  }

  private pause(): void {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    fill(this.playButton, "▶ ", t("play"));
  }

  /** To the next or the last instant at which something happens. */
  private stepTime(by: number): void {
    const { scene } = this;
    if (!scene) return;
    this.pause();
    const { tops } = scene.layout;
    const y = this.playY ?? 0;
    const next = by > 0 ? tops.find((top) => top > y + 0.5) : [...tops].reverse().find((top) => top < y - 0.5);
    this.playY = next ?? (by > 0 ? (tops[tops.length - 1] as number) : 0);
    this.follow();
  }

  private follow(): void {
    const y = (this.playY ?? 0) * this.zoom;
    const inSight = y - this.scroll.scrollTop;
    if (inSight > this.viewHeight * 0.7 || inSight < 0) {
      this.scroll.scrollTop = y - this.viewHeight * 0.7;
    }
    this.draw();
  }

  private showAll(): void {
    this.pause();
    this.playY = null;
    this.draw();
  }
}

function keyUnder(target: EventTarget | null): Key | null {
  return target instanceof Element ? (target.closest<SVGElement>("[data-k]")?.dataset["k"] ?? null) : null;
}

/** Beside the pointer, within the window. */
function placeCard(card: HTMLElement, x: number, y: number): void {
  const { offsetWidth: width, offsetHeight: height } = card;
  const left = x + 18 + width > window.innerWidth ? Math.max(4, x - width - 18) : x + 18;
  const top = y + 18 + height > window.innerHeight ? Math.max(4, y - height - 12) : y + 18;
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
}
