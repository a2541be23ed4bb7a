export { type Cleaning, cleanText, hasUnsafe, quoteText } from './clean.ts';
export { describeBug, describeError } from './error.ts';
export { decodeText } from './octets.ts';
