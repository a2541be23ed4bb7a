import { z } from 'zod';
import { secret } from './file.ts';
import { mustBe, type Reading, read, wrong } from './reading.ts';
import { textual } from './scalar.ts';
import type { StoreContext } from './store.ts';

/** Where something is, as text that a reader turns into one of a union's cases. */
export function locator<T>(
  expected: string,
  parse: (text: string, context: StoreContext) => Reading<T>,
  context: StoreContext,
): z.ZodType<T> {
  return textual(expected, (text) => parse(text, context));
}

/** The same, or `{ url, password: { file } }` where a password is needed. */
export function secretLocator<T>(
  expected: string,
  parse: (text: string, context: StoreContext) => Reading<T>,
  baseDirectory: string,
): z.ZodType<T> {
  const written = z.strictObject(
    { url: textual(expected, read), password: z.exactOptional(secret(baseDirectory)) },
    { error: ({ code }) => (code === 'invalid_type' ? `must be ${expected}` : undefined) },
  );
  return z
    .preprocess((value) => (typeof value === 'string' ? { url: value } : value), written)
    .transform(({ url, password }, context) => {
      const reading = parse(url, password === undefined ? { baseDirectory } : { baseDirectory, password });
      if (reading.ok) return reading.value;
      context.addIssue({ code: 'custom', message: reading.message, input: url });
      return z.NEVER;
    });
}

/** The address of a web server, `https://panel.example`, without the final slash. */
export function webAddress(): z.ZodType<string> {
  const expected = 'a web address such as https://panel.example';
  return textual(expected, (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/u.test(url.protocol)) return mustBe(expected, text);
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
      return wrong('may have neither user, query nor fragment');
    // Its pages have addresses of their own, from the root on.
    if (url.pathname !== '/') return wrong(`may have no path: give the panel a name of its own, such as ${url.protocol}//panel.example`);
    return read(url.origin);
  });
}
