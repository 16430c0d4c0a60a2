/** How numbers, times and states are told. */

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.000_9995) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long something takes that takes longer where more turns out to be needed. */
export function between(least: number, most: number | null): string {
  if (least === most) return `About ${duration(least)}`;
  const bounds = [least > 0 && `at least ${duration(least)}`, most !== null && `at most ${duration(most)}`];
  const text = bounds.filter(Boolean).join(", ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What becomes of a node, as a plan tells it. */
export function planned(action: string): string {
  return action === "skip" ? "up to date" : action;
}

/** Five moments of a stretch of time, evenly spread: their share of it, and how they are told apart. */
export function ticks(seconds: number): [number, string][] {
  const told = seconds < 0.01 ? (moment: number) => `${Math.round(moment * 1e6).toLocaleString("en")} µs` : duration;
  return [0, 0.25, 0.5, 0.75, 1].map((part) => [part, told(part * seconds)]);
}

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = size;
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toLocaleString("en");
}

export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  const pad = (value: number) => String(value).padStart(2, "0");
  return (
    `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ` +
    `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
  );
}

/** When a run began, as its name tells it; nothing where it has another name. */
export function began(run: string): number | null {
  const found = /^(\d{4}-\d\d-\d\dT\d\d)\.(\d\d)\.(\d\d)/.exec(run);
  return found && Date.parse(`${found[1]}:${found[2]}:${found[3]}Z`) / 1000;
}

/** A value as it is, for those who compare it with their own: years and ids are not grouped. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return exact(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

const LONGEST = 12; // letters of a number, before it is rounded

function exact(value: number): string {
  const text = String(value);
  return text.length <= LONGEST || Number.isInteger(value) ? text : String(Number(value.toPrecision(7)));
}

/** A measured number, for those who look at its size: five digits, thousands grouped. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return value.toExponential(3);
  return value.toLocaleString("en", size >= 1e4 ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 5 });
}

/** What identifies data, short enough to be told apart from another by eye. */
export function shortFingerprint(text: string): string {
  return text.replace(/[0-9a-f]{16,}/g, (digest) => `${digest.slice(0, 10)}…`);
}
