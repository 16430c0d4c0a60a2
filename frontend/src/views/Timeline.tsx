/** When each node of a run ran: a bar each, the critical path stressed. */

import { go } from "../address";
import type { RunNode } from "../api";
import { duration, ticks } from "../words";

const ROW = 24;
const MOST = 400; // bars: beyond that the longest are shown

const ROOM = 10; // percent of the width that a time takes

export function Timeline({ nodes, path }: { nodes: RunNode[]; path: string[] }) {
  const ran = nodes.filter(({ started, seconds }) => started !== null && seconds !== null);
  if (!ran.length) return <p class="quiet">No node has finished.</p>;
  const shown = ran.length <= MOST ? ran : ran.toSorted((a, b) => b.seconds! - a.seconds!).slice(0, MOST);
  shown.sort((a, b) => a.started! - b.started!);
  const begin = Math.min(...shown.map(({ started }) => started!));
  const length = Math.max(...shown.map(({ started, seconds }) => started! + seconds!)) - begin || 1;
  const critical = new Set(path);
  return (
    <figure class="timeline">
      <svg width="100%" height={shown.length * ROW + 24} role="list" aria-label={`Timeline over ${duration(length)}`}>
        {ticks(length).map(([part, text]) => (
          <g key={part}>
            <line x1={`${25 + part * 70}%`} x2={`${25 + part * 70}%`} y1="0" y2={shown.length * ROW} class="tick" />
            <text x={`${25 + part * 70}%`} y={shown.length * ROW + 16} class="tick-label">{text}</text>
          </g>
        ))}
        {shown.map((node, row) => {
          const left = 25 + ((node.started! - begin) / length) * 70;
          const width = Math.max(0.15, (node.seconds! / length) * 70);
          return (
            <g key={node.node} role="listitem" aria-label={`${node.node}: ${node.status}, ${duration(node.seconds)}`} onClick={() => go({ view: null, focus: `node:${node.node}` })}>
              <text x="24%" y={row * ROW + 16} class="bar-label">{node.node}</text>
              <rect x={`${left}%`} y={row * ROW + 4} width={`${width}%`} height={ROW - 9} rx="3" class={`bar-${node.status}${critical.has(node.node) ? " critical" : ""}`}>
                <title>{`${node.node}: ${duration(node.seconds)}`}</title>
              </rect>
              <Time left={left} width={width} y={row * ROW + 16} seconds={node.seconds} />
            </g>
          );
        })}
      </svg>
      {ran.length > MOST && <figcaption class="quiet">The {MOST} longest of {ran.length} nodes.</figcaption>}
    </figure>
  );
}

/** How long a bar took: beside it where there is room, else in it; before it only when it is short, at the far end. */
function Time({ left, width, y, seconds }: { left: number; width: number; y: number; seconds: number | null }) {
  const end = left + width;
  const [at, place] = end + ROOM <= 100 ? [end + 0.5, ""] : width >= ROOM ? [end - 0.5, " inside"] : [left - 0.5, " before"];
  return <text x={`${at}%`} y={y} class={`bar-time${place}`}>{duration(seconds)}</text>;
}
