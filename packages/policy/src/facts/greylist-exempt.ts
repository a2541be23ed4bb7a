import { fact } from '../model/fact.ts';

/** The site never greylists this sender or this client: `.cz` senders, and those of its own list. */
export const greylistExempt = fact({
  name: 'greylist-exempt',
  stage: 'mail',
  deadlineMs: 1000,
  needs: {},
  ports: [],
  find: ({ sender, client, settings }): boolean => settings.greylist.exempts(sender, client.ip),
});
