import { ada, ben, cleo, expect, holdInConnecting, pretendToBeOlder, refuseConnections, test, type Visitor } from '../fixtures';
import { findProblems, LEAST_GAP, LEAST_GAP_OF_NEXT_AND_STOP } from '../fixtures/layout';
import { WITH_RELAY } from '../fixtures/server';
import { RelayPath, Turn } from '../fixtures/turn';

/** Windows, phones both ways, one unfolded, and a window of 1280 x 1024 at 400 %. */
const WINDOWS = [
  [1440, 900],
  [1280, 680],
  [768, 1024],
  [540, 720],
  [390, 844],
  [734, 331],
  [667, 375],
  [320, 256],
] as const;

const LANGUAGES = ['en', 'en-XA', 'ar-XB'] as const;

/** At every size, each control can be reached and pressed as a whole, and none is near another. */
async function expectTidy({ page }: Visitor, where: string, windows: readonly (readonly [number, number])[] = WINDOWS) {
  for (const [width, height] of windows) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const problems = await page.evaluate(findProblems, { least: LEAST_GAP, leastOfNext: LEAST_GAP_OF_NEXT_AND_STOP });
      expect.soft(problems, `${where}, ${width} x ${height}, ${colorScheme}`).toEqual([]);
    }
  }
}

async function expectProblem(it: Visitor, problem: string) {
  await expect(it.app).toHaveAttribute('data-problem', problem, { timeout: 40_000 });
  await expectTidy(it, problem);
}

const hideAddress = ({ page }: Visitor) => page.locator('.panel [role=switch]').nth(2).click();

for (const language of LANGUAGES) {
  test(`from landing to a call, every state is tidy at every size in ${language}`, async ({ visitor, home }) => {
    test.setTimeout(180_000);
    const [one, other] = [await visitor(ada), await visitor(ben)];
    const press = (selector: string) => one.page.locator(selector).click();
    await one.arrive(`${home}/?lang=${language}`);
    await expectTidy(one, 'landing');
    await one.page.locator('.panel input[type=text]').fill('jazz, cooking, climbing');
    await one.page.keyboard.press('Tab');
    await press('.settings');
    await expectTidy(one, 'settings');
    await one.page.keyboard.press('Escape');
    await press('.panel-action button:last-of-type');
    await expect(one.page.locator('.mirror select').first()).toBeVisible();
    await expectTidy(one, 'mirror');
    await press('[data-intent=start]');
    await one.reaches('waiting');
    await expectTidy(one, 'waiting');
    await holdInConnecting(one, other);
    await expectTidy(one, 'connecting');
    await other.releaseDescriptions();
    await one.meets(ben);
    await expectTidy(one, 'talking');
    await one.page.keyboard.press('Escape');
    await expectTidy(one, 'asked for a second Escape', [WINDOWS[0], WINDOWS[4]]);
    await expect(one.page.locator('.hint')).toBeHidden();
    await other.button('Chat').click();
    await other.page.getByRole('textbox', { name: 'Message' }).fill('Hello! Where are you from?');
    await other.page.keyboard.press('Enter');
    await expect(one.page.locator('.unread')).toBeVisible();
    await expectTidy(one, 'a new message');
    await one.muteCamera('mute');
    await expect(one.page.locator('.chips p.chip:visible')).toHaveCount(1);
    await expectTidy(one, 'a new message while the camera is silent');
    await one.muteCamera('unmute');
    await press('.unread');
    await expectTidy(one, 'chat');
    await press('.dock [data-kind=chat]');
    await one.page.setViewportSize({ width: 1440, height: 900 });
    await press('.dock [data-kind=share]');
    await other.button('Turn camera off').click();
    await other.button('Mute microphone').click();
    await expect(one.page.locator('.chips .chip:visible')).not.toHaveCount(1);
    await expectTidy(one, 'sharing a screen with one who is not seen or heard');
    await other.page.getByRole('textbox', { name: 'Message' }).fill('I can’t see it.');
    await other.page.keyboard.press('Enter');
    await expect(one.page.locator('.unread')).toBeVisible();
    await one.muteCamera('mute');
    await expect(one.page.locator('.chips p.chip:visible')).toHaveCount(4);
    await expectTidy(one, 'a new message beside four texts');
    await one.page.setViewportSize({ width: 1440, height: 900 });
    await press('.dock [data-kind=share]');
    await press('.dock [data-kind=more]');
    await press('.details summary');
    await expectTidy(one, 'more');
    await press('.commands .button[popovertarget]');
    await one.reaches('ended');
    await expectTidy(one, 'blocked');
  });

  test(`every question and problem is tidy at every size in ${language}`, async ({ server, visitor, home }) => {
    test.setTimeout(180_000);
    const begin = async (it: Visitor) => {
      await it.arrive(`${home}/?lang=${language}`);
      await it.page.locator('[data-intent=start]').click();
    };
    const [blocked, empty] = [await visitor(ada, { devices: 'permission denied' }), await visitor(ben, { devices: 'none' })];
    await begin(blocked);
    await expectProblem(blocked, 'camera-blocked');
    await begin(empty);
    await expectProblem(empty, 'no-device');

    const one = await visitor(cleo);
    one.expectErrors(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
    await one.page.clock.install();
    await one.page.addInitScript(pretendToBeOlder);
    await begin(one);
    await one.reaches('waiting');
    await expect(one.page.locator('.panel .chip')).toBeVisible();
    await expectTidy(one, 'waiting with an older page');
    await one.page.clock.fastForward('10:05');
    await one.reaches('ready');
    await expectTidy(one, 'still there');
    await one.page.clock.fastForward('01:05');
    await expectProblem(one, 'idle');

    const other = await visitor(ada);
    other.expectErrors(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
    await begin(other);
    await other.reaches('waiting');
    const second = await other.context.newPage();
    await second.goto(other.page.url());
    await second.locator('[data-intent=start]').click();
    await expectProblem(other, 'other-tab');
    await second.close();
    await other.page.locator('[data-intent=start]').click();
    await other.reaches('waiting');
    await other.context.setOffline(true);
    await expectProblem(other, 'offline');
    await other.context.setOffline(false);

    await server.restart({ PASSERBY__SERVER__ORIGINS: 'https://passerby.test', PASSERBY__SERVER__PROXIES: '127.0.0.1' });
    await begin(other);
    await expectProblem(other, 'wrong-address');
  });

  test(`a call from its prompt to its end over a weak connection is tidy at every size in ${language}`, async ({ server, visitor, home }) => {
    test.setTimeout(180_000);
    const turn = await Turn.open();
    const path = await RelayPath.open(turn.address, 7);
    await server.restart(turn.settings(path.port));
    const stuck = await visitor(cleo, { devices: 'stuck camera' });
    await stuck.arrive(`${home}/?lang=${language}`);
    await stuck.page.locator('[data-intent=start]').click();
    await stuck.reaches('asking');
    await expectTidy(stuck, 'asking');
    const [one, other] = [await visitor(ada), await visitor(ben)];
    await one.page.clock.install();
    for (const it of [one, other]) {
      await it.arrive(`${home}/?lang=${language}`);
      await hideAddress(it);
      await it.page.locator('[data-intent=start]').click();
    }
    await one.meets(ben);
    for (const window of WINDOWS) {
      await other.page.keyboard.press('2');
      await expect(one.page.locator('.reaction[data-whose=stranger]')).toHaveText(/./);
      await expectTidy(one, 'a reaction', [window]);
    }
    path.loss = 5;
    await expect(one.app).toHaveAttribute('data-strength', 'weak', { timeout: 40_000 });
    await expectTidy(one, 'a weak connection');
    await other.page.locator('.dock [data-kind=stop]').click();
    await one.reaches('ended');
    await one.page.clock.pauseAt(await one.page.evaluate(() => Date.now() + 100));
    await expectTidy(one, 'they left');
    await one.reaches('ended');
    path.close();
    await turn.close();
  });

  test(`the questions before a start and a covered call are tidy at every size in ${language}`, async ({ visitor, home }) => {
    const newcomer = await visitor(cleo, { newcomer: true });
    await newcomer.arrive(`${home}/?lang=${language}`);
    await newcomer.page.locator('[data-intent=start]').click();
    await expect(newcomer.page.locator('.rules')).toBeVisible();
    await expectTidy(newcomer, 'the rules');
    await newcomer.page.locator('.panel-action .button').nth(1).click();
    await expectProblem(newcomer, 'under-age');

    const [one, other] = [await visitor(ada), await visitor(ben)];
    await one.page.addInitScript(() => localStorage.setItem('passerby.preferences', 'soft-start'));
    for (const it of [one, other]) {
      await it.arrive(`${home}/?lang=${language}`);
      await it.page.locator('[data-intent=start]').click();
    }
    await one.reaches('talking');
    await expect(one.page.locator('.reveal .button')).toBeVisible();
    await expectTidy(one, 'blurred');
    await one.page.locator('.reveal .button').click();
    await expect(other.page.locator('.reveal .button')).toBeVisible();
    await expectTidy(one, 'revealed by one');
  });

  test(`a report is tidy at every size in ${language}`, async ({ visitor, home }) => {
    const [one, other] = [await visitor(ada), await visitor(ben)];
    for (const it of [one, other]) {
      await it.arrive(`${home}/?lang=${language}`);
      await it.page.locator('[data-intent=start]').click();
    }
    await one.meets(ben);
    await one.page.locator('[data-intent=report]').click();
    const question = one.page.locator('.question[open]');
    await expect(question.locator('fieldset')).toBeVisible();
    await expectTidy(one, 'why');
    await one.page.keyboard.press('Escape');
    await one.reaches('ended');
    await expectTidy(one, 'left to report');
    await one.page.locator('.safety > div > div:not(.sanction) > .button').click();
    await expect(question.locator('.question-choices .button:visible')).toHaveCount(1);
    await expectTidy(one, 'which call');
    await question.locator('.question-choices .button:visible').click();
    await question.locator('[value=under-age]').check();
    await expectTidy(one, 'about a child');
    await question.locator('[type=submit]').click();
    await expect(question.locator('a')).toBeVisible();
    await expectTidy(one, 'thanks');
  });

  test(`every problem with the server and the network is tidy at every size in ${language}`, async ({ server, visitor, home }) => {
    test.setTimeout(180_000);
    const arrive = (it: Visitor) => it.arrive(`${home}/?lang=${language}`);
    const press = (it: Visitor, selector: string) => it.page.locator(selector).click();
    const refusing = await visitor(cleo);
    await refusing.page.addInitScript(refuseConnections);
    await arrive(refusing);
    await press(refusing, '[data-intent=start]');
    await expectProblem(refusing, 'cannot-connect');
    await refusing.page.close();
    const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
    await server.restart(WITH_RELAY);
    await arrive(one);
    await hideAddress(one);
    await server.restart({ PASSERBY__LIMITS__PEER__NEXTS__BURST: '1', PASSERBY__LIMITS__PEER__NEXTS__PER_MINUTE: '3' });
    for (const it of [one, other, third]) await arrive(it);
    await press(one, '[data-intent=start]');
    await expectProblem(one, 'no-relay');
    await press(other, '[data-intent=start]');
    await press(one, '.panel-action button:first-of-type');
    await one.meets(ben);
    await press(third, '[data-intent=start]');
    await third.reaches('waiting');
    await press(one, '.dock [data-kind=next]');
    await one.meets(cleo);
    await press(one, '.dock [data-kind=next]');
    await expectProblem(one, 'rate-limited');
    for (const it of [one, other, third]) it.expectErrors(/WebSocket connection to .* failed/, /net::ERR_CONNECTION/);
    await server.kill();
    await expectProblem(one, 'server-lost');
  });
}
