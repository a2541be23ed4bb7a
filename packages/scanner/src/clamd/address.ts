/** Where a clamd listens. */
export type ClamdAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** The address as the site file writes it. */
export function clamdName(address: ClamdAddress): string {
  if (address.kind === 'unix') return `clamd unix:${address.path}`;
  return `clamd tcp://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
