// Goods that come back, on another lane and another day. Parts of sell.mjs.
import { strict as assert } from "node:assert";
import { press, printed, says, shot } from "./hand.mjs";
import { CASHIER, SUPERVISOR, identify, type } from "./store.mjs";

/** Beyond what a cashier takes back alone, somebody stands by. */
async function allow(cashier) {
  const asked = cashier.locator('[data-identify="allow"]');
  const goes = cashier.locator(".line");
  await asked.or(goes).first().waitFor();
  if (await asked.count()) await identify(cashier, SUPERVISOR);
}

/** Sold on lane 1; the date has turned since. One piece by keys alone, then the rest by touch. */
export async function onAnotherLane(hand, sold) {
  const number = /\b1-1-\d{6}\b/.exec(sold)[0];
  const { context, cashier } = await hand.lane({ number: 2 });
  const before = hand.receipts(2).length;
  await cashier.bringToFront();
  await cashier.keyboard.press("F7");
  await cashier.locator("#menu-prices[open]").waitFor();
  for (let steps = 0; steps < 4; steps += 1) await cashier.keyboard.press("ArrowDown");
  await cashier.keyboard.press("Enter");
  await cashier.locator("#form-return[open]").waitFor();
  await shot(cashier, "return-form");
  await type(cashier, number, "Tab");
  await type(cashier, "torn", "Enter");
  await says(cashier, "choose the lines that come back");
  await shot(cashier, "return-lines");
  await type(cashier, "1.1", "Enter");
  await allow(cashier);
  await cashier.locator(".line").first().waitFor();
  await cashier.keyboard.press("F9");
  await says(cashier, "Pay back");
  await shot(cashier, "pay-back");
  await cashier.keyboard.press("F10");
  await says(cashier, "Done");
  const paper = await printed(hand, before, 2);
  assert.match(paper, /RETURN/);
  assert.match(paper, new RegExp(number));
  await byTouch(hand, cashier, number);
  await context.close();
}

async function byTouch(hand, cashier, number) {
  const before = hand.receipts(2).length;
  await cashier.locator('[data-open="menu-prices"]').click();
  await cashier.locator('#menu-prices [data-open="form-return"]').click();
  for (const letter of number) await cashier.locator(`#board [data-letter="${letter}"]`).first().click();
  await cashier.locator('#form-return [data-fill="reason"]').first().click();
  await cashier.locator("#form-return [type=submit]").click();
  await says(cashier, "choose the lines that come back");
  await cashier.locator('[data-key="return-line"]:enabled').first().click();
  await allow(cashier);
  await cashier.locator(".line").first().waitFor();
  await shot(cashier, "return-basket");
  await press(cashier, "total");
  await says(cashier, "Pay back");
  await press(cashier, "pay-back");
  await says(cashier, "Done");
  assert.match(await printed(hand, before, 2), /RETURN/);
  // Nothing is left of what came back.
  await cashier.locator('[data-open="menu-prices"]').click();
  await cashier.locator('#menu-prices [data-open="form-return"]').click();
  await type(cashier, number, "Tab");
  await type(cashier, "again", "Enter");
  await cashier.locator('[data-key="return-line"][disabled]').first().waitFor();
  await shot(cashier, "all-came-back");
  await press(cashier, "void-sale");
  await says(cashier, "Sale voided");
}
