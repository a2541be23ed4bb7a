import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SMTPServer } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { describe, expect, it, vi } from 'vitest';
import { serve } from '../server.fixture.ts';
import { MxConnection } from './connection.ts';

/** The version that was read from beginning to end when the engine was written. */
const VERSION = '3.21.6';

/**
 * What we override or rely on, by class and member, with the SHA-256 of its source. `constructor` is the whole class as
 * written: whatever changes in the library is seen.
 */
const PINNED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  SMTPConnection: {
    constructor: 'aaa042191b731d63ff5a5be2f288a93291aaad03ea26119732e946612c861c2b',
    init: '1265a7d7ca8f5510b4ce94ce4c52bdc127a13b6ef912ec7f9dec69be7a662918',
    send: 'c33568c0111a58b2d16786c2ffebbeef6f040c6914742bbcae1c3b3b2507efcb',
    close: '4b80aaabd134a732294d7777eab1ec1641a050640b7015b235a70f392032150f',
    _createParser: '15ca8c360137e06a56c34eb4a4b2aaec0596253f8a3d357e32a8b371054a0d64',
    _setListeners: 'cf07ab6f47db09acf796970e44196427a39c0d8f357d207ec797ca08f10027f5',
    _onCloseEvent: '66ef4e7f2f7250b07ded99ae94a534824354f2fff3c6b9d84027befd69f7be5d',
    _onClose: '097b8d221da5c5adf21bc20ebc4667a201005881d69e276868fab3452af76b9e',
    _onError: 'ddcc47e46ea941e091acedb23155d1105ea0129bad5a2ac2c15a4193f1a5cc38',
    _onTimeout: 'f21be62dd64b1dec186efc24a46b13d528aa465ddb62dbc8ce9405d3b4fcd2e5',
    _armTimeout: 'b8bc04964752b32fcbc9953c80f035281625ac1fec6a0b611e5f7a52faf527ba',
    upgrade: '6a3fa8a3ee413745889ddd77f7ce42a173ffa59af1375ce2891bc7e30759bc05',
    _resetSession: '2bf7682ca13869a0fb0ecf09db4d5c88f8d04ddf8864060604e9134b8699f89e',
  },
  SMTPServer: {
    constructor: '37131f66eadab9414925129ef66d173834ab0e59135a760fb0b1fe8abad07a9c',
    connect: '9818ea13a1c36459c8faeb45453d428705c921b2cca67765c389558913b1870f',
    listen: '49ff231070e0c19371082d3dab84604e99fdeaa1e01d0b2c90b7e799e158ab6e',
    close: '9084d18828ade08dea0dcaca28394088908d3cd0486e7af4e8bd200a5015fee0',
    updateSecureContext: '643afa2b7bfe4d0db798f8dcfc1dd32c6a5772d2f3d19fa0340cf984ac955448',
    _setListeners: '39220ba3884ce6ffc8b7998f3414c3ba303b091df01de67891c3ebebb0b09faa',
    _onError: '01d6f6dc6b8d6e908775357d467ce6a8b6376a42177101b1d013365b09fdf745',
    _acceptSocket: 'f4c69396f94c5c50e7f8aa5a3c30859560a5f43550a56ca66e109ed8c5f35561',
    _expectsProxyHeader: 'b900129fbb5a986c4dbefa3b3493de42611bcb90be193f903d95319e3136b9ed',
    _handleProxy: 'b52456c48b0458fe5705b1adb72ec2a6f54c2453cee8bc544c42849e220bcc9c',
    _resolveSNI: '2552460a41b8377f599566697a77a303150899fd5c53a733c418cfd08ae430c9',
  },
  SMTPStream: {
    constructor: '448a713e7d6e85aa3c269f0fb35f8ae1dcdf857660c229571143294e626ead51',
    _write: 'a72635ce53e24b3ae76f14afc12be0e1e9e0e1a8ba5859b1cd5534ec268affb8',
    _flushData: '84553453dd028d62875fae3543ae9be0e14b1189096cb2d62d52c2ad3f3af8a9',
  },
};

const CLASSES: Readonly<Record<string, { readonly prototype: object }>> = { SMTPConnection, SMTPServer, SMTPStream };

/** Why a member matters: what to read again when it changed. */
const READ_AGAIN: Readonly<Record<string, string>> = {
  SMTPConnection: 'engine/connection.ts (life cycle, TLS upgrade, who writes to the socket)',
  SMTPServer: 'engine/server.ts and listen.ts (accepting, handing over to connect(), certificates, errors)',
  SMTPStream: 'engine/stream.ts (when _write and _flushData are called, and what isClosed means)',
};

function sourceOf(name: string, member: string): string {
  const prototype = CLASSES[name]?.prototype;
  const value: unknown = prototype && Object.getOwnPropertyDescriptor(prototype, member)?.value;
  return typeof value === 'function' ? value.toString() : `no member ${member}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe('smtp-server as we know it', () => {
  it(`is version ${VERSION}, exactly`, () => {
    const require = createRequire(import.meta.url);
    const entry = require.resolve('smtp-server');
    const manifest: unknown = JSON.parse(readFileSync(`${entry.slice(0, entry.lastIndexOf('/dist/'))}/package.json`, 'utf8'));
    expect(manifest).toMatchObject({ name: 'smtp-server', version: VERSION });
    const ours: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(ours).toMatchObject({ dependencies: { 'smtp-server': VERSION } });
  });

  const members = Object.entries(PINNED).flatMap(([name, pins]) =>
    Object.entries(pins).map(([member, pin]) => [name, member, pin] as const),
  );
  it.each(members)('%s.%s is what it was', (name, member, pin) => {
    const found = hash(sourceOf(name, member));
    const message = `${name}.${member} of smtp-server changed. Read its new source, then ${READ_AGAIN[name]}, and pin ${found}`;
    expect(found, message).toBe(pin);
  });

  it('pins every member that we override', () => {
    const overridden = Object.getOwnPropertyNames(MxConnection.prototype).filter((member) => member in SMTPConnection.prototype);
    expect(Object.keys(PINNED['SMTPConnection'] ?? {})).toEqual(expect.arrayContaining(overridden));
  });
});

describe('what the library could say by itself', () => {
  /** Members of the library that write to a socket. */
  function writers(prototype: object): readonly string[] {
    return Object.getOwnPropertyNames(prototype).filter((member) => {
      const value: unknown = Object.getOwnPropertyDescriptor(prototype, member)?.value;
      return member !== 'constructor' && typeof value === 'function' && /ocket\.(?:write|end)\((?!\))/u.test(value.toString());
    });
  }

  it('writes in send(), which is ours, and to a PROXY client that we do not have', () => {
    expect(writers(SMTPConnection.prototype)).toEqual(['send']);
    expect(writers(SMTPServer.prototype)).toEqual(['_handleProxy']);
    expect(Object.hasOwn(MxConnection.prototype, 'send')).toBe(true);
  });

  /** Members that call send(), and how their replies can reach the wire, or why they cannot. */
  const SENDERS: Readonly<Record<string, string>> = {
    init: 'overridden',
    _createParser: 'overridden',
    connectionReady: 'our init never calls it',
    _sendGreeting: 'called by connectionReady alone',
    _refuse: 'after an error of onConnect or onSecure, which are not set',
    _onTimeout: 'the timeout of the socket is never armed: _armTimeout is ours',
    _onCommand: "called by the library's parser alone",
    _rejectInvalidParams: 'called by its verbs alone',
    upgrade: 'through _refuse',
  };

  it('has no other member that speaks, besides its verbs', () => {
    const speaking = Object.getOwnPropertyNames(SMTPConnection.prototype).filter(
      (member) => !/^(?:handler_|constructor$)/u.test(member) && /this\.(?:send|_refuse)\(/u.test(sourceOf('SMTPConnection', member)),
    );
    expect(speaking.sort()).toEqual(Object.keys(SENDERS).sort());
  });

  // SMTPServer.close sends 421 to what is still there; the others are here in case a new version finds a way.
  it.each([
    [421, '421 4.3.2 this server closes the connection'],
    [451, '451 4.3.0 this server could not go on, please try again later'],
    [554, '451 4.3.0 this server could not go on, please try again later'],
    [220, '451 4.3.0 this server could not go on, please try again later'],
  ])('send(%i) becomes a reply of ours', async (code, reply) => {
    const init = vi.spyOn(MxConnection.prototype, 'init');
    const client = await (await serve()).client();
    const connection: unknown = init.mock.contexts[0];
    init.mockRestore();
    if (!(connection instanceof MxConnection)) throw new Error('no connection was made');
    connection.send(code, 'a text\r\nof the library');
    expect(await client.reply()).toBe(reply);
  });
});
