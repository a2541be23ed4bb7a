import { randomInt } from 'node:crypto';
import { encode } from 'dns-packet';
import { UDP_PAYLOAD } from '../limits.ts';
import type { RecordType } from '../port.ts';

/** What is asked: a normalised name (lower case, no final dot) and a type, class IN. */
export interface Question {
  readonly name: string;
  readonly type: RecordType;
}

/** A question on the wire, and what its answer has to repeat. */
export interface Query {
  readonly id: number;
  readonly question: Question;
  readonly edns: boolean;
  readonly bytes: Buffer;
}

const RECURSION_DESIRED = 1 << 8;
/** RFC 6840 §5.7: asks for the AD bit in the answer without asking for the signatures. */
const AUTHENTIC_DATA = 1 << 5;

/** Makes a query with an id nobody can guess (RFC 5452 §4.3). */
export function createQuery(question: Question, edns: boolean): Query {
  const id = randomInt(0x1_0000);
  const bytes = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED | AUTHENTIC_DATA,
    questions: [{ name: question.name === '' ? '.' : question.name, type: question.type }],
    additionals: edns ? [{ name: '.', type: 'OPT', udpPayloadSize: UDP_PAYLOAD }] : [],
  });
  return { id, question, edns, bytes };
}
