// A store by hand for one test: started, opened in a browser, ended, its books checked.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const START_MS = 60_000;
/** Number and PIN, as the start page tells them. */
export const CASHIER = ["101", "258014"];
export const SUPERVISOR = ["201", "369025"];

/** Starts `sim store --by-hand` and a browser; ends both, and checks that the books are right. */
export async function withStore(sim, work, more = []) {
  const home = mkdtempSync(join(tmpdir(), "by-hand-"));
  const out = join(home, "run");
  const store = spawn(sim, ["store", "--by-hand", "--engine", "redb", "--out", out, ...more], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = [];
  createInterface({ input: store.stderr }).on("line", (line) => log.push(line));
  const lines = createInterface({ input: store.stdout });
  const printed = [];
  lines.on("line", (line) => printed.push(line));
  let browser;
  try {
    const address = await firstLine(lines, store, log);
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    await work({ browser, address, out, store });
  } finally {
    await browser?.close();
    if (store.exitCode === null) {
      store.kill("SIGINT");
      await Promise.race([once(store, "exit"), pause(90_000)]);
    }
    if (store.exitCode === null) store.kill("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  }
  if (store.exitCode !== 0) {
    throw new Error(`the store ended with ${store.exitCode}\n${printed.join("\n")}\n${log.join("\n")}`);
  }
  return printed.join("\n");
}

async function firstLine(lines, store, log) {
  const came = once(lines, "line").then(([line]) => line);
  const ended = once(store, "exit").then(() => null);
  const line = await Promise.race([came, ended, pause(START_MS).then(() => null)]);
  if (line === null) throw new Error(`no address was printed:\n${log.join("\n")}`);
  return line;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Types a code as a scanner does: all keys at once, then CR. The moments are those of the keys, as
 * they come from a device, and not those at which a busy page gets round to them.
 */
export async function scan(page, code) {
  await page.evaluate((letters) => {
    const keys = Array.from(letters, (letter) => {
      const isEnd = letter === "\r";
      const code = isEnd ? "Enter" : /\d/.test(letter) ? `Digit${letter}` : `Key${letter}`;
      const key = isEnd ? "Enter" : letter;
      return new KeyboardEvent("keydown", { code, key, bubbles: true, cancelable: true });
    });
    for (const key of keys) document.dispatchEvent(key);
  }, `${code}\r`);
}

/** As a person types. */
export async function type(page, text, end) {
  await page.keyboard.type(text, { delay: 45 });
  await pause(50);
  if (end) await page.keyboard.press(end);
}

/** Number and PIN, until the page asks no more. */
export async function identify(page, [number, pin]) {
  await page.locator("[data-identify]").waitFor();
  await type(page, number, "Enter");
  await type(page, pin, "Enter");
  await page.locator("[data-identify]").waitFor({ state: "detached" });
}
