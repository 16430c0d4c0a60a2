/** A line over time: points that can be pointed at, and the same figures for those who do not see it. */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../state";
import { figure, moment } from "../words";

interface Props {
  title: string;
  points: { x: number; y: number; label: string }[];
  height?: number;
}

const ALONE = 1800; // seconds shown on both sides of a point that is alone
const [WIDEST_TICK, LETTER] = [16, 6.5]; // pixels

/** A day and a time; where all lies within an hour, the time to the second. */
function timeOf(seconds: number, all: number[]): string {
  return all[all.length - 1]! - all[0]! < 3600 ? moment(seconds).slice(11) : moment(seconds).slice(5, 16);
}

export function Chart({ title, points, height = 150 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current!;
    const style = getComputedStyle(element);
    const [line, grid, text] = ["--accent", "--box-line", "--muted"].map((name) => style.getPropertyValue(name).trim());
    const axis = { stroke: text!, grid: { stroke: grid!, width: 1 }, ticks: { stroke: grid! }, font: `11px ${style.fontFamily}` };
    const [first, last] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
    const chart = new uPlot(
      {
        width: Math.max(element.clientWidth, 120),
        height,
        legend: { show: false },
        cursor: { y: false },
        // Of a time that is alone uPlot itself would make a span of years.
        scales: { x: { time: true, range: (_, from, to) => (first === last ? [first - ALONE, last + ALONE] : [from, to]) } },
        axes: [
          { ...axis, space: 90, values: (_, seconds) => seconds.map((at) => timeOf(at, seconds)) },
          { ...axis, size: (_, texts) => WIDEST_TICK + LETTER * Math.max(0, ...(texts ?? []).map(({ length }) => length)), values: (_, values) => values.map(figure) },
        ],
        series: [{}, { label: title, stroke: line!, width: 2, points: { show: true, size: 7 } }],
      },
      [points.map(({ x }) => x), points.map(({ y }) => y)],
      element,
    );
    const resizes = new ResizeObserver(() => chart.setSize({ width: Math.max(element.clientWidth, 120), height }));
    resizes.observe(element);
    return () => {
      resizes.disconnect();
      chart.destroy();
    };
  }, [points.map(({ x, y }) => `${x}:${y}`).join(), theme.value]);
  const summary = points.map(({ label, y }) => `${label}: ${figure(y)}`).join("; ");
  return <div class="chart" ref={box} role="img" aria-label={`${title}. ${summary}`} />;
}
