import { ada, ben, expect, test, type Visitor } from '../fixtures';
import { wordsOf } from '../fixtures/words';

const languageOf = ({ page }: Visitor) => page.locator('html');

/** Opens the menu on the first page and chooses the language with this name. */
async function choose({ page }: Visitor, name: string) {
  await page.locator('.foot .languages summary').click();
  await page.locator('.foot').getByRole('link', { name, exact: true }).click();
}

test('the page speaks the language of the browser, or the one that the person has chosen', async ({ visitor, home }) => {
  const one = await visitor(ada, { browser: { locale: 'de-AT' } });
  await one.arrive();
  await expect(languageOf(one)).toHaveAttribute('lang', 'de');
  await choose(one, 'Türkçe');
  await expect(languageOf(one)).toHaveAttribute('lang', 'tr');
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('tr').landing.heading);
  // The device remembers it, without a cookie.
  await one.page.goto(home);
  await expect(languageOf(one)).toHaveAttribute('lang', 'tr');
  expect(await one.context.cookies()).toEqual([]);
  // A link to another language shows that one, this once.
  await one.arrive(`${home}/?lang=ja`);
  await expect(languageOf(one)).toHaveAttribute('lang', 'ja');
  await one.page.goto(home);
  await expect(languageOf(one)).toHaveAttribute('lang', 'tr');
  // The plain pages have no script. Their links keep the language.
  await one.page.locator('.foot a[href^="/rules"]').click();
  await expect(languageOf(one)).toHaveAttribute('lang', 'tr');
  await one.page.locator('.plain-head a').click();
  await expect(one.app).toHaveAttribute('data-hydrated');
  await expect(languageOf(one)).toHaveAttribute('lang', 'tr');
});

test('the menu works without JavaScript', async ({ visitor }) => {
  const one = await visitor(ada, { browser: { javaScriptEnabled: false }, unwatched: true });
  await one.startLoading();
  await choose(one, '日本語');
  await expect(languageOf(one)).toHaveAttribute('lang', 'ja');
});

test('another language that is chosen in a call waits until the call is over', async ({ pair: [one, other] }) => {
  const sheet = await one.openMore();
  await sheet.locator('.languages summary').click();
  await sheet.getByRole('link', { name: 'Español', exact: true }).click();
  await expect(sheet.locator('.languages-later')).toHaveText(/Your call goes on/);
  await one.page.keyboard.press('Escape');
  await one.sees(ben);
  await expect(languageOf(one)).toHaveAttribute('lang', 'en');
  await other.stop();
  await expect(languageOf(one)).toHaveAttribute('lang', 'es');
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText(wordsOf('es').landing.heading);
});

test('two people who read Arabic and Japanese meet, chat, compare their code and leave', async ({ visitor, home }) => {
  const [one, other] = [await visitor(ada, { browser: { locale: 'ar-EG' } }), await visitor(ben, { browser: { locale: 'ja-JP' } })];
  const readers = [
    { it: one, words: wordsOf('ar'), text: 'مرحبًا! من أين أنت؟', direction: 'rtl' },
    { it: other, words: wordsOf('ja'), text: 'こんにちは！日本からです。', direction: 'ltr' },
  ] as const;
  for (const { it, words, direction } of readers) {
    await it.arrive(home);
    await expect(languageOf(it)).toHaveAttribute('dir', direction);
    await it.button(words.start).click();
  }
  await Promise.all([one.meets(ben), other.meets(ada)]);

  for (const { it, words, text } of readers) {
    await it.button(words.chat).click();
    await it.page.getByRole('textbox', { name: words.message }).fill(text);
    await it.page.keyboard.press('Enter');
  }
  for (const { it } of readers) {
    for (const { text, direction } of readers) {
      const line = it.page.getByRole('log').getByText(text, { exact: true });
      await expect(line).toBeVisible();
      expect(await line.evaluate((element) => getComputedStyle(element).direction), text).toBe(direction);
    }
  }

  const codes = [];
  for (const { it, words } of readers) {
    await it.page.locator('.dock').getByRole('button', { name: words.more }).click();
    const code = it.page.getByRole('dialog', { name: words.settings }).locator('[data-code]');
    await expect(code).toBeVisible();
    const numbers = (await code.getAttribute('data-code'))!.split('-').map(Number);
    for (const number of numbers) await expect(code).toContainText(words.symbols[number]!);
    codes.push(numbers);
    await it.page.keyboard.press('Escape');
  }
  expect(codes[0], 'both see the same symbols, each by the names of their own language').toEqual(codes[1]);

  await one.button(readers[0].words.stop).click();
  await one.reaches('landing');
  await one.hasReleasedDevices();
  await other.reaches('ended');
  await expect(other.page.getByRole('heading', { level: 1 })).toHaveText(readers[1].words.left.heading);
});

test('people choose the languages that they speak, by their own names, and meet somebody who shares one', async ({ visitor }) => {
  // Welsh is not among the languages that the server offers, so the page adds it.
  const one = await visitor(ada, { browser: { locale: 'cy-GB' } });
  const other = await visitor(ben, { browser: { locale: 'tr-TR' } });
  await one.arrive();
  await one.button('Settings').click();
  const sheet = one.page.getByRole('dialog', { name: 'Settings' });
  await expect(sheet.locator('.spoken')).toBeHidden();
  await sheet.getByRole('switch', { name: 'My language first' }).click();
  await sheet.locator('.spoken summary').click();
  await expect(sheet.getByRole('checkbox', { name: /^(Cymraeg|Welsh)$/ }), "the browser's language").toBeChecked();
  await sheet.getByRole('checkbox', { name: 'Türkçe', exact: true }).check();
  await sheet.getByRole('checkbox', { name: /^(Cymraeg|Welsh)$/ }).uncheck();
  expect(await one.page.evaluate(() => localStorage.getItem('passerby.languages'))).toBe('tr');
  for (const name of ['Deutsch', '日本語', 'العربية', 'हिन्दी']) await sheet.getByRole('checkbox', { name, exact: true }).check();
  await expect(sheet.getByRole('checkbox', { name: 'Français', exact: true }), 'five at most').toBeDisabled();
  await one.arrive();
  await expect(one.page.locator('.spoken input[value=cy]'), 'can be chosen again').toHaveCount(1);
  await other.arrive();
  await other.page.evaluate(() => localStorage.setItem('passerby.preferences', 'my-languages'));
  await other.arrive();
  for (const it of [one, other]) await it.page.locator('[data-intent=start]').click();
  await one.meets(ben);
  await expect(one.page.locator('[data-shared=language]')).toBeVisible();
});
