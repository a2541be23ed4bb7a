import { type Content, contentOf, type Range } from '@vratny/message';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ALICE, BOB, type DeliveryHarness, type DeliveryTraits, MESSAGE, requestFor } from './contract/harness.ts';
import { describeRetries } from './contract/retries-contract.ts';
import type { Target } from './port.ts';

export type { DeliveryHarness, DeliveryTraits } from './contract/harness.ts';

const FORGED: readonly Range[] = [
  { start: 0, end: 17 },
  { start: 33, end: 50 },
];
function withoutRanges(bytes: Buffer, omit: readonly Range[]): Buffer {
  return Buffer.from([...bytes].filter((_octet, at) => !omit.some((range) => at >= range.start && at < range.end)));
}
/** A store may put Return-Path before what it got, nothing else. */
function isStoredForm(stored: Buffer, expected: Buffer): boolean {
  const head = stored.subarray(0, stored.length - expected.length).toString();
  return stored.subarray(head.length).equals(expected) && (head === '' || /^Return-Path: <[^\r\n]*>\r\n$/u.test(head));
}
/** Aborts when the first chunk of it was read. */
function abortingContent(bytes: Buffer, controller: AbortController): Content {
  const content = contentOf(bytes);
  return {
    ...content,
    async *read(range) {
      for await (const chunk of content.read(range)) {
        yield chunk;
        controller.abort(new Error('the time is over'));
      }
    },
  };
}

/** The suite that every implementation of the port `Delivery` passes. */
export function describeDelivery(name: string, create: () => Promise<DeliveryHarness>, traits: DeliveryTraits): void {
  describe(`delivery: ${name}`, () => {
    let harness: DeliveryHarness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(async () => {
      await harness.delivery.close();
      await harness.dispose();
    });
    describeStoring(() => harness);
    describeEnding(() => harness);
    describeRetries(() => harness, traits);
    if (traits.countsQuota) {
      describeQuota(() => harness);
      describeRoom(() => harness);
    }
  });
}

function describeStoring(harness: () => DeliveryHarness): void {
  test.each([
    ['everything', []],
    ['the forged fields left out', FORGED],
    ['everything left out', [{ start: 0, end: MESSAGE.length }]],
  ])('stores stamps and message: %s', async (_what, omit) => {
    const stamps = 'Authentication-Results: mx; spf=pass\r\nX-Spam-Status: No\r\n';
    const outcomes = await harness().delivery.deliver(requestFor({ omit, copies: [{ target: ALICE, stamps }] }));
    const stored = await harness().stored(ALICE.address);
    expect(outcomes).toMatchObject([{ kind: 'stored', bytes: stored[0]?.length }]);
    const expected = Buffer.concat([Buffer.from(stamps), withoutRanges(MESSAGE, omit)]);
    expect(stored.map((bytes) => isStoredForm(bytes, expected))).toEqual([true]);
  });

  test('a message of many chunks arrives whole', async () => {
    const bytes = Buffer.from('0123456789abcdef\r\n'.repeat(20_000));
    const omit = [{ start: 18, end: 18 * 5_000 }];
    await harness().delivery.deliver(requestFor({ content: contentOf(bytes), omit, copies: [{ target: ALICE, stamps: '' }] }));
    const stored = await harness().stored(ALICE.address);
    expect(stored.map((got) => isStoredForm(got, withoutRanges(bytes, omit)))).toEqual([true]);
  });

  test('the null sender and an empty message', async () => {
    const outcomes = await harness().delivery.deliver(
      requestFor({ sender: null, content: contentOf(Buffer.alloc(0)), copies: [{ target: ALICE, stamps: 'A: 1\r\n' }] }),
    );
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['stored']);
    expect((await harness().stored(ALICE.address)).map((bytes) => isStoredForm(bytes, Buffer.from('A: 1\r\n')))).toEqual([true]);
  });

  test('many copies at once, outcomes in their order, each with its stamps', async () => {
    const copies = Array.from({ length: 12 }, (_none, index) => ({
      target: { address: `box${index}@example.test`, usedBytes: 0 },
      stamps: `X-Copy: ${'#'.repeat(index)}\r\n`,
    }));
    const outcomes = await harness().delivery.deliver(requestFor({ copies }));
    const lengths = outcomes.map((outcome) => (outcome.kind === 'stored' ? outcome.bytes : outcome.kind));
    const stored = await Promise.all(copies.map((copy) => harness().stored(copy.target.address)));
    expect(stored.map((messages) => messages.length)).toEqual(copies.map(() => 1));
    expect(lengths).toEqual(stored.map((messages) => messages[0]?.length));
    expect(new Set(lengths).size).toBe(12);
  });

  test('one target twice is two messages; so are two deliveries at once', async () => {
    const copies = [
      { target: ALICE, stamps: '' },
      { target: ALICE, stamps: '' },
    ];
    await Promise.all([harness().delivery.deliver(requestFor({ copies })), harness().delivery.deliver(requestFor({ copies }))]);
    expect(await harness().stored(ALICE.address)).toHaveLength(4);
  });

  test('no copies, no outcomes', async () => {
    expect(await harness().delivery.deliver(requestFor({ copies: [] }))).toEqual([]);
  });
}

function describeEnding(harness: () => DeliveryHarness): void {
  const copies = [
    { target: ALICE, stamps: '' },
    { target: BOB, stamps: '' },
  ];
  async function expectNothing(): Promise<void> {
    expect(await harness().stored(ALICE.address)).toEqual([]);
    expect(await harness().stored(BOB.address)).toEqual([]);
    expect(await harness().leftovers()).toEqual([]);
  }
  test('a delivery that was ended before it began stores nothing', async () => {
    const outcomes = await harness().delivery.deliver(requestFor({ copies, signal: AbortSignal.abort() }));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['delayed', 'delayed']);
    await expectNothing();
  });
  test.each([10, 300_000])('one that is ended while %i octets are read stores nothing and leaves nothing', async (size) => {
    const controller = new AbortController();
    const content = abortingContent(Buffer.alloc(size, 'x'), controller);
    const outcomes = await harness().delivery.deliver(requestFor({ copies, content, signal: controller.signal }));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['delayed', 'delayed']);
    await expectNothing();
  });
  test('a message that cannot be read is delayed', async () => {
    const content = contentOf(MESSAGE);
    await content.discard();
    const outcomes = await harness().delivery.deliver(requestFor({ copies, content }));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['delayed', 'delayed']);
    await expectNothing();
  });
  test('a question whose time is over is a fault', async () => {
    expect((await harness().delivery.admits(ALICE, 10, AbortSignal.abort())).kind).toBe('fault');
  });
}

function describeQuota(harness: () => DeliveryHarness): void {
  const admits = (target: Omit<Target, 'address'>, sizeBytes: number) =>
    harness().delivery.admits({ ...target, address: ALICE.address }, sizeBytes, new AbortController().signal);

  test.each([
    [{ usedBytes: 1e12 }, 1e9, 'room'],
    [{ usedBytes: 90, quotaBytes: 100 }, 10, 'room'],
    [{ usedBytes: 99, quotaBytes: 100 }, 0, 'room'],
    // Counted: the mailbox is empty, whatever was written down.
    [{ usedBytes: 100, quotaBytes: 100 }, 0, 'room'],
    [{ usedBytes: 100, quotaBytes: 100 }, 100, 'room'],
    [{ usedBytes: 100, quotaBytes: 100 }, 101, 'full'],
    [{ usedBytes: 0, quotaBytes: 0 }, 0, 'full'],
  ])('an empty mailbox, written down as %j, and %i octets: %s', async (target, sizeBytes, kind) => {
    expect((await admits(target, sizeBytes)).kind).toBe(kind);
  });

  test('what is there is counted, and what its reader deleted is not', async () => {
    const [outcome] = await harness().delivery.deliver(requestFor({ copies: [{ target: ALICE, stamps: '' }] }));
    const bytes = outcome?.kind === 'stored' ? outcome.bytes : 0;
    const target = { usedBytes: 10 * bytes, quotaBytes: bytes };
    expect(await admits(target, 0)).toEqual({ kind: 'full', usedBytes: bytes });
    expect(await admits({ ...target, quotaBytes: bytes + 9 }, 10)).toEqual({ kind: 'full', usedBytes: bytes });
    expect(await admits({ ...target, quotaBytes: bytes + 10 }, 10)).toEqual({ kind: 'room', usedBytes: bytes });
    await harness().empty(ALICE.address);
    expect(await admits(target, 0)).toEqual({ kind: 'room', usedBytes: 0 });
  });
}

/** Room is asked of the mailbox itself when the size is known, whatever was written down. */
function describeRoom(harness: () => DeliveryHarness): void {
  const message = contentOf(Buffer.from(`Subject: x\r\n\r\n${'0123456789abcdef\r\n'.repeat(500)}`));
  const copyTo = (quotaBytes: number, usedBytes = 0) => ({ target: { ...ALICE, usedBytes, quotaBytes }, stamps: 'X-A: 1\r\n' });
  const octetsOf = async () => (await harness().stored(ALICE.address)).reduce((sum, bytes) => sum + bytes.length, 0);
  async function sizeOfOne(): Promise<number> {
    const [outcome] = await harness().delivery.deliver(requestFor({ content: message, copies: [{ target: ALICE, stamps: 'X-A: 1\r\n' }] }));
    await harness().empty(ALICE.address);
    return outcome?.kind === 'stored' ? outcome.bytes : 0;
  }

  test('a message without a declared size that does not fit is refused, and leaves nothing', async () => {
    const size = await sizeOfOne();
    for (const quotaBytes of [1, size - 1]) {
      const outcomes = await harness().delivery.deliver(requestFor({ content: message, copies: [copyTo(quotaBytes)] }));
      expect(outcomes).toEqual([{ kind: 'refused', text: expect.stringMatching(/^552 5\.2\.2 /u), usedBytes: 0 }]);
    }
    expect(await octetsOf()).toBe(0);
    expect(await harness().leftovers()).toEqual([]);
  });

  test('one that fits to the last octet is stored, whatever was written down; the next is refused', async () => {
    const size = await sizeOfOne();
    const first = await harness().delivery.deliver(requestFor({ content: message, copies: [copyTo(size, 10 * size)] }));
    expect(first).toMatchObject([{ kind: 'stored', bytes: size }]);
    const second = await harness().delivery.deliver(requestFor({ content: message, copies: [copyTo(size, 0)] }));
    expect(second).toMatchObject([{ kind: 'refused', usedBytes: size }]);
    await harness().empty(ALICE.address);
    expect(await harness().delivery.deliver(requestFor({ content: message, copies: [copyTo(size, size)] }))).toMatchObject([
      { kind: 'stored' },
    ]);
  });

  test('several at once, and several copies of one: no more than fit', async () => {
    const size = await sizeOfOne();
    const quotaBytes = 3 * size + 1;
    const copies = [copyTo(quotaBytes), copyTo(quotaBytes)];
    const all = await Promise.all(Array.from({ length: 5 }, () => harness().delivery.deliver(requestFor({ content: message, copies }))));
    const kinds = all.flat().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'stored')).toHaveLength((await octetsOf()) / size);
    expect(await octetsOf()).toBeLessThanOrEqual(quotaBytes);
    expect(await octetsOf()).toBeGreaterThan(0);
    expect(await harness().leftovers()).toEqual([]);
  });

  test('an earlier attempt that stored it needs no room', async () => {
    const size = await sizeOfOne();
    await harness().delivery.deliver(requestFor({ content: message, copies: [copyTo(size)] }));
    const again = await harness().delivery.deliver(requestFor({ content: message, resumed: true, copies: [copyTo(size)] }));
    expect(again).toMatchObject([{ kind: 'stored', bytes: size }]);
  });
}
