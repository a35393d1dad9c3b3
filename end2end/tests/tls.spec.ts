import { networkInterfaces } from 'node:os';

import { ada, ben, expect, meet, test, untrustedHost } from '../fixtures';
import { Acme } from '../fixtures/acme';
import { get, serverCertificate } from '../fixtures/tls';

test('the server gets a certificate from an ACME server, and a call works over it', async ({ server, visitor }) => {
  const acme = await Acme.open(server.port);
  try {
    await server.restart(acme.settings());
    const { root, key } = await acme.authority();
    const certificate = await serverCertificate(server.port, untrustedHost, root);
    expect(certificate.subjectaltname).toBe(`DNS:${untrustedHost}`);
    expect(certificate.issuer.CN).toMatch(/^Pebble Intermediate/);

    const pair = [await visitor(ada, { trust: key }), await visitor(ben, { trust: key })] as const;
    for (const one of pair) {
      await one.arrive(server.urlAt(untrustedHost));
      expect(await one.page.evaluate(() => window.isSecureContext)).toBe(true);
    }
    await meet(...pair, { arrive: false });

    for (const one of pair) one.expectErrors(/WebSocket connection to .* failed/, /Failed to load resource/);
    await server.restart(acme.settings());
    expect((await serverCertificate(server.port, untrustedHost, root)).fingerprint256).toBe(certificate.fingerprint256);
    expect(acme.issuedCertificates, 'the certificate is stored and reused').toBe(1);
    for (const one of pair) await one.hasNoProblem({ timeout: 30_000 });
    await pair[0].sees(ben);
    await pair[1].sees(ada);
  } finally {
    await test.info().attach('acme.log', { body: acme.log, contentType: 'text/plain' });
    await acme.close();
  }
});

test('the server binds its ACME account to the account that the ACME server demands', async ({ server }) => {
  const acme = await Acme.open(server.port, { demandsAccount: true });
  try {
    await server.restart(acme.settings());
    const { root } = await acme.authority();
    expect((await serverCertificate(server.port, untrustedHost, root)).subjectaltname).toBe(`DNS:${untrustedHost}`);
    expect(acme.issuedCertificates).toBe(1);
  } finally {
    await test.info().attach('acme.log', { body: acme.log, contentType: 'text/plain' });
    await acme.close();
  }
});

test('a self-signed server logs its fingerprint, and a call works over it', async ({
  server,
  visitor,
}) => {
  const interfaces = Object.values(networkInterfaces()).flatMap((it) => it ?? []);
  const address = interfaces.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  if (!address) throw new Error('this story needs a machine with a non-loopback IPv4 address');

  await server.restart({
    LEPTOS_SITE_ADDR: `0.0.0.0:${server.port}`,
    PASSERBY__TLS__SELF_SIGNED: 'true',
  });
  const home = server.urlAt(address);
  const { fingerprint256 } = await serverCertificate(server.port, address);
  expect(server.log).toContain(fingerprint256);
  expect(server.log).toContain(home);
  expect((await get(home)).status).toBe(200);

  // People read the warning, compare the fingerprint and continue.
  const acceptWarning = { browser: { ignoreHTTPSErrors: true } };
  const pair = [await visitor(ada, acceptWarning), await visitor(ben, acceptWarning)] as const;
  for (const one of pair) await one.arrive(home);
  await meet(...pair, { arrive: false });
});
