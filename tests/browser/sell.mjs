// People at the screens, in a real browser: the main paths, by touch and by keys alone, in both
// languages, through a reload and a kill. Run: node sell.mjs PATH-OF-SIM [FOLDER-FOR-PICTURES]
import { strict as assert } from "node:assert";
import * as cashier from "./cashier.mjs";
import * as customer from "./customer.mjs";
import * as drawer from "./drawer.mjs";
import { Hand, keepPictures, trouble } from "./hand.mjs";
import * as office from "./office.mjs";
import * as pages from "./pages.mjs";
import * as returns from "./returns.mjs";
import { withStore } from "./store.mjs";
import * as supervisor from "./supervisor.mjs";
import * as troubles from "./troubles.mjs";

const [sim, pictures = "pictures"] = process.argv.slice(2);

async function main() {
  keepPictures(pictures);
  const told = await withStore(sim, async ({ browser, address, out }) => {
    const hand = new Hand(browser, address, out);
    await part("start page in both languages", () => pages.startPage(hand));
    await part("sign-on: a scan in the PIN, a wrong PIN, the right one", () => cashier.signOnFirst(hand));
    await part("cash by touch, exact", () => cashier.cashByTouch(hand));
    console.log(`first sale ${Math.round(performance.now() / 1000)} s after the command`);
    await part("cash by keys alone, with change", () => cashier.cashByKeys(hand));
    await part("a declined card, then another", () => customer.declinedThenAnother(hand));
    await part("a card that pays a part, the rest in cash", () => customer.partThenCash(hand));
    await part("what can't be sold, what is taken back", () => cashier.mistakes(hand));
    await part("quantity, short code, weight, a basket that waits", () => cashier.byTheKeys(hand));
    await part("an article from 18 years on", () => cashier.asksAge(hand));
    await part("a discount with a supervisor, by the keyboard alone", () => supervisor.discount(hand));
    await part("the drawer: float, X, a blind count, Z", () => drawer.drawer(hand));
    await part("locked in mid-sale, and unlocked by touch", () => cashier.lock(hand));
    await part("the paper runs out in mid-receipt", () => troubles.paperRunsOut(hand));
    await part("a reload and a kill in mid-sale", () => troubles.reloadAndKill(hand));
    await part("the bank line is pulled, the hub is gone", () => troubles.linesDown(hand));
    await part("every page: accessible, small, nothing from elsewhere", () => pages.everyPage(hand));
    const sold = hand.receipts().find((receipt) => /2 x .*12\.90|2 × .*12\.90/.test(receipt));
    await part("who runs the store: signs on, finds, closes the day, reads", () => office.runStore(hand));
    await part("goods come back on another lane on the next day", () => returns.onAnotherLane(hand, sold));
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

await main();
