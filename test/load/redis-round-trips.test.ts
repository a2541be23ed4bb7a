import { expect, it } from 'vitest';
import { countRoundTrips } from './count-round-trips.ts';

it('Redis is asked at most twice for a message on a primary, and three times on a secondary', async () => {
  const counted = await countRoundTrips(10);
  const eachOf = (host: string) => counted.filter((one) => one.host === host).map(({ commands, messages }) => commands / messages);
  expect(Math.max(...eachOf('d10'))).toBeLessThanOrEqual(2);
  expect(Math.max(...eachOf('b20'))).toBeLessThanOrEqual(3);
  // Something is counted at all: a contact of a stranger is one question.
  expect(counted.find((one) => one.what.startsWith('stranger, put off'))?.commands).toBe(10);
});
