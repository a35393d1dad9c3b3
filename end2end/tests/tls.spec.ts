import { networkInterfaces } from 'node:os';

import { ada, ben, elsewhere, expect, meet, test } from '../fixtures';
import { Acme } from '../fixtures/acme';
import { shown, visit } from '../fixtures/tls';

test('a certificate from a real ACME server, and a call over it', async ({ server, visitor }) => {
  const acme = await Acme.open(server.port);
  try {
    await server.restart(acme.settings());
    const { root, key } = await acme.authority();
    const certificate = await shown(server.port, elsewhere, root);
    expect(certificate.subjectaltname).toBe(`DNS:${elsewhere}`);
    expect(certificate.issuer.CN).toMatch(/^Pebble Intermediate/);

    const pair = [await visitor(ada, { trust: key }), await visitor(ben, { trust: key })] as const;
    for (const one of pair) {
      await one.arrive(server.urlAt(elsewhere));
      expect(await one.page.evaluate(() => window.isSecureContext)).toBe(true);
    }
    await meet(...pair, { arrive: false });

    for (const one of pair) one.forgive(/WebSocket connection to .* failed/, /Failed to load resource/);
    await server.restart(acme.settings());
    expect((await shown(server.port, elsewhere, root)).fingerprint256).toBe(certificate.fingerprint256);
    expect(acme.given, 'what was given is kept').toBe(1);
    for (const one of pair) await one.hasNoProblem({ timeout: 30_000 });
    await pair[0].sees(ben);
    await pair[1].sees(ada);
  } finally {
    await test.info().attach('acme.log', { body: acme.log, contentType: 'text/plain' });
    await acme.close();
  }
});

test('a phone in the same network: a certificate of its own, with its fingerprint in the log', async ({
  server,
  visitor,
}) => {
  const outward = Object.values(networkInterfaces()).flatMap((it) => it ?? []);
  const address = outward.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (!address) throw new Error('this machine has no address but loopback, so there is nothing to see here');

  await server.restart({
    LEPTOS_SITE_ADDR: `0.0.0.0:${server.port}`,
    PASSERBY__TLS__SELF_SIGNED: 'true',
    PASSERBY__STATE__DIR: '',
  });
  const home = server.urlAt(address);
  const { fingerprint256 } = await shown(server.port, address);
  expect(server.log).toContain(fingerprint256);
  expect(server.log).toContain(home);
  expect((await visit(home)).status).toBe(200);

  // People read the warning, compare, and go on.
  const goesOn = { browser: { ignoreHTTPSErrors: true } };
  const pair = [await visitor(ada, goesOn), await visitor(ben, goesOn)] as const;
  for (const one of pair) await one.arrive(home);
  await meet(...pair, { arrive: false });
});
