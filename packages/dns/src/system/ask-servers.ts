import { abortedAnswer, type Fault, faultAnswer } from '../fault.ts';
import type { DnsFault } from '../port.ts';
import { askServer, type Said } from './ask-server.ts';
import type { Deadline } from './deadline.ts';
import type { Question } from './query.ts';
import type { ServerOrder } from './server-order.ts';

/** The fault that says most comes first: who answered SERVFAIL knows more than who did not answer. */
const TELLING: readonly DnsFault[] = ['servfail', 'refused', 'malformed', 'timeout', 'unreachable'];

/** Asks the servers in their order, each with an equal share of the time that is left, until one gives a response. */
export async function askServers(question: Question, order: ServerOrder, deadline: Deadline, now: () => number): Promise<Said> {
  const faults: Fault[] = [];
  const servers = order.current();
  for (const [index, server] of servers.entries()) {
    const remainingMs = deadline.remainingMs();
    if (remainingMs <= 0 || deadline.signal.aborted) break;
    const timeoutMs = remainingMs / (servers.length - index);
    const said = await askServer({ server, question, timeoutMs, signal: deadline.signal, now });
    if (deadline.reason() === 'aborted') break;
    if (said.kind === 'response') {
      order.answered(server);
      return said;
    }
    if (said.fault === 'timeout' || said.fault === 'unreachable') order.silent(server);
    else order.answered(server);
    faults.push(faultAnswer(said.fault, `${server.label}: ${said.detail}`));
  }
  return deadline.reason() === 'aborted' ? abortedAnswer : summarise(question, faults);
}

function summarise(question: Question, faults: readonly Fault[]): Fault {
  const fault = TELLING.find((candidate) => faults.some((each) => each.fault === candidate)) ?? 'timeout';
  const said = faults.map((each) => each.detail).join('; ');
  return faultAnswer(fault, `${question.name} ${question.type}: ${said === '' ? 'out of time' : said}`);
}
