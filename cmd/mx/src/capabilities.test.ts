import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { workersOf } from '@vratny/support/process-state';
import { expect, it } from 'vitest';
import { launchWithoutCapabilities } from './capabilities.ts';
import { dial, makeSite, startMx, waitFor } from './mx.fixture.ts';

const NODE = { execPath: '/usr/bin/node', execArgv: ['--enable-source-maps'] };
const NONE = 'CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n';
const BIND = NONE.replace(/(?<=CapEff:\t)\w+/u, '0000000000000400');

it('starts a worker as it is where there is nothing to drop, and for root', () => {
  expect(launchWithoutCapabilities(NODE, NONE, 1000)).toBe(NODE);
  expect(launchWithoutCapabilities(NODE, BIND, 0)).toBe(NODE);
  expect(launchWithoutCapabilities(NODE, '', 1000)).toBe(NODE);
});

it('starts it by setpriv where a capability was given', () => {
  expect(launchWithoutCapabilities(NODE, BIND, 1000)).toMatchObject({
    execPath: expect.stringMatching(/setpriv$/u),
    execArgv: expect.arrayContaining(['--ambient-caps=-all', NODE.execPath, '--enable-source-maps']),
  });
});

const capabilitiesOf = (pid: number) => /^CapEff:\s*([0-9a-f]+)$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

it.skipIf(process.getuid?.() !== 0)(
  'port 25 and others below 1024 without root, by the recipe; workers hold no capability',
  { timeout: 180_000 },
  async () => {
    const site = await makeSite();
    execFileSync('chown', ['-R', 'nobody', site.folder]);
    execFileSync('chmod', ['-R', 'u+rwX,go+rX', site.folder]);
    const recipe = [
      '--reuid=nobody',
      '--regid=nogroup',
      '--init-groups',
      '--inh-caps=-all,+net_bind_service',
      '--ambient-caps=-all,+net_bind_service',
    ];
    const mx = await startMx(site, { listen: '127.0.0.1:627', workers: 2, by: ['setpriv', ...recipe, '--no-new-privs'] });
    const workers = workersOf(mx.pid);
    expect(workers).toHaveLength(2);
    expect(capabilitiesOf(mx.pid)).toBe('0000000000000400');
    expect(workers.map(capabilitiesOf)).toEqual(['0000000000000000', '0000000000000000']);
    const client = dial(627);
    await waitFor('a greeting', () => client.unread().startsWith('220 '), client.unread);
    mx.signal('SIGTERM');
    expect(await mx.ended).toBe(0);
  },
);
