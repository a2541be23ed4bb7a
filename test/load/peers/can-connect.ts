import { connectTo } from '@vratny/support/smtp-client';
import { waitFor } from '@vratny/support/wait-for';
import { START_MS } from './server.ts';

/** Waits until a server of this machine greets on a port. */
export async function canConnect(port: number, explain: () => string = () => ''): Promise<void> {
  await waitFor(`a server on port ${port}`, () => greets(port), { deadlineMs: START_MS, explain });
}

async function greets(port: number): Promise<true | undefined> {
  const client = connectTo(port, { patienceMs: 5_000 });
  try {
    return (await client.readLine()) === undefined ? undefined : true;
  } catch {
    return undefined;
  } finally {
    client.close();
  }
}
