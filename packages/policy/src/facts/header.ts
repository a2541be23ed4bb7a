import { type Header, readHeader } from '@vratny/message';
import { HEADER_FACT_MS } from '../limits.ts';
import { fact } from '../model/fact.ts';

/** The header section of the message (RFC 5322 §2.2), read once for all checks. */
export const header = fact({
  name: 'header',
  stage: 'message',
  deadlineMs: HEADER_FACT_MS,
  needs: {},
  ports: [],
  find: ({ content }): Header | Promise<Header> => readHeader(content),
  describe: ({ fields, truncated }) => `${fields.length} fields${truncated ? ', and more' : ''}`,
});
