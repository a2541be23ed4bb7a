/** The panel: for now the pages of receipts, which tell senders why. */

export type { Requests } from './requests/port.ts';
export { createPanel, type Panel, type PanelOptions } from './server.ts';
