/** Links that change the address without loading the page anew, and can still be opened in another tab. */

import type { ComponentChildren } from "preact";
import { go, linkTo } from "../address";

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

export function State({ value }: { value: string }) {
  return <span class={`state state-${value}`}>{value}</span>;
}
