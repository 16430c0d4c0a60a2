/** Showing what has to be fetched first: the last answer stays until the next one is there. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isExported } from "../api";
import { told } from "../state";

interface Answer<T> {
  value?: T;
  error?: string;
}

export function useAnswer<T>(ask: () => Promise<T>, keys: unknown[]): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({});
  useEffect(() => {
    let wanted = true;
    ask().then(
      (value) => wanted && setAnswer({ value }),
      (error: unknown) => wanted && setAnswer({ error: told(error) }),
    );
    return () => {
      wanted = false;
    };
  }, keys);
  return answer;
}

const FIRST = 200; // rows that are asked for at once, and how many times more with each press
const MORE = 5;

/** How many rows to ask for, and how to ask for more of them; null where there is no more to be had. */
export function useMore(most: number): [number, (() => void) | null] {
  const [limit, setLimit] = useState(FIRST);
  return [limit, isExported || limit >= most ? null : () => setLimit(Math.min(most, limit * MORE))];
}

export function Loaded<T>({ answer, children }: { answer: Answer<T>; children: (value: T) => ComponentChildren }) {
  if (answer.error) return <p class="trouble" role="alert">{answer.error}</p>;
  if (answer.value === undefined) return <p class="quiet" aria-busy="true">Reading…</p>;
  return <>{children(answer.value)}</>;
}
