import type { Refusal } from '@vratny/smtp';

/** The refusal of a message above the limit, which it names in MiB and octets. */
export function tooBig(maxBytes: number): Refusal {
  const mib = Math.round((maxBytes / 1024 / 1024) * 10) / 10;
  return `552 5.3.4 the message is larger than this server takes (${mib} MiB, ${maxBytes} octets)`;
}
