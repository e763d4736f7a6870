// One page as it stands: accessible, small, and no wider than its window. Parts of sell.mjs.
import axe from "axe-core";
import { trouble } from "./hand.mjs";

/** What a page and all its files may weigh. */
const PAGE_BYTES_MAX = 150 * 1024;

/** What people here call by its letters. */
const LETTERS = /^(CNY|CSV|JSON|PIN|SKU|STAN|TID|MID|MAC|JCB|X|Z|kg|Esc|F\d+|HUB\d{4}|LANE\d{4}|STORE\w*|Lanekeeper|English)$/;
/** Names of people, goods and the store by hand. */
const NAMES = /^(Li|Na|Wang|Fang|Chen|Jing|Zhao|Lei|Fuji|apple|demo|store)$/;
/** Names, papers, ids and what is typed stand as they are. */
const AS_THEY_ARE = "script, style, pre, code, kbd, input, option, .name, .store, .operator, [lang=en], h1, .words";

/** Words in Latin letters on a page that says it is Chinese. */
async function foreignWords(page) {
  const text = await page.evaluate((others) => {
    if (!document.documentElement.lang.startsWith("zh")) return "";
    const shown = document.body.cloneNode(true);
    for (const other of shown.querySelectorAll(others)) other.remove();
    // Each text by itself: what stands in two places is not one word.
    const texts = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
    const all = [];
    while (texts.nextNode()) all.push(texts.currentNode.data);
    return all.join(" ");
  }, AS_THEY_ARE);
  const words = text.match(/[A-Za-z][A-Za-z0-9]+/g) || [];
  return [...new Set(words.filter((word) => !LETTERS.test(word) && !NAMES.test(word)))];
}

export async function check(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const found of violations) {
    const where = found.nodes.map((node) => node.target.join(" ")).slice(0, 4).join("; ");
    trouble.push(`${name}: ${found.id}: ${where}`);
  }
  const foreign = await foreignWords(page);
  if (foreign.length > 0) trouble.push(`${name}: not Chinese: ${foreign.join(" ")}`);
  const bytes = await page.evaluate(() => {
    const files = performance.getEntriesByType("resource").concat(
      performance.getEntriesByType("navigation"));
    return files.reduce((sum, file) => sum + (file.decodedBodySize || 0), 0);
  });
  if (bytes > PAGE_BYTES_MAX) trouble.push(`${name}: ${bytes} bytes`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  if (wide) trouble.push(`${name}: wider than its window`);
}
