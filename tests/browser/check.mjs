// One page as it stands: accessible, small, and no wider than its window. Parts of sell.mjs.
import axe from "axe-core";
import { trouble } from "./hand.mjs";

/** What a page and all its files may weigh. */
const PAGE_BYTES_MAX = 150 * 1024;

export async function check(page, name) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const found of violations) {
    const where = found.nodes.map((node) => node.target.join(" ")).slice(0, 4).join("; ");
    trouble.push(`${name}: ${found.id}: ${where}`);
  }
  const bytes = await page.evaluate(() => {
    const files = performance.getEntriesByType("resource").concat(
      performance.getEntriesByType("navigation"));
    return files.reduce((sum, file) => sum + (file.decodedBodySize || 0), 0);
  });
  if (bytes > PAGE_BYTES_MAX) trouble.push(`${name}: ${bytes} bytes`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  if (wide) trouble.push(`${name}: wider than its window`);
}
