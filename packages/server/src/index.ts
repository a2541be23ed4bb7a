/** The SMTP server: engine, session, verbs, limits, draining. What is done with the mail is a `Service`. */

export type { Activity, MessageActivity, MessageStage, Suspects } from './activity.ts';
export type { Admission, Admitted } from './admission.ts';
export type { Answer, MessageAnswer, SingleReply } from './answer.ts';
export { objectTo } from './answer.ts';
export { createRefusalCounter, type RefusalCounter } from './engine/server.ts';
export { AFTER_DOT_MS, MESSAGES_MAX, PROXY_HEADER_MS } from './limits.ts';
export {
  HEADER_START_BYTES,
  headerRefused,
  type PendingHeader,
  type ProxiedClient,
  readHeader,
  refuseSocket,
  startsWithHeader,
} from './proxy/read-header.ts';
export type { ServerLimits, ServerOptions } from './server-options.ts';
export type { ConnectedSession, Ending, Envelope, JudgedMessage, Service, ServiceSession, ServiceTransaction } from './service.ts';
export { createSmtpServer, type SmtpServer } from './smtp-server.ts';
export { awaitFirstRecord } from './tls/first-record.ts';
export { HandshakeLimiter } from './tls/handshake-limiter.ts';
export { createSecureContexts, type TlsSettings } from './tls/secure-contexts.ts';
