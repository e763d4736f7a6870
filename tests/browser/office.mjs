// Who runs the store, in a real browser: the hub's pages by number and PIN, in both languages and
// three sizes. Parts of sell.mjs.
import { strict as assert } from "node:assert";
import { check } from "./check.mjs";
import { shot } from "./hand.mjs";
import { pause } from "./store.mjs";

/** As `sim store --by-hand` has them. */
export const MANAGER = { number: "301", pin: "471036" };
const CASHIER = { number: "101", pin: "258014" };
const NAME = "<script>alert(1)</script>";

/** Types number and PIN at the hub's page. */
export async function signOn(page, who) {
  await page.fill('input[name="number"]', who.number);
  await page.fill('input[name="pin"]', who.pin);
  await page.click('button[type="submit"]');
}

/** The address alone lets nobody in; neither does a wrong PIN. */
export async function signsOn(page, origin, shot) {
  for (const path of ["/", "/find", "/operators"]) {
    await page.goto(`${origin}${path}`);
    assert.match(page.url(), /sign-on$/, path);
  }
  await shot("sign-on");
  await signOn(page, { ...MANAGER, pin: "471037" });
  await page.locator(".notice").waitFor();
  await signOn(page, MANAGER);
  // A pause after a wrong PIN: it is not even looked at.
  await page.locator(".notice", { hasText: "Wait" }).waitFor();
  await pause(1200);
  await signOn(page, MANAGER);
  await page.waitForURL("**/now");
  await page.locator(".tile").first().waitFor();
}

/** Somebody new; their name is text, whatever stands in it. */
export async function addsSomebody(page, origin, shot) {
  await page.goto(`${origin}/operators`);
  await add(page, { number: "102", pin: "1234", name: NAME, role: "1" });
  await page.locator(".answer .notice").waitFor();
  await add(page, { number: "102", pin: "9630", name: NAME, role: "1" });
  await page.waitForURL("**/operators/102");
  await page.locator("dd", { hasText: NAME }).first().waitFor();
  await shot("operator");
  await page.check('form[hx-post$="/end"] [name="sure"]');
  await page.locator('form[hx-post$="/end"] button').click();
  await page.locator("dd", { hasText: "until" }).first().waitFor();
}

async function add(page, who) {
  const form = page.locator('form[hx-post="/operators/add"]');
  await form.locator('[name="number"]').fill(who.number);
  await form.locator('[name="name"]').fill(who.name);
  await form.locator('[name="role"]').selectOption(who.role);
  await form.locator('[name="pin"]').fill(who.pin);
  await form.locator('[name="pin_again"]').fill(who.pin);
  await form.locator('button[type="submit"]').click();
}

/** What a role does not open is closed by address, too, and not linked. */
export async function rolesHold(page, origin) {
  await signOff(page, origin);
  await signOn(page, CASHIER);
  await page.waitForURL("**/now");
  assert.deepEqual(await page.locator("nav a").allTextContents(), ["Now"]);
  for (const path of ["/find", "/day", "/work", "/reports", "/operators", "/operators/301"]) {
    const answer = await page.goto(`${origin}${path}`);
    assert.equal(answer.status(), 403, path);
  }
  const form = await page.locator('meta[name="lanekeeper-form"]').getAttribute("content");
  for (const path of ["/day/close", "/receipts/1-1-000001/reprint", "/operators/301/pin", "/operators/301/end"]) {
    const answer = await page.request.post(`${origin}${path}`, {
      headers: { "x-lanekeeper-form": form },
      form: { date: "2026-11-30", sure: "yes", pin: "8642", pin_again: "8642" },
    });
    assert.equal(answer.status(), 403, path);
  }
  const without = await page.request.post(`${origin}/sign-off`);
  assert.equal(without.status(), 403, "an order without the form's secret");
  await signOff(page, origin);
  await signOn(page, MANAGER);
  await page.waitForURL("**/now");
}

async function signOff(page, origin) {
  await page.goto(`${origin}/now`);
  await page.locator('form[hx-post="/sign-off"] button').click();
  await page.waitForURL("**/sign-on");
}

/** From a sale on a list to its receipt and its card's way to the bank. */
export async function findsPayment(page, origin, shot) {
  await page.goto(`${origin}/find`);
  await page.fill('[name="lane"]', "1");
  await page.keyboard.press("Enter");
  await page.locator(".rows tbody tr").first().waitFor();
  await shot("find");
  assert.doesNotMatch(await page.content(), /\b\d{13,19}\b/, "no card number");
  await page.locator('a[href^="/payments/"]').first().click();
  await page.locator(".timeline .bank, .timeline .hub").first().waitFor();
  await shot("payment");
  const told = await page.content();
  assert.doesNotMatch(told.replace(/[0-9a-f]{32}/g, ""), /\d{16}/, "no card number");
  const receipt = page.locator('a[href^="/receipts/"]').first();
  if (await receipt.count()) {
    await receipt.click();
    await page.locator("pre.paper").waitFor();
    await page.selectOption('form[hx-post$="/reprint"] [name="lane"]', "2");
    await page.locator('form[hx-post$="/reprint"] button').click();
    await page.locator(".answer .good", { hasText: "lane 2" }).waitFor();
    await shot("receipt");
  }
}

/** The close is ordered once, told step by step, and makes a report. */
export async function closesDay(page, origin, shot, hand) {
  await page.goto(`${origin}/day`);
  await shot("day");
  await page.check('[name="sure"]');
  await page.locator('form[hx-post="/day/close"] button').click();
  await page.locator("#close p.good").waitFor({ timeout: 120_000 });
  await shot("day-closed");
  await page.locator('#close a[href^="/reports"]').click();
  await page.locator(".report-part").first().waitFor();
  await shot("reports");
  const date = await page.locator('select[name="date"]').inputValue();
  const csv = await page.request.get(`${origin}/reports/${date}/tenders.csv`);
  const tenders = await csv.text();
  assert.match(tenders, /^tender,scheme,count,total_minor\r\n/);
  assert.equal(sumOf(tenders), receiptsOf(hand), "tenders and receipts add up");
  const json = await page.request.get(`${origin}/reports/${date}/day.json`);
  assert.equal((await json.json()).business_date, date);
  assert.equal((await page.request.get(`${origin}/reports/1999-01-01/day.json`)).status(), 404);
  await page.goto(`${origin}/day/${date}/1`);
  await page.locator("pre.paper", { hasText: date }).waitFor();
  await shot("day-version-1");
  assert.equal((await page.goto(`${origin}/day/${date}/99`)).status(), 404);
}

/** What a table says was paid, in minor units. */
function sumOf(tenders) {
  const rows = tenders.trim().split("\r\n").slice(1);
  return rows.reduce((sum, row) => sum + Number(row.split(",").at(-1)), 0);
}

/** What all receipts on paper come to, in minor units. */
function receiptsOf(hand) {
  const papers = [1, 2].flatMap((lane) => hand.receipts(lane));
  const totals = papers.map((paper) => /TOTAL CNY +(-?[\d,]+)\.(\d\d)/.exec(paper));
  return totals.reduce((sum, [, whole, rest]) => sum + Number(`${whole.replace(/,/g, "")}${rest}`), 0);
}

/** Every page, for whoever checks it. */
const PAGES = ["now", "find?lane=1", "day", "work", "reports", "operators", "operators/301"];

/** The hub's pages, by somebody who is signed on there. */
export async function officePage(context, start) {
  const page = await context.newPage();
  await page.goto(await start.locator('a[href$="/now"]').getAttribute("href"));
  await signOn(page, MANAGER);
  await page.locator(".tile").first().waitFor();
  return page;
}

export async function runStore(hand) {
  const { context, start } = await hand.context();
  const page = await context.newPage();
  const { origin } = new URL(await start.locator('a[href$="/now"]').getAttribute("href"));
  const taken = (name) => shot(page, `office-${name}`, true);
  await signsOn(page, origin, taken);
  await addsSomebody(page, origin, taken);
  await rolesHold(page, origin);
  await findsPayment(page, origin, taken);
  await closesDay(page, origin, taken, hand);
  await context.close();
  for (const locale of ["en-US", "zh-CN"]) {
    for (const viewport of [{ width: 1920, height: 1080 }, { width: 390, height: 844 }]) {
      const { context, start } = await hand.context({ locale, viewport });
      const shown = await officePage(context, start);
      for (const path of PAGES) {
        await shown.goto(`${origin}/${path}`);
        const name = `office-${path.replace(/\W/g, "-")}-${locale.slice(0, 2)}-${viewport.width}`;
        await shot(shown, name, true);
        await check(shown, name);
      }
      await context.close();
    }
  }
}
