import { ada, ben, expect, test, type Visitor } from '../fixtures';
import type { Page, WebSocketRoute } from '@playwright/test';

declare global {
  interface Window {
    /** These functions take the description or candidates of one end, and return the description for the other end. */
    offerFor(offer: string, candidates: RTCIceCandidateInit[]): Promise<string>;
    answerFor(answer: string): Promise<string>;
    candidate(from: 'impolite' | 'polite', candidate: RTCIceCandidateInit): Promise<void>;
  }
}

/** Terminates both connections in this page and forwards video, audio and messages between them. */
function installMitm() {
  const ends = { impolite: new RTCPeerConnection(), polite: new RTCPeerConnection() };
  const channel = (end: RTCPeerConnection) => end.createDataChannel('passerby.v1', { negotiated: true, id: 0 });
  const channels = { impolite: channel(ends.impolite), polite: channel(ends.polite) };
  const forwardMessages = (from: RTCDataChannel, to: RTCDataChannel) => {
    // One channel may open before the other. Without the first message of an end there are no codes.
    const opened = new Promise((resolve) => (to.onopen = resolve));
    from.onmessage = async ({ data }) => {
      await opened;
      to.send(data as string);
    };
  };
  forwardMessages(channels.impolite, channels.polite);
  forwardMessages(channels.polite, channels.impolite);

  const forwardTracks = (from: RTCPeerConnection, to: RTCPeerConnection) => {
    from.ontrack = ({ track }) => {
      const transceiver = to.getTransceivers().find(({ receiver }) => receiver.track.kind === track.kind)!;
      void transceiver.sender.replaceTrack(track);
    };
  };
  const gather = async (end: RTCPeerConnection) => {
    await end.setLocalDescription();
    await new Promise<void>((resolve) => {
      const check = () => end.iceGatheringState === 'complete' && resolve();
      end.onicegatheringstatechange = check;
      check();
    });
    return end.localDescription!.sdp;
  };
  window.offerFor = async (sdp, candidates) => {
    ends.polite.addTransceiver('audio');
    ends.polite.addTransceiver('video');
    forwardTracks(ends.impolite, ends.polite);
    forwardTracks(ends.polite, ends.impolite);
    await ends.impolite.setRemoteDescription({ type: 'offer', sdp });
    for (const transceiver of ends.impolite.getTransceivers()) transceiver.direction = 'sendrecv';
    for (const it of candidates) await ends.impolite.addIceCandidate(it);
    return gather(ends.polite);
  };
  window.answerFor = async (sdp) => {
    await ends.polite.setRemoteDescription({ type: 'answer', sdp });
    return gather(ends.impolite);
  };
  window.candidate = (from, candidate) => ends[from].addIceCandidate(candidate);
}

const toCandidateInit = ({ candidate, sdp_mid, sdp_m_line_index, username_fragment }: Record<string, any>): RTCIceCandidateInit => ({
  candidate,
  sdpMid: sdp_mid ?? null,
  sdpMLineIndex: sdp_m_line_index ?? null,
  usernameFragment: username_fragment ?? null,
});

/**
 * Replaces descriptions and candidates in the messages from the server to a page, and keeps their order.
 *
 * The attacker takes part in the first exchange only. The pages restart ICE after a few seconds of silence, as on a slow
 * machine, and the restart is not forwarded: the call goes on when the machine does.
 */
async function intercept({ page }: Visitor, attacker: Page) {
  await page.routeWebSocket(/\/ws$/, (socket: WebSocketRoute) => {
    const server = socket.connectToServer();
    let last = Promise.resolve();
    let restarts = false;
    server.onMessage((text) => {
      last = last.then(async () => {
        const frame = JSON.parse(text.toString());
        const { matched, signal } = frame.msg;
        restarts ||= signal?.signal.offer !== undefined;
        if (matched?.ahead?.theirs) {
          const { theirs } = matched.ahead;
          const offer = await attacker.evaluate(([sdp, all]) => window.offerFor(sdp, all), [
            theirs.offer as string,
            theirs.candidates.map(toCandidateInit) as RTCIceCandidateInit[],
          ] as const);
          matched.ahead.theirs = { offer, candidates: [] };
        } else if (signal && restarts) {
          signal.signal = nothing;
        } else if (signal?.signal.answer) {
          signal.signal.answer.sdp = await attacker.evaluate((sdp) => window.answerFor(sdp), signal.signal.answer.sdp);
        } else if (signal?.signal.candidate) {
          // A candidate for the polite end comes from the impolite end.
          const from = politePages.has(page) ? ('impolite' as const) : ('polite' as const);
          await attacker.evaluate(([from, it]) => window.candidate(from, it), [from, toCandidateInit(signal.signal.candidate)] as const);
          signal.signal = nothing;
        }
        socket.send(JSON.stringify(frame));
      });
    });
  });
}

/** Has no effect on a connection. */
const nothing = { 'end-of-candidates': {} };

const politePages = new Set<Page>();

test('a man in the middle who swaps certificates makes the codes differ', async ({ visitor, browsers }) => {
  const attacker = await (await browsers.get(ada, 'none')).newPage();
  await attacker.goto('about:blank');
  await attacker.evaluate(installMitm);
  const [one, other] = [await visitor(ada), await visitor(ben)];
  politePages.add(other.page);
  for (const it of [one, other]) await intercept(it, attacker);

  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  // The page prepares its offer while waiting.
  await expect.poll(() => one.page.evaluate(() => window.mediaProbe.connections.findLast(({ connectionState }) => connectionState !== 'closed')?.iceGatheringState)).toBe('complete');
  await other.arrive();
  await other.start();
  await one.sees(ben);
  await other.sees(ada);

  const codes = [];
  for (const visitor of [one, other]) {
    const code = (await visitor.openMore()).locator('[data-code]');
    await expect(code).toBeVisible();
    codes.push(await code.getAttribute('data-code'));
  }
  expect(codes[0], 'the codes differ although the two see each other').not.toEqual(codes[1]);
  await attacker.close();
});
