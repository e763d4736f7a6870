// A customer with cards, at the reader. Parts of sell.mjs.
import { strict as assert } from "node:assert";
import {
  APPROVED, DECLINED, MILK, PARTIAL, hold, lines, press, printed, says, scanAll, shot,
} from "./hand.mjs";
import { type } from "./store.mjs";

export async function declinedThenAnother(hand) {
  const { context, cashier, panel, href } = await hand.lane();
  const customer = await context.newPage();
  await customer.goto(href.replace("/cashier", "/customer"));
  const before = hand.receipts().length;
  await scanAll(cashier, [MILK]);
  await cashier.bringToFront();
  await type(cashier, "4011", "Enter");
  await cashier.locator("[data-weighs]").waitFor();
  await type(cashier, "512", "Enter");
  await lines(cashier, 2);
  await press(cashier, "total");
  await press(cashier, "card");
  await says(cashier, "Card for 15.77");
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
  assert.match(receipt, /0\.512 kg/);
  await context.close();
}

export async function partThenCash(hand) {
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
