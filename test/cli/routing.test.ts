/** `swarmchart routing serve` over a router of tables: what it prints, what it takes, and that it ends clean. */
import { afterEach, expect, jest, test } from '@jest/globals';
import { of } from 'rxjs';
import type { HttpServer } from '../../src/ports.js';
import { helpOf, readWords } from '../../src/cli/command.js';
import { routingCommand, type RoutingHost } from '../../src/cli/routing.js';
import type { Environment } from '../../src/actors/environment.js';
import { DelegatedRoutingServer } from '../../src/routing/delegated/server.js';
import { CID_TEXT, peer, PEERS, realEnvironment, TableRouter } from '../routing/delegated/support.js';

const lines: string[] = [];
const capture = (stream: NodeJS.WriteStream): void => {
  jest.spyOn(stream, 'write').mockImplementation(((text: string) => {
    lines.push(...text.trimEnd().split('\n'));
    return true;
  }) as never);
};

/** The command is asked to stop from before its first line on: what a test does meanwhile waits for that line. */
const told = (): Promise<void> => Promise.resolve();

afterEach(() => {
  jest.restoreAllMocks();
  lines.length = 0;
});

function host(): RoutingHost & { readonly environment: Environment; stopped: boolean } {
  const environment = realEnvironment();
  const router = new TableRouter();
  router.providers.set(CID_TEXT, of(peer(PEERS[0])));
  const made = {
    environment,
    peerId: PEERS[1],
    routingServer: (http: HttpServer) => new DelegatedRoutingServer(environment, http, { router }),
    stopped: false,
    stop: () => {
      made.stopped = true;
      return Promise.resolve();
    },
  };
  return made;
}

test('--json: where it listens, then each request', async () => {
  capture(process.stdout);
  const made = host();
  const ask = async (): Promise<void> => {
    await told();
    const { url } = JSON.parse(lines[0]!) as { url: string };
    const answer = await fetch(`${url}/routing/v1/providers/${CID_TEXT}`);
    expect(await answer.json()).toEqual({ Providers: [{ Schema: 'peer', ID: PEERS[0], Addrs: [] }] });
  };
  const command = routingCommand(() => Promise.resolve(made), {}, ask);
  expect(await command.run(readWords(command, ['serve', '--listen', '127.0.0.1:0', '--json']))).toBe(0);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    { event: 'listening', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), peerId: PEERS[1] },
    {
      event: 'served',
      method: 'GET',
      target: `/routing/v1/providers/${CID_TEXT}`,
      remoteAddress: '127.0.0.1',
      status: 200,
      answers: 1,
      durationMs: expect.any(Number),
    },
  ]);
  expect([made.stopped, made.environment.liveActors]).toEqual([true, 0]);
});

test('for people: the URL, and a line a request, with nothing in it that steers a terminal', async () => {
  capture(process.stdout);
  capture(process.stderr);
  const ask = async (): Promise<void> => {
    await told();
    const [, url = ''] = /serving (http:\S+)\/routing/.exec(lines[0]!) ?? [];
    expect((await fetch(`${url}/%1b[31m`)).status).toBe(400);
  };
  const command = routingCommand(() => Promise.resolve(host()), {}, ask);
  await command.run(readWords(command, ['serve', '--listen', '127.0.0.1:0']));
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^serving http://127\\.0\\.0\\.1:\\d+/routing/v1 for ${PEERS[1]}$`)),
    expect.stringMatching(/^400 GET \/%1b\[31m 0 found, \d+ ms, 127\.0\.0\.1$/),
  ]);
});

test.each([
  [['serve', '--listen', 'words']],
  [['serve', '--listen', '127.0.0.1']],
  [['serve', '--listen', '127.0.0.1:70000']],
  [['serve', '--listen', '::1:80']],
  [['sing']],
])('%j is refused before a node starts', async (words) => {
  const command = routingCommand(() => Promise.reject(new Error('it started')), {});
  await expect(command.run(readWords(command, words))).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test('a port that is taken stops the node again', async () => {
  const made = host();
  capture(process.stdout);
  const taken = async (): Promise<void> => {
    await told();
    const { port } = new URL((JSON.parse(lines[0]!) as { url: string }).url);
    const second = routingCommand(
      () => Promise.resolve(made),
      {},
      () => Promise.reject(new Error('it listened')),
    );
    await expect(second.run(readWords(second, ['serve', '--listen', `127.0.0.1:${port}`]))).rejects.toMatchObject({
      code: 'ERR_LISTEN_FAILED',
    });
  };
  const command = routingCommand(() => Promise.resolve(host()), {}, taken);
  await command.run(readWords(command, ['serve', '--listen', '127.0.0.1:0', '--json']));
  expect(made.stopped).toBe(true);
});

test('the help names the option and the default', () => {
  const command = routingCommand(() => Promise.resolve(host()), {});
  expect(helpOf(command, 'serve it')).toContain('--listen HOST:PORT');
  expect(helpOf(command, 'serve it')).toContain('default 127.0.0.1:8190');
});
