import { ada, expect, test } from '../fixtures';
import { measureGallery } from '../fixtures/gallery';

/** One language of each script; `soak/gallery.spec.ts` measures all. */
const LANGUAGES = ['ar', 'hi', 'ja', 'de'] as const;

for (const language of LANGUAGES) {
  test(`in ${language} no text of any state is cut, covered, or wider than the page`, async ({ visitor, home }) => {
    test.setTimeout(120_000);
    const one = await visitor(ada, { unwatched: true });
    // The program is left out, so that the page stays as it is put there.
    one.expectErrors(/Failed to load resource/, /net::ERR_FAILED/, /Failed to fetch/);
    expect(await measureGallery(one.page, home, language)).toEqual([]);
  });
}
