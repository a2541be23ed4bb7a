import { fact } from '../model/fact.ts';

/** The client is one of our own networks or a forwarder that the site trusts. */
export const trustedClient = fact({
  name: 'trusted-client',
  stage: 'connect',
  deadlineMs: 1000,
  needs: {},
  ports: [],
  find: ({ client, settings }): boolean => settings.trusts(client.ip),
});
