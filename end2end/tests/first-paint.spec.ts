import { ada, expect, test } from '../fixtures';
import { Wire } from '../fixtures/wire';

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

test('the program of a call is fetched when there is somebody to call', async ({ visitor }) => {
  const one = await visitor(ada);
  const fetched: string[] = [];
  one.page.on('request', (request) => {
    if (request.url().includes('/split_call')) fetched.push(request.url());
  });
  await one.arrive();
  await one.page.waitForLoadState('networkidle');
  expect(fetched, 'before anybody has stirred').toEqual([]);

  await one.page.mouse.move(200, 200);
  await expect.poll(() => fetched.length).toBe(1);

  // What a device keeps shows at once, so it needs the program at once.
  await one.switches('Hide my address');
  await one.page.reload();
  await expect.poll(() => fetched.length).toBe(2);
});

test('a program that cannot be fetched is fetched again, and it is said why nothing happens', async ({ visitor }) => {
  const wire = await Wire.lay();
  const one = await visitor(ada, { wire });
  one.forgive(/split_call|healthz|Failed to (load|fetch)/);
  await one.arrive();
  wire.cut();
  await one.start();
  await one.isTold('server-lost');
  wire.mend();
  await one.reaches('waiting');
  await wire.remove();
});

test('a page whose program is gone from the server makes room for the next one', async ({ visitor }) => {
  const one = await visitor(ada);
  one.forgive(/split_call|Failed to (load|fetch)|Incorrect response MIME type|WebAssembly/);
  await one.page.route('**/split_call*', (route) => route.fulfill({ status: 404 }));
  await one.arrive();
  await one.start();
  await one.page.waitForEvent('domcontentloaded');
  await one.page.unroute('**/split_call*');

  await one.start();
  await one.reaches('waiting');
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
