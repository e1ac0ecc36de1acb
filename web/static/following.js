// Links within the page, and views that follow what happens to a run or a row.
import { effect, html, useEffect, useRef } from "./html.js";
import { news, online, route, show } from "./state.js";

const TOGETHER_MS = 1000; // a run at work says something many times a second
const LOOK_MS = 5000; // a run that is killed says nothing

/** A link to another view, such as "#/runs"; the filters stay. */
export function Go({ to, children, ...rest }) {
  const go = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(to);
  };
  return html`<a href=${to} onClick=${go} ...${rest}>${children}</a>`;
}

/** Call `ask` now and, at most once a second, whenever a change of the journal `concerns` us. */
export function useChanges(key, concerns, ask, { looks = false } = {}) {
  const latest = useRef();
  latest.current = ask;
  useEffect(() => {
    let timer = null;
    let last = 0;
    const soon = () => {
      timer ??= setTimeout(() => {
        timer = null;
        last = Date.now();
        latest.current();
      }, Math.max(0, last + TOGETHER_MS - Date.now()));
    };
    const stops = [
      effect(() => { if (online.value) soon(); }), // at once, and when the server is back
      effect(() => { if (news.value && concerns(news.value)) soon(); }),
    ];
    const look = looks ? setInterval(soon, LOOK_MS) : null;
    return () => {
      stops.forEach((stop) => stop());
      clearTimeout(timer);
      clearInterval(look);
    };
  }, [key, looks]);
}

/** Close a dialog when the page goes to another view. */
export function useLeaving(close) {
  useEffect(() => {
    const here = route.peek();
    return effect(() => { if (route.value !== here) close(); });
  }, []);
}
