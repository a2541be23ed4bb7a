/** The delivery port: hands a spooled message to mailboxes and says what the store took. */
export type { Admission, Consignment, Copy, Delivery, Outcome, Target } from './port.ts';
