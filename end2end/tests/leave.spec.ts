import { ada, ben, cleo, expect, meet, test, type Visitor } from '../fixtures';

/** The visitor who was left is told, releases the old partner, waits again without a click, and meets a newcomer. */
async function expectNextMatch(left: Visitor, newcomer: Visitor, within?: { timeout: number }) {
  await left.reaches('waiting', within);
  expect(await left.takePhases()).toContain('ended');
  await left.hasReleasedPartner();

  await newcomer.arrive();
  await newcomer.start();
  await left.meets(newcomer.person);
  await newcomer.meets(left.person);
}

test('Stop ends the call for the partner, who waits for the next stranger', async ({ pair: [one, other], visitor }) => {
  await other.stop();
  await other.reaches('landing');
  await other.hasReleasedPartner();
  await expectNextMatch(one, await visitor(cleo));
});

test('closing the tab ends the call for the partner, who waits for the next stranger', async ({ pair: [one, other], visitor }) => {
  await other.closeTab();
  await expectNextMatch(one, await visitor(cleo));
});

test('a crashed browser ends the call for the partner, who waits for the next stranger', async ({ pair: [one, other], visitor }) => {
  await other.crash();
  // The browser sent no close, so the partner only notices after five seconds without media.
  await expectNextMatch(one, await visitor(cleo), { timeout: 30_000 });
});

test('a browser that crashes while connecting sends the partner back to waiting', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');

  const other = await visitor(ben);
  await other.arrive();
  // The page hangs before it can answer, so the two cannot be connected yet.
  await other.startAndHangOn('matched');
  await one.reaches('connecting');
  await other.crash();

  await one.reaches('waiting', { timeout: 40_000 });
  expect(await one.takePhases()).not.toContain('talking');
  await one.hasReleasedPartner();

  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await one.meets(cleo);
});

test('Stop while waiting takes the visitor out of the queue', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.stop();
  await one.reaches('landing');

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('waiting');

  // If Ada were still in the queue, Ben would have met her.
  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await other.meets(cleo);
  await one.reaches('landing');
});

test('a reload during a call asks once, and Stay keeps the call', async ({ pair: [one, other] }) => {
  const asked: string[] = [];
  let leave = false;
  one.page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    return leave ? dialog.accept() : dialog.dismiss();
  });
  // A browser asks only in a page that was touched.
  await one.stranger.click();
  await one.page.evaluate(() => location.reload());
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await one.sees(ben);
  await other.sees(ada);
  await one.page.locator('a.brand').click();
  await expect.poll(() => asked).toHaveLength(2);
  await one.sees(ben);

  leave = true;
  await one.page.locator('a.brand').click();
  await one.reaches('landing');
  expect(asked).toHaveLength(3);
  await other.reaches('waiting');

  await one.start();
  await one.reaches('waiting');
  await one.stop();
  await one.page.reload();
  await one.reaches('landing');
  expect(asked, 'nothing is lost outside of a call').toHaveLength(3);
});

test('Escape and the name of the site lead back from questions and problems', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'permission denied' });
  await one.arrive();
  await one.start();
  await one.seesProblem('camera-blocked');
  await one.page.keyboard.press('Escape');
  await expect(one.app).not.toHaveAttribute('data-problem');
  await expect(one.button('Start')).toBeVisible();
  await one.start();
  await one.seesProblem('camera-blocked');
  await one.page.getByRole('link', { name: 'Passerby' }).click();
  await expect(one.app).not.toHaveAttribute('data-problem');
  await expect(one.button('Start')).toBeVisible();

  const other = await visitor(ben);
  await other.arrive();
  await other.button('Check camera and mic').click();
  await expect(other.page.getByRole('heading', { level: 1 })).toHaveText('Looking good?');
  await other.page.keyboard.press('Escape');
  await other.reaches('landing');
  await other.hasReleasedDevices();
});

test('Back asks during a call, then leads to the start page, and from there out of the page', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.page.goto('about:blank');
  await meet(one, other);
  const back = () => one.page.evaluate(() => void setTimeout(() => history.back()));
  const question = one.page.getByText('Go back again to leave', { exact: true });
  await back();
  await expect(question).toBeVisible();
  await one.sees(ben);
  await expect(question, 'the question is over after three seconds').toBeHidden();
  await back();
  await expect(question).toBeVisible();
  await back();
  await one.reaches('landing');
  await one.hasReleasedDevices();
  await other.reaches('waiting');

  await one.start();
  await one.reaches('waiting');
  await back();
  await one.reaches('landing');
  await back();
  await expect(one.page, 'the start page is left with one press').toHaveURL('about:blank');
});

test('Forward after Back changes nothing, and Back works as before', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'permission denied' });
  await one.page.goto('about:blank');
  await one.arrive();
  await one.start();
  await one.seesProblem('camera-blocked');
  await one.page.evaluate(() => history.back());
  await expect(one.app).not.toHaveAttribute('data-problem');
  await one.page.evaluate(() => history.forward());
  await one.start();
  await one.seesProblem('camera-blocked');
  await one.page.evaluate(() => history.back());
  await expect(one.app).not.toHaveAttribute('data-problem');
  await one.page.evaluate(() => void setTimeout(() => history.back()));
  await expect(one.page).toHaveURL('about:blank');
});
