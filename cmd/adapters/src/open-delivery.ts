import type { Site } from '@vratny/config';
import type { Delivery } from '@vratny/delivery';
import { createMaildir } from '@vratny/delivery/maildir';
import { notBuilt } from './start-problem.ts';

/** What a mailbox store needs to know of the node that writes to it. */
export interface DeliveryOptions {
  /** Different on each node that writes to the same store. */
  readonly hostName: string;
  readonly now: () => Date;
}

/** The mailbox store. @throws StartProblem */
export function openDelivery(site: Pick<Site, 'delivery'>, { hostName, now }: DeliveryOptions): Delivery {
  const { delivery } = site;
  switch (delivery.kind) {
    case 'maildir':
      return createMaildir({ root: delivery.path, hostName, now });
    case 'lmtp':
    case 'lmtp-unix':
      throw notBuilt('delivery', 'lmtp');
    default:
      return delivery satisfies never;
  }
}
