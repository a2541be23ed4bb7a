/** What mailauth has no types for: the verifier behind `dkimVerify`, whose steps are taken one by one here. */
declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { Buffer } from 'node:buffer';
  import type { ARCChainEntry, ARCData, DKIMResult, DNSResolver } from 'mailauth';

  export interface HeaderRow {
    /** In lower case. */
    readonly key: string;
    readonly casedKey: string;
    /** Name, colon, value and folds, without the last CRLF. */
    readonly line: Buffer;
  }
  export interface HeaderRows {
    readonly parsed: readonly HeaderRow[];
  }
  export interface SignatureField {
    readonly type: 'DKIM' | 'ARC';
    readonly signingDomain: string;
    readonly selector: string;
    readonly parsed?: Readonly<Record<string, { readonly value: unknown } | string | undefined>>;
  }
  export interface BodyHasher {
    readonly byteLength: number;
    readonly canonicalizedLength: number;
    readonly bodyHashedBytes: number;
    digest(encoding: 'base64'): string;
    getMimeStructureStart(): number;
  }
  export interface KeyCache {
    readonly resolver: DNSResolver;
    get(...question: readonly unknown[]): Promise<unknown>;
  }
  export class DkimVerifier {
    constructor(options: { readonly resolver: DNSResolver; readonly strict: boolean; readonly sender?: string });
    headers: HeaderRows;
    headerFrom: string[];
    fromFields: number;
    readonly arc: Omit<ARCData, 'chain'> & { keyCache: KeyCache; chain: ARCChainEntry[] | false };
    keyCache: KeyCache;
    readonly signatureHeaders: SignatureField[];
    /** By `canonicalization:algorithm:length`. */
    readonly bodyHashes: Map<string, BodyHasher>;
    readonly results: DKIMResult[];
    /** Reads signatures, ARC sets and authors of the header. */
    messageHeaders(headers: HeaderRows): Promise<void>;
    verifySignature(signature: SignatureField, fallback?: boolean): Promise<DKIMResult>;
    /** Ends the body hashes and verifies every signature. */
    finalChunk(): Promise<void>;
  }
}

declare module 'mailauth/lib/dkim/body/index.js' {
  import type { BodyHasher } from 'mailauth/lib/dkim/dkim-verifier.js';

  export function dkimBody(
    canonicalization: string,
    algorithm: string,
    maxBodyLength: number | '',
  ): BodyHasher & { update(chunk: Buffer): void };
}

declare module 'mailauth/lib/tools.js' {
  import type { HeaderRows } from 'mailauth/lib/dkim/dkim-verifier.js';

  export function parseHeaders(section: Buffer): HeaderRows;
  export function escapeCommentValue(text: string): string;
  export function formatDotAtomOrQuoted(text: string): string;
  export function formatAuthHeaderRow(
    method: string,
    status: {
      readonly result: string;
      readonly comment: string;
      readonly smtp: { readonly helo: string } | { readonly mailfrom: string | undefined };
    },
    options: { readonly strict: true },
  ): string;
}

declare module 'mailauth/lib/spf/spf-verify.js' {
  export interface SpfResolver {
    (name: string, type: string): Promise<readonly unknown[]>;
    updateSubQueries(): void;
    getResolveCount(): number;
    getVoidCount(): number;
  }
  export function spfVerify(
    domain: string,
    options: {
      readonly sender: string;
      readonly ip: string;
      readonly mta: string;
      readonly helo: string;
      readonly strict: true;
      readonly ctx: { readonly warnings: Set<string>; usedLocalPart: boolean };
      readonly resolver: SpfResolver;
      readonly expResolver: (name: string, type: string) => Promise<readonly unknown[]>;
      readonly createSubResolver: (options?: { readonly ignoreVoid?: boolean }) => SpfResolver;
    },
  ): Promise<
    | false
    | undefined
    | {
        readonly qualifier?: '+' | '-' | '~' | '?';
        readonly error?: 'permerror' | 'temperror' | 'none';
        readonly text?: string;
        readonly explanation?: string;
      }
  >;
}
