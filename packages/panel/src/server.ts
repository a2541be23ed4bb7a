import { createHash } from 'node:crypto';
import { domainOf, type History, type HistoryEntry, HistoryFault, parseReceipt } from '@vratny/journal';
import { describeBug } from '@vratny/text';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createClientLimit } from './client-limits.ts';
import { BODY_MAX_BYTES, CONNECTIONS_MAX, FORMS, KEEP_ALIVE_MS, LOOK_MS, PAGES, REQUEST_MS, UNKNOWN_MS } from './limits.ts';
import { confirmedSender, evidenceOf } from './receipt/evidence.ts';
import { explainCode, kindOf } from './receipt/kind.ts';
import { confirmPage, type Frame, plainPage, receiptPage, unknownPage, whyPage } from './receipt/page.ts';
import type { Requests } from './requests/port.ts';
import { STYLE } from './style.ts';
import { chooseLanguage } from './words/languages.ts';

const DAY_MS = 86_400_000;

/** What the panel stands on. */
export interface PanelOptions {
  readonly history: Pick<History, 'find'>;
  /** Without it nobody can ask to be let in. */
  readonly requests: Requests | undefined;
  /** The address that people see, without a final slash. */
  readonly url: string;
  /** Networks of the web servers before it, which say who the client is (X-Forwarded-For). */
  readonly proxies: readonly string[];
  /** Days for which entries are kept. */
  readonly days: number;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
  readonly onFault: (detail: string) => void;
}

/** The panel's web server. It does not listen yet. */
export type Panel = Pick<FastifyInstance, 'listen' | 'close' | 'inject'>;

const HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'interest-cohort=()',
} as const;

const STYLE_PATH = `/style-${createHash('sha256').update(STYLE).digest('hex').slice(0, 16)}.css`;

/** Makes the server. GET and HEAD change nothing; the one form is a POST. */
export function createPanel(options: PanelOptions): Panel {
  const asksTooMuch = limitClients(options);
  const server = Fastify({
    trustProxy: [...options.proxies],
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_MS,
    connectionTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { connectionsCheckingInterval: LOOK_MS },
    forceCloseConnections: true,
    // Addresses that cannot be read: no hook sees them.
    frameworkErrors: (_error, request, reply) => void (asksTooMuch(request, reply) ?? sayMissing(options, request, reply)),
  });
  server.server.maxConnections = CONNECTIONS_MAX;
  // The form has no field: what it sends is not looked at.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, undefined));
  server.addHook('onRequest', async (_request, reply) => void reply.headers(HEADERS));
  server.addHook('onRequest', async (request, reply) => {
    if (request.url !== STYLE_PATH && request.url !== '/livez') await asksTooMuch(request, reply);
  });
  server.get(STYLE_PATH, (_request, reply) =>
    reply.header('cache-control', 'public, max-age=31536000, immutable').type('text/css; charset=utf-8').send(STYLE),
  );
  server.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('ok\n'));
  server.get('/why/:code', (request, reply) => {
    const explained = explainCode(parameter(request, 'code'));
    const frame = frameOf(request);
    if (explained === undefined) return say(reply, 404, frame, plainPage(frame, frame.words.missing));
    return say(reply, 200, frame, whyPage(frame, explained.kind, explained.verdict));
  });
  server.get('/r/:id', (request, reply) => answerReceipt(options, request, reply));
  server.get('/r/:id/ask', (request, reply) => answerConfirm(options, request, reply));
  server.post('/r/:id/ask', (request, reply) => answerAsk(options, request, reply));
  server.setNotFoundHandler((request, reply) => sayMissing(options, request, reply));
  server.setErrorHandler((error, request, reply) => {
    const frame = frameOf(request);
    const status = error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
    // A request that cannot be read is nobody's fault of ours.
    if (status < 500) return say(reply, status, frame, plainPage(frame, frame.words.missing));
    options.onFault(error instanceof HistoryFault ? error.message : describeBug(error));
    return say(reply, 503, frame, plainPage(frame, frame.words.fault));
  });
  return server;
}

/** Makes what tells whoever asks too much when to come again; undefined for those who do not. What costs nothing is not counted. */
function limitClients({ monotonicMs }: PanelOptions): (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined {
  const [pages, forms] = [createClientLimit(PAGES), createClientLimit(FORMS)];
  return (request, reply) => {
    const wait = (request.method === 'POST' ? forms : pages)(request.ip, monotonicMs());
    if (wait === 0) return undefined;
    const frame = frameOf(request);
    return say(reply.header('retry-after', wait), 429, frame, plainPage(frame, frame.words.tooMany));
  };
}

/** No receipt is told from others by what is wrong with its address. */
function sayMissing(options: PanelOptions, request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> {
  if (request.raw.url?.startsWith('/r/') === true) return sayUnknown(options, request, reply);
  const frame = frameOf(request);
  return say(reply, 404, frame, plainPage(frame, frame.words.missing));
}

function frameOf(request: FastifyRequest): Frame {
  // Of the address as it came: one that is malformed has no query, and is answered alike.
  const chosen = new URLSearchParams(request.raw.url?.split('?', 2)[1]).get('l');
  return { words: chooseLanguage(chosen, request.headers['accept-language']), stylePath: STYLE_PATH };
}

function parameter({ params }: FastifyRequest, name: string): string {
  const value: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined;
  return typeof value === 'string' ? value : '';
}

function say(reply: FastifyReply, status: number, { words }: Frame, body: string): FastifyReply {
  return reply
    .code(status)
    .headers({ ...HEADERS, 'cache-control': 'no-store', 'x-robots-tag': 'noindex', vary: 'Accept-Language', 'content-language': words.tag })
    .type('text/html; charset=utf-8')
    .send(body);
}

/** Unknown, expired, foreign and malformed are one and the same, in octets and in time. */
async function sayUnknown(
  { monotonicMs }: PanelOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  since = monotonicMs(),
): Promise<FastifyReply> {
  const left = UNKNOWN_MS - (monotonicMs() - since);
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  const frame = frameOf(request);
  return say(reply, 404, frame, unknownPage(frame));
}

/** A decision that is still kept. */
interface Found {
  readonly entries: readonly HistoryEntry[];
  readonly first: HistoryEntry;
  readonly kind: ReturnType<typeof kindOf>;
  readonly keptUntil: Date;
  /** Who may ask to be let in. */
  readonly senderDomain: string | undefined;
}

async function find({ history, requests, days, now }: PanelOptions, request: FastifyRequest): Promise<Found | undefined> {
  const receipt = parseReceipt(parameter(request, 'id'));
  const entries = receipt === undefined ? [] : await history.find(receipt.id);
  const [first] = entries;
  if (first === undefined) return undefined;
  const keptUntil = new Date(Math.floor(first.at.getTime() / DAY_MS + days) * DAY_MS);
  // Its day is removed some hours later.
  if (now().getTime() >= keptUntil.getTime() + DAY_MS) return undefined;
  const kind = kindOf(first);
  return { entries, first, kind, keptUntil, senderDomain: requests === undefined ? undefined : confirmedSender(first, kind) };
}

async function answerReceipt(options: PanelOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const since = options.monotonicMs();
  const found = await find(options, request);
  if (found === undefined) return sayUnknown(options, request, reply, since);
  const frame = frameOf(request);
  const { first, kind, keptUntil, entries, senderDomain } = found;
  const ask = senderDomain === undefined ? 'no' : (await options.requests?.has(first.id)) ? 'asked' : 'may';
  const { id, at, verdict } = first;
  const evidence = evidenceOf(entries, kind, frame.words);
  return say(reply, 200, frame, receiptPage(frame, { id, kind, verdict, at, keptUntil, evidence, ask }));
}

async function answerConfirm(options: PanelOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const since = options.monotonicMs();
  const found = await find(options, request);
  if (found?.senderDomain === undefined) return sayUnknown(options, request, reply, since);
  const frame = frameOf(request);
  return say(reply, 200, frame, confirmPage(frame, found.first.id));
}

async function answerAsk(options: PanelOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const since = options.monotonicMs();
  const found = isForeign(options, request) ? undefined : await find(options, request);
  if (found?.senderDomain === undefined || options.requests === undefined) return sayUnknown(options, request, reply, since);
  const { first, entries, senderDomain } = found;
  const frame = frameOf(request);
  const recipientDomains = [...new Set(entries.map(domainOf))];
  const noted = await options.requests.add({ receipt: first.id, at: options.now(), senderDomain, recipientDomains });
  if (noted === 'full') return say(reply, 429, frame, plainPage(frame, { title: frame.words.ask.title, what: frame.words.ask.full }));
  return reply.header('cache-control', 'no-store').redirect(`/r/${first.id}?l=${frame.words.tag}`, 303);
}

/** A form of another site. Pages of ours send no Referer, and browsers then call their origin `null`: what they say of the site is what counts. */
function isForeign({ url }: PanelOptions, { headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  return origin !== undefined && origin !== 'null' && origin !== new URL(url).origin && origin !== `http://${headers.host ?? ''}`;
}
