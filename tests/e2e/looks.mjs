// What can be measured of a page's looks: contrast and accessibility by axe-core, and its width.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * The faults by WCAG 2.2 A and AA, each as one line. `parts` selects parts of the page; what is
 * not ours, as in the markup of Swagger UI, is measured by `rules` alone.
 */
export async function faults(page, { parts, rules } = {}) {
  await page.evaluate(`${AXE};0`);
  const found = await page.evaluate(
    async ([parts, only]) => {
      const { violations } = await window.axe.run(parts ?? document, { runOnly: only });
      return violations;
    },
    [parts, rules ?? WCAG],
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${target.join(' ')}: ${any[0]?.message ?? ''}`),
  );
}

/** By how many pixels the page is wider than its window. */
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
