/** The MX server: engine, session, verbs, message path, limits, draining. */

export type { Activity, MessageActivity, MessageStage, Suspects } from './activity.ts';
export type { Admission, Admitted } from './admission.ts';
export type { RunningServer } from './listen.ts';
export { listen } from './listen.ts';
export type { ServerLimits, ServerOptions } from './options.ts';
export type { ClientServer } from './take-clients.ts';
export { takeClients } from './take-clients.ts';
export { listenTarpit } from './tarpit/listen-tarpit.ts';
export type { TarpitOptions } from './tarpit/options.ts';
export type { TlsSettings } from './tls/secure-contexts.ts';
