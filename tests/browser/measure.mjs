// From the last key of a scan to the paint that shows its line, with ten pages that scan once a second each.
// Run: node measure.mjs PATH-OF-SIM [SECONDS] [FILE-FOR-RAW-DATA]; docs/performance.md has what it gave.
import { writeFileSync } from "node:fs";
import { CASHIER, identify, pause, scan, withStore } from "./store.mjs";

const [sim, seconds = "30", raw] = process.argv.slice(2);
const PAGES = 10;
const CODES = ["6910000000013", "6910000000211", "6910000000310", "6910000000419"];
const LINES_A_SALE = 20;

const told = await withStore(sim, async ({ browser, address }) => {
  const context = await browser.newContext({ viewport: { width: 1024, height: 600 } });
  const start = await context.newPage();
  await start.goto(address);
  const links = await start.locator('a[href$="/cashier"]').evaluateAll((all) => all.map((a) => a.href));
  const pages = [];
  for (const href of links) {
    const own = await browser.newContext({ viewport: { width: 1024, height: 600 } });
    const page = await own.newPage();
    await page.goto(address);
    await page.goto(href);
    await identify(page, CASHIER);
    await page.locator(".step.calm").waitFor();
    pages.push(page);
  }
  const empty = [];
  const sold = new Array(pages.length).fill(0);
  const until = Date.now() + Number(seconds) * 1000;
  while (Date.now() < until) {
    for (const [index, page] of pages.entries()) {
      const began = Date.now();
      await scan(page, CODES[sold[index] % CODES.length]);
      sold[index] += 1;
      if (sold[index] % LINES_A_SALE === 0) await endSale(page);
      if (index === 0) empty.push(await emptyPaint(page));
      await pause(Math.max(0, 1000 / PAGES - (Date.now() - began)));
    }
  }
  const times = [];
  for (const page of pages) times.push(...(await page.evaluate(() => window.scanTimes.taken)));
  const report = { pages: pages.length, scans: times.length, scan: spread(times), empty: spread(empty) };
  if (raw) writeFileSync(raw, JSON.stringify({ ...report, times, emptyTimes: empty }));
  console.log(JSON.stringify(report));
}, ["--lanes", String(PAGES)]);

/** Paid in cash, as a cashier does: two keys. */
async function endSale(page) {
  await page.locator('[data-key="total"]:enabled').click();
  await page.locator('[data-shortcut="F10"]:enabled').click();
  await page.locator(".step.done").waitFor();
}

/** What a paint takes that shows nothing new. */
function emptyPaint(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const began = performance.now();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began), 0));
  }));
}

function spread(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => Math.round(10 * sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]) / 10;
  return { p50_ms: at(0.5), p99_ms: at(0.99), most_ms: at(1) };
}

if (!told.includes("0 broken")) throw new Error(told);
