/** SMTP as values: replies, addresses, command grammar, protocol limits. Pure: no sockets, no clock. */

export type { Address, AddressLiteral, AddressProblem, ReversePath } from './address.ts';
export { addressKey, formatAddress, formatReversePath, localKey, needsUtf8, parseAddress, parseAddressLiteral } from './address.ts';
export type { Command, ForwardPath, Malformed, Verb } from './command.ts';
export type { DomainName } from './domain.ts';
export { normaliseDomain } from './domain.ts';
export type { Receipt } from './encode.ts';
export { encodeLines, encodeReply } from './encode.ts';
export type { Extension, MailParameters, Offer } from './extensions.ts';
export { EXTENSIONS } from './extensions.ts';
export { EIGHT_BIT_ADDRESS, parseCommand } from './grammar.ts';
export { COMMAND_LINE_MAX, DOMAIN_MAX, HELO_MAX, LOCAL_PART_MAX, PATH_MAX, REPLY_LINE_MAX } from './limits.ts';
export { parseObjection, parseRefusal } from './parse-refusal.ts';
export type { Delay, Objection, Plain, Refusal, Reply, Success } from './reply.ts';
export { closesConnection, codeOf, isObjection, isRefusal } from './reply.ts';
