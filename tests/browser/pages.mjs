// Every page and dialog, in both languages and three sizes: accessible, small, nothing from
// elsewhere. Parts of sell.mjs.
import { strict as assert } from "node:assert";
import { check } from "./check.mjs";
import { APPLE, lines, press, scanAll, shot } from "./hand.mjs";
import { officePage } from "./office.mjs";
import { CASHIER, identify, type } from "./store.mjs";

export async function startPage(hand) {
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

export async function everyPage(hand) {
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
