import { ada, expect, test } from '../fixtures';

test('Start is not lost on a page that is not ready yet', async ({ visitor }) => {
  const one = await visitor(ada);
  let bring = () => {};
  const brought = new Promise<void>((resolve) => (bring = resolve));
  await one.page.route('**/*.wasm', async (route) => {
    await brought;
    await route.continue();
  });

  await one.open();
  await one.start();
  await expect(one.app).not.toHaveAttribute('data-hydrated');
  bring();

  await one.reaches('waiting');
  expect(await one.opened()).toBeGreaterThan(0);
});

test('without script the page says what it is and what it lacks', async ({ visitor }) => {
  const one = await visitor(ada, { browser: { javaScriptEnabled: false } });
  await one.open();
  await expect(one.page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(one.page.getByText(/JavaScript|script/i).first()).toBeVisible();

  // Styled: the browser's own face is a serif on white with a margin of 8 pixels.
  const body = one.page.locator('body');
  await expect(body).toHaveCSS('margin', '0px');
  await expect(body).not.toHaveCSS('font-family', /^("?Times|serif)/);
});

test('nothing is fetched from anywhere else', async ({ visitor, home }) => {
  const one = await visitor(ada);
  const elsewhere: string[] = [];
  one.page.on('request', (request) => {
    if (new URL(request.url()).origin !== home) elsewhere.push(request.url());
  });
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  expect(elsewhere).toEqual([]);
});
