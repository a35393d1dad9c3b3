import { type Browser, type Page } from '@playwright/test';
import axe from 'axe-core';

import { ada, ben, cleo, expect, meet, startWaiting, test as base, type Visitor } from '../fixtures';
import { FirefoxVisitor, launchFirefox } from '../fixtures/firefox';
import { freePort } from '../fixtures/server';

/** A server with a moderation store, and what its moderators need. */
interface Moderation {
  /** The address of the moderators' pages. */
  url: string;
  /** The tokens of Anna and Bo. */
  tokens: [string, string];
}

const test = base.extend<{ moderation: Moderation }>({
  moderation: async ({ server }, use) => {
    const port = await freePort();
    await server.restart({ PASSERBY__MODERATION__ADDR: `127.0.0.1:${port}` });
    const tokenOf = (name: string) => server.run(['moderator', 'add', name]).trim().split('\n').at(-1)!;
    await use({ url: `http://localhost:${port}`, tokens: [tokenOf('anna'), tokenOf('bo')] });
  },
});

/** Reports the stranger during the call. */
async function report(one: Visitor, reason: string, words: string): Promise<void> {
  await one.button('Report').click();
  const question = one.page.locator('dialog.question[open]');
  await question.getByRole('radio', { name: reason }).check();
  await question.getByRole('textbox').fill(words);
  await question.getByRole('button', { name: 'Send report' }).click();
  await expect(question.getByRole('heading', { level: 2 })).toHaveText('Thank you');
}

/** Ben, whom Ada has reported, in a call with Cleo. */
async function meetAfterReport(visitor: (person: typeof ada) => Promise<Visitor>): Promise<[Visitor, Visitor]> {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  await meet(one, other);
  await report(one, 'Harassment', 'He shouted at me.');
  await one.closeTab();
  await third.arrive();
  await third.start();
  await third.meets(ben);
  return [other, third];
}

/** One subject: Ben, whom Ada and Cleo have reported. */
async function fileReports(visitor: (person: typeof ada) => Promise<Visitor>): Promise<void> {
  const [other, third] = await meetAfterReport(visitor);
  await report(third, 'Hate', 'Slurs.');
  await third.closeTab();
  await other.closeTab();
}

/** A moderator's page, signed in. */
async function signIn(browser: Browser, { url }: Moderation, token: string, javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel('Your token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Queue');
  return page;
}

/** Bans the person of the subject that the page shows. */
async function ban(page: Page, rule: string, length: string): Promise<void> {
  await page.getByLabel('Which rule was broken').selectOption(rule);
  await page.getByLabel('Length of a ban').selectOption(length);
  await page.getByRole('button', { name: 'Ban', exact: true }).click();
}

/** axe finds no violation of WCAG 2.2 AA or of good practice, in either colour scheme. */
async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const violations = await page.evaluate(async () => {
      const { violations } = await window.axe.run();
      return violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => html).join('\n')}`);
    });
    expect(violations, `${page.url()}, ${colorScheme}`).toEqual([]);
  }
}

for (const hasScript of [false, true]) {
  test(`a moderator bans, with script ${hasScript ? 'on' : 'off'}`, async ({ browsers, visitor, moderation }) => {
    await fileReports(visitor);
    const browser = await browsers.get(ada, 'none');
    const page = await signIn(browser, moderation, moderation.tokens[0], hasScript);
    await expect(page.locator('tbody tr')).toHaveCount(1);
    await page.locator('tbody a').click();
    await expect(page.getByText('He shouted at me.')).toBeVisible();
    await page.getByRole('button', { name: 'Claim for 10 minutes' }).click();
    await expect(page.getByText('Claimed by you')).toBeVisible();
    await page.getByLabel('Note for other moderators').fill('Two people, the same evening.');
    await ban(page, 'Harassment', '7 days');
    await expect(page.getByRole('status')).toContainText('its person is banned');
    await expect(page.getByText('There is nothing to do here.')).toBeVisible();

    await page.getByRole('link', { name: 'Closed' }).click();
    await page.locator('tbody a').click();
    await expect(page.getByText('A person has decided this.')).toBeVisible();
    await expect(page.getByText('Two people, the same evening.')).toBeVisible();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByLabel('Your token')).toBeVisible();
    await page.goBack();
    await expect(page.getByText('Two people, the same evening.')).toBeHidden();
    await page.context().close();
  });
}

test('a ban ends a call within two seconds, and after a granted appeal the person calls again', async ({
  browsers,
  visitor,
  moderation,
}) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  await meet(one, other);
  await report(one, 'Nudity', 'He undressed.');
  await third.arrive();
  await third.start();
  await third.meets(ben);
  await other.meets(cleo);

  const page = await signIn(await browsers.get(ada, 'none'), moderation, moderation.tokens[0]);
  await page.locator('tbody a').click();
  await ban(page, 'Nudity', '24 hours');
  await other.seesProblem('banned', { timeout: 2_000 });
  await other.hasReleasedDevices();
  await third.reaches('waiting');
  await expectAccessible(other.page);
  const notice = other.page.locator('.panel');
  await expect(notice).toContainText('Nudity');
  await expect(notice).toContainText('A person decided this');

  // Asking again opens no camera.
  await other.page.keyboard.press('Tab');
  await other.button('Try again').focus();
  await other.page.keyboard.press('Enter');
  await expect(notice).toContainText('Nothing has changed.');
  await expect(other.page.getByRole('status')).toHaveText('Nothing has changed.');
  await other.hasReleasedDevices();
  await other.seesProblem('banned');

  const opened = other.context.waitForEvent('page');
  await other.button('Think this is a mistake? Appeal').click();
  const appeal = await opened;
  await expect(appeal.getByRole('heading', { name: 'You were banned' })).toBeVisible();
  expect(new URL(appeal.url()).search, 'the code is not in the address').toBe('');
  await expectAccessible(appeal);
  await appeal.getByLabel('Your appeal').fill('It was a mask.');
  await appeal.getByRole('button', { name: 'Send the appeal' }).click();
  await expect(appeal.getByRole('status')).toContainText('Your appeal is here');

  await page.getByRole('link', { name: 'Appeals' }).click();
  await page.locator('tbody a').click();
  await expect(page.getByText('It was a mask.')).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('What the person will read').fill('We believe you.');
  await page.getByRole('button', { name: 'Grant' }).click();
  await expect(page.getByRole('status')).toBeVisible();

  await appeal.close();
  // Those who have met wait before they meet again, so somebody new comes.
  await third.stop();
  // The decision reaches the server's memory a moment after the moderator's page.
  await expect(async () => {
    if (await other.button('Try again').isVisible()) await other.button('Try again').click();
    await other.hasNoProblem({ timeout: 2_000 });
  }).toPass({ timeout: 15_000 });
  await other.hasReleasedDevices();
  await other.start();
  await other.reaches('waiting');
  const fourth = await visitor(ada);
  await fourth.arrive();
  await fourth.start();
  await fourth.meets(ben);
  await other.meets(ada);
  await page.context().close();
});

test('a warning is read in the call, once, with the keyboard alone', async ({ browsers, visitor, moderation }) => {
  const [other, third] = await meetAfterReport(visitor);
  const page = await signIn(await browsers.get(ada, 'none'), moderation, moderation.tokens[0]);
  await page.locator('tbody a').click();
  await page.getByLabel('Which rule was broken').selectOption('Harassment');
  await page.getByRole('button', { name: 'Warn' }).click();

  const dialog = other.page.getByRole('dialog', { name: 'Please keep to the rules' });
  await expect(dialog.getByRole('heading', { level: 2 })).toBeFocused({ timeout: 2_000 });
  await expect(dialog).toContainText('Reason: Harassment');
  await expect(dialog).toContainText(/keep this code: \S{4,}/);
  await other.meets(cleo);
  await expectAccessible(other.page);
  // Nobody is looked for behind it.
  await third.stop();
  await other.reaches('ended');
  const fourth = await visitor(ada);
  await startWaiting(fourth);
  await expect(other.page.getByRole('heading', { level: 1, includeHidden: true })).toHaveText('You\u2019re not in a call');
  for (const key of ['Tab', 'Tab', 'Enter']) await other.page.keyboard.press(key);
  await expect(dialog).toBeHidden();
  await expect(other.page.getByRole('heading', { level: 1 })).toBeFocused();
  await other.button('Find someone new').press('Enter');
  await other.meets(ada);

  await other.page.reload();
  await other.start();
  await other.reaches('waiting');
  await expect(dialog, 'it was read').toBeHidden();
  await page.context().close();
});

test('Firefox reports one stranger, and is banned in the call with the next', async ({
  browsers,
  visitor,
  moderation,
  faultyProxy,
  home,
}) => {
  test.setTimeout(120_000);
  const firefox = await launchFirefox(ben, faultyProxy);
  try {
    const [one, third] = [await visitor(ada), await visitor(cleo)];
    const fox = await FirefoxVisitor.create(ben, firefox);
    await startWaiting(one);
    await fox.arrive(home);
    await fox.press('Start');
    await one.seesMovingVideo();
    await report(one, 'Nudity', 'He undressed.');
    await one.closeTab();
    await fox.reaches('waiting');
    for (const button of ['More', 'Report someone']) await fox.press(button);
    await expect.poll(() => fox.focused()).toBe('Who do you want to report?');
    // The only stranger.
    for (const key of ['Tab', 'Enter'] as const) await fox.type(key);
    await fox.choose('Harassment');
    await fox.press('Send report');
    await expect.poll(() => fox.focused()).toBe('Thank you');
    await fox.press('Done');
    await fox.press('Find someone new');

    await third.arrive();
    await third.start();
    await third.seesMovingVideo();
    await fox.reaches('talking');
    const page = await signIn(await browsers.get(ada, 'none'), moderation, moderation.tokens[0]);
    await expect(page.locator('tbody tr'), 'each has reported the other').toHaveCount(2);
    await page.locator('tbody tr').filter({ hasText: 'Nudity' }).getByRole('link').click();
    await ban(page, 'Nudity', '24 hours');
    await fox.seesProblem('banned', { timeout: 2_000 });
    await expect.poll(() => fox.liveCameras()).toBe(0);
    await third.reaches('waiting');
    await page.context().close();
    expect(fox.errors).toEqual([]);
  } finally {
    await firefox.close();
  }
});

test('two moderators at once do not collide, and no note is lost', async ({ browsers, visitor, moderation }) => {
  await fileReports(visitor);
  const browser = await browsers.get(ada, 'none');
  const [anna, bo] = [
    await signIn(browser, moderation, moderation.tokens[0]),
    await signIn(browser, moderation, moderation.tokens[1]),
  ];
  for (const page of [anna, bo]) await page.locator('tbody a').click();
  await bo.getByLabel('Note for other moderators').fill('I was first.');
  await anna.getByRole('button', { name: 'Claim for 10 minutes' }).click();
  await bo.getByRole('button', { name: 'Dismiss' }).click();
  await expect(bo.getByRole('alert')).toContainText('anna works on this until');
  await expect(bo.getByLabel('Note for other moderators')).toHaveValue('I was first.');

  await anna.getByRole('button', { name: 'Warn' }).click();
  await expect(anna.getByRole('status')).toContainText('its person will read the warning');
  await bo.getByRole('button', { name: 'Dismiss' }).click();
  await expect(bo.getByRole('alert')).toContainText('Somebody else has decided');
  await expect(bo.getByLabel('Note for other moderators')).toHaveValue('I was first.');
  for (const page of [anna, bo]) await page.context().close();
});

test('the queue needs only the keyboard, and single keys can be turned off', async ({ browsers, visitor, moderation }) => {
  await fileReports(visitor);
  const page = await signIn(await browsers.get(ada, 'none'), moderation, moderation.tokens[0]);
  const link = page.locator('tbody a').first();
  await page.keyboard.press('j');
  await expect(link).toBeFocused();
  await page.keyboard.press('b');
  await expect(page.getByLabel('Which rule was broken')).toBeFocused();
  await page.getByLabel('Note for other moderators').focus();
  await page.keyboard.type('jkeb');
  await expect(page.getByLabel('Note for other moderators')).toHaveValue('jkeb');
  await page.getByRole('link', { name: 'Queue' }).focus();
  await page.keyboard.press('Enter');

  await page.getByRole('button', { name: 'Turn keys off' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  await expect(link).not.toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  await expect(link).toBeFocused();
  await page.keyboard.press('e');
  await expect(page.getByRole('status')).toContainText('1 dismissed.');
  await page.context().close();
});

test('the pages of the moderators are accessible', async ({ browsers, visitor, moderation }) => {
  await fileReports(visitor);
  const browser = await browsers.get(ada, 'none');
  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(moderation.url);
  await expectAccessible(stranger);
  await stranger.context().close();
  const page = await signIn(browser, moderation, moderation.tokens[0]);
  await expectAccessible(page);
  await page.locator('tbody a').click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Pause for 15 minutes' }).click();
  await page.getByRole('link', { name: 'Closed' }).click();
  await page.locator('tbody a').click();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Appeals' }).click();
  await expectAccessible(page);
  await page.context().close();
});

test('a page of another site cannot act for a moderator', async ({ browsers, visitor, moderation, server }) => {
  await fileReports(visitor);
  const page = await signIn(await browsers.get(ada, 'none'), moderation, moderation.tokens[0]);
  const subject = await page.locator('tbody a').getAttribute('href');
  const foreign = await page.context().newPage();
  // Another port of the same machine is the same site, so the browser sends the cookie.
  await foreign.goto(`${server.url}/healthz`.replace('127.0.0.1', 'localhost'));
  await foreign.evaluate((target) => {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: target });
    for (const [name, value] of [['action', 'dismiss'], ['seen', '0.1'], ['token', '']] as const) {
      const field = document.createElement('input');
      Object.assign(field, { name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  }, `${moderation.url}${subject}`);
  await expect(foreign.locator('body')).toHaveText('wrong-origin');
  await page.reload();
  await expect(page.locator('tbody tr'), 'nothing was dismissed').toHaveCount(1);
  await page.context().close();
});
