// Who has the cash drawer: float, X, a blind count, Z. Parts of sell.mjs.
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { says, shot } from "./hand.mjs";
import { SUPERVISOR, identify, pause } from "./store.mjs";

export async function drawer(hand) {
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
