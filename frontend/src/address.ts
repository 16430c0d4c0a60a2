/** What the address bar holds: everything needed to come back to what is on screen, also in a file. */

import { computed, signal } from "@preact/signals";

export type ViewName = "pipeline" | "runs" | "run" | "compare" | "plan" | "catalog";

export const address = signal(new URLSearchParams(location.search));

export const view = computed(() => (address.value.get("view") ?? "pipeline") as ViewName);
export const pipelineName = computed(() => address.value.get("pipeline") ?? "__default__");
export const selector = computed(() => address.value.get("select") ?? "");
export const focus = computed(() => address.value.get("focus"));
export const expanded = computed(() => address.value.get("expand"));

/** Change some values; null or "" removes one. `replace` leaves no trace in the history. */
export function go(changes: Record<string, string | null>, replace = false): void {
  const next = new URLSearchParams(address.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  const query = next.toString();
  if (query === address.value.toString()) return;
  remember(query ? `?${query}` : location.pathname, replace);
  address.value = next;
}

function remember(place: string, replace: boolean): void {
  try {
    history[replace ? "replaceState" : "pushState"](null, "", place);
  } catch {
    // The frame of a notebook has no address that could be changed; what is on screen follows all the same.
  }
}

/** Forgets what the dialog was to run: `do=run`, with `what` a selector, and `again` an earlier run. */
export const CLOSED = { do: null, what: null, again: null };

/** The link to a place, for anchors that can be opened in a new tab. */
export function linkTo(changes: Record<string, string | null>): string {
  const next = new URLSearchParams(address.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return `?${next}`;
}

addEventListener("popstate", () => {
  address.value = new URLSearchParams(location.search);
});
