import type { Site } from '@vratny/config';
import type { Delivery } from '@vratny/delivery';
import { createLmtp } from '@vratny/delivery/lmtp';
import { createMaildir } from '@vratny/delivery/maildir';

/** What a mailbox store needs to know of the node that writes to it. */
export interface DeliveryOptions {
  /** Different on each node that writes to the same store. */
  readonly hostName: string;
  readonly now: () => Date;
}

/** The mailbox store. Nothing is opened yet: a store that is away when a host starts may be there when the first message comes. */
export function openDelivery(site: Pick<Site, 'delivery'>, { hostName, now }: DeliveryOptions): Delivery {
  const { delivery } = site;
  switch (delivery.kind) {
    case 'maildir':
      return createMaildir({ root: delivery.path, hostName, now });
    case 'lmtp':
      return createLmtp({ servers: [{ kind: 'tcp', host: delivery.host, port: delivery.port }], hostName, now });
    case 'lmtp-unix':
      return createLmtp({ servers: [{ kind: 'unix', path: delivery.path }], hostName, now });
    default:
      return delivery satisfies never;
  }
}
