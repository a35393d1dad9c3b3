import { ada, ben, expect, test, type Visitor } from '../fixtures';

const widths = [320, 390, 1440];

/** No element extends beyond the page, and no text is cut off. */
async function expectNothingCutOff({ page }: Visitor, where: string) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 844 });
    const problems = await page.evaluate(() => {
      const found: string[] = [];
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} wide`);
      for (const element of document.querySelectorAll<HTMLElement>('button, p, h1, label, summary')) {
        const style = getComputedStyle(element);
        const { width, left, right } = element.getBoundingClientRect();
        const hidden = width <= 1 || !element.checkVisibility() || element.closest('.visually-hidden, [aria-hidden], .strip, .panel[hidden]');
        if (hidden || style.clipPath !== 'none') continue;
        if (element.closest('.panel') && getComputedStyle(element.closest('.panel')!).clipPath !== 'none') continue;
        if (element.scrollWidth > element.clientWidth + 1 && style.overflow !== 'visible') found.push(`cut off: ${element.textContent}`);
        if (left < -1 || right > clientWidth + 1) found.push(`outside: ${element.textContent}`);
      }
      return found;
    });
    expect(problems, `${where}, ${width} px`).toEqual([]);
  }
}

/** Every text comes from the catalogue. All letters in the pseudo-translation have accents. */
async function expectTranslated({ page }: Visitor, where: string) {
  const english = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found: string[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement!;
      // Names of devices and codecs, and the address of the page, are not translated.
      if (parent.closest('script, noscript, option, .codecs, .panel-link, body [lang]')) continue;
      // Nor are times, which the browser writes in the language of the page.
      const text = node.textContent!.replace(/\d:\d\d\s[AP]M/, '');
      if (/[a-z]{2,}/i.test(text)) found.push(text);
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
      for (const name of ['aria-label', 'title', 'placeholder']) {
        const text = element.getAttribute(name) ?? '';
        if (/[a-z]{2,}/i.test(text)) found.push(`${name}: ${text}`);
      }
    }
    return found;
  });
  expect(english, where).toEqual([]);
}

for (const language of ['en-XA', 'ar-XB']) {
  test(`in ${language} no text is cut off, unmirrored or untranslated`, async ({ visitor, home }) => {
    const one = await visitor(ada);
    const other = await visitor(ben);
    const expectLayout = async (where: string) => {
      await expectNothingCutOff(one, where);
      if (language === 'en-XA') await expectTranslated(one, where);
    };
    const press = (selector: string) => one.page.locator(selector).click();
    await one.arrive(`${home}/?lang=${language}`);
    await expect(one.page.locator('html')).toHaveAttribute('dir', language === 'ar-XB' ? 'rtl' : 'ltr');
    await expectLayout('landing');
    await press('.settings');
    await expectLayout('settings');
    await one.page.keyboard.press('Escape');
    await press('.panel-action button:last-of-type');
    await expect(one.page.locator('.mirror select').first()).toBeVisible();
    await expectLayout('mirror');
    await press('[data-intent=start]');
    await one.reaches('waiting');
    await expectLayout('waiting');
    await other.arrive();
    await other.start();
    await one.reaches('talking');
    await other.reaches('talking');
    await expectLayout('talking');
    await press('[data-kind=chat]');
    await expectLayout('talking and chat');
    await one.page.locator('.dock [data-kind=more]').click();
    await press('.details summary');
    await expectLayout('talking and details');
    await one.page.keyboard.press('Escape');
    if (language === 'ar-XB') {
      await one.page.setViewportSize({ width: 1440, height: 900 });
      const chat = (await one.page.locator('.chat').boundingBox())!;
      expect(chat.x, 'the chat is at the end of the line').toBeLessThan(400);
      const next = (await one.page.locator('[data-kind=next]').boundingBox())!;
      const mute = (await one.page.locator('.dock [data-kind=device]').first().boundingBox())!;
      expect(next.x, 'Next is at the end of the line').toBeLessThan(mute.x);
    }
    await other.stop();
    await one.reaches('ended');
    await expectLayout('ended');
  });
}

test('a page that was translated by the browser still shows what changes', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.arrive();
  // As the translator of Chromium does, which needs a service that is not there in tests.
  await one.page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.textContent!.trim() && !node.parentElement!.closest('script, [translate=no]')) texts.push(node as Text);
    }
    for (const text of texts) {
      const [outer, inner] = [document.createElement('font'), document.createElement('font')];
      inner.textContent = `¡${text.textContent}!`;
      outer.append(inner);
      text.replaceWith(outer);
    }
  });
  const heading = one.page.getByRole('heading', { level: 1 });
  await expect(heading).toHaveText('¡Meet someone you would have walked past!');
  await one.page.locator('[data-intent=start]').click();
  await one.reaches('waiting');
  await expect(heading).toHaveText('Looking for someone…');
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await one.page.locator('.dock [data-kind=device]').first().click();
  await expect(one.button('Unmute microphone')).toBeVisible();
  await other.stop();
  await one.reaches('ended');
  await expect(heading).toHaveText('They left');
});
