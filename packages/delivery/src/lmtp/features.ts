import type { LmtpReply } from './reply.ts';

/** What a server offers in its answer to LHLO (RFC 2033 §4.1). */
export interface Features {
  /** RFC 2920. */
  readonly pipelining: boolean;
  /** RFC 6152. */
  readonly eightBitMime: boolean;
  /** RFC 6531. */
  readonly smtpUtf8: boolean;
  /** RFC 1870. */
  readonly size: boolean;
}

/** Reads them; keywords have no case. The first line is the server's name. */
export function readFeatures(lhlo: LmtpReply): Features {
  const keywords = new Set(
    lhlo.text
      .split('\n')
      .slice(1)
      .map((line) => line.slice(4).trim().split(/\s/u)[0]?.toUpperCase()),
  );
  return {
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    size: keywords.has('SIZE'),
  };
}
