import { ada, ben, cleo, expect, meet, startWaiting, test, type Visitor } from '../fixtures';
import type { Server } from '../fixtures/server';

const connectionErrors = [/WebSocket connection to .* failed/, /Failed to load resource: net::ERR_CONNECTION/];
/** Long enough for reconnecting, even after the pauses between attempts have grown. */
const longTimeout = { timeout: 30_000 };
const SAVED = 'Your report will be sent when the connection is back.';

/** The settings of a server that stores reports, in a folder of this story. */
const withStore = (folder: string) => ({ PASSERBY__STATE__DIR: folder });

/** Ada and Ben in a call, on a server that stores reports. */
async function meetWhereReportsAreStored(server: Server, folder: string, [one, other]: [Visitor, Visitor]): Promise<void> {
  await server.restart(withStore(folder));
  for (const it of [one, other]) await it.forgetPastMatches();
  await meet(one, other);
}

const question = (one: Visitor) => one.page.locator('dialog.question[open]');
const heading = (one: Visitor) => question(one).getByRole('heading', { level: 2 });

/** Answers the question why. */
async function send(one: Visitor, reason: string, words?: string): Promise<void> {
  await expect(heading(one)).toHaveText('What happened?');
  await one.page.getByRole('radio', { name: reason }).check();
  if (words) await question(one).getByRole('textbox').fill(words);
  await question(one).getByRole('button', { name: 'Send report' }).click();
}

async function isThanked(one: Visitor): Promise<void> {
  await expect(heading(one)).toHaveText('Thank you', longTimeout);
  await expect(question(one), 'the code for the outcome').toContainText(/Keep this code .*: \S{4,}/);
}

test('Report ends the call at once, asks why, blocks, and waits for a press', async ({ server, visitor }, testInfo) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  await meetWhereReportsAreStored(server, testInfo.outputPath('state'), [one, other]);
  await startWaiting(third);
  for (const [width, height] of [[320, 640], [390, 844], [844, 390]] as const) {
    await one.page.setViewportSize({ width, height });
    for (const name of ['Report', 'Next']) {
      const box = (await one.button(name).boundingBox())!;
      const where = `${name} at ${width}x${height}`;
      expect(Math.min(box.width, box.height), where).toBeGreaterThanOrEqual(44);
      expect(box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height, where).toBe(true);
      const isOnTop = await one.button(name).evaluate((it) => {
        const { x, y, width, height } = it.getBoundingClientRect();
        return it.contains(document.elementFromPoint(x + width / 2, y + height / 2));
      });
      expect(isOnTop, where).toBe(true);
    }
  }
  await one.button('Report').click();
  await expect(heading(one), 'the focus is on the question').toBeFocused();
  await one.reaches('ended');
  await one.hasReleasedPartner();
  // Ben is not told of the report, and meets the next one.
  await other.meets(cleo);
  await other.stop();
  await third.reaches('waiting');

  await one.page.getByRole('radio', { name: 'Looks under 18' }).check();
  await expect(question(one).getByRole('textbox'), 'never asks for more').toBeHidden();
  await send(one, 'Spam or fake video', 'He shows a recording.');
  await isThanked(one);
  await question(one).getByRole('button', { name: 'Done' }).click();
  await expect(one.button('Report'), 'the focus returns').toBeFocused();
  await expect(one.app, 'somebody waits, but nothing was pressed').toHaveAttribute('data-phase', 'ended');
  await expect(one.button('Report someone'), 'nobody is reported twice').toBeHidden();
  await one.button('Find someone new').click();
  await one.meets(cleo);
});

test('a report needs only the keyboard, and Escape takes the question back', async ({ server, visitor }, testInfo) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await meetWhereReportsAreStored(server, testInfo.outputPath('state'), [one, other]);
  await one.button('Report').focus();
  await one.page.keyboard.press('Enter');
  await expect(heading(one)).toBeFocused();
  await one.page.keyboard.press('Escape');
  await expect(question(one)).toHaveCount(0);
  await one.reaches('ended');
  await one.button('Report someone').focus();
  await one.page.keyboard.press('Enter');
  await expect(heading(one)).toHaveText('Who do you want to report?');
  await one.page.keyboard.press('Tab');
  await one.page.keyboard.press('Enter');
  await expect(heading(one)).toHaveText('What happened?');
  await one.page.keyboard.press('Tab');
  await one.page.keyboard.press('Space');
  await one.page.keyboard.press('Enter');
  await isThanked(one);
});

test('the stranger who has just left can be reported with the same button, and nobody is met meanwhile', async ({
  server,
  visitor,
}, testInfo) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  await meetWhereReportsAreStored(server, testInfo.outputPath('state'), [one, other]);
  await startWaiting(third);
  await other.stop();
  await one.reaches('ended');
  await one.button('Report').click();
  await expect(heading(one)).toHaveText('What happened?');
  await expect(question(one), 'the question says which call it is about').toContainText(/, less than a minute/);
  await send(one, 'Harassment');
  await isThanked(one);
  await question(one).getByRole('button', { name: 'Done' }).click();

  await one.button('Find someone new').click();
  await one.meets(cleo);
  await one.next();
  // A search stops while the person chooses.
  await one.button('Report someone').click();
  await one.reaches('ended');
  await one.page.keyboard.press('Escape');
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('You\u2019re not in a call');
  await expect(one.button('Report someone'), 'the focus returns').toBeFocused();
});

test('after Next, and during the next call, the stranger before can be reported', async ({ server, visitor }, testInfo) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  await meetWhereReportsAreStored(server, testInfo.outputPath('state'), [one, other]);
  await startWaiting(third);
  await one.next();
  await one.meets(cleo);
  await one.openMore();
  await one.button('Report someone').click();
  await expect(question(one).getByRole('button', { name: /, less than a minute$/ })).toHaveCount(1);
  await question(one).getByRole('button', { name: /, less than a minute$/ }).click();
  await send(one, 'Harassment');
  await isThanked(one);
  await question(one).getByRole('button', { name: 'Done' }).click();
  await one.meets(cleo);
});

test('after a reload the last stranger can be reported from the start page, for ten minutes', async ({ server, visitor }, testInfo) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.page.clock.install();
  await meetWhereReportsAreStored(server, testInfo.outputPath('state'), [one, other]);
  await one.page.reload();
  await expect(one.app).toHaveAttribute('data-hydrated');
  await one.button('Report someone').click();
  await question(one).getByRole('button', { name: /minute/ }).click();
  await send(one, 'Hate');
  await isThanked(one);
  await question(one).getByRole('button', { name: 'Done' }).click();
  await expect(one.page.getByRole('heading', { level: 1 }), 'the button that opened it is gone').toBeFocused();
  await one.reaches('landing');

  // A reported stranger is not met again: both wait until somebody else comes, who meets the one who waited longer.
  await other.reaches('waiting');
  await one.start();
  await one.reaches('waiting');
  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await third.meets(ben);
  await one.reaches('waiting');
  await other.closeTab();
  await one.meets(cleo);
  await one.stop();
  await expect(one.button('Report someone')).toBeVisible();
  await one.page.clock.fastForward('10:01');
  await expect(one.button('Report someone')).toBeHidden();
  expect(await one.page.evaluate(() => localStorage.getItem('passerby.past')), 'the ticket is dropped').toBeNull();
});

test('a report survives a server that is killed before its answer, and a reload', async ({ server, visitor }, testInfo) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  one.expectErrors(...connectionErrors);
  other.expectErrors(...connectionErrors);
  const folder = testInfo.outputPath('state');
  await meetWhereReportsAreStored(server, folder, [one, other]);
  await one.button('Report').click();
  await server.kill();
  await send(one, 'Threats', 'Wants money.');
  await expect(heading(one)).toHaveText('Your report is saved', longTimeout);
  await question(one).getByRole('button', { name: 'Done' }).click();
  await expect(one.page.getByText(SAVED)).toBeVisible();

  await server.start(withStore(folder));
  await isThanked(one);
  await question(one).getByRole('button', { name: 'Done' }).click();
  await one.stop();

  for (const it of [one, other]) await it.forgetPastMatches();
  // Only the block keeps them apart.
  await one.arrive();
  await one.page.evaluate(() => localStorage.removeItem('passerby.blocked'));
  await meet(one, other);
  await one.button('Report').click();
  await server.kill();
  await send(one, 'Something else');
  await expect(heading(one)).toHaveText('Your report is saved', longTimeout);
  // This page must not get the answer.
  await one.page.goto('about:blank');
  await server.start(withStore(folder));
  await one.arrive();
  await isThanked(one);
  await one.reaches('landing');
  expect(await one.page.evaluate(() => localStorage.getItem('passerby.reports')), 'it is sent').toBeNull();
});

test('a server without a store shows no Report', async ({ server, visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await server.restart({ PASSERBY__STATE__DIR: '' });
  await meet(one, other);
  await expect(one.button('Report')).toBeHidden();
});
