import type { BatchData } from "../data";
export function showBatch(_root: HTMLElement, _data: BatchData, _redraw: () => void): void {}
