/** When each node of a run ran: a bar each, the critical path stressed. */

import { go } from "../address";
import type { RunNode } from "../api";
import { duration } from "../words";

const ROW = 24;
const MOST = 400; // bars: beyond that the longest are shown

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
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <g key={part}>
            <line x1={`${25 + part * 70}%`} x2={`${25 + part * 70}%`} y1="0" y2={shown.length * ROW} class="tick" />
            <text x={`${25 + part * 70}%`} y={shown.length * ROW + 16} class="tick-label">{duration(part * length)}</text>
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
              <text x={`${left + width < 86 ? left + width + 0.5 : left - 0.5}%`} y={row * ROW + 16} class={left + width < 86 ? "bar-time" : "bar-time before"}>{duration(node.seconds)}</text>
            </g>
          );
        })}
      </svg>
      {ran.length > MOST && <figcaption class="quiet">The {MOST} longest of {ran.length} nodes.</figcaption>}
    </figure>
  );
}
