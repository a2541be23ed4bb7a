import { styleText } from 'node:util';

/** One line for a person about an event of a host's journal; undefined for what only machines want. */
export function eventLine(host: string, json: string): string | undefined {
  const event = parse(json);
  if (!event) return json.startsWith('{') ? undefined : `${host}  ${json}`;
  const reply = textOf(event['reply']);
  // A retry, the sender of which did not read its first 250, brings no new copy.
  const word = Array.isArray(event['stored']) && event['stored'].length === 0 ? 'had it ' : 'stored ';
  if (event['kind'] === 'delivery' && reply.startsWith('2')) return `${host}  ${paint('green', word)}  ${who(event)}`;
  if (event['kind'] === 'fault') return `${host}  ${paint('yellow', 'fault')}    ${textOf(event['where'])}: ${textOf(event['detail'])}`;
  if (reply.startsWith('5')) return `${host}  ${paint('red', 'refused')}  ${who(event)}: ${reply}`;
  if (reply.startsWith('4')) return `${host}  ${paint('yellow', 'delayed')}  ${who(event)}: ${reply}`;
  return undefined;
}

function who(event: Readonly<Record<string, unknown>>): string {
  const recipients = Array.isArray(event['recipients']) ? event['recipients'].join(', ') : '';
  return `<${textOf(event['sender'])}> -> ${recipients || 'nobody'}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parse(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function paint(colour: 'green' | 'yellow' | 'red', text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}
