/** The part of dns-packet that we use. What it decodes was written by a stranger, so record data is `unknown` until it is looked at. */
declare module 'dns-packet' {
  export interface DecodedResource {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
    readonly ttl?: number;
    readonly extendedRcode?: number;
    readonly data?: unknown;
  }
  export interface DecodedQuestion {
    readonly name: string;
    readonly type: string;
    readonly class: string;
  }
  export interface DecodedPacket {
    readonly id: number;
    readonly flags: number;
    readonly questions: readonly DecodedQuestion[];
    readonly answers: readonly DecodedResource[];
    readonly authorities: readonly DecodedResource[];
    readonly additionals: readonly DecodedResource[];
  }
  export interface EncodableResource {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    readonly data?: unknown;
    readonly udpPayloadSize?: number;
  }
  export interface EncodablePacket {
    readonly type: 'query' | 'response';
    readonly id: number;
    readonly flags: number;
    readonly questions?: readonly { readonly name: string; readonly type: string }[];
    readonly answers?: readonly EncodableResource[];
    readonly authorities?: readonly EncodableResource[];
    readonly additionals?: readonly EncodableResource[];
  }
  export function encode(packet: EncodablePacket): Buffer;
  export function decode(packet: Buffer): DecodedPacket;
  /** A name on the wire; `.` is the root. */
  export const name: { encode(name: string): Uint8Array };
  /** RDATA of a type, with its length before it. */
  export function record(type: string): { encode(data: unknown): Uint8Array };
  /** RDATA with its length: two octets, then the sixteen of the address. */
  export const aaaa: { encode(address: string): Uint8Array };
  export const question: { decode(packet: Buffer, offset: number): DecodedQuestion };
}
