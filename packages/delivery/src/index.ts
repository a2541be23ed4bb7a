/** The delivery port: hands a spooled message to mailboxes and says what the store took. */
export type { Admission, Copy, Delivery, DeliveryRequest, Outcome, Target } from './port.ts';
