/** Keeps the drawing of what is in sight: scrolling moves it, makes what comes into sight and takes
 * away what leaves it. Nothing else is touched, which is what makes long runs scroll smoothly. */
import { drawFront, drawGround, drawKey, isWhole, keysInSight, LAYERS, type View } from "./draw";
import type { Key } from "./scene";

const SVG = "http://www.w3.org/2000/svg";
/** Drawings count from a point nearby: single precision ends at some million pixels. */
const STEP = 100_000;

export const originOf = (top: number): number => Math.floor(top / STEP) * STEP;

function make(parent: Element, name: string): SVGElement {
  const element = document.createElementNS(SVG, name);
  parent.appendChild(element);
  return element;
}

export class Canvas {
  private readonly svg: SVGElement;
  private readonly moved: SVGElement;
  private readonly ground: SVGElement;
  private readonly layers = new Map<string, SVGElement>();
  private readonly front: SVGElement;
  private readonly drawn = new Map<Key, Element>();
  /** What everything drawn depends on. */
  private made = "";
  private selected: Key | null = null;

  constructor(stage: HTMLElement) {
    stage.replaceChildren();
    this.svg = make(stage, "svg");
    this.svg.setAttribute("role", "presentation");
    this.moved = make(this.svg, "g");
    this.ground = make(this.moved, "g");
    for (const layer of LAYERS) this.layers.set(layer, make(this.moved, "g"));
    this.front = make(this.moved, "g");
  }

  draw(view: View, sceneNumber: number, selected: Key | null): void {
    const { width } = view.geometry;
    const made = `${sceneNumber} ${width} ${view.zoom} ${view.origin}`;
    if (made !== this.made) this.clear();
    this.made = made;
    this.svg.setAttribute("width", String(width));
    this.svg.setAttribute("height", String(view.height));
    this.moved.setAttribute("transform", `translate(0 ${view.origin - view.top})`);
    this.ground.innerHTML = drawGround(view);
    this.front.innerHTML = drawFront(view);
    this.exchange(view);
    this.mark(selected);
  }

  private clear(): void {
    this.drawn.clear();
    for (const layer of this.layers.values()) layer.replaceChildren();
  }

  private exchange(view: View): void {
    const wanted = new Set(keysInSight(view));
    for (const [key, element] of this.drawn) {
      if (wanted.has(key) && isWhole(view, key) && element.getAttribute("data-cut") === null) continue;
      element.remove();
      this.drawn.delete(key);
    }
    for (const [name, layer] of this.layers) {
      const fresh = [...wanted].filter((key) => key[0] === name && !this.drawn.has(key));
      if (fresh.length === 0) continue;
      const before = layer.childElementCount;
      layer.insertAdjacentHTML("beforeend", fresh.map((key) => drawKey(view, key)).join(""));
      fresh.forEach((key, i) => {
        const element = layer.children[before + i] as Element;
        if (!isWhole(view, key)) element.setAttribute("data-cut", "");
        this.drawn.set(key, element);
      });
    }
  }

  private mark(selected: Key | null): void {
    if (this.selected !== selected) this.element(this.selected)?.classList.remove("selected");
    this.selected = selected;
    this.element(selected)?.classList.add("selected");
  }

  element(key: Key | null): Element | undefined {
    return key === null ? undefined : this.drawn.get(key);
  }
}
