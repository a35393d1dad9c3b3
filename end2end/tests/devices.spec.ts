import { ada, ben, expect, test, untrustedHost } from '../fixtures';

test('refusing the camera shows a notice, and granting it later continues', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'permission denied' });
  await one.arrive();
  await one.start();
  await one.seesProblem('camera-blocked');
  await one.reaches('landing');

  // The call continues without another click.
  await one.context.grantPermissions(['camera', 'microphone']);
  await one.reaches('waiting');
  await one.hasNoProblem();

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await other.meets(ada);
});

test('a visitor without camera and microphone sees a notice', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'none' });
  await one.arrive();
  await one.start();
  await one.seesProblem('no-device');
  await one.reaches('landing');
  expect(await one.openedTracks()).toBe(0);
});

test('a page loaded without https says that it is insecure', async ({ visitor, server }) => {
  const home = server.url.replace('127.0.0.1', untrustedHost);
  await server.kill();
  await server.start({ PASSERBY__SERVER__ORIGINS: home });

  const one = await visitor(ada);
  // Chromium logs that it ignores this header on pages over plain http.
  one.expectErrors(/Cross-Origin-Opener-Policy/);
  await one.arrive(home);
  await one.start();
  await one.seesProblem('insecure');
  await one.reaches('landing');
  expect(await one.openedTracks()).toBe(0);
});
