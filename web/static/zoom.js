// A picture that fits its box, or is seen at 100 % around a point; several can share one zoom.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { nameOfRow, online } from "./state.js";

const DOUBLE_TAP_MS = 320;
const MOVED_PX = 4; // less is a click
const SWIPE_PX = 60;

/**
 * A zoom: `level` 0 fits and enlarges nothing, 1 is 100 % (one pixel of the original is one CSS pixel);
 * `x`, `y`: the middle, 0 to 1.
 */
export const FIT = { level: 0, x: 0.5, y: 0.5 };

/** Return the other zoom: 100 % at the same place, or all of it. */
export function toggled(zoom) {
  return zoom.level ? { ...zoom, level: 0 } : { ...zoom, level: 1 };
}

/** Return the zoom with its middle moved by a part of the picture, such as 0.1 to the right. */
export function panned(zoom, across, down) {
  return { ...zoom, x: clamp(zoom.x + across), y: clamp(zoom.y + down) };
}

/** The keys that pan, for `useKeys`; `zoom` is a signal. */
export function panKeys(zoom) {
  const ways = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  return Object.entries(ways).map(([key, [across, down]]) =>
    [`Shift+${key}`, "Pan at 100 %", () => { zoom.value = panned(zoom.value, across, down); }]);
}

/**
 * The photo of `line`. `zoom` and `onZoom(zoom)` belong to whoever shows it; `onSwipe(by)` is told of a
 * swipe to the next (1) or previous (-1) photo.
 */
export function ZoomPicture({ line, zoom, onZoom, onSwipe = () => {} }) {
  const box = useRef();
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [ratio, setRatio] = useState(ratioOf(line));
  const [failed, setFailed] = useState(false);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([{ contentRect: { width, height } }]) => setSize({ width, height }));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => { setRatio(ratioOf(line)); setFailed(false); }, [line.id, line.pictures.web, online.value]);
  const place = placed(size, ratio, line, zoom);
  const hands = useHands(box, place, zoom, onZoom, onSwipe);
  const measured = ({ target }) => setRatio(target.naturalWidth / target.naturalHeight);
  return html`<div class="zoom ${zoom.level ? "close-up" : ""}" ref=${box} ...${hands}>
    ${!failed && html`<div class="zoom-place" style=${{
      width: `${place.width}px`, height: `${place.height}px`, transform: `translate(${place.left}px, ${place.top}px)`,
    }}>
      <img key=${line.pictures.thumb} src=${line.pictures.thumb} alt="" draggable=${false} />
      <img key=${line.pictures.web} src=${line.pictures.web} alt=${line.alt_text || nameOfRow(line.id)} draggable=${false} decoding="sync"
        onLoad=${measured} onError=${() => setFailed(true)} />
      ${zoom.level > 0 && html`<img key=${line.pictures.full} src=${line.pictures.full} alt="" draggable=${false} />`}
    </div>`}
    ${failed && !online.value && html`<p class="no-picture">The server is away: the photo is shown once it is back.</p>`}
    ${failed && online.value && html`<p class="no-picture">This photo cannot be shown${line.failure ? `: ${line.failure}` : ""}.<br />
      ${line.next_action && html`<code>${line.next_action}</code>`}</p>`}
  </div>`;
}

function ratioOf(line) {
  return line.Width && line.Height ? line.Width / line.Height : 1.5;
}

/** Where the picture lies in its box, in CSS px, and its `scale` against the fitting size. */
function placed(box, ratio, line, zoom) {
  const room = Math.min(box.width, box.height * ratio) || 1;
  const pixels = (ratio >= 1 ? Math.max : Math.min)(line.Width || 0, line.Height || 0) || 2 * room;
  const width = Math.min(room, pixels);
  const whole = pixels / width; // the scale of 100 %
  const scale = zoom.level ? Math.max(1, zoom.level * whole) : 1;
  const [w, h] = [width * scale, (width / ratio) * scale];
  return { width: w, height: h, scale, whole, left: start(box.width, w, zoom.x), top: start(box.height, h, zoom.y) };
}

/** Where `length` begins in a box, so that the point `middle` is in its middle, without blank edges. */
function start(box, length, middle) {
  if (length <= box) return (box - length) / 2;
  return Math.min(0, Math.max(box - length, box / 2 - middle * length));
}

/** Mouse and touch: click or double tap to zoom at the point, drag to pan, pinch, swipe. */
function useHands(box, place, zoom, onZoom, onSwipe) {
  const held = useRef({ pointers: new Map(), moved: 0, tapped: 0 }).current;
  const spot = (event) => {
    const { left, top } = box.current.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const zoomAt = ({ x, y }, level) => {
    const scale = Math.max(1, level * place.whole) / place.scale;
    const { clientWidth, clientHeight } = box.current;
    onZoom({
      level,
      x: clamp((x - place.left) / place.width - (x - clientWidth / 2) / (place.width * scale)),
      y: clamp((y - place.top) / place.height - (y - clientHeight / 2) / (place.height * scale)),
    });
  };
  const flip = (event) => (zoom.level ? onZoom(toggled(zoom)) : zoomAt(spot(event), 1));
  const down = (event) => {
    if (event.button) return;
    box.current.setPointerCapture(event.pointerId);
    held.pointers.set(event.pointerId, event);
    if (held.pointers.size === 1) Object.assign(held, { moved: 0, across: 0, pinched: false });
  };
  const move = (event) => {
    const before = held.pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    const apart = distance(held.pointers);
    held.pointers.set(event.pointerId, event);
    held.moved += Math.abs(dx) + Math.abs(dy);
    held.across += dx;
    if (held.pointers.size > 1) {
      held.pinched = true;
      const scale = place.scale * (distance(held.pointers) / apart);
      zoomAt(spot(event), scale <= 1 ? 0 : scale / place.whole);
    } else if (zoom.level) {
      onZoom({ ...zoom, x: clamp(zoom.x - dx / place.width), y: clamp(zoom.y - dy / place.height) });
    }
  };
  const up = (event) => {
    if (!held.pointers.delete(event.pointerId) || held.pinched || event.type !== "pointerup") return;
    if (held.moved > MOVED_PX) {
      if (event.pointerType === "touch" && !zoom.level && Math.abs(held.across) > SWIPE_PX) onSwipe(held.across < 0 ? 1 : -1);
    } else if (event.pointerType !== "touch") flip(event);
    else if (event.timeStamp - held.tapped < DOUBLE_TAP_MS) flip(event);
    else held.tapped = event.timeStamp;
  };
  return { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: up };
}

function distance(pointers) {
  const [one, other] = [...pointers.values()];
  return other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1 : 1;
}

function clamp(value) {
  return Math.min(1, Math.max(0, value));
}
