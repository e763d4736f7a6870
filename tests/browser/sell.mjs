// People at the screens, in a real browser: the main paths, by touch and by keys alone, in both
// languages, through a reload and a kill. Run: node sell.mjs PATH-OF-SIM [FOLDER-FOR-PICTURES]
import { strict as assert } from "node:assert";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import * as office from "./office.mjs";
import { CASHIER, SUPERVISOR, identify, pause, scan, type, withStore } from "./store.mjs";

const [sim, pictures = "pictures"] = process.argv.slice(2);
const APPLE = "6910000000013";
const MILK = "6910000000211";
const NUTS_LABEL = "2100004051096";
const UNKNOWN = "6999999999994";
const APPROVED = 0;
const DECLINED = 2;
const PARTIAL = 5;
/** What a page and all its files may weigh. */
const PAGE_BYTES_MAX = 150 * 1024;

let shots = 0;
const trouble = [];

async function main() {
  mkdirSync(pictures, { recursive: true });
  const told = await withStore(sim, async ({ browser, address, out }) => {
    const hand = new Hand(browser, address, out);
    await part("start page in both languages", () => startPage(hand));
    await part("sign-on: a scan in the PIN, a wrong PIN, the right one", () => signOnFirst(hand));
    await part("cash by touch, exact", () => cashByTouch(hand));
    console.log(`first sale ${Math.round(performance.now() / 1000)} s after the command`);
    await part("cash by keys alone, with change", () => cashByKeys(hand));
    await part("a declined card, then another", () => declinedThenAnother(hand));
    await part("a card that pays a part, the rest in cash", () => partThenCash(hand));
    await part("what can't be sold, what is taken back", () => mistakes(hand));
    await part("quantity, short code, weight, a basket that waits", () => byTheKeys(hand));
    await part("a discount with a supervisor, by the keyboard alone", () => discount(hand));
    await part("the drawer: float, X, a blind count, Z", () => drawer(hand));
    await part("locked in mid-sale, and unlocked by touch", () => lock(hand));
    await part("the paper runs out in mid-receipt", () => paperRunsOut(hand));
    await part("a reload and a kill in mid-sale", () => reloadAndKill(hand));
    await part("the bank line is pulled, the hub is gone", () => linesDown(hand));
    await part("every page: accessible, small, nothing from elsewhere", () => everyPage(hand));
    await part("who runs the store: signs on, finds, closes the day, reads", () => runStore(hand));
  });
  assert.match(told, /0 broken/);
  assert.deepEqual(trouble, []);
  console.log(told);
}

async function part(name, work) {
  const began = Date.now();
  await work();
  console.log(`ok  ${name} (${Date.now() - began} ms)`);
}

/** One person with a browser. */
class Hand {
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

  /** The pages of lane 1: cashier and panel. */
  async lane({ signedOn = true, ...options } = {}) {
    const { context, start } = await this.context(options);
    const cashier = await context.newPage();
    const href = await start.locator('a[href$="/cashier"]').first().getAttribute("href");
    await cashier.goto(href);
    await cashier.locator(".step.calm, .step.done, .step.mind").waitFor();
    if (signedOn && (await cashier.locator("[data-identify]").count()) > 0) {
      await identify(cashier, CASHIER);
    }
    const panel = await context.newPage();
    await panel.goto(href.replace("/cashier", "/panel"));
    return { context, start, cashier, panel, href };
  }

  receipts() {
    const folder = join(this.out, "receipts/lane-1");
    const names = readdirSync(folder).filter((name) => /^\d.*\.txt$/.test(name));
    return names.sort().map((name) => readFileSync(join(folder, name), "utf8"));
  }
}

async function shot(page, name, fullPage = false) {
  shots += 1;
  const path = join(pictures, `${String(shots).padStart(2, "0")}-${name}.png`);
  await page.screenshot({ path, fullPage });
}

const says = (page, text) => page.locator(".step .prompt", { hasText: text }).waitFor();
async function lines(page, count) {
  for (let tries = 0; tries < 1200; tries += 1) {
    if ((await page.locator(".line").count()) === count) return;
    await pause(25);
  }
  await shot(page, "trouble");
  throw new Error(`${await page.locator(".line").count()} lines instead of ${count}`);
}
const press = (page, key) => page.locator(`[data-key="${key}"]:enabled`).first().click();

async function scanAll(page, codes) {
  for (const [index, code] of codes.entries()) {
    await scan(page, code);
    await lines(page, index + 1);
  }
}

async function hold(panel, card) {
  await panel.locator(".drawer .key").nth(card).click();
}

/** A receipt came out after the last. */
async function printed(hand, before) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (hand.receipts().length > before) return hand.receipts().at(-1);
    await pause(50);
  }
  throw new Error("no receipt was printed");
}

async function startPage(hand) {
  const { context, start } = await hand.context();
  assert.equal(await start.locator("html").getAttribute("lang"), "en");
  await shot(start, "start-en");
  await start.locator(".language").click();
  await start.locator('html[lang="zh-CN"]').waitFor();
  await shot(start, "start-zh");
  await context.close();
  const stranger = await hand.browser.newContext();
  const page = await stranger.newPage();
  assert.equal((await page.goto(hand.origin)).status(), 401);
  await stranger.close();
}

async function signOnFirst(hand) {
  const { context, cashier } = await hand.lane({ signedOn: false });
  await says(cashier, "This lane is locked");
  await cashier.bringToFront();
  await shot(cashier, "locked");
  await scan(cashier, MILK);
  await pause(300);
  assert.equal(await cashier.locator(".line").count(), 0);
  await type(cashier, CASHIER[0], "Enter");
  await type(cashier, "25");
  // A scanner types into no PIN.
  await scan(cashier, MILK);
  await cashier.locator('[data-field="pin"] output', { hasText: /^●●$/ }).waitFor();
  assert.equal(await cashier.locator('[data-field="number"] output').textContent(), "101");
  await type(cashier, "8015", "Enter");
  await cashier.locator("#refused", { hasText: "Number or PIN is not right" }).waitFor();
  await shot(cashier, "wrong-pin");
  // The pause after one wrong PIN.
  await pause(1200);
  await type(cashier, CASHIER[1]);
  const kept = await cashier.evaluate(() => document.documentElement.outerHTML
    + JSON.stringify(sessionStorage) + JSON.stringify(localStorage));
  assert.ok(!kept.includes(CASHIER[1]), "a PIN stands in the page");
  await cashier.keyboard.press("Enter");
  await says(cashier, "Ready");
  await cashier.locator(".operator", { hasText: "Li Na · cashier" }).waitFor();
  await context.close();
}

/** Too much for a cashier: the supervisor's number and PIN, for this once. */
async function discount(hand) {
  const { context, cashier } = await hand.lane();
  const before = hand.receipts().length;
  await scanAll(cashier, [MILK]);
  await cashier.bringToFront();
  const give = async (amount) => {
    await cashier.keyboard.press("F7");
    await cashier.locator("#menu-prices[open]").waitFor();
    await cashier.keyboard.press("Enter");
    await cashier.locator("#form-discount[open]").waitFor();
    await type(cashier, amount, "Tab");
    await type(cashier, "torn", "Enter");
  };
  await give("6");
  await cashier.locator('[data-identify="allow"] .what', { hasText: "6.00" }).waitFor();
  await shot(cashier, "supervisor");
  await cashier.keyboard.press("Escape");
  await says(cashier, "Scan the articles");
  await give("6.50");
  await identify(cashier, SUPERVISOR);
  await cashier.locator(".line small", { hasText: "6.50 off: torn" }).waitFor();
  await shot(cashier, "discounted");
  // The next one is asked for again.
  await give("7");
  await cashier.locator('[data-identify="allow"]').waitFor();
  await cashier.keyboard.press("Escape");
  await says(cashier, "Scan the articles");
  await cashier.keyboard.press("F9");
  await says(cashier, "Choose how to pay");
  await cashier.keyboard.press("F10");
  await says(cashier, "Done");
  assert.match(await printed(hand, before), /torn/);
  await context.close();
}

async function drawer(hand) {
  const { context, cashier } = await hand.lane();
  const folder = join(hand.out, "receipts/lane-1");
  const paper = async (name) => {
    for (let tries = 0; tries < 400 && !readdirSync(folder).includes(name); tries += 1) {
      await pause(50);
    }
    return readFileSync(join(folder, name), "utf8");
  };
  await cashier.bringToFront();
  const choose = async (key) => {
    await cashier.locator('[data-open="menu-till"]').click();
    await cashier.locator(`#menu-till ${key}`).first().click();
  };
  await choose('[data-key="begin-shift"]');
  await says(cashier, "has the drawer now");
  await choose('[data-open="form-float"]');
  await shot(cashier, "float");
  // By touch: digits of the keyboard on the screen.
  for (const digit of ["5", "00"]) await cashier.locator(`#board [data-letter="${digit}"]`).click();
  await cashier.locator("#form-float [type=submit]").click();
  await identify(cashier, SUPERVISOR);
  await says(cashier, "Recorded: float, 500.00 CNY");
  await choose('[data-key="x"]');
  await identify(cashier, SUPERVISOR);
  const x = await paper("report-x.txt");
  assert.match(x, /Float \(1\) +500\.00/);
  assert.match(x, /Not counted yet/);
  await choose('[data-key="begin-count"]');
  await cashier.locator("#form-count[open]").waitFor();
  await shot(cashier, "count");
  await cashier.locator('#form-count [name="10000"]').fill("5");
  await cashier.locator('#form-count [name="100"]').fill("3");
  await cashier.locator("#form-count [type=submit]").click();
  await says(cashier, "Counted 503.00 CNY. Difference:");
  await shot(cashier, "counted");
  await choose('[data-key="z"]');
  await identify(cashier, SUPERVISOR);
  await says(cashier, "Z 1 was taken");
  assert.match(await paper("report-z-000001.txt"), /503\.00/);
  await choose('[data-key="end-shift"]');
  await says(cashier, "has ended");
  await context.close();
}

async function lock(hand) {
  const { context, cashier } = await hand.lane();
  await scanAll(cashier, [APPLE]);
  await cashier.bringToFront();
  await cashier.keyboard.press("F12");
  await says(cashier, "This lane is locked");
  await cashier.locator(".identify .what", { hasText: "101" }).waitFor();
  await shot(cashier, "locked-with-basket");
  for (const digit of CASHIER[0]) await cashier.locator(`.pad [data-digit="${digit}"]`).click();
  await cashier.locator('.pad [data-do="enter"]').click();
  for (const digit of CASHIER[1]) await cashier.locator(`.pad [data-digit="${digit}"]`).click();
  await cashier.locator('.pad [data-do="enter"]').click();
  await lines(cashier, 1);
  await press(cashier, "void-sale");
  await says(cashier, "Sale voided");
  await context.close();
}

async function cashByTouch(hand) {
  const { context, cashier } = await hand.lane();
  const before = hand.receipts().length;
  // An apple carries no code: a product key is touched.
  await cashier.bringToFront();
  await cashier.locator('[data-do="goods"]:enabled').click();
  await cashier.locator("#goods[open] .goods .key", { hasText: "Fuji apple" }).waitFor();
  await shot(cashier, "goods");
  await cashier.locator("#goods .key", { hasText: "Fuji apple" }).click();
  await lines(cashier, 1);
  await scan(cashier, NUTS_LABEL);
  await lines(cashier, 2);
  await shot(cashier, "basket");
  // The key budget: two keys after the last scan.
  await press(cashier, "total");
  await says(cashier, "Choose how to pay");
  await shot(cashier, "choose-tender");
  await cashier.locator('[data-shortcut="F10"]:enabled').click();
  await says(cashier, "Done");
  const receipt = await printed(hand, before);
  assert.match(receipt, /Loose nuts +51\.09/);
  // In cash 55.59 is rounded down to the jiao.
  assert.match(receipt, /TOTAL CNY +55\.50/);
  await context.close();
}

async function cashByKeys(hand) {
  const { context, cashier } = await hand.lane();
  const before = hand.receipts().length;
  await scanAll(cashier, [MILK]);
  // A person types a code as well.
  await cashier.keyboard.type(APPLE, { delay: 60 });
  await cashier.keyboard.press("Enter");
  await lines(cashier, 2);
  await pause(60);
  await cashier.keyboard.press("F9");
  await says(cashier, "Choose how to pay");
  await cashier.keyboard.type("20", { delay: 60 });
  await pause(60);
  await cashier.keyboard.press("Enter");
  await says(cashier, "Done. Change: 2.60");
  await shot(cashier, "change");
  assert.match(await printed(hand, before), /Change +2\.60|CHANGE +2\.60/i);
  await context.close();
}

async function declinedThenAnother(hand) {
  const { context, cashier, panel, href } = await hand.lane();
  const customer = await context.newPage();
  await customer.goto(href.replace("/cashier", "/customer"));
  const before = hand.receipts().length;
  await scanAll(cashier, [MILK]);
  await cashier.bringToFront();
  await press(cashier, "total");
  await press(cashier, "card");
  await says(cashier, "Card for 12.90");
  await shot(customer, "customer-card");
  await hold(panel, DECLINED);
  await says(cashier, "(51)");
  await shot(cashier, "declined");
  await shot(customer, "customer-declined");
  await press(cashier, "card");
  await hold(panel, APPROVED);
  await says(cashier, "Done");
  const receipt = await printed(hand, before);
  assert.match(receipt, /NOT PAID/);
  assert.match(receipt, /declined, code 51/);
  await context.close();
}

async function partThenCash(hand) {
  const { context, cashier, panel } = await hand.lane();
  await scanAll(cashier, [MILK, MILK]);
  await press(cashier, "total");
  await press(cashier, "card");
  await says(cashier, "Card for");
  await hold(panel, PARTIAL);
  await says(cashier, "Approved in part");
  await shot(cashier, "partial");
  await cashier.locator('[data-shortcut="F10"]:enabled').click();
  await says(cashier, "Done");
  await context.close();
}

async function mistakes(hand) {
  const { context, cashier } = await hand.lane();
  await scan(cashier, UNKNOWN);
  await cashier.locator("#unknown[open]").waitFor();
  await shot(cashier, "unknown");
  // Nothing is scanned until somebody has seen it.
  await scan(cashier, APPLE);
  await pause(200);
  assert.equal(await cashier.locator(".line").count(), 0);
  await cashier.locator("#unknown button").click();
  await scanAll(cashier, [APPLE, MILK]);
  await press(cashier, "void-line");
  await cashier.locator(".line.voided").waitFor();
  await cashier.locator("#open", { hasText: "4.50" }).waitFor();
  await shot(cashier, "voided-line");
  await press(cashier, "void-sale");
  await says(cashier, "Sale voided");
  await context.close();
}

/** Keys alone, digits as a person types them. */
async function byTheKeys(hand) {
  const { context, cashier } = await hand.lane();
  await cashier.bringToFront();
  const type = async (text, end) => {
    await cashier.keyboard.type(text, { delay: 50 });
    await pause(50);
    await cashier.keyboard.press(end);
  };
  await type("3", "F3");
  await cashier.locator(".sums .next", { hasText: "3 ×" }).waitFor();
  await scan(cashier, MILK);
  await lines(cashier, 1);
  await cashier.locator(".line .quantity", { hasText: "3 × 12.90" }).waitFor();
  await type("4011", "Enter");
  await cashier.locator("[data-weighs]").waitFor();
  await shot(cashier, "weigh");
  await type("0.512", "Enter");
  await lines(cashier, 2);
  await cashier.locator(".line .quantity", { hasText: "0.512 kg × 5.60" }).waitFor();
  await cashier.locator("#open", { hasText: "41.57" }).waitFor();
  // A touched line, then another quantity.
  await cashier.locator('[data-line="1"]').click();
  await type("2", "F3");
  await cashier.locator("#open", { hasText: "28.67" }).waitFor();
  await shot(cashier, "quantities");
  await cashier.keyboard.press("F11");
  await cashier.locator('[data-key="recall"]').waitFor();
  await shot(cashier, "suspended");
  await press(cashier, "recall");
  await lines(cashier, 2);
  await cashier.keyboard.press("F9");
  await says(cashier, "Choose how to pay");
  await cashier.locator(".sums .sum", { hasText: "28.60" }).waitFor();
  await cashier.keyboard.press("F10");
  await says(cashier, "Done");
  await context.close();
}

async function paperRunsOut(hand) {
  const { context, cashier, panel } = await hand.lane();
  const before = hand.receipts().length;
  await panel.locator('[data-post="/panel/printer/paper-out"]').click();
  await cashier.bringToFront();
  await cashier.getByText("put a roll in").first().waitFor();
  await scanAll(cashier, [MILK]);
  await press(cashier, "total");
  await cashier.locator('[data-shortcut="F10"]:enabled').click();
  await says(cashier, "Paid");
  await shot(cashier, "paper-out");
  // The next customer does not wait for paper.
  await scanAll(cashier, [APPLE]);
  assert.equal(hand.receipts().length, before);
  await panel.locator('[data-post="/panel/printer/ready"]').click();
  const receipt = await printed(hand, before);
  assert.match(receipt, /TOTAL CNY +12\.90/);
  assert.match(receipt, /REPRINT|COPY|AGAIN/i);
  await cashier.bringToFront();
  await press(cashier, "total");
  await cashier.locator('[data-shortcut="F10"]:enabled').click();
  await says(cashier, "Done");
  await printed(hand, before + 1);
  await context.close();
}

async function reloadAndKill(hand) {
  const { context, start, cashier } = await hand.lane();
  await scanAll(cashier, [APPLE, MILK]);
  await cashier.reload();
  await lines(cashier, 2);
  await cashier.locator('[data-key="total"]:enabled').waitFor();
  await start.bringToFront();
  await start.locator('[hx-post^="/switch/kill/1"]').click();
  // What is pressed now was not meant for the run of the lane that comes: it is told to look first.
  await pause(60);
  // By the page itself: a hand that waits until the key stands still may come after the new run.
  await cashier.evaluate(() => document.querySelector('[data-key="total"]').click());
  await cashier.locator("#restarted:visible").waitFor();
  await shot(cashier, "restarted");
  await cashier.locator("#restarted button").click();
  // The page finds the lane again by itself. Who stands there now is not known; the basket waits.
  await cashier.bringToFront();
  await identify(cashier, CASHIER);
  await lines(cashier, 2);
  await cashier.locator('[data-key="total"]:enabled').waitFor();
  await press(cashier, "total");
  await says(cashier, "Choose how to pay");
  await cashier.locator('[data-shortcut="F10"]:enabled').click();
  await says(cashier, "Done");
  await context.close();
}

async function linesDown(hand) {
  const { context, start, cashier, panel } = await hand.lane();
  const turn = async (name, to) => {
    const key = start.locator(`[hx-post="/switch/${name}/${to}"]`);
    await key.click();
    const other = to === "off" ? "on" : "off";
    await start.locator(`[hx-post="/switch/${name}/${other}"]`).waitFor();
  };
  await turn("bank-line", "off");
  await pause(1500);
  const before = hand.receipts().length;
  await scanAll(cashier, [APPLE]);
  await press(cashier, "total");
  await press(cashier, "card");
  await says(cashier, "Card for");
  await hold(panel, APPROVED);
  await says(cashier, "Done");
  assert.match(await printed(hand, before), /SUBJECT TO AUTHORISATION/);
  const now = await officePage(context, start);
  await now.locator(".tile.bad").first().waitFor();
  await shot(now, "now-line-down");
  await turn("bank-line", "on");
  await turn("hub", "off");
  await cashier.locator(".hub.away").waitFor();
  await shot(cashier, "hub-away");
  await scanAll(cashier, [MILK]);
  await press(cashier, "total");
  await cashier.locator('[data-shortcut="F10"]:enabled').click();
  await says(cashier, "Done");
  await turn("hub", "on");
  await cashier.locator(".hub:not(.away)").waitFor();
  await context.close();
}

/** The hub's pages, by somebody who is signed on there. */
async function officePage(context, start) {
  const page = await context.newPage();
  await page.goto(await start.locator('a[href$="/now"]').getAttribute("href"));
  await office.signOn(page, office.MANAGER);
  await page.locator(".tile").first().waitFor();
  return page;
}

async function runStore(hand) {
  const { context, start } = await hand.context();
  const page = await context.newPage();
  const { origin } = new URL(await start.locator('a[href$="/now"]').getAttribute("href"));
  const taken = (name) => shot(page, `office-${name}`, true);
  await office.signsOn(page, origin, taken);
  await office.addsSomebody(page, origin, taken);
  await office.rolesHold(page, origin);
  await office.findsPayment(page, origin, taken);
  await office.closesDay(page, origin, taken);
  await context.close();
  for (const locale of ["en-US", "zh-CN"]) {
    for (const viewport of [{ width: 1920, height: 1080 }, { width: 390, height: 844 }]) {
      const { context, start } = await hand.context({ locale, viewport });
      const shown = await officePage(context, start);
      for (const path of office.PAGES) {
        await shown.goto(`${origin}/${path}`);
        const name = `office-${path.replace(/\W/g, "-")}-${locale.slice(0, 2)}-${viewport.width}`;
        await shot(shown, name, true);
        await check(shown, name);
      }
      await context.close();
    }
  }
}

async function everyPage(hand) {
  const sizes = [
    { width: 1024, height: 600 },
    { width: 1920, height: 1080 },
    { width: 390, height: 844 },
  ];
  for (const locale of ["en-US", "zh-CN"]) {
    for (const viewport of sizes) {
      const { context, start, cashier, panel, href } = await hand.lane({ locale, viewport });
      const name = `${locale.slice(0, 2)}-${viewport.width}`;
      await scanAll(cashier, [APPLE]);
      const customer = await context.newPage();
      await customer.goto(href.replace("/cashier", "/customer"));
      const now = await officePage(context, start);
      // On a telephone somebody looks at the office; nobody sells there.
      const pages = viewport.width < 1000
        ? { start, now }
        : { start, cashier, panel, customer, now };
      for (const [page, shown] of Object.entries(pages)) {
        await shown.bringToFront();
        await shot(shown, `${page}-${name}`);
        await check(shown, `${page} ${name}`);
      }
      if (viewport.width >= 1000) await everyDialog(cashier, name);
      await press(cashier, "void-sale");
      await context.close();
    }
  }
}

/** What opens over the cashier's page, and what stands in its place. */
async function everyDialog(cashier, name) {
  await cashier.bringToFront();
  const look = async (what) => {
    await shot(cashier, `${what}-${name}`);
    await check(cashier, `${what} ${name}`);
  };
  for (const menu of ["menu-prices", "menu-till"]) {
    await cashier.locator(`[data-open="${menu}"]`).click();
    await look(menu);
    await cashier.keyboard.press("Escape");
  }
  for (const form of ["discount", "amount", "collect", "no-sale", "count"]) {
    await cashier.evaluate((id) => {
      document.querySelector(`[data-open="form-${id}"]`)?.click();
      if (!document.querySelector("dialog[open]")) {
        document.getElementById(`form-${id}`).showModal();
      }
    }, form);
    await look(`form-${form}`);
    await cashier.keyboard.press("Escape");
  }
  await cashier.keyboard.press("F7");
  await cashier.locator('#menu-prices [data-open="form-discount"]').click();
  await type(cashier, "3", "Tab");
  await type(cashier, "torn", "Enter");
  await cashier.keyboard.press("F12");
  await cashier.locator('[data-identify="sign-on"]').waitFor();
  await look("sign-on");
  await identify(cashier, CASHIER);
  await lines(cashier, 1);
}

async function check(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const found of violations) {
    const where = found.nodes.map((node) => node.target.join(" ")).slice(0, 4).join("; ");
    trouble.push(`${name}: ${found.id}: ${where}`);
  }
  const bytes = await page.evaluate(() => {
    const files = performance.getEntriesByType("resource").concat(
      performance.getEntriesByType("navigation"));
    return files.reduce((sum, file) => sum + (file.decodedBodySize || 0), 0);
  });
  if (bytes > PAGE_BYTES_MAX) trouble.push(`${name}: ${bytes} bytes`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  if (wide) trouble.push(`${name}: wider than its window`);
}

await main();
