/** For tests of other packages: a real DNS server on loopback that answers from plain data, or as it is told, and remembers what it was asked. */
export { scriptRecords } from './system/scripted-records.fixture.ts';
export type { Script, ScriptedQuery, ScriptedServer } from './system/scripted-server.fixture.ts';
export { respond, startScriptedServer } from './system/scripted-server.fixture.ts';
