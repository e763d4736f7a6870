// From the last key of a scan to the paint that shows its line: ten pages, 100,000 articles, ten scans
// a second in all, while cards are paid with, reports are read and prices change. Then one basket of
// 500 lines. Run: node measure.mjs PATH-OF-SIM [SECONDS] [FILE-FOR-RAW-DATA] [ARTICLES];
// docs/performance.md has more.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MANAGER, signOn } from "./office.mjs";
import { CASHIER, identify, pause, scan, withStore } from "./store.mjs";

const [sim, seconds = "60", raw = "measured.json", articles = "100000"] = process.argv.slice(2);
const PAGES = 10;
const ARTICLES = Number(articles);
const LINES_A_SALE = 20;
const LONG_BASKET = 500;
/** Lines that are compared: the first ones, and those that end the long basket. */
const COMPARED = 25;
const OTHER_PRICES_AFTER = 0.5;
const APPROVED = 0;
const WINDOW = { width: 1024, height: 600 };

const home = mkdtempSync(join(tmpdir(), "measure-"));
const codes = [];
const prices = join(home, "prices.csv");
const dearer = join(home, "dearer.csv");
writeFileSync(prices, priceFile(450));
writeFileSync(dearer, priceFile(460));

const told = await withStore(sim, measure, ["--lanes", String(PAGES), "--price-file", prices]);
rmSync(home, { recursive: true, force: true });
if (!told.includes("0 broken")) throw new Error(told);

async function measure({ browser, address, out }) {
  const context = await browser.newContext({ viewport: WINDOW });
  const start = await context.newPage();
  await start.goto(address);
  const links = await start.locator('a[href$="/cashier"]')
    .evaluateAll((all) => all.map((a) => a.href));
  const lanes = [];
  for (const href of links) lanes.push(await openLane(browser, address, href));
  const bytes = await sizeOf(lanes[0].cashier);
  const empty = await emptyPage(browser);
  const office = await openOffice(context, start);
  const beside = { reports: 0, cards: 0, prices: null };
  const samples = await sellAll({ lanes, empty, office, out, beside });
  const long = await longBasket(lanes[0].cashier);
  const report = {
    pages: lanes.length,
    articles: ARTICLES,
    beside,
    page_bytes: bytes,
    scan: spread(samples.map((one) => one.ms)),
    empty: spread(empty.times),
    ratio_p50: ratio(samples.map((one) => one.ms), empty.times, 0.5),
    ratio_p99: ratio(samples.map((one) => one.ms), empty.times, 0.99),
    first_lines: spread(long.slice(0, COMPARED)),
    last_lines: spread(long.slice(-COMPARED)),
    long_basket_ratio: ratio(long.slice(-COMPARED), long.slice(0, COMPARED), 0.5),
  };
  writeFileSync(raw, JSON.stringify({ ...report, samples, emptyTimes: empty.times, long }));
  console.log(JSON.stringify(report, null, 2));
}

/** Pieces with made-up numbers, all at one price. */
function priceFile(minor) {
  const lines = ["barcode,name,price_minor,currency,kind"];
  for (let number = 0; number < ARTICLES; number += 1) {
    const code = ean13(`6920${String(number).padStart(8, "0")}`);
    if (codes.length < ARTICLES) codes.push(code);
    lines.push(`${code},A${number},${minor},CNY,piece`);
  }
  return `${lines.join("\n")}\n`;
}

function ean13(digits) {
  const sum = [...digits].reduce((all, digit, at) => all + Number(digit) * (at % 2 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

async function openLane(browser, address, href) {
  const context = await browser.newContext({ viewport: WINDOW, locale: "en-US" });
  const cashier = await context.newPage();
  await cashier.goto(address);
  await cashier.goto(href);
  await identify(cashier, CASHIER);
  await cashier.locator(".step.calm").waitFor();
  const panel = await context.newPage();
  await panel.goto(href.replace("/cashier", "/panel"));
  await cashier.bringToFront();
  return { cashier, panel, sold: 0 };
}

/** What a page and its files weigh. */
function sizeOf(page) {
  return page.evaluate(() => {
    const files = performance.getEntriesByType("resource")
      .concat(performance.getEntriesByType("navigation"));
    return files.reduce((sum, file) => sum + (file.decodedBodySize || 0), 0);
  });
}

/** A page with one letter on it, which a key changes: what this machine paints at the least. */
async function emptyPage(browser) {
  const context = await browser.newContext({ viewport: WINDOW });
  const page = await context.newPage();
  await page.setContent("<!doctype html><title>empty</title><p id=shown>0</p>");
  const times = [];
  return {
    times,
    async paint() {
      times.push(await page.evaluate(() => new Promise((resolve) => {
        const began = performance.now();
        const shown = document.getElementById("shown");
        shown.textContent = String(Number(shown.textContent) + 1);
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began), 0));
      })));
    },
  };
}

async function openOffice(context, start) {
  const page = await context.newPage();
  await page.goto(await start.locator('a[href$="/now"]').getAttribute("href"));
  await signOn(page, MANAGER);
  await page.locator(".tile").first().waitFor();
  return page;
}

/** Ten scans a second in all, by turns; each lane ends its sales, one of them by card. */
async function sellAll({ lanes, empty, office, out, beside }) {
  const began = Date.now();
  const until = began + Number(seconds) * 1000;
  const reads = readReports(office, until, beside);
  const change = changePrices(out, began, beside);
  const samples = [];
  let turn = 0;
  while (Date.now() < until) {
    const index = turn % lanes.length;
    const due = began + (turn * 1000) / PAGES;
    await pause(Math.max(0, due - Date.now()));
    const lane = lanes[index];
    await scan(lane.cashier, codes[(turn * 7919) % codes.length]);
    lane.sold += 1;
    if (index === 0) await empty.paint();
    if (lane.sold % LINES_A_SALE === 0) await endSale(lane, index === 1, beside);
    turn += 1;
  }
  await Promise.all([reads, change]);
  for (const [page, lane] of lanes.entries()) {
    await settled(lane.cashier);
    const times = await lane.cashier.evaluate(() => window.scanTimes.taken);
    samples.push(...times.map((ms, at) => ({ page, at, ms })));
    await endOpenSale(lane, beside);
  }
  return samples;
}

async function readReports(office, until, beside) {
  const { origin } = new URL(office.url());
  while (Date.now() < until) {
    for (const path of ["reports", "day", "find?lane=1"]) {
      const answer = await office.request.get(`${origin}/${path}`);
      if (answer.status() !== 200) throw new Error(`${path}: ${answer.status()}`);
      beside.reports += 1;
    }
    await pause(1000);
  }
}

/** All 100,000 prices change while lanes sell. */
async function changePrices(out, began, beside) {
  await pause(Number(seconds) * 1000 * OTHER_PRICES_AFTER - (Date.now() - began));
  const config = join(out, "hub/store-hub.toml");
  const order = spawn(sim, ["store-hub", "prices", "import", dearer, "--config", config], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  for (const stream of [order.stdout, order.stderr]) stream.on("data", (text) => said.push(text));
  const [code] = await once(order, "exit");
  if (code !== 0) throw new Error(`prices were not imported:\n${said.join("")}`);
  beside.prices = `after ${Math.round((Date.now() - began) / 1000)} s`;
}

/** Two keys in cash; by card, as a customer holds one to the reader. */
async function endSale({ cashier, panel }, byCard, beside) {
  await cashier.locator('[data-key="total"]:enabled').click();
  if (byCard) {
    await cashier.locator('[data-key="card"]:enabled').click();
    await cashier.locator(".step.wait").waitFor();
    await panel.locator(".drawer .key").nth(APPROVED).click();
    beside.cards += 1;
  } else {
    await cashier.locator('[data-shortcut="F10"]:enabled').click();
  }
  await cashier.locator(".step.done").waitFor();
}

async function endOpenSale(lane, beside) {
  if (await lane.cashier.locator('[data-key="total"]:enabled').count()) {
    await endSale(lane, false, beside);
  }
}

/** Every scan that was begun has been shown. */
function settled(page) {
  return page.waitForFunction(() => window.scanTimes.begun.length === 0);
}

/** One basket: what each of its lines took, the first and the last ones among them. */
async function longBasket(page) {
  const before = await page.evaluate(() => window.scanTimes.taken.length);
  for (let line = 0; line < LONG_BASKET; line += 1) {
    await scan(page, codes[(line * 104_729) % codes.length]);
    await page.waitForFunction((count) => window.scanTimes.taken.length >= count, before + line + 1);
  }
  const times = await page.evaluate((from) => window.scanTimes.taken.slice(from), before);
  await endSale({ cashier: page }, false, {});
  return times;
}

function at(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function rounded(number) {
  return Math.round(10 * number) / 10;
}

function spread(times) {
  return { count: times.length, p50_ms: rounded(at(times, 0.5)), p99_ms: rounded(at(times, 0.99)),
    most_ms: rounded(at(times, 1)) };
}

function ratio(times, to, share) {
  return rounded(at(times, share) / at(to, share));
}
