import { ada, expect, test } from '../fixtures';

test('Start pressed before hydration takes effect after it', async ({ visitor }) => {
  const one = await visitor(ada);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await one.page.route('**/*.wasm', async (route) => {
    await released;
    await route.continue();
  });

  await one.startLoading();
  await one.start();
  await expect(one.app).not.toHaveAttribute('data-hydrated');
  release();

  await one.reaches('waiting');
  expect(await one.openedTracks()).toBeGreaterThan(0);
});

test('the code for calls is loaded on the first interaction', async ({ visitor }) => {
  const one = await visitor(ada, { newcomer: true });
  const fetched: string[] = [];
  one.page.on('request', (request) => {
    if (request.url().includes('/split_call')) fetched.push(request.url());
  });
  await one.arrive();
  await one.page.waitForLoadState('networkidle');
  expect(fetched, 'before any interaction').toEqual([]);

  await one.page.mouse.move(200, 200);
  await expect.poll(() => fetched.length).toBe(1);

  // Stored settings are displayed immediately, so the code is loaded immediately.
  await one.toggle('Use less data');
  await one.page.reload();
  await expect.poll(() => fetched.length).toBe(2);
});

test('if the code for calls cannot be loaded the page says so and tries again', async ({ visitor, faultyProxy }) => {
  const one = await visitor(ada, { throughFaultyProxy: true, newcomer: true });
  one.expectErrors(/split_call|healthz|Failed to (load|fetch)/);
  await one.arrive();
  faultyProxy.block();
  await one.start();
  await one.seesProblem('server-lost');
  faultyProxy.unblock();
  await expect(one.page.getByRole('heading', { level: 1 }), 'the question after Start').toHaveText('Adults only, and three rules');
});

test('a page whose code for calls is gone from the server reloads', async ({ visitor }) => {
  const one = await visitor(ada);
  one.expectErrors(/split_call|Failed to (load|fetch)|Incorrect response MIME type|WebAssembly/);
  await one.page.route('**/split_call*', (route) => route.fulfill({ status: 404 }));
  await one.arrive();
  await one.start();
  await one.page.waitForEvent('domcontentloaded');
  await one.page.unroute('**/split_call*');

  await one.start();
  await one.reaches('waiting');
});

test('without JavaScript the page describes itself and says what is missing', async ({ visitor }) => {
  const one = await visitor(ada, { browser: { javaScriptEnabled: false } });
  await one.startLoading();
  await expect(one.page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(one.page.getByText(/JavaScript|script/i).first()).toBeVisible();

  // The page is styled: by default, browsers use a serif font and a margin of 8 pixels.
  const body = one.page.locator('body');
  await expect(body).toHaveCSS('margin', '0px');
  await expect(body).not.toHaveCSS('font-family', /^("?Times|serif)/);
});

test('the page loads nothing from other origins', async ({ visitor, home }) => {
  const one = await visitor(ada);
  const foreign: string[] = [];
  one.page.on('request', (request) => {
    if (new URL(request.url()).origin !== home) foreign.push(request.url());
  });
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  expect(foreign).toEqual([]);
});
