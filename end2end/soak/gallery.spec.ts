import { ada, expect, test } from '../fixtures';
import { measureGallery } from '../fixtures/gallery';

const LANGUAGES = ['en', 'es', 'pt-BR', 'fr', 'de', 'pl', 'tr', 'ru', 'ar', 'hi', 'id', 'ja'] as const;

for (const language of LANGUAGES) {
  test(`in ${language} no text of any state is cut, covered, or wider than the page`, async ({ visitor, home }) => {
    const one = await visitor(ada, { unwatched: true });
    one.expectErrors(/Failed to load resource/, /net::ERR_FAILED/, /Failed to fetch/);
    expect(await measureGallery(one.page, home, language)).toEqual([]);
  });
}
