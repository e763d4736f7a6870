// A supervisor allows what is too much for a cashier. Parts of sell.mjs.
import { strict as assert } from "node:assert";
import { MILK, printed, says, scanAll, shot } from "./hand.mjs";
import { SUPERVISOR, identify, type } from "./store.mjs";

/** Too much for a cashier: the supervisor's number and PIN, for this once. */
export async function discount(hand) {
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
