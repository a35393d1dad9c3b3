import { ada, ben, expect, meet, test } from '../fixtures';
import { callIsUndisturbed } from '../fixtures/proxied-call';
import { ReverseProxy } from '../fixtures/reverse-proxy';

for (const { title, both } of [
  { title: 'one person is', both: false },
  { title: 'both people are', both: true },
]) {
  test(`a reload of the proxy does not disturb a call if ${title} behind it`, async ({ server, visitor }) => {
    const proxy = await ReverseProxy.open('caddy', server);
    try {
      const [one, other] = [await visitor(ada), await visitor(ben)];
      await one.arrive(proxy.url);
      await other.arrive(both ? proxy.url : server.url);
      await meet(one, other, { arrive: false });
      await callIsUndisturbed([one, other], () => proxy.reload());

      await one.next();
      await other.reaches('ended');
      await one.reaches('waiting');
      await other.reaches('waiting');
      await expect.poll(() => server.metric('passerby_matches'), { message: 'matches on the server' }).toBe(0);
    } finally {
      await test.info().attach('proxy.log', { body: proxy.log, contentType: 'text/plain' });
      await proxy.close();
    }
  });
}
