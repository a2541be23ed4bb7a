import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Antivirus } from '../port.ts';
import { ScannerFault } from '../scanner-fault.ts';
import { filler, messageOf, unreadable, watched } from './messages.ts';

/** An implementation under test. */
export interface AntivirusHarness {
  readonly antivirus: Antivirus;
  /** A body that it must find, and what it calls it. */
  readonly virus: Buffer;
  readonly signature: string;
  dispose(): Promise<void>;
}

const NEVER = new AbortController().signal;

/** The suite that every implementation of {@link Antivirus} passes. */
export function describeAntivirus(name: string, create: () => Promise<AntivirusHarness>): void {
  describe(`antivirus: ${name}`, () => {
    let harness: AntivirusHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(async () => {
      await harness.antivirus.close();
      await harness.dispose();
    });
    describeAnswers(() => harness);
    describeEnding(() => harness);
  });
}

function describeAnswers(harness: () => AntivirusHarness): void {
  const scan = (body: Buffer | string) => harness().antivirus.scan(messageOf(body), NEVER);

  test.each([0, 1, 65_536, 1_000_000])('%i octets of plain text are clean', async (size) => {
    expect(await scan(filler(size))).toEqual({ kind: 'clean' });
  });

  test.each([0, 65_500, 1_000_000])('a virus after %i octets is named', async (size) => {
    const body = Buffer.concat([filler(size), harness().virus]);
    expect(await scan(body)).toEqual({ kind: 'infected', signature: harness().signature });
  });

  test('thirty scans at once, each with its own answer', async () => {
    const bodies = Array.from({ length: 30 }, (_none, index) => (index % 3 === 0 ? harness().virus : filler(index * 1000)));
    const kinds = (await Promise.all(bodies.map(scan))).map(({ kind }) => kind);
    expect(kinds).toEqual(bodies.map((_body, index) => (index % 3 === 0 ? 'infected' : 'clean')));
  });

  test('a scanner that is set up well has no problems', async () => {
    expect(await harness().antivirus.check()).toEqual([]);
  });
}

function describeEnding(harness: () => AntivirusHarness): void {
  const fault = (kind: string) => expect.objectContaining({ name: 'ScannerFault', kind });

  test('a scan that was given up before it began reads nothing', async () => {
    let reads = 0;
    const content = watched(messageOf('x'), () => {
      reads += 1;
    });
    await expect(harness().antivirus.scan(content, AbortSignal.abort())).rejects.toEqual(fault('aborted'));
    expect(reads).toBe(0);
  });

  test('one that is given up while it reads ends at once, and the next is fine', async () => {
    const controller = new AbortController();
    const content = watched(messageOf(filler(1_000_000)), () => controller.abort());
    await expect(harness().antivirus.scan(content, controller.signal)).rejects.toEqual(fault('aborted'));
    expect(await harness().antivirus.scan(messageOf('x'), NEVER)).toEqual({ kind: 'clean' });
  });

  test('a message that cannot be read is a fault, and the next is fine', async () => {
    await expect(harness().antivirus.scan(await unreadable(), NEVER)).rejects.toEqual(fault('unreadable'));
    expect(await harness().antivirus.scan(messageOf('x'), NEVER)).toEqual({ kind: 'clean' });
  });

  test('closing ends what is under way; nothing is scanned afterwards', async () => {
    const content = watched(messageOf(filler(1_000_000)), () => void harness().antivirus.close());
    await expect(harness().antivirus.scan(content, NEVER)).rejects.toBeInstanceOf(ScannerFault);
    await harness().antivirus.close();
    await expect(harness().antivirus.scan(messageOf('x'), NEVER)).rejects.toEqual(fault('closed'));
  });
}
