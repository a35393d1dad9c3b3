import { ada, ben, expect, test, type Visitor } from '../fixtures';

const AGREE = 'I\u2019m 18 or older and agree';
const UNDER_18 = 'I\u2019m under 18';

/** The page has opened no camera and no microphone. */
async function expectNothingOpened(one: Visitor): Promise<void> {
  expect(await one.openedTracks(), 'opened cameras and microphones').toBe(0);
}

test('before the first call the page asks for age and rules, then shows the own picture, and never again', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { newcomer: true }), await visitor(ben)];
  await one.arrive();
  await one.start();
  const rules = one.page.locator('.rules li');
  await expect(rules).toHaveCount(3);
  await expect(rules.first()).toBeVisible();
  const size = one.page.viewportSize()!;
  for (const [width, height] of [[390, 844], [844, 390], [1440, 900]] as const) {
    await one.page.setViewportSize({ width, height });
    const bottom = await one.button(UNDER_18).evaluate((it) => it.getBoundingClientRect().bottom);
    expect(bottom, `both answers are in view at ${width}x${height}`).toBeLessThanOrEqual(height);
  }
  await one.page.setViewportSize(size);
  await one.reaches('landing');
  await expectNothingOpened(one);

  await one.button(AGREE).click();
  await one.reaches('ready');
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Looking good?');
  await other.arrive();
  await other.start();
  await other.reaches('waiting');
  await one.goLive();
  await one.meets(ben);
  await other.meets(ada);

  await one.stop();
  await one.page.reload();
  await expect(one.app).toHaveAttribute('data-hydrated');
  await one.takePhases();
  await one.start();
  await one.reaches('waiting');
  expect(await one.takePhases(), 'neither the questions nor the own picture').not.toContain('landing');
});

test('the questions and the first picture need only the keyboard', async ({ visitor }) => {
  const one = await visitor(ada, { newcomer: true });
  await one.arrive();
  const focused = () =>
    one.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim());
  const tabTo = async (name: string) => {
    for (let i = 0; i < 12 && (await focused()) !== name; i++) await one.page.keyboard.press('Tab');
    expect(await focused()).toBe(name);
  };
  await tabTo('Start');
  await one.page.keyboard.press('Enter');
  const heading = one.page.getByRole('heading', { level: 1 });
  await expect(heading).toHaveText('Adults only, and three rules');
  await expect(one.page.getByRole('status')).toContainText('are you 18 or older');
  await one.page.keyboard.press('Escape');
  await expect(one.button('Check camera and mic')).toBeVisible();

  await tabTo('Start');
  await one.page.keyboard.press('Enter');
  await tabTo(AGREE);
  await one.page.keyboard.press('Enter');
  await expect(heading).toHaveText('Looking good?');
  await tabTo('Go live');
  await one.page.keyboard.press('Enter');
  await one.reaches('waiting');
});

test('a visitor under 18 finds help and nothing else, on this day and in every tab', async ({ visitor }) => {
  const one = await visitor(ada, { newcomer: true });
  await one.page.clock.install();
  await one.arrive();
  const second = await one.context.newPage();
  await second.goto(one.page.url());
  await one.start();
  await one.button(UNDER_18).click();
  await one.seesProblem('under-age');
  await expect(one.page.getByRole('button'), 'nothing to press').toHaveCount(0);
  const help = one.page.locator('.panel a:visible');
  await expect(help).toHaveText('Find free help near you');
  await expect(help).toHaveAttribute('rel', 'noopener noreferrer');

  await one.page.reload();
  await one.seesProblem('under-age');
  await second.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(second.locator('main#app')).toHaveAttribute('data-problem', 'under-age');
  await expectNothingOpened(one);

  await one.page.clock.fastForward('24:00:01');
  await one.page.reload();
  await one.hasNoProblem();
  await one.start();
  await expect(one.button(AGREE)).toBeVisible();
});
