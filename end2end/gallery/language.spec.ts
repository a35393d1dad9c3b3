import path from 'node:path';

import { ada, test } from '../fixtures';
import { openWithoutProgram, SCREENS, showState, statesIn } from '../fixtures/gallery';

// `make shots LANG=xx`: screenshots of every state in one language, for its translators.

const language = process.env.SHOTS_LANG ?? '';

test(`every state in ${language}`, async ({ visitor, home }) => {
  test.setTimeout(600_000);
  const one = await visitor(ada, { unwatched: true });
  // Playwright puts a style into the page for each picture, which the policy of the page forbids.
  one.expectErrors(/Failed to load resource/, /net::ERR_FAILED/, /Failed to fetch/, /Applying inline style/);
  const { page } = one;
  await openWithoutProgram(page, `${home}/?lang=${language}`);
  for (const state of statesIn(language)) {
    for (const settings of ['landing', 'talking'].includes(state.name) ? [false, true] : [false]) {
      await showState(page, state, settings);
      for (const [width, height] of SCREENS) {
        await page.setViewportSize({ width, height });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const name = `${state.name}${settings ? ' and settings' : ''}`.replace(/[^a-z]+/gi, '-');
          const file = `${name}-${width}-${colorScheme}.png`;
          await page.screenshot({ path: path.join(__dirname, '..', 'shots', language, file), animations: 'disabled' });
        }
      }
    }
  }
});
