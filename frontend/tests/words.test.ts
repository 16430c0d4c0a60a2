import { expect, test } from "vitest";
import { began, between, bytes, count, duration, figure, moment, plain, shortFingerprint } from "../src/words";

test.each([
  [null, "–"],
  [0, "0 µs"],
  [0.000_25, "250 µs"],
  [0.25, "250 ms"],
  [2.345, "2.35 s"],
  [23.45, "23.4 s"],
  [75, "1 min 15 s"],
  [3_725, "1 h 2 min"],
])("%s seconds are told as %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([[59.96], [119.7], [3_599.8], [7_199]])("no duration has sixty seconds or minutes: %s", (seconds) => {
  expect(duration(seconds)).not.toMatch(/\b60/);
});

test.each([[null, "–"], [0, "0 B"], [999, "999 B"], [1_000, "1.0 kB"], [31_400_000, "31.4 MB"], [123_456_789, "123 MB"]])(
  "%s bytes are told as %s",
  (size, text) => {
    expect(bytes(size)).toBe(text);
  },
);

test("large numbers are grouped", () => {
  expect(count(327_346)).toBe("327,346");
  expect(count(undefined)).toBe("–");
});

test.each([[3, "3"], [0.5, "0.5"], [12.3456789, "12.346"], [100.0001, "100"], [1234567.5, "1,234,567.5"], [12340.4, "12,340.4"], [50000.3, "50,000.3"], [20000.01, "20,000"], [123456.7, "123,456.7"], [9.87654321e10, "98,765,432,100"], [1.5e9 + 0.5, "1.500e+9"], [0.000012, "1.200e-5"], [-0.25, "-0.25"]])(
  "%s is drawn as %s",
  (value, text) => {
    expect(figure(value)).toBe(text);
  },
);

test.each([[2013, "2013"], [9007199254740991, "9007199254740991"], [12340.4, "12340.4"], [0.1 + 0.2, "0.3"], [1e-7, "1e-7"], [123456.789012345, "123456.8"]])(
  "%s in a table is %s",
  (value, text) => {
    expect(plain(value)).toBe(text);
  },
);

test("of a fingerprint what is needed to tell it from another", () => {
  expect(shortFingerprint("sha256:0123456789abcdef0123456789abcdef")).toBe("sha256:0123456789…");
  expect(shortFingerprint("mtime:12")).toBe("mtime:12");
});

test("values are told plainly", () => {
  expect([null, "a b", 2, true, [1, 2], { a: 1 }].map(plain)).toEqual(["–", "a b", "2", "true", "[1,2]", '{"a":1}']);
});

test("a moment is local time to the second", () => {
  const time = new Date(2026, 0, 2, 3, 4, 5).getTime() / 1000;
  expect(moment(time)).toBe("2026-01-02 03:04:05");
});

test.each([
  [2, 2, "About 2.00 s"],
  [0.889, 5.27, "At least 889 ms, at most 5.27 s"],
  [0.889, null, "At least 889 ms"],
  [0, 5, "At most 5.00 s"],
])("%s to %s seconds are told as %s", (least, most, text) => expect(between(least, most)).toBe(text));

test("a run that is named by its time tells when it began, and others do not", () => {
  expect(began("2026-11-30T14.37.06.522Z")).toBe(Date.UTC(2026, 10, 30, 14, 37, 6) / 1000);
  expect(began("nightly")).toBeNull();
});
