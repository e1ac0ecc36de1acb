// What every part of the page is written with: Preact, its hooks, signals, and htm for templates.
import { Fragment, h, render } from "./vendor/preact.js";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact-hooks.js";
import { batch, computed, effect, signal, untracked } from "./vendor/signals.js";
import htm from "./vendor/htm.js";

const html = htm.bind(h);

export {
  Fragment, batch, computed, effect, html, render, signal, untracked,
  useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState,
};
