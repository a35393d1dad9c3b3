import { generateKeyPairSync, sign } from 'node:crypto';

import { ada, ben, expect, test, type Visitor } from '../fixtures';
import type { Server } from '../fixtures/server';

const provider = 'https://age.example/check';
const keys = generateKeyPairSync('ed25519');

/** The settings of a server that wants statements of the provider. */
const settings = {
  PASSERBY__AGE__PROVIDER: 'token',
  PASSERBY__AGE__KEY: keys.publicKey.export({ format: 'jwk' }).x!,
  PASSERBY__AGE__URL: provider,
};

/** A statement of the provider that is valid for this long. */
function statement(seconds: number): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  const signed = `${part({ alg: 'EdDSA' })}.${part({ over18: true, exp: Math.floor(Date.now() / 1000) + seconds })}`;
  return `${signed}.${sign(null, Buffer.from(signed), keys.privateKey).toString('base64url')}`;
}

/** The visitor arrives at a server that wants statements. The provider states what the story says. */
async function arriveAtCheck(one: Visitor, server: Server, seconds: () => number): Promise<void> {
  await one.context.route(`${provider}**`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<a href="${server.url}/#age=${statement(seconds())}">I am Ada</a>`,
    }),
  );
  await one.arrive();
}

/** The visitor goes to the provider, and comes back. */
async function proveAge(one: Visitor): Promise<void> {
  await one.button('Check my age').click();
  await one.page.getByRole('link', { name: 'I am Ada' }).click();
  await expect(one.app).toHaveAttribute('data-hydrated');
}

test('the provider checks the age before the camera is opened, once, and then a call works', async ({ server, visitor }) => {
  await server.restart(settings);
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) {
    await arriveAtCheck(it, server, () => 3600);
    await it.start();
    await it.seesProblem('age-check');
    expect(await it.openedTracks(), 'opened cameras and microphones').toBe(0);
    await proveAge(it);
    await expect.poll(() => it.page.evaluate(() => location.hash), 'the statement is not left in the address').toBe('');
    await it.hasNoProblem();
    await it.start();
  }
  await one.meets(ben);
  await other.meets(ada);

  await one.stop();
  await one.page.reload();
  await expect(one.app).toHaveAttribute('data-hydrated');
  await one.start();
  await one.reaches('waiting');
});

test('a statement that has expired leads to the provider again', async ({ server, visitor }) => {
  await server.restart(settings);
  const one = await visitor(ada);
  let seconds = -1;
  await arriveAtCheck(one, server, () => seconds);
  await one.start();
  await proveAge(one);
  await one.start();
  await one.seesProblem('age-check');
  await one.hasReleasedDevices();

  seconds = 3600;
  await proveAge(one);
  await one.start();
  await one.reaches('waiting');
});
