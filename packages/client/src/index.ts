/** An SMTP or LMTP conversation from the client's side: replies counted, commands pipelined, dots stuffed, and what became of a message after its final dot. */
export type { ClientConnection } from './connection.ts';
export {
  type Conversation,
  confirmOrder,
  converse,
  lostCount,
  mailCommand,
  type OpenOptions,
  openConversation,
  rcptCommand,
} from './conversation.ts';
export { ConversationFault, describeFault } from './fault.ts';
export { isFull, isPositive, isRefusal, quoteReply, type ServerReply } from './reply.ts';
export { createReplyReader } from './reply-reader.ts';
export { sendBody } from './send-body.ts';
export { connectTo, nameServer, type ServerAddress } from './server-address.ts';
export { openSocket } from './socket.ts';
export { type OutgoingMessage, type RecipientOutcome, sendMessage, type TransactionDeadlines } from './transaction.ts';
