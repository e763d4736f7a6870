// Takes the pictures of the manuals in docs/staff from the real screens.
// Run: node manual.mjs PATH-OF-SIM FOLDER-FOR-PICTURES
import { join } from "node:path";
import { APPROVED, BEER, Hand, MILK, hold, keepPictures, lines, press, scanAll } from "./hand.mjs";
import * as office from "./office.mjs";
import { CASHIER, identify, type, withStore } from "./store.mjs";

const [sim, folder = "pictures"] = process.argv.slice(2);
/** Small enough for a page, large enough to read. */
const SCALE = { deviceScaleFactor: 0.75 };

keepPictures(folder);
await withStore(sim, async ({ browser, address, out }) => {
  const hand = new Hand(browser, address, out);
  for (const locale of ["en-US", "zh-CN"]) {
    const tag = locale.slice(0, 2);
    const shot = (page, name) => page.screenshot({ path: join(folder, `${name}-${tag}.png`) });
    await cashier(hand, { locale, ...SCALE }, shot);
    await manager(hand, { locale, ...SCALE }, shot);
  }
});

async function cashier(hand, options, shot) {
  const { context, cashier: page, panel } = await hand.lane({ ...options, signedOn: false });
  await page.bringToFront();
  if (await page.locator("[data-identify]").count()) {
    await type(page, CASHIER[0], "Enter");
    await type(page, "2580");
    await shot(page, "sign-on");
    await page.keyboard.press("Escape");
    await identify(page, CASHIER);
  }
  await scanAll(page, [MILK, BEER]);
  await type(page, "4011", "Enter");
  await type(page, "0.512", "Enter");
  await lines(page, 3);
  await shot(page, "basket");
  await page.locator('[data-do="goods"]').click();
  await page.locator("#goods[open] .goods .key").first().waitFor();
  await shot(page, "goods");
  await page.keyboard.press("Escape");
  await page.keyboard.press("F9");
  await page.locator('[data-key="old-enough"]').waitFor();
  await shot(page, "age");
  await page.keyboard.press("F7");
  await page.locator('[data-key="card"]:enabled').waitFor();
  await shot(page, "tender");
  await press(page, "card");
  await page.locator(".step.wait").waitFor();
  await hold(panel, APPROVED);
  await page.locator(".step.done").waitFor();
  await page.locator('[data-open="menu-till"]').click();
  await shot(page, "drawer");
  await page.keyboard.press("Escape");
  await press(page, "sign-off");
  await page.locator("[data-identify]").waitFor();
  await context.close();
}

async function manager(hand, options, shot) {
  const { context, start } = await hand.context(options);
  const page = await office.officePage(context, start);
  const { origin } = new URL(page.url());
  await shot(page, "now");
  await page.goto(`${origin}/find?lane=1`);
  await page.locator(".rows tbody tr").first().waitFor();
  await shot(page, "find");
  await page.goto(`${origin}/day`);
  await shot(page, "day");
  await context.close();
}
