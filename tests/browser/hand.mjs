// One person with a browser, and what their hands do at a lane. Parts of sell.mjs.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CASHIER, identify, pause, scan } from "./store.mjs";

export const APPLE = "6910000000013";
export const MILK = "6910000000211";
export const NUTS_LABEL = "2100004051096";
export const BEER = "6910000000518";
export const UNKNOWN = "6999999999994";
/** Cards of the test panel, by their place. */
export const APPROVED = 0;
export const DECLINED = 2;
export const PARTIAL = 5;

/** What must not be there when all is over. */
export const trouble = [];
let pictures = "pictures";
let shots = 0;

export function keepPictures(folder) {
  pictures = folder;
  mkdirSync(pictures, { recursive: true });
}

/** One person with a browser. */
export class Hand {
  constructor(browser, address, out) {
    this.browser = browser;
    this.address = address;
    this.out = out;
    this.origin = new URL(address).origin;
  }

  async context(options = {}) {
    const context = await this.browser.newContext({
      viewport: { width: 1024, height: 600 },
      locale: "en-US",
      ...options,
    });
    context.on("request", (request) => {
      const { hostname } = new URL(request.url());
      if (hostname !== "127.0.0.1") trouble.push(`asked of ${request.url()}`);
    });
    context.on("weberror", (error) => trouble.push(`script: ${error.error().message}`));
    context.on("console", (message) => {
      const isRefused = message.text().includes("Content Security Policy");
      if (message.type() === "error" && isRefused) trouble.push(message.text());
    });
    const start = await context.newPage();
    await start.goto(this.address);
    return { context, start };
  }

  /** The pages of a lane, of the first if none is said: cashier and panel. */
  async lane({ signedOn = true, number = 1, ...options } = {}) {
    const { context, start } = await this.context(options);
    const cashier = await context.newPage();
    const href = await start.locator('a[href$="/cashier"]').nth(number - 1).getAttribute("href");
    await cashier.goto(href);
    await cashier.locator(".step.calm, .step.done, .step.mind").waitFor();
    if (signedOn && (await cashier.locator("[data-identify]").count()) > 0) {
      await identify(cashier, CASHIER);
    }
    const panel = await context.newPage();
    await panel.goto(href.replace("/cashier", "/panel"));
    return { context, start, cashier, panel, href };
  }

  receipts(lane = 1) {
    const folder = join(this.out, `receipts/lane-${lane}`);
    const names = readdirSync(folder).filter((name) => /^\d.*\.txt$/.test(name));
    return names.sort().map((name) => readFileSync(join(folder, name), "utf8"));
  }
}

export async function shot(page, name, fullPage = false) {
  shots += 1;
  const path = join(pictures, `${String(shots).padStart(2, "0")}-${name}.png`);
  await page.screenshot({ path, fullPage });
}

export const says = (page, text) => page.locator(".step .prompt", { hasText: text }).waitFor();
export async function lines(page, count) {
  for (let tries = 0; tries < 1200; tries += 1) {
    if ((await page.locator(".line").count()) === count) return;
    await pause(25);
  }
  await shot(page, "trouble");
  throw new Error(`${await page.locator(".line").count()} lines instead of ${count}`);
}
export const press = (page, key) => page.locator(`[data-key="${key}"]:enabled`).first().click();

export async function scanAll(page, codes) {
  for (const [index, code] of codes.entries()) {
    await scan(page, code);
    await lines(page, index + 1);
  }
}

export async function hold(panel, card) {
  await panel.locator(".drawer .key").nth(card).click();
}

/** A receipt came out after the last. */
export async function printed(hand, before, lane = 1) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (hand.receipts(lane).length > before) return hand.receipts(lane).at(-1);
    await pause(50);
  }
  throw new Error("no receipt was printed");
}
