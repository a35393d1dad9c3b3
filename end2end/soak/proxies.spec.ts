import { ada, ben, expect, meet, test } from '../fixtures';
import { callIsUndisturbed } from '../fixtures/proxied-call';
import { ReverseProxy } from '../fixtures/reverse-proxy';

const reloads = 10;

for (const kind of ['caddy', 'nginx', 'haproxy'] as const) {
  test(`a call survives ten reloads of ${kind}`, async ({ server, visitor }) => {
    const proxy = await ReverseProxy.open(kind, server);
    try {
      const [one, other] = [await visitor(ada), await visitor(ben)];
      for (const it of [one, other]) await it.arrive(proxy.url);
      await meet(one, other, { arrive: false });
      for (let reload = 0; reload < reloads; reload++) {
        await callIsUndisturbed([one, other], () => proxy.reload());
      }
      await one.next();
      await other.reaches('ended');
      await one.reaches('waiting');
    } finally {
      await test.info().attach('proxy.log', { body: proxy.log, contentType: 'text/plain' });
      await proxy.close();
    }
  });
}

test('a balancer that closes idle sockets after 50 s and keeps connections for 60 s drops nothing', async ({ server, visitor }) => {
  const proxy = await ReverseProxy.open('haproxy', server);
  try {
    const [one, other] = [await visitor(ada), await visitor(ben)];
    for (const it of [one, other]) await it.arrive(proxy.url);
    await meet(one, other, { arrive: false });
    for (const it of [one, other]) await it.takePhases();
    const before = await server.metric('passerby_connections');
    // The pauses include those after which one end closes a connection and the other is about to use it.
    for (const seconds of [9, 11, 29, 49, 51]) {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${proxy.url}/`)));
      expect(answers.map(({ status }) => status).filter((it) => it !== 200), `answers after ${seconds} s`).toEqual([]);
      await Promise.all(answers.map((it) => it.text()));
    }
    for (const it of [one, other]) expect(await it.takePhases(), 'the call went on').toEqual([]);
    expect(await server.metric('passerby_connections'), 'open sockets').toBe(before);
    await callIsUndisturbed([one, other], async () => {});
  } finally {
    await test.info().attach('proxy.log', { body: proxy.log, contentType: 'text/plain' });
    await proxy.close();
  }
});
