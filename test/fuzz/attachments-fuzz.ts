import { type Content, collectNames, contentOf, createGate, forbiddenExtension } from '@vratny/message';
import { KIND_ARCHIVES } from '@vratny/support/corpus/archives/kinds';
import { attachedFile } from '@vratny/support/corpus/case';
import { judgeMessage } from '@vratny/support/corpus/judge-message';
import { mutate } from './mutate.ts';
import { namesForOthers } from './other-readers.ts';
import { createRandom, type Random, SEEDS } from './seeds.ts';

/** A message that broke a promise. */
export interface Finding {
  readonly promise: 'no crash' | 'in time' | 'any split' | 'no reader sees more';
  readonly detail: string;
  readonly message: Buffer;
}

/** What was tried. */
export interface FuzzResult {
  readonly runs: number;
  /** Messages in which another reader saw a forbidden name. */
  readonly forbiddenForOthers: number;
  readonly refused: number;
  readonly slowestMs: number;
  readonly findings: readonly Finding[];
}

/** A message of at most 200 kB is judged in far less, even on a busy machine. */
const DEADLINE_MS = 5_000;
const FINDINGS_MAX = 20;

/** Mutates the corpus until told to stop; the same seed gives the same messages. */
export async function fuzzAttachments(seed: number, goesOn: (runs: number) => boolean): Promise<FuzzResult> {
  const random = createRandom(seed);
  const total = { runs: 0, forbiddenForOthers: 0, refused: 0, slowestMs: 0 };
  const findings: Finding[] = [];
  while (goesOn(total.runs) && findings.length < FINDINGS_MAX) {
    const message = throughGate(random(3) === 0 ? mutatedArchive(random) : mutate(seedOf(random), seedOf(random), random));
    const tried = await tryMessage(message, random);
    total.runs += 1;
    total.slowestMs = Math.max(total.slowestMs, tried.ms);
    if (tried.refused) total.refused += 1;
    if (tried.forbiddenForOthers) total.forbiddenForOthers += 1;
    findings.push(...tried.findings.map((one) => ({ ...one, message })));
  }
  return { ...total, findings };
}

/** Judges one message and compares. */
export async function tryMessage(message: Buffer, random: Random = createRandom(1)) {
  const findings: Omit<Finding, 'message'>[] = [];
  const startedAt = performance.now();
  const { verdict, trace } = await judgeMessage(message);
  const ms = performance.now() - startedAt;
  const broken = trace.facts.filter((fact) => fact.fault === true);
  if (broken.length > 0) findings.push({ promise: 'no crash', detail: broken.map((fact) => fact.value).join(', ') });
  if (ms > DEADLINE_MS) findings.push({ promise: 'in time', detail: `${Math.round(ms)} ms` });
  const split = await sameWhenSplit(message, random);
  if (split !== undefined) findings.push({ promise: 'any split', detail: split });
  const others = (await namesForOthers(message)).filter((name) => forbiddenExtension(name) !== undefined);
  if (others.length > 0 && verdict.kind === 'pass') findings.push({ promise: 'no reader sees more', detail: others.join(', ') });
  return { findings, ms, refused: verdict.kind === 'refuse', forbiddenForOthers: others.length > 0 };
}

function seedOf(random: Random): Buffer {
  return SEEDS[random(SEEDS.length)] ?? Buffer.alloc(0);
}

/** Larger ones (disk images) are mostly zeros. */
const ARCHIVES = KIND_ARCHIVES.filter((bytes) => bytes.length < 64 * 1024);

function mutatedArchive(random: Random): Buffer {
  const pick = () => ARCHIVES[random(ARCHIVES.length)] ?? Buffer.alloc(0);
  return attachedFile(random(2) === 0 ? 'photo.jpg' : 'a.zip', mutate(pick(), pick(), random));
}

function throughGate(message: Buffer): Buffer {
  const gate = createGate();
  return Buffer.concat([gate.push(message), gate.end()]);
}

/** Undefined when the names and oddities do not depend on where the chunks end. */
async function sameWhenSplit(message: Buffer, random: Random): Promise<string | undefined> {
  const whole = contentOf(message);
  const step = 1 + random(random(2) === 0 ? 7 : 400);
  const inPieces: Content = {
    ...whole,
    async *read(range) {
      for await (const chunk of whole.read(range)) {
        for (let at = 0; at < chunk.length; at += step) yield chunk.subarray(at, at + step);
      }
    },
  };
  const [one, other] = [describe(await collectNames(whole)), describe(await collectNames(inPieces))];
  return one === other ? undefined : `pieces of ${step}: ${other} instead of ${one}`;
}

function describe({ names, oddities, ambiguous, carriesAttachment, tree }: Awaited<ReturnType<typeof collectNames>>): string {
  return JSON.stringify({ names, oddities, ambiguous, carriesAttachment, parts: tree.parts.length });
}
