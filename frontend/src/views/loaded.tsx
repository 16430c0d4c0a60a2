/** Showing what has to be fetched first: the last answer stays until the next one is there. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
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

export function Loaded<T>({ answer, children }: { answer: Answer<T>; children: (value: T) => ComponentChildren }) {
  if (answer.error) return <p class="trouble" role="alert">{answer.error}</p>;
  if (answer.value === undefined) return <p class="quiet" aria-busy="true">Reading…</p>;
  return <>{children(answer.value)}</>;
}
