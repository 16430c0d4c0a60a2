import { expect, test, vi } from "vitest";

vi.stubGlobal("window", {}); // what api.ts looks at for an exported site
const { api, RefusedError } = await import("../src/api");

test("where there is no server, that is what is said", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const refused = await api.graph().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RefusedError);
  expect((refused as Error).message).toBe("The server does not answer");
  await expect(api.cancel("r", true)).rejects.toThrow("The server does not answer");
});
