// What fails while somebody sells: paper, the lane, the line to the bank, the hub. Parts of
// sell.mjs.
import { strict as assert } from "node:assert";
import { APPLE, APPROVED, MILK, hold, lines, press, printed, says, scanAll, shot } from "./hand.mjs";
import { officePage } from "./office.mjs";
import { CASHIER, identify, pause } from "./store.mjs";

export async function paperRunsOut(hand) {
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

export async function linesDown(hand) {
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
  // A card, within what the lane may approve alone.
  const alone = hand.receipts().length;
  await scanAll(cashier, [APPLE]);
  await press(cashier, "total");
  await press(cashier, "card");
  await says(cashier, "Card for");
  await hold(panel, APPROVED);
  await says(cashier, "Done");
  assert.match(await printed(hand, alone), /SUBJECT TO AUTHORISATION/);
  await shot(cashier, "approved-alone");
  await turn("hub", "on");
  await cashier.locator(".hub:not(.away)").waitFor();
  await context.close();
}

export async function reloadAndKill(hand) {
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
