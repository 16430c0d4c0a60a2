/** Links that change the address without loading the page anew, and can still be opened in another tab. */

import type { ComponentChildren } from "preact";
import { go, linkTo } from "../address";
import type { Run } from "../api";

interface Props {
  to: Record<string, string | null>;
  children: ComponentChildren;
  class?: string;
  current?: boolean;
}

export function Link({ to, children, class: name, current }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={linkTo(to)} class={name} aria-current={current ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}

export function ElementLink({ id }: { id: string }) {
  return <Link to={{ view: null, focus: id }}>{id.replace(/^(node|dataset):/, "")}</Link>;
}

/** Which part of the project a run was about. */
export function whatRan({ selection, pipeline }: Pick<Run, "selection" | "pipeline">): string {
  return selection ?? (pipeline === "__default__" ? "all" : pipeline);
}

/** A state in its colour; `text` where it has another name for readers. */
export function State({ value, text = value }: { value: string; text?: string }) {
  return <span class={`state state-${value}`}>{text}</span>;
}
