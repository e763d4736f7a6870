// A cashier sells, at the keys and by touch. Parts of sell.mjs.
import { strict as assert } from "node:assert";
import { APPLE, BEER, MILK, NUTS_LABEL, UNKNOWN, lines, press, printed, says, scanAll, shot } from "./hand.mjs";
import { CASHIER, identify, pause, scan, type } from "./store.mjs";

export async function signOnFirst(hand) {
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

export async function cashByTouch(hand) {
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

export async function cashByKeys(hand) {
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

export async function mistakes(hand) {
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
export async function byTheKeys(hand) {
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

export async function lock(hand) {
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

/** By keys, then by touch: too young for one, old enough for another. */
export async function asksAge(hand) {
  const { context, cashier, href } = await hand.lane();
  const customer = await context.newPage();
  await customer.goto(href.replace("/cashier", "/customer"));
  const before = hand.receipts().length;
  await scanAll(cashier, [MILK, BEER]);
  await cashier.bringToFront();
  await cashier.keyboard.press("F9");
  await says(cashier, "is the customer 18 or older, born");
  await shot(cashier, "age");
  await shot(customer, "customer-age");
  // A key pressed twice says nothing.
  await cashier.keyboard.press("F9");
  await cashier.keyboard.press("Enter");
  await pause(200);
  await says(cashier, "is the customer 18 or older");
  await cashier.keyboard.press("F2");
  await cashier.locator(".line.voided").waitFor();
  await says(cashier, "Scan the articles");
  await scan(cashier, BEER);
  await lines(cashier, 3);
  await press(cashier, "total");
  await says(cashier, "is the customer 18 or older");
  await press(cashier, "old-enough");
  await says(cashier, "Choose how to pay");
  await cashier.keyboard.press("F10");
  await says(cashier, "Done");
  const receipt = await printed(hand, before);
  assert.equal(receipt.match(/beer/gi).length, 1);
  await context.close();
}
